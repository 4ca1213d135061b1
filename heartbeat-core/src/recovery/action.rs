//! What a recovery wants done.

use core::fmt;
use core::time::Duration;

use super::{AttemptPhase, Generation};
use crate::{NoticeKind, Timestamp};

/// One thing that the driver must do, from [`Recovery::poll`](crate::Recovery::poll).
///
/// Exhaustive on purpose: a driver must not overlook a new kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "a driver must not overlook a new kind of action")]
#[must_use = "an action that is not carried out leaves the connection down"]
pub enum RecoveryAction {
    /// Begin an attempt now, and report all that becomes of it under this generation. One is
    /// under way at a time.
    Dial {
        /// The generation of the attempt.
        generation: Generation,
        /// What it is for.
        purpose: Purpose,
    },
    /// Drop this attempt: a phase of it is overdue. The next is planned already.
    Abandon {
        /// The attempt.
        generation: Generation,
        /// The phase.
        phase: AttemptPhase,
        /// The time that it had.
        within: Duration,
    },
    /// The new connection is live: hand over to it, then close the old one. What is reported
    /// of the old one from now on is ignored.
    Rotate {
        /// The old connection.
        from: Generation,
        /// The new connection.
        to: Generation,
        /// Why.
        reason: RotationReason,
    },
    /// Tell whoever is responsible: the rotation of a connection that lives was refused too often
    /// and is not tried any more. The connection stays as it is. One for its age is planned
    /// anew, an [`escalation_cap`](crate::RecoveryConfig::escalation_cap) later.
    RotationFailed {
        /// The connection that was to be left.
        generation: Generation,
        /// Why it was to be left.
        reason: RotationReason,
        /// How many attempts were made.
        tries: u32,
    },
    /// Close this connection now, cleanly, without another to hand over to, and report its end
    /// when that is over.
    Leave {
        /// The connection.
        generation: Generation,
        /// Why.
        why: LeaveReason,
    },
    /// Drop this attempt: it is not wanted any more.
    Withdraw {
        /// The attempt.
        generation: Generation,
    },
    /// Tell whoever is responsible: no attempt will be made any more. Drop an attempt that is
    /// under way. A connection that is live may be used until it ends. Comes once; after it
    /// only `Wait(None)` follows.
    GiveUp(GiveUp),
    /// Nothing is left to do before this point in time, or ever without an input.
    Wait(Option<Timestamp>),
}

/// What an attempt is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "there is a living connection or there is none")]
pub enum Purpose {
    /// There is no connection.
    Connect,
    /// There is one, and it will be left once the new one is live.
    Rotate(RotationReason),
}

/// Why a living connection is left for a new one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RotationReason {
    /// It comes near the age at which the venue ends it.
    Age,
    /// The venue announced something.
    Notice(NoticeKind),
    /// The operator wants it.
    Requested,
}

impl RotationReason {
    /// Returns the reason as one lower-case word, for logs and metric labels.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Age => "age",
            Self::Notice(kind) => kind.as_str(),
            Self::Requested => "requested",
        }
    }
}

/// Why a connection is left before there is another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LeaveReason {
    /// A rotation that breaks before it makes.
    Rotation(RotationReason),
    /// The operator has paused the recovery.
    Paused,
}

impl LeaveReason {
    /// Returns the reason as one lower-case word, for logs and metric labels.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Rotation(reason) => reason.as_str(),
            Self::Paused => "paused",
        }
    }
}

/// Why no attempt will be made any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum GiveUp {
    /// The venue denied access again and again, over minutes, and did not say why.
    Denied {
        /// The status of the last handshake.
        status: u16,
        /// How often in a row.
        tries: u32,
    },
    /// The venue refused the credentials; asking again only earns a ban.
    Unauthorized {
        /// The status of the handshake, if it was refused there.
        status: Option<u16>,
    },
    /// The URL leads elsewhere, where it is not to be followed: it has to be mended.
    Redirected {
        /// The status.
        status: u16,
    },
    /// Too many failures in a row.
    Exhausted {
        /// How many.
        failures: u32,
    },
    /// The application wanted it.
    Stopped,
}

impl GiveUp {
    /// Returns the reason as one lower-case word, for logs and metric labels.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Denied { .. } => "denied",
            Self::Unauthorized { .. } => "unauthorized",
            Self::Redirected { .. } => "redirected",
            Self::Exhausted { .. } => "exhausted",
            Self::Stopped => "stopped",
        }
    }
}

impl fmt::Display for GiveUp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Denied { status, tries } => {
                write!(f, "venue denied access with status {status}, {tries} times in a row")
            }
            Self::Unauthorized { status: Some(status) } => {
                write!(f, "venue refused the credentials with status {status}")
            }
            Self::Unauthorized { status: None } => f.write_str("venue refused the credentials"),
            Self::Redirected { status } => {
                write!(f, "url must be mended: venue redirects with status {status}")
            }
            Self::Exhausted { failures } => write!(f, "{failures} failures in a row"),
            Self::Stopped => f.write_str("application ended the recovery"),
        }
    }
}
