//! How a connection is doing, as one snapshot.

use core::fmt;

use crate::{DeadManStanding, LatencySummary, Level, Standing, Timestamp};

/// How a connection is doing at one moment.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Health {
    /// How far the connection has come.
    pub phase: Phase,
    /// When the connection first worked; `None` if it has yet to.
    pub live_since: Option<Timestamp>,
    /// The worse of the levels of its response times and round trips.
    pub level: Level,
    /// The longest run of failures of one kind that is going on now.
    pub failures_in_a_row: u8,
    /// When anything was last read.
    pub last_read: Option<Timestamp>,
    /// When the session clock last moved: a beat, a challenge or an answer.
    pub last_session: Option<Timestamp>,
    /// When application data was last read.
    pub last_data: Option<Timestamp>,
    /// When a beat was last read.
    pub last_beat: Option<Timestamp>,
    /// When a challenge was last read.
    pub last_challenge: Option<Timestamp>,
    /// When a probe was last answered.
    pub last_answer: Option<Timestamp>,
    /// How the cancelling of orders on disconnect stands.
    pub cancel_on_disconnect: Standing,
    /// How the dead-man switch stands; `None` if none is configured.
    pub dead_man: Option<DeadManStanding>,
    /// The last hundred response times; `None` before the first.
    pub response_time: Option<LatencySummary>,
    /// The last hundred round trips; `None` before the first.
    pub round_trip: Option<LatencySummary>,
    /// What was counted since the session began.
    pub counters: Counters,
}

impl fmt::Display for Health {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (phase, level) = (self.phase.as_str(), self.level.as_str());
        write!(f, "{phase}, latency level {level}, {} failures in a row", self.failures_in_a_row)?;
        match self.last_read {
            Some(at) => write!(f, ", last read at {at}"),
            None => f.write_str(", nothing read yet"),
        }
    }
}

/// How far a connection has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Phase {
    /// The venue has not accepted the arming message yet, or not stated the terms without which
    /// nothing would notice a dead line.
    Arming,
    /// Armed, or nothing to arm; not heard from yet.
    Ready,
    /// Armed, and heard from.
    Live,
    /// A verdict was reached.
    Finished,
}

impl Phase {
    /// Returns the phase as one lower-case word, for logs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Arming => "arming",
            Self::Ready => "ready",
            Self::Live => "live",
            Self::Finished => "finished",
        }
    }
}

/// What a session counted since it began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counters {
    /// Frames read.
    pub frames: u64,
    /// Frames of application data read.
    pub data: u64,
    /// Beats read.
    pub beats: u64,
    /// Challenges read.
    pub challenges: u64,
    /// Challenges answered, in time or late.
    pub responses: u64,
    /// Challenges that could not be answered.
    pub unanswerable: u64,
    /// Pings that the answer to a later one answers too: more came than can wait.
    pub superseded: u64,
    /// Probes written out.
    pub probes: u64,
    /// Probes answered, in time or late.
    pub answers: u64,
    /// Answers to probes that had been answered, or to none of ours.
    pub answers_ignored: u64,
    /// Keepalives written out, which nobody answers.
    pub keepalives: u64,
    /// Failures of every kind.
    pub failures: u64,
    /// Local stalls.
    pub stalls: u64,
    /// Inputs whose time lay before that of an earlier one; it was taken as the same.
    pub clock_regressions: u64,
    /// Events and measurements that were not told one by one, because there were too many in a
    /// second.
    pub events_coalesced: u64,
    /// Events and measurements lost because the driver did not drain.
    pub events_dropped: u64,
}
