//! For how long line, venue and client have been well, as far as the trace tells.

use core::time::Duration;

use heartbeat_core::Timestamp;

use crate::{Entry, Fault, LineChange, Observation, Step};

/// What must be well before anybody is to blame: never which fault it was that ended.
#[derive(Clone, Debug, Default)]
pub(super) struct Conditions {
    half_open: bool,
    disturbed: bool,
    narrow: bool,
    /// How many faults of the venue's are on that keep a heartbeat from working.
    failing: u32,
    /// How many floods are on, and when the last ended.
    flooding: u32,
    flooded_until: Option<Timestamp>,
    well_since: Option<Timestamp>,
    frozen_since: Option<Timestamp>,
    awake_since: Option<Timestamp>,
    /// How much of the time since all was well the client slept.
    slept: Duration,
}

impl Conditions {
    /// How long what was late may still come after its cause is gone: twice the longest
    /// lateness that a schedule plans.
    pub(super) const SETTLED: Duration = Duration::from_secs(16);

    pub(super) fn see(&mut self, entry: &Entry) {
        match &entry.what {
            Step::Line(LineChange::HalfOpen) => self.half_open = true,
            Step::Line(LineChange::Healed) => {
                self.half_open = false;
                self.well_from(entry.at);
            }
            Step::Line(LineChange::Disturbed) => self.disturbed = true,
            Step::Line(LineChange::Calm) => {
                self.disturbed = false;
                self.well_from(entry.at);
            }
            Step::VenueNotes(Observation::FaultBegan { fault }) if hurts(*fault) => {
                self.failing += 1;
            }
            Step::VenueNotes(Observation::FaultEnded { fault }) if hurts(*fault) => {
                self.failing = self.failing.saturating_sub(1);
                self.well_from(entry.at);
            }
            Step::VenueNotes(Observation::FaultBegan { fault: Fault::Flood(_) }) => {
                self.flooding += 1;
            }
            Step::VenueNotes(Observation::FaultEnded { fault: Fault::Flood(_) }) => {
                self.flooding = self.flooding.saturating_sub(1);
                self.flooded_until = Some(entry.at);
            }
            Step::Line(LineChange::Narrow) => self.narrow = true,
            Step::Line(LineChange::Wide) => {
                self.narrow = false;
                self.well_from(entry.at);
            }
            Step::ClientFreezes => self.frozen_since = Some(entry.at),
            Step::ClientThaws => {
                if let Some(since) = self.frozen_since.take() {
                    let counts_from = since.max(self.well_since.unwrap_or_default());
                    self.slept += entry.at.saturating_since(counts_from);
                }
                self.awake_since = Some(entry.at);
            }
            Step::Line(LineChange::Cut | LineChange::Ended)
            | Step::ClientResponds(_)
            | Step::ClientSends(_)
            | Step::ApplicationSends(_)
            | Step::ClientReads(_)
            | Step::ClientReceives
            | Step::Outlet(_)
            | Step::ClientNotes(_)
            | Step::ClientMeasures(_)
            | Step::Verdict(_)
            | Step::VenueSends(_)
            | Step::VenueReads(_)
            | Step::VenueNotes(_)
            | Step::VenueCuts => {}
        }
    }

    fn well_from(&mut self, at: Timestamp) {
        self.well_since = Some(at);
        self.slept = Duration::ZERO;
    }

    /// Returns for how much of the client's own time line and venue have been well: a machine
    /// that was suspended cannot have noticed. Without end if they always were.
    pub(super) fn well_and_awake_for(&self, now: Timestamp) -> Duration {
        let well = self.well_for(now);
        if well == Duration::MAX { well } else { well.saturating_sub(self.slept) }
    }

    /// Returns for how long line and venue have been well; without end if they always were.
    pub(super) fn well_for(&self, now: Timestamp) -> Duration {
        if self.half_open || self.disturbed || self.narrow || self.failing > 0 {
            return Duration::ZERO;
        }
        self.well_since.map_or(Duration::MAX, |since| now.saturating_since(since))
    }

    /// Returns for how long line and venue have been well, and the venue has not asked more often
    /// than its own limits let anybody answer; without end if that was always so.
    pub(super) fn calm_for(&self, now: Timestamp) -> Duration {
        if self.flooding > 0 {
            return Duration::ZERO;
        }
        let flooded = self.flooded_until.map_or(Duration::MAX, |at| now.saturating_since(at));
        self.well_for(now).min(flooded)
    }

    /// Tells whether nothing is amiss but that the line is narrow, and nothing was for longer than
    /// `bound` allows for, and the client has been running.
    pub(super) fn is_narrow_alone(&self, now: Timestamp, bound: Duration) -> bool {
        let but_narrow = Self { narrow: false, ..self.clone() };
        but_narrow.well_and_awake_for(now) > bound + Self::SETTLED
            && self.awake_for(now) > bound + Self::SETTLED
    }

    /// Returns for how long the client has been running; without end if it always was.
    pub(super) fn awake_for(&self, now: Timestamp) -> Duration {
        if self.frozen_since.is_some() {
            return Duration::ZERO;
        }
        self.awake_since.map_or(Duration::MAX, |since| now.saturating_since(since))
    }
}

/// Tells whether a heartbeat cannot work under this fault, or need not. A venue that sends no
/// market data, too much of it or noise, heartbeats or answers too many, or that lets nobody else
/// in has a heartbeat that works.
fn hurts(fault: Fault) -> bool {
    match fault {
        Fault::Silent
        | Fault::HalfOpen
        | Fault::AckThenSilence
        | Fault::ZeroWindow
        | Fault::Stall
        | Fault::Slow(_)
        | Fault::LateAnswer(_)
        | Fault::WrongEcho => true,
        Fault::Zombie
        | Fault::Flood(_)
        | Fault::Jumps
        | Fault::DuplicateAnswer
        | Fault::Burst(_)
        | Fault::Garbage
        | Fault::Cut
        | Fault::Close(_)
        | Fault::ProtocolError
        | Fault::Oversize(_)
        | Fault::Refuse
        | Fault::Http(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_faults_at_once_are_over_when_both_are() {
        let mut conditions = Conditions::default();
        let at = Timestamp::from_millis;
        assert_eq!(conditions.well_for(at(0)), Duration::MAX);
        let story = [
            (1_000, Step::Line(LineChange::HalfOpen)),
            (2_000, Step::Line(LineChange::Disturbed)),
            (3_000, Step::Line(LineChange::Healed)),
        ];
        for (millis, what) in story {
            conditions.see(&Entry { at: at(millis), what });
            assert_eq!(conditions.well_for(at(9_000)), Duration::ZERO);
        }
        conditions.see(&Entry { at: at(4_000), what: Step::Line(LineChange::Calm) });
        assert_eq!(conditions.well_for(at(9_000)), Duration::from_secs(5));
        assert_eq!(conditions.awake_for(at(9_000)), Duration::MAX);
    }
}
