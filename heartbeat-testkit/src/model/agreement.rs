//! What the venue states of its heartbeat, and what nobody answers, slow and obvious.

use core::time::Duration;

use heartbeat_core::{Clock, Config, Pace, Terms, Timestamp};

use super::since;

/// What was agreed upon.
#[derive(Clone, Debug)]
pub(super) struct Agreement {
    start: Timestamp,
    /// Whether the venue has yet to state its terms, and must.
    is_owed: bool,
    excused: Duration,
    is_refused: bool,
    /// The clock that the venue promised to move, and within which time.
    promise: Option<(usize, Duration)>,
    keepalive_every: Option<Duration>,
    kept_alive: Timestamp,
}

impl Agreement {
    pub(super) fn new(config: &Config, start: Timestamp) -> Self {
        Self {
            start,
            is_owed: config.terms().is_some() && noticed_otherwise(config).is_none(),
            excused: Duration::ZERO,
            is_refused: false,
            promise: None,
            keepalive_every: config.keepalive_every(),
            kept_alive: start,
        }
    }

    /// Takes the terms, or is refused for good.
    pub(super) fn hear(&mut self, config: &Config, terms: &Terms) {
        let Some(range) = config.terms() else { return };
        let heard = terms.heard.map(|heard| heard.within);
        let named = [heard, terms.patience.response, terms.patience.silence];
        let is_short = named.into_iter().flatten().any(|span| span < range.shortest);
        let is_long = heard.is_some_and(|heard| heard > range.longest);
        let noticed = noticed_otherwise(config).into_iter().chain(heard).min();
        let is_impatient = terms.patience.silence.is_some_and(|silence| {
            let speaks = config.probing().filter(|_| config.keepalive_every().is_none());
            speaks.is_some_and(|probing| probing.every >= silence)
                || noticed.is_some_and(|noticed| noticed >= silence)
        });
        if is_short || is_long || is_impatient || noticed.is_none() {
            self.is_refused = true;
            return;
        }
        self.is_owed = false;
        let clock = terms.heard.map(|heard| match heard.clock {
            Clock::Transport => 0,
            Clock::Session => 1,
            Clock::Data => 2,
        });
        let ours = clock.and_then(|clock| limits(config)[clock]);
        let ours = ours.map(|limit| limit * u32::from(config.failure_threshold()));
        let is_stricter = |within: &Duration| ours.is_none_or(|ours| *within < ours);
        self.promise = clock.zip(heard.filter(is_stricter));
        let third = terms.patience.silence.map(|silence| silence / 3);
        self.keepalive_every =
            config.keepalive_every().map(|every| third.map_or(every, |third| every.min(third)));
    }

    pub(super) const fn is_refused(&self) -> bool {
        self.is_refused
    }

    pub(super) const fn is_owed(&self) -> bool {
        self.is_owed
    }

    pub(super) fn is_overdue(&self, now: Timestamp, config: &Config) -> bool {
        self.is_owed && since(self.start, now) >= config.arm_within() + self.excused
    }

    /// Whoever is in the middle of a message cannot state them.
    pub(super) fn excuse(&mut self, now: Timestamp, span: Duration, grace: Duration) {
        if self.is_owed {
            let waited = since(self.start, now).saturating_sub(self.excused);
            self.excused += span.min(grace.saturating_sub(self.excused)).min(waited);
        }
    }

    /// Returns how long a clock may stand still, and whether that is the venue's own word.
    pub(super) fn limit(&self, config: &Config, clock: usize) -> Option<(Duration, bool)> {
        match self.promise {
            Some((promised, within)) if promised == clock => Some((within, true)),
            Some(_) | None => limits(config)[clock].map(|limit| (limit, false)),
        }
    }

    /// Tells whether a keepalive is to leave now. One that is late by no more than a stall does not
    /// set the rhythm back.
    pub(super) fn keeps_alive(&mut self, now: Timestamp, stall_tolerance: Duration) -> bool {
        let Some(due) = self.keepalive_every.and_then(|every| self.kept_alive.checked_add(every))
        else {
            return false;
        };
        if due > now {
            return false;
        }
        self.kept_alive = if since(due, now) <= stall_tolerance { due } else { now };
        true
    }
}

const fn limits(config: &Config) -> [Option<Duration>; 3] {
    [config.transport_limit(), config.session_limit(), config.data_limit()]
}

/// Within which time a dead line is noticed whatever the venue states, if it is.
fn noticed_otherwise(config: &Config) -> Option<Duration> {
    let times = u32::from(config.failure_threshold());
    let probing = config.probing().filter(|plan| plan.pace != Pace::OutboundIdle);
    let by_probes = probing.map(|plan| plan.every + plan.answer_within * times);
    limits(config).into_iter().flatten().map(|limit| limit * times).chain(by_probes).min()
}

/// How much of a silence is beyond the limits that have passed in it. One that passes now has not
/// been judged yet.
pub(super) fn remainder(silent: Duration, limit: Duration) -> Duration {
    let Some(before) = silent.as_nanos().checked_sub(1) else { return silent };
    let nanos = before % limit.as_nanos() + 1;
    Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
}
