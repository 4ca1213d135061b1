//! The trader's own book of orders that may exist.

use core::fmt;
use core::ops::AddAssign;
use std::collections::{BTreeMap, BTreeSet};

/// Orders that may exist at the venue, by their names. One that is not in here does not exist.
#[derive(Debug, Default)]
pub(crate) struct Book {
    orders: BTreeMap<String, State>,
}

/// What is known of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// It was sent. Whether it arrived, the venue has not said.
    Sent,
    /// The connection ended while it was written: nobody on this side knows.
    InDoubt,
    /// The venue has said that it is open.
    Open,
    /// It is open, and the venue was asked to cancel it.
    Cancelling,
}

/// What became of a book in which nothing could be believed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Reconciled {
    /// Orders that were open, and that the venue has cancelled without being asked.
    pub(crate) lost: u64,
    /// Orders whose acknowledgement was lost, and that are open.
    pub(crate) found: u64,
    /// Orders that never arrived.
    pub(crate) never: u64,
    /// Orders that the venue has and that were not in the book; there must be none.
    pub(crate) unknown: u64,
}

impl AddAssign for Reconciled {
    fn add_assign(&mut self, other: Self) {
        self.lost += other.lost;
        self.found += other.found;
        self.never += other.never;
        self.unknown += other.unknown;
    }
}

impl fmt::Display for Reconciled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { lost, found, never, unknown } = self;
        write!(f, "{lost} lost, {found} found, {never} never arrived, {unknown} unknown")
    }
}

impl Book {
    /// Enters an order that is about to be sent.
    pub(crate) fn enter(&mut self, order: String) {
        self.orders.insert(order, State::Sent);
    }

    /// Nobody on this side knows whether an order exists.
    pub(crate) fn doubt(&mut self, order: &str) {
        // The venue may have said so all the same.
        if let Some(state @ State::Sent) = self.orders.get_mut(order) {
            *state = State::InDoubt;
        }
    }

    /// The venue says that an order is open. Tells whether that is news.
    pub(crate) fn placed(&mut self, order: &str) -> bool {
        let waiting = |state: &&mut State| matches!(state, State::Sent | State::InDoubt);
        self.orders.get_mut(order).filter(waiting).map(|state| *state = State::Open).is_some()
    }

    /// The venue says that an order is gone, or was never there. Tells whether that is news.
    pub(crate) fn gone(&mut self, order: &str) -> bool {
        self.orders.remove(order).is_some()
    }

    /// Picks the oldest order to cancel.
    pub(crate) fn pick_to_cancel(&mut self) -> Option<String> {
        let mut orders = self.orders.iter_mut();
        let (order, state) = orders.find(|(_, state)| **state == State::Open)?;
        *state = State::Cancelling;
        Some(order.clone())
    }

    /// The message that cancels an order did not leave.
    pub(crate) fn not_cancelled(&mut self, order: &str) {
        if let Some(state @ State::Cancelling) = self.orders.get_mut(order) {
            *state = State::Open;
        }
    }

    /// Makes it the venue's own.
    pub(crate) fn reconcile(&mut self, open: &[String]) -> Reconciled {
        let open: BTreeSet<&String> = open.iter().collect();
        let mut reconciled = Reconciled::default();
        self.orders.retain(|order, state| {
            let is_open = open.contains(order);
            match (*state, is_open) {
                (State::Open | State::Cancelling, false) => reconciled.lost += 1,
                (State::Sent | State::InDoubt, true) => reconciled.found += 1,
                (State::Sent | State::InDoubt, false) => reconciled.never += 1,
                (State::Open | State::Cancelling, true) => {}
            }
            *state = State::Open;
            is_open
        });
        for order in open {
            if !self.orders.contains_key(order) {
                reconciled.unknown += 1;
                self.orders.insert(order.clone(), State::Open);
            }
        }
        reconciled
    }

    /// The venue says that all are gone.
    pub(crate) fn clear(&mut self) {
        self.orders.clear();
    }

    /// Tells whether it is known of every order whether it exists.
    pub(crate) fn is_settled(&self) -> bool {
        self.orders.values().all(|state| *state == State::Open)
    }

    pub(crate) fn len(&self) -> usize {
        self.orders.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_leaves_the_book_only_when_it_certainly_does_not_exist() {
        let mut book = Book::default();
        for order in ["a", "b", "c", "d"] {
            book.enter(order.to_owned());
        }
        assert!(book.gone("a"), "it never left");
        book.doubt("b");
        assert!(book.placed("d") && !book.placed("d") && !book.placed("a"));
        assert_eq!((book.len(), book.is_settled()), (3, false));

        // The venue has the one in doubt, not the one that was written, and has lost the open one.
        let reconciled = book.reconcile(&["b".to_owned(), "x".to_owned()]);
        assert_eq!(reconciled, Reconciled { lost: 1, found: 1, never: 1, unknown: 1 });
        assert_eq!((book.len(), book.is_settled()), (2, true));
    }

    #[test]
    fn a_cancel_that_did_not_leave_is_asked_for_again() {
        let mut book = Book::default();
        book.enter("a".to_owned());
        assert_eq!(book.pick_to_cancel(), None);
        assert!(book.placed("a"));
        assert_eq!(book.pick_to_cancel().as_deref(), Some("a"));
        assert_eq!(book.pick_to_cancel(), None);
        book.not_cancelled("a");
        assert_eq!(book.pick_to_cancel().as_deref(), Some("a"));
        assert!(book.gone("a") && !book.gone("a"));
    }
}
