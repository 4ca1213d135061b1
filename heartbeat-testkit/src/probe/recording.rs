//! What happened on one connection, in bounded room.

use core::time::Duration;

use heartbeat_core::{Layer, Timestamp};

use super::experiment::Job;
use super::rhythm::Rhythms;
use super::{Experiment, Rhythm};
use crate::OwnedFrame;

/// What happened on one connection.
///
/// Bounds: 512 times of challenges and as many of beats, 64 round trips, 32 shapes of messages with
/// 160 characters of each; everything else is counted.
#[derive(Clone, Debug)]
pub struct Recording {
    pub(super) job: Job,
    pub(super) opened: Timestamp,
    pub(super) ended: Timestamp,
    pub(super) end: End,
    pub(super) challenges: Times,
    pub(super) layer: Option<Layer>,
    /// Whether there is something in a challenge to echo.
    pub(super) has_token: bool,
    /// When the first answer with another echo was sent.
    pub(super) first_wrong: Option<Timestamp>,
    pub(super) beats: Times,
    /// What acknowledged an answer and counts as a beat in the dialect.
    pub(super) receipts: u64,
    pub(super) probes: Asked,
    pub(super) pings: Asked,
    /// When the first thing was said of all that is said unasked.
    pub(super) first_said: Option<Timestamp>,
    pub(super) data: u64,
    pub(super) notices: u64,
    pub(super) arm_refused: bool,
    /// What the venue first stated of its heartbeat.
    pub(super) terms: Option<OwnedFrame>,
    pub(super) heard: Sounds,
    pub(super) said: Sounds,
    /// Messages in either direction.
    pub(super) any: Sounds,
    pub(super) rhythms: Rhythms,
}

/// How a connection ended.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum End {
    /// The experiment was over, and we closed.
    Ours,
    /// The venue closed.
    Closed {
        /// The code, if its close frame carried one.
        code: Option<u16>,
        /// The reason, empty if it carried none.
        reason: Box<str>,
    },
    /// The transport ended without a close frame.
    Cut,
    /// The venue sent what is no frame of RFC 6455.
    Broken {
        /// What was wrong with it.
        why: Box<str>,
    },
    /// There was no connection.
    NotOpened {
        /// Why not.
        why: Box<str>,
    },
}

/// The times of things that come again and again.
#[derive(Clone, Debug, Default)]
pub(super) struct Times {
    pub(super) count: u64,
    /// The first of them.
    pub(super) at: Vec<Timestamp>,
    /// The very first.
    pub(super) sample: Option<OwnedFrame>,
}

/// What was asked and answered.
#[derive(Clone, Debug, Default)]
pub(super) struct Asked {
    pub(super) sent: u64,
    pub(super) answered: u64,
    pub(super) round_trips: Vec<Duration>,
}

/// When messages went, in one direction or both.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sounds {
    pub(super) last: Timestamp,
    /// The longest time without any, the last included.
    pub(super) pause: Duration,
}

impl Times {
    const MAX: usize = 512;

    pub(super) fn add(&mut self, now: Timestamp, frame: impl FnOnce() -> OwnedFrame) {
        self.count += 1;
        if self.at.len() < Self::MAX {
            self.at.push(now);
        }
        self.sample.get_or_insert_with(frame);
    }

    pub(super) fn first(&self) -> Option<Timestamp> {
        self.at.first().copied()
    }

    /// Returns the spans from one to the next.
    pub(super) fn gaps(&self) -> impl Iterator<Item = Duration> {
        self.at.windows(2).filter_map(|pair| match pair {
            [earlier, later] => Some(later.saturating_since(*earlier)),
            _ => None,
        })
    }
}

impl Asked {
    const MAX: usize = 64;

    pub(super) fn answer(&mut self, after: Duration) {
        self.answered += 1;
        if self.round_trips.len() < Self::MAX {
            self.round_trips.push(after);
        }
    }
}

impl Sounds {
    const fn from(now: Timestamp) -> Self {
        Self { last: now, pause: Duration::ZERO }
    }

    pub(super) fn note(&mut self, now: Timestamp) {
        self.pause = self.pause.max(now.saturating_since(self.last));
        self.last = now;
    }

    /// Ends the last pause, without a message.
    fn end(&mut self, now: Timestamp) {
        self.pause = self.pause.max(now.saturating_since(self.last));
    }
}

impl Recording {
    pub(super) fn begin(job: Job, now: Timestamp) -> Self {
        Self {
            job,
            opened: now,
            ended: now,
            end: End::Ours,
            challenges: Times::default(),
            layer: None,
            has_token: false,
            first_wrong: None,
            beats: Times::default(),
            receipts: 0,
            probes: Asked::default(),
            pings: Asked::default(),
            first_said: None,
            data: 0,
            notices: 0,
            arm_refused: false,
            terms: None,
            heard: Sounds::from(now),
            said: Sounds::from(now),
            any: Sounds::from(now),
            rhythms: Rhythms::default(),
        }
    }

    pub(super) fn finish(&mut self, now: Timestamp, end: End) {
        self.ended = now;
        self.end = end;
        for sounds in [&mut self.heard, &mut self.said, &mut self.any] {
            sounds.end(now);
        }
    }

    /// Returns which experiment it was.
    pub const fn experiment(&self) -> Experiment {
        self.job.experiment
    }

    /// Tells whether the client had subscribed to something.
    pub const fn is_subscribed(&self) -> bool {
        self.job.subscribes
    }

    /// Returns how the connection ended.
    pub const fn end(&self) -> &End {
        &self.end
    }

    /// Returns how long it was open.
    pub const fn lasted(&self) -> Duration {
        self.ended.saturating_since(self.opened)
    }

    /// Returns how many challenges came.
    pub const fn challenges(&self) -> u64 {
        self.challenges.count
    }

    /// Returns how many beats came.
    pub const fn beats(&self) -> u64 {
        self.beats.count
    }

    /// Returns how many messages came that are no heartbeat.
    pub const fn data(&self) -> u64 {
        self.data
    }

    /// Returns the messages that came in a rhythm and that the dialect takes for data.
    pub fn rhythms(&self) -> Vec<Rhythm> {
        self.rhythms.found()
    }

    /// Tells whether the venue ended it, in whatever way.
    pub(super) const fn is_ended(&self) -> bool {
        matches!(self.end, End::Closed { .. } | End::Cut)
    }

    pub(super) const fn is_opened(&self) -> bool {
        !matches!(self.end, End::NotOpened { .. })
    }

    /// Returns when the venue's heartbeat came first.
    pub(super) fn first_beaten(&self) -> Option<Timestamp> {
        self.challenges.first().into_iter().chain(self.beats.first()).min()
    }

    /// Tells whether a heartbeat of the venue's came.
    pub(super) const fn is_beaten(&self) -> bool {
        self.challenges.count > 0 || self.beats.count > 0
    }
}
