//! The operator's hand: inputs that stand above what the recovery would do by itself.

use super::rotation::Rotation;
use super::state::{End, Tries};
use super::{GiveUp, LeaveReason, Recovery, RotationReason, Setbacks};
use crate::{Settlement, Timestamp};

impl Recovery {
    /// Plans a rotation of the connection that is live, at once, with whatever the endpoint says
    /// then; without one it does nothing. For an application that knows that its session is of no
    /// more use, too. While one that was refused waits to be tried again it changes nothing: only
    /// [`reconnect_now`](Self::reconnect_now) does not wait.
    pub fn request_rotation(&mut self, now: Timestamp) {
        let now = self.advance(now);
        if let Some(live) = &mut self.live {
            live.rotate_by(Rotation { at: now, reason: RotationReason::Requested });
        }
    }

    /// Makes the next attempt due at once, over the backoff, the breaker and any pause that the
    /// venue asked for; only its connect budget still holds. A connection that is live is rotated,
    /// an attempt that is under way goes on, and a pause of the operator's is over. What the venue
    /// said before counts no more.
    ///
    /// For an operator who knows better: whatever was wrong is mended.
    pub fn reconnect_now(&mut self, now: Timestamp) {
        let now = self.advance(now);
        if self.end != End::Open {
            return;
        }
        self.setbacks = Setbacks::NONE;
        self.setback = None;
        self.is_paused = false;
        if self.attempt.is_none() {
            self.is_forced = true;
            self.due = now;
        }
        if let Some(live) = &mut self.live {
            (live.rotates_from, live.tries) = (now, Tries::NONE);
        }
        self.request_rotation(now);
    }

    /// Stops connecting until [`resume`](Self::resume): an attempt is withdrawn, and a connection
    /// that is live is left, cleanly.
    pub fn pause(&mut self, now: Timestamp) {
        let now = self.advance(now);
        if self.end != End::Open || self.is_paused {
            return;
        }
        self.is_paused = true;
        self.is_forced = false;
        if let Some(attempt) = self.attempt.take() {
            self.ledger.settle(attempt.permit, Settlement::Neutral);
            self.reports.withdrawn = Some(attempt.generation);
        }
        if let Some(live) = self.live.take() {
            if let Some(old) = self.leaving.take() {
                // The driver hears first that the one to leave has taken over.
                self.reports.rotated = Some((old.generation, live.generation, old.reason()));
            }
            self.part(now, live.generation, LeaveReason::Paused);
        }
    }

    /// Connects again after a [`pause`](Self::pause), as soon as the venue's gate lets it.
    pub fn resume(&mut self, now: Timestamp) {
        let now = self.advance(now);
        if core::mem::take(&mut self.is_paused) {
            self.due = self.due.max(now);
        }
    }

    /// Ends it by the application's wish.
    pub fn stop(&mut self, now: Timestamp) {
        self.advance(now);
        self.give_up(GiveUp::Stopped);
    }
}
