//! What a trader wants to know of a venue besides its heartbeat, as data.

mod limits;
mod order_safety;

use core::fmt;
use core::time::Duration;

use heartbeat_core::{PingFrames, Refusal, RefusalCode};

pub use limits::{AtOnce, Ban, Budget, MessageBudget, Scope};
pub use order_safety::{Covers, OrderSafety, SafeguardRule, Timer, TimerUnit, Trigger, Via};

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
    /// How many may be opened by who sends a header `Origin`, where that makes a difference.
    pub connect_budget_with_origin: Option<Budget>,
    /// How many connections may be open at once; all of these hold.
    pub connections_at_once: &'static [AtOnce],
    /// What becomes of who goes on trying beyond a limit, where that is worse than a refusal.
    pub retry_ban: Option<Ban>,
    /// How many messages a client may send.
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
        connect_budget_with_origin: None,
        connections_at_once: &[],
        retry_ban: None,
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

    /// Returns what ping frames of the client's do to a connection: the setting that goes with the
    /// hazards.
    ///
    /// ```
    /// use heartbeat_core::PingFrames;
    /// use heartbeat_platforms::Exchange;
    ///
    /// assert_eq!(Exchange::Okx.facts().ping_frames(), PingFrames::Harmless);
    /// ```
    pub const fn ping_frames(&self) -> PingFrames {
        let mut effect = PingFrames::Harmless;
        let mut hazards = self.hazards;
        while let [hazard, rest @ ..] = hazards {
            match hazard {
                Hazard::PingFrame => return PingFrames::Harmful,
                Hazard::PingFrameFirst => effect = PingFrames::HarmfulFirst,
                Hazard::PingBeforeSubscribe
                | Hazard::MalformedText
                | Hazard::FrameLongerThan(_)
                | Hazard::SlowReader
                | Hazard::RepeatedErrors => {}
            }
            hazards = rest;
        }
        effect
    }

    /// Sees to it that somebody can doubt the facts and go by them.
    ///
    /// # Panics
    ///
    /// If they have no source or no date, or a safeguard among them does not say how it is asked
    /// for; where the facts are a constant, that is an error of the build. Every venue's are held
    /// to it where they are listed.
    ///
    /// ```compile_fail,E0080
    /// use heartbeat_platforms::Facts;
    ///
    /// const _: () = Facts::UNKNOWN.assert_sourced();
    /// ```
    pub const fn assert_sourced(&self) {
        assert!(!self.sources.is_empty(), "facts must name their sources");
        assert!(is_date(self.read.as_bytes()), "facts must say when they were read: 2026-11-23");
        self.order_safety.assert_sound();
    }
}

/// Tells whether it is a year, a month and a day.
const fn is_date(text: &[u8]) -> bool {
    let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = text else { return false };
    let mut digits: &[u8] = &[*y1, *y2, *y3, *y4, *m1, *m2, *d1, *d2];
    while let [digit, rest @ ..] = digits {
        if !digit.is_ascii_digit() {
            return false;
        }
        digits = rest;
    }
    true
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

/// What ends a connection though the heartbeat is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Hazard {
    /// A message that means ping, sent before anything is subscribed to.
    PingBeforeSubscribe,
    /// A ping frame that is the first frame of the client's.
    PingFrameFirst,
    /// A ping frame, whenever it comes; or the venue does not even read it.
    PingFrame,
    /// A message that the venue cannot parse.
    MalformedText,
    /// A message longer than this, in bytes.
    FrameLongerThan(u32),
    /// Reading slower than the venue sends.
    SlowReader,
    /// Errors, too many of them in a session.
    RepeatedErrors,
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

impl fmt::Display for Hazard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PingBeforeSubscribe => f.write_str("a ping before the first subscription"),
            Self::PingFrameFirst => f.write_str("a ping frame before any message"),
            Self::PingFrame => f.write_str("a ping frame"),
            Self::MalformedText => f.write_str("a message that does not parse"),
            Self::SlowReader => f.write_str("reading too slowly"),
            Self::RepeatedErrors => f.write_str("too many errors"),
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
