//! What the venue lets us send, shared by the application and the heartbeat.

mod shared;

use core::task::{Context, Poll, ready};
use core::time::Duration;
use std::sync::{Arc, MutexGuard};

use heartbeat_core::{MessageLimit, MessageWindow, Speaker, Timestamp};
use tokio_tungstenite::tungstenite::Message;

use crate::clock::MonotonicClock;
use crate::deadline::Deadline;

use shared::Seat;
pub(crate) use shared::SharedBudget;

/// How often at least the task is polled that a budget holds back.
const TELL_EVERY: Duration = Duration::from_secs(1);

/// The message budget of one connection, its part in one that many share, and the timer that the
/// application waits for them with.
#[derive(Debug)]
pub(super) struct Budget {
    own: Option<MessageWindow>,
    seat: Option<Seat>,
    opens: Deadline,
    opens_at: Option<Timestamp>,
}

impl Budget {
    /// Makes it if there is anything to keep.
    pub(super) fn of(
        limit: Option<MessageLimit>,
        shared: Option<Arc<SharedBudget>>,
    ) -> Option<Box<Self>> {
        if limit.is_none() && shared.is_none() {
            return None;
        }
        let (own, seat) = (limit.map(MessageWindow::new), shared.map(Seat::new));
        Some(Box::new(Self { own, seat, opens: Deadline::default(), opens_at: None }))
    }

    /// Is ready when the application may send, and has then taken the place for it, which is to
    /// be used or [given back](Self::leave).
    pub(super) fn poll_application(
        &mut self,
        cx: &mut Context<'_>,
        clock: &MonotonicClock,
        speaker: Speaker,
    ) -> Poll<()> {
        loop {
            let now = clock.now();
            let own = self.own.as_ref().map(|messages| messages.next_at(now, speaker));
            let opens_at = match (own, &mut self.seat) {
                (Some(at), _) if at > now => at,
                (_, Some(seat)) => match seat.take(speaker, cx.waker()) {
                    Ok(()) => break,
                    Err(wait) => now.saturating_add(wait),
                },
                (_, None) => break,
            };
            self.opens_at = Some(opens_at);
            // A window may be long, and whoever waits wants to hear that it is not forgotten.
            let look_at = opens_at.min(now.saturating_add(TELL_EVERY));
            ready!(self.opens.poll(cx, clock, now, Some(look_at)));
        }
        self.opens_at = None;
        Poll::Ready(())
    }

    /// Returns until when the application's next message is held back, if it is.
    pub(super) const fn holds_until(&self) -> Option<Timestamp> {
        self.opens_at
    }

    /// The application has nothing to send, or the transport takes nothing.
    pub(super) fn leave(&mut self) {
        self.opens_at = None;
        if let Some(seat) = &mut self.seat {
            seat.leave();
        }
    }

    /// Counts a message of the application's that is handed to the transport.
    pub(super) fn count(&mut self, now: Timestamp, speaker: Speaker, message: &Message) {
        if let Some(messages) = self.own.as_mut().filter(|own| counts(own.limit(), message)) {
            // Whoever asked before was told to wait.
            messages.record(now, speaker);
        }
        if let Some(seat) = &mut self.seat {
            let counts = counts(seat.window().1.messages().limit(), message);
            seat.settle(counts);
        }
    }

    /// Counts a pong that the transport makes.
    pub(super) fn count_pong(&mut self, now: Timestamp) {
        self.window(now).record(&Message::Pong(Vec::new().into()), Speaker::Transport);
    }

    /// Looks whether a heartbeat may be sent, and lets nobody else send until it is dropped.
    pub(super) fn window(&mut self, now: Timestamp) -> Window<'_> {
        let shared = self.seat.as_ref().map(Seat::window);
        Window { now, own: self.own.as_mut(), shared }
    }
}

/// A moment in which a heartbeat may be sent, or not.
#[derive(Debug)]
pub(super) struct Window<'a> {
    now: Timestamp,
    own: Option<&'a mut MessageWindow>,
    /// On an axis of its own.
    shared: Option<(Timestamp, MutexGuard<'a, shared::State>)>,
}

impl Window<'_> {
    /// Returns when a heartbeat may be sent, if not now.
    pub(super) fn opens_at(&mut self) -> Option<Timestamp> {
        let own = self.own.as_ref().map(|own| own.next_at(self.now, Speaker::Heartbeat));
        let shared = self.shared.as_mut().map(|(now, state)| {
            let wait = state.messages().next_at(*now, Speaker::Heartbeat).saturating_since(*now);
            self.now.saturating_add(wait)
        });
        own.into_iter().chain(shared).max().filter(|at| *at > self.now)
    }

    /// Counts what leaves in it.
    pub(super) fn record(&mut self, message: &Message, speaker: Speaker) {
        if let Some(own) = self.own.as_mut().filter(|own| counts(own.limit(), message)) {
            own.record(self.now, speaker);
        }
        if let Some((now, state)) = &mut self.shared
            && counts(state.messages().limit(), message)
        {
            state.messages().record(*now, speaker);
        }
    }
}

/// Tells whether a limit counts a message.
const fn counts(limit: &MessageLimit, message: &Message) -> bool {
    match message {
        Message::Text(_) | Message::Binary(_) | Message::Frame(_) => true,
        Message::Ping(_) | Message::Pong(_) => limit.counts_control_frames(),
        Message::Close(_) => false,
    }
}
