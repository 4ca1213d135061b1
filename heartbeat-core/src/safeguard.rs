//! What keeps orders from outliving the connection that placed them.

use crate::Timestamp;

/// A way in which a venue protects orders of a client that it no longer hears.
///
/// Exhaustive on purpose: each is asked for and kept up in a way of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "a connection ends, or a timer runs out")]
pub enum Safeguard {
    /// The venue cancels the orders when a timer runs out that we keep winding up.
    DeadMan,
    /// The venue cancels the orders when the connection ends.
    CancelOnDisconnect,
}

impl Safeguard {
    /// Returns the safeguard as one lower-case word, for logs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::DeadMan => "dead_man",
            Self::CancelOnDisconnect => "cancel_on_disconnect",
        }
    }
}

/// How far the venue has agreed to a safeguard.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Standing {
    /// The application did not ask for it, or the platform has none.
    #[default]
    NotAsked,
    /// It was asked for, and the venue has yet to reply.
    Asked,
    /// The venue accepted it.
    Confirmed,
    /// The venue refused it.
    Refused,
    /// The venue did not reply in time.
    Overdue,
}

impl Standing {
    /// Returns the standing as one lower-case word, for logs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotAsked => "not_asked",
            Self::Asked => "asked",
            Self::Confirmed => "confirmed",
            Self::Refused => "refused",
            Self::Overdue => "overdue",
        }
    }
}

/// How the dead-man switch stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DeadManStanding {
    /// What became of the last refresh.
    pub standing: Standing,
    /// The earliest time at which the venue cancels the orders, by what it acknowledged;
    /// `None` if it has acknowledged nothing. A time that has passed is a switch that ran out.
    pub until: Option<Timestamp>,
    /// When the venue last acknowledged a refresh.
    pub last_acknowledged: Option<Timestamp>,
    /// Whether refreshes are withheld, because the line is in doubt.
    pub withheld: bool,
}
