//! What the venue answers, how fast, and how old it lets a connection become.

use heartbeat_platforms::Answered;

use super::super::measure::shown;
use super::super::patience::fears_pings;
use super::super::recording::Asked;
use super::super::{Experiment, Fact, Measure, Recording};
use super::{Evidence, Observed, median};

impl Evidence<'_> {
    pub(super) fn answers(&self) -> Vec<Observed> {
        let documented = match self.subject.facts.answers_pings {
            Answered::Yes | Answered::Presumed { .. } => Some(Measure::Flag(true)),
            Answered::No => Some(Measure::Flag(false)),
            Answered::Unknown | _ => None,
        };
        let mut found =
            self.answered([Fact::AnswersPings, Fact::PingRoundTrip], documented, |it| &it.pings);
        if self.subject.has_text_probe() {
            let documented = Some(Measure::Flag(true));
            let facts = [Fact::AnswersProbes, Fact::ProbeRoundTrip];
            found.extend(self.answered(facts, documented, |it| &it.probes));
        }
        found.extend(self.max_age());
        found
    }

    fn answered(
        &self,
        [answers, round_trip]: [Fact; 2],
        documented: Option<Measure>,
        of: impl Fn(&Recording) -> &Asked,
    ) -> Vec<Observed> {
        let asked: Vec<_> = self
            .of(Experiment::Attend)
            .map(of)
            .filter(|asked| asked.sent >= 2 || asked.answered > 0)
            .collect();
        let (sent, answered) = asked
            .iter()
            .fold((0, 0), |(sent, answered), it| (sent + it.sent, answered + it.answered));
        // One may have been lost, and the last be on its way.
        let values = asked.iter().map(|it| Measure::Flag(2 * it.answered > it.sent));
        let observed = Observed::new(answers, documented);
        let mut found = vec![if asked.is_empty() {
            observed.note(if answers == Fact::AnswersPings && fears_pings(&self.subject.facts) {
                "ping frames are said to do harm, so none were sent but to see that"
            } else {
                "no connection was kept long enough to ask twice"
            })
        } else {
            observed.values(values).note(format!("{answered} of {sent}"))
        }];
        let round_trips: Vec<_> =
            asked.iter().filter_map(|it| median(it.round_trips.clone())).collect();
        if !round_trips.is_empty() {
            let values = round_trips.into_iter().map(Measure::Span);
            found.push(Observed::new(round_trip, None).values(values));
        }
        found
    }

    fn max_age(&self) -> Option<Observed> {
        let documented = self.subject.facts.max_age;
        let observed = Observed::new(Fact::MaxAge, documented.map(Measure::Span));
        let oldest = self.recordings.iter().map(Recording::lasted).max().unwrap_or_default();
        match (self.age(), documented) {
            (Some(age), _) => Some(
                observed
                    .values([Measure::Span(age)])
                    .note("one that did all it should was ended, and none lived longer"),
            ),
            (None, Some(_)) => {
                let note = format!("the oldest was {} old", shown(oldest));
                Some(observed.values([Measure::AtLeast(oldest)]).note(note))
            }
            (None, None) => None,
        }
    }
}
