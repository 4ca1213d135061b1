//! Judges of clients that lose their connections and get them back.

#![allow(clippy::wildcard_enum_match_arm, reason = "the list of outcomes is open")]

mod budget;
mod circumstances;
mod departures;
mod ends;
mod expiry;
mod generations;
mod handover;
mod messages;
mod orders;
mod politeness;
mod recovery;
mod refusals;
mod routes;
mod sequence;
mod subscriptions;

use core::fmt;
use core::time::Duration;
use std::collections::BTreeMap;

use heartbeat_core::{Platform, Timestamp};
use heartbeat_platforms::Scope;

pub use budget::Dials;
pub use departures::Departures;
pub use ends::Ends;
pub use expiry::Expiry;
pub use generations::Generations;
pub use handover::Handover;
pub use messages::Messages;
pub use orders::Orders;
pub use politeness::Politeness;
pub use recovery::Returns;
pub use routes::Routes;
pub use sequence::Sequence;
pub use subscriptions::Resubscription;

use super::{Oracles, Violation};
use crate::{Entry, Fleet, FleetStep, SimulatedConnection};

/// One rule that must hold in every fleet, judged by what happened in it alone.
pub trait FleetOracle: fmt::Debug {
    /// Returns the rule's name: one lower-case word.
    fn name(&self) -> &'static str;

    /// Takes the next thing that happened to a client or the venue.
    ///
    /// # Errors
    ///
    /// What is wrong with it.
    fn see(&mut self, entry: &Entry<FleetStep>) -> Result<(), String>;

    /// Takes the time, after everything that happened up to it.
    ///
    /// # Errors
    ///
    /// What should have happened by now.
    fn tick(&mut self, _now: Timestamp) -> Result<(), String> {
        Ok(())
    }
}

/// The oracles of a fleet: those of its clients, and the [`Oracles`] of each connection.
///
/// ```
/// use heartbeat_core::Timestamp;
/// use heartbeat_platforms::Exchange;
/// use heartbeat_testkit::{Fleet, FleetOptions, FleetOracles};
///
/// let mut fleet = Fleet::new(FleetOptions::of(Exchange::Deribit, 1));
/// let mut oracles = FleetOracles::of(&fleet);
/// while fleet.step(Timestamp::from_millis(60_000)) {
///     oracles.look(&fleet).unwrap();
/// }
/// oracles.finish(&fleet).unwrap();
/// ```
#[derive(Debug)]
#[must_use = "an oracle that does not look finds nothing"]
pub struct FleetOracles {
    clients: Vec<Box<dyn FleetOracle>>,
    returns: Returns,
    /// Where the venue counts together what comes from one address.
    messages: Option<Messages>,
    ends: Ends,
    connections: BTreeMap<(usize, u64), Oracles>,
    seen: u64,
}

impl FleetOracles {
    /// Makes all oracles of this module for a fleet that was just made.
    pub fn of<P: Platform>(fleet: &Fleet<P>) -> Self {
        let (budget, config) = (fleet.budget(), *fleet.recovery());
        let returns = Returns::new(fleet.clients(), config, budget, fleet.now());
        let known = fleet.rule_book().facts_of().message_budget;
        let messages =
            known.filter(|known| known.budget.scope == Scope::Address).map(Messages::new);
        let (clients, connections) = (Vec::new(), BTreeMap::new());
        let oracles = Self { clients, returns, messages, ends: Ends::new(), connections, seen: 0 };
        let clients = fleet.clients();
        let oracles = oracles
            .with(Generations::new())
            .with(Politeness::new(clients, config))
            .with(Expiry::new(clients))
            .with(Handover::new())
            .with(Routes::new())
            .with(Resubscription::new())
            .with(Orders::new(clients, fleet.trading()))
            .with(Sequence::new(clients, fleet.trading()))
            .with(Departures::new(clients, budget));
        match budget {
            Some(budget) => oracles.with(Dials::new(budget)),
            None => oracles,
        }
    }

    /// Adds an oracle.
    pub fn with(mut self, oracle: impl FleetOracle + 'static) -> Self {
        self.clients.push(Box::new(oracle));
        self
    }

    /// Looks at everything that happened since the last look, and at the time.
    ///
    /// # Errors
    ///
    /// The first violation; of a connection's, it names the client and the connection.
    ///
    /// # Panics
    ///
    /// If more has happened since the last look than a trace keeps: look after every step.
    #[track_caller]
    pub fn look<P: Platform>(&mut self, fleet: &Fleet<P>) -> Result<(), Violation> {
        let trace = fleet.trace();
        let Some(fresh) = trace.after(self.seen) else {
            panic!("an oracle must look before a trace forgets: {} entries since", trace.count());
        };
        self.seen = trace.count();
        for entry in fresh {
            self.ask(entry.at, |oracle| oracle.see(entry))?;
        }
        let now = fleet.now();
        self.ask(now, |oracle| oracle.tick(now))?;
        for client in fleet.touched() {
            for (generation, connection) in fleet.connections(*client) {
                let key = (*client, generation.number());
                self.look_across(*client, key, connection)?;
                self.oracles_of(key, fleet, connection)
                    .look_at(connection, now)
                    .map_err(|violation| named(key, violation))?;
            }
        }
        for (client, generation, connection) in fleet.finished() {
            let key = (client, generation.number());
            if let Some(mut oracles) = self.connections.remove(&key) {
                let judged = oracles.finish_at(connection, now);
                judged.map_err(|violation| named(key, violation))?;
            }
        }
        Ok(())
    }

    /// Shows what happened on a connection to those who look at all of them.
    fn look_across<P: Platform>(
        &mut self,
        client: usize,
        key: (usize, u64),
        connection: &SimulatedConnection<P>,
    ) -> Result<(), Violation> {
        if self.messages.is_none() && !self.ends.has_any() {
            return Ok(());
        }
        let seen = self.connections.get(&key).map_or(0, |oracles| oracles.seen);
        for entry in connection.trace().after(seen).into_iter().flatten() {
            let at = entry.at;
            if let Some(messages) = &mut self.messages {
                let oracle = Messages::NAME;
                messages.see(entry).map_err(|what| Violation { oracle, at, what })?;
            }
            let (oracle, judged) = (self.ends.name(), self.ends.see_connection(client, entry));
            judged.map_err(|what| Violation { oracle, at, what })?;
        }
        Ok(())
    }

    /// Looks for the last time.
    ///
    /// # Errors
    ///
    /// The first violation, as [`look`](Self::look).
    ///
    /// # Panics
    ///
    /// As [`look`](Self::look).
    #[track_caller]
    pub fn finish<P: Platform>(&mut self, fleet: &Fleet<P>) -> Result<(), Violation> {
        self.look(fleet)?;
        for client in 0..fleet.clients() {
            for (generation, connection) in fleet.connections(client) {
                let key = (client, generation.number());
                if let Some(mut oracles) = self.connections.remove(&key) {
                    let judged = oracles.finish_at(connection, fleet.now());
                    judged.map_err(|violation| named(key, violation))?;
                }
            }
        }
        Ok(())
    }

    /// Returns how long clients took to be live, each from when nothing stood in its way.
    pub fn return_times(&self) -> &[Duration] {
        self.returns.times()
    }

    fn oracles_of<P: Platform>(
        &mut self,
        key: (usize, u64),
        fleet: &Fleet<P>,
        connection: &SimulatedConnection<P>,
    ) -> &mut Oracles {
        let venue = fleet.rule_book();
        let config = connection.session().config();
        self.connections.entry(key).or_insert_with(|| Oracles::at(config, venue))
    }

    fn ask(
        &mut self,
        at: Timestamp,
        question: impl Fn(&mut dyn FleetOracle) -> Result<(), String>,
    ) -> Result<(), Violation> {
        let clients = self.clients.iter_mut().map(|oracle| &mut **oracle);
        let own: [&mut dyn FleetOracle; 2] = [&mut self.returns, &mut self.ends];
        for oracle in clients.chain(own) {
            question(oracle).map_err(|what| Violation { oracle: oracle.name(), at, what })?;
        }
        Ok(())
    }
}

fn named((client, generation): (usize, u64), mut violation: Violation) -> Violation {
    violation.what.insert_str(0, &format!("client {client}, connection {generation}: "));
    violation
}

#[cfg(test)]
mod tests {
    use heartbeat_core::{
        Breaker, BreakerConfig, Gate, Generation, Outcome, Purpose, Recovery, RecoveryAction,
        RecoveryConfig,
    };

    use super::*;

    /// Shows `oracle` what happened, each at its milliseconds, then the time after each; returns
    /// the first complaint.
    pub(super) fn judge(
        mut oracle: impl FleetOracle,
        story: &[(u64, FleetStep)],
    ) -> Result<(), String> {
        for (at, what) in story {
            let at = Timestamp::from_millis(*at);
            oracle.see(&Entry { at, what: what.clone() })?;
            oracle.tick(at)?;
        }
        Ok(())
    }

    /// Only a recovery counts generations.
    pub(super) fn generation(number: u64) -> Generation {
        let breaker = BreakerConfig::builder().min_outcomes(20).build().unwrap();
        let mut gate = Gate::new(Breaker::new(breaker), ());
        let mut recovery =
            Recovery::new(RecoveryConfig::builder().build().unwrap(), 0, Timestamp::ZERO);
        let mut now = Timestamp::ZERO;
        loop {
            match recovery.poll(now, &mut gate) {
                RecoveryAction::Dial { generation, .. } if generation.number() == number => {
                    return generation;
                }
                RecoveryAction::Wait(Some(at)) => now = at,
                _ => {}
            }
        }
    }

    pub(super) fn dials_as(client: usize, number: u64) -> FleetStep {
        let (generation, purpose) = (generation(number), Purpose::Connect);
        FleetStep::Does { client, action: RecoveryAction::Dial { generation, purpose } }
    }

    pub(super) fn dials(client: usize) -> FleetStep {
        dials_as(client, 1)
    }

    pub(super) fn hears(client: usize, number: u64, outcome: Outcome) -> FleetStep {
        FleetStep::Hears { client, generation: generation(number), outcome }
    }
}
