//! The task that owns a connection.

use core::pin::Pin;
use core::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use core::task::{Context, Poll};
use core::time::Duration;
use std::io;
use std::sync::Arc;

use futures_util::task::AtomicWaker;
use heartbeat_core::{Health, Platform, Silence, Speaker, Timestamp};
use tokio::sync::{oneshot, watch};
use tokio_tungstenite::tungstenite::{self, Message};

use super::inbox::Mailbox;
use super::outgoing::{Entry, Lane, Outgoing};
use super::{CloseReport, NotWritten, Receipt};
use crate::convert::detached;
use crate::driver::{Driver, Ending, Inbox, is_refusal, turns, was_never_taken};
use crate::isolation::IoThread;
use crate::observation::SessionUpdate;
use crate::transport::Transport;

/// How many messages of the application's leave in one poll.
const SEND_BATCH: usize = 32;

/// How old what is told of the connection's health may grow while frames come in.
const HEALTH_EVERY: Duration = Duration::from_millis(100);

/// How often it is told that a message is held back.
const HELD_EVERY: Duration = Duration::from_millis(500);

/// What the application wants of the task.
#[derive(Debug, Default)]
pub(super) struct Signals {
    stop: AtomicBool,
    abandoned: AtomicBool,
    /// How often the safety of orders was asked for.
    safety_asked: AtomicU64,
    /// How many of those the session had heard of when the health was told last.
    safety_heeded: AtomicU64,
    /// When the transport last took a message of the application's, in nanoseconds; zero if never.
    sent_at: AtomicU64,
    task: AtomicWaker,
}

impl Signals {
    fn note_sent(&self, at: Timestamp) {
        self.sent_at.store(at.as_nanos(), Ordering::Release);
    }

    pub(super) fn last_sent(&self) -> Option<Timestamp> {
        match self.sent_at.load(Ordering::Acquire) {
            0 => None,
            nanos => Some(Timestamp::from_nanos(nanos)),
        }
    }

    pub(super) fn stop(&self) {
        self.stop.store(true, Ordering::Release);
        self.task.wake();
    }

    pub(super) fn abandon(&self) {
        self.abandoned.store(true, Ordering::Release);
        self.task.wake();
    }

    /// Asks for the safety of orders, and returns which request this is.
    pub(super) fn ask_for_safety(&self) -> u64 {
        let request = self.safety_asked.fetch_add(1, Ordering::AcqRel).wrapping_add(1);
        self.task.wake();
        request
    }

    /// Tells whether a request was heeded when the health was told last.
    pub(super) fn has_heeded(&self, request: u64) -> bool {
        self.safety_heeded.load(Ordering::Acquire) >= request
    }
}

/// The task that owns a connection. Ends with it.
#[derive(Debug)]
pub(super) struct Task<S: Transport, P: Platform, M: Mailbox> {
    driver: Driver<S, P>,
    inbox: Watched<M>,
    signals: Arc<Signals>,
    outgoing: Arc<Outgoing>,
    /// Who waits for what the transport holds: at most one message at a time.
    in_flight: Option<oneshot::Sender<Receipt>>,
    /// Who waits for our Close frame, where the application sent it.
    closing: Option<oneshot::Sender<Receipt>>,
    health: watch::Sender<Health>,
    /// When to tell the health again although nothing happened but data.
    health_due: Timestamp,
    /// When to tell again that a message is held back.
    held_due: Timestamp,
    /// How many requests for the safety of orders the session has heard of.
    safety_heeded: u64,
    stopping: bool,
    unsent: usize,
    reported: bool,
    /// Keeps the thread that this runs on, if it is one for IO alone.
    _thread: Option<IoThread>,
}

/// Sees whether anything was observed since the health was told last.
#[derive(Debug)]
struct Watched<M> {
    mailbox: M,
    observed: bool,
}

/// Nothing is ever pinned: a [`Transport`] is `Unpin`.
impl<S: Transport, P: Platform, M: Mailbox> Unpin for Task<S, P, M> {}

impl<S: Transport, P: Platform, M: Mailbox> Task<S, P, M> {
    pub(super) fn new(
        driver: Driver<S, P>,
        mailbox: M,
        signals: Arc<Signals>,
        outgoing: Arc<Outgoing>,
        health: watch::Sender<Health>,
    ) -> Self {
        Self {
            driver,
            inbox: Watched { mailbox, observed: false },
            signals,
            outgoing,
            in_flight: None,
            closing: None,
            health,
            health_due: Timestamp::ZERO,
            held_due: Timestamp::ZERO,
            safety_heeded: 0,
            stopping: false,
            unsent: 0,
            reported: false,
            _thread: IoThread::current(),
        }
    }

    /// Sends one message of the application's, if there is one and the transport takes it, and
    /// is then ready for another turn.
    ///
    /// Only when the one before has left: what stands in the transport's buffer already would
    /// stand before the next heartbeat too.
    fn poll_send(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if self.stopping || !self.driver.is_open() {
            self.refuse_outgoing();
            return Poll::Pending;
        }
        if !self.driver.is_flushed() {
            return Poll::Pending;
        }
        let Poll::Ready(lane) = self.outgoing.poll_lane(cx) else {
            self.driver.leave_budget();
            return Poll::Pending;
        };
        let speaker = match lane {
            Lane::Urgent => Speaker::Urgent,
            Lane::Normal => Speaker::Application,
        };
        let Poll::Ready(is_open) = self.driver.poll_ready(cx, speaker) else {
            self.tell_held();
            return Poll::Pending;
        };
        if is_open && let Some(entry) = self.outgoing.pop(lane) {
            self.hand_over(entry, speaker);
        }
        Poll::Ready(())
    }

    /// Tells now and then that our own budget is what a message waits for.
    fn tell_held(&mut self) {
        let Some(until) = self.driver.holds_until() else { return };
        let now = self.driver.now();
        if now >= self.held_due {
            self.held_due = now.saturating_add(HELD_EVERY);
            self.inbox.mailbox.note_held(until);
        }
    }

    fn hand_over(&mut self, entry: Entry, speaker: Speaker) {
        let Entry { message, receipt, .. } = entry;
        let is_close = message.is_close();
        let why = match self.driver.start_send(message, speaker) {
            Ok(()) if is_close => {
                self.stopping = true;
                self.closing = Some(receipt);
                return;
            }
            Ok(()) => {
                self.signals.note_sent(self.driver.now());
                self.in_flight = Some(receipt);
                return;
            }
            Err(error) if is_refusal(&error) => NotWritten::Refused(error.to_string()),
            Err(error) => {
                let never_taken = was_never_taken(&error);
                self.driver.note_error(error);
                if !never_taken {
                    self.in_flight = Some(receipt);
                    return;
                }
                self.unsent = self.unsent.saturating_add(1);
                NotWritten::Closed
            }
        };
        tell(Some(receipt), Receipt::NotWritten(why));
    }

    /// Tells of the message that was handed over, once it has been written out.
    fn confirm(&mut self) {
        if self.in_flight.is_some() && self.driver.unconfirmed() == 0 {
            tell(self.in_flight.take(), Receipt::Written);
        }
    }

    /// Tells all that can be told of what was handed over, because no more will become known.
    fn settle(&mut self, close_written: bool) {
        self.confirm();
        tell(self.in_flight.take(), Receipt::Unknown);
        let close = if close_written { Receipt::Written } else { Receipt::Unknown };
        tell(self.closing.take(), close);
    }

    /// Fails what waits to be sent, and whatever would come after it.
    fn refuse_outgoing(&mut self) {
        for entry in self.outgoing.close() {
            self.unsent = self.unsent.saturating_add(1);
            tell(Some(entry.receipt), Receipt::NotWritten(NotWritten::Closed));
        }
    }

    fn tell_health(&mut self) {
        let now = self.driver.turn_at();
        if core::mem::take(&mut self.inbox.observed) || now >= self.health_due {
            self.health_due = now.checked_add(HEALTH_EVERY).unwrap_or(now);
            let health = self.driver.session().health();
            self.health.send_modify(|told| {
                *told = health;
                // Under the lock of the health, so that nobody takes an older one for a reply.
                self.signals.safety_heeded.store(self.safety_heeded, Ordering::Release);
            });
        }
    }

    fn report(&mut self, ending: Ending) {
        self.reported = true;
        self.refuse_outgoing();
        self.settle(ending.close_written);
        self.health.send_replace(ending.health);
        self.inbox.mailbox.finish(CloseReport {
            cause: ending.cause,
            transport: ending.error,
            overflowed: self.inbox.mailbox.has_overflowed(),
            clean: ending.clean,
            evidence: ending.evidence,
            health: ending.health,
            unsent: self.unsent,
            unconfirmed: self.driver.unconfirmed(),
        });
    }

    /// Does what the application wishes for.
    fn heed_wishes(&mut self) {
        let wants_stop =
            self.inbox.mailbox.has_overflowed() || self.signals.stop.load(Ordering::Acquire);
        if wants_stop && !self.stopping {
            self.stopping = true;
            self.driver.stop();
        }
        let safety_asked = self.signals.safety_asked.load(Ordering::Acquire);
        if safety_asked != self.safety_heeded {
            self.safety_heeded = safety_asked;
            self.inbox.observed = true;
            self.driver.request_order_safety();
        }
    }
}

impl<S: Transport, P: Platform, M: Mailbox> Future for Task<S, P, M> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = self.get_mut();
        this.signals.task.register(cx.waker());
        if this.signals.abandoned.load(Ordering::Acquire) {
            this.driver.abandon(cx);
            return Poll::Ready(());
        }
        for _ in 0..SEND_BATCH {
            this.heed_wishes();
            if this.driver.poll_turn(cx, &mut this.inbox).is_ready() {
                if let Some(ending) = this.driver.take_ending() {
                    this.report(ending);
                }
                return Poll::Ready(());
            }
            this.confirm();
            let must_stop = this.inbox.mailbox.has_overflowed() && !this.stopping;
            // While there is more to read a message leaves for each batch read: an application
            // that sends many would be handed as many batches before it runs again.
            if !must_stop && (this.poll_send(cx).is_pending() || this.driver.has_backlog()) {
                this.tell_health();
                return Poll::Pending;
            }
        }
        this.tell_health();
        turns::ask_for_another(cx);
        Poll::Pending
    }
}

/// Whatever ends the task, a panic in a platform, the end of the runtime or an application that
/// dropped its handle, all who wait hear of it.
impl<S: Transport, P: Platform, M: Mailbox> Drop for Task<S, P, M> {
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

/// Whoever does not wait for the receipt any more does not want it.
fn tell(receipt: Option<oneshot::Sender<Receipt>>, what: Receipt) {
    if let Some(receipt) = receipt {
        let _unwanted = receipt.send(what);
    }
}

impl<M: Mailbox> Inbox for Watched<M> {
    fn has_room(&self, late: bool) -> bool {
        self.mailbox.has_room(late)
    }

    fn deliver(&mut self, now: Timestamp, message: Message) {
        // What waits must not keep the buffer that it was read into.
        self.mailbox.deliver(now, detached(message));
    }

    fn observe(&mut self, observation: SessionUpdate) {
        self.observed = true;
        self.mailbox.observe(observation);
    }

    fn note_receiving(&mut self, now: Timestamp) {
        self.mailbox.note_receiving(now);
    }

    fn set_catching_up(&mut self, now: Timestamp, is_catching_up: bool) {
        self.mailbox.set_catching_up(now, is_catching_up);
    }

    fn poll_watches(
        &mut self,
        cx: &mut Context<'_>,
        now: Timestamp,
    ) -> Result<Option<Timestamp>, Silence> {
        self.mailbox.poll_watches(cx, now)
    }
}
