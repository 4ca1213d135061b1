//! Whoever can be connected is connected soon.

use core::time::Duration;
use std::collections::{BTreeSet, VecDeque};

use heartbeat_core::{Generation, Outcome, RecoveryAction, RecoveryConfig, Timestamp};
use heartbeat_platforms::Budget;

use super::FleetOracle;
use super::refusals::Refusals;
use crate::{Entry, Fault, FaultPlan, FleetStep, LineChange, OperatorStep};

/// Complains of a client that is not live [`WITHIN`](Self::WITHIN) of the moment from which
/// nothing stood in its way: all lines and the venue were well, everybody was running, and neither
/// the venue's budget nor a pause that the venue had asked for forbade it.
///
/// The others count because all share a gate, whose breaker cannot tell a venue that fails from a
/// client whose own line is dead.
#[derive(Clone, Debug)]
pub struct Returns {
    config: RecoveryConfig,
    budget: Option<Budget>,
    clients: Vec<Standing>,
    /// When the venue lets in everybody again.
    outage_ends: Timestamp,
    /// When the pause ends that the venue asked for, of whomever.
    pause_ends: Timestamp,
    /// The attempts of all in the budget's window.
    dialled: VecDeque<Timestamp>,
    /// When there was, or will be, room for another.
    room_at: Timestamp,
    /// When the last sleep ended.
    thawed_at: Timestamp,
    times: Vec<Duration>,
}

#[derive(Clone, Debug, Default)]
struct Standing {
    refusals: Refusals,
    live: Option<Generation>,
    /// The attempt on which the venue misbehaves.
    plagued: Option<Generation>,
    attempt: Option<Generation>,
    hindrances: BTreeSet<Hindrance>,
    has_ended: bool,
    is_paused: bool,
    frozen_at: Timestamp,
    /// When it was last lost.
    lost_at: Timestamp,
    /// When the last hindrance went.
    cleared_at: Timestamp,
}

/// What keeps a client from connecting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Hindrance {
    DeadLine,
    SlowLine,
    NarrowLine,
    Sleep,
}

impl Returns {
    /// How long a client has.
    pub const WITHIN: Duration = Duration::from_secs(10);

    /// How many times are kept.
    pub const TIMES_MAX: usize = 4_096;

    /// Begins with so many clients that connect at `now`, with these settings, to a venue that
    /// allows so many attempts.
    pub fn new(
        clients: usize,
        config: RecoveryConfig,
        budget: Option<Budget>,
        now: Timestamp,
    ) -> Self {
        let refusals = Refusals::lenient();
        let standing = Standing { lost_at: now, refusals, ..Standing::default() };
        Self {
            config,
            budget,
            clients: vec![standing; clients],
            outage_ends: now,
            pause_ends: now,
            dialled: VecDeque::new(),
            room_at: now,
            thawed_at: now,
            times: Vec::new(),
        }
    }

    /// Returns how long clients took to be live again, each from when nothing stood in its way.
    pub fn times(&self) -> &[Duration] {
        &self.times
    }

    /// Returns from when on nothing stood in the way of any client, so far: they share a gate, and
    /// one whose attempts fail for a reason of its own closes it for all.
    fn clear_since(&self) -> Option<Timestamp> {
        let is_clear = |it: &Standing| it.hindrances.is_empty() && it.plagued.is_none();
        if !self.clients.iter().all(is_clear) {
            return None;
        }
        let since = self.clients.iter().map(|client| client.cleared_at).max();
        let others = self.outage_ends.max(self.pause_ends).max(self.room_at);
        Some(others.max(since.unwrap_or_default()))
    }

    fn on_dial(&mut self, at: Timestamp) {
        let Some(Budget { count, per, .. }) = self.budget else {
            return;
        };
        self.dialled.push_back(at);
        if self.dialled.len() >= usize::try_from(count).unwrap_or(usize::MAX)
            && let Some(oldest) = self.dialled.pop_front()
        {
            // A client's clock may be slow, and its margin is a hundredth.
            self.room_at = self.room_at.max(later(oldest, per + per / 50));
        }
    }

    fn hears(&mut self, at: Timestamp, index: usize, generation: Generation, outcome: Outcome) {
        if let Some(client) = self.clients.get_mut(index)
            && let Some(pause) = client.refusals.pause(at, generation, outcome, &self.config)
        {
            self.pause_ends = self.pause_ends.max(later(at, pause.span));
        }
        let clear_since = self.clear_since();
        let Some(client) = self.clients.get_mut(index) else {
            return;
        };
        match outcome {
            Outcome::Live => {
                if client.live.is_none()
                    && let Some(since) = clear_since
                    && self.times.len() < Self::TIMES_MAX
                {
                    self.times.push(at.saturating_since(since.max(client.lost_at)));
                }
                client.live = Some(generation);
                client.attempt = None;
            }
            Outcome::Failed(_) | Outcome::Ended(_) => client.lose(at, generation),
            _ => {}
        }
    }

    /// A suspended machine's clock stands still, and a pause with it; all wake at once.
    fn wakes(&mut self, at: Timestamp, slept: Duration) {
        if core::mem::replace(&mut self.thawed_at, at) == at {
            return;
        }
        let slept_from = Timestamp::from_nanos(
            at.as_nanos().saturating_sub(u64::try_from(slept.as_nanos()).unwrap_or(u64::MAX)),
        );
        for end in [&mut self.pause_ends, &mut self.room_at] {
            if *end > slept_from {
                *end = later(*end, slept);
            }
        }
        // So does its window of attempts, which it keeps for longer than the venue does.
        for dialled in self.dialled.iter_mut().filter(|dialled| **dialled <= slept_from) {
            *dialled = later(*dialled, slept);
        }
    }

    fn outage(&mut self, at: Timestamp, plan: FaultPlan) {
        let ends = plan.lasts().map_or(at, |lasts| later(at, lasts));
        self.outage_ends = self.outage_ends.max(ends);
    }
}

/// Returns a point in time so much later, or the end of the axis.
fn later(at: Timestamp, span: Duration) -> Timestamp {
    at.checked_add(span).unwrap_or(Timestamp::from_nanos(u64::MAX))
}

impl Standing {
    fn lose(&mut self, at: Timestamp, generation: Generation) {
        let is = |of: Option<Generation>| of == Some(generation);
        if is(self.plagued) {
            self.plagued = None;
            self.cleared_at = at;
        }
        if is(self.live) {
            self.live = None;
            self.lost_at = at;
        }
        self.attempt = self.attempt.filter(|attempt| *attempt != generation);
    }

    fn does(&mut self, at: Timestamp, action: RecoveryAction) {
        match action {
            RecoveryAction::Dial { generation, .. } => self.attempt = Some(generation),
            RecoveryAction::Abandon { generation, .. }
            | RecoveryAction::Leave { generation, .. }
            | RecoveryAction::Withdraw { generation } => self.lose(at, generation),
            RecoveryAction::Rotate { to, .. } => self.live = Some(to),
            RecoveryAction::GiveUp(_) => self.has_ended = true,
            RecoveryAction::RotationFailed { .. } | RecoveryAction::Wait(_) => {}
        }
    }

    fn line(&mut self, at: Timestamp, change: LineChange) {
        match change {
            LineChange::HalfOpen => self.hinder(Hindrance::DeadLine),
            LineChange::Healed => self.clear(at, Hindrance::DeadLine),
            LineChange::Disturbed => self.hinder(Hindrance::SlowLine),
            LineChange::Calm => self.clear(at, Hindrance::SlowLine),
            LineChange::Narrow => self.hinder(Hindrance::NarrowLine),
            LineChange::Wide => self.clear(at, Hindrance::NarrowLine),
            // An attempt that is under way may be lost with it.
            LineChange::Cut | LineChange::Ended => self.cleared_at = at,
        }
    }

    fn suffers(&mut self, at: Timestamp, what: &FleetStep) {
        match what {
            FleetStep::Suffers { plan, .. }
                if !matches!(plan.fault(), Fault::Refuse | Fault::Http(_)) =>
            {
                self.plagued = self.attempt;
            }
            FleetStep::Line { change, .. } => self.line(at, *change),
            FleetStep::Freezes { .. } => {
                self.frozen_at = at;
                self.hinder(Hindrance::Sleep);
            }
            FleetStep::Operator { does, .. } => {
                self.is_paused = *does == OperatorStep::Pauses;
                self.lost_at = self.lost_at.max(at);
            }
            _ => {}
        }
    }

    fn hinder(&mut self, hindrance: Hindrance) {
        self.hindrances.insert(hindrance);
    }

    fn clear(&mut self, at: Timestamp, hindrance: Hindrance) {
        self.hindrances.remove(&hindrance);
        self.cleared_at = at;
    }
}

impl FleetOracle for Returns {
    fn name(&self) -> &'static str {
        "returns"
    }

    fn see(&mut self, entry: &Entry<FleetStep>) -> Result<(), String> {
        let at = entry.at;
        let mut client = entry.what.client().and_then(|client| self.clients.get_mut(client));
        match &entry.what {
            FleetStep::Hears { client, generation, outcome } => {
                self.hears(at, *client, *generation, *outcome);
            }
            FleetStep::Does { action, .. } => {
                if let Some(client) = &mut client {
                    client.does(at, *action);
                }
                if matches!(action, RecoveryAction::Dial { .. }) {
                    self.on_dial(at);
                }
                if let RecoveryAction::GiveUp(why) = action
                    && *why != heartbeat_core::GiveUp::Stopped
                {
                    return Err(format!("a client has given up: {why}"));
                }
            }
            FleetStep::Outage { plan } => self.outage(at, *plan),
            FleetStep::Troubled { lasts, .. } => {
                self.outage_ends = self.outage_ends.max(later(at, *lasts));
            }
            FleetStep::Suffers { .. }
            | FleetStep::Line { .. }
            | FleetStep::Freezes { .. }
            | FleetStep::Operator { .. } => {
                if let Some(client) = client {
                    client.suffers(at, &entry.what);
                }
            }
            FleetStep::Thaws { .. } => {
                if let Some(client) = client {
                    client.clear(at, Hindrance::Sleep);
                    let slept = at.saturating_since(client.frozen_at);
                    self.wakes(at, slept);
                }
            }
            FleetStep::Straggles { .. }
            | FleetStep::Subscribes { .. }
            | FleetStep::Gap { .. }
            | FleetStep::Follows { .. }
            | FleetStep::Order { .. }
            | FleetStep::Channel { .. }
            | FleetStep::Heads { .. }
            | FleetStep::Stops { .. }
            | FleetStep::Venue { .. } => {}
        }
        Ok(())
    }

    fn tick(&mut self, now: Timestamp) -> Result<(), String> {
        let Some(clear_since) = self.clear_since() else {
            return Ok(());
        };
        for (index, client) in self.clients.iter().enumerate() {
            if client.live.is_some() || client.has_ended || client.is_paused {
                continue;
            }
            let since = clear_since.max(client.lost_at);
            let down = now.saturating_since(since);
            if down > Self::WITHIN {
                return Err(format!(
                    "client {index} is not live, and nothing has stood in its way for {down:?}, \
                     at most {:?} are allowed",
                    Self::WITHIN
                ));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use heartbeat_core::{AttemptFailure, Cause};

    use super::super::tests::{dials, dials_as, hears, judge};
    use super::*;

    const LOST: Outcome = Outcome::Ended(Cause::TransportLost);

    fn told(budget: Option<Budget>, story: &[(u64, FleetStep)]) -> Result<(), String> {
        let config = RecoveryConfig::builder().build().unwrap();
        judge(Returns::new(1, config, budget, Timestamp::ZERO), story)
    }

    /// Lost at 20 s, with what `more` says.
    fn lost(more: &[(u64, FleetStep)]) -> Result<(), String> {
        let begun =
            [(0, dials_as(0, 1)), (100, hears(0, 1, Outcome::Live)), (20_000, hears(0, 1, LOST))];
        told(None, &[&begun, more].concat())
    }

    #[test]
    fn who_is_not_back_in_time_is_found() {
        let live = |at| (at, hears(0, 2, Outcome::Live));
        assert_eq!(lost(&[live(30_000), (99_000, dials(1))]), Ok(()));
        assert!(lost(&[(30_001, dials(0))]).is_err());
    }

    #[test]
    fn what_stands_in_the_way_counts_from_its_end() {
        let line = |at, change| (at, FleetStep::Line { client: 0, change });
        let both = [LineChange::Disturbed, LineChange::Narrow, LineChange::Wide];
        let slow: Vec<_> = both.into_iter().map(|change| line(19_000, change)).collect();
        assert_eq!(lost(&[&slow[..], &[(99_000, dials(0))]].concat()), Ok(()), "slow as before");
        let dead = [line(10_000, LineChange::HalfOpen), line(80_000, LineChange::Healed)];
        let then = |at| lost(&[&dead, &[(at, dials(0))][..]].concat());
        assert_eq!(then(90_000), Ok(()));
        assert!(then(90_001).is_err());
        let plan = "refuse@0s+60s".parse().unwrap();
        let outage = |at| lost(&[(20_000, FleetStep::Outage { plan }), (at, dials(0))]);
        assert_eq!(outage(90_000), Ok(()));
        assert!(outage(90_001).is_err());
        let frozen = |at| {
            let froze = (21_000, FleetStep::Freezes { client: 0 });
            lost(&[froze, (70_000, FleetStep::Thaws { client: 0 }), (at, dials(0))])
        };
        assert_eq!(frozen(80_000), Ok(()));
        assert!(frozen(80_001).is_err());
    }

    #[test]
    fn a_pause_that_the_venue_asked_for_excuses_until_its_end() {
        let retry_after = Some(Duration::from_secs(30));
        let http = AttemptFailure::Http { status: 503, retry_after, with_credentials: false };
        let refused = (21_000, hears(0, 2, Outcome::Failed(http)));
        assert_eq!(lost(&[refused.clone(), (61_000, dials(0))]), Ok(()));
        assert!(lost(&[refused, (61_001, dials(0))]).is_err());
    }

    #[test]
    fn a_spent_budget_excuses_until_there_is_room() {
        let budget = Budget::per_address(2, Duration::from_secs(60));
        let story = |at| {
            let begun = [(0, dials_as(0, 1)), (1, hears(0, 1, LOST)), (2, dials_as(0, 2))];
            told(
                Some(budget),
                &[&begun[..], &[(3, hears(0, 2, LOST)), (at, FleetStep::Thaws { client: 9 })]]
                    .concat(),
            )
        };
        assert_eq!(story(71_200), Ok(()));
        assert!(story(71_201).is_err());
    }
}
