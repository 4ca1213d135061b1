//! One attempt of a client's, and the connection that becomes of it.

use core::time::Duration;

use heartbeat_core::{AttemptFailure, Config, Generation, Outcome, Phase, Platform, Timestamp};

use super::desk::Desk;
use super::drivers::Drivers;
use super::gatekeeper::{Gatekeeper, Ticket};
use super::line::ClientLine;
use super::routes::{Address, Routes};
use crate::world::connection::SimulatedConnection;
use crate::world::host::Host;
use crate::{Account, MockExchange, MockOptions, Rng};

/// How long the venue's side of a connection is simulated after the client has left it.
const LINGER: Duration = Duration::from_secs(300);

/// One attempt, by its generation.
#[derive(Debug)]
pub(super) struct Site<P> {
    pub(super) generation: Generation,
    pub(super) address: Address,
    /// Whether it counts no more: abandoned, or left for another.
    pub(super) is_old: bool,
    pub(super) stage: Stage<P>,
    pub(super) desk: Desk,
}

#[derive(Debug)]
pub(super) enum Stage<P> {
    /// The answer to the dial, and when it comes; none ever comes through a dead line.
    Dialing(Option<(Timestamp, Option<Ticket>)>),
    /// The answer to the upgrade, and when it comes; none ever comes from an address that hangs.
    Upgrading(Option<(Timestamp, Result<MockOptions, AttemptFailure>)>),
    /// It has a session.
    Open(Box<SimulatedConnection<P>>),
    /// The client's side is over, the venue's perhaps not.
    Ended(Box<SimulatedConnection<P>>),
    /// Nothing is left of it.
    Gone,
}

/// What a client brings to each of its attempts.
#[derive(Debug)]
pub(super) struct Kit<P> {
    pub(super) platform: P,
    pub(super) config: Config,
    /// The account of all its connections.
    pub(super) account: Account,
    pub(super) drivers: Drivers,
    pub(super) routes: Routes,
    pub(super) line: ClientLine,
    pub(super) rng: Rng,
}

impl<P: Platform + Clone> Site<P> {
    /// Begins an attempt: it reaches the venue, or does not, and the answer takes as long again.
    pub(super) fn dial(
        generation: Generation,
        now: Timestamp,
        kit: &mut Kit<P>,
        venue: &mut Gatekeeper,
    ) -> Self {
        let address = kit.routes.choose();
        let answer = kit.line.trip(now, &mut kit.rng).map(|arrival| {
            let ticket = venue.dial(now, arrival, address);
            (kit.line.trip(arrival, &mut kit.rng).unwrap_or(arrival), ticket)
        });
        let stage = Stage::Dialing(answer);
        Self { generation, address, is_old: false, stage, desk: Desk::default() }
    }

    /// Does what is to be done at `now`, and returns the next thing that the recovery must hear
    /// of it; `None` when there is nothing more.
    pub(super) fn next_outcome(
        &mut self,
        now: Timestamp,
        host: &Host,
        kit: &mut Kit<P>,
        venue: &mut Gatekeeper,
    ) -> Option<Outcome> {
        match &mut self.stage {
            Stage::Dialing(answer) => {
                let reads = !host.is_frozen() && !kit.line.is_dead();
                let (_, ticket) = answer.take_if(|(at, _)| reads && *at <= now)?;
                Some(self.on_dialed(now, ticket, kit, venue))
            }
            Stage::Upgrading(answer) => {
                let reads = !host.is_frozen() && !kit.line.is_dead();
                let (_, answer) = answer.take_if(|(at, _)| reads && *at <= now)?;
                self.on_upgraded(now, answer, host, kit, venue)
            }
            Stage::Open(connection) => {
                connection.settle(now, host, &mut self.desk);
                self.hear(now)
            }
            Stage::Ended(connection) => {
                connection.settle(now, host, &mut ());
                None
            }
            Stage::Gone => None,
        }
    }

    fn on_dialed(
        &mut self,
        now: Timestamp,
        ticket: Option<Ticket>,
        kit: &mut Kit<P>,
        venue: &mut Gatekeeper,
    ) -> Outcome {
        let Some(ticket) = ticket else {
            self.stage = Stage::Gone;
            return Outcome::Failed(AttemptFailure::Unreachable);
        };
        let arrival = kit.line.trip(now, &mut kit.rng).unwrap_or(now);
        let answer = venue.upgrade(arrival, ticket);
        let at = kit.line.trip(arrival, &mut kit.rng).unwrap_or(arrival);
        let answer = answer.map(|answer| (at, answer));
        // Whoever was abandoned meanwhile hangs up.
        self.stage = if self.is_old { Stage::Gone } else { Stage::Upgrading(answer) };
        Outcome::Dialed
    }

    fn on_upgraded(
        &mut self,
        now: Timestamp,
        answer: Result<MockOptions, AttemptFailure>,
        host: &Host,
        kit: &mut Kit<P>,
        venue: &mut Gatekeeper,
    ) -> Option<Outcome> {
        let mock = match answer {
            Ok(mock) if !self.is_old => mock,
            Ok(_) => {
                self.stage = Stage::Gone;
                return Some(Outcome::Upgraded);
            }
            Err(failure) => {
                self.stage = Stage::Gone;
                return Some(Outcome::Failed(failure));
            }
        };
        let client = (kit.platform.clone(), kit.config, host, kit.drivers.habits());
        let line = kit.line.calm();
        let account = kit.account.clone();
        let venue = MockExchange::with_account(venue.rule_book().clone(), mock, account, now);
        let mut connection = SimulatedConnection::open(client, venue, line, &mut kit.rng, now);
        if kit.line.disturbance().is_some() {
            connection.disturb(now, kit.line.disturbance());
        }
        if kit.line.bandwidth().is_some() {
            connection.narrow(now, kit.line.bandwidth());
        }
        self.stage = Stage::Open(Box::new(connection));
        self.desk.next_outcome(Phase::Arming)
    }

    /// Refuses the login.
    pub(super) fn refuse_login(&mut self, now: Timestamp, host: &Host) -> Outcome
    where
        P: Platform,
    {
        self.retire(now, host);
        Outcome::Failed(AttemptFailure::AuthRefused { is_final: false })
    }

    /// Returns what is new of a session.
    fn hear(&mut self, now: Timestamp) -> Option<Outcome> {
        let Stage::Open(connection) = &mut self.stage else {
            return None;
        };
        if let Some(notice) = self.desk.take_notice() {
            return Some(notice);
        }
        let Some(verdict) = connection.verdict() else {
            if !self.desk.is_starting() {
                return None;
            }
            let phase = connection.session().health().phase;
            return self.desk.next_outcome(phase);
        };
        debug_assert!(verdict.at <= now, "a verdict lies in the past");
        let stage = core::mem::replace(&mut self.stage, Stage::Gone);
        if let Stage::Open(connection) = stage {
            self.stage = Stage::Ended(connection);
        }
        Some(Outcome::Ended(verdict.cause))
    }
}

impl<P: Platform> Site<P> {
    /// Leaves it, so that it counts no more. Its answers may come still.
    pub(super) fn retire(&mut self, now: Timestamp, host: &Host) {
        self.is_old = true;
        self.part(now, host);
    }

    /// Ends it: says goodbye, and what has not come to a connection never will.
    pub(super) fn end(&mut self, now: Timestamp, host: &Host) {
        self.part(now, host);
        if matches!(self.stage, Stage::Dialing(_) | Stage::Upgrading(_)) {
            self.stage = Stage::Gone;
        }
    }

    /// Says goodbye where there is somebody to say it to.
    pub(super) fn part(&mut self, now: Timestamp, host: &Host) {
        if let Stage::Open(connection) = &mut self.stage {
            connection.stop(now, host);
        }
    }

    /// Returns the true time at which something will happen next.
    pub(super) fn next_at(&self, host: &Host, line: &ClientLine) -> Option<Timestamp> {
        let reads = !host.is_frozen() && !line.is_dead();
        match &self.stage {
            Stage::Dialing(answer) => answer.as_ref().map(|(at, _)| *at).filter(|_| reads),
            Stage::Upgrading(answer) => answer.as_ref().map(|(at, _)| *at).filter(|_| reads),
            Stage::Open(connection) | Stage::Ended(connection) => connection.next_at(host),
            Stage::Gone => None,
        }
    }

    /// Returns the connection, if it is one already.
    pub(super) fn connection(&self) -> Option<&SimulatedConnection<P>> {
        match &self.stage {
            Stage::Open(connection) | Stage::Ended(connection) => Some(connection),
            Stage::Dialing(_) | Stage::Upgrading(_) | Stage::Gone => None,
        }
    }

    pub(super) fn connection_mut(&mut self) -> Option<&mut SimulatedConnection<P>> {
        match &mut self.stage {
            Stage::Open(connection) | Stage::Ended(connection) => Some(connection),
            Stage::Dialing(_) | Stage::Upgrading(_) | Stage::Gone => None,
        }
    }

    /// Tells whether there is nothing left to simulate.
    pub(super) fn is_over(&self, now: Timestamp) -> bool {
        match &self.stage {
            Stage::Gone => true,
            Stage::Ended(connection) => {
                let verdict = connection.verdict();
                connection.venue().is_over()
                    || verdict.is_none_or(|it| now.saturating_since(it.at) >= LINGER)
            }
            Stage::Dialing(_) | Stage::Upgrading(_) | Stage::Open(_) => false,
        }
    }
}
