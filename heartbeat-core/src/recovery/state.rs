//! What a recovery remembers of an attempt, of a connection, and of what to tell the gate.

use core::time::Duration;

use super::rotation::Rotation;
use super::{AttemptPhase, Generation, GiveUp, RotationReason};
use crate::{AttemptLimit, Gate, NoticeKind, Permit, Settlement, Timestamp};

/// An attempt that is under way.
#[derive(Debug)]
pub(super) struct Attempt {
    pub(super) generation: Generation,
    pub(super) phase: AttemptPhase,
    /// When the phase began.
    pub(super) began: Timestamp,
    /// When its phase is overdue; `None` past the end of the axis.
    pub(super) deadline: Option<Timestamp>,
    pub(super) permit: Permit,
    /// The rotation for age of the connection that it may become.
    pub(super) rotation: Option<Rotation>,
    pub(super) told: Option<Told>,
    pub(super) in_maintenance: bool,
}

/// A notice that the venue will end the connection, or has ended its session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Told {
    pub(super) kind: NoticeKind,
    /// When it will, if the venue said so.
    pub(super) ends: Option<Timestamp>,
}

impl Attempt {
    /// Takes a notice. What tells it to leave is for the connection that it may become.
    pub(super) fn note(&mut self, now: Timestamp, kind: NoticeKind, deadline: Option<Duration>) {
        self.in_maintenance = maintenance_after(kind, self.in_maintenance);
        if tells_to_leave(kind) {
            let ends = deadline.map(|deadline| now.saturating_add(deadline));
            self.told.get_or_insert(Told { kind, ends });
        }
    }

    /// Moves on to a phase, unless it is past it.
    pub(super) fn reach(&mut self, now: Timestamp, phase: AttemptPhase, within: Duration) {
        if self.phase < phase {
            self.phase = phase;
            self.began = now;
            self.deadline = now.checked_add(within);
        }
    }

    /// Gives the phase its time again, up to so long since the attempt began.
    pub(super) fn progress(&mut self, now: Timestamp, within: Duration, longest: Duration) {
        let last = self.began.checked_add(longest);
        let next = now.checked_add(within);
        let again = match (next, last) {
            (Some(next), Some(last)) => Some(next.min(last)),
            (next, last) => next.or(last),
        };
        self.deadline = self.deadline.max(again);
    }

    pub(super) const fn into_living(self, now: Timestamp) -> (Permit, Living) {
        let living = Living {
            generation: self.generation,
            since: now,
            is_stable: false,
            has_counted: false,
            put_off: now,
            told: None,
            rotation: self.rotation,
            aging: self.rotation,
            rotates_from: now,
            tries: Tries::NONE,
            in_maintenance: self.in_maintenance,
        };
        (self.permit, living)
    }
}

/// A connection that is live.
#[derive(Debug)]
pub(super) struct Living {
    pub(super) generation: Generation,
    pub(super) since: Timestamp,
    is_stable: bool,
    /// Whether it was counted as one that died young.
    pub(super) has_counted: bool,
    /// No attempt before this, should it end.
    pub(super) put_off: Timestamp,
    /// What last told it to leave.
    pub(super) told: Option<Told>,
    pub(super) rotation: Option<Rotation>,
    /// The rotation for its age, which one for another reason does not replace.
    pub(super) aging: Option<Rotation>,
    /// No attempt to rotate before this: one was refused.
    pub(super) rotates_from: Timestamp,
    /// What became of its rotation.
    pub(super) tries: Tries,
    pub(super) in_maintenance: bool,
}

/// Attempts to rotate that came to nothing, since a rotation was last planned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Tries {
    pub(super) failed: u32,
    /// Those of them that the venue or the application refused.
    pub(super) refused: u32,
}

impl Tries {
    pub(super) const NONE: Self = Self { failed: 0, refused: 0 };
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
        let proves = !self.is_stable && now.saturating_since(self.since) >= stable_for;
        self.is_stable |= proves;
        proves
    }

    pub(super) const fn is_stable(&self) -> bool {
        self.is_stable
    }

    /// Returns why it is left.
    pub(super) fn reason(&self) -> RotationReason {
        self.rotation.map_or(RotationReason::Requested, |rotation| rotation.reason)
    }
}

/// Tells whether a notice says that the connection is of no use for long.
pub(super) const fn tells_to_leave(kind: NoticeKind) -> bool {
    matches!(kind, NoticeKind::Shutdown | NoticeKind::SessionExpired)
}

const fn maintenance_after(kind: NoticeKind, before: bool) -> bool {
    match kind {
        NoticeKind::MaintenanceStarted => true,
        NoticeKind::MaintenanceEnded => false,
        NoticeKind::Shutdown | NoticeKind::SessionExpired => before,
    }
}

/// A connection that is left before there is another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Parting {
    pub(super) generation: Generation,
    /// The next attempt waits for its end until then.
    pub(super) until: Timestamp,
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

    pub(super) fn present<B: AttemptLimit>(&mut self, now: Timestamp, gate: &mut Gate<B>) {
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
