//! What the venue does at a time that it knows beforehand: it announces, it leaves, it lets nobody
//! stay for ever.

use core::time::Duration;
use std::collections::VecDeque;

use heartbeat_core::{NoticeKind, Signal, Timestamp};
use heartbeat_platforms::{CloseRule, Facts};

use super::super::scale::divided;
use super::super::{Departure, MockOptions, Observation};
use super::{Effect, Engine};

/// How long after an announcement that names no time the venue leaves. Bitstamp says "a few
/// seconds"; the others say nothing.
const LEAVES_AFTER: Duration = Duration::from_secs(10);

/// How a venue that leaves says so. None documents it; this is RFC 6455's word for it.
pub(in super::super) const GOING_AWAY: CloseRule =
    CloseRule::Code { code: 1001, reason: "going away" };

/// The plans of one connection.
#[derive(Debug)]
pub(super) struct Planned {
    /// When each announcement is due, the earliest first.
    notices: VecDeque<(Timestamp, NoticeKind)>,
    /// When the venue leaves, as it has announced.
    leaves: Option<Timestamp>,
    /// When the connection is as old as one may be.
    expires: Option<Timestamp>,
    /// Whether maintenance keeps market data back.
    pub(super) is_down: bool,
}

impl Planned {
    pub(super) fn new(facts: &Facts, options: &MockOptions, now: Timestamp) -> Self {
        let plan = |(kind, at): &(NoticeKind, Duration)| Some((now.checked_add(*at)?, *kind));
        let mut notices: Vec<_> = options.notices.iter().filter_map(plan).collect();
        notices.sort_by_key(|(at, _)| *at);
        let own_age = facts.max_age.map(|age| divided(age, options.time_scale));
        let max_age = options.max_age.or(own_age);
        Self {
            notices: notices.into(),
            leaves: None,
            expires: max_age.and_then(|age| now.checked_add(age)),
            is_down: false,
        }
    }

    pub(super) fn next_at(&self) -> Option<Timestamp> {
        let notice = self.notices.front().map(|(at, _)| *at);
        [notice, self.leaves, self.expires].into_iter().flatten().min()
    }
}

impl Engine {
    /// Says what is due to be said; tells whether the venue ends the connection.
    pub(super) fn poll_planned(&mut self, now: Timestamp, out: &mut VecDeque<Effect>) -> bool {
        let is_due = |at: Option<Timestamp>| at.is_some_and(|at| at <= now);
        while is_due(self.planned.notices.front().map(|(at, _)| *at)) {
            if let Some((_, kind)) = self.planned.notices.pop_front() {
                self.announce(now, kind, out);
            }
        }
        if is_due(self.planned.leaves) {
            out.push_back(Effect::Leave(Departure::Announced, GOING_AWAY));
        } else if is_due(self.planned.expires) {
            // How is documented nowhere; without a word is the harshest.
            out.push_back(Effect::Leave(Departure::MaxAge, CloseRule::Cut));
        } else {
            return false;
        }
        true
    }

    /// Announces, as the venue does, and plans what it does next; `false` if it has no word for
    /// it.
    pub(in super::super) fn announce(
        &mut self,
        now: Timestamp,
        kind: NoticeKind,
        out: &mut VecDeque<Effect>,
    ) -> bool {
        let Some(notice) = self.dialect.notice(self.wall(now), kind) else {
            return false;
        };
        let notice = self.dialect.pack(notice);
        let mut leaves_in = None;
        match kind {
            NoticeKind::Shutdown => {
                // The client reads the same words, and believes them.
                let read = self.book.classify(notice.as_frame());
                let stated =
                    if let Signal::Notice { deadline, .. } = read { deadline } else { None };
                let lead = divided(stated.unwrap_or(LEAVES_AFTER), self.time_scale);
                let leaves = now.checked_add(lead);
                self.planned.leaves = [self.planned.leaves, leaves].into_iter().flatten().min();
                leaves_in = Some(lead);
            }
            // The socket stays, and its streams are mute for good.
            NoticeKind::MaintenanceStarted | NoticeKind::SessionExpired => {
                self.planned.is_down = true;
                self.next_data = None;
            }
            // Of the subscriptions none is left, but for those that the URL made.
            NoticeKind::MaintenanceEnded | _ => {
                self.planned.is_down = false;
                if self.streams.forget(self.dialect.streams_from_opening()) {
                    self.start_data(now);
                }
            }
        }
        out.push_back(Effect::Observe(Observation::Announced { kind, leaves_in }));
        out.push_back(Effect::Reply(notice));
        true
    }
}

#[cfg(test)]
mod tests {
    use core::num::NonZeroU32;

    use heartbeat_platforms::Exchange;

    use super::*;

    #[test]
    fn a_connection_is_to_end_when_it_is_as_old_as_the_venue_lets_it_be() {
        let now = Timestamp::from_millis(5);
        for exchange in Exchange::all() {
            for factor in [1, 24] {
                let factor = NonZeroU32::new(factor).unwrap();
                let options = MockOptions::default().time_scale(factor);
                let expires =
                    exchange.facts().max_age.and_then(|age| now.checked_add(age / factor.get()));
                let planned = Planned::new(exchange.facts(), &options, now);
                assert_eq!(planned.next_at(), expires, "{exchange}");
            }
        }
    }
}
