//! What must hold whatever goes wrong: judges that look at a world and know nothing of the plan.

#![allow(clippy::wildcard_enum_match_arm, reason = "the lists of steps and events are open")]

mod answers;
mod brake;
mod conditions;
mod detection;
mod fleet;
mod growth;
mod kicks;
mod lateness;
mod reports;
mod spin;
mod verdicts;

use core::fmt;

use heartbeat_core::{Config, Counters, Platform, Timestamp};
use heartbeat_platforms::Rules;

pub use answers::Answers;
pub use brake::Brake;
pub use detection::Detection;
pub use fleet::{
    Departures, Dials, Ends, Expiry, FleetOracle, FleetOracles, Generations, Handover, Messages,
    Orders, Politeness, Resubscription, Returns, Routes, Sequence,
};
pub use growth::Growth;
pub use kicks::Kicks;
pub use lateness::Lateness;
pub use reports::Reports;
pub use spin::Spin;
pub use verdicts::Verdicts;

use crate::owned::Millis;
use crate::{Entry, RuleBook, SimulatedConnection, Vitals, World};

/// One rule that must hold in every world, judged by what happened in it alone.
///
/// An oracle sees each [`Entry`] of the trace once and in order, then the time. The error is
/// what is wrong, in words; after an error an oracle is not asked again.
pub trait Oracle: fmt::Debug {
    /// Returns the rule's name: one lower-case word.
    fn name(&self) -> &'static str;

    /// Takes the next thing that happened.
    ///
    /// # Errors
    ///
    /// What is wrong with it.
    fn see(&mut self, entry: &Entry) -> Result<(), String>;

    /// Takes the time, after everything that happened up to it.
    ///
    /// # Errors
    ///
    /// What should have happened by now, or did too often.
    fn tick(&mut self, _now: Timestamp, _vitals: Vitals) -> Result<(), String> {
        Ok(())
    }

    /// Takes what the session counted, when no more is to come.
    ///
    /// # Errors
    ///
    /// What does not add up.
    fn finish(&mut self, _counters: &Counters) -> Result<(), String> {
        Ok(())
    }
}

/// A rule that was broken.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Violation {
    /// The [name](Oracle::name) of the rule.
    pub oracle: &'static str,
    /// When it was found, in true time.
    pub at: Timestamp,
    /// What is wrong.
    pub what: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at {}: {}", self.oracle, Millis(self.at), self.what)
    }
}

/// The oracles of one connection.
///
/// ```
/// use heartbeat_core::Timestamp;
/// use heartbeat_platforms::Exchange;
/// use heartbeat_testkit::{Oracles, World, WorldOptions};
///
/// let mut world = World::of(Exchange::Okx, WorldOptions::seeded(1));
/// let mut oracles = Oracles::of(world.client().config(), Exchange::Okx.rules());
/// while world.step(Timestamp::from_millis(60_000)) {
///     oracles.look(&world).unwrap();
/// }
/// oracles.finish(&world).unwrap();
/// ```
#[derive(Debug)]
#[must_use = "an oracle that does not look finds nothing"]
pub struct Oracles {
    own: Own,
    others: Vec<Box<dyn Oracle>>,
    seen: u64,
}

/// The oracles of this module, called by name and not through a table: each sees every step of
/// every connection, and most steps are none of its business.
#[derive(Debug)]
struct Own {
    kicks: Kicks,
    answers: Answers,
    detection: Detection,
    verdicts: Verdicts,
    spin: Spin,
    growth: Growth,
    brake: Brake,
    reports: Reports,
    lateness: Option<Lateness>,
}

/// Asks one oracle.
fn ask<O: Oracle + ?Sized>(
    oracle: &mut O,
    at: Timestamp,
    question: impl FnOnce(&mut O) -> Result<(), String>,
) -> Result<(), Violation> {
    question(oracle).map_err(|what| Violation { oracle: oracle.name(), at, what })
}

impl Own {
    fn see(&mut self, entry: &Entry) -> Result<(), Violation> {
        let at = entry.at;
        ask(&mut self.brake, at, |it| it.see(entry))?;
        ask(&mut self.kicks, at, |it| it.see(entry))?;
        ask(&mut self.answers, at, |it| it.see(entry))?;
        ask(&mut self.detection, at, |it| it.see(entry))?;
        ask(&mut self.verdicts, at, |it| it.see(entry))?;
        ask(&mut self.spin, at, |it| it.see(entry))?;
        ask(&mut self.growth, at, |it| it.see(entry))?;
        ask(&mut self.reports, at, |it| it.see(entry))?;
        match &mut self.lateness {
            Some(lateness) => ask(lateness, at, |it| it.see(entry)),
            None => Ok(()),
        }
    }

    fn tick(&mut self, now: Timestamp, vitals: Vitals) -> Result<(), Violation> {
        ask(&mut self.kicks, now, |it| it.tick(now, vitals))?;
        ask(&mut self.answers, now, |it| it.tick(now, vitals))?;
        ask(&mut self.detection, now, |it| it.tick(now, vitals))?;
        ask(&mut self.verdicts, now, |it| it.tick(now, vitals))?;
        ask(&mut self.spin, now, |it| it.tick(now, vitals))?;
        ask(&mut self.growth, now, |it| it.tick(now, vitals))
    }

    fn finish(&mut self, now: Timestamp, counters: &Counters) -> Result<(), Violation> {
        ask(&mut self.kicks, now, |it| it.finish(counters))?;
        ask(&mut self.answers, now, |it| it.finish(counters))?;
        ask(&mut self.detection, now, |it| it.finish(counters))?;
        ask(&mut self.verdicts, now, |it| it.finish(counters))?;
        ask(&mut self.spin, now, |it| it.finish(counters))?;
        ask(&mut self.growth, now, |it| it.finish(counters))
    }
}

impl Oracles {
    /// Makes all oracles of this module but [`Lateness`], for a client with these settings at a
    /// venue with these rules.
    pub fn of(config: &Config, rules: &Rules) -> Self {
        // A machine that was suspended does not know that it slept, and speaks when its next
        // probe is due.
        let periods = [config.probing().map(|probing| probing.every), config.keepalive_every()];
        let speaks_within = periods.into_iter().flatten().min().unwrap_or_default();
        let own = Own {
            kicks: Kicks::new(speaks_within),
            answers: Answers::new(config.respond_within(), rules),
            detection: Detection::new(config.silence_bound(), config.grace()),
            verdicts: Verdicts::new(config.detection_bound(), config.grace()),
            spin: Spin::new(),
            growth: Growth::new(),
            brake: Brake::new(),
            reports: Reports::new(),
            lateness: None,
        };
        Self { own, others: Vec::new(), seen: 0 }
    }

    /// Makes all oracles of this module, those included that need to know how the venue speaks.
    pub fn at(config: &Config, venue: &RuleBook) -> Self {
        let mut oracles = Self::of(config, venue.rules_of());
        oracles.own.lateness = Some(Lateness::new(config, venue.clone()));
        oracles
    }

    /// Adds an oracle.
    pub fn with(mut self, oracle: impl Oracle + 'static) -> Self {
        self.others.push(Box::new(oracle));
        self
    }

    /// Looks at everything that happened since the last look, and at the time.
    ///
    /// # Errors
    ///
    /// The first violation.
    ///
    /// # Panics
    ///
    /// If more has happened since the last look than a trace keeps: look after every step.
    #[track_caller]
    pub fn look<P: Platform>(&mut self, world: &World<P>) -> Result<(), Violation> {
        self.look_at(world.connection(), world.now())
    }

    /// Looks as [`look`](Self::look), at one connection of several.
    ///
    /// # Errors
    ///
    /// The first violation.
    ///
    /// # Panics
    ///
    /// As [`look`](Self::look).
    #[track_caller]
    pub fn look_at<P: Platform>(
        &mut self,
        connection: &SimulatedConnection<P>,
        now: Timestamp,
    ) -> Result<(), Violation> {
        let trace = connection.trace();
        let Some(fresh) = trace.after(self.seen) else {
            panic!("an oracle must look before a trace forgets: {} entries since", trace.count());
        };
        self.seen = trace.count();
        for entry in fresh {
            self.own.see(entry)?;
            for other in &mut self.others {
                ask(other.as_mut(), entry.at, |it| it.see(entry))?;
            }
        }
        let vitals = connection.vitals();
        self.own.tick(now, vitals)?;
        self.others.iter_mut().try_for_each(|it| ask(it.as_mut(), now, |it| it.tick(now, vitals)))
    }

    /// Looks for the last time.
    ///
    /// # Errors
    ///
    /// The first violation.
    ///
    /// # Panics
    ///
    /// As [`look`](Self::look).
    #[track_caller]
    pub fn finish<P: Platform>(&mut self, world: &World<P>) -> Result<(), Violation> {
        self.finish_at(world.connection(), world.now())
    }

    /// Looks for the last time, at one connection of several.
    ///
    /// # Errors
    ///
    /// The first violation.
    ///
    /// # Panics
    ///
    /// As [`look`](Self::look).
    #[track_caller]
    pub fn finish_at<P: Platform>(
        &mut self,
        connection: &SimulatedConnection<P>,
        now: Timestamp,
    ) -> Result<(), Violation> {
        self.look_at(connection, now)?;
        let counters = connection.session().health().counters;
        self.own.finish(now, &counters)?;
        self.others.iter_mut().try_for_each(|it| ask(it.as_mut(), now, |it| it.finish(&counters)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Step;

    /// Shows `oracle` what happened, each at its milliseconds, then the time after each; returns
    /// the first complaint.
    pub(super) fn judge(mut oracle: impl Oracle, story: &[(u64, Step)]) -> Result<(), String> {
        for (at, what) in story {
            let at = Timestamp::from_millis(*at);
            oracle.see(&Entry { at, what: what.clone() })?;
            oracle.tick(at, Vitals::default())?;
        }
        Ok(())
    }

    #[test]
    fn a_violation_names_rule_time_and_fault() {
        let at = Timestamp::from_millis(1_500);
        let violation = Violation { oracle: "spin", at, what: "99 drains".to_owned() };
        assert_eq!(violation.to_string(), "spin at 1500 ms: 99 drains");
    }
}
