//! The task that owns a connection.

use core::pin::Pin;
use core::sync::atomic::{AtomicBool, Ordering};
use core::task::{Context, Poll, ready};
use core::time::Duration;
use std::io;
use std::sync::Arc;

use futures_util::task::AtomicWaker;
use heartbeat_core::{Health, Platform, Timestamp};
use tokio::sync::{mpsc, watch};
use tokio_tungstenite::tungstenite::{self, Message};

use super::queue::{Kept, Queue};
use super::sender::Outgoing;
use super::{CloseReport, Incoming, Overflow, SendError};
use crate::driver::{Driver, Ending, Inbox, is_refusal};
use crate::observation::Observation;
use crate::transport::Transport;

/// How many messages of the application's leave in one poll.
const SEND_BATCH: usize = 32;

/// How old what is told of the connection's health may grow while frames come in.
const HEALTH_EVERY: Duration = Duration::from_millis(100);

/// What the application wants of the task.
#[derive(Debug, Default)]
pub(super) struct Signals {
    stop: AtomicBool,
    abandoned: AtomicBool,
    task: AtomicWaker,
}

impl Signals {
    pub(super) fn stop(&self) {
        self.stop.store(true, Ordering::Release);
        self.task.wake();
    }

    pub(super) fn abandon(&self) {
        self.abandoned.store(true, Ordering::Release);
        self.task.wake();
    }
}

/// The task that owns a connection. Ends with it.
#[derive(Debug)]
pub(super) struct Task<S: Transport, P: Platform> {
    driver: Driver<S, P>,
    inbox: QueueInbox,
    signals: Arc<Signals>,
    outgoing: mpsc::Receiver<Outgoing>,
    health: watch::Sender<Health>,
    /// When to tell the health again although nothing happened but data.
    health_due: Timestamp,
    stopping: bool,
    unsent: usize,
    reported: bool,
}

/// Puts what comes in into the application's queue, whether it has room or not.
#[derive(Debug)]
pub(super) struct QueueInbox {
    queue: Arc<Queue>,
    /// Whether a loss ends the connection.
    ends_on_loss: bool,
    overflowed: bool,
    /// Whether anything was observed since the health was told last.
    observed: bool,
}

/// Nothing is ever pinned: a [`Transport`] is `Unpin`.
impl<S: Transport, P: Platform> Unpin for Task<S, P> {}

impl<S: Transport, P: Platform> Task<S, P> {
    pub(super) fn new(
        driver: Driver<S, P>,
        inbox: QueueInbox,
        signals: Arc<Signals>,
        outgoing: mpsc::Receiver<Outgoing>,
        health: watch::Sender<Health>,
    ) -> Self {
        Self {
            driver,
            inbox,
            signals,
            outgoing,
            health,
            health_due: Timestamp::ZERO,
            stopping: false,
            unsent: 0,
            reported: false,
        }
    }

    /// Sends one message of the application's, if there is one and the transport takes it, and
    /// is then ready for another turn.
    ///
    /// Only when the one before has left: what stands in the transport's buffer already would
    /// stand before the next heartbeat too.
    fn poll_send(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if !self.driver.is_open() {
            self.refuse_outgoing();
            return Poll::Pending;
        }
        if !self.driver.is_flushed() {
            return Poll::Pending;
        }
        if !ready!(self.driver.poll_ready(cx)) {
            return Poll::Ready(());
        }
        let Poll::Ready(Some(outgoing)) = self.outgoing.poll_recv(cx) else {
            return Poll::Pending;
        };
        let sent = match self.driver.start_send(outgoing.message) {
            Ok(()) => Ok(()),
            Err(error) if is_refusal(&error) => Err(SendError::Refused(error.to_string())),
            Err(error) => {
                self.driver.note_error(error);
                Err(SendError::TransportFailed)
            }
        };
        // Whoever does not wait for the receipt does not want it.
        let _unwanted = outgoing.receipt.send(sent);
        Poll::Ready(())
    }

    /// Fails what waits to be sent, and whatever would come after it.
    fn refuse_outgoing(&mut self) {
        self.outgoing.close();
        while let Ok(outgoing) = self.outgoing.try_recv() {
            self.unsent = self.unsent.saturating_add(1);
            let _unwanted = outgoing.receipt.send(Err(SendError::Closed));
        }
    }

    fn tell_health(&mut self) {
        let now = self.driver.now();
        if core::mem::take(&mut self.inbox.observed) || now >= self.health_due {
            self.health_due = now.checked_add(HEALTH_EVERY).unwrap_or(now);
            self.health.send_replace(self.driver.session().health());
        }
    }

    fn report(&mut self, ending: Ending) {
        self.reported = true;
        self.refuse_outgoing();
        self.health.send_replace(ending.health);
        self.inbox.queue.finish(CloseReport {
            cause: ending.cause,
            transport: ending.error,
            overflowed: self.inbox.overflowed,
            clean: ending.clean,
            evidence: ending.evidence,
            health: ending.health,
            unsent: self.unsent,
            unconfirmed: self.driver.unconfirmed(),
        });
    }
}

impl<S: Transport, P: Platform> Future for Task<S, P> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = self.get_mut();
        this.signals.task.register(cx.waker());
        if this.signals.abandoned.load(Ordering::Acquire) {
            this.reported = true;
            this.driver.abandon(cx);
            return Poll::Ready(());
        }
        for _ in 0..SEND_BATCH {
            let wants_stop = this.inbox.overflowed || this.signals.stop.load(Ordering::Acquire);
            if wants_stop && !this.stopping {
                this.stopping = true;
                this.driver.stop();
            }
            if this.driver.poll_turn(cx, &mut this.inbox).is_ready() {
                if let Some(ending) = this.driver.take_ending() {
                    this.report(ending);
                }
                return Poll::Ready(());
            }
            let must_stop = this.inbox.overflowed && !this.stopping;
            if !must_stop && this.poll_send(cx).is_pending() {
                this.tell_health();
                return Poll::Pending;
            }
        }
        this.tell_health();
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

/// Whatever ends the task, a panic in a platform or the end of the runtime, the application
/// hears of it.
impl<S: Transport, P: Platform> Drop for Task<S, P> {
    fn drop(&mut self) {
        if self.reported {
            return;
        }
        let cut_off = io::Error::new(io::ErrorKind::Interrupted, "connection task was cut off");
        self.driver.cut_off(tungstenite::Error::Io(cut_off));
        if let Some(ending) = self.driver.take_ending() {
            self.report(ending);
        }
    }
}

impl QueueInbox {
    pub(super) fn new(queue: Arc<Queue>, overflow: Overflow) -> Self {
        let ends_on_loss = overflow == Overflow::Disconnect;
        Self { queue, ends_on_loss, overflowed: false, observed: false }
    }

    fn push(&mut self, entry: Incoming) {
        match self.queue.push(entry) {
            Kept::All => {}
            Kept::NotAll => self.overflowed |= self.ends_on_loss,
        }
    }
}

impl Inbox for QueueInbox {
    fn has_room(&self, _late: bool) -> bool {
        true
    }

    fn deliver(&mut self, message: Message) {
        self.push(Incoming::Message(message));
    }

    fn observe(&mut self, observation: Observation) {
        self.observed = true;
        self.push(match observation {
            Observation::Event(event) => Incoming::Event(event),
            Observation::Latency(sample) => Incoming::Latency(sample),
        });
    }
}
