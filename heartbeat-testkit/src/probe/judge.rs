//! What the recordings say together.

mod answers;
mod hazards;
mod heartbeat;
mod silence;

use core::time::Duration;

use heartbeat_platforms::{Facts, Hazard};

use super::measure::are_near;
use super::{Experiment, Fact, FactVerdict, Finding, Measure, Options, Recording, Subject};

/// Recordings, and what they are to be held against.
#[derive(Clone, Copy, Debug)]
pub(super) struct Evidence<'a> {
    pub(super) subject: &'a Subject,
    pub(super) options: &'a Options,
    pub(super) recordings: &'a [Recording],
}

/// An observation on its way to a finding.
struct Observed {
    fact: Fact,
    documented: Option<Measure>,
    /// One of each repetition that gave any.
    values: Vec<Measure>,
    /// How it was observed; where there is no value, why not.
    note: Box<str>,
}

/// Returns the longest message that is documented, in bytes.
pub(super) fn len_max(facts: &Facts) -> Option<usize> {
    facts.hazards.iter().find_map(|hazard| {
        let Hazard::FrameLongerThan(bytes) = hazard else { return None };
        usize::try_from(*bytes).ok()
    })
}

impl<'a> Evidence<'a> {
    pub(super) const fn new(
        subject: &'a Subject,
        options: &'a Options,
        recordings: &'a [Recording],
    ) -> Self {
        Self { subject, options, recordings }
    }

    /// Says what is known of each fact, in the order of the facts.
    pub(super) fn findings(&self) -> Vec<Finding> {
        let mut observed = self.heartbeat();
        observed.extend(self.silence());
        observed.extend(self.answers());
        observed.extend(self.hazards());
        let mut findings: Vec<_> = observed.into_iter().map(|it| self.judge(it)).collect();
        findings.sort_by_key(Finding::fact);
        findings
    }

    /// Returns what was recorded in an experiment.
    pub(super) fn of(&self, experiment: Experiment) -> impl Iterator<Item = &'a Recording> {
        let of_it = move |it: &&Recording| it.experiment() == experiment && it.is_opened();
        self.recordings.iter().filter(of_it)
    }

    /// Returns how long idle connections live at most, if the venue ends them.
    pub(super) fn idle_ended(&self) -> Option<Duration> {
        let ended = self.of(Experiment::Idle).filter(|it| it.is_ended());
        ended.map(Recording::lasted).max()
    }

    /// Returns the time between challenges.
    pub(super) fn challenges_every(&self) -> Option<Duration> {
        median(self.recordings.iter().flat_map(|it| it.challenges.gaps()).collect())
    }

    /// Returns the age at which every connection ends, if there is one: one that did all it should
    /// was ended, and none lived longer.
    pub(super) fn age(&self) -> Option<Duration> {
        let attended = self.of(Experiment::Attend).filter(|it| it.is_ended());
        let age = attended.map(Recording::lasted).max()?;
        let oldest = self.recordings.iter().map(Recording::lasted).max().unwrap_or_default();
        self.is_near(age, oldest).then_some(age)
    }

    /// Tells whether the venue ended a connection, and not for its age.
    pub(super) fn is_thrown_out(&self, recording: &Recording) -> bool {
        let is_old = self.age().is_some_and(|age| self.is_near(age, recording.lasted()));
        recording.is_ended() && !is_old
    }

    pub(super) fn is_near(&self, one: Duration, other: Duration) -> bool {
        are_near(one, other, self.resolution())
    }

    /// Tells whether something happened at once, as against after some span of the venue's.
    pub(super) fn is_at_once(&self, after: Duration) -> bool {
        after <= self.resolution()
    }

    /// Tells whether `span` is surely longer than `limit`.
    pub(super) fn outlives(&self, span: Duration, limit: Duration) -> bool {
        span > limit && !self.is_near(span, limit)
    }

    fn judge(&self, made: Observed) -> Finding {
        let Observed { fact, documented, values, note } = made;
        let Some((observed, agreed, of)) = self.consensus(&values) else {
            let verdict = FactVerdict::NotObserved;
            return Finding { fact, documented, observed: None, verdict, agreed: 0, of: 0, note };
        };
        let verdict = match (&documented, &observed) {
            (None, _) => FactVerdict::New,
            (Some(Measure::Span(limit)), Measure::AtLeast(span)) => {
                // Who left too early has seen nothing.
                if self.outlives(*span, *limit) {
                    FactVerdict::Differs
                } else {
                    FactVerdict::NotObserved
                }
            }
            (Some(documented), observed) if documented.agrees(observed, self.resolution()) => {
                FactVerdict::Agrees
            }
            (Some(_), _) => FactVerdict::Differs,
        };
        let observed = Some(observed).filter(|_| verdict != FactVerdict::NotObserved);
        Finding { fact, documented, observed, verdict, agreed, of, note }
    }

    /// Returns what most repetitions say: how many of how many. Of spans it is the middle one.
    fn consensus(&self, values: &[Measure]) -> Option<(Measure, u32, u32)> {
        let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        let agreeing = |one: &Measure| {
            let agrees = |other: &&Measure| one.agrees(other, self.resolution());
            count(values.iter().filter(agrees).count())
        };
        let middle = median(values.iter().filter_map(Measure::span).collect()).map(Measure::Span);
        let longest = values.iter().filter_map(Measure::at_least).max().map(Measure::AtLeast);
        let usual = || values.iter().max_by_key(|one| agreeing(one)).cloned();
        let chosen = middle.or(longest).or_else(usual)?;
        let says_nothing = |value: &&Measure| {
            // Who left before the end says nothing against it.
            value.at_least().zip(chosen.span()).is_some_and(|(left, span)| left <= span)
        };
        let silent = count(values.iter().filter(says_nothing).count());
        let agreed = agreeing(&chosen);
        Some((chosen, agreed, count(values.len()).saturating_sub(silent)))
    }

    const fn resolution(&self) -> Duration {
        self.options.resolution
    }
}

/// Returns the middle one, of two the shorter.
pub(super) fn median(mut spans: Vec<Duration>) -> Option<Duration> {
    spans.sort_unstable();
    spans.get(spans.len().checked_sub(1)? / 2).copied()
}

impl Observed {
    fn new(fact: Fact, documented: Option<Measure>) -> Self {
        Self { fact, documented, values: Vec::new(), note: Box::default() }
    }

    fn values(self, values: impl IntoIterator<Item = Measure>) -> Self {
        Self { values: values.into_iter().collect(), ..self }
    }

    fn note(self, note: impl Into<Box<str>>) -> Self {
        Self { note: note.into(), ..self }
    }
}
