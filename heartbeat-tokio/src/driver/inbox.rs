//! What the driver knows of the application.

use core::task::Context;

use heartbeat_core::{Silence, Timestamp};
use tokio_tungstenite::tungstenite::Message;

use crate::observation::SessionUpdate;

/// Where the driver puts what is for the application.
pub(crate) trait Inbox {
    /// Tells whether a message can be taken; the driver does not read while it cannot. When
    /// it is late there should be room for more, since what is unread may hold what the
    /// session waits for.
    fn has_room(&self, late: bool) -> bool;

    /// Takes a message that was read at `now`.
    fn deliver(&mut self, now: Timestamp, message: Message);

    /// Takes an observation.
    fn observe(&mut self, observation: SessionUpdate);

    /// Takes note that what is read from now on came in while this process did not run, or that all
    /// of that has been read.
    fn set_catching_up(&mut self, now: Timestamp, is_catching_up: bool) {
        let _ = (now, is_catching_up);
    }

    /// Takes note that a message is coming in.
    fn note_receiving(&mut self, now: Timestamp) {
        let _ = now;
    }

    /// Judges the subscriptions that are watched, if any are, once the session has been drained;
    /// returns when to ask again, or the verdict over one. The task is woken when one is added.
    fn poll_watches(
        &mut self,
        cx: &mut Context<'_>,
        now: Timestamp,
    ) -> Result<Option<Timestamp>, Silence> {
        let _ = (cx, now);
        Ok(None)
    }
}
