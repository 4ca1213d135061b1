//! Places and cancels orders, and keeps the book right whatever happens.

use core::fmt;
use core::pin::pin;
use core::time::Duration;
use std::collections::BTreeMap;
use std::io;

use heartbeat_core::Timestamp;
use heartbeat_tokio::client::{Gap, Update};
use heartbeat_tokio::{Client, Receipt};
use serde_json::{Value, json};
use tokio::task::JoinSet;
use tokio::time::MissedTickBehavior;
use tokio_tungstenite::tungstenite::Message;

use crate::book::{Book, Reconciled};
use crate::desk::{CHANNEL, IDS_MAX};
use crate::protocol::{self, Reply};
use crate::quiet::{Feed, Quiet};
use crate::say;

/// How long a question may stay without a reply before it is asked again.
const REPLY_WITHIN: Duration = Duration::from_secs(2);

/// How long the last question may take, with a connection that may have to be made anew first.
const BALANCE_WITHIN: Duration = Duration::from_secs(15);

/// What the trader is at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Nothing in the book can be believed, and the venue must be asked.
    Doubt,
    /// It was asked what is open, by the question of this id.
    Asking { id: u64, since: Timestamp },
    /// It was asked to cancel all that is.
    Clearing { id: u64, since: Timestamp },
    /// The book is right, and orders can be placed.
    Trading,
    /// The venue is asked for the last time.
    Balancing { id: u64, since: Timestamp },
}

/// A message that was sent, or is about to be.
#[derive(Clone, Debug)]
enum Request {
    Place { order: String },
    Cancel { order: String },
    Question,
}

/// What was done, and what was lost.
#[derive(Clone, Copy, Debug, Default)]
struct Totals {
    placed: u64,
    cancelled: u64,
    /// Never left, by their receipt.
    not_written: u64,
    /// Not sent, because the permit was closed.
    held_back: u64,
    gaps: u64,
    reconciled: Reconciled,
}

/// The book and the venue's, side by side.
#[derive(Debug)]
pub(crate) struct Balance {
    ours: usize,
    /// What the venue has; `None` if it did not say.
    theirs: Option<usize>,
    differences: Reconciled,
    totals: Totals,
}

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
    /// The feed of the connection that is live.
    feed: Option<Feed>,
    /// Messages on their way, at most a few more than the book has orders.
    sends: JoinSet<(u64, Receipt)>,
    /// Requests that the venue has yet to reply to; forgotten with every doubt.
    asked: BTreeMap<u64, (Timestamp, Request)>,
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
            feed: None,
            sends: JoinSet::new(),
            asked: BTreeMap::new(),
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
    pub(crate) async fn trade(mut self, end: impl Future<Output = ()>) -> io::Result<Balance> {
        let mut end = pin!(end);
        let mut beat = tokio::time::interval(self.every);
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
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
                Some(sent) = self.sends.join_next() => if let Ok((id, receipt)) = sent {
                    self.on_receipt(id, &receipt)?;
                },
                _ = beat.tick() => self.on_beat(until.is_some())?,
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

    fn on_update(&mut self, update: Update) -> io::Result<()> {
        match update {
            Update::Message(message) => self.on_message(&message)?,
            Update::Gap(gap) => self.on_gap(&gap)?,
            Update::Live { generation } => {
                let feed = Feed::new(self.client.clock().now());
                self.feed = Some(feed.map_err(io::Error::other)?);
                self.tell(&format!("connection {generation} is live"))?;
            }
            Update::Down(down) => {
                self.feed = None;
                self.doubt();
                self.tell(&format!("down: {}", down.cause))?;
            }
            Update::AttemptFailed(failed) => self.tell(&format!("not yet: {}", failed.fault))?,
            Update::Rotated { reason, .. } => {
                self.tell(&format!("rotated: {}", reason.as_str()))?;
            }
            _ => {}
        }
        Ok(())
    }

    fn on_message(&mut self, message: &Message) -> io::Result<()> {
        if let Some((id, reply)) = protocol::reply(message) {
            return self.on_reply(id, reply);
        }
        let now = self.client.clock().now();
        self.feed.iter_mut().for_each(|feed| feed.hear(now));
        Ok(())
    }

    fn on_gap(&mut self, gap: &Gap) -> io::Result<()> {
        self.totals.gaps += 1;
        self.doubt();
        let (span, cause) = (gap.span(), gap.cause.as_str());
        self.tell(&format!("gap of {span:.3?} ({cause}): asking what is open"))
    }

    /// Believes nothing of the book any more, until the venue was asked.
    fn doubt(&mut self) {
        self.phase = Phase::Doubt;
        self.asked.retain(|_, (_, request)| !matches!(request, Request::Question));
    }

    // ------------------------------------------------------------------ sending

    /// Does what there is to do now.
    fn on_beat(&mut self, ending: bool) -> io::Result<()> {
        self.look_at_feed()?;
        let now = self.client.clock().now();
        // A venue that has heard a request and never says so leaves no gap behind.
        let oldest = self.asked.first_key_value().map(|(id, (since, _))| (*id, *since));
        if let (Phase::Trading, Some((id, since))) = (self.phase, oldest)
            && now.saturating_since(since) >= REPLY_WITHIN
        {
            self.doubt();
            self.tell(&format!("request {id} got no reply: asking what is open"))?;
        }
        match self.phase {
            // What is still on its way could arrive after the question.
            Phase::Doubt if self.sends.is_empty() && self.client.sender().is_ready() => {
                self.asked.clear();
                let id = self.ask("orders", &json!({}), Request::Question);
                self.phase = Phase::Asking { id, since: now };
            }
            Phase::Trading if !ending => self.place_or_cancel()?,
            Phase::Trading
                if self.sends.is_empty() && self.asked.is_empty() && self.book.is_settled() =>
            {
                let id = self.ask("orders", &json!({}), Request::Question);
                self.phase = Phase::Balancing { id, since: now };
            }
            Phase::Asking { since, .. }
            | Phase::Clearing { since, .. }
            | Phase::Balancing { since, .. }
                if now.saturating_since(since) >= REPLY_WITHIN =>
            {
                self.doubt();
            }
            _ => {}
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

    /// Sends a request, and has its receipt brought back; returns its id.
    fn ask(&mut self, kind: &str, fields: &Value, request: Request) -> u64 {
        self.last_id += 1;
        let id = self.last_id;
        self.asked.insert(id, (self.client.clock().now(), request));
        let message: Message = protocol::request(kind, id, fields);
        let sender = self.client.sender();
        self.sends.spawn(async move { (id, sender.send(message).await) });
        id
    }

    fn on_receipt(&mut self, id: u64, receipt: &Receipt) -> io::Result<()> {
        let request = match receipt {
            Receipt::NotWritten(_) => self.asked.remove(&id),
            Receipt::Written | Receipt::Unknown => self.asked.get(&id).cloned(),
        };
        match request.map(|(_, request)| request) {
            Some(Request::Place { order }) => {
                self.totals.not_written += u64::from(self.book.receipt(&order, receipt));
            }
            Some(Request::Cancel { order }) if receipt.is_safe_to_repeat() => {
                self.book.not_cancelled(&order);
            }
            Some(Request::Question) if !receipt.is_written() => self.doubt(),
            _ => {}
        }
        if let Receipt::Unknown = receipt {
            self.tell(&format!("request {id} may or may not have arrived"))?;
        }
        Ok(())
    }

    fn look_at_feed(&mut self) -> io::Result<()> {
        let now = self.client.clock().now();
        while let Some(Ok(quiet)) = self.feed.as_mut().map(|feed| feed.poll(now)) {
            match quiet {
                Quiet::Tell(event) => self.tell(&format!("feed: {event:?}"))?,
                Quiet::Resubscribe => {
                    let channel = json!({ "channel": CHANNEL });
                    self.ask("subscribe", &channel, Request::Question);
                }
                Quiet::Rotate => self.client.rotate(),
            }
        }
        Ok(())
    }

    // ------------------------------------------------------------------ hearing

    fn on_reply(&mut self, id: u64, reply: Reply) -> io::Result<()> {
        let request = self.asked.remove(&id).map(|(_, request)| request);
        match reply {
            Reply::Placed { order } => self.totals.placed += u64::from(self.book.placed(&order)),
            Reply::Cancelled { order } => {
                self.totals.cancelled += u64::from(self.book.gone(&order));
            }
            Reply::Orders { open } => self.on_orders(id, &open)?,
            Reply::CancelledAll { count } => {
                if matches!(self.phase, Phase::Clearing { id: asked, .. } if asked == id) {
                    self.totals.cancelled += count;
                    self.book.clear();
                    self.phase = Phase::Trading;
                }
            }
            Reply::Refused { why } => match request {
                Some(Request::Place { order } | Request::Cancel { order }) => {
                    self.book.gone(&order);
                    self.tell(&format!("{order} refused: {why}"))?;
                }
                Some(Request::Question) | None => self.doubt(),
            },
            Reply::LoggedIn | Reply::Subscribed | Reply::CancelOnDisconnect => {}
        }
        Ok(())
    }

    fn on_orders(&mut self, id: u64, open: &[String]) -> io::Result<()> {
        match self.phase {
            Phase::Asking { id: asked, .. } if asked == id => {
                let before = self.book.len();
                let told = self.book.reconcile(open);
                self.totals.reconciled += told;
                self.tell(&format!("had {before} orders that may exist: {told}"))?;
                let id = self.ask("cancel_all", &json!({}), Request::Question);
                self.phase = Phase::Clearing { id, since: self.client.clock().now() };
            }
            Phase::Balancing { id: asked, .. } if asked == id => {
                self.balance = Some(self.balance_with(Some(open)));
            }
            _ => {}
        }
        Ok(())
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

impl Balance {
    /// Tells whether both have the same orders.
    pub(crate) fn is_even(&self) -> bool {
        self.theirs.is_some() && self.differences == Reconciled::default()
    }
}

impl fmt::Display for Balance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.theirs {
            Some(theirs) if self.is_even() => {
                write!(f, "book equals the venue's: {theirs} orders open; ")?;
            }
            Some(theirs) => {
                let Self { ours, differences, .. } = self;
                write!(f, "BOOK DIFFERS: {ours} orders, the venue has {theirs}: {differences}; ")?;
            }
            None => write!(f, "BOOK UNKNOWN: {} orders, the venue did not say; ", self.ours)?,
        }
        let Totals { placed, cancelled, not_written, held_back, gaps, reconciled } = &self.totals;
        write!(
            f,
            "{placed} placed, {cancelled} cancelled, {gaps} gaps: {reconciled}, {not_written} \
             never left, {held_back} held back"
        )
    }
}
