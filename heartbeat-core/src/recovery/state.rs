//! What a recovery remembers of an attempt, of a connection, and of what to tell the gate.

use core::time::Duration;

use super::rotation::Rotation;
use super::{AttemptPhase, Generation, GiveUp, RotationReason};
use crate::{Budget, Gate, NoticeKind, Permit, Settlement, Timestamp};

/// An attempt that is under way.
#[derive(Debug)]
pub(super) struct Attempt {
    pub(super) generation: Generation,
    pub(super) phase: AttemptPhase,
    /// When its phase is overdue; `None` past the end of the axis.
    pub(super) deadline: Option<Timestamp>,
    pub(super) permit: Permit,
    /// The rotation for age of the connection that it may become.
    pub(super) rotation: Option<Rotation>,
    pub(super) in_maintenance: bool,
}

impl Attempt {
    pub(super) const fn note(&mut self, kind: NoticeKind) {
        self.in_maintenance = maintenance_after(kind, self.in_maintenance);
    }

    pub(super) fn into_living(self, now: Timestamp) -> (Permit, Living) {
        let living = Living {
            generation: self.generation,
            stability: Stability::LiveSince(now),
            rotation: self.rotation,
            in_maintenance: self.in_maintenance,
        };
        (self.permit, living)
    }
}

/// A connection that is live.
#[derive(Debug)]
pub(super) struct Living {
    pub(super) generation: Generation,
    stability: Stability,
    pub(super) rotation: Option<Rotation>,
    pub(super) in_maintenance: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stability {
    LiveSince(Timestamp),
    Proven,
}

impl Living {
    pub(super) const fn note(&mut self, kind: NoticeKind) {
        self.in_maintenance = maintenance_after(kind, self.in_maintenance);
    }

    /// Plans a rotation, unless an earlier one is planned.
    pub(super) fn rotate_by(&mut self, rotation: Rotation) {
        if self.rotation.is_none_or(|planned| rotation.at < planned.at) {
            self.rotation = Some(rotation);
        }
    }

    /// Tells, once, that the connection has been live for long enough.
    pub(super) fn proves_stable(&mut self, now: Timestamp, stable_for: Duration) -> bool {
        let Stability::LiveSince(since) = self.stability else {
            return false;
        };
        let is_proven = now.saturating_since(since) >= stable_for;
        if is_proven {
            self.stability = Stability::Proven;
        }
        is_proven
    }

    pub(super) fn is_stable(&self) -> bool {
        self.stability == Stability::Proven
    }

    /// Returns why it is left.
    pub(super) fn reason(&self) -> RotationReason {
        self.rotation.map_or(RotationReason::Requested, |rotation| rotation.reason)
    }
}

const fn maintenance_after(kind: NoticeKind, before: bool) -> bool {
    match kind {
        NoticeKind::MaintenanceStarted => true,
        NoticeKind::MaintenanceEnded => false,
        NoticeKind::Shutdown | NoticeKind::SessionExpired => before,
    }
}

/// Whether a recovery is over, and whether the driver was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    Open,
    Reached(GiveUp),
    Announced(GiveUp),
}

impl End {
    pub(super) const fn why(self) -> Option<GiveUp> {
        match self {
            Self::Open => None,
            Self::Reached(why) | Self::Announced(why) => Some(why),
        }
    }
}

/// What the gate is told at the next poll: inputs come without it, so that nobody needs the
/// lock of a whole venue to say what became of a connection.
#[derive(Debug)]
pub(super) struct Ledger {
    /// One attempt is out at a time, and the next begins in a poll.
    settled: Option<(Permit, Settlement)>,
    young_deaths: u8,
    hold: Option<Timestamp>,
}

impl Ledger {
    pub(super) const EMPTY: Self = Self { settled: None, young_deaths: 0, hold: None };

    pub(super) fn settle(&mut self, permit: Permit, settlement: Settlement) {
        self.settled = Some((permit, settlement));
    }

    pub(super) const fn record_young_death(&mut self) {
        self.young_deaths = self.young_deaths.saturating_add(1);
    }

    pub(super) fn hold_until(&mut self, end: Timestamp) {
        self.hold = self.hold.max(Some(end));
    }

    pub(super) fn present<B: Budget>(&mut self, now: Timestamp, gate: &mut Gate<B>) {
        if let Some((permit, settlement)) = self.settled.take() {
            gate.settle(now, permit, settlement);
        }
        for _ in 0..core::mem::take(&mut self.young_deaths) {
            gate.record_failure(now);
        }
        if let Some(end) = self.hold.take() {
            gate.hold_until(now, end);
        }
    }
}
