//! How much a venue bears of a client, and over what it counts.

use core::fmt;
use core::time::Duration;

use crate::Span;

/// Over what a limit counts together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Scope {
    /// Each connection by itself.
    Connection,
    /// All connections that subscribe to the same channel.
    Channel,
    /// All connections of one API key.
    Key,
    /// All connections of one account.
    Account,
    /// All connections from one address.
    Address,
}

/// So many in so long, counted in a window that slides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "a count, its window, and over what it counts")]
pub struct Budget {
    /// How many.
    pub count: u32,
    /// In how long.
    pub per: Duration,
    /// Over what it counts. Where the venue does not say, the widest that is meant elsewhere:
    /// the address for what is opened, the connection for what is sent.
    pub scope: Scope,
}

/// How many messages a client may send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "a budget and what counts against it")]
pub struct MessageBudget {
    /// How many.
    pub budget: Budget,
    /// Whether ping and pong frames count as well. A text that means ping always does.
    pub counts_control_frames: bool,
}

/// How many connections may be open at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "a count, and over what it counts")]
pub struct AtOnce {
    /// How many.
    pub count: u32,
    /// Over what it counts.
    pub scope: Scope,
}

/// What becomes of a client that goes on trying beyond a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "who is shut out, and for how long")]
pub struct Ban {
    /// Who is shut out.
    pub scope: Scope,
    /// For how long, where that is known.
    pub lasts: Option<Duration>,
}

impl Budget {
    /// So many in so long on each connection.
    pub const fn per_connection(count: u32, per: Duration) -> Self {
        Self { count, per, scope: Scope::Connection }
    }

    /// So many in so long from each address.
    pub const fn per_address(count: u32, per: Duration) -> Self {
        Self { count, per, scope: Scope::Address }
    }

    /// Tells whether one every `period` stays within the budget, with half of it to spare for
    /// others.
    ///
    /// ```
    /// use core::time::Duration;
    /// use heartbeat_platforms::Budget;
    ///
    /// let budget = Budget::per_connection(5, Duration::from_secs(1));
    /// assert!(budget.bears_one_every(Duration::from_millis(400)));
    /// assert!(!budget.bears_one_every(Duration::from_millis(399)));
    /// ```
    pub const fn bears_one_every(&self, period: Duration) -> bool {
        period.saturating_mul(self.count).as_nanos() >= self.per.saturating_mul(2).as_nanos()
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Connection => "connection",
            Self::Channel => "channel",
            Self::Key => "key",
            Self::Account => "account",
            Self::Address => "address",
        })
    }
}

impl fmt::Display for Budget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} in {} per {}", self.count, Span(self.per), self.scope)
    }
}

impl fmt::Display for MessageBudget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let control = if self.counts_control_frames { ", pings and pongs too" } else { "" };
        write!(f, "{}{control}", self.budget)
    }
}

impl fmt::Display for AtOnce {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} per {}", self.count, self.scope)
    }
}

impl fmt::Display for Ban {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the {} is shut out", self.scope)?;
        self.lasts.map_or(Ok(()), |lasts| write!(f, " for {}", Span(lasts)))
    }
}
