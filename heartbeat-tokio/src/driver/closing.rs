//! The end of a connection: one Close frame each way, within a bound.

use core::pin::Pin;
use core::task::{Context, Poll};

use heartbeat_core::{Cause, Evidence, Health, Initiator, Platform, Timestamp};
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::{self, Message};

use super::{Driver, State};
use crate::convert::unreadable_of;
use crate::transport::Transport;

/// A connection that is being closed.
#[derive(Debug)]
pub(super) struct Closing {
    cause: Cause,
    evidence: Evidence,
    health: Health,
    /// When to stop waiting; `None` if that lies past the end of time.
    until: Option<Timestamp>,
    ours: OurClose,
    /// Whether the peer's Close frame was read.
    theirs: bool,
}

/// How far our Close frame has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum OurClose {
    Unsent,
    HandedOver,
    Written,
}

/// How a connection ended.
#[derive(Debug)]
pub(crate) struct Ending {
    pub(crate) cause: Cause,
    pub(crate) evidence: Evidence,
    pub(crate) health: Health,
    /// What the transport said, where it was the transport that failed.
    pub(crate) error: Option<tungstenite::Error>,
    pub(crate) clean: bool,
    /// Whether our Close frame has left.
    pub(crate) close_written: bool,
}

impl<S, P> Driver<S, P> {
    /// Takes how the connection ended, once it has.
    pub(crate) fn take_ending(&mut self) -> Option<Ending> {
        match &mut self.state {
            State::Closed(ending) => ending.take().map(|ending| *ending),
            State::Open | State::Closing(_) => None,
        }
    }
}

impl<S: Transport, P: Platform> Driver<S, P> {
    pub(super) fn begin_closing(&mut self, now: Timestamp, cause: Cause) {
        let peer_closed = matches!(cause, Cause::PeerClosed { .. });
        if peer_closed {
            // tungstenite has queued the reply.
            self.unflushed.close = true;
        }
        let health = self.session.health();
        // A peer that was silent until it was given up will not answer our Close either: the
        // application hears of the verdict at once, not after another wait.
        let silent_for = now.saturating_since(health.last_read.unwrap_or_default());
        let given_up = cause.initiator() == Initiator::Machine;
        let is_mute =
            given_up && cause.unreadable().is_none() && silent_for >= self.limits.close_within;
        self.state = State::Closing(Box::new(Closing {
            cause,
            evidence: self.session.evidence(),
            health,
            until: if is_mute { Some(now) } else { now.checked_add(self.limits.close_within) },
            ours: if peer_closed { OurClose::HandedOver } else { OurClose::Unsent },
            theirs: peer_closed,
        }));
    }

    /// Moves the closing handshake on, and returns when to look again.
    ///
    /// The connection is done when both Close frames are through: waiting for the peer to drop
    /// the transport as well would only delay the next connection.
    pub(super) fn close(&mut self, cx: &mut Context<'_>) -> Option<Timestamp> {
        self.send_close(cx);
        self.flush(cx);
        let State::Closing(closing) = &self.state else { return None };
        let clean = closing.theirs && closing.ours == OurClose::Written;
        // An echo that cannot be read is not waited for.
        let is_through = self.unreadable && closing.ours == OurClose::Written;
        let now = self.clock.now();
        if clean || is_through || self.gone || closing.until.is_some_and(|until| until <= now) {
            self.finish(clean);
            return Some(now);
        }
        closing.until
    }

    fn send_close(&mut self, cx: &mut Context<'_>) {
        let State::Closing(closing) = &mut self.state else { return };
        if closing.ours != OurClose::Unsent || self.gone {
            return;
        }
        match Pin::new(&mut self.transport).poll_ready(cx) {
            Poll::Ready(Ok(())) => {}
            Poll::Ready(Err(_)) => return self.gone = true,
            Poll::Pending => return,
        }
        let frame = self.close_frame.take().unwrap_or_else(|| frame_for(closing.cause));
        match Pin::new(&mut self.transport).start_send(Message::Close(Some(frame))) {
            Ok(()) => {
                closing.ours = OurClose::HandedOver;
                self.unflushed.close = true;
            }
            Err(_) => self.gone = true,
        }
    }

    /// Takes note that reading has failed. Where that is for what was read, and not because the
    /// transport has ended, the venue is told so.
    pub(super) fn on_read_error(&mut self, error: tungstenite::Error) {
        let Some(why) = unreadable_of(&error) else { return self.lose(Some(error)) };
        self.unreadable = true;
        if self.is_open() {
            let now = self.clock.now();
            self.session.handle_unreadable(now, why);
            self.note_error(error);
        }
    }

    /// Says goodbye without waiting for anything, on a connection that nobody wants any more.
    pub(crate) fn abandon(&mut self, cx: &mut Context<'_>) {
        if self.is_open() {
            let now = self.clock.now();
            self.begin_closing(now, Cause::Stopped);
        }
        self.send_close(cx);
        self.flush(cx);
    }

    /// Ends the connection on the spot.
    pub(crate) fn cut_off(&mut self, error: tungstenite::Error) {
        self.lose(Some(error));
        if self.is_open() {
            let now = self.clock.now();
            self.begin_closing(now, Cause::TransportLost);
        }
        self.finish(false);
    }

    fn finish(&mut self, clean: bool) {
        let state = core::mem::replace(&mut self.state, State::Closed(None));
        self.state = match state {
            State::Closing(closing) => State::Closed(Some(Box::new(Ending {
                cause: closing.cause,
                evidence: closing.evidence,
                health: closing.health,
                error: self.error.take(),
                clean,
                close_written: closing.ours == OurClose::Written,
            }))),
            other @ (State::Open | State::Closed(_)) => other,
        };
    }

    pub(super) fn note_peer_closed(&mut self) {
        if let State::Closing(closing) = &mut self.state {
            closing.theirs = true;
        }
    }

    pub(super) fn note_close_written(&mut self) {
        if let State::Closing(closing) = &mut self.state {
            closing.ours = OurClose::Written;
        }
    }
}

/// Returns the Close frame for a verdict: a normal end by the application's wish, what RFC 6455
/// has for what cannot be read, and going away otherwise. The reason is one word for the venue's
/// log.
fn frame_for(cause: Cause) -> CloseFrame {
    let code = match (cause.unreadable(), cause.initiator()) {
        (Some(why), _) => CloseCode::from(why.close_code()),
        (None, Initiator::Application) => CloseCode::Normal,
        (None, Initiator::Machine | Initiator::Peer) => CloseCode::Away,
    };
    CloseFrame { code, reason: cause.as_str().into() }
}
