//! What the application hears of its subscriptions.

use core::fmt;
use core::time::Duration;

use heartbeat_core::{Timestamp, WatchError};

use crate::client::opening::NeverReady;

/// Something happened to a subscription, on one connection.
///
/// Not exhaustive: more may be worth telling.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SubscriptionEvent {
    /// The venue has accepted it, or has sent its data without a word. Told once a connection.
    Active {
        /// The topic.
        topic: String,
        /// How long ago it was wanted on this connection.
        after: Duration,
    },
    /// The venue has ended it, as was asked.
    Ended {
        /// The topic.
        topic: String,
    },
    /// The venue has refused it, and it is not asked for again on this connection, unless it is
    /// [added](super::Subscriptions::add) anew.
    Refused {
        /// The topic.
        topic: String,
        /// What the venue said, up to 256 bytes of it.
        why: String,
    },
    /// The venue does not reply. It is asked again and again, after a minute at the longest.
    Unanswered {
        /// The topic.
        topic: String,
        /// How many requests in a row had no reply.
        requests: u16,
    },
    /// Its data did not come in time. Told once, until they come.
    Silent {
        /// The topic.
        topic: String,
        /// How long ago the last came, or since when it is active.
        silent_for: Duration,
    },
    /// Data came after it was silent.
    Recovered {
        /// The topic.
        topic: String,
        /// How long it had been silent.
        silent_for: Duration,
    },
    /// It was ended and asked for again, and is silent all the same. Nothing more is done.
    RenewedInVain {
        /// The topic.
        topic: String,
        /// How often it was asked for.
        attempts: u8,
    },
}

impl SubscriptionEvent {
    /// Returns the event as one lower-case word, for logs and metric labels.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Active { .. } => "active",
            Self::Ended { .. } => "ended",
            Self::Refused { .. } => "refused",
            Self::Unanswered { .. } => "unanswered",
            Self::Silent { .. } => "silent",
            Self::Recovered { .. } => "recovered",
            Self::RenewedInVain { .. } => "renewed_in_vain",
        }
    }

    /// Returns the topic.
    pub fn topic(&self) -> &str {
        match self {
            Self::Active { topic, .. }
            | Self::Ended { topic }
            | Self::Refused { topic, .. }
            | Self::Unanswered { topic, .. }
            | Self::Silent { topic, .. }
            | Self::Recovered { topic, .. }
            | Self::RenewedInVain { topic, .. } => topic,
        }
    }
}

impl fmt::Display for SubscriptionEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Active { topic, after } => write!(f, "{topic}: active after {after:?}"),
            Self::Ended { topic } => write!(f, "{topic}: ended"),
            Self::Refused { topic, why } => write!(f, "{topic}: refused: {why}"),
            Self::Unanswered { topic, requests } => {
                write!(f, "{topic}: no reply to {requests} requests")
            }
            Self::Silent { topic, silent_for } => write!(f, "{topic}: silent for {silent_for:?}"),
            Self::Recovered { topic, silent_for } => {
                write!(f, "{topic}: recovered after {silent_for:?}")
            }
            Self::RenewedInVain { topic, attempts } => {
                write!(f, "{topic}: silent, asked for {attempts} times more in vain")
            }
        }
    }
}

/// How a subscription is doing on the connection that is live.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SubscriptionStatus {
    /// What it has come to.
    pub state: SubscriptionState,
    /// Since when it is active, on the axis of [`Client::clock`](crate::Client::clock).
    pub active_since: Option<Timestamp>,
    /// When its data last came; `None` before the first.
    pub last_data: Option<Timestamp>,
}

/// What a subscription has come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SubscriptionState {
    /// No connection is live, or the venue has yet to reply.
    Pending,
    /// The venue has accepted it, or sends its data.
    Active,
    /// It was active, and its data are overdue.
    Silent,
    /// The venue has refused it.
    Refused,
    /// The venue was asked, and does not reply.
    Unanswered,
}

/// Why a topic cannot be subscribed to.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SubscriptionError {
    /// The client was not told how its venue is asked.
    #[error("subscription_protocol must be set in the settings of the client")]
    NoProtocol,
    /// The topic is spelled so that the venue would not understand it, or would say nothing.
    #[error("topic {topic:?} {rule}")]
    Spelling {
        /// The topic.
        topic: String,
        /// How it has to be spelled.
        rule: &'static str,
    },
    /// As much is wanted as may be.
    #[error("topic {topic:?} is one more than topics_max ({topics_max})")]
    Full {
        /// The topic.
        topic: String,
        /// How many may be wanted.
        topics_max: usize,
    },
    /// With it a connection would never be ready in time: what is wanted takes more messages than
    /// the venue's limit lets it send.
    #[error("topic {topic:?} is more than can be asked for in time: {why}")]
    NeverReady {
        /// The topic.
        topic: String,
        /// Both numbers.
        why: NeverReady,
    },
    /// What is expected of its data cannot be watched.
    #[error(transparent)]
    Watch(#[from] WatchError),
}
