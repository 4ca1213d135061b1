//! Places and cancels orders, and keeps the book right whatever happens.

use core::pin::{Pin, pin};
use core::time::Duration;
use std::io;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use heartbeat_core::{Generation, Timestamp};
use heartbeat_tokio::Client;
use heartbeat_tokio::client::{Gap, GapCause, RequestError, SubscriptionEvent, Update};
use serde_json::{Value, json};
use tokio::time::MissedTickBehavior;
use tokio_tungstenite::tungstenite::Message;

use crate::balance::{Balance, Totals};
use crate::book::Book;
use crate::desk::IDS_MAX;
use crate::protocol::{self, Reply};
use crate::say;

/// How long a request may stay without a reply before the venue is asked what is true.
const REPLY_WITHIN: Duration = Duration::from_secs(2);

/// How long the last question may take, with a connection that may have to be made anew first.
const BALANCE_WITHIN: Duration = Duration::from_secs(15);

/// How long the end of a connection that was left is waited for.
const LEAVE_WITHIN: Duration = Duration::from_secs(5);

/// What the trader is at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Nothing in the book can be believed, and the venue must be asked.
    Doubt,
    /// It was asked what is open.
    Asking,
    /// It was asked to cancel all that is.
    Clearing,
    /// The book is right, and orders can be placed.
    Trading,
    /// The venue is asked for the last time.
    Balancing,
}

/// What was asked of the venue.
#[derive(Clone, Debug)]
enum Request {
    Place { order: String },
    Cancel { order: String },
    Orders,
    CancelAll,
}

/// A request, and what became of it.
type Outcome = (Request, Result<Option<Reply>, RequestError>);

/// A trader.
pub(crate) struct Trader {
    client: Client,
    book: Book,
    /// How many orders the book is to have, at most, and whether it ever had them.
    orders_max: usize,
    was_full: bool,
    /// How often there is something to do.
    every: Duration,
    phase: Phase,
    /// The connection that was left and has not ended: with it the venue cancels its orders.
    leaving: Option<(Generation, Timestamp)>,
    /// Requests that wait for their replies, at most a few more than the book has orders.
    requests: FuturesUnordered<Pin<Box<dyn Future<Output = Outcome> + Send>>>,
    last_id: u64,
    last_order: u64,
    totals: Totals,
    balance: Option<Balance>,
}

impl Trader {
    pub(crate) fn new(client: Client, orders_max: usize, every: Duration) -> Self {
        Self {
            client,
            book: Book::default(),
            orders_max,
            was_full: false,
            every,
            phase: Phase::Doubt,
            leaving: None,
            requests: FuturesUnordered::new(),
            last_id: IDS_MAX,
            last_order: 0,
            totals: Totals::default(),
            balance: None,
        }
    }

    /// Trades until the end, then compares the book with the venue's.
    ///
    /// # Errors
    ///
    /// If standard output is gone.
    pub(crate) async fn trade(
        mut self,
        rotate_every: Duration,
        end: impl Future<Output = ()>,
    ) -> io::Result<Balance> {
        let mut end = pin!(end);
        let mut beat = tokio::time::interval(self.every);
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut rotation = tokio::time::interval(rotate_every);
        rotation.set_missed_tick_behavior(MissedTickBehavior::Delay);
        rotation.reset();
        let mut until = None;
        loop {
            tokio::select! {
                update = self.client.next() => match update {
                    Some(Update::Closed(report)) => {
                        say(&format!("ended: {report}"))?;
                        break;
                    }
                    Some(update) => self.on_update(update)?,
                    None => break,
                },
                Some((request, outcome)) = self.requests.next() => {
                    self.on_outcome(request, outcome)?;
                }
                _ = beat.tick() => self.on_beat(until.is_some())?,
                _ = rotation.tick(), if until.is_none() => self.client.rotate(),
                () = &mut end, if until.is_none() => {
                    until = self.client.clock().now().checked_add(BALANCE_WITHIN);
                }
            }
            let is_over = until.is_some_and(|until| self.client.clock().now() >= until);
            if self.balance.is_some() || is_over {
                break;
            }
        }
        let unheard = self.balance_with(None);
        self.client.close().await;
        Ok(self.balance.unwrap_or(unheard))
    }

    // ------------------------------------------------------------------ hearing

    fn on_update(&mut self, update: Update) -> io::Result<()> {
        match update {
            Update::Message(message) => self.on_late_reply(&message)?,
            Update::Gap(gap) => self.on_gap(&gap)?,
            Update::Live { generation } => {
                self.tell(&format!("connection {generation} is live"))?;
            }
            Update::Down(down) => {
                self.phase = Phase::Doubt;
                self.tell(&format!("down: {}", down.cause))?;
            }
            Update::AttemptFailed(failed) => self.tell(&format!("not yet: {}", failed.fault))?,
            Update::Rotated { from, reason, .. } => {
                self.leaving = Some((from, self.client.clock().now()));
                self.tell(&format!("rotated: {}", reason.as_str()))?;
            }
            // The venue has cancelled the orders that were placed on it.
            Update::Ended { generation, .. } if self.has_left(generation) => {
                self.leaving = None;
                self.phase = Phase::Doubt;
            }
            Update::Subscription { event, .. } => {
                if let SubscriptionEvent::RenewedInVain { .. } = event {
                    self.client.rotate();
                }
                self.tell(&format!("feed: {event}"))?;
            }
            _ => {}
        }
        Ok(())
    }

    fn has_left(&self, generation: Generation) -> bool {
        self.leaving.is_some_and(|(left, _)| left == generation)
    }

    /// A rotation may repeat market data, but loses no reply: that is no reason for doubt.
    fn on_gap(&mut self, gap: &Gap) -> io::Result<()> {
        self.totals.gaps += 1;
        if !matches!(gap.cause, GapCause::Rotated { .. }) {
            self.phase = Phase::Doubt;
        }
        let (span, cause) = (gap.span(), gap.cause.as_str());
        self.tell(&format!("gap of {span:.3?} ({cause})"))
    }

    /// A reply that nobody waits for any more still says what is true.
    fn on_late_reply(&mut self, message: &Message) -> io::Result<()> {
        match protocol::reply(message) {
            Some(Reply::Placed { order }) if self.book.placed(&order) => {
                self.tell(&format!("{order} was placed after all"))
            }
            Some(Reply::Cancelled { order }) if self.book.gone(&order) => {
                self.tell(&format!("{order} was cancelled after all"))
            }
            _ => Ok(()),
        }
    }

    fn on_outcome(
        &mut self,
        request: Request,
        outcome: Result<Option<Reply>, RequestError>,
    ) -> io::Result<()> {
        match outcome {
            Ok(Some(reply)) => return self.on_reply(request, reply),
            Ok(None) => {}
            Err(why) if why.is_safe_to_repeat() => match &request {
                Request::Place { order } => {
                    self.totals.not_written += u64::from(self.book.gone(order));
                }
                Request::Cancel { order } => self.book.not_cancelled(order),
                Request::Orders | Request::CancelAll => self.phase = Phase::Doubt,
            },
            Err(why) => {
                if let Request::Place { order } = &request {
                    self.book.doubt(order);
                }
                self.phase = Phase::Doubt;
                self.tell(&format!("{request:?}: {why}"))?;
            }
        }
        Ok(())
    }

    fn on_reply(&mut self, request: Request, reply: Reply) -> io::Result<()> {
        match (request, reply) {
            (_, Reply::Placed { order }) => {
                self.totals.placed += u64::from(self.book.placed(&order));
            }
            (_, Reply::Cancelled { order }) => {
                self.totals.cancelled += u64::from(self.book.gone(&order));
            }
            (_, Reply::Orders { open }) => self.on_orders(&open)?,
            (_, Reply::CancelledAll { count }) if self.phase == Phase::Clearing => {
                self.totals.cancelled += count;
                self.book.clear();
                self.phase = Phase::Trading;
            }
            (Request::Place { order } | Request::Cancel { order }, Reply::Refused { why }) => {
                self.book.gone(&order);
                self.tell(&format!("{order} refused: {why}"))?;
            }
            (Request::Orders | Request::CancelAll, Reply::Refused { .. }) => {
                self.phase = Phase::Doubt;
            }
            _ => {}
        }
        Ok(())
    }

    fn on_orders(&mut self, open: &[String]) -> io::Result<()> {
        match self.phase {
            Phase::Asking => {
                let before = self.book.len();
                let told = self.book.reconcile(open);
                self.totals.reconciled += told;
                self.tell(&format!("had {before} orders that may exist: {told}"))?;
                self.ask("cancel_all", &json!({}), Request::CancelAll);
                self.phase = Phase::Clearing;
            }
            Phase::Balancing => self.balance = Some(self.balance_with(Some(open))),
            Phase::Doubt | Phase::Clearing | Phase::Trading => {}
        }
        Ok(())
    }

    // ------------------------------------------------------------------ sending

    /// Does what there is to do now.
    fn on_beat(&mut self, ending: bool) -> io::Result<()> {
        let now = self.client.clock().now();
        self.leaving = self.leaving.filter(|(_, at)| now.saturating_since(*at) < LEAVE_WITHIN);
        // What is still on its way, or will be cancelled yet, would make the answer untrue.
        let is_calm = self.requests.is_empty() && self.leaving.is_none();
        match self.phase {
            Phase::Doubt if is_calm && self.client.sender().is_ready() => {
                self.ask("orders", &json!({}), Request::Orders);
                self.phase = Phase::Asking;
            }
            Phase::Trading if !ending => self.place_or_cancel()?,
            Phase::Trading if is_calm && self.book.is_settled() => {
                self.ask("orders", &json!({}), Request::Orders);
                self.phase = Phase::Balancing;
            }
            Phase::Doubt | Phase::Asking | Phase::Clearing | Phase::Trading | Phase::Balancing => {}
        }
        Ok(())
    }

    fn place_or_cancel(&mut self) -> io::Result<()> {
        if !self.client.permit().is_open() {
            self.totals.held_back += 1;
            return Ok(());
        }
        if self.book.len() < self.orders_max {
            self.last_order += 1;
            let order = format!("order-{:06}", self.last_order);
            self.book.enter(order.clone());
            self.ask("place", &json!({ "order": order }), Request::Place { order });
            if self.book.len() == self.orders_max && !self.was_full {
                self.was_full = true;
                self.tell("book is full")?;
            }
        } else if let Some(order) = self.book.pick_to_cancel() {
            self.ask("cancel", &json!({ "order": order }), Request::Cancel { order });
        }
        Ok(())
    }

    /// Sends a request, whose reply is waited for.
    fn ask(&mut self, kind: &str, fields: &Value, request: Request) {
        self.last_id += 1;
        let message = protocol::request(kind, self.last_id, fields);
        // It has its place in the queue before this returns.
        let reply = self.client.request(message, self.last_id).within(REPLY_WITHIN);
        self.requests.push(Box::pin(async move {
            (request, reply.await.map(|reply| protocol::reply(&reply.message)))
        }));
    }

    fn balance_with(&mut self, open: Option<&[String]>) -> Balance {
        Balance {
            ours: self.book.len(),
            theirs: open.map(<[String]>::len),
            differences: open.map(|open| self.book.reconcile(open)).unwrap_or_default(),
            totals: self.totals,
        }
    }

    fn tell(&self, what: &str) -> io::Result<()> {
        let at = self.client.clock().now().saturating_since(Timestamp::ZERO);
        say(&format!("{:>8.3} {what}", at.as_secs_f64()))
    }
}
