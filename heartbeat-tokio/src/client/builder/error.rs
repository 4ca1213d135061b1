//! What is wrong with the settings of a client, with the values that clash.

use core::time::Duration;

use heartbeat_core::{BudgetError, ConfigError, RecoveryError};

use super::FRESH_MIN;
use crate::client::opening::NeverReady;
use crate::client::subscriptions::SubscriptionError;
use crate::connect::ConnectError;

/// Settings of a client that do not fit together, or that trying again would not mend.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClientError {
    /// Nobody says where to connect: the venue has no public endpoint that fits all.
    #[error("endpoint must be set: venue {venue} has no url that is known")]
    NoEndpoint {
        /// The name of the venue.
        venue: String,
    },
    /// A URL leads nowhere, or a header is not for the application to send.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// The platform's own defaults do not fit together.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The venue's maximum age leaves no room for a rotation by the defaults.
    #[error(transparent)]
    Recovery(#[from] RecoveryError),
    /// Two connections can be shown as one only by the keys of their messages.
    #[error("label must be set for overlap ({overlap:?})")]
    OverlapWithoutLabels {
        /// The overlap.
        overlap: Duration,
    },
    /// What waits is never that fresh, or no clock could tell.
    #[error("fresh_within ({fresh_within:?}) must not be shorter than {FRESH_MIN:?}")]
    NeverFresh {
        /// The setting.
        fresh_within: Duration,
    },
    /// The venue's budget cannot be kept.
    #[error(transparent)]
    Budget(#[from] BudgetError),
    /// Something that is wanted from the start cannot be subscribed to.
    #[error(transparent)]
    Subscription(#[from] SubscriptionError),
    /// The handler sends more than there is time for.
    #[error(transparent)]
    NeverReady(#[from] NeverReady),
    /// More probes are due than may leave: what the limit holds back is not judged, so that a dead
    /// line would be noticed late, or never.
    #[error(
        "probe_every ({probe_every:?}) makes {probes} probes in {per:?}, and the message limit \
         must let as many leave, not {count}"
    )]
    ProbesBeyondLimit {
        /// The time from one probe to the next.
        probe_every: Duration,
        /// How many that makes in a window of the limit.
        probes: u128,
        /// The window.
        per: Duration,
        /// How many messages may leave in it.
        count: u32,
    },
    /// The venue would end connections before they are rotated.
    #[error("max_age ({max_age:?}) must not be longer than the venue's ({venue_age:?})")]
    OlderThanVenue {
        /// The setting of the recovery.
        max_age: Duration,
        /// When the venue ends a connection.
        venue_age: Duration,
    },
    /// Where a key allows one session, the next attempt would begin before the old connection has
    /// been left.
    #[error(
        "leave_within ({leave_within:?}) must not be shorter than replies_within, \
         before_close_within and close_within together ({leaving:?})"
    )]
    LeavesTooSlowly {
        /// How long the next attempt waits.
        leave_within: Duration,
        /// How long the leaving may take.
        leaving: Duration,
    },
    /// Connections would follow each other faster than they are compared.
    #[error("overlap ({overlap:?}) must be shorter than max_age ({max_age:?})")]
    OverlapOutlivesAge {
        /// The overlap.
        overlap: Duration,
        /// How old a connection gets.
        max_age: Duration,
    },
}
