//! How much is measured, and how gently.

use core::num::NonZeroU32;
use core::time::Duration;

use heartbeat_core::WallTime;

/// How much is measured, and how gently. Every value is valid.
///
/// By default: half an hour at most, each experiment up to three times, one connection at a time,
/// no subscription, a resolution of half a second.
#[derive(Clone, Debug)]
#[must_use = "options take effect in the plan that is made with them"]
pub struct Options {
    pub(super) subscribe: Vec<Box<str>>,
    pub(super) longest: Duration,
    pub(super) repetitions: u32,
    pub(super) at_once: u32,
    pub(super) time_scale: NonZeroU32,
    pub(super) resolution: Duration,
    pub(super) wall_time: Option<WallTime>,
}

impl Options {
    /// The most messages that one subscription can take.
    pub const SUBSCRIBE_MAX: usize = 8;

    /// The most repetitions of an experiment.
    pub const REPETITIONS_MAX: u32 = 10;

    /// The most connections that are open at once.
    pub const AT_ONCE_MAX: u32 = 4;

    /// Adds a message by which something is subscribed to; a login too, where there is none
    /// without. Without any, what a subscription changes is not measured. More than
    /// [`SUBSCRIBE_MAX`](Self::SUBSCRIBE_MAX) are left out.
    pub fn subscribe(mut self, message: impl Into<Box<str>>) -> Self {
        if self.subscribe.len() < Self::SUBSCRIBE_MAX {
            self.subscribe.push(message.into());
        }
        self
    }

    /// Sets how long it may take in all.
    pub const fn longest(mut self, span: Duration) -> Self {
        self.longest = span;
        self
    }

    /// Sets how often each experiment is repeated if there is time: from 1 to
    /// [`REPETITIONS_MAX`](Self::REPETITIONS_MAX).
    pub const fn repetitions(mut self, times: u32) -> Self {
        self.repetitions = within(times, Self::REPETITIONS_MAX);
        self
    }

    /// Sets how many connections may be open at once: from 1 to [`AT_ONCE_MAX`](Self::AT_ONCE_MAX).
    pub const fn at_once(mut self, connections: u32) -> Self {
        self.at_once = within(connections, Self::AT_ONCE_MAX);
        self
    }

    /// Measures a venue that is played `factor` times faster than the real one, as
    /// [`MockOptions::time_scale`](crate::MockOptions::time_scale) does it: what is documented is
    /// divided, and so are all spans of the experiments. What was set here is not.
    pub const fn time_scale(mut self, factor: NonZeroU32) -> Self {
        self.time_scale = factor;
        self
    }

    /// Sets how far two spans may lie apart and still be the same: as much as this, or the fiftieth
    /// part of the longer, if that is more. It has to be longer than the line's delay.
    pub const fn resolution(mut self, span: Duration) -> Self {
        self.resolution = span;
        self
    }

    /// Says what the wall clock reads when the axis of times begins, for venues that want a time in
    /// their pings.
    pub const fn wall_time(mut self, reads: WallTime) -> Self {
        self.wall_time = Some(reads);
        self
    }
}

impl Default for Options {
    fn default() -> Self {
        Self {
            subscribe: Vec::new(),
            longest: Duration::from_secs(30 * 60),
            repetitions: 3,
            at_once: 1,
            time_scale: NonZeroU32::MIN,
            resolution: Duration::from_millis(500),
            wall_time: None,
        }
    }
}

const fn within(number: u32, max: u32) -> u32 {
    match number {
        0 => 1,
        number if number > max => max,
        number => number,
    }
}
