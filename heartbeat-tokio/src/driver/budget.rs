//! What the venue lets us send, shared by the application and the heartbeat.

use core::task::{Context, Poll};

use heartbeat_core::{MessageBudget, MessageLimit, Speaker, Timestamp};
use tokio_tungstenite::tungstenite::Message;

use crate::clock::MonotonicClock;
use crate::deadline::Deadline;

/// The message budget of one connection, and the timer that the application waits for it with.
#[derive(Debug)]
pub(super) struct Budget {
    messages: MessageBudget,
    opens: Deadline,
}

impl Budget {
    pub(super) fn new(limit: MessageLimit) -> Self {
        Self { messages: MessageBudget::new(limit), opens: Deadline::default() }
    }

    /// Is ready when the application may send.
    pub(super) fn poll_application(
        &mut self,
        cx: &mut Context<'_>,
        clock: &MonotonicClock,
        speaker: Speaker,
    ) -> Poll<()> {
        let now = clock.now();
        let opens_at = self.messages.next_at(now, speaker);
        if opens_at <= now {
            return Poll::Ready(());
        }
        self.opens.poll(cx, clock, Some(opens_at))
    }

    /// Returns when a heartbeat may be sent, if not now.
    pub(super) fn heartbeat_waits_until(&self, now: Timestamp) -> Option<Timestamp> {
        Some(self.messages.next_at(now, Speaker::Heartbeat)).filter(|at| *at > now)
    }

    /// Counts a message that is handed to the transport.
    pub(super) fn count(&mut self, now: Timestamp, speaker: Speaker, message: &Message) {
        let counts = match message {
            Message::Text(_) | Message::Binary(_) | Message::Frame(_) => true,
            Message::Ping(_) | Message::Pong(_) => self.messages.limit().counts_control_frames(),
            Message::Close(_) => false,
        };
        if counts {
            // Whoever asked before was told to wait; a pong of the transport's asks nobody.
            self.messages.record(now, speaker);
        }
    }

    /// Counts a pong that the transport makes.
    pub(super) fn count_pong(&mut self, now: Timestamp) {
        if self.messages.limit().counts_control_frames() {
            self.messages.record(now, Speaker::Transport);
        }
    }
}
