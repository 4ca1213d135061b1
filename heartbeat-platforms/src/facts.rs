//! What a trader wants to know of a venue besides its heartbeat, as data.

use core::fmt;
use core::time::Duration;

use heartbeat_core::{Refusal, RefusalCode};

use crate::Span;

/// What is known of a venue, with where it comes from and how far to trust it.
///
/// What was looked for and not found stays at [`Facts::UNKNOWN`]'s value, never at a guess.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Facts {
    /// Whether the venue answers ping frames of the client's.
    pub answers_pings: Answered,
    /// How long a connection lives at most, whatever the client does.
    pub max_age: Option<Duration>,
    /// How many connections may be opened.
    pub connect_budget: Option<Budget>,
    /// How many messages a client may send on one connection.
    pub message_budget: Option<MessageBudget>,
    /// What becomes of open orders when the line is lost.
    pub order_safety: OrderSafety,
    /// What ends a connection though the heartbeat is kept.
    pub hazards: &'static [Hazard],
    /// The close codes by which the venue says that the heartbeat failed. Some say it by 1000,
    /// which elsewhere means that all is well.
    pub heartbeat_failure_codes: &'static [u16],
    /// What the venue means by the statuses of refused handshakes and by close codes, where that
    /// is known and is not what the [standards](Refusal::of) say.
    pub refusals: &'static [(RefusalCode, Refusal)],
    /// What of all this, and of the [rules](crate::Rules), is assumed because nobody says it: the
    /// stricter reading, or what a neighbour of the venue does. In a few words each.
    pub assumed: &'static [&'static str],
    /// Where all this comes from, in a few words; the venue's file has the whole.
    pub sources: &'static str,
    /// When the sources were read: `2026-11-23`.
    pub read: &'static str,
    /// How far to trust it.
    pub confidence: Confidence,
}

impl Facts {
    /// A venue of which nothing is known: what a venue's facts are written over.
    pub const UNKNOWN: Self = Self {
        answers_pings: Answered::Unknown,
        max_age: None,
        connect_budget: None,
        message_budget: None,
        order_safety: OrderSafety::NotFound,
        hazards: &[],
        heartbeat_failure_codes: &[],
        refusals: &[],
        assumed: &[],
        sources: "",
        read: "",
        confidence: Confidence::Low,
    };
}

/// Whether a venue answers ping frames of the client's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Answered {
    /// It does: documented, or seen.
    Yes,
    /// Nobody says so, but there is a reason to believe it.
    Presumed {
        /// The reason.
        why: &'static str,
    },
    /// It does not.
    No,
    /// Nothing was found.
    Unknown,
}

/// So many in so long, counted in a window that slides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "a count and its window, and no third")]
pub struct Budget {
    /// How many.
    pub count: u32,
    /// In how long.
    pub per: Duration,
}

/// How many messages a client may send on one connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "a budget and what counts against it")]
pub struct MessageBudget {
    /// How many.
    pub budget: Budget,
    /// Whether ping and pong frames count as well. A text that means ping always does.
    pub counts_control_frames: bool,
}

/// What becomes of open orders when the line is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum OrderSafety {
    /// Nothing was found: they stay open.
    NotFound,
    /// The endpoint takes no orders, and nothing else of the venue's was found.
    NoOrders,
    /// The venue cancels them when the connection ends, if it was asked to.
    CancelOnDisconnect {
        /// Where it is asked.
        via: Via,
        /// How: the method and its parameters.
        how: &'static str,
    },
    /// The venue cancels them when a timer runs out that the client keeps winding up.
    DeadMan {
        /// Where it is wound up.
        via: Via,
        /// How: the method and its parameters.
        how: &'static str,
        /// The recommended time between two calls.
        refresh: Option<Duration>,
        /// The shortest and the longest time on the timer.
        range: Option<(Duration, Duration)>,
    },
}

/// Where a venue is asked for something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Via {
    /// By a message on the WebSocket.
    WebSocket,
    /// By an HTTP request.
    Rest,
    /// By a parameter of the WebSocket's URL.
    Url,
}

/// What ends a connection though the heartbeat is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Hazard {
    /// A message that means ping, sent before anything is subscribed to.
    PingBeforeSubscribe,
    /// A message that the venue cannot parse.
    MalformedText,
    /// A message longer than this, in bytes.
    FrameLongerThan(u32),
}

/// How far to trust what is known of a venue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Confidence {
    /// One connector, one measurement, or hearsay.
    Low,
    /// Two or more public connectors agree, or copies of the documentation with one of them.
    Medium,
    /// The venue's own documentation was read.
    High,
}

impl Answered {
    /// Tells whether a ping frame may be relied on as a probe.
    pub const fn is_likely(&self) -> bool {
        matches!(self, Self::Yes | Self::Presumed { .. })
    }
}

impl Budget {
    /// Tells whether one every `period` stays within the budget, with half of it to spare for
    /// others.
    ///
    /// ```
    /// use core::time::Duration;
    /// use heartbeat_platforms::Budget;
    ///
    /// let budget = Budget { count: 5, per: Duration::from_secs(1) };
    /// assert!(budget.bears_one_every(Duration::from_millis(400)));
    /// assert!(!budget.bears_one_every(Duration::from_millis(399)));
    /// ```
    pub const fn bears_one_every(&self, period: Duration) -> bool {
        period.saturating_mul(self.count).as_nanos() >= self.per.saturating_mul(2).as_nanos()
    }
}

impl fmt::Display for Answered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Yes => f.write_str("yes"),
            Self::Presumed { why } => write!(f, "presumably: {why}"),
            Self::No => f.write_str("no"),
            Self::Unknown => f.write_str("unknown"),
        }
    }
}

impl fmt::Display for Budget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} in {}", self.count, Span(self.per))
    }
}

impl fmt::Display for MessageBudget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let control = if self.counts_control_frames { ", pings and pongs too" } else { "" };
        write!(f, "{}{control}", self.budget)
    }
}

impl fmt::Display for OrderSafety {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFound => f.write_str("nothing found"),
            Self::NoOrders => f.write_str("takes no orders"),
            Self::CancelOnDisconnect { via, how } => {
                write!(f, "cancel on disconnect, by {via}: {how}")
            }
            Self::DeadMan { via, how, refresh, range } => {
                write!(f, "dead-man switch, by {via}: {how}")?;
                if let Some((shortest, longest)) = range {
                    write!(f, ", {} to {}", Span(*shortest), Span(*longest))?;
                }
                refresh.map_or(Ok(()), |refresh| write!(f, ", again every {}", Span(refresh)))
            }
        }
    }
}

impl fmt::Display for Via {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::WebSocket => "message",
            Self::Rest => "REST",
            Self::Url => "URL",
        })
    }
}

impl fmt::Display for Hazard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PingBeforeSubscribe => f.write_str("a ping before the first subscription"),
            Self::MalformedText => f.write_str("a message that does not parse"),
            Self::FrameLongerThan(bytes) => write!(f, "a message longer than {bytes} bytes"),
        }
    }
}

impl fmt::Display for Confidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        })
    }
}

#[cfg(test)]
mod tests;
