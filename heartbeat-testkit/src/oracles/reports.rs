//! What a peer can do as often as it likes is not told as often.

use core::time::Duration;
use std::collections::VecDeque;

use heartbeat_core::{Event, Timestamp};

use super::Oracle;
use crate::{Entry, Fault, Observation, Step};

/// Complains of a client that reports more in a second than a session may, that tells of more than
/// one jump of a counter in a second, or of one that did not happen: each is a gap to somebody.
#[derive(Clone, Debug, Default)]
pub struct Reports {
    /// When what was told within the last second was told, the oldest first.
    told: VecDeque<Timestamp>,
    /// When jumps were told, the last two.
    jumps: [Option<Timestamp>; 2],
    /// Whether the venue's numbers have ever jumped.
    may_jump: bool,
}

impl Reports {
    /// How many events and measurements may be told in any second: those of two seconds of the
    /// session's own, which may meet.
    pub const A_SECOND: usize = 2 * 300;

    /// Begins with a new connection.
    pub const fn new() -> Self {
        Self { told: VecDeque::new(), jumps: [None; 2], may_jump: false }
    }

    fn tells(&mut self, at: Timestamp) -> Result<(), String> {
        let is_over = |told: &Timestamp| at.saturating_since(*told) >= Duration::from_secs(1);
        while self.told.front().is_some_and(is_over) {
            self.told.pop_front();
        }
        self.told.push_back(at);
        let (told, most) = (self.told.len(), Self::A_SECOND);
        if told <= most {
            return Ok(());
        }
        Err(format!("{told} reports in a second, at most {most} are told one by one"))
    }

    /// One at once and one when its second is over: three in a second are too many.
    fn jumps(&mut self, at: Timestamp) -> Result<(), String> {
        if !self.may_jump {
            return Err("a counter is told to have jumped that went up by one".to_owned());
        }
        let [before, last] = self.jumps;
        self.jumps = [last, Some(at)];
        match before {
            Some(before) if at.saturating_since(before) < Duration::from_secs(1) => {
                Err("three jumps of a counter are told in a second".to_owned())
            }
            _ => Ok(()),
        }
    }
}

impl Oracle for Reports {
    fn name(&self) -> &'static str {
        "reports"
    }

    fn see(&mut self, entry: &Entry) -> Result<(), String> {
        match &entry.what {
            Step::ClientMeasures(_) => self.tells(entry.at),
            Step::VenueNotes(Observation::FaultBegan { fault: Fault::Jumps }) => {
                self.may_jump = true;
                Ok(())
            }
            Step::ClientNotes(event) => {
                self.tells(entry.at)?;
                if matches!(event, Event::CounterJump { .. }) {
                    self.jumps(entry.at)
                } else {
                    Ok(())
                }
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::judge;
    use super::*;

    fn notes(at: u64, event: Event) -> (u64, Step) {
        (at, Step::ClientNotes(event))
    }

    #[test]
    fn who_tells_everything_that_comes_in_a_flood_is_found() {
        let told = |count: u64| {
            let beat = Event::BeatReceived { counter: None };
            judge(Reports::new(), &(0..count).map(|it| notes(it, beat)).collect::<Vec<_>>())
        };
        assert_eq!(told(600), Ok(()));
        assert!(told(601).is_err());
    }

    #[test]
    fn a_jump_that_is_told_too_often_or_of_nothing_is_found() {
        let jump = |at| notes(at, Event::CounterJump { expected: 1, got: 2 });
        let fault = Fault::Jumps;
        let begins = (0, Step::VenueNotes(Observation::FaultBegan { fault }));
        assert!(judge(Reports::new(), &[jump(1)]).is_err(), "of nothing");
        let told = |third| judge(Reports::new(), &[begins.clone(), jump(9), jump(10), jump(third)]);
        assert_eq!(told(1_009), Ok(()));
        assert!(told(1_008).is_err());
    }
}
