//! One client of a fleet: the loop that drives a recovery and the sessions it leads to.

use core::time::Duration;

use heartbeat_core::{
    Breaker, BreakerConfig, ConnectBudget, Gate, Generation, GiveUp, NoticeKind, Outcome, Platform,
    Recovery, RecoveryAction, RecoveryConfig, Timestamp,
};

use heartbeat_platforms::Budget;

use super::feed::Feed;
use super::gatekeeper::Gatekeeper;
use super::site::{Kit, Site, Stage};
use super::step::{FleetStep, OperatorStep};
use super::trader::Trader;
use super::trading::Trading;
use crate::world::host::Host;
use crate::world::{Step, Trace};

/// How many actions of a recovery's come in a row: the core promises three.
const ACTIONS_MAX: usize = 8;

/// How often a client may act without time passing.
const TURNS_MAX: usize = 100;

/// How many attempts and connections of one client's are simulated at once: one that is live, one
/// that is to follow it, and some that are over but for the venue's side.
const SITES_MAX: usize = 8;

/// What all clients share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) venue: Gatekeeper,
    pub(super) gate: Gate<ConnectBudget<{ Shared::BUDGET_MAX }>>,
    pub(super) trace: Trace<FleetStep>,
}

impl Shared {
    pub(super) const BUDGET_MAX: usize = 300;
}

/// One client.
///
/// This is the whole of what a driver has to do for a [`Recovery`]: tell it what became of each
/// attempt, by its generation; then do what it wants until it waits; and be back at the deadline.
/// All else here is the simulation of what lies around it.
#[derive(Debug)]
pub(super) struct Member<P> {
    pub(super) index: usize,
    recovery: Recovery,
    pub(super) host: Host,
    pub(super) kit: Kit<P>,
    /// In the order of their generations.
    pub(super) sites: Vec<Site<P>>,
    /// What the recovery was last waiting for, by the client's own clock.
    deadline: Option<Timestamp>,
    /// Whether the recovery was told something since it was last drained.
    told: bool,
    /// Whose messages the application gets.
    pub(super) follows: Option<Generation>,
    /// When the application last got a message, or last changed whose it gets.
    pub(super) heard_at: Option<Timestamp>,
    /// The connection that a rotation has left and that is still read, and until when, by the
    /// client's own clock.
    pub(super) leaving: Option<(Generation, Timestamp)>,
    pub(super) trader: Trader,
    pub(super) feed: Feed,
    pub(super) trading: Trading,
    /// How many orders the venue cancelled by itself.
    pub(super) lost: u64,
}

impl<P: Platform + Clone> Member<P> {
    pub(super) fn new(
        index: usize,
        (config, trading): (RecoveryConfig, Trading),
        mut kit: Kit<P>,
        now: Timestamp,
    ) -> Self {
        let recovery = Recovery::new(config, kit.rng.next_u64(), now);
        let trader = Trader::new(trading, kit.rng.split());
        Self {
            index,
            recovery,
            host: Host::new(now),
            kit,
            sites: Vec::new(),
            deadline: None,
            told: true,
            follows: None,
            heard_at: None,
            leaving: None,
            trader,
            feed: Feed::new(trading.is_keyed()),
            trading,
            lost: 0,
        }
    }

    /// Does everything that there is to do at `now`.
    #[track_caller]
    pub(super) fn settle(&mut self, now: Timestamp, shared: &mut Shared) {
        if self.host.thaws(now) {
            shared.trace.push(now, FleetStep::Thaws { client: self.index });
            self.note(now, &Step::ClientThaws);
        }
        self.lapse(now, shared);
        for _ in 0..TURNS_MAX {
            // What has become of attempts comes first, so that a late wake-up is not blamed on
            // them.
            let heard = self.hear(now, shared);
            if self.host.is_frozen() {
                return;
            }
            let spoke = self.trade(now, shared);
            if heard || self.is_due(now) {
                self.obey(now, shared);
            } else if !spoke {
                return;
            }
        }
        panic!("client {} acts without end at one time", self.index);
    }

    fn is_due(&self, now: Timestamp) -> bool {
        self.told || self.deadline.is_some_and(|at| at <= self.host.clock.read(now))
    }

    /// Tells the recovery what has become of every attempt; `true` if there was anything.
    fn hear(&mut self, now: Timestamp, shared: &mut Shared) -> bool {
        let mut heard = false;
        for index in 0..self.sites.len() {
            while let Some((generation, outcome)) = self.next_outcome(now, index, shared) {
                self.tell(now, generation, outcome, shared);
                if let Outcome::Notice { kind: NoticeKind::MaintenanceEnded, .. } = outcome {
                    // It has forgotten what was subscribed to before.
                    self.subscribe(now, index, shared);
                }
                heard = true;
            }
        }
        heard
    }

    fn next_outcome(
        &mut self,
        now: Timestamp,
        index: usize,
        shared: &mut Shared,
    ) -> Option<(Generation, Outcome)> {
        let site = self.sites.get_mut(index)?;
        let outcome = site.next_outcome(now, &self.host, &mut self.kit, &mut shared.venue);
        let generation = site.generation;
        if outcome == Some(Outcome::Armed) && self.is_one_too_many(now, generation, shared) {
            let refused = self.sites.get_mut(index)?.refuse_login(now, &self.host);
            // It counted until now.
            return Some((generation, refused));
        }
        self.attend(now, index, shared);
        outcome.map(|outcome| (generation, outcome))
    }

    /// Tells whether the venue refuses a login because another connection lives.
    fn is_one_too_many(&self, now: Timestamp, generation: Generation, shared: &Shared) -> bool {
        let live = self.recovery.status().live;
        shared.venue.allows_one_session(now) && live.is_some_and(|live| live != generation)
    }

    /// Tells the recovery one thing. It is told of what counts no more as well, as a driver does
    /// that has forgotten to unsubscribe, and must not care.
    fn tell(
        &mut self,
        now: Timestamp,
        generation: Generation,
        outcome: Outcome,
        shared: &mut Shared,
    ) {
        let client = self.index;
        let before = self.recovery.status();
        let counts = before.attempt.is_some_and(|(attempt, _)| attempt == generation);
        if counts && outcome == Outcome::Live {
            self.learn(generation, true);
        } else if counts && matches!(outcome, Outcome::Failed(_) | Outcome::Ended(_)) {
            self.learn(generation, false);
        }
        let is_old =
            !counts && self.sites.iter().any(|site| site.generation == generation && site.is_old);
        self.recovery.handle(self.host.clock.read(now), generation, outcome);
        self.told = true;
        let after = self.recovery.status();
        shared.trace.push(
            now,
            if is_old {
                let heeded = (before.live, before.attempt, before.next_attempt, before.given_up)
                    != (after.live, after.attempt, after.next_attempt, after.given_up);
                FleetStep::Straggles { client, generation, outcome, heeded }
            } else {
                FleetStep::Hears { client, generation, outcome }
            },
        );
    }

    /// Does what the recovery wants, until it waits.
    #[track_caller]
    fn obey(&mut self, now: Timestamp, shared: &mut Shared) {
        let local = self.host.clock.read(now);
        self.told = false;
        for _ in 0..ACTIONS_MAX {
            let action = self.recovery.poll(local, &mut shared.gate);
            if !matches!(action, RecoveryAction::Wait(_)) {
                shared.trace.push(now, FleetStep::Does { client: self.index, action });
            }
            match action {
                RecoveryAction::Dial { generation, .. } => {
                    let site = Site::dial(generation, now, &mut self.kit, &mut shared.venue);
                    let (client, address) = (self.index, site.address);
                    shared.trace.push(now, FleetStep::Heads { client, generation, address });
                    self.sites.push(site);
                }
                RecoveryAction::Abandon { generation, .. } => {
                    self.learn(generation, false);
                    self.retire(now, generation);
                }
                RecoveryAction::Withdraw { generation } => self.retire(now, generation),
                RecoveryAction::Leave { generation, .. } => self.part(now, generation),
                RecoveryAction::RotationFailed { .. } => {}
                // The new one is followed before the old one is told goodbye.
                RecoveryAction::Rotate { from, .. } => {
                    self.follow(now, shared);
                    self.leave(now, from);
                }
                RecoveryAction::GiveUp(why) => self.give_up(now, why),
                RecoveryAction::Wait(deadline) => {
                    self.deadline = deadline;
                    self.follow(now, shared);
                    return;
                }
            }
        }
        panic!("a recovery must wait after {ACTIONS_MAX} actions");
    }
}

impl<P: Platform> Member<P> {
    pub(super) fn retire(&mut self, now: Timestamp, generation: Generation) {
        for site in self.sites.iter_mut().filter(|site| site.generation == generation) {
            site.retire(now, &self.host);
        }
    }

    /// Says goodbye to a connection whose end still counts.
    fn part(&mut self, now: Timestamp, generation: Generation) {
        for site in self.sites.iter_mut().filter(|site| site.generation == generation) {
            site.part(now, &self.host);
        }
    }

    /// Remembers of the address of an attempt whether it led to a life.
    fn learn(&mut self, generation: Generation, is_well: bool) {
        let site = self.sites.iter().find(|site| site.generation == generation);
        match site.map(|site| site.address) {
            Some(address) if is_well => self.kit.routes.absolve(address),
            Some(address) => self.kit.routes.blame(address),
            None => {}
        }
    }

    /// Drops what is not live.
    fn give_up(&mut self, now: Timestamp, _why: GiveUp) {
        let live = self.recovery.status().live;
        for site in self.sites.iter_mut().filter(|site| Some(site.generation) != live) {
            site.retire(now, &self.host);
        }
    }

    /// Has the operator ask for another connection.
    pub(super) fn rotate(&mut self, now: Timestamp) {
        self.recovery.request_rotation(self.host.clock.read(now));
        self.told = true;
    }

    /// Has the operator do this to the recovery.
    pub(super) fn operate(&mut self, now: Timestamp, does: OperatorStep) {
        let local = self.host.clock.read(now);
        match does {
            OperatorStep::Reconnects => self.recovery.reconnect_now(local),
            OperatorStep::Pauses => self.recovery.pause(local),
            OperatorStep::Resumes => self.recovery.resume(local),
        }
        self.told = true;
    }

    /// Has the application end it all; its connections too, unless it forgets them.
    pub(super) fn stop(&mut self, now: Timestamp, forgets: bool) {
        self.recovery.stop(self.host.clock.read(now));
        self.told = true;
        for site in self.sites.iter_mut().filter(|_| !forgets) {
            site.end(now, &self.host);
        }
    }

    /// Notes on every connection what befell the client.
    pub(super) fn note(&mut self, now: Timestamp, what: &Step) {
        for connection in self.sites.iter_mut().filter_map(Site::connection_mut) {
            connection.note(now, what.clone());
        }
    }

    /// Returns the true time at which something will happen next.
    pub(super) fn next_at(&self) -> Option<Timestamp> {
        let sites = self.sites.iter().map(|site| site.next_at(&self.host, &self.kit.line));
        let leaves = self.leaving.map(|(_, until)| until);
        let waits = [self.deadline, self.trader.next_at(), leaves].into_iter().flatten().min();
        let lapses = self.trading.dead_man_timeout().and_then(|_| self.kit.account.next_at());
        sites.chain([self.host.wakes_at(waits), lapses]).flatten().min()
    }

    /// Returns the recovery.
    pub(super) const fn recovery(&self) -> &Recovery {
        &self.recovery
    }

    /// Returns how many orders it has placed, and how many of them the venue cancelled by itself.
    pub(super) const fn orders(&self) -> (u64, u64) {
        (self.trader.placed(), self.lost)
    }

    /// Returns what is over, and what there is no room for.
    pub(super) fn over(&self, now: Timestamp) -> impl Iterator<Item = &Site<P>> {
        let mut excess = self.sites.len().saturating_sub(SITES_MAX);
        self.sites.iter().filter(move |site| {
            let is_excess = excess > 0 && matches!(site.stage, Stage::Ended(_));
            excess = excess.saturating_sub(usize::from(is_excess));
            is_excess || site.is_over(now)
        })
    }

    /// Forgets an attempt, and returns what the trace of its connection came to.
    pub(super) fn bury(&mut self, generation: Generation) -> Option<u64> {
        let index = self.sites.iter().position(|site| site.generation == generation)?;
        let site = self.sites.remove(index);
        site.connection().map(|connection| connection.trace().fingerprint())
    }
}

/// What a client assumes of a venue that does not say how many connections may be opened.
const ASSUMED: Budget = Budget::per_address(10, Duration::from_secs(1));

/// Makes the clients' gate. Their clock may run fast, and the venue counts by its own: they wait
/// for a hundredth longer than it asks for.
pub(super) fn gate_for(budget: Option<Budget>) -> Gate<ConnectBudget<{ Shared::BUDGET_MAX }>> {
    let Budget { count, per, .. } = budget.unwrap_or(ASSUMED);
    let limit = usize::try_from(count).unwrap_or(usize::MAX).clamp(1, Shared::BUDGET_MAX);
    let per = per.saturating_add(per / 100).max(Duration::from_nanos(1));
    match (ConnectBudget::new(limit, per), BreakerConfig::builder().build()) {
        (Ok(budget), Ok(breaker)) => Gate::new(Breaker::new(breaker), budget),
        (budget, breaker) => panic!("a gate must be made of these: {budget:?}, {breaker:?}"),
    }
}
