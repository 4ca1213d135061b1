//! Connections that are being left: read to their end, the last word of the handler, the closing
//! handshake.

use core::time::Duration;
use std::sync::Arc;

use heartbeat_core::{Generation, Outcome, Timestamp};
use tokio::sync::oneshot;

use super::Engine;
use crate::client::Leaving;
use crate::client::connection::ClientConnection;
use crate::client::handler_task::HandlerJob;
use crate::client::update::Update;
use crate::connection::CloseReport;

/// How many connections may be on their way out; beyond that the oldest is dropped.
const DRAINING_MAX: usize = 4;

/// A connection that is being left.
pub(super) struct DrainingConnection {
    pub(super) connection: ClientConnection,
    stage: Stage,
}

enum Stage {
    /// It is shown on, for the replies that are under way and what the one that has taken over is
    /// to be compared with; no longer than `at_most`.
    Shown { until: Timestamp, at_most: Timestamp, leaving: Leaving },
    /// The handler has the last word; dropping this makes it stop.
    Speaking { until: Timestamp, _dropped: oneshot::Sender<()> },
    /// The closing handshake is under way.
    Closing,
}

impl DrainingConnection {
    /// Tells whether it has been shown for long enough: the last reply that may be under way is to
    /// what was sent last.
    fn is_shown_by(&mut self, now: Timestamp, replies_within: Duration) -> bool {
        let Stage::Shown { until, at_most, .. } = &mut self.stage else { return false };
        if let Some(sent) = self.connection.handle.last_sent() {
            *until = (*until).max(sent.saturating_add(replies_within)).min(*at_most);
        }
        *until <= now
    }

    fn last_word_ends_by(&self, now: Timestamp) -> bool {
        matches!(self.stage, Stage::Speaking { until, .. } if until <= now)
    }
}

impl Engine {
    /// Shows a connection that is to be left until no reply can be under way on it any more, and
    /// at least through the overlap; then leaves it.
    pub(super) fn drain(
        &mut self,
        connection: ClientConnection,
        leaving: Leaving,
        overlap: Duration,
    ) {
        let until = self.clock.ahead(overlap);
        // What waited in its queue may have left a while after the new one took over.
        let at_most = until.saturating_add(self.parts.replies_within.saturating_mul(2));
        let stage = Stage::Shown { until, at_most, leaving };
        self.push_draining(DrainingConnection { connection, stage });
    }

    /// Lets the handler have the last word on a connection that works, then closes it.
    pub(super) fn leave(&mut self, connection: ClientConnection, leaving: Leaving) {
        let until = self.clock.ahead(self.parts.before_close_within);
        let (until_dropped, dropped) = oneshot::channel();
        let job = HandlerJob::Leave {
            leaving,
            connection: connection.for_handler(&self.parts.feed),
            dropped,
        };
        self.parts.feed.hold(connection.generation());
        let stage = if self.parts.handler.give(job) {
            Stage::Speaking { until, _dropped: until_dropped }
        } else {
            self.parts.feed.release(connection.generation());
            connection.handle.stop();
            Stage::Closing
        };
        self.push_draining(DrainingConnection { connection, stage });
    }

    /// Ends a connection that is finished, or was never used.
    pub(super) fn see_off(&mut self, connection: ClientConnection) {
        connection.handle.stop();
        self.push_draining(DrainingConnection { connection, stage: Stage::Closing });
    }

    pub(super) fn on_released(&mut self, generation: Generation) {
        self.close_draining(|draining| draining.connection.generation() == generation);
    }

    pub(super) fn on_ended(&mut self, generation: Generation, report: Arc<CloseReport>) {
        let now = self.clock.now();
        // Another may wait for the venue to have seen it go.
        self.parts.recovery.handle(now, generation, Outcome::Ended(report.cause));
        self.parts.feed.end_connection(generation);
        self.leaving.retain(|draining| draining.connection.generation() != generation);
        self.last = Some(Arc::clone(&report));
        self.tell(Update::Ended { generation, report });
    }

    /// Moves on those whose time has come, and returns when to look again.
    pub(super) fn leave_what_is_due(&mut self) -> Option<Timestamp> {
        let (now, replies_within) = (self.clock.now(), self.parts.replies_within);
        let over: Vec<_> =
            self.leaving.extract_if(.., |it| it.is_shown_by(now, replies_within)).collect();
        for DrainingConnection { connection, stage } in over {
            if let Stage::Shown { leaving, .. } = stage {
                self.leave(connection, leaving);
            }
        }
        self.close_draining(|draining| draining.last_word_ends_by(now));
        let is_rotating = self.attempt_rotates() || !self.leaving.is_empty();
        let keys_until = self.parts.feed.end_overlap_when_due(is_rotating);
        let due = self.leaving.iter().filter_map(|draining| match draining.stage {
            Stage::Shown { until, .. } | Stage::Speaking { until, .. } => Some(until),
            Stage::Closing => None,
        });
        due.chain(keys_until).min()
    }

    /// Leaves those that are still shown in the next turn: with the connection that took over goes
    /// the reason to wait for more.
    pub(super) fn hasten_draining(&mut self) {
        let now = self.clock.now();
        for draining in &mut self.leaving {
            if let Stage::Shown { at_most, until, .. } = &mut draining.stage {
                (*until, *at_most) = (now, now);
            }
        }
    }

    fn close_draining(&mut self, which: impl Fn(&DrainingConnection) -> bool) {
        for draining in self.leaving.iter_mut().filter(|draining| which(draining)) {
            draining.stage = Stage::Closing;
            // What the handler has not taken, and all that it still says, is the application's.
            self.parts.feed.release(draining.connection.generation());
            draining.connection.handle.stop();
        }
    }

    fn push_draining(&mut self, draining: DrainingConnection) {
        if self.leaving.len() >= DRAINING_MAX {
            let oldest = self.leaving.remove(0);
            self.parts.feed.drop_connection(oldest.connection.generation());
        }
        self.leaving.push(draining);
    }
}
