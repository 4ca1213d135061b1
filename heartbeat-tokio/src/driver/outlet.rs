//! The way out: what was handed to the transport, and what became of it.

use core::pin::Pin;
use core::task::{Context, Poll, ready};

use heartbeat_core::{Platform, Speaker, Timestamp};
use tokio_tungstenite::tungstenite::{self, Message};

use super::{Driver, State, caught};
use crate::transport::Transport;

/// How many bytes of pongs may wait for a peer that sends pings and does not read. None does so by
/// mistake with more than a few, and what it waits for meanwhile is a verdict.
const PONG_BYTES_MAX: usize = 64 << 10;

/// What a pong of a client's adds to its payload: two bytes and a mask.
const PONG_OVERHEAD: usize = 6;

/// What the transport holds and may not have written out.
#[derive(Debug, Default)]
pub(super) struct Unflushed {
    /// A heartbeat that the session waits to hear of.
    pub(super) heartbeat: bool,
    /// Pongs that tungstenite made, in bytes.
    pong_bytes: usize,
    /// Our Close frame, or tungstenite's reply to the peer's.
    pub(super) close: bool,
    /// How many messages of the application's.
    application: usize,
    /// When the first of those is overdue.
    pub(super) overdue_at: Option<Timestamp>,
}

impl Unflushed {
    const fn is_empty(&self) -> bool {
        !self.heartbeat && !self.has_pongs() && !self.close && self.application == 0
    }

    const fn has_pongs(&self) -> bool {
        self.pong_bytes > 0
    }

    /// Takes note of a pong that tungstenite has made.
    pub(super) const fn note_pong(&mut self, payload: usize) {
        self.pong_bytes = self.pong_bytes.saturating_add(PONG_OVERHEAD).saturating_add(payload);
    }

    /// Tells whether so many pongs wait that no more pings are to be read: tungstenite answers
    /// each, and cannot be told not to.
    pub(super) const fn has_many_pongs(&self) -> bool {
        self.pong_bytes >= PONG_BYTES_MAX
    }
}

impl<S, P> Driver<S, P> {
    /// Tells whether all that was handed to the transport has been written out.
    pub(crate) const fn is_flushed(&self) -> bool {
        self.unflushed.is_empty()
    }

    /// Returns how many of the application's messages may or may not have been written out.
    pub(crate) const fn unconfirmed(&self) -> usize {
        self.unflushed.application
    }
}

impl<S: Transport, P: Platform> Driver<S, P> {
    /// Tells whether the transport takes a message of the application's; false once it never
    /// will again, of which another turn must hear. To be called after a turn, in which the
    /// heartbeats have left.
    pub(crate) fn poll_ready(&mut self, cx: &mut Context<'_>, speaker: Speaker) -> Poll<bool> {
        if !self.is_open() {
            return Poll::Ready(false);
        }
        if self.is_catching_up() {
            return Poll::Pending;
        }
        // Whoever takes a place must be able to use it at once: others wait for it.
        match Pin::new(&mut self.transport).poll_ready(cx) {
            Poll::Ready(Ok(())) => {}
            Poll::Ready(Err(error)) => {
                self.on_write_error(error);
                return Poll::Ready(false);
            }
            Poll::Pending => {
                self.leave_budget();
                return Poll::Pending;
            }
        }
        if let Some(budget) = &mut self.budget {
            ready!(budget.poll_application(cx, &self.clock, speaker));
        }
        Poll::Ready(true)
    }

    /// Gives back what the application may have taken of the budget, and lets others go first: it
    /// has nothing to send now.
    pub(crate) fn leave_budget(&mut self) {
        if let Some(budget) = &mut self.budget {
            budget.leave();
        }
    }

    /// Returns until when our own budget holds back the application's next message, if it does.
    pub(crate) fn holds_until(&self) -> Option<Timestamp> {
        self.budget.as_ref().and_then(|budget| budget.holds_until())
    }

    /// Hands a message of the application's to the transport, which must be ready for it. A
    /// Close message begins the end of the session instead.
    pub(crate) fn start_send(
        &mut self,
        message: Message,
        speaker: Speaker,
    ) -> Result<(), tungstenite::Error> {
        if !self.is_open() {
            return Err(tungstenite::Error::AlreadyClosed);
        }
        if let Message::Close(frame) = message {
            self.close_frame = frame;
            self.stop();
            return Ok(());
        }
        let now = self.clock.now();
        if let Some(budget) = &mut self.budget {
            budget.count(now, speaker, &message);
        }
        if let Err(error) = Pin::new(&mut self.transport).start_send(message) {
            if !is_refusal(&error) {
                if !was_never_taken(&error) {
                    self.unflushed.application = self.unflushed.application.saturating_add(1);
                }
                self.lose(None);
            }
            return Err(error);
        }
        self.session.handle_sent(now);
        self.unflushed.application = self.unflushed.application.saturating_add(1);
        if self.unflushed.overdue_at.is_none() {
            self.unflushed.overdue_at = now.checked_add(self.limits.write_within);
        }
        Ok(())
    }

    /// Begins the end by the application's wish.
    pub(crate) fn stop(&mut self) {
        let now = self.clock.now();
        if caught(|| self.session.stop(now)).is_none() {
            self.session.handle_panicked(now);
        }
    }

    /// Asks the venue for the safety of the orders.
    pub(crate) fn request_order_safety(&mut self) {
        let now = self.clock.now();
        if caught(|| self.session.request_order_safety(now)).is_none() {
            self.session.handle_panicked(now);
        }
    }

    /// Hands a heartbeat to the transport and tries to get it out at once.
    pub(super) fn write_heartbeat(&mut self, cx: &mut Context<'_>, message: Message) {
        self.unflushed.heartbeat = true;
        match Pin::new(&mut self.transport).start_send(message) {
            Ok(()) => self.flush(cx),
            Err(error) => self.on_write_error(error),
        }
    }

    /// Writes out what the transport holds, and reports what has left.
    pub(super) fn flush(&mut self, cx: &mut Context<'_>) {
        if self.gone || self.unflushed.is_empty() {
            return;
        }
        // A pong waits in tungstenite's slot while the write buffer has no room for it, and a
        // flush that then empties the buffer succeeds without it. The second takes it out.
        let passes = if self.unflushed.has_pongs() { 2 } else { 1 };
        for _ in 0..passes {
            match Pin::new(&mut self.transport).poll_flush(cx) {
                Poll::Ready(Ok(())) => {}
                Poll::Ready(Err(error)) => return self.on_write_error(error),
                Poll::Pending => return,
            }
        }
        self.on_flushed();
    }

    fn on_flushed(&mut self) {
        let now = self.clock.now();
        let left = core::mem::take(&mut self.unflushed);
        if left.heartbeat {
            self.session.handle_transmitted(now);
            // A refusal before this one has been made good.
            self.error = None;
        }
        if left.has_pongs() {
            self.session.handle_pongs_written(now);
        }
        if left.close {
            self.note_close_written();
        }
    }

    /// Takes note that the transport failed to write. If a heartbeat was among it, the
    /// session decides what follows.
    pub(super) fn on_write_error(&mut self, error: tungstenite::Error) {
        if !core::mem::take(&mut self.unflushed.heartbeat) {
            return self.lose(Some(error));
        }
        self.note_error(error);
        let now = self.clock.now();
        self.session.handle_transmit_failed(now);
    }

    /// Ends the session if the transport has been sitting on a message of the application's.
    pub(super) fn check_overdue_write(&mut self, now: Timestamp) {
        if self.unflushed.overdue_at.is_some_and(|overdue_at| overdue_at <= now) {
            self.unflushed.overdue_at = None;
            self.session.handle_write_overdue(now, self.limits.write_within);
            // A Close frame could not leave either.
            self.gone = true;
        }
    }

    /// Takes note that the transport is gone.
    pub(super) fn lose(&mut self, error: Option<tungstenite::Error>) {
        self.gone = true;
        if matches!(self.state, State::Open) {
            let now = self.clock.now();
            self.session.handle_transport_closed(now);
            if let Some(error) = error {
                self.note_error(error);
            }
        }
    }

    /// Keeps what the transport said for the report. The first error caused the others.
    pub(crate) fn note_error(&mut self, error: tungstenite::Error) {
        self.error.get_or_insert(error);
    }
}

/// Tells whether a message was refused for its own sake, by a transport that still works.
pub(crate) const fn is_refusal(error: &tungstenite::Error) -> bool {
    matches!(error, tungstenite::Error::WriteBufferFull(_) | tungstenite::Error::Capacity(_))
}

/// Tells whether a transport that is finished said so before it looked at the message.
pub(crate) const fn was_never_taken(error: &tungstenite::Error) -> bool {
    use tungstenite::error::ProtocolError;

    matches!(
        error,
        tungstenite::Error::ConnectionClosed
            | tungstenite::Error::AlreadyClosed
            | tungstenite::Error::Protocol(ProtocolError::SendAfterClosing)
    )
}
