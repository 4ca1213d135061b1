//! What ends a connection though its heartbeat is kept, and what nobody tries.

use core::time::Duration;

use heartbeat_platforms::Hazard;

use super::super::patience::fears_pings;
use super::super::{Experiment, Fact, Measure, Recording};
use super::{Evidence, Observed, len_max};

/// Within which time a venue acts on what it cannot bear.
const AT_ONCE: Duration = Duration::from_millis(500);

/// Why nobody tries what a venue must not be made to bear.
const NOT_TRIED: &str = "not tried: one would have to do it";

impl Evidence<'_> {
    pub(super) fn hazards(&self) -> Vec<Observed> {
        let facts = &self.subject.facts;
        let has = |hazard: Hazard| facts.hazards.contains(&hazard);
        let mut found = Vec::new();
        let early = self.of(Experiment::Talk).filter(|it| !it.is_subscribed());
        let early = early.filter(|_| self.subject.has_text_probe());
        found.extend(self.fatal(
            Fact::PingBeforeSubscribe,
            has(Hazard::PingBeforeSubscribe),
            early.collect(),
        ));
        found.extend(self.fatal(
            Fact::PingFrame,
            fears_pings(facts),
            self.of(Experiment::Ping).filter(|it| !it.is_subscribed()).collect(),
        ));
        found.extend(self.fatal(
            Fact::MalformedText,
            has(Hazard::MalformedText),
            self.of(Experiment::Malformed).collect(),
        ));
        found.extend(self.longest_message());
        let not_tried = |fact, documented: String| {
            let documented = Some(Measure::Words(documented.into()));
            Observed::new(fact, documented).note(NOT_TRIED)
        };
        for (hazard, fact) in
            [(Hazard::SlowReader, Fact::SlowReader), (Hazard::RepeatedErrors, Fact::RepeatedErrors)]
        {
            found.extend(has(hazard).then(|| not_tried(fact, "yes".to_owned())));
        }
        let budget = facts.message_budget.map(|budget| budget.to_string());
        found.extend(budget.map(|budget| not_tried(Fact::MessageBudget, budget)));
        let budget = facts.connect_budget.map(|budget| budget.to_string());
        found.extend(budget.map(|budget| not_tried(Fact::ConnectBudget, budget)));
        let at_once: Vec<_> = facts.connections_at_once.iter().map(ToString::to_string).collect();
        if !at_once.is_empty() {
            found.push(not_tried(Fact::ConnectionsAtOnce, at_once.join(", ")));
        }
        found
    }

    /// Tells whether a connection was ended at once when it first said something unasked.
    pub(super) fn is_fatal(&self, recording: &Recording) -> bool {
        let said = recording.first_said;
        let after = said.map(|said| recording.ended.saturating_since(said));
        let at_once = self.options.resolution.max(AT_ONCE / self.options.time_scale.get());
        recording.is_ended() && after.is_some_and(|after| after <= at_once)
    }

    /// Says whether something is fatal; nothing if it is neither said to be nor is.
    fn fatal(&self, fact: Fact, is_documented: bool, made: Vec<&Recording>) -> Option<Observed> {
        let documented = is_documented.then_some(Measure::Flag(true));
        let made: Vec<_> = made.into_iter().filter(|it| it.first_said.is_some()).collect();
        let is_fatal = made.iter().any(|it| self.is_fatal(it));
        if !is_documented && !is_fatal {
            return None;
        }
        let observed = Observed::new(fact, documented);
        Some(match made.first() {
            None => observed.note("nobody was kept long enough to try"),
            Some(one) => {
                let values = made.iter().map(|it| Measure::Flag(self.is_fatal(it)));
                observed.values(values).note(one.experiment().as_str())
            }
        })
    }

    fn longest_message(&self) -> Option<Observed> {
        let len = u64::try_from(len_max(&self.subject.facts)?).ok()?;
        let observed = Observed::new(Fact::LongestMessage, Some(Measure::Bytes(len)));
        let values: Vec<_> = self
            .of(Experiment::TooLong)
            .filter(|it| it.first_said.is_some())
            .map(|it| {
                if self.is_fatal(it) {
                    Measure::Words(format!("shorter than {len} bytes").into())
                } else if self.is_thrown_out(it) {
                    Measure::Bytes(len)
                } else {
                    Measure::Words(format!("longer than {len} bytes").into())
                }
            })
            .collect();
        let note = if values.is_empty() { "nobody could try" } else { "too_long" };
        Some(observed.values(values).note(note))
    }
}
