//! What a recovery is told.

use core::fmt;
use core::time::Duration;

use crate::{Cause, NoticeKind};

/// The number of an attempt to connect and of the connection that it became, from one upwards
/// and never used twice by one [`Recovery`](crate::Recovery).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Generation(u64);

impl Generation {
    pub(super) const fn from_number(number: u64) -> Self {
        Self(number)
    }

    /// Returns the number.
    pub const fn number(self) -> u64 {
        self.0
    }
}

impl fmt::Display for Generation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What an attempt is at. Each phase has a deadline of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(clippy::exhaustive_enums, reason = "the phases of an attempt are the design")]
pub enum AttemptPhase {
    /// Name, transport and TLS.
    Dial,
    /// The WebSocket handshake.
    Upgrade,
    /// The venue accepts the arming of its heartbeat.
    Arm,
    /// The application authenticates and subscribes.
    Ready,
    /// The connection is heard from.
    Live,
}

impl AttemptPhase {
    /// All phases, in their order.
    pub const ALL: [Self; 5] = [Self::Dial, Self::Upgrade, Self::Arm, Self::Ready, Self::Live];

    /// Its place in [`ALL`](Self::ALL).
    pub(super) const fn index(self) -> usize {
        self as usize
    }

    /// Returns the phase as one lower-case word, for logs and metric labels.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Dial => "dial",
            Self::Upgrade => "upgrade",
            Self::Arm => "arm",
            Self::Ready => "ready",
            Self::Live => "live",
        }
    }
}

/// What became of an attempt, or of the connection that it led to.
///
/// The first seven come in this order, [`Progress`](Self::Progress) and
/// [`Receiving`](Self::Receiving) any number of times. One that leaves out others proves them: a
/// driver without anything to arm reports `Ready` right after `Upgraded`. One that lies behind is
/// ignored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Outcome {
    /// The transport is connected.
    Dialed,
    /// The WebSocket is open.
    Upgraded,
    /// The heartbeat is armed, or needs no arming.
    Armed,
    /// A step towards being ready was made: a message of the application's has left, say. The
    /// phase [`Ready`](AttemptPhase::Ready) runs from the last of them, up to
    /// [`longest_ready`](crate::RecoveryConfig::longest_ready); in other phases it says nothing.
    Progress,
    /// Another part of a message has come that is not whole yet: the venue can say nothing else
    /// meanwhile. The phases [`Arm`](AttemptPhase::Arm), [`Ready`](AttemptPhase::Ready) and
    /// [`Live`](AttemptPhase::Live) run from the last of them, up to
    /// [`longest_ready`](crate::RecoveryConfig::longest_ready) since the attempt began; in other
    /// phases it says nothing.
    Receiving,
    /// The application has authenticated and subscribed.
    Ready,
    /// The connection works; only now does it count as one.
    Live,
    /// The attempt failed before there was a session with a verdict.
    Failed(AttemptFailure),
    /// The session ended with this verdict, in whatever phase.
    Ended(Cause),
    /// The venue announced something. A shutdown, or the end of a session, makes a living
    /// connection rotate, and an attempt as soon as it lives; maintenance makes the pause longer
    /// if the connection ends in it.
    Notice {
        /// What.
        kind: NoticeKind,
        /// How long it gives us, where it says so.
        deadline: Option<Duration>,
    },
}

/// Why an attempt failed, as the driver or the application saw it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AttemptFailure {
    /// Name, transport or TLS failed.
    Unreachable,
    /// The venue answered the handshake with another status than 101.
    Http {
        /// The status.
        status: u16,
        /// What its `Retry-After` says, as a span.
        retry_after: Option<Duration>,
        /// Whether the request carried credentials: only then can it have refused them.
        with_credentials: bool,
    },
    /// The venue sent the handshake elsewhere, by this status, and that is not to be followed.
    /// The URL is to be mended: asking again leads to the same place.
    Redirected {
        /// The status.
        status: u16,
    },
    /// The venue refused the credentials after the handshake.
    AuthRefused {
        /// Whether it is certain that it will do so again. A refusal that may pass, such as one
        /// right after a reconnect, is tried again.
        is_final: bool,
    },
    /// The application could not make the connection ready for another reason.
    NotReady,
}

impl AttemptFailure {
    /// Returns the failure as one lower-case word, for logs and metric labels.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unreachable => "unreachable",
            Self::Http { .. } => "http",
            Self::Redirected { .. } => "redirected",
            Self::AuthRefused { .. } => "auth_refused",
            Self::NotReady => "not_ready",
        }
    }
}

impl fmt::Display for AttemptFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Unreachable => f.write_str("venue could not be reached"),
            Self::Http { status, retry_after: None, .. } => {
                write!(f, "venue refused the handshake with status {status}")
            }
            // What it asks for is not always what is done: the pause taken is told elsewhere.
            Self::Http { status, retry_after: Some(span), .. } => write!(
                f,
                "venue refused the handshake with status {status} and asks for a pause of {span:?}"
            ),
            Self::Redirected { status } => {
                write!(f, "venue sent the handshake elsewhere with status {status}")
            }
            Self::AuthRefused { .. } => f.write_str("venue refused the credentials"),
            Self::NotReady => f.write_str("connection could not be made ready"),
        }
    }
}
