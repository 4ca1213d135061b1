//! No venue throws us out for a heartbeat that could have reached it.

use core::time::Duration;

use super::Oracle;
use super::conditions::Conditions;
use crate::{Entry, Observation, Offence, Step};

/// Complains of a client that was thrown out for its heartbeat while line and venue were well
/// and it was running, or for an echo that was wrong at any time.
#[derive(Clone, Debug)]
pub struct Kicks {
    awake: Duration,
    conditions: Conditions,
}

impl Kicks {
    /// How long a client that has slept must have been running to be to blame for a challenge:
    /// time to read what has waited, and for the response to travel.
    pub const AWAKE: Duration = Duration::from_secs(4);

    /// Begins with a new connection of a client that speaks again within `speaks_within` of
    /// waking up, and so has that much more time to break a silence.
    pub fn new(speaks_within: Duration) -> Self {
        Self { awake: Self::AWAKE.saturating_add(speaks_within), conditions: Conditions::default() }
    }
}

impl Oracle for Kicks {
    fn name(&self) -> &'static str {
        "kicks"
    }

    fn see(&mut self, entry: &Entry) -> Result<(), String> {
        self.conditions.see(entry);
        let Step::VenueNotes(Observation::Kicked { why, .. }) = entry.what else {
            return Ok(());
        };
        let well = self.conditions.calm_for(entry.at);
        let awake = self.conditions.awake_for(entry.at);
        let due = match why {
            Offence::Silence => self.awake,
            Offence::UnansweredChallenge
            | Offence::WrongEcho
            | Offence::NoSubscription
            | Offence::EarlyPing
            | Offence::HarmfulPing
            | Offence::MalformedText
            | Offence::FrameTooLong
            | Offence::RepeatedErrors
            | Offence::SlowReader
            | Offence::Breach(_)
            | Offence::TooManyMessages { .. } => Self::AWAKE,
        };
        let is_ours = matches!(why, Offence::WrongEcho | Offence::Breach(_));
        if is_ours || (well >= Conditions::SETTLED && awake >= due) {
            return Err(format!(
                "the client was kicked for {}, with line and venue well for {} and it awake for {}",
                why.as_str(),
                for_people(well),
                for_people(awake),
            ));
        }
        Ok(())
    }
}

/// Spells a span that may be without end.
pub(super) fn for_people(span: Duration) -> String {
    if span == Duration::MAX { "ever".to_owned() } else { format!("{span:?}") }
}

#[cfg(test)]
mod tests {
    use super::super::tests::judge;
    use super::*;
    use crate::LineChange;

    const KICKED: Step =
        Step::VenueNotes(Observation::Kicked { why: Offence::UnansweredChallenge, code: None });

    #[test]
    fn a_kick_out_of_a_clear_sky_is_found() {
        let complaint = judge(Kicks::new(Duration::from_secs(5)), &[(60_000, KICKED)]).unwrap_err();
        assert!(complaint.contains("kicked for unanswered_challenge"), "{complaint}");
    }

    #[test]
    fn a_kick_through_a_dead_line_or_while_we_slept_is_fair() {
        let dead = [(50_000, Step::Line(LineChange::HalfOpen)), (60_000, KICKED)];
        assert_eq!(judge(Kicks::new(Duration::from_secs(5)), &dead), Ok(()));
        let asleep = [(50_000, Step::ClientFreezes), (60_000, KICKED)];
        assert_eq!(judge(Kicks::new(Duration::from_secs(5)), &asleep), Ok(()));
        let mut long_over = dead.to_vec();
        long_over.insert(1, (50_001, Step::Line(LineChange::Healed)));
        assert_eq!(
            judge(Kicks::new(Duration::from_secs(5)), &long_over),
            Ok(()),
            "what was late may still be"
        );
        long_over[2].0 = 70_000;
        assert!(judge(Kicks::new(Duration::from_secs(5)), &long_over).is_err());
    }

    #[test]
    fn who_has_slept_breaks_a_silence_later_than_it_answers() {
        let silent = Observation::Kicked { why: Offence::Silence, code: None };
        for (kick, after, is_fair) in [
            (KICKED, 3_999, true),
            (KICKED, 4_000, false),
            (Step::VenueNotes(silent.clone()), 8_999, true),
            (Step::VenueNotes(silent), 9_000, false),
        ] {
            let story =
                [(1, Step::ClientFreezes), (30_000, Step::ClientThaws), (30_000 + after, kick)];
            assert_eq!(judge(Kicks::new(Duration::from_secs(5)), &story).is_ok(), is_fair);
        }
    }

    #[test]
    fn nothing_excuses_a_wrong_echo() {
        let wrong = Observation::Kicked { why: Offence::WrongEcho, code: Some(1002) };
        let story = [(1, Step::Line(LineChange::HalfOpen)), (2, Step::VenueNotes(wrong))];
        assert!(judge(Kicks::new(Duration::from_secs(5)), &story).is_err());
    }
}
