//! The application of one client: what it asks of the venue, and what it believes of its orders.

use core::time::Duration;
use std::collections::{BTreeMap, VecDeque};

use heartbeat_core::Timestamp;

use super::request::{Reply, Request};
use super::trading::Trading;
use crate::Rng;

/// The time from one message to the next: no venue allows less than one a second.
const PACE: Duration = Duration::from_secs(1);

/// How many requests wait for their reply; those before them have none to hope for.
const PENDING_MAX: usize = 32;

/// An application that trades over whichever connection its client follows.
///
/// It vouches for an order only while it knows: by a reply on the connection that it follows, with
/// no gap since, and with a dead-man switch only for as long as the venue has acknowledged that it
/// is wound up. All its times are the client's own.
#[derive(Debug)]
pub(super) struct Trader {
    trading: Trading,
    rng: Rng,
    asked: u64,
    placed: u64,
    orders: BTreeMap<u64, Belief>,
    /// For which orders it has begun to vouch, or has ceased to, since that was last taken.
    changes: Vec<(u64, bool)>,
    is_connected: bool,
    /// What is to be said first on the connection.
    first: VecDeque<Request>,
    pending: VecDeque<(u64, Request, Timestamp)>,
    speaks_at: Timestamp,
    winds_at: Timestamp,
    lists_at: Timestamp,
    orders_at: Timestamp,
    /// Until when the venue keeps the orders, whatever becomes of the line.
    lease: Option<Timestamp>,
}

/// What is known of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Belief {
    /// Asked for, or asked to be cancelled, by this request.
    Asked(u64),
    Open,
    Unsure,
}

impl Trader {
    pub(super) const fn new(trading: Trading, rng: Rng) -> Self {
        Self {
            trading,
            rng,
            asked: 0,
            placed: 0,
            orders: BTreeMap::new(),
            changes: Vec::new(),
            is_connected: false,
            first: VecDeque::new(),
            pending: VecDeque::new(),
            speaks_at: Timestamp::ZERO,
            winds_at: Timestamp::ZERO,
            lists_at: Timestamp::ZERO,
            orders_at: Timestamp::ZERO,
            lease: None,
        }
    }

    /// Trades on another connection from now on. What was asked on the one before may or may not
    /// have come to pass.
    pub(super) fn follow(&mut self, now: Timestamp) {
        self.lose();
        self.is_connected = true;
        if self.trading.cancel_on_disconnect {
            self.first.push_back(Request::CancelOnDisconnect(true));
        }
        self.secure(now);
        // Whoever has just subscribed has spoken.
        self.speaks_at = later(now, PACE);
        self.orders_at = later(now, self.order_pause());
    }

    /// Trades on no connection any more.
    pub(super) fn lose(&mut self) {
        self.doubt();
        self.is_connected = false;
        self.first.clear();
        self.pending.clear();
        self.lease = None;
    }

    /// Has the dead-man switch wound up, and asks what is open.
    fn secure(&mut self, now: Timestamp) {
        if let Some(timeout) = self.trading.dead_man {
            self.first.push_back(Request::DeadMan(timeout));
            self.winds_at = later(now, timeout / Trading::WINDS);
        }
        self.first.push_back(Request::List);
        self.lists_at = later(now, Trading::LISTS_EVERY);
    }

    // --------------------------------------------------------------------- speech

    /// Returns what is to be said now, if anything, with its number.
    pub(super) fn next_request(&mut self, now: Timestamp) -> Option<(u64, Request)> {
        if self.lease.is_some_and(|ends| ends <= now) {
            // The venue may have cancelled everything, and says nothing of it.
            self.lease = None;
            self.doubt();
            self.secure(now);
        }
        if !self.is_connected || now < self.speaks_at {
            return None;
        }
        self.speaks_at = later(now, PACE);
        let request = self.first.pop_front().or_else(|| self.next_due(now))?;
        self.asked += 1;
        Some((self.asked, request))
    }

    fn next_due(&mut self, now: Timestamp) -> Option<Request> {
        if let Some(timeout) = self.trading.dead_man
            && self.winds_at <= now
        {
            self.winds_at = later(now, timeout / Trading::WINDS);
            return Some(Request::DeadMan(timeout));
        }
        if self.lists_at <= now {
            self.lists_at = later(now, Trading::LISTS_EVERY);
            return Some(Request::List);
        }
        if self.orders_at <= now {
            self.orders_at = later(now, self.order_pause());
            return self.next_order();
        }
        None
    }

    fn next_order(&mut self) -> Option<Request> {
        let mut open = self.orders.iter().filter(|(_, belief)| **belief == Belief::Open);
        let oldest = open.next().map(|(order, _)| *order);
        let is_full = self.orders.len() >= Trading::ORDERS_MAX;
        let cancels = is_full || (oldest.is_some() && self.rng.below(4) == 0);
        if cancels {
            return oldest.map(Request::Cancel);
        }
        self.placed += 1;
        Some(Request::Place(self.placed))
    }

    /// Notes that something was said.
    pub(super) fn on_said(&mut self, now: Timestamp, id: u64, request: Request) {
        if let Request::Place(order) | Request::Cancel(order) = request {
            self.believe(order, Belief::Asked(id));
        }
        if self.pending.len() == PENDING_MAX {
            self.pending.pop_front();
        }
        self.pending.push_back((id, request, now));
    }

    /// Takes a reply that was read on the connection that it trades on.
    pub(super) fn on_reply(&mut self, reply: &Reply) {
        let (Reply::Done(id) | Reply::Open(id, _) | Reply::Refused(id)) = reply else {
            return;
        };
        let Some(index) = self.pending.iter().position(|(asked, _, _)| asked == id) else {
            return;
        };
        let Some((_, request, said_at)) = self.pending.remove(index) else {
            return;
        };
        match (request, reply) {
            (Request::Place(order), Reply::Done(_)) => self.believe(order, Belief::Open),
            (Request::Place(order) | Request::Cancel(order), _) => self.forget(order),
            (Request::DeadMan(timeout), Reply::Done(_)) => {
                // Its clock may be slow.
                self.lease = Some(later(said_at, timeout.saturating_sub(timeout / 100)));
            }
            (Request::List, Reply::Open(id, open)) => self.reconcile(*id, open),
            _ => {}
        }
    }

    // --------------------------------------------------------------------- belief

    /// Believes what the venue says, but for what was asked after it was.
    fn reconcile(&mut self, id: u64, open: &[u64]) {
        let known: Vec<_> = self.orders.iter().map(|(order, belief)| (*order, *belief)).collect();
        for (order, belief) in known {
            let is_later = matches!(belief, Belief::Asked(asked) if asked > id);
            if !is_later && !open.contains(&order) {
                self.forget(order);
            }
        }
        for order in open {
            let is_asked = matches!(self.orders.get(order), Some(Belief::Asked(_)));
            if !is_asked {
                self.believe(*order, Belief::Open);
            }
        }
    }

    /// Vouches for nothing any more.
    fn doubt(&mut self) {
        let orders: Vec<_> = self.orders.keys().copied().collect();
        for order in orders {
            self.believe(order, Belief::Unsure);
        }
    }

    fn believe(&mut self, order: u64, belief: Belief) {
        let is_safe = self.trading.dead_man.is_none() || self.lease.is_some();
        let belief = if belief == Belief::Open && !is_safe { Belief::Unsure } else { belief };
        let before = self.orders.insert(order, belief);
        self.note(order, before, Some(belief));
    }

    fn forget(&mut self, order: u64) {
        let before = self.orders.remove(&order);
        self.note(order, before, None);
    }

    fn note(&mut self, order: u64, before: Option<Belief>, after: Option<Belief>) {
        let vouches = after == Some(Belief::Open);
        if vouches != (before == Some(Belief::Open)) {
            self.changes.push((order, vouches));
        }
    }

    // ------------------------------------------------------------------ questions

    /// Returns when it has something to say next.
    pub(super) fn next_at(&self) -> Option<Timestamp> {
        if !self.is_connected {
            return None;
        }
        let due = if self.first.is_empty() {
            let winds_at = self.trading.dead_man.map_or(self.lists_at, |_| self.winds_at);
            self.orders_at.min(self.lists_at).min(winds_at)
        } else {
            self.speaks_at
        };
        let speaks = due.max(self.speaks_at);
        Some(self.lease.map_or(speaks, |ends| ends.min(speaks)))
    }

    /// Tells whether there are [changes](Self::changes).
    pub(super) const fn has_changed(&self) -> bool {
        !self.changes.is_empty()
    }

    /// Takes for which orders it has begun to vouch, or has ceased to, in order.
    pub(super) fn changes(&mut self) -> impl Iterator<Item = (u64, bool)> {
        self.changes.drain(..)
    }

    /// Returns how many orders it has placed.
    pub(super) const fn placed(&self) -> u64 {
        self.placed
    }

    fn order_pause(&mut self) -> Duration {
        let every = self.trading.order_every;
        every / 2 + self.rng.span_up_to(every)
    }
}

/// Returns a point in time so much later, or the end of the axis.
fn later(at: Timestamp, span: Duration) -> Timestamp {
    at.checked_add(span).unwrap_or(Timestamp::from_nanos(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn at(secs: u64) -> Timestamp {
        Timestamp::from_millis(secs * 1_000)
    }

    /// A trader that has an order open at its hundredth second, with its switch wound up.
    fn with_an_order(trading: Trading) -> Trader {
        let mut trader = Trader::new(trading.order_every(20 * SECOND), Rng::from_seed(1));
        trader.follow(at(0));
        for second in 1..=100 {
            let Some((id, request)) = trader.next_request(at(second)) else { continue };
            trader.on_said(at(second), id, request);
            let is_list = request == Request::List;
            trader.on_reply(&if is_list { Reply::Open(id, vec![]) } else { Reply::Done(id) });
        }
        let vouched = trader.changes().filter(|(_, vouches)| *vouches).count();
        assert!(vouched > 0);
        trader
    }

    fn vouches(trader: &Trader) -> bool {
        trader.orders.values().any(|belief| *belief == Belief::Open)
    }

    #[test]
    fn nothing_is_vouched_for_across_a_gap_until_the_venue_was_asked() {
        let mut trader = with_an_order(Trading::default());
        let order = *trader.orders.keys().next().unwrap();
        trader.follow(at(101));
        assert!(!vouches(&trader));
        assert!(trader.changes().all(|(_, vouches)| !vouches));
        let (id, request) = trader.next_request(at(102)).unwrap();
        assert_eq!(request, Request::List);
        trader.on_said(at(102), id, request);
        trader.on_reply(&Reply::Open(id, vec![order]));
        assert_eq!(trader.changes().collect::<Vec<_>>(), [(order, true)]);
        assert_eq!(trader.orders.len(), 1, "the others are gone");
    }

    #[test]
    fn nothing_is_vouched_for_longer_than_the_switch_is_known_to_be_wound_up() {
        let timeout = 120 * SECOND;
        let mut trader = with_an_order(Trading::default().dead_man(Some(timeout)));
        // Wound up for the last time at 91 s, and acknowledged; a hundredth is for its clock.
        let ends = trader.lease.unwrap();
        let mut now = 100;
        while vouches(&trader) {
            now += 1;
            // Whatever it says now is answered no more.
            let _ = trader.next_request(at(now));
        }
        assert!(at(now) >= ends && at(now - 1) < ends, "{now}");
        assert!((200..=220).contains(&now), "{now}");
    }
}
