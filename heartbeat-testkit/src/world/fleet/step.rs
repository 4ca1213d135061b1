//! What happens in a fleet beside what happens on its connections.

use core::fmt;

use heartbeat_core::{Generation, Outcome, Purpose, RecoveryAction, Timestamp};

use crate::owned::Millis;
use crate::{FaultPlan, LineChange};

/// What happened in a [`Fleet`](crate::Fleet). Clients count from zero.
///
/// What happens on one connection is in that connection's own trace, but for what befalls a
/// client or the venue as a whole, which is here as well.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FleetStep {
    /// A client does what its recovery wants; never a wait.
    Does {
        /// The client.
        client: usize,
        /// What it does.
        action: RecoveryAction,
    },
    /// A client's recovery hears what became of an attempt or of a connection that counts.
    Hears {
        /// The client.
        client: usize,
        /// The attempt.
        generation: Generation,
        /// What became of it.
        outcome: Outcome,
    },
    /// A client's recovery hears of an attempt or a connection that counts no more.
    Straggles {
        /// The client.
        client: usize,
        /// The attempt.
        generation: Generation,
        /// What became of it.
        outcome: Outcome,
        /// Whether it changed anything, which it must not.
        heeded: bool,
    },
    /// A client's application sends what it subscribes to.
    Subscribes {
        /// The client.
        client: usize,
        /// The connection.
        generation: Generation,
    },
    /// A client's application is told that it may have lost something.
    Gap {
        /// The client.
        client: usize,
        /// The connection that it follows from now on.
        generation: Generation,
        /// When it last got anything, or began to follow the connection before.
        since: Timestamp,
    },
    /// A client's application follows this connection and no other.
    Follows {
        /// The client.
        client: usize,
        /// The connection.
        generation: Generation,
    },
    /// A client stops running.
    Freezes {
        /// The client.
        client: usize,
    },
    /// A client runs again.
    Thaws {
        /// The client.
        client: usize,
    },
    /// A client's line changed, for every connection over it.
    Line {
        /// The client.
        client: usize,
        /// How.
        change: LineChange,
    },
    /// The venue misbehaves towards one client: on the connections that it has.
    Suffers {
        /// The client.
        client: usize,
        /// How, its time counted from now.
        plan: FaultPlan,
    },
    /// The venue misbehaves towards everybody, those who come meanwhile included.
    Outage {
        /// How, its time counted from now.
        plan: FaultPlan,
    },
}

impl FleetStep {
    /// Returns the client that it happened to, unless it happened to all.
    pub const fn client(&self) -> Option<usize> {
        match self {
            Self::Does { client, .. }
            | Self::Hears { client, .. }
            | Self::Straggles { client, .. }
            | Self::Subscribes { client, .. }
            | Self::Gap { client, .. }
            | Self::Follows { client, .. }
            | Self::Freezes { client }
            | Self::Thaws { client }
            | Self::Line { client, .. }
            | Self::Suffers { client, .. } => Some(*client),
            Self::Outage { .. } => None,
        }
    }
}

impl fmt::Display for FleetStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Does { client, action } => write!(f, "client {client} {}", Doing(*action)),
            Self::Hears { client, generation, outcome } => {
                write!(f, "client {client} hears of connection {generation}: {outcome:?}")
            }
            Self::Straggles { client, generation, outcome, heeded } => {
                let heeded = if *heeded { "HEEDS" } else { "ignores" };
                write!(f, "client {client} {heeded} of old connection {generation}: {outcome:?}")
            }
            Self::Subscribes { client, generation } => {
                write!(f, "client {client} subscribes on connection {generation}")
            }
            Self::Gap { client, generation, since } => {
                let since = Millis(*since);
                write!(f, "client {client} tells of a gap from {since} to connection {generation}")
            }
            Self::Follows { client, generation } => {
                write!(f, "client {client} follows connection {generation}")
            }
            Self::Freezes { client } => write!(f, "client {client} freezes"),
            Self::Thaws { client } => write!(f, "client {client} thaws"),
            Self::Line { client, change } => {
                write!(f, "client {client} has a line that {}", change.as_str())
            }
            Self::Suffers { client, plan } => write!(f, "client {client} suffers {plan}"),
            Self::Outage { plan } => write!(f, "all suffer {plan}"),
        }
    }
}

/// A recovery's action, after "client 0".
struct Doing(RecoveryAction);

impl fmt::Display for Doing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            RecoveryAction::Dial { generation, purpose: Purpose::Connect } => {
                write!(f, "dials connection {generation}")
            }
            RecoveryAction::Dial { generation, purpose: Purpose::Rotate(reason) } => {
                write!(f, "dials connection {generation} to rotate for {}", reason.as_str())
            }
            RecoveryAction::Abandon { generation, phase, within } => {
                let phase = phase.as_str();
                write!(f, "abandons connection {generation}: no {phase} within {within:?}")
            }
            RecoveryAction::Rotate { from, to, reason } => {
                write!(f, "leaves connection {from} for {to} for {}", reason.as_str())
            }
            RecoveryAction::GiveUp(why) => write!(f, "gives up: {why}"),
            RecoveryAction::Wait(_) => f.write_str("waits"),
        }
    }
}
