//! Nobody is given up who behaves.

use core::time::Duration;

use heartbeat_core::{Cause, Initiator};

use super::Oracle;
use super::conditions::Conditions;
use super::kicks::for_people;
use crate::{Entry, LineChange, OwnedFrame, Step};

/// Complains of a verdict for which the world gave no reason: over a line and a venue that
/// were well for more of the client's time than it takes to find out; or that blames the venue
/// for an end that it did not make.
#[derive(Clone, Debug)]
pub struct Verdicts {
    bound: Duration,
    conditions: Conditions,
    closed: bool,
    ended: bool,
}

impl Verdicts {
    /// Begins with a new connection of a client that finds a dead peer within `bound`.
    pub fn new(bound: Duration) -> Self {
        Self { bound, conditions: Conditions::default(), closed: false, ended: false }
    }

    fn judge(&self, entry: &Entry, cause: Cause) -> Result<(), String> {
        let well = self.conditions.well_and_awake_for(entry.at);
        let is_founded = match cause.initiator() {
            Initiator::Application => true,
            Initiator::Peer if cause == Cause::TransportLost => self.ended,
            Initiator::Peer => self.closed,
            Initiator::Machine => well < self.bound + Conditions::SETTLED,
        };
        if is_founded {
            return Ok(());
        }
        let bound = self.bound;
        Err(format!(
            "a false verdict ({cause}): line and venue were well for {}, the bound is {bound:?}",
            for_people(well)
        ))
    }
}

impl Oracle for Verdicts {
    fn name(&self) -> &'static str {
        "verdicts"
    }

    fn see(&mut self, entry: &Entry) -> Result<(), String> {
        self.conditions.see(entry);
        match &entry.what {
            Step::ClientReads(OwnedFrame::Close { .. }) => self.closed = true,
            Step::Line(LineChange::Ended) => self.ended = true,
            Step::Verdict(cause) => return self.judge(entry, *cause),
            Step::ClientReads(_)
            | Step::Line(_)
            | Step::ClientResponds(_)
            | Step::ClientSends(_)
            | Step::ApplicationSends(_)
            | Step::ClientNotes(_)
            | Step::ClientMeasures(_)
            | Step::ClientFreezes
            | Step::ClientThaws
            | Step::VenueSends(_)
            | Step::VenueReads(_)
            | Step::VenueNotes(_)
            | Step::VenueCuts => {}
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::judge;
    use super::*;

    const GIVEN_UP: Cause = Cause::AnswerOverdue { failures: 3, waited: Duration::from_secs(3) };

    fn judged(story: &[(u64, Step)]) -> Result<(), String> {
        judge(Verdicts::new(Duration::from_secs(10)), story)
    }

    #[test]
    fn a_verdict_on_a_healthy_peer_is_found_though_we_slept() {
        assert!(judged(&[(60_000, Step::Verdict(GIVEN_UP))]).is_err());
        let slept = [
            (10_000, Step::ClientFreezes),
            (50_000, Step::ClientThaws),
            (50_000, Step::Verdict(GIVEN_UP)),
        ];
        assert!(judged(&slept).is_err());
    }

    #[test]
    fn a_verdict_soon_after_a_fault_is_fair() {
        let story = |healed, verdict| {
            judged(&[
                (10_000, Step::Line(LineChange::HalfOpen)),
                (healed, Step::Line(LineChange::Healed)),
                (verdict, Step::Verdict(GIVEN_UP)),
            ])
        };
        assert_eq!(story(20_000, 45_000), Ok(()));
        assert!(story(20_000, 46_000).is_err());
    }

    #[test]
    fn an_end_needs_its_evidence() {
        let lost = Step::Verdict(Cause::TransportLost);
        let closed = Step::Verdict(Cause::PeerClosed { code: None });
        assert!(judged(&[(1, lost.clone())]).is_err());
        assert!(judged(&[(1, closed.clone())]).is_err());
        assert_eq!(judged(&[(0, Step::Line(LineChange::Ended)), (1, lost)]), Ok(()));
        let close = OwnedFrame::Close { code: None, reason: String::new() };
        assert_eq!(judged(&[(0, Step::ClientReads(close)), (1, closed)]), Ok(()));
    }
}
