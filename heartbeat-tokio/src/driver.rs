//! The loop that both levels share: bytes and time go to the session, its actions to the
//! transport.
//!
//! Poll-based, so that one task can read while a write is pending, and generic over the
//! transport, so that anything that speaks tungstenite's messages will do. A turn does, in
//! this order: feed what can be read, let the session judge, write what it wants written. The
//! application is only ever handed things, never waited for.

mod budget;
mod closing;
mod inbox;
mod outlet;
mod panics;
mod receiving;
#[cfg(test)]
mod tests;
pub(crate) mod turns;

use core::pin::Pin;
use core::task::{Context, Poll};
use core::time::Duration;
use std::sync::Arc;

use heartbeat_core::{
    Action, CHALLENGES_MAX, Disposition, MessageLimit, Outlet, Platform, Session, Speaker,
    Timestamp,
};
use tokio::task::coop;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::{self, Message};
use tracing::Span;

use crate::clock::MonotonicClock;
use crate::convert::{frame_of, heartbeat_of};
use crate::deadline::Deadline;
use crate::metered::Received;
use crate::observation::SessionUpdate;
use crate::telemetry;
use crate::transport::{self, Transport};

pub(crate) use budget::SharedBudget;
use budget::{Budget, Window};
use closing::Closing;
pub(crate) use closing::Ending;
pub(crate) use inbox::Inbox;
use outlet::Unflushed;
pub(crate) use outlet::{is_refusal, was_never_taken};
use panics::caught;
use turns::{Left, Pause};

/// How many frames a turn reads before it lets other tasks run.
const BATCH: usize = 32;

/// How many bytes of messages a turn reads, or one message, before it lets other tasks run: among
/// them the application, which would otherwise be too slow for what it never had time to read.
const BATCH_BYTES: usize = 256 << 10;

/// How many frames are read ahead of a deadline that has passed. Until then they may hold
/// what the session waits for; beyond, a flood could hide that it never came.
pub(crate) const CATCH_UP_MAX: usize = 4_096;

/// How long the driver waits for what it does not control, and how much it may say.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// For the transport to take a message of the application's.
    pub(crate) write_within: Duration,
    /// For the closing handshake.
    pub(crate) close_within: Duration,
    /// For messages of all kinds.
    pub(crate) messages: Option<MessageLimit>,
}

impl Limits {
    pub(crate) const DEFAULT: Self = Self {
        write_within: Duration::from_secs(5),
        close_within: Duration::from_secs(2),
        messages: None,
    };
}

/// One connection: transport, session, and the little that lies between them.
#[derive(Debug)]
pub(crate) struct Driver<S, P> {
    transport: S,
    session: Session<P>,
    clock: MonotonicClock,
    deadline: Deadline,
    limits: Limits,
    budget: Option<Box<Budget>>,
    unflushed: Unflushed,
    /// How many frames were read since the transport last had none.
    backlog: usize,
    /// When the turn began: one reading of the clock serves all that it reads and judges.
    turn_at: Timestamp,
    /// What the last turn left for the next.
    left: Left,
    /// Looks below the WebSocket, if the transport is one that lets it.
    received: fn(&S) -> Option<&Received>,
    /// How many bytes had come in there at the last look.
    bytes_seen: u64,
    /// When it was seen that this process had not run for a while, until all that came in meanwhile
    /// has been read.
    stalled_at: Option<Timestamp>,
    /// Whether the transport is gone: nothing more can be read or written.
    gone: bool,
    /// Whether nothing more can be read, though a Close frame may leave.
    unreadable: bool,
    /// The Close frame that the application wants sent.
    close_frame: Option<CloseFrame>,
    /// Why the transport was lost, if it said so.
    error: Option<tungstenite::Error>,
    state: State,
    span: Span,
}

#[derive(Debug)]
enum State {
    Open,
    Closing(Box<Closing>),
    /// Holds the ending until it is taken.
    Closed(Option<Box<Ending>>),
}

impl<S, P> Driver<S, P> {
    pub(crate) const fn session(&self) -> &Session<P> {
        &self.session
    }

    pub(crate) const fn limits_mut(&mut self) -> &mut Limits {
        &mut self.limits
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(crate) fn into_parts(self) -> (S, Session<P>) {
        (self.transport, self.session)
    }

    /// Tells whether the session has not reached its verdict.
    pub(crate) const fn is_open(&self) -> bool {
        matches!(self.state, State::Open)
    }
}

impl<S: Transport, P: Platform> Driver<S, P> {
    pub(crate) fn new(
        transport: S,
        mut session: Session<P>,
        limits: Limits,
        shared: Option<Arc<SharedBudget>>,
    ) -> Self
    where
        S: 'static,
    {
        // tungstenite answers pings by itself and cannot be told not to.
        session.set_transport_answers_pings();
        let span = telemetry::span(session.platform().name());
        span.in_scope(|| telemetry::started(session.config().detection_bound()));
        let session_at = session.now();
        let clock = MonotonicClock::anchored(session_at);
        say_wall_time(&mut session, &clock);
        Self {
            clock,
            transport,
            session,
            deadline: Deadline::default(),
            limits,
            budget: Budget::of(limits.messages, shared),
            unflushed: Unflushed::default(),
            backlog: 0,
            turn_at: session_at,
            left: Left::Nothing,
            received: transport::received::<S>,
            bytes_seen: 0,
            stalled_at: None,
            gone: false,
            unreadable: false,
            close_frame: None,
            error: None,
            state: State::Open,
            span,
        }
    }

    /// Does all that can be done now. Ready once the connection has ended; otherwise the task
    /// will be woken when there is more to do.
    pub(crate) fn poll_turn(&mut self, cx: &mut Context<'_>, inbox: &mut impl Inbox) -> Poll<()> {
        // Taken out for the while, which is cheaper than a second handle to it.
        let span = core::mem::replace(&mut self.span, Span::none());
        let turn = span.in_scope(|| self.turn(cx, inbox));
        self.span = span;
        turn
    }

    fn turn(&mut self, cx: &mut Context<'_>, inbox: &mut impl Inbox) -> Poll<()> {
        loop {
            let now = self.clock.now();
            self.turn_at = now;
            let pause = self.read(cx, now, inbox);
            if pause == Pause::Backlog && self.may_catch_up(now) {
                self.left = Left::Judging;
                turns::ask_for_another(cx);
                return Poll::Pending;
            }
            let deadline = match self.state {
                State::Open => self.drain(cx, now, inbox),
                State::Closing(_) => self.close(cx),
                State::Closed(_) => return Poll::Ready(()),
            };
            let due = self.deadline.poll(cx, &self.clock, now, deadline);
            self.left = Left::Nothing;
            match pause {
                Pause::Backlog | Pause::Heartbeats => {
                    self.left = Left::Backlog;
                    turns::ask_for_another(cx);
                    return Poll::Pending;
                }
                // They have left since.
                Pause::Pongs if !self.unflushed.has_many_pongs() => {}
                Pause::Settled | Pause::Pongs if due.is_pending() => return Poll::Pending,
                Pause::Settled | Pause::Pongs => {}
            }
        }
    }

    /// Feeds what can be read, up to a batch.
    fn read(&mut self, cx: &mut Context<'_>, now: Timestamp, inbox: &mut impl Inbox) -> Pause {
        let late = self.deadline.has_passed(now);
        let is_stalled = self.deadline.late_by(now) > self.session.config().stall_tolerance();
        if is_stalled && self.stalled_at.replace(now).is_none() {
            inbox.set_catching_up(now, true);
        }
        let (mut absorbed, mut bytes) = (0, 0_usize);
        for frames in 0..BATCH {
            if self.gone || self.unreadable || !inbox.has_room(late) {
                return Pause::Settled;
            }
            if self.unflushed.has_many_pongs() {
                return Pause::Pongs;
            }
            if bytes >= BATCH_BYTES {
                return Pause::Backlog;
            }
            match Pin::new(&mut self.transport).poll_next(cx) {
                Poll::Ready(Some(Ok(message))) => {
                    let is_last = message.is_close();
                    bytes = bytes.saturating_add(message.len());
                    match self.feed(cx, now, message, inbox) {
                        Disposition::Deliver => {}
                        Disposition::Absorb => absorbed += 1,
                    }
                    if is_last {
                        return Pause::Settled;
                    }
                    if absorbed == CHALLENGES_MAX {
                        return Pause::Heartbeats;
                    }
                }
                Poll::Ready(Some(Err(error))) => self.on_read_error(error),
                Poll::Ready(None) => self.lose(None),
                // A task that has used up its cooperative budget is told that there is nothing
                // to read, whatever there is.
                Poll::Pending if !coop::has_budget_remaining() => return Pause::Backlog,
                Poll::Pending => {
                    self.backlog = 0;
                    if self.note_receiving(now, frames) {
                        inbox.note_receiving(now);
                    }
                    if self.stalled_at.take().is_some() {
                        inbox.set_catching_up(now, false);
                    }
                    return Pause::Settled;
                }
            }
            self.backlog = self.backlog.saturating_add(1);
        }
        Pause::Backlog
    }

    fn feed(
        &mut self,
        cx: &mut Context<'_>,
        now: Timestamp,
        message: Message,
        inbox: &mut impl Inbox,
    ) -> Disposition {
        let message = self.with_its_own_code(message);
        let disposition = match frame_of(&message) {
            Some(frame) => match caught(|| self.session.handle_frame(now, frame)) {
                Some(disposition) => disposition,
                None => self.session.handle_panicked_over(now, frame),
            },
            None => Disposition::Deliver,
        };
        match &message {
            // tungstenite has put the pong into its slot and would leave it there until it is
            // next touched, which may be never.
            Message::Ping(payload) => {
                self.unflushed.note_pong(payload.len());
                if let Some(budget) = &mut self.budget {
                    budget.count_pong(now);
                }
                self.flush(cx);
            }
            Message::Close(_) => self.note_peer_closed(),
            Message::Text(_) | Message::Binary(_) | Message::Pong(_) | Message::Frame(_) => {}
        }
        match disposition {
            Disposition::Deliver => inbox.deliver(now, message),
            Disposition::Absorb => {}
        }
        disposition
    }

    /// Carries out what the session wants done now, and returns when to ask again.
    fn drain(
        &mut self,
        cx: &mut Context<'_>,
        mut now: Timestamp,
        inbox: &mut impl Inbox,
    ) -> Option<Timestamp> {
        if self.deadline.has_passed(now) {
            // A probe may be due. The wall clock may have been set since the last, and ours may
            // have stood still while the machine slept.
            say_wall_time(&mut self.session, &self.clock);
        }
        loop {
            let outlet = self.outlet(cx);
            self.check_overdue_write(now);
            let mut window = self.budget.as_mut().map(|budget| budget.window(now));
            let held_until = window.as_mut().and_then(Window::opens_at);
            let is_held = outlet == Outlet::Ready && held_until.is_some();
            let outlet = if is_held { Outlet::Held } else { outlet };
            let session = &mut self.session;
            let Some(action) = caught(move || session.poll_action(now, outlet)) else {
                drop(window);
                self.session.handle_panicked(now);
                continue;
            };
            let message = heartbeat_of(&action);
            if let (Some(window), Some(message)) = (&mut window, &message) {
                window.record(message, Speaker::Heartbeat);
            }
            drop(window);
            match action {
                Action::Respond(_) | Action::Transmit(_) => {
                    if let Some(message) = message {
                        self.write_heartbeat(cx, message);
                    }
                    now = self.clock.now();
                }
                Action::RecordLatency(sample) => inbox.observe(SessionUpdate::Latency(sample)),
                Action::Notify(event) => {
                    telemetry::event(&event);
                    inbox.observe(SessionUpdate::Event(event));
                }
                Action::Disconnect(cause) => {
                    telemetry::stopped(cause);
                    self.begin_closing(now, cause);
                    return self.close(cx);
                }
                Action::Wait(deadline) => match inbox.poll_watches(cx, now) {
                    Ok(watched) => {
                        let overdue_at = self.unflushed.overdue_at;
                        let due = [deadline, watched, overdue_at, held_until];
                        return due.into_iter().flatten().min();
                    }
                    Err(silence) => self.session.handle_silence(now, silence),
                },
            }
        }
    }

    /// Returns whether the transport takes a frame, after helping it to.
    fn outlet(&mut self, cx: &mut Context<'_>) -> Outlet {
        self.flush(cx);
        match Pin::new(&mut self.transport).poll_ready(cx) {
            Poll::Ready(Ok(())) => Outlet::Ready,
            Poll::Ready(Err(error)) => {
                self.on_write_error(error);
                Outlet::Blocked
            }
            Poll::Pending => Outlet::Blocked,
        }
    }
}

fn say_wall_time<P: Platform>(session: &mut Session<P>, clock: &MonotonicClock) {
    if let Some(reads) = clock.wall_time() {
        session.set_wall_clock(clock.now(), reads);
    }
}
