//! What observations give for a reason.

use super::WireError;

/// What a heartbeat asks of the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "it must be answered or it need not be")]
pub enum HeartbeatKind {
    /// A response.
    Challenge,
    /// Nothing.
    Beat,
}

/// What a client did that the venue did not expect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Surprise {
    /// An answer came while no challenge was open.
    AnswerWithoutChallenge,
    /// A message was not understood.
    UnknownMessage,
    /// A request was understood and refused.
    RefusedRequest,
    /// The client stopped reading until the mock's buffer was full.
    NotReading,
}

/// The rule that a kicked client broke.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Offence {
    /// It did not answer a challenge in time.
    UnansweredChallenge,
    /// It answered a ping with another payload.
    WrongEcho,
    /// It was silent for too long.
    Silence,
    /// It did not say what it wants in time.
    NoSubscription,
    /// It sent a ping before it had subscribed to anything, at a venue that does not bear it.
    EarlyPing,
    /// It sent a ping frame where one does harm.
    HarmfulPing,
    /// It sent a message that the venue cannot parse, at a venue that does not bear it.
    MalformedText,
    /// It sent a message longer than the venue takes.
    FrameTooLong,
    /// It made more errors on one connection than the venue bears.
    RepeatedErrors,
    /// It read slower than the venue sends, at a venue that does not bear it.
    SlowReader,
    /// It sent what is no frame of RFC 6455.
    Breach(
        /// What.
        WireError,
    ),
    /// It sent more messages than the venue takes in the span of its budget.
    TooManyMessages {
        /// How many there were.
        count: u32,
        /// How many are borne.
        limit: u32,
    },
}

/// Why a venue ends a connection on which the client did nothing wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Departure {
    /// It has announced that it would.
    Announced,
    /// The connection is as old as one may be.
    MaxAge,
}

/// What makes a venue cancel orders that nobody asked it to cancel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CancelledBy {
    /// The connection on which they were placed ended.
    Disconnect,
    /// The dead-man timer ran out.
    DeadMan,
}

impl HeartbeatKind {
    /// Returns the kind as one lower-case word, for logs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Challenge => "challenge",
            Self::Beat => "beat",
        }
    }
}

impl Surprise {
    /// Returns the surprise as one lower-case word, for logs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AnswerWithoutChallenge => "answer_without_challenge",
            Self::UnknownMessage => "unknown_message",
            Self::RefusedRequest => "refused_request",
            Self::NotReading => "not_reading",
        }
    }
}

impl CancelledBy {
    /// Returns the cause as one lower-case word, for logs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Disconnect => "disconnect",
            Self::DeadMan => "dead_man",
        }
    }
}

impl Offence {
    /// Returns the offence as one lower-case word, for logs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::UnansweredChallenge => "unanswered_challenge",
            Self::WrongEcho => "wrong_echo",
            Self::Silence => "silence",
            Self::NoSubscription => "no_subscription",
            Self::EarlyPing => "early_ping",
            Self::HarmfulPing => "harmful_ping",
            Self::MalformedText => "malformed_text",
            Self::FrameTooLong => "frame_too_long",
            Self::RepeatedErrors => "repeated_errors",
            Self::SlowReader => "slow_reader",
            Self::Breach(breach) => breach.as_str(),
            Self::TooManyMessages { .. } => "too_many_messages",
        }
    }
}

impl Departure {
    /// Returns the reason as one lower-case word, for logs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Announced => "announced",
            Self::MaxAge => "max_age",
        }
    }
}
