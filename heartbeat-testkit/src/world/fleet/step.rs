//! What happens in a fleet beside what happens on its connections.

use core::fmt;
use core::time::Duration;

use heartbeat_core::{Generation, NoticeKind, Outcome, Purpose, RecoveryAction, Timestamp};

use super::routes::Address;
use super::trouble::Trouble;
use crate::owned::Millis;
use crate::{CancelledBy, Departure, FaultPlan, LineChange};

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
    /// Something befalls an order of a client's.
    Order {
        /// The client.
        client: usize,
        /// The order's number, which is its name.
        order: u64,
        /// What.
        what: OrderStep,
    },
    /// A client's application is shown or told something of the venue's channel.
    Channel {
        /// The client.
        client: usize,
        /// What.
        what: ChannelStep,
    },
    /// The venue does something on a connection that it planned.
    Venue {
        /// The client.
        client: usize,
        /// The connection.
        generation: Generation,
        /// What.
        what: VenueStep,
    },
    /// A client stops running.
    Freezes {
        /// The client.
        client: usize,
    },
    /// A client goes by this address.
    Heads {
        /// The client.
        client: usize,
        /// The attempt.
        generation: Generation,
        /// The address.
        address: Address,
    },
    /// The operator does something to a client's recovery.
    Operator {
        /// The client.
        client: usize,
        /// What.
        does: OperatorStep,
    },
    /// A client's application ends it.
    Stops {
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
    /// The venue troubles those who come.
    Troubled {
        /// How.
        trouble: Trouble,
        /// For how long.
        lasts: Duration,
    },
    /// The venue misbehaves towards everybody, those who come meanwhile included.
    Outage {
        /// How, its time counted from now.
        plan: FaultPlan,
    },
}

/// What an operator does to a recovery.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum OperatorStep {
    /// Wants another connection at once, over all pauses.
    Reconnects,
    /// Stops it for now.
    Pauses,
    /// Lets it go on.
    Resumes,
}

impl OperatorStep {
    /// Returns the step as one lower-case word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Reconnects => "reconnects",
            Self::Pauses => "pauses",
            Self::Resumes => "resumes",
        }
    }
}

/// What befalls an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum OrderStep {
    /// The client vouches for it: it is open.
    Vouched,
    /// The client vouches for it no more: it is gone, or nobody knows.
    Disowned,
    /// The venue cancelled it by itself.
    Lost {
        /// Why.
        by: CancelledBy,
        /// The connection that was about, if one was.
        generation: Option<Generation>,
    },
}

/// What an application is shown of a channel, by the numbers of its messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ChannelStep {
    /// It is shown this message.
    Shows(u64),
    /// It is told that these are missing.
    Misses {
        /// The first of them.
        first: u64,
        /// The last of them.
        last: u64,
    },
    /// It is not shown this message, which it has seen.
    Drops(u64),
}

/// What a venue does on a connection by its own plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum VenueStep {
    /// It announces this.
    Announces(NoticeKind),
    /// It ends the connection.
    Leaves(Departure),
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
            | Self::Order { client, .. }
            | Self::Channel { client, .. }
            | Self::Venue { client, .. }
            | Self::Freezes { client }
            | Self::Heads { client, .. }
            | Self::Operator { client, .. }
            | Self::Stops { client }
            | Self::Thaws { client }
            | Self::Line { client, .. }
            | Self::Suffers { client, .. } => Some(*client),
            Self::Troubled { .. } | Self::Outage { .. } => None,
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
            Self::Order { client, order, what } => what.tell(f, *client, *order),
            Self::Channel { client, what } => what.tell(f, *client),
            Self::Venue { client, generation, what } => {
                write!(f, "the venue ")?;
                match what {
                    VenueStep::Announces(kind) => write!(f, "announces {}", kind.as_str())?,
                    VenueStep::Leaves(why) => write!(f, "leaves for {}", why.as_str())?,
                }
                write!(f, " on connection {generation} of client {client}")
            }
            Self::Heads { client, generation, address } => {
                write!(f, "client {client} goes by {address} for connection {generation}")
            }
            Self::Operator { client, does } => {
                write!(f, "the operator {} client {client}", does.as_str())
            }
            Self::Stops { client } => write!(f, "client {client} is ended"),
            Self::Freezes { client } => write!(f, "client {client} freezes"),
            Self::Thaws { client } => write!(f, "client {client} thaws"),
            Self::Line { client, change } => {
                write!(f, "client {client} has a line that {}", change.as_str())
            }
            Self::Suffers { client, plan } => write!(f, "client {client} suffers {plan}"),
            Self::Troubled { trouble, lasts } => {
                write!(f, "for {} s: {trouble}", lasts.as_secs_f64())
            }
            Self::Outage { plan } => write!(f, "all suffer {plan}"),
        }
    }
}

impl OrderStep {
    fn tell(self, f: &mut fmt::Formatter<'_>, client: usize, order: u64) -> fmt::Result {
        match self {
            Self::Vouched => write!(f, "client {client} vouches for order {order}"),
            Self::Disowned => write!(f, "client {client} disowns order {order}"),
            Self::Lost { by, .. } => {
                write!(f, "client {client} loses order {order} by {}", by.as_str())
            }
        }
    }
}

impl ChannelStep {
    fn tell(self, f: &mut fmt::Formatter<'_>, client: usize) -> fmt::Result {
        match self {
            Self::Shows(number) => write!(f, "client {client} shows {number}"),
            Self::Misses { first, last } => write!(f, "client {client} misses {first} to {last}"),
            Self::Drops(number) => write!(f, "client {client} drops {number}"),
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
            RecoveryAction::RotationFailed { generation, reason, tries } => {
                let reason = reason.as_str();
                write!(f, "stays on connection {generation}: {tries} tries to rotate for {reason}")
            }
            RecoveryAction::Leave { generation, why } => {
                write!(f, "leaves connection {generation}, {}, before another", why.as_str())
            }
            RecoveryAction::Withdraw { generation } => {
                write!(f, "wants connection {generation} no more")
            }
            RecoveryAction::GiveUp(why) => write!(f, "gives up: {why}"),
            RecoveryAction::Wait(_) => f.write_str("waits"),
        }
    }
}
