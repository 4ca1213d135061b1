//! The operator's hand, and connections that are left before there is another.

use core::time::Duration;

use heartbeat_core::LeaveReason;

use super::{Engine, Live, Lost, LostBy};
use crate::client::handler_task::HandlerJob;
use crate::client::sender::SendRoute;
use crate::client::telemetry;
use crate::client::update::Update;
use crate::client::{HandlerCall, Leaving};

impl Engine {
    pub(super) fn on_reconnect(&mut self, reason: &str, at_once: bool) {
        telemetry::reconnect(reason, at_once);
        let now = self.clock.now();
        if at_once {
            self.parts.recovery.reconnect_now(now);
        } else {
            self.parts.recovery.request_rotation(now);
        }
    }

    pub(super) fn on_pause(&mut self) {
        telemetry::paused();
        self.parts.recovery.pause(self.clock.now());
    }

    pub(super) fn on_resume(&mut self) {
        telemetry::resumed();
        self.parts.recovery.resume(self.clock.now());
    }

    /// Has the handler hear from the application. If it is busy with too much, it does not.
    pub(super) fn on_call(&self, call: HandlerCall) {
        let connection =
            self.live.as_ref().map(|live| live.connection.for_handler(&self.parts.feed));
        self.parts.handler.give(HandlerJob::Call { connection, call });
    }

    /// Leaves the connection that is live without another to hand over to.
    pub(super) fn leave_live(&mut self, why: LeaveReason) {
        let Some(Live { connection, .. }) = self.live.take() else { return };
        let (now, generation) = (self.clock.now(), connection.generation());
        self.parts.route.send_replace(SendRoute::NotReady);
        self.parts.feed.set_green(false);
        self.hasten_draining();
        let from = self.parts.feed.last_frame().unwrap_or(now);
        self.lost.get_or_insert(Lost { from, by: LostBy::Leaving(generation, why) });
        telemetry::left(generation, why);
        self.tell(Update::Left { generation, why });
        self.drain(connection, Leaving::Left { why }, Duration::ZERO);
    }
}
