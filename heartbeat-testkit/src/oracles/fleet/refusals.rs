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
    /// When that was.
    at: Timestamp,
    /// Whether in doubt more counts, and not less.
    is_lenient: bool,
    /// How its last connections ended, and how many of them in a row.
    ends: Option<(End, u32)>,
    live: Option<(Generation, Timestamp)>,
    /// The latest attempt that was heard of.
    latest: Option<Generation>,
    /// What connections were last told.
    told: Vec<Told>,
}

/// A connection that was told to leave.
#[derive(Clone, Copy, Debug)]
struct Told {
    generation: Generation,
    kind: NoticeKind,
    /// Whether it was told by when.
    by_when: bool,
    has_counted: bool,
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

    /// How many connections that were told to leave are remembered.
    const REMEMBERED: usize = 8;

    /// Begins with one of which, in doubt, more counts.
    pub(super) fn lenient() -> Self {
        Self { is_lenient: true, ..Self::default() }
    }

    /// Takes what a client hears, and returns the pause that it is to keep.
    pub(super) fn pause(
        &mut self,
        at: Timestamp,
        generation: Generation,
        outcome: Outcome,
        config: &RecoveryConfig,
    ) -> Option<Pause> {
        let is_live = self.live.is_some_and(|(live, _)| live == generation);
        if !is_live && Some(generation) < self.latest {
            // It was left, or has failed: what becomes of it concerns nobody.
            return None;
        }
        self.latest = self.latest.max(Some(generation));
        let is_young = self.forget_what_was_outlived(at, config);
        let before = self.last;
        let pause = self.take(at, generation, outcome, (is_live, is_young), config);
        if self.last != before {
            self.at = at;
        }
        pause
    }

    fn take(
        &mut self,
        at: Timestamp,
        generation: Generation,
        outcome: Outcome,
        (is_live, is_young): (bool, bool),
        config: &RecoveryConfig,
    ) -> Option<Pause> {
        match outcome {
            Outcome::Live => {
                self.live = Some((generation, at));
                let told = self.told.iter().find(|told| told.generation == generation).copied();
                told.and_then(|told| self.count_as_told(told, config))
            }
            Outcome::Notice {
                kind: kind @ (NoticeKind::Shutdown | NoticeKind::SessionExpired),
                deadline,
            } => {
                let of_it = self.told.iter().filter(|told| told.generation == generation);
                if of_it.clone().any(|told| told.kind == kind) {
                    return None;
                }
                let has_counted = of_it.clone().any(|told| told.has_counted);
                let by_when = deadline.is_some();
                let told = Told { generation, kind, by_when, has_counted };
                self.told.push(told);
                if self.told.len() > Self::REMEMBERED {
                    self.told.remove(0);
                }
                let counts = is_live && is_young && !has_counted;
                counts.then(|| self.count_as_told(told, config)).flatten()
            }
            Outcome::Failed(failure) => {
                self.live = self.live.filter(|_| !is_live);
                self.after_failure(failure, config)
            }
            Outcome::Ended(cause) => {
                self.live = self.live.filter(|_| !is_live);
                let is_counted = |told: &Told| told.generation == generation && told.has_counted;
                let was_told = self.told.iter().any(is_counted);
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
        let needed = turns.max(config.stable_for());
        // A client's clock may be wrong.
        let doubt = needed / 100;
        let needed = if self.is_lenient { needed + doubt } else { needed.saturating_sub(doubt) };
        let is_young = at.saturating_since(since.max(self.at)) < needed;
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

    /// Counts a connection that is told to leave; by when that is, no pause outlasts.
    fn count_as_told(&mut self, told: Told, config: &RecoveryConfig) -> Option<Pause> {
        let of_it = self.told.iter_mut().filter(|it| it.generation == told.generation);
        of_it.for_each(|it| it.has_counted = true);
        self.end(End::Told, config).filter(|_| self.is_lenient || !told.by_when)
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
            (Refusal::Restarting, Some(RefusalCode::Close(_))) => {
                let slowly = doubled(config.outage_pause(), times.saturating_sub(Self::CHANCES));
                slowly.min(config.rate_limited_pause()).max(config.outage_pause())
            }
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
