//! A venue's rules as data: what it demands, what it sends, and how it punishes.

use core::time::Duration;

use heartbeat_core::{Layer, Patience};

/// What a venue demands of a connection, in real time.
///
/// The configuration is checked against it, the mock exchange enforces it, and the documents
/// are generated from it. Where documents and observations disagree it holds the stricter
/// number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Rules {
    /// The challenges that the venue sends, if it sends any.
    pub challenge: Option<ChallengeRule>,
    /// The period of the beats that the venue sends, if it sends any.
    pub beat_every: Option<Duration>,
    /// Whether challenges and beats begin only once the client has armed them.
    pub must_arm: bool,
    /// How long after the upgrade the first message of the client's must come.
    pub first_message_within: Option<Duration>,
    /// How long the venue keeps a connection on which it hears nothing that counts.
    pub silence: Option<SilenceRule>,
    /// How the venue ends a connection that failed its heartbeat.
    pub heartbeat_close: CloseRule,
}

impl Rules {
    /// Returns what a configuration is checked against: the deadlines that we must not miss.
    pub const fn patience(&self) -> Patience {
        Patience {
            response: match self.challenge {
                Some(challenge) => Some(challenge.respond_within),
                None => None,
            },
            silence: match self.silence {
                Some(silence) => Some(silence.limit),
                None => None,
            },
        }
    }
}

/// The challenges of a venue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ChallengeRule {
    /// The layer they come in.
    pub layer: Layer,
    /// The time from one to the next.
    pub every: Duration,
    /// The time until the response must have come.
    pub respond_within: Duration,
}

/// What a venue makes of silence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SilenceRule {
    /// How long it lasts.
    pub limit: Duration,
    /// What ends it.
    pub broken_by: BrokenBy,
}

/// What counts against a venue's idle timer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum BrokenBy {
    /// A message of the client's.
    ClientMessage,
    /// A message in either direction.
    AnyMessage,
}

/// How a venue ends a connection that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "with a close frame or without")]
pub enum CloseRule {
    /// With a close frame.
    Code {
        /// Its code.
        code: u16,
        /// Its reason.
        reason: &'static str,
    },
    /// By dropping the transport, without a close frame.
    Cut,
}
