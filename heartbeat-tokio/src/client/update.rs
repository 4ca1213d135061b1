//! What a client hands to the application.

mod display;

use core::time::Duration;
use std::sync::Arc;

use heartbeat_core::{
    AttemptFailure, AttemptPhase, BreakerState, Cause, Event, Generation, GiveUp, LatencySample,
    LeaveReason, RotationReason, Setback, Timestamp, WallTime, WatchEvent,
};

use super::{ClientReport, Received, SubscriptionEvent, Unread};
use crate::clock::MonotonicClock;
use crate::connect::ConnectStage;
use crate::connection::{CloseReport, Lagged};

/// What a [`Client`](crate::Client) hands to the application, in the order in which it happened.
///
/// Whoever keeps state from messages, such as an order book, needs [`Message`](Self::Message)
/// and [`Gap`](Self::Gap) alone: a gap says that the state is no longer to be trusted.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Update {
    /// A text or binary message of the venue's that is no heartbeat.
    Message(Received),
    /// Certainty was lost: messages may be missing here. Comes exactly once for each loss.
    Gap(Gap),
    /// A connection is open, armed, made ready and heard from. Messages of it follow.
    Live {
        /// Its generation.
        generation: Generation,
    },
    /// The connection that was live has got its verdict. What it still had to say is dropped.
    Down(Down),
    /// A connection has ended, with its evidence. Comes once for each that was open, live or not,
    /// when its closing handshake is over: after [`Down`](Self::Down) or
    /// [`Rotated`](Self::Rotated).
    Ended {
        /// The connection.
        generation: Generation,
        /// How and why.
        report: Arc<CloseReport>,
    },
    /// An attempt to connect has failed.
    AttemptFailed(Box<FailedAttempt>),
    /// A living connection was left for a new one. What it still has to say comes until it has
    /// [ended](Self::Ended).
    Rotated {
        /// The old connection.
        from: Generation,
        /// The new connection.
        to: Generation,
        /// Why.
        reason: RotationReason,
    },
    /// A connection that was left has ended, and this is what its messages and those of the new one
    /// had in common, under [`overlap`](super::ClientBuilder::overlap).
    Overlapped(Overlapped),
    /// The application has fallen behind: what it reads next was read from the socket longer ago
    /// than [`fresh_within`](super::ClientBuilder::fresh_within), and the
    /// [`TradingPermit`](super::TradingPermit) is shut. What waits.
    Behind(Unread),
    /// The application has caught up, after [`Behind`](Self::Behind): the oldest that waits is
    /// younger than half of [`fresh_within`](super::ClientBuilder::fresh_within).
    CaughtUp,
    /// The application's [`label`](super::ClientBuilder::label) panicked over a message, which has
    /// none now. Told once for each connection.
    LabelPanicked {
        /// The connection.
        generation: Generation,
    },
    /// A rotation was refused too often beside a connection that lives, and is not tried any
    /// more. The connection stays as it is.
    RotationFailed {
        /// The connection.
        generation: Generation,
        /// Why it was to be left.
        reason: RotationReason,
        /// How many attempts were made.
        tries: u32,
    },
    /// The connection that was live is left before there is another.
    Left {
        /// The connection.
        generation: Generation,
        /// Why.
        why: LeaveReason,
    },
    /// The venue's breaker has opened, or is closed again: one of each for one outage, however
    /// often it tries the venue in between.
    Breaker(BreakerState),
    /// Something happened on a connection that is live or to become it.
    Event {
        /// The connection.
        generation: Generation,
        /// What.
        event: Event,
    },
    /// Something happened to a subscription that is watched.
    Watch {
        /// The connection.
        generation: Generation,
        /// What.
        event: WatchEvent,
    },
    /// Something happened to one of the client's [`Subscriptions`](super::Subscriptions), on a
    /// connection that is live or to become it.
    Subscription {
        /// The connection.
        generation: Generation,
        /// What.
        event: SubscriptionEvent,
    },
    /// Something was measured on a connection that is live or to become it.
    Latency {
        /// The connection.
        generation: Generation,
        /// What.
        sample: LatencySample,
    },
    /// Nobody will connect again, and somebody has to hear of it. A connection that is still
    /// live can be used until it ends.
    GivenUp(GiveUp),
    /// The client's task panicked, and another has taken its place: all that the application
    /// knew is to be known anew, as after a gap. Only a [`Supervisor`](crate::Supervisor) does
    /// this.
    Restarted(Box<ClientReport>),
    /// The client has ended. Comes once, last, and is never dropped.
    Closed(Box<ClientReport>),
}

/// A loss of certainty: between two points in time the venue may have said what the
/// application did not hear.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Gap {
    /// The last point at which nothing was missing, on the axis of
    /// [`Client::clock`](crate::Client::clock).
    pub from: Timestamp,
    /// The first point from which nothing is missing again.
    pub to: Timestamp,
    /// What was in between.
    pub cause: GapCause,
}

/// Why messages may be missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum GapCause {
    /// There was no connection: from the last message of the old one until the new one was
    /// live. What it said since its subscriptions follows.
    Reconnected {
        /// The verdict on the old one.
        cause: Cause,
    },
    /// The application was too slow, and what lay here was dropped.
    Lagged(Lagged),
    /// This process did not run, and the venue may have given up on part of what it sent.
    LocalStall {
        /// How late it was.
        late: Duration,
    },
    /// The venue's own running number has a hole.
    CounterJump {
        /// The number that was due.
        expected: u64,
        /// The number that came.
        got: u64,
    },
    /// The connection was left before there was another.
    Left {
        /// The old connection.
        from: Generation,
        /// The new connection.
        to: Generation,
        /// Why it was left.
        why: LeaveReason,
    },
    /// A new connection took over: from the last message of the old one. Everything that the new
    /// one said since its subscriptions follows, some of it said by the old one already. Under
    /// [`overlap`](super::ClientBuilder::overlap): nothing was said by both, so that nothing tells
    /// whether anything is missing between them.
    Rotated {
        /// The old connection.
        from: Generation,
        /// The new connection.
        to: Generation,
    },
}

/// What the two connections of a rotation had in common, by the keys of their messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Overlapped {
    /// The old connection.
    pub from: Generation,
    /// The new connection.
    pub to: Generation,
    /// How many messages both have said. If there was none, nothing tells whether one is missing
    /// between them, and a [`Gap`] is told.
    pub matched: u64,
    /// How long after the new connection was live the old one had to be shown so that nothing is
    /// missing; zero if that was proven before. `None` if it was not long enough.
    pub span_needed: Option<Duration>,
    /// How far one was behind the other at most.
    pub lag: Duration,
}

/// The end of a connection that was live.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Down {
    /// The connection.
    pub generation: Generation,
    /// The verdict; [`Cause::Stopped`] where the application was too slow for
    /// [`Overflow::Disconnect`](crate::Overflow::Disconnect).
    pub cause: Cause,
    /// When the next attempt is due, unless there is none; the venue's breaker and budget may
    /// put it off.
    pub next_attempt: Option<Timestamp>,
    /// What the venue has against the next attempt, if that is known: how often it said so in a
    /// row, and the pause that is taken.
    pub setback: Option<Setback>,
}

/// An attempt that led to no connection.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FailedAttempt {
    /// Its generation.
    pub generation: Generation,
    /// What went wrong.
    pub fault: AttemptFault,
    /// When the next attempt is due, unless there is none.
    pub next_attempt: Option<Timestamp>,
    /// What the venue has against the next attempt, if that is known: how often it said so in a
    /// row, and the pause that is taken.
    pub setback: Option<Setback>,
}

/// Why an attempt led to no connection.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AttemptFault {
    /// A step of it failed.
    Failed {
        /// What that means.
        failure: AttemptFailure,
        /// What was said, with its sources. Holds no secret of ours: of a URL there is no more than
        /// scheme, host and port.
        why: String,
    },
    /// A step of it took too long.
    Overdue {
        /// The step.
        phase: AttemptPhase,
        /// The time that it had.
        within: Duration,
        /// Where it hung: in the phases [`Dial`](AttemptPhase::Dial) and
        /// [`Upgrade`](AttemptPhase::Upgrade).
        stage: Option<ConnectStage>,
    },
    /// The connection was open, and got its verdict before it was live.
    Ended(Cause),
    /// The operator wants none.
    Withdrawn,
}

impl Update {
    /// Tells whether it is told whatever else is dropped.
    pub(super) const fn is_always_told(&self) -> bool {
        matches!(self, Self::Live { .. } | Self::Down(_) | Self::Rotated { .. } | Self::GivenUp(_))
    }

    /// Returns it once more if it is what a handler is told.
    pub(super) fn news(&self) -> Option<Self> {
        match self {
            Self::Live { generation } => Some(Self::Live { generation: *generation }),
            Self::Down(down) => Some(Self::Down(*down)),
            Self::AttemptFailed(failed) => Some(Self::AttemptFailed(failed.clone())),
            Self::Rotated { from, to, reason } => {
                Some(Self::Rotated { from: *from, to: *to, reason: *reason })
            }
            Self::RotationFailed { generation, reason, tries } => Some(Self::RotationFailed {
                generation: *generation,
                reason: *reason,
                tries: *tries,
            }),
            Self::Left { generation, why } => {
                Some(Self::Left { generation: *generation, why: *why })
            }
            Self::Breaker(state) => Some(Self::Breaker(*state)),
            Self::GivenUp(why) => Some(Self::GivenUp(*why)),
            Self::Message(_)
            | Self::Gap(_)
            | Self::Overlapped(_)
            | Self::Behind(_)
            | Self::CaughtUp
            | Self::LabelPanicked { .. }
            | Self::Event { .. }
            | Self::Watch { .. }
            | Self::Subscription { .. }
            | Self::Latency { .. }
            | Self::Ended { .. }
            | Self::Restarted(_)
            | Self::Closed(_) => None,
        }
    }
}

impl GapCause {
    /// Returns the cause as one lower-case word, for logs and metric labels.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Reconnected { .. } => "reconnected",
            Self::Lagged(_) => "lagged",
            Self::LocalStall { .. } => "local_stall",
            Self::CounterJump { .. } => "counter_jump",
            Self::Left { .. } => "left",
            Self::Rotated { .. } => "rotated",
        }
    }
}

impl Gap {
    /// Returns how long it lasted.
    pub const fn span(&self) -> Duration {
        self.to.saturating_since(self.from)
    }

    /// Returns between which two times on the wall messages may be missing, by
    /// [`Client::clock`](crate::Client::clock): for asking the venue for them by other ways. What
    /// was on its way at either end is not in it, so ask for a little more.
    pub fn wall_times(&self, clock: &MonotonicClock) -> Option<(WallTime, WallTime)> {
        Some((clock.wall_time_at(self.from)?, clock.wall_time_at(self.to)?))
    }
}
