//! A client's line to the venue, which all its connections share.

use core::num::NonZeroU32;

use heartbeat_core::Timestamp;

use crate::world::FOREVER;
use crate::world::connection::Line;
use crate::{Delay, Rng};

#[derive(Debug)]
pub(super) struct ClientLine {
    calm: Line,
    disturbance: Option<Delay>,
    bandwidth: Option<NonZeroU32>,
    is_dead: bool,
}

impl ClientLine {
    pub(super) const fn new(calm: Line) -> Self {
        Self { calm, disturbance: None, bandwidth: None, is_dead: false }
    }

    pub(super) const fn calm(&self) -> Line {
        self.calm
    }

    pub(super) const fn disturbance(&self) -> Option<Delay> {
        self.disturbance
    }

    /// How many bytes a second it carries to the client, if that takes any time.
    pub(super) const fn bandwidth(&self) -> Option<NonZeroU32> {
        self.bandwidth
    }

    pub(super) const fn narrow(&mut self, bandwidth: Option<NonZeroU32>) {
        self.bandwidth = bandwidth;
    }

    pub(super) const fn is_dead(&self) -> bool {
        self.is_dead
    }

    pub(super) const fn set_dead(&mut self, is_dead: bool) {
        self.is_dead = is_dead;
    }

    pub(super) const fn disturb(&mut self, disturbance: Option<Delay>) {
        self.disturbance = disturbance;
    }

    /// Returns when something that leaves at `now` is at the other end; never over a dead line.
    pub(super) fn trip(&self, now: Timestamp, rng: &mut Rng) -> Option<Timestamp> {
        let delay = self.disturbance.unwrap_or(self.calm.up);
        let span = delay.base.saturating_add(rng.span_up_to(delay.jitter));
        (!self.is_dead).then(|| now.checked_add(span).unwrap_or(FOREVER))
    }
}
