//! How a connection treats an application that is slow in one direction or the other.

use core::num::{NonZeroU32, NonZeroUsize};
use core::time::Duration;

use heartbeat_core::MessageLimit;

use crate::driver::Limits;

/// The settings of a [`Connection`](crate::Connection). Every value of every field is valid.
#[derive(Clone, Copy, Debug)]
#[must_use = "settings take effect only in a connection"]
pub struct ConnectionOptions {
    pub(super) queue_bytes: NonZeroUsize,
    pub(super) overflow: Overflow,
    pub(super) send_bytes: NonZeroU32,
    pub(super) send_messages: NonZeroU32,
    pub(super) limits: Limits,
}

/// What happens when the application does not read in time and the queue is full.
///
/// Whichever is chosen, heartbeats go on and the loss is told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "one end of the queue, the other, or the connection")]
pub enum Overflow {
    /// What has waited longest is dropped: for market data, where the newest counts.
    #[default]
    DropOldest,
    /// What comes in is dropped: for whoever must see an unbroken beginning.
    DropNewest,
    /// The connection is closed: for whoever cannot go on with a gap.
    Disconnect,
}

impl ConnectionOptions {
    /// Sets how much may wait for the application to read it, in bytes, counting at most 100 for
    /// each message on top of its payload; 4 MiB by default.
    ///
    /// That is what is held: a message that waits shares its memory with no other. One message
    /// that is longer than this has a place beside it, so that there is none that could never be
    /// delivered; what waits never holds more than this and the
    /// [longest message](crate::ConnectOptions::message_max). Events and measurements have room of
    /// their own, for 256: beyond that the oldest of those that tell no change are dropped, which
    /// is no loss and is not told.
    pub const fn queue_bytes(mut self, bytes: NonZeroUsize) -> Self {
        self.queue_bytes = bytes;
        self
    }

    /// Sets what happens beyond that; [`Overflow::DropOldest`] by default.
    pub const fn overflow(mut self, overflow: Overflow) -> Self {
        self.overflow = overflow;
        self
    }

    /// Sets the longest message that can be sent, and how many bytes may wait to be sent with
    /// nobody waiting for them, once for urgent messages and once for all others; 1 MiB by default.
    ///
    /// A future of [`Sender::send`](crate::Sender::send) that is polled holds its own message,
    /// and is none of the queue's concern.
    pub const fn send_bytes(mut self, bytes: NonZeroU32) -> Self {
        self.send_bytes = bytes;
        self
    }

    /// Sets how many messages may wait to be sent with nobody waiting for them, once for urgent
    /// messages and once for all others; 256 by default.
    pub const fn send_messages(mut self, messages: NonZeroU32) -> Self {
        self.send_messages = messages;
        self
    }

    /// Sets how many messages the venue takes; as many as there are by default.
    ///
    /// Beyond it the application's messages wait, in the queue that is bounded by
    /// [`send_bytes`](Self::send_bytes) and [`send_messages`](Self::send_messages). A heartbeat
    /// never waits for them, only for other heartbeats once these have used up the reserve, and
    /// then its deadlines go on running. Messages count when the transport takes them, pongs when
    /// it makes them: one for each ping, though RFC 6455 would let one answer several.
    pub const fn message_limit(mut self, limit: MessageLimit) -> Self {
        self.limits.messages = Some(limit);
        self
    }

    /// Sets how long the transport may take to write out a message of the application's; 5 s
    /// by default. After that the connection is finished.
    pub const fn write_within(mut self, span: Duration) -> Self {
        self.limits.write_within = span;
        self
    }

    /// Sets how long the closing handshake may take; 2 s by default. At zero it is not waited
    /// for.
    pub const fn close_within(mut self, span: Duration) -> Self {
        self.limits.close_within = span;
        self
    }

    /// Sets how many messages the venue takes, unless that is set already.
    pub(crate) fn or_message_limit(mut self, limit: MessageLimit) -> Self {
        self.limits.messages.get_or_insert(limit);
        self
    }

    /// Returns how many messages the venue takes on one connection, if that is limited.
    pub(crate) const fn messages(&self) -> Option<MessageLimit> {
        self.limits.messages
    }

    /// Returns the time for the closing handshake.
    pub(crate) const fn closing_within(&self) -> Duration {
        self.limits.close_within
    }

    /// Returns the bound of what waits for the application, and what happens beyond it.
    pub(crate) const fn queue(&self) -> (usize, Overflow) {
        (self.queue_bytes.get(), self.overflow)
    }
}

impl Default for ConnectionOptions {
    fn default() -> Self {
        Self {
            queue_bytes: const { NonZeroUsize::new(4 << 20).unwrap() },
            overflow: Overflow::DropOldest,
            send_bytes: const { NonZeroU32::new(1 << 20).unwrap() },
            send_messages: const { NonZeroU32::new(256).unwrap() },
            limits: Limits::DEFAULT,
        }
    }
}
