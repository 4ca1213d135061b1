//! What keeps a recovery from connecting, how often in a row, and the pause that follows from it.

use core::fmt;
use core::time::Duration;

use super::RecoveryConfig;
use super::refusal::{Refusal, RefusalCode};
use crate::Timestamp;

/// What keeps a recovery from connecting: what the venue said, how often in a row, and what is
/// done about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Setback {
    /// What it means, or looks like: connections that are closed young and cleanly, one after
    /// the other, look like being [displaced](Refusal::Displaced) by another with the same key.
    pub refusal: Refusal,
    /// The status or close code, if it came by one.
    pub code: Option<RefusalCode>,
    /// How often in a row, until a connection has outlived it.
    pub times: u32,
    /// The pause that is taken before the next attempt, to which the backoff is added: never
    /// less than our own for so many in a row, and what the venue asked for only within our own
    /// bounds.
    pub pause: Duration,
}

impl fmt::Display for Setback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.refusal.as_str())?;
        if let Some(code) = self.code {
            write!(f, " by {code}")?;
        }
        write!(f, ", {} in a row: pause of {:?}", self.times, self.pause)
    }
}

/// What ended a connection before it had proven anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum YoungEnd {
    /// The venue closed it, with this code if any.
    Closed(Option<u16>),
    /// The venue told it to leave.
    Told,
    /// The venue sent more than we allow.
    OwnLimit,
    /// The venue broke the rules of the protocol, or sent heartbeats beyond all reason.
    Broke,
}

/// What repeats itself, until a connection has outlived it.
#[derive(Debug)]
pub(super) struct Setbacks {
    last: Option<Setback>,
    /// When it was.
    at: Timestamp,
    /// What may mean that we are not wanted, in a row.
    denials: u32,
    /// Certain refusals of credentials in a row.
    credentials: u32,
    young_ends: Option<(YoungEnd, u32)>,
}

impl Setbacks {
    /// How many young ends of one kind in a row are a chance, or a restart.
    const YOUNG_ENDS: u32 = 2;

    pub(super) const NONE: Self =
        Self { last: None, at: Timestamp::ZERO, denials: 0, credentials: 0, young_ends: None };

    /// Tells whether a connection that has been live since then has outlived what was before it,
    /// so that nothing of that counts any more. Two that displace each other live by turns, each
    /// through the other's pause.
    pub(super) fn are_outlived(
        &self,
        since: Timestamp,
        now: Timestamp,
        config: &RecoveryConfig,
    ) -> bool {
        let pause = self.last.map_or(Duration::ZERO, |last| last.pause);
        let turns = pause.min(config.escalation_cap()).saturating_mul(4);
        now.saturating_since(since.max(self.at)) >= turns.max(config.stable_for())
    }

    /// Forgets what a connection has disproved that was let in.
    pub(super) const fn let_in(&mut self) {
        self.denials = 0;
        self.credentials = 0;
    }

    /// Counts an answer that may mean that we are not wanted; returns how many there were if it
    /// was the last.
    pub(super) fn deny(&mut self, config: &RecoveryConfig) -> Option<u32> {
        self.denials = self.denials.saturating_add(1);
        (self.denials >= config.give_up_after_denials().get()).then_some(self.denials)
    }

    /// Counts a certain refusal of credentials; `true` if it was the last.
    pub(super) const fn refuse_credentials(&mut self, config: &RecoveryConfig) -> bool {
        self.credentials = self.credentials.saturating_add(1);
        self.credentials > config.credential_retries()
    }

    /// Counts the end of a connection that has proven nothing; returns what many of them look
    /// like.
    pub(super) fn end_young(&mut self, how: YoungEnd) -> Option<Refusal> {
        let times = match self.young_ends {
            Some((before, times)) if before == how => times.saturating_add(1),
            Some(_) | None => 1,
        };
        self.young_ends = Some((how, times));
        (times > Self::YOUNG_ENDS).then_some(match how {
            YoungEnd::Closed(None | Some(1000 | 1001)) => Refusal::Displaced,
            YoungEnd::Closed(_) | YoungEnd::OwnLimit | YoungEnd::Broke => Refusal::Unknown,
            YoungEnd::Told => Refusal::Restarting,
        })
    }

    /// Returns the pause after a refusal, of which this may be one more in a row.
    pub(super) fn pause(
        &mut self,
        now: Timestamp,
        (refusal, code, asked): (Refusal, Option<RefusalCode>, Option<Duration>),
        config: &RecoveryConfig,
    ) -> Setback {
        let before = self.last.filter(|last| last.refusal == refusal);
        let times = before.map_or(1, |last| last.times.saturating_add(1));
        let most = if matches!(refusal, Refusal::RateLimited | Refusal::Banned) {
            config.longest_pause()
        } else {
            config.longest_outage_pause()
        };
        let own = own_pause(refusal, code, times, config);
        let pause = own.max(asked.unwrap_or_default().min(most));
        let setback = Setback { refusal, code, times, pause };
        (self.last, self.at) = (Some(setback), now);
        setback
    }
}

/// Returns the shortest pause after so many refusals in a row, whatever the venue asks for.
fn own_pause(
    refusal: Refusal,
    code: Option<RefusalCode>,
    times: u32,
    config: &RecoveryConfig,
) -> Duration {
    let limited = config.rate_limited_pause();
    match refusal {
        Refusal::RateLimited => config.escalated(limited, times),
        Refusal::Banned => config.escalated(limited, times.saturating_add(1)),
        Refusal::Maintenance => config.outage_pause(),
        // A restart takes a moment; one that is told to connection after connection is a venue that
        // does not come back.
        Refusal::Restarting if matches!(code, Some(RefusalCode::Close(_))) => {
            let beyond = times.saturating_sub(Setbacks::YOUNG_ENDS);
            let slowly = config.escalated(config.outage_pause(), beyond);
            slowly.min(limited).max(config.outage_pause())
        }
        Refusal::Restarting if code.is_some() => config.outage_pause(),
        // A status that says nothing: the backoff is enough.
        Refusal::Unknown if matches!(code, Some(RefusalCode::Status(_))) => Duration::ZERO,
        Refusal::Restarting
        | Refusal::Unknown
        | Refusal::Credentials
        | Refusal::SessionExpired
        | Refusal::Blocked
        | Refusal::Denied
        | Refusal::Displaced => config.escalated(config.denied_pause(), times),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn secs(secs: u64) -> Duration {
        Duration::from_secs(secs)
    }

    fn pauses(refusal: Refusal, asked: Option<Duration>) -> [Duration; 7] {
        let config = RecoveryConfig::builder().build().unwrap();
        let mut setbacks = Setbacks::NONE;
        let told = (refusal, None, asked);
        core::array::from_fn(|_| setbacks.pause(Timestamp::ZERO, told, &config).pause)
    }

    #[test]
    fn our_own_pauses_double_up_to_their_cap() {
        assert_eq!(
            pauses(Refusal::RateLimited, None),
            [60, 120, 240, 480, 900, 900, 900].map(secs)
        );
        assert_eq!(pauses(Refusal::Banned, None), [120, 240, 480, 900, 900, 900, 900].map(secs));
        assert_eq!(pauses(Refusal::Denied, None), [15, 30, 60, 120, 240, 480, 900].map(secs));
    }

    #[test]
    fn what_the_venue_asks_for_makes_them_longer_within_bounds_and_never_shorter() {
        let zero = Some(Duration::ZERO);
        assert_eq!(pauses(Refusal::RateLimited, zero), pauses(Refusal::RateLimited, None));
        let asked = Some(secs(200));
        let lengthened = [200, 200, 240, 480, 900, 900, 900].map(secs);
        assert_eq!(pauses(Refusal::RateLimited, asked), lengthened);
        let week = Some(secs(7 * 86_400));
        assert_eq!(pauses(Refusal::Banned, week), [secs(3 * 86_400); 7]);
        assert_eq!(pauses(Refusal::Blocked, week)[0], secs(600));
    }

    #[test]
    fn a_venue_that_restarts_again_and_again_is_asked_once_a_minute_at_last() {
        let config = RecoveryConfig::builder().build().unwrap();
        let of = |code| {
            let mut setbacks = Setbacks::NONE;
            let told = (Refusal::Restarting, Some(code), None);
            core::array::from_fn(|_| setbacks.pause(Timestamp::ZERO, told, &config).pause)
        };
        assert_eq!(of(RefusalCode::Close(1012)), [5, 5, 5, 10, 20, 40, 60, 60].map(secs));
        assert_eq!(of(RefusalCode::Status(503)), [5; 8].map(secs), "whose work may take long");
    }

    #[test]
    fn many_young_ends_of_one_kind_look_like_something_and_two_do_not() {
        let mut setbacks = Setbacks::NONE;
        let mut end = |how| setbacks.end_young(how);
        let clean = YoungEnd::Closed(Some(1000));
        assert_eq!([end(clean), end(clean)], [None; 2]);
        assert_eq!(end(clean), Some(Refusal::Displaced));
        assert_eq!(end(YoungEnd::Closed(Some(4000))), None, "of another kind");
        assert_eq!(end(YoungEnd::Told), None);
        assert_eq!(end(YoungEnd::Told), None);
        assert_eq!(end(YoungEnd::Told), Some(Refusal::Restarting));
    }
}
