//! Connections that are being left: the last word of the handler, the closing handshake.

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
    /// Shown beside the one that has taken over.
    Overlapping { until: Timestamp, leaving: Leaving },
    /// The handler has the last word; dropping this makes it stop.
    Speaking { until: Timestamp, leaving: Leaving, _dropped: oneshot::Sender<()> },
    /// The closing handshake is under way.
    Closing,
}

impl Stage {
    fn overlap_ends_by(&self, now: Timestamp) -> bool {
        matches!(self, Self::Overlapping { until, .. } if *until <= now)
    }

    fn last_word_ends_by(&self, now: Timestamp) -> bool {
        matches!(self, Self::Speaking { until, .. } if *until <= now)
    }
}

impl Engine {
    /// Shows two connections as one for a while, then leaves the old one.
    pub(super) fn overlap(
        &mut self,
        connection: ClientConnection,
        until: Timestamp,
        leaving: Leaving,
    ) {
        self.push_draining(DrainingConnection {
            connection,
            stage: Stage::Overlapping { until, leaving },
        });
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
        let stage = if self.parts.handler.give(job) {
            Stage::Speaking { until, leaving, _dropped: until_dropped }
        } else {
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
        self.parts.feed.drop_connection(generation);
        self.leaving.retain(|draining| draining.connection.generation() != generation);
        self.last = Some(Arc::clone(&report));
        self.tell(Update::Ended { generation, report });
    }

    /// Moves on those whose time has come, and returns when to look again.
    pub(super) fn leave_what_is_due(&mut self) -> Option<Timestamp> {
        let now = self.clock.now();
        let over: Vec<_> =
            self.leaving.extract_if(.., |draining| draining.stage.overlap_ends_by(now)).collect();
        for DrainingConnection { connection, stage } in over {
            if let Stage::Overlapping { leaving, .. } = stage {
                self.parts.feed.hold(connection.generation());
                self.leave(connection, leaving);
            }
        }
        self.close_draining(|draining| draining.stage.last_word_ends_by(now));
        self.forget_overlap_unless_used();
        let due = self.leaving.iter().filter_map(|draining| match draining.stage {
            Stage::Overlapping { until, .. } | Stage::Speaking { until, .. } => Some(until),
            Stage::Closing => None,
        });
        due.min()
    }

    /// Ends the overlap at once, if there is one: with the new connection goes the reason to
    /// show the old one.
    pub(super) fn end_overlap(&mut self) {
        self.parts.feed.end_overlap();
        for draining in &mut self.leaving {
            if matches!(draining.stage, Stage::Overlapping { .. }) {
                self.parts.feed.drop_connection(draining.connection.generation());
                draining.connection.handle.stop();
                draining.stage = Stage::Closing;
            }
        }
    }

    /// Forgets what was remembered for an overlap that is over, or did not come about.
    fn forget_overlap_unless_used(&self) {
        let overlaps =
            |draining: &DrainingConnection| matches!(draining.stage, Stage::Overlapping { .. });
        if self.parts.overlap.is_some() && !self.attempt_rotates() {
            let is_used = self.leaving.iter().any(overlaps);
            if !is_used {
                self.parts.feed.end_overlap();
            }
        }
    }

    fn close_draining(&mut self, which: impl Fn(&DrainingConnection) -> bool) {
        for draining in self.leaving.iter_mut().filter(|draining| which(draining)) {
            let stage = core::mem::replace(&mut draining.stage, Stage::Closing);
            if let Stage::Speaking { leaving: Leaving::Closed | Leaving::Left { .. }, .. } = stage {
                // Nothing else comes before it has ended: what it still says is the application's.
                self.parts.feed.release(draining.connection.generation());
            }
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
