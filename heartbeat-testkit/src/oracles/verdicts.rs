//! Nobody is given up who behaves.

use core::time::Duration;

use heartbeat_core::{Cause, Initiator, Timestamp};

use super::Oracle;
use super::conditions::Conditions;
use super::kicks::for_people;
use crate::{Entry, LineChange, OwnedFrame, Step};

/// Complains of a verdict for which the world gave no reason: over a line and a venue that
/// were well for more of the client's time than it takes to find out; over a message that was
/// growing and had not used up its grace; or that blames the venue for an end that it did not make.
#[derive(Clone, Debug)]
pub struct Verdicts {
    bound: Duration,
    grace: Duration,
    conditions: Conditions,
    /// When the first and the last part came of a message that is not whole, of a venue that was
    /// well until then but for the narrowness of its line.
    growing: Option<(Timestamp, Timestamp)>,
    closed: bool,
    ended: bool,
}

impl Verdicts {
    /// Begins with a new connection of a client that finds a dead peer within `bound`,
    /// and waits for this much longer for what is late.
    pub fn new(bound: Duration, grace: Duration) -> Self {
        let (conditions, growing) = (Conditions::default(), None);
        Self { bound, grace, conditions, growing, closed: false, ended: false }
    }

    fn judge(&self, entry: &Entry, cause: Cause) -> Result<(), String> {
        let well = self.conditions.well_and_awake_for(entry.at);
        let is_founded = match cause.initiator() {
            Initiator::Application => true,
            Initiator::Peer if cause == Cause::TransportLost => self.ended,
            Initiator::Peer => self.closed,
            Initiator::Machine if self.is_growing(entry.at, cause) => false,
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

impl Verdicts {
    /// Tells whether a message was coming in that explains all that is missed.
    fn is_growing(&self, now: Timestamp, cause: Cause) -> bool {
        let is_of_silence =
            matches!(cause, Cause::AnswerOverdue { .. } | Cause::ClockExceeded { .. });
        let grows = self.growing.is_some_and(|(first, last)| {
            now.saturating_since(last) < Duration::from_millis(500)
                && now.saturating_since(first) < self.grace
        });
        is_of_silence && grows
    }
}

impl Oracle for Verdicts {
    fn name(&self) -> &'static str {
        "verdicts"
    }

    fn see(&mut self, entry: &Entry) -> Result<(), String> {
        self.conditions.see(entry);
        match &entry.what {
            // Whoever was unwell, or slept, may be given up in the middle of a message.
            Step::ClientReceives => {
                let since = self.growing.map_or(entry.at, |(first, _)| first);
                self.growing = self
                    .conditions
                    .is_narrow_alone(entry.at, self.bound)
                    .then_some((since, entry.at));
            }
            Step::ClientReads(OwnedFrame::Close { .. }) => self.closed = true,
            Step::Line(LineChange::Ended) => self.ended = true,
            Step::Verdict(cause) => return self.judge(entry, *cause),
            Step::ClientReads(_) => self.growing = None,
            Step::Line(_)
            | Step::ClientResponds(_)
            | Step::ClientSends(_)
            | Step::ApplicationSends(_)
            | Step::ClientNotes(_)
            | Step::ClientMeasures(_)
            | Step::Outlet(_)
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
        judge(Verdicts::new(Duration::from_secs(10), Duration::from_secs(5)), story)
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
    fn a_verdict_in_the_middle_of_a_message_is_found() {
        let story = |count: u64| {
            let narrow = (40_000, Step::Line(LineChange::Narrow));
            let parts = (0..count).map(|part| (40_000 + 250 * part, Step::ClientReceives));
            let at = 40_000 + 250 * count;
            let verdict = (at, Step::Verdict(GIVEN_UP));
            judged(&[narrow].into_iter().chain(parts).chain([verdict]).collect::<Vec<_>>())
        };
        assert!(story(10).is_err());
        assert_eq!(story(21), Ok(()), "the grace was used up");
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
