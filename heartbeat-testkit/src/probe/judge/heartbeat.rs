//! What the venue sends by itself, and what becomes of who does not answer.

use core::time::Duration;

use heartbeat_platforms::Begins;

use super::super::measure::shown;
use super::super::recording::Times;
use super::super::{Experiment, Fact, Measure, Recording};
use super::{Evidence, Observed, median};

impl Evidence<'_> {
    pub(super) fn heartbeat(&self) -> Vec<Observed> {
        let rules = &self.subject.rules;
        let challenge = rules.challenge;
        let mut found = vec![
            self.period(Fact::ChallengeEvery, challenge.map(|rule| rule.every), |it| {
                &it.challenges
            }),
            self.period(Fact::BeatEvery, rules.beat_every, |it| &it.beats),
        ];
        let layers: Vec<_> = self.recordings.iter().filter_map(|it| it.layer).collect();
        if challenge.is_some() || !layers.is_empty() {
            let documented = challenge.map(|rule| Measure::Layer(rule.layer));
            let note = if layers.is_empty() { "no challenge came" } else { "" };
            let layer = Observed::new(Fact::ChallengeLayer, documented);
            found.push(layer.values(layers.into_iter().map(Measure::Layer)).note(note));
            found.push(self.ends_after());
            found.push(self.wrong_echo());
        }
        if challenge.is_some() || rules.beat_every.is_some() || self.attended(Recording::is_beaten)
        {
            found.push(self.begins());
        }
        found.extend(self.heartbeat_close());
        found
    }

    fn attended(&self, does: impl Fn(&Recording) -> bool) -> bool {
        self.of(Experiment::Attend).any(does)
    }

    /// Returns how long the longest connection was that did all it should.
    pub(super) fn attended_for(&self) -> Duration {
        self.of(Experiment::Attend).map(Recording::lasted).max().unwrap_or_default()
    }

    fn period(
        &self,
        fact: Fact,
        documented: Option<Duration>,
        of: impl Fn(&Recording) -> &Times,
    ) -> Observed {
        let times: Vec<_> = self.recordings.iter().map(of).collect();
        let came: u64 = times.iter().map(|times| times.count).sum();
        let every = |times: &&Times| median(times.gaps().collect());
        let values: Vec<_> = times.iter().filter_map(every).map(Measure::Span).collect();
        let observed = Observed::new(fact, Some(documented.map_or(Measure::None, Measure::Span)));
        if !values.is_empty() {
            return observed.values(values).note(format!("{came} came"));
        }
        let listened = self.attended_for();
        let shown = shown(listened);
        if came > 0 {
            observed.note(format!("one came, and no second within {shown}"))
        } else if listened.is_zero() {
            observed.note("no connection could be attended to")
        } else if let Some(every) = documented {
            match self.unasked() {
                Some(why) => observed.note(why),
                None if self.outlives(listened, every) => {
                    let long =
                        self.of(Experiment::Attend).filter(|it| self.outlives(it.lasted(), every));
                    observed.values(long.map(|_| Measure::None)).note(none_came(listened))
                }
                None => observed.note(format!("nobody listened for more than {shown}")),
            }
        } else {
            let all = self.of(Experiment::Attend).map(|_| Measure::None);
            observed.values(all).note(none_came(listened))
        }
    }

    /// Returns why nothing can have come that has to be asked for, if nobody asked for it.
    fn unasked(&self) -> Option<&'static str> {
        let begins = self.subject.rules.begins;
        if begins == Begins::Arming && !self.subject.arms() {
            return Some("it has to be armed, and the dialect does not: subscribe by what arms it");
        }
        let is_missing = begins == Begins::Subscription && self.options.subscribe.is_empty();
        is_missing.then_some("it begins with a subscription, and there was none")
    }

    /// How long after the first challenge that nobody answers the connection ends.
    fn ends_after(&self) -> Observed {
        let documented = self.subject.rules.challenge.map(|rule| rule.ends_after());
        let observed = Observed::new(Fact::EndsAfter, documented.map(Measure::Span));
        let Some(experiment) = self.unanswering() else {
            return observed.note("no challenge went unanswered");
        };
        let values = self.of(experiment).filter_map(|it| {
            let after = it.ended.saturating_since(it.challenges.first()?);
            let is_ended = self.is_thrown_out(it);
            if is_ended && self.may_be_for_silence(it) {
                return None;
            }
            Some(if is_ended { Measure::Span(after) } else { Measure::AtLeast(after) })
        });
        observed.values(values).note(format!(
            "{}; by how many missed and how long for each cannot be told apart",
            experiment.as_str()
        ))
    }

    /// Tells whether a connection had been silent for as long as an idle one is borne.
    fn may_be_for_silence(&self, it: &Recording) -> bool {
        let silent = it.ended.saturating_since(it.said.last);
        self.idle_ended().is_some_and(|limit| !self.outlives(limit, silent))
    }

    /// Returns the experiment in which challenges went unanswered and nothing else was amiss, or
    /// the next best.
    fn unanswering(&self) -> Option<Experiment> {
        let mut all =
            [Experiment::Unanswering, Experiment::ListenDeaf, Experiment::IdleDeaf].into_iter();
        all.find(|experiment| self.of(*experiment).any(|it| it.challenges.count > 0))
    }

    fn wrong_echo(&self) -> Observed {
        let observed = Observed::new(Fact::WrongEcho, None);
        let made: Vec<_> =
            self.of(Experiment::WrongEcho).filter_map(|it| Some((it, it.first_wrong?))).collect();
        if made.is_empty() {
            return observed.note("no challenge came that holds anything to echo");
        }
        let as_if = self.unanswering().and_then(|experiment| {
            let ended = self.of(experiment).filter(|it| self.is_thrown_out(it));
            let spans =
                ended.filter_map(|it| Some(it.ended.saturating_since(it.challenges.first()?)));
            median(spans.collect())
        });
        let values = made.into_iter().map(|(it, wrong)| {
            let after = it.ended.saturating_since(wrong);
            if !self.is_thrown_out(it) {
                Measure::Words("is borne".into())
            } else if self.is_at_once(after) {
                Measure::of_end(it.end()).unwrap_or(Measure::None)
            } else if as_if.is_some_and(|span| self.is_near(after, span)) {
                Measure::Words("is as if there were none".into())
            } else {
                Measure::Words(format!("ends it after {}", shown(after)).into())
            }
        });
        observed.values(values).note("what a right one does is seen in attend")
    }

    fn begins(&self) -> Observed {
        let rules = &self.subject.rules;
        let is_documented = rules.challenge.is_some() || rules.beat_every.is_some();
        let documented = is_documented.then_some(Measure::Begins(rules.begins));
        let observed = Observed::new(Fact::Begins, documented);
        let beaten = |experiment| self.of(experiment).filter(|it| it.is_beaten()).count();
        let times = |begins, times| core::iter::repeat_n(Measure::Begins(begins), times);
        let idle = beaten(Experiment::Idle) + beaten(Experiment::IdleDeaf);
        if idle > 0 {
            return observed.values(times(Begins::Opening, idle)).note("idle got it");
        }
        if !self.attended(Recording::is_beaten) {
            return observed.note(self.unasked().unwrap_or("none came"));
        }
        // Whoever left before the first could be due shows nothing.
        let first = self.of(Experiment::Attend).filter_map(|it| {
            let first = it.first_beaten()?;
            Some(first.saturating_since(it.opened))
        });
        let first = first.max().unwrap_or_default();
        let stayed = |experiment: Experiment| {
            self.of(experiment).filter(|it| self.outlives(it.lasted(), first)).count()
        };
        let listening = beaten(Experiment::Listen);
        if listening > 0 {
            // A venue that keeps nobody else begins for whoever is kept.
            let is_sure = stayed(Experiment::Idle) > 0;
            let note = if is_sure { "idle got none" } else { "idle was ended before" };
            return observed.values(times(Begins::Subscription, listening)).note(note);
        }
        let listening = stayed(Experiment::Listen);
        if listening > 0 && self.of(Experiment::Attend).any(|it| it.job.arms) {
            return observed.values(times(Begins::Arming, listening)).note("listen got none");
        }
        observed.note("nobody was kept who asked for less than everything")
    }

    /// How a connection ends that failed its heartbeat, if one did.
    fn heartbeat_close(&self) -> Option<Observed> {
        let rules = &self.subject.rules;
        let is_demanding = rules.challenge.is_some()
            || rules.silence.is_some()
            || rules.subscribe_within.is_some();
        let documented = is_demanding.then_some(Measure::from(rules.heartbeat_close));
        let observed = Observed::new(Fact::HeartbeatClose, documented);
        let Some(experiment) = self.failed_in() else {
            return is_demanding.then(|| observed.note("no connection was ended for one"));
        };
        let ends = self.of(experiment).filter(|it| self.is_thrown_out(it));
        let ends = ends.filter_map(|it| Measure::of_end(it.end()));
        Some(observed.values(ends).note(experiment.as_str()))
    }

    /// Returns the experiment in which a connection was ended that failed its heartbeat: whose
    /// challenges went unanswered, else that was silent.
    pub(super) fn failed_in(&self) -> Option<Experiment> {
        let all = [self.unanswering(), Some(Experiment::Idle), Some(Experiment::Listen)];
        let is_ended = |it: &Experiment| self.of(*it).any(|it| self.is_thrown_out(it));
        all.into_iter().flatten().find(is_ended)
    }
}

fn none_came(within: Duration) -> String {
    format!("none came within {}", shown(within))
}
