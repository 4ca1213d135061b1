//! A request under way.

use core::fmt;
use core::pin::Pin;
use core::task::{Context, Poll, ready};
use core::time::Duration;
use std::sync::Arc;

use heartbeat_core::{Generation, Timestamp};
use tokio::time::{Sleep, sleep_until};
use tokio_tungstenite::tungstenite::Message;

use super::table::{Place, RequestTable, Settled};
use super::{RequestError, RequestKey};
use crate::clock::MonotonicClock;
use crate::connection::{NotWritten, Receipt, Sender, Ticket};

/// A reply, and where it came from.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Reply {
    /// What the venue said.
    pub message: Message,
    /// The connection that it came by: after a rotation not always the one that is live.
    pub generation: Generation,
    /// How long after the request was made. Not a round trip of the line: the message may have
    /// waited for others, and the venue has done something for it.
    pub after: Duration,
}

/// By which connection a message leaves.
pub(in crate::client) trait Route: Send + Sync {
    /// Returns the connection that a message leaves by now.
    fn current(&self) -> Result<(Generation, Sender), NotWritten>;

    /// Returns the connection that has taken over from this one while it was alive, if one has.
    fn successor(&self, generation: Generation) -> Option<(Generation, Sender)>;
}

/// The future of a [`Reply`], of a request that has its place in the queue already.
///
/// Dropping it withdraws a message that still waits to be sent. One that was handed to the
/// transport is executed by the venue or not: its reply is then
/// [`Update::Message`](crate::client::Update::Message), as is one that comes too late. Polled again
/// after its end it is pending for ever.
#[must_use = "a request that nobody waits for is withdrawn"]
pub struct PendingRequest {
    step: Step,
    clock: MonotonicClock,
    within: Duration,
    due: Timestamp,
    timer: Option<Pin<Box<Sleep>>>,
}

enum Step {
    Refused(RequestError),
    Waiting(Waiting),
    Over,
}

/// A request that waits for its receipt, its reply, or both.
struct Waiting {
    table: Arc<RequestTable>,
    route: Box<dyn Route>,
    clock: MonotonicClock,
    message: Message,
    key: RequestKey,
    generation: Generation,
    place: Place,
    ticket: Ticket,
    /// Whether it was handed to the transport.
    has_left: bool,
    /// Whether the connection that it left by has ended.
    has_ended: bool,
}

impl PendingRequest {
    /// Places a message, and waits for its reply.
    pub(in crate::client) fn new(
        table: &Arc<RequestTable>,
        route: Box<dyn Route>,
        clock: MonotonicClock,
        within: Duration,
        (message, key): (Message, RequestKey),
    ) -> Self {
        let step = match Waiting::new(table, route, clock, message, key) {
            Ok(waiting) => Step::Waiting(waiting),
            Err(why) => Step::Refused(why),
        };
        Self { step, clock, within, due: clock.ahead(within), timer: None }
    }

    /// Sets how long the reply may take, from now on.
    pub fn within(mut self, span: Duration) -> Self {
        self.within = span;
        self.due = self.clock.ahead(span);
        self.timer = None;
        self
    }
}

impl Future for PendingRequest {
    type Output = Result<Reply, RequestError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        let outcome = match &mut this.step {
            Step::Over => return Poll::Pending,
            Step::Refused(why) => Err(why.clone()),
            Step::Waiting(waiting) => match waiting.poll(cx) {
                Poll::Ready(outcome) => outcome,
                Poll::Pending => {
                    ready!(poll_due(&mut this.timer, this.clock, this.due, cx));
                    Err(waiting.give_up(cx, this.within))
                }
            },
        };
        this.step = Step::Over;
        Poll::Ready(outcome)
    }
}

/// Waits for the end of the time that a reply has.
fn poll_due(
    timer: &mut Option<Pin<Box<Sleep>>>,
    clock: MonotonicClock,
    due: Timestamp,
    cx: &mut Context<'_>,
) -> Poll<()> {
    if timer.is_none() {
        // A deadline past the end of time never comes.
        let Some(due) = clock.instant_of(due) else { return Poll::Pending };
        *timer = Some(Box::pin(sleep_until(due)));
    }
    timer.as_mut().map_or(Poll::Pending, |timer| timer.as_mut().poll(cx))
}

impl Waiting {
    fn new(
        table: &Arc<RequestTable>,
        route: Box<dyn Route>,
        clock: MonotonicClock,
        message: Message,
        key: RequestKey,
    ) -> Result<Self, RequestError> {
        if message.is_close() {
            let why = "a client is ended by its close".to_owned();
            return Err(RequestError::NotSent(NotWritten::Refused(why)));
        }
        let (generation, sender) = route.current().map_err(RequestError::NotSent)?;
        // The reply may be there before the receipt.
        let place = table.register(clock.now(), &key, generation)?;
        let ticket = sender.enqueue(message.clone());
        let table = Arc::clone(table);
        Ok(Self {
            table,
            route,
            clock,
            message,
            key,
            generation,
            place,
            ticket,
            has_left: false,
            has_ended: false,
        })
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<Reply, RequestError>> {
        loop {
            if !self.has_ended {
                match Pin::new(&mut self.place.settled).poll(cx) {
                    Poll::Ready(Ok(Settled::Replied(reply))) => return Poll::Ready(Ok(reply)),
                    Poll::Ready(Ok(Settled::Ended) | Err(_)) => self.has_ended = true,
                    Poll::Pending => {}
                }
            }
            if !self.has_left {
                match ready!(Pin::new(&mut self.ticket).poll(cx)) {
                    Receipt::Written | Receipt::Unknown => self.has_left = true,
                    Receipt::NotWritten(why) => {
                        self.take_another_way(why)?;
                        continue;
                    }
                }
            }
            let generation = self.generation;
            let ended = Err(RequestError::Ended { generation });
            return if self.has_ended { Poll::Ready(ended) } else { Poll::Pending };
        }
    }

    /// Places the message on the connection that took over from the one on which it waited.
    fn take_another_way(&mut self, why: NotWritten) -> Result<(), RequestError> {
        let successor = self.route.successor(self.generation);
        let Some((generation, sender)) = successor.filter(|_| why == NotWritten::Closed) else {
            return Err(RequestError::NotSent(why));
        };
        self.table.withdraw(&self.key, self.place.serial);
        self.place = self.table.register(self.clock.now(), &self.key, generation)?;
        self.ticket = sender.enqueue(self.message.clone());
        self.generation = generation;
        self.has_ended = false;
        Ok(())
    }

    /// Says why there was no reply in time.
    fn give_up(&mut self, cx: &mut Context<'_>, within: Duration) -> RequestError {
        self.has_left = self.has_left || !self.ticket.withdraw();
        if let Poll::Ready(Receipt::NotWritten(why)) = Pin::new(&mut self.ticket).poll(cx) {
            return RequestError::NotSent(why);
        }
        RequestError::Overdue { within }
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.table.withdraw(&self.key, self.place.serial);
        if !self.has_left {
            self.ticket.withdraw();
        }
    }
}

impl fmt::Debug for PendingRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut told = f.debug_struct("PendingRequest");
        if let Step::Waiting(waiting) = &self.step {
            told.field("key", &waiting.key).field("generation", &waiting.generation);
        }
        told.field("within", &self.within).finish_non_exhaustive()
    }
}
