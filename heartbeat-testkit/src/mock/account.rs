//! The orders that are open at a mock exchange, whoever is connected.

use core::time::Duration;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use heartbeat_core::Timestamp;

use super::{CancelledBy, Observation};

/// The one account of a mock exchange: its open orders, and the dead-man timer over them.
///
/// It outlives every connection, so that orders can be left behind. A clone is the same account:
/// give one to each connection by
/// [`MockExchange::with_account`](super::MockExchange::with_account), and keep one to ask what is
/// still open. A connection polls its account while it is up; while none is, whoever drives the
/// venue calls [`poll`](Self::poll), for the timer runs out all the same.
///
/// What the venue cancelled by itself can be had once from
/// [`take_cancelled`](Self::take_cancelled).
///
/// Bounds: 256 open orders, names of 1 to 64 bytes; of those that the venue cancelled by itself the
/// last 256 are remembered.
///
/// ```
/// use heartbeat_core::{Frame, Timestamp};
/// use heartbeat_platforms::Exchange;
/// use heartbeat_testkit::{Account, CancelledBy, MockExchange, MockOptions, Observation};
///
/// let at = Timestamp::from_millis;
/// let account = Account::new();
/// let options = MockOptions::default();
/// let mut okx = MockExchange::with_account(Exchange::Okx, options, account.clone(), at(0));
/// okx.handle_frame(at(1), Frame::Text(r#"{"mock":"place","id":1,"order":"a-1"}"#));
/// okx.handle_frame(at(2), Frame::Text(r#"{"mock":"dead_man","id":2,"timeout_ms":15000}"#));
/// okx.handle_closed(at(3));
/// assert_eq!(account.open_orders(), ["a-1"]);
///
/// assert_eq!(account.next_at(), Some(at(15_002)));
/// assert_eq!(account.poll(at(15_001)), None);
/// let why = CancelledBy::DeadMan;
/// assert_eq!(account.poll(at(15_002)), Some(Observation::OrdersCancelled { count: 1, why }));
/// assert!(account.open_orders().is_empty());
/// assert_eq!(account.take_cancelled(), [("a-1".to_owned(), why)]);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Account {
    book: Arc<Mutex<Book>>,
}

#[derive(Debug, Default)]
struct Book {
    /// In the order in which they were placed.
    orders: Vec<Order>,
    /// When the dead-man timer runs out; `None` while it is off.
    lapses: Option<Timestamp>,
    /// Orders that it cancelled and that nobody was told of yet.
    lapsed: u32,
    /// What nobody asked to have cancelled, the oldest first.
    cancelled: VecDeque<(String, CancelledBy)>,
    connections: u64,
}

#[derive(Debug)]
struct Order {
    name: String,
    /// The connection on which it was placed.
    connection: u64,
}

/// Why an order was not placed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    Duplicate,
    Full,
}

impl Account {
    /// The most orders that can be open at once.
    pub const ORDERS_MAX: usize = 256;

    /// The longest name of an order, in bytes.
    pub const NAME_MAX: usize = 64;

    /// Makes an account without orders, its timer off.
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns the names of the open orders, in the order in which they were placed.
    pub fn open_orders(&self) -> Vec<String> {
        self.book().orders.iter().map(|order| order.name.clone()).collect()
    }

    /// Returns when the account must be polled at the latest, if ever.
    pub fn next_at(&self) -> Option<Timestamp> {
        let book = self.book();
        if book.lapsed > 0 { Some(Timestamp::ZERO) } else { book.lapses }
    }

    /// Cancels every order if the dead-man timer has run out, and tells of it once.
    pub fn poll(&self, now: Timestamp) -> Option<Observation> {
        let mut book = self.book();
        book.advance(now);
        let count = core::mem::take(&mut book.lapsed);
        (count > 0).then_some(Observation::OrdersCancelled { count, why: CancelledBy::DeadMan })
    }

    /// Tells whether an order is open.
    pub fn is_open(&self, name: &str) -> bool {
        self.book().orders.iter().any(|order| order.name == name)
    }

    /// Takes out the names of the orders that the venue cancelled by itself since this was last
    /// called, the oldest first, and of the last 256 alone.
    pub fn take_cancelled(&self) -> Vec<(String, CancelledBy)> {
        self.book().cancelled.drain(..).collect()
    }

    /// Counts one more connection, and returns its number.
    pub(super) fn connect(&self) -> u64 {
        let mut book = self.book();
        book.connections += 1;
        book.connections
    }

    pub(super) fn place(&self, now: Timestamp, connection: u64, name: &str) -> Result<(), Refusal> {
        let mut book = self.book();
        book.advance(now);
        if book.orders.iter().any(|order| order.name == name) {
            return Err(Refusal::Duplicate);
        }
        if book.orders.len() >= Self::ORDERS_MAX {
            return Err(Refusal::Full);
        }
        book.orders.push(Order { name: name.to_owned(), connection });
        Ok(())
    }

    /// Cancels one order; `false` if none of that name is open.
    pub(super) fn cancel(&self, now: Timestamp, name: &str) -> bool {
        let mut book = self.book();
        book.advance(now);
        book.cancel_if(None, |order| order.name == name) > 0
    }

    /// Cancels every order, and returns how many there were.
    pub(super) fn cancel_all(&self, now: Timestamp) -> u32 {
        let mut book = self.book();
        book.advance(now);
        book.cancel_if(None, |_| true)
    }

    /// Cancels the orders that were placed on a connection, and returns how many there were.
    pub(super) fn cancel_of(&self, now: Timestamp, connection: u64) -> u32 {
        let mut book = self.book();
        book.advance(now);
        book.cancel_if(Some(CancelledBy::Disconnect), |order| order.connection == connection)
    }

    /// Winds the dead-man timer up to run out after `timeout`; zero switches it off.
    pub(super) fn wind_up(&self, now: Timestamp, timeout: Duration) {
        let mut book = self.book();
        book.advance(now);
        book.lapses = if timeout.is_zero() { None } else { now.checked_add(timeout) };
    }

    /// No code panics while it holds the lock, and a book is whole between any two statements.
    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Book {
    /// Lets the timer run out before anything else happens at `now`: what comes at the very
    /// deadline is too late. Once it has fired it stays off, as Kraken's and BitMEX's do.
    fn advance(&mut self, now: Timestamp) {
        if self.lapses.is_some_and(|at| at <= now) {
            self.lapses = None;
            self.lapsed += self.cancel_if(Some(CancelledBy::DeadMan), |_| true);
        }
    }

    /// Cancels, and remembers what the venue did by itself.
    fn cancel_if(&mut self, by: Option<CancelledBy>, is_meant: impl Fn(&Order) -> bool) -> u32 {
        let mut count = 0;
        let cancelled = &mut self.cancelled;
        self.orders.retain_mut(|order| {
            if !is_meant(order) {
                return true;
            }
            count += 1;
            if let Some(by) = by {
                if cancelled.len() == Account::ORDERS_MAX {
                    cancelled.pop_front();
                }
                cancelled.push_back((core::mem::take(&mut order.name), by));
            }
            false
        });
        count
    }
}
