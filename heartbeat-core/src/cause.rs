//! What goes wrong once, and what ends a connection.

use core::fmt;
use core::time::Duration;

use crate::{Clock, ProbeId, Term};

/// One thing that went wrong once. Enough of a kind in a row become a [`Cause`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Failure {
    /// A response was handed to the transport and not written in time.
    ResponseOverdue,
    /// A response could not be written at all.
    Unanswerable,
    /// A probe was written out and not answered in time.
    AnswerOverdue {
        /// The probe.
        probe: ProbeId,
    },
    /// A response or probe could not leave in time because the transport takes nothing.
    TransmitStalled,
    /// The transport refused a heartbeat.
    TransmitFailed,
    /// A clock ran into its limit.
    ClockExceeded {
        /// The clock.
        clock: Clock,
    },
    /// The platform panicked.
    Panicked,
}

impl Failure {
    /// Returns the failure as one lower-case word, for logs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ResponseOverdue => "response_overdue",
            Self::Unanswerable => "unanswerable",
            Self::AnswerOverdue { .. } => "answer_overdue",
            Self::TransmitStalled => "transmit_stalled",
            Self::TransmitFailed => "transmit_failed",
            Self::ClockExceeded { clock: Clock::Transport } => "transport_silent",
            Self::ClockExceeded { clock: Clock::Session } => "session_silent",
            Self::ClockExceeded { clock: Clock::Data } => "data_silent",
            Self::Panicked => "panicked",
        }
    }
}

/// Why a connection is finished.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Cause {
    /// Responses were not written in time, or could not be written at all.
    ResponseOverdue {
        /// How many in a row.
        failures: u8,
        /// The time that each had.
        respond_within: Duration,
    },
    /// Probes were not answered in time.
    AnswerOverdue {
        /// How many in a row.
        failures: u8,
        /// How long the last of them was waited for.
        waited: Duration,
    },
    /// Responses or probes could not leave because the transport took nothing.
    TransmitStalled {
        /// How many deadlines passed in a row.
        failures: u8,
        /// How long the oldest of them has been waiting.
        waited: Duration,
    },
    /// A message of the application's could not leave because the transport took nothing.
    WriteOverdue {
        /// How long it has been waiting.
        waited: Duration,
    },
    /// The transport refused a heartbeat, and refused it again at once.
    TransmitFailed,
    /// A clock ran into its limit too often in a row.
    ClockExceeded {
        /// The clock.
        clock: Clock,
        /// Its limit.
        limit: Duration,
        /// How long ago it last moved, or the session began.
        silent_for: Duration,
    },
    /// A subscription that was watched brought no data; see [`Watches`](crate::Watches).
    SubscriptionSilent {
        /// The subscription.
        key: u64,
        /// How many of its limits passed in a row.
        limits: u16,
        /// How long ago its last data came, or its watch began.
        silent_for: Duration,
    },
    /// The venue sent more heartbeats than anybody has reason to.
    Flood {
        /// How many there were.
        heartbeats: u32,
        /// The span of the limit that they broke.
        within: Duration,
    },
    /// The venue did not accept the arming message in time.
    ArmOverdue {
        /// The time it had.
        arm_within: Duration,
    },
    /// The venue refused the arming message.
    ArmRefused,
    /// The venue stated terms that are [not taken](crate::TermsRange).
    TermsRefused {
        /// Which of them.
        term: Term,
        /// What it stated; [`Duration::MAX`] if it left out what nothing else makes up for.
        offered: Duration,
        /// What the term had to be at least, or at most.
        limit: Duration,
    },
    /// The venue did not state its terms in time, without which nothing notices a dead line.
    TermsOverdue {
        /// The time it had.
        arm_within: Duration,
    },
    /// The venue closed the connection.
    PeerClosed {
        /// The close code, if it gave one.
        code: Option<u16>,
    },
    /// The platform panicked too often.
    Panicked {
        /// How often, since the session began.
        panics: u8,
    },
    /// The venue sent a message longer than we allow: a limit of ours, and no fault of the venue's.
    MessageTooLong {
        /// How long it is, as far as that is known: the rest of a fragmented message is not.
        bytes: u64,
        /// Our limit.
        bytes_max: u64,
    },
    /// The venue broke the WebSocket protocol, so that nothing more can be read.
    ProtocolViolated,
    /// The venue sent text that is no UTF-8, which the WebSocket protocol forbids.
    InvalidUtf8,
    /// The transport ended without a closing handshake.
    TransportLost,
    /// The application ended the session.
    Stopped,
}

/// Why nothing more can be read from a transport that is still open.
///
/// A driver [hands it in](crate::Session::handle_unreadable), says so to the venue with the
/// [close code](Self::close_code) that RFC 6455 has for it, and drops the transport: there is no
/// way to tell where the next frame begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "a message is too long, malformed, or not text")]
pub enum Unreadable {
    /// A message is longer than we allow.
    MessageTooLong {
        /// How long it is, as far as that is known.
        bytes: u64,
        /// Our limit.
        bytes_max: u64,
    },
    /// What came is no WebSocket protocol.
    ProtocolViolated,
    /// A text is no UTF-8.
    InvalidUtf8,
}

impl Unreadable {
    /// Returns the close code that RFC 6455 (7.4.1) has for it.
    ///
    /// ```
    /// use heartbeat_core::Unreadable;
    ///
    /// let too_long = Unreadable::MessageTooLong { bytes: 17, bytes_max: 16 };
    /// assert_eq!(too_long.close_code(), 1009);
    /// ```
    pub const fn close_code(self) -> u16 {
        match self {
            Self::MessageTooLong { .. } => 1009,
            Self::ProtocolViolated => 1002,
            Self::InvalidUtf8 => 1007,
        }
    }

    /// Returns the verdict that it is.
    pub(crate) const fn cause(self) -> Cause {
        match self {
            Self::MessageTooLong { bytes, bytes_max } => Cause::MessageTooLong { bytes, bytes_max },
            Self::ProtocolViolated => Cause::ProtocolViolated,
            Self::InvalidUtf8 => Cause::InvalidUtf8,
        }
    }
}

/// Who ended a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "there is us, the application and the other side")]
pub enum Initiator {
    /// This machine, by its verdict.
    Machine,
    /// The application.
    Application,
    /// The venue, or the network on the way to it.
    Peer,
}

impl Cause {
    /// Returns the cause as one lower-case word, for logs and metric labels.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ResponseOverdue { .. } => "response_overdue",
            Self::AnswerOverdue { .. } => "answer_overdue",
            Self::TransmitStalled { .. } => "transmit_stalled",
            Self::WriteOverdue { .. } => "write_overdue",
            Self::TransmitFailed => "transmit_failed",
            Self::ClockExceeded { clock: Clock::Transport, .. } => "transport_silent",
            Self::ClockExceeded { clock: Clock::Session, .. } => "session_silent",
            Self::ClockExceeded { clock: Clock::Data, .. } => "data_silent",
            Self::SubscriptionSilent { .. } => "subscription_silent",
            Self::Flood { .. } => "flood",
            Self::ArmOverdue { .. } => "arm_overdue",
            Self::ArmRefused => "arm_refused",
            Self::TermsRefused { .. } => "terms_refused",
            Self::TermsOverdue { .. } => "terms_overdue",
            Self::PeerClosed { .. } => "peer_closed",
            Self::Panicked { .. } => "panicked",
            Self::MessageTooLong { .. } => "message_too_long",
            Self::ProtocolViolated => "protocol_violated",
            Self::InvalidUtf8 => "invalid_utf8",
            Self::TransportLost => "transport_lost",
            Self::Stopped => "stopped",
        }
    }

    /// Returns who ended the connection.
    pub const fn initiator(self) -> Initiator {
        match self {
            Self::Stopped => Initiator::Application,
            Self::PeerClosed { .. } | Self::TransportLost => Initiator::Peer,
            Self::ResponseOverdue { .. }
            | Self::AnswerOverdue { .. }
            | Self::TransmitStalled { .. }
            | Self::WriteOverdue { .. }
            | Self::TransmitFailed
            | Self::ClockExceeded { .. }
            | Self::SubscriptionSilent { .. }
            | Self::Flood { .. }
            | Self::ArmOverdue { .. }
            | Self::ArmRefused
            | Self::TermsRefused { .. }
            | Self::TermsOverdue { .. }
            | Self::MessageTooLong { .. }
            | Self::ProtocolViolated
            | Self::InvalidUtf8
            | Self::Panicked { .. } => Initiator::Machine,
        }
    }

    /// Tells whether the other side is to blame, or the network: everything but our own
    /// application, a transport of ours that refused a write, a limit of ours, and a platform that
    /// panicked.
    pub const fn is_peer_fault(self) -> bool {
        !matches!(
            self,
            Self::Stopped
                | Self::TransmitFailed
                | Self::MessageTooLong { .. }
                | Self::Panicked { .. }
        )
    }

    /// Returns why nothing more could be read, if that is the cause.
    pub const fn unreadable(self) -> Option<Unreadable> {
        if let Self::MessageTooLong { bytes, bytes_max } = self {
            Some(Unreadable::MessageTooLong { bytes, bytes_max })
        } else if matches!(self, Self::ProtocolViolated) {
            Some(Unreadable::ProtocolViolated)
        } else if matches!(self, Self::InvalidUtf8) {
            Some(Unreadable::InvalidUtf8)
        } else {
            None
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::ResponseOverdue { failures, respond_within } => {
                write!(f, "{failures} responses in a row not written within {respond_within:?}")
            }
            Self::AnswerOverdue { failures, waited } => {
                write!(f, "{failures} probes in a row not answered, the last for {waited:?}")
            }
            Self::TransmitStalled { failures, waited } => write!(
                f,
                "transport takes nothing: {failures} heartbeat deadlines passed in {waited:?}"
            ),
            Self::WriteOverdue { waited } => write!(
                f,
                "transport takes nothing: a message of the application's waited for {waited:?}"
            ),
            Self::TransmitFailed => f.write_str("transport refused a heartbeat twice"),
            Self::ClockExceeded { clock, limit, silent_for } => write!(
                f,
                "{} silent for {silent_for:?}, beyond its limit of {limit:?}",
                clock.as_str()
            ),
            Self::SubscriptionSilent { key, limits, silent_for } => write!(
                f,
                "subscription {key} silent for {silent_for:?}, beyond {limits} limits in a row"
            ),
            Self::Flood { heartbeats, within } => {
                write!(f, "venue sent {heartbeats} heartbeats within {within:?}")
            }
            Self::ArmOverdue { arm_within } => {
                write!(f, "venue did not accept the arming message within {arm_within:?}")
            }
            Self::ArmRefused => f.write_str("venue refused the arming message"),
            Self::TermsRefused { term, offered: Duration::MAX, limit } => {
                write!(f, "venue's {term} (none) must be at most {limit:?}")
            }
            Self::TermsRefused { term, offered, limit } => {
                let bound = if offered > limit { "most" } else { "least" };
                write!(f, "venue's {term} ({offered:?}) must be at {bound} {limit:?}")
            }
            Self::TermsOverdue { arm_within } => {
                write!(f, "venue did not state its terms within {arm_within:?}")
            }
            Self::PeerClosed { code: Some(code) } => {
                write!(f, "venue closed the connection with code {code}")
            }
            Self::PeerClosed { code: None } => f.write_str("venue closed the connection"),
            Self::Panicked { panics } => write!(f, "platform panicked {panics} times"),
            Self::MessageTooLong { bytes, bytes_max } => {
                write!(f, "message ({bytes} bytes) must be at most message_max ({bytes_max}) long")
            }
            Self::ProtocolViolated => f.write_str("venue broke the WebSocket protocol"),
            Self::InvalidUtf8 => f.write_str("venue sent text that is no UTF-8"),
            Self::TransportLost => f.write_str("transport ended without a closing handshake"),
            Self::Stopped => f.write_str("application ended the session"),
        }
    }
}
