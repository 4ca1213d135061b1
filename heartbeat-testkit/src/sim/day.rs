//! The life of a few clients: connections, verdicts, other connections.

use core::iter::Peekable;
use core::time::Duration;

use heartbeat_core::{Initiator, Platform, Timestamp};

use super::plan::{Incident, Interference, MESSAGE_MAX, Plan, Provoked};
use super::{Broken, FaultKind, SimOptions, SimReport};
use crate::{
    Delay, Ends, Fault, FaultPlan, Fleet, FleetOptions, FleetOracles, Freeze, MockOptions,
    OperatorStep, Rng, SimulatedConnection, Trading, Violation,
};

/// The end of the axis.
const FOREVER: Timestamp = Timestamp::from_nanos(u64::MAX);

pub(super) struct Day<P: Platform> {
    rng: Rng,
    plan: Peekable<Plan>,
    fleet: Fleet<P>,
    oracles: FleetOracles,
    fates: Vec<Fate>,
    end: Timestamp,
    report: SimReport,
}

/// What a client goes through.
#[derive(Clone, Debug, Default)]
struct Fate {
    /// When its line is well again.
    remedies: Vec<(Timestamp, Remedy)>,
    /// Until when its line or the venue are dead, and it asleep.
    dead_until: Timestamp,
    asleep_until: Timestamp,
}

#[derive(Clone, Copy, Debug)]
enum Remedy {
    Heal,
    Calm,
    Widen,
    Resume,
}

impl<P: Platform + Clone> Day<P> {
    pub(super) fn new(seed: u64, options: &SimOptions<P>) -> Self {
        let mut rng = Rng::from_seed(seed);
        let start = Timestamp::ZERO;
        let plan = Plan::new(rng.split(), options.kinds, options.fault_every, start);
        let fleet = Fleet::new(fleet_options(&mut rng, &plan, options));
        let report = SimReport::new(seed, options.venue.name(), options.config.silence_bound());
        Self {
            rng,
            plan: plan.peekable(),
            oracles: FleetOracles::of(&fleet),
            fates: vec![Fate::default(); fleet.clients()],
            fleet,
            end: start.checked_add(options.span).unwrap_or(FOREVER),
            report,
        }
    }

    /// Lives through it, or to the first violation.
    #[track_caller]
    pub(super) fn live(mut self) -> SimReport {
        let outcome = self.go().and_then(|()| self.end_all());
        let outcome = outcome.and_then(|()| self.oracles.finish(&self.fleet));
        let Self { fleet, report, fates, oracles, end, .. } = &mut self;
        for (client, fate) in fates.iter().enumerate() {
            for (generation, connection) in fleet.connections(client) {
                let is_counted =
                    fleet.finished().any(|(of, it, _)| (of, it) == (client, generation));
                if !is_counted {
                    count(report, fate, connection);
                }
            }
        }
        let clients = u32::try_from(fleet.clients()).unwrap_or(u32::MAX);
        let lived = fleet.now().min(*end).saturating_since(Timestamp::ZERO);
        report.simulated = lived.saturating_mul(clients);
        (report.orders_placed, report.orders_lost) = fleet.orders();
        report.returns = oracles.return_times().to_vec();
        report.fingerprint = fleet.fingerprint();
        if let Err(violation) = outcome {
            report.broken = Some(Broken { violation, steps: fleet.story() });
        }
        self.report
    }

    /// Goes from one incident to the next, until the end of the day.
    #[track_caller]
    fn go(&mut self) -> Result<(), Violation> {
        loop {
            let remedies = self.fates.iter().flat_map(|fate| &fate.remedies).map(|(at, _)| *at);
            let incident = self.plan.peek().map(|incident| incident.at);
            let next = remedies.chain(incident).fold(self.end, Timestamp::min);
            self.run_until(next)?;
            if self.fleet.now() >= self.end {
                return Ok(());
            }
            for client in 0..self.fates.len() {
                self.remedy(client);
            }
            let now = self.fleet.now();
            while let Some(incident) = self.plan.next_if(|incident| incident.at <= now) {
                if self.suffer(now, &incident) {
                    self.report.note_fault(incident.kind);
                }
            }
        }
    }

    /// Ends one client after the other, at moments that the seed chooses and in whatever trouble
    /// they are, and sees that nothing is left of them.
    #[track_caller]
    fn end_all(&mut self) -> Result<(), Violation> {
        let after = |fleet: &Fleet<P>, span| fleet.now().checked_add(span).unwrap_or(FOREVER);
        let clients = u32::try_from(self.fleet.clients()).unwrap_or(u32::MAX);
        let apart = Duration::from_secs(30) / clients.max(1);
        for client in 0..self.fleet.clients() {
            let moment = self.rng.span_up_to(apart);
            self.run_until(after(&self.fleet, moment))?;
            self.fleet.stop(client);
        }
        self.run_until(after(&self.fleet, Ends::WITHIN * 2))
    }

    /// Runs until `until`, and looks at every step.
    #[track_caller]
    fn run_until(&mut self, until: Timestamp) -> Result<(), Violation> {
        let Self { fleet, oracles, report, fates, .. } = self;
        loop {
            let stepped = fleet.step(until);
            oracles.look(fleet)?;
            for (client, _, connection) in fleet.finished() {
                if let Some(fate) = fates.get(client) {
                    count(report, fate, connection);
                }
            }
            fleet.trim_traces();
            if !stepped {
                return Ok(());
            }
        }
    }

    fn remedy(&mut self, client: usize) {
        let Self { fleet, fates, .. } = self;
        let now = fleet.now();
        let Some(fate) = fates.get_mut(client) else {
            return;
        };
        fate.remedies.retain(|(at, remedy)| {
            let is_due = *at <= now;
            match remedy {
                Remedy::Heal if is_due => fleet.half_open(client, false),
                Remedy::Calm if is_due => fleet.disturb(client, None),
                Remedy::Widen if is_due => fleet.narrow(client, None),
                Remedy::Resume if is_due => fleet.operate(client, OperatorStep::Resumes),
                Remedy::Heal | Remedy::Calm | Remedy::Widen | Remedy::Resume => {}
            }
            !is_due
        });
    }

    /// Makes it happen; tells whether it did.
    fn suffer(&mut self, now: Timestamp, incident: &Incident) -> bool {
        let after = |span: Duration| now.checked_add(span).unwrap_or(FOREVER);
        let client = self.rng.below(self.fates.len() as u64);
        let client = usize::try_from(client).unwrap_or_default();
        let Self { fleet, fates, .. } = self;
        let Some(fate) = fates.get_mut(client) else {
            return false;
        };
        match incident.what {
            Interference::Sever(span) => {
                fleet.half_open(client, true);
                fate.remedies.push((after(span), Remedy::Heal));
                fate.dead_until = fate.dead_until.max(after(span));
            }
            Interference::Disturb(delay, span) => {
                fleet.disturb(client, Some(delay));
                fate.remedies.push((after(span), Remedy::Calm));
            }
            Interference::Narrow { bandwidth, message, span } => {
                fleet.narrow(client, Some(bandwidth));
                fleet.plan(client, message);
                fate.remedies.push((after(span), Remedy::Widen));
            }
            Interference::Cut => fleet.cut(client),
            Interference::Venue(plan) => {
                fleet.plan(client, plan);
                if is_deadly(incident.kind) {
                    let span = plan.lasts().unwrap_or(Duration::MAX);
                    fate.dead_until = fate.dead_until.max(after(span));
                }
            }
            Interference::Outage(plan, ends) => outage(fleet, plan, ends),
            Interference::Trouble(trouble, lasts, Provoked::Cut) => {
                fleet.trouble(trouble, lasts);
                fleet.cut(client);
            }
            Interference::Trouble(trouble, lasts, Provoked::Rotation) => {
                fleet.trouble(trouble, lasts);
                fleet.rotate(client);
            }
            Interference::Rotate => fleet.rotate(client),
            Interference::Reconnect => fleet.operate(client, OperatorStep::Reconnects),
            Interference::Pause(span) => {
                fleet.operate(client, OperatorStep::Pauses);
                fate.remedies.push((after(span), Remedy::Resume));
            }
            Interference::Announce(kind) => return fleet.announce(kind),
            Interference::Freeze(span, freeze) => return self.sleep(client, span, freeze),
            Interference::Drift(ppm) => fleet.drift(ppm),
        }
        true
    }

    /// Has one client sleep, or all; tells whether they were awake.
    fn sleep(&mut self, client: usize, span: Duration, freeze: Freeze) -> bool {
        let Self { fleet, fates, .. } = self;
        if (0..fleet.clients()).any(|it| fleet.is_frozen(it)) {
            return false;
        }
        let until = fleet.now().checked_add(span).unwrap_or(FOREVER);
        let sleepers = match freeze {
            Freeze::Process => client..=client,
            Freeze::Machine => 0..=fleet.clients(),
        };
        match freeze {
            Freeze::Process => fleet.freeze(client, span),
            Freeze::Machine => fleet.suspend(span),
        }
        fates
            .iter_mut()
            .enumerate()
            .filter(|(index, _)| sleepers.contains(index))
            .for_each(|(_, fate)| fate.asleep_until = until);
        true
    }
}

/// Ends all connections so, if at all, and lets nobody in.
fn outage<P: Platform + Clone>(fleet: &mut Fleet<P>, plan: FaultPlan, ends: Option<Fault>) {
    fleet.outage(plan);
    if let Some(fault) = ends {
        let plan = FaultPlan::new(fault, Duration::ZERO);
        (0..fleet.clients()).for_each(|client| fleet.plan(client, plan));
    }
}

/// Half of the days have market data, so that idleness is seen too.
fn fleet_options<P: Platform + Clone>(
    rng: &mut Rng,
    plan: &Plan,
    options: &SimOptions<P>,
) -> FleetOptions<P> {
    let line = Delay {
        base: rng.span_up_to(Duration::from_millis(150)),
        jitter: rng.span_up_to(Duration::from_millis(50)),
    };
    let data_every = (rng.below(2) == 0)
        .then(|| Duration::from_secs(2) + rng.span_up_to(Duration::from_secs(60)));
    let age = Duration::from_secs(3_600) + rng.span_up_to(Duration::from_secs(6 * 3_600));
    let mock = MockOptions::default().data_every(data_every).channel_since(Timestamp::ZERO);
    let trading = trading(rng);
    let SimOptions { platform, config, venue, .. } = options;
    let fleet = FleetOptions::new(platform.clone(), *config, venue.clone(), rng.next_u64())
        .clients(options.clients)
        .delay(line)
        .mock(mock)
        .message_max(MESSAGE_MAX)
        .trading(trading);
    let fleet = if rng.below(2) == 0 { fleet.transport_answers_pings() } else { fleet };
    let ages = |fleet: FleetOptions<P>| fleet.clone().max_age(age).unwrap_or(fleet);
    let breaks = |fleet: FleetOptions<P>| fleet.clone().break_before_make().unwrap_or(fleet);
    let fleet = if plan.has(FaultKind::Rotate) { ages(fleet) } else { fleet };
    if plan.has(FaultKind::BreakFirst) { breaks(fleet) } else { fleet }
}

/// Which safeguards there are differs from day to day.
fn trading(rng: &mut Rng) -> Trading {
    let minutes = |rng: &mut Rng, most| Duration::from_secs(60 * (1 + rng.below(most)));
    let dead_man = (rng.below(3) == 0)
        .then(|| Trading::DEAD_MAN_MIN + rng.span_up_to(Duration::from_secs(180)));
    Trading::default()
        .order_every(minutes(rng, 20))
        .dead_man(dead_man)
        .cancel_on_disconnect(rng.below(3) == 0)
        .keyed(rng.below(2) == 0)
}

/// Tells whether nothing at all is heard from a venue that misbehaves so.
const fn is_deadly(kind: FaultKind) -> bool {
    matches!(kind, FaultKind::Silent | FaultKind::AckThenSilence | FaultKind::VenueStall)
}

/// Counts a connection that is over, or that the end of the day cuts off.
fn count<P: Platform>(report: &mut SimReport, fate: &Fate, connection: &SimulatedConnection<P>) {
    report.connections += 1;
    let counters = connection.session().health().counters;
    report.responses += counters.responses;
    report.answers += counters.answers;
    report.beats += counters.beats;
    let Some(verdict) = connection.verdict() else {
        return;
    };
    let initiator = verdict.cause.initiator();
    report.verdicts += u64::from(initiator != Initiator::Application);
    if let Some(last_read) = connection.last_read() {
        let is_dead = verdict.at <= fate.dead_until && fate.asleep_until <= last_read;
        if is_dead && initiator == Initiator::Machine {
            report.note_detection(verdict.at.saturating_since(last_read));
        }
    }
}
