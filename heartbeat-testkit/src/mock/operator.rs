//! What the operator of a venue does: plan faults, announce, shut down.

use heartbeat_core::{NoticeKind, Timestamp};

use super::engine::GOING_AWAY;
use super::{FaultPlan, MockExchange};

impl MockExchange {
    /// Plans one more fault, its time counted from `now`.
    pub fn plan(&mut self, now: Timestamp, plan: FaultPlan) {
        let now = self.advance(now);
        self.schedule.add(plan, now);
    }

    /// Announces what is to come, in the venue's own words; returns whether it has any.
    ///
    /// After [`NoticeKind::Shutdown`] the venue ends the connection when it said that it would, or
    /// after ten seconds where it named no time. Between [`NoticeKind::MaintenanceStarted`] and
    /// [`NoticeKind::MaintenanceEnded`] it sends no market data, and then only to who subscribes
    /// again.
    ///
    /// ```
    /// use core::time::Duration;
    /// use heartbeat_core::{NoticeKind, Timestamp};
    /// use heartbeat_platforms::Exchange;
    /// use heartbeat_testkit::{MockAction, MockExchange, MockOptions, Observation};
    ///
    /// let now = Timestamp::ZERO;
    /// let mut okx = MockExchange::new(Exchange::Okx, MockOptions::default(), now);
    /// assert!(okx.announce(now, NoticeKind::Shutdown));
    /// assert_eq!(okx.poll(now), MockAction::Observe(Observation::Connected));
    /// let announced = Observation::Announced {
    ///     kind: NoticeKind::Shutdown,
    ///     leaves_in: Some(Duration::from_secs(30)),
    /// };
    /// assert_eq!(okx.poll(now), MockAction::Observe(announced));
    ///
    /// let mut deribit = MockExchange::new(Exchange::Deribit, MockOptions::default(), now);
    /// assert!(!deribit.announce(now, NoticeKind::Shutdown), "it announces nothing");
    /// ```
    pub fn announce(&mut self, now: Timestamp, kind: NoticeKind) -> bool {
        let now = self.advance(now);
        !self.over && self.engine.announce(now, kind, &mut self.effects)
    }

    /// Ends the connection by the operator's wish, as a venue that shuts down does.
    pub fn shut_down(&mut self, now: Timestamp) {
        let now = self.advance(now);
        if !self.over {
            self.end(now, GOING_AWAY);
        }
    }
}
