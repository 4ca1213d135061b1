//! The receipt of a message that was left behind, while it is not known yet.

use core::fmt;
use core::pin::Pin;
use core::task::{Context, Poll, ready};
use std::sync::Arc;

use tokio::sync::oneshot;

use super::outgoing::{Number, Outgoing};
use super::{NotWritten, Receipt};

/// The future of a [`Receipt`].
///
/// Dropping it does not withdraw the message; [`withdraw`](Self::withdraw) does, while it waits.
/// Never polled, it costs nothing. Polled again after it has said what became of the message, it
/// says so again.
#[must_use = "a ticket that nobody asks tells nobody which orders may exist"]
pub struct Ticket {
    state: State,
}

enum State {
    Placed { outgoing: Arc<Outgoing>, number: Number, told: oneshot::Receiver<Receipt> },
    Told(Receipt),
}

impl Ticket {
    pub(super) const fn new(
        outgoing: Arc<Outgoing>,
        number: Number,
        told: oneshot::Receiver<Receipt>,
    ) -> Self {
        Self { state: State::Placed { outgoing, number, told } }
    }

    /// The ticket of a message that found no place.
    pub(crate) const fn refused(why: NotWritten) -> Self {
        Self { state: State::Told(Receipt::NotWritten(why)) }
    }

    /// Withdraws the message if it still waits, and tells whether it did: then it is certainly
    /// not written. One that the transport already holds cannot be withdrawn.
    pub fn withdraw(&mut self) -> bool {
        let State::Placed { outgoing, number, .. } = &self.state else { return false };
        let withdrawn = outgoing.withdraw(*number);
        if withdrawn {
            self.state = State::Told(Receipt::NotWritten(NotWritten::Withdrawn));
        }
        withdrawn
    }
}

impl Future for Ticket {
    type Output = Receipt;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Receipt> {
        let receipt = match &mut self.state {
            State::Told(receipt) => return Poll::Ready(receipt.clone()),
            // Untold means that it waited until the end.
            State::Placed { told, .. } => {
                ready!(Pin::new(told).poll(cx)).unwrap_or(Receipt::NotWritten(NotWritten::Closed))
            }
        };
        self.state = State::Told(receipt.clone());
        Poll::Ready(receipt)
    }
}

impl fmt::Debug for Ticket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.state {
            State::Placed { number, .. } => f.debug_tuple("Ticket").field(number).finish(),
            State::Told(receipt) => f.debug_tuple("Ticket").field(receipt).finish(),
        }
    }
}

/// A ticket whose message is withdrawn when nobody waits for it any more.
pub(super) struct Withdrawn(Ticket);

impl Withdrawn {
    pub(super) const fn on_drop(ticket: Ticket) -> Self {
        Self(ticket)
    }
}

impl Future for Withdrawn {
    type Output = Receipt;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Receipt> {
        Pin::new(&mut self.0).poll(cx)
    }
}

impl Drop for Withdrawn {
    fn drop(&mut self) {
        self.0.withdraw();
    }
}
