//! How long a client is to wait by what it was told, read from the trace and its settings alone.

use core::time::Duration;

use heartbeat_core::{
    AttemptFailure, Cause, Generation, NoticeKind, Outcome, RecoveryConfig, Refusal, RefusalCode,
    Timestamp,
};

/// What one client was refused, in a row.
#[derive(Clone, Debug, Default)]
pub(super) struct Refusals {
    /// What it was last told, how often in a row, and the pause for that.
    last: Option<(Refusal, u32, Duration)>,
    /// How its last connections ended, and how many of them in a row.
    ends: Option<(End, u32)>,
    live: Option<(Generation, Timestamp)>,
    /// The connection that was told to leave.
    told: Option<Generation>,
}

/// A pause that a client is to keep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Pause {
    pub(super) span: Duration,
    /// Whether all clients are to keep it.
    pub(super) is_shared: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Closed(Option<u16>),
    Told,
}

impl Refusals {
    /// How many ends of one kind are a chance.
    const CHANCES: u32 = 2;

    /// Takes what a client hears, and returns the pause that it is to keep.
    pub(super) fn pause(
        &mut self,
        at: Timestamp,
        generation: Generation,
        outcome: Outcome,
        config: &RecoveryConfig,
    ) -> Option<Pause> {
        let is_live = self.live.is_some_and(|(live, _)| live == generation);
        let is_young = self.forget_what_was_outlived(at, config);
        match outcome {
            Outcome::Live => {
                self.live = Some((generation, at));
                (self.told == Some(generation)).then(|| self.end(End::Told, config)).flatten()
            }
            Outcome::Notice { kind: NoticeKind::Shutdown | NoticeKind::SessionExpired, .. } => {
                let is_repeated = self.told.replace(generation) == Some(generation);
                let counts = is_live && is_young && !is_repeated;
                counts.then(|| self.end(End::Told, config)).flatten()
            }
            Outcome::Failed(failure) => {
                self.live = self.live.filter(|_| !is_live);
                self.after_failure(failure, config)
            }
            Outcome::Ended(cause) => {
                self.live = self.live.filter(|_| !is_live);
                let was_told = self.told == Some(generation);
                self.after_end(cause, is_live && (!is_young || was_told), config)
            }
            _ => None,
        }
    }

    /// Returns whether the connection that is live has yet to outlive what was before it.
    fn forget_what_was_outlived(&mut self, at: Timestamp, config: &RecoveryConfig) -> bool {
        let Some((_, since)) = self.live else {
            return true;
        };
        let pause = self.last.map_or(Duration::ZERO, |(_, _, pause)| pause);
        let turns = pause.min(config.escalation_cap()).saturating_mul(4);
        // A client's clock may be fast.
        let lived = at.saturating_since(since);
        let is_young = lived + lived / 100 < turns.max(config.stable_for());
        if !is_young {
            (self.last, self.ends) = (None, None);
        }
        is_young
    }

    fn after_failure(&mut self, failure: AttemptFailure, config: &RecoveryConfig) -> Option<Pause> {
        match failure {
            AttemptFailure::Http { status, retry_after, .. } => {
                let code = RefusalCode::Status(status);
                let refusal = Refusal::of(code, config.refusals());
                let says_nothing = matches!(refusal, Refusal::Unknown | Refusal::SessionExpired);
                let asks = retry_after.is_some_and(|span| span > config.backoff_bound(0));
                (!says_nothing || asks)
                    .then(|| self.refuse(refusal, Some(code), retry_after, config))
            }
            AttemptFailure::AuthRefused { .. } => {
                Some(self.refuse(Refusal::Credentials, None, None, config))
            }
            _ => None,
        }
    }

    fn after_end(&mut self, cause: Cause, is_old: bool, config: &RecoveryConfig) -> Option<Pause> {
        let Cause::PeerClosed { code } = cause else {
            return None;
        };
        let said = code.map(RefusalCode::Close);
        let refusal = said.map_or(Refusal::Unknown, |code| Refusal::of(code, config.refusals()));
        match refusal {
            Refusal::Unknown | Refusal::Denied if is_old => None,
            Refusal::Unknown => self.end(End::Closed(code), config),
            Refusal::SessionExpired => None,
            _ => Some(self.refuse(refusal, said, None, config)),
        }
    }

    /// Counts an end that says nothing by itself.
    fn end(&mut self, how: End, config: &RecoveryConfig) -> Option<Pause> {
        let times =
            self.ends.filter(|(before, _)| *before == how).map_or(1, |(_, times)| times + 1);
        self.ends = Some((how, times));
        let looks_like = match how {
            End::Closed(None | Some(1000 | 1001)) => Refusal::Displaced,
            End::Closed(Some(_)) => Refusal::Unknown,
            End::Told => Refusal::Restarting,
        };
        (times > Self::CHANCES).then(|| self.refuse(looks_like, None, None, config))
    }

    fn refuse(
        &mut self,
        refusal: Refusal,
        code: Option<RefusalCode>,
        asked: Option<Duration>,
        config: &RecoveryConfig,
    ) -> Pause {
        let before = self.last.filter(|(before, ..)| *before == refusal);
        let times = before.map_or(1, |(_, times, _)| times.saturating_add(1));
        let doubled = |base: Duration, times: u32| {
            let factor = 1_u32.checked_shl(times.saturating_sub(1)).unwrap_or(u32::MAX);
            base.saturating_mul(factor).min(config.escalation_cap())
        };
        let is_limit = matches!(refusal, Refusal::RateLimited | Refusal::Banned);
        let own = match (refusal, code) {
            (Refusal::RateLimited, _) => doubled(config.rate_limited_pause(), times),
            (Refusal::Banned, _) => doubled(config.rate_limited_pause(), times + 1),
            (Refusal::Maintenance, _) | (Refusal::Restarting, Some(_)) => config.outage_pause(),
            (Refusal::Unknown, Some(RefusalCode::Status(_))) => Duration::ZERO,
            _ => doubled(config.denied_pause(), times),
        };
        let most = if is_limit { config.longest_pause() } else { config.longest_outage_pause() };
        let span = own.max(asked.unwrap_or_default().min(most));
        self.last = Some((refusal, times, span));
        let is_told_to_all = matches!(refusal, Refusal::Maintenance)
            || (refusal == Refusal::Restarting && code.is_some());
        Pause { span, is_shared: is_limit || is_told_to_all || asked.is_some() }
    }
}
