//! A dead peer is found within the bound that the settings state.

use core::time::Duration;

use heartbeat_core::{Outlet, Timestamp};

use super::Oracle;
use crate::{Entry, Step, Vitals};

/// Complains of a client that has read nothing, not a part of a frame, for longer than its bound
/// of silence and has reached no verdict; or no whole frame for longer than its bound of detection.
///
/// Counts from the last thing read, so that the time on the way needs no allowance. A sleep of
/// the client's begins the bound anew, once until something is read, and adds itself; so does the
/// time in which the client's own budget holds heartbeats back; a clock may be wrong by a
/// thousandth.
#[derive(Clone, Debug)]
pub struct Detection {
    bound: Duration,
    /// How much longer a frame may take that comes in in parts.
    grace: Duration,
    since: Option<Timestamp>,
    whole: Option<Timestamp>,
    frozen: Option<Timestamp>,
    slept: Duration,
    /// How long our own brake was on, and since when it is.
    held: Duration,
    held_since: Option<Timestamp>,
    stalled: bool,
    over: bool,
}

impl Detection {
    /// Begins with a new connection of a client with this bound of silence and this grace.
    pub fn new(bound: Duration, grace: Duration) -> Self {
        Self {
            bound,
            grace,
            since: None,
            whole: None,
            frozen: None,
            slept: Duration::ZERO,
            held: Duration::ZERO,
            held_since: None,
            stalled: false,
            over: false,
        }
    }

    fn on_read(&mut self, at: Timestamp) {
        self.since = Some(at);
        self.slept = Duration::ZERO;
        self.held = Duration::ZERO;
        self.held_since = self.held_since.map(|_| at);
        self.stalled = false;
    }

    fn on_outlet(&mut self, at: Timestamp, outlet: Outlet) {
        let held = self.held_for(at);
        self.held = held;
        self.held_since = (outlet == Outlet::Held).then_some(at);
    }

    fn held_for(&self, now: Timestamp) -> Duration {
        self.held + self.held_since.map_or(Duration::ZERO, |since| now.saturating_since(since))
    }

    fn check(&self, now: Timestamp) -> Result<(), String> {
        let Some(since) = self.since.filter(|_| !self.over && self.frozen.is_none()) else {
            return Ok(());
        };
        let patience = if self.stalled { self.bound * 2 } else { self.bound };
        let excused = self.slept + self.held_for(now);
        // What began to come in before the client slept is excused once more.
        let dribbles = self.whole.is_some_and(|whole| {
            let most = patience + self.grace + excused;
            now.saturating_since(whole) > most + most / 1_000 + Duration::from_millis(1)
        });
        if dribbles {
            let (bound, grace) = (self.bound, self.grace);
            return Err(format!(
                "no whole frame was read for longer than the bound ({bound:?}) and the grace \
                 ({grace:?}), and no verdict fell"
            ));
        }
        let silent = now.saturating_since(since);
        let allowed = patience + excused + patience / 1_000 + Duration::from_millis(1);
        if silent <= allowed {
            return Ok(());
        }
        let (bound, slept) = (self.bound, self.slept);
        Err(format!(
            "nothing was read for {silent:?}, and no verdict fell: the bound is {bound:?}, the \
             client slept for {slept:?}"
        ))
    }
}

impl Oracle for Detection {
    fn name(&self) -> &'static str {
        "detection"
    }

    fn see(&mut self, entry: &Entry) -> Result<(), String> {
        // The first entry is the opening of the connection.
        self.since = self.since.or(Some(entry.at));
        self.whole = self.whole.or(Some(entry.at));
        match &entry.what {
            Step::ClientReads(_) => {
                self.whole = Some(entry.at);
                self.on_read(entry.at);
            }
            Step::ClientReceives => self.since = Some(entry.at),
            Step::Outlet(outlet) => self.on_outlet(entry.at, *outlet),
            Step::ClientFreezes => self.frozen = self.frozen.or(Some(entry.at)),
            Step::ClientThaws => {
                self.stalled = true;
                if let Some(since) = self.frozen.take() {
                    self.slept += entry.at.saturating_since(since);
                }
            }
            Step::Verdict(_) => {
                let in_time = self.check(entry.at);
                self.over = true;
                return in_time;
            }
            Step::ClientResponds(_)
            | Step::ClientSends(_)
            | Step::ApplicationSends(_)
            | Step::ClientNotes(_)
            | Step::ClientMeasures(_)
            | Step::VenueSends(_)
            | Step::VenueReads(_)
            | Step::VenueNotes(_)
            | Step::VenueCuts
            | Step::Line(_) => {}
        }
        Ok(())
    }

    fn tick(&mut self, now: Timestamp, _vitals: Vitals) -> Result<(), String> {
        self.check(now)
    }
}

#[cfg(test)]
mod tests {
    use heartbeat_core::Cause;

    use super::super::tests::judge;
    use super::*;
    use crate::OwnedFrame;

    fn judged(story: &[(u64, Step)]) -> Result<(), String> {
        judge(Detection::new(Duration::from_secs(10), Duration::from_secs(5)), story)
    }

    #[test]
    fn a_verdict_that_is_late_or_missing_is_found() {
        let read = (1_000, Step::ClientReads(OwnedFrame::text("data")));
        let verdict = |at| (at, Step::Verdict(Cause::TransportLost));
        assert_eq!(judged(&[read.clone(), verdict(11_011), (99_000, Step::VenueCuts)]), Ok(()));
        assert!(judged(&[read.clone(), verdict(11_012)]).is_err(), "late");
        assert!(judged(&[read, (11_012, Step::VenueCuts)]).is_err(), "missing");
        let never_read = [(0, Step::VenueCuts), (10_012, Step::VenueCuts)];
        assert!(judged(&never_read).is_err(), "the opening counts as the first sign");
    }

    #[test]
    fn a_part_is_a_sign_of_life_and_a_message_without_end_is_not() {
        let read = (0, Step::ClientReads(OwnedFrame::text("data")));
        let part = |at| (at, Step::ClientReceives);
        let cut = |at| (at, Step::VenueCuts);
        assert_eq!(judged(&[read.clone(), part(3_000), cut(13_011)]), Ok(()));
        assert!(judged(&[read.clone(), part(3_000), cut(13_012)]).is_err(), "it stalled");
        let dribble = |until: u64| {
            let parts = (1..until / 1_000).map(|second| part(second * 1_000));
            judged(&[read.clone()].into_iter().chain(parts).chain([cut(until)]).collect::<Vec<_>>())
        };
        assert_eq!(dribble(15_016), Ok(()));
        assert!(dribble(15_017).is_err());
    }

    #[test]
    fn a_stall_begins_the_bound_anew_once_and_adds_itself() {
        let read = (0, Step::ClientReads(OwnedFrame::text("data")));
        let slept = [
            read,
            (5_000, Step::ClientFreezes),
            (8_000, Step::ClientThaws),
            (23_000, Step::VenueCuts),
        ];
        assert_eq!(judged(&slept), Ok(()));
        let mut again = slept.to_vec();
        again.push((23_100, Step::VenueCuts));
        assert!(judged(&again).is_err());
    }
}
