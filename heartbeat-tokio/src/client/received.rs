//! A message, and when and where it was read.

use core::fmt;
use core::ops::Deref;
use core::time::Duration;
use std::sync::Arc;

use heartbeat_core::{Generation, Timestamp};
use tokio_tungstenite::tungstenite::Message;

use super::Labels;

/// A message of the venue's, and when and where it was read. Reads like the message itself.
///
/// ```
/// # fn on_message(received: heartbeat_tokio::client::Received, now: heartbeat_core::Timestamp) {
/// let text: &str = received.to_text().unwrap_or_default();
/// println!("{:?} old, by {}: {text}", received.age(now), received.endpoint());
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    message: Message,
    at: Timestamp,
    labels: Labels,
    source: Arc<Source>,
}

/// The connection that messages come from.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Source {
    pub(super) generation: Generation,
    pub(super) endpoint: Box<str>,
}

impl Received {
    pub(super) const fn new(
        message: Message,
        at: Timestamp,
        labels: Labels,
        source: Arc<Source>,
    ) -> Self {
        Self { message, at, labels, source }
    }

    /// Returns when it was read from the socket, on the axis of
    /// [`Client::clock`](crate::Client::clock).
    pub const fn received_at(&self) -> Timestamp {
        self.at
    }

    /// Returns how long ago it was read. What the network held up before that is not in it.
    pub const fn age(&self, now: Timestamp) -> Duration {
        now.saturating_since(self.at)
    }

    /// Returns the generation of the connection that it was read from. While a connection is left
    /// for another, messages of both come.
    pub fn generation(&self) -> Generation {
        self.source.generation
    }

    /// Returns the host and port that it came from, without anything that is secret.
    pub fn endpoint(&self) -> &str {
        &self.source.endpoint
    }

    /// Returns what the application has said of it in [`label`](super::ClientBuilder::label).
    pub const fn labels(&self) -> Labels {
        self.labels
    }

    /// Returns the message alone.
    pub const fn message(&self) -> &Message {
        &self.message
    }

    /// Returns the message alone.
    pub fn into_message(self) -> Message {
        self.message
    }
}

impl Deref for Received {
    type Target = Message;

    fn deref(&self) -> &Message {
        &self.message
    }
}

impl fmt::Display for Received {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.message.fmt(f)
    }
}
