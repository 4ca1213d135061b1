//! The life of one client: a connection, a verdict, another connection.

use core::iter::Peekable;
use core::time::Duration;

use heartbeat_core::{Initiator, Platform, Timestamp};

use super::plan::{Incident, Interference, MESSAGE_MAX, Plan};
use super::{Broken, FaultKind, SimOptions, SimReport};
use crate::{
    Admission, DataFrom, Delay, Fault, MockOptions, Oracles, Rng, Violation, World, WorldOptions,
};

/// How long a client takes from a verdict to the next connection.
const RECONNECT: Duration = Duration::from_secs(1);

/// The end of the axis.
const FOREVER: Timestamp = Timestamp::from_nanos(u64::MAX);

#[derive(Debug)]
pub(super) struct Day<'o, P> {
    options: &'o SimOptions<P>,
    rng: Rng,
    plan: Peekable<Plan>,
    line: Delay,
    data_every: Option<Duration>,
    now: Timestamp,
    end: Timestamp,
    /// Who is let in, as far as the incidents say.
    door: MockOptions,
    report: SimReport,
}

/// One connection with all that looks at it and all that is wrong with it.
struct Connection<P: Platform> {
    world: World<P>,
    oracles: Oracles,
    /// When the line is well again.
    remedies: Vec<(Timestamp, Remedy)>,
    /// Until when line or venue are dead, and the client asleep.
    dead_until: Timestamp,
    asleep_until: Timestamp,
}

#[derive(Clone, Copy, Debug)]
enum Remedy {
    Heal,
    Calm,
}

impl<'o, P: Platform + Clone> Day<'o, P> {
    pub(super) fn new(seed: u64, options: &'o SimOptions<P>) -> Self {
        let mut rng = Rng::from_seed(seed);
        let now = Timestamp::ZERO;
        let plan = Plan::new(rng.split(), options.kinds, options.fault_every, now);
        let line = Delay {
            base: rng.span_up_to(Duration::from_millis(150)),
            jitter: rng.span_up_to(Duration::from_millis(50)),
        };
        // Half of the days have market data, so that idleness is seen too.
        let data_every = (rng.below(2) == 0)
            .then(|| Duration::from_secs(2) + rng.span_up_to(Duration::from_secs(60)));
        let report = SimReport::new(seed, options.exchange, options.config.detection_bound());
        let door = MockOptions::default();
        let end = now.checked_add(options.span).unwrap_or(FOREVER);
        Self { options, rng, plan: plan.peekable(), line, data_every, now, end, door, report }
    }

    pub(super) fn goes_on(&self) -> bool {
        self.now < self.end && self.report.broken.is_none()
    }

    pub(super) fn into_report(self) -> SimReport {
        self.report
    }

    /// Lives through one connection.
    #[track_caller]
    pub(super) fn connect(&mut self) {
        let opened = self.now;
        let mut connection = self.open();
        let outcome = self.live(&mut connection);
        let Connection { world, oracles, dead_until, asleep_until, .. } = &mut connection;
        let outcome = outcome.and_then(|()| oracles.finish(world));

        let report = &mut self.report;
        report.connections += 1;
        report.simulated += world.now().saturating_since(opened);
        report.note_trace(world.trace().fingerprint());
        let counters = world.client().health().counters;
        report.responses += counters.responses;
        report.answers += counters.answers;
        report.beats += counters.beats;
        if let Some(verdict) = world.verdict() {
            report.verdicts += 1;
            let last_read = world.last_read().unwrap_or(opened);
            let is_dead = verdict.at <= *dead_until && *asleep_until <= last_read;
            if is_dead && verdict.cause.initiator() == Initiator::Machine {
                report.note_detection(verdict.at.saturating_since(last_read));
            }
        }
        if let Err(violation) = outcome {
            report.broken = Some(Broken { violation, steps: world.trace().to_string() });
        }
        self.now = world.now().checked_add(RECONNECT).unwrap_or(FOREVER);
        while self.door.admission(self.now) != Admission::Admitted {
            self.now = self.now.checked_add(RECONNECT).unwrap_or(FOREVER);
        }
    }

    fn open(&mut self) -> Connection<P> {
        let SimOptions { platform, config, exchange, .. } = self.options;
        let mock = MockOptions::default().data_from(DataFrom::Opening).data_every(self.data_every);
        let options =
            WorldOptions::seeded(self.rng.next_u64()).start(self.now).mock(mock).delay(self.line);
        let options = options.message_max(MESSAGE_MAX);
        Connection {
            world: World::new(platform.clone(), *config, *exchange, options),
            oracles: Oracles::of(config, exchange.rules()),
            remedies: Vec::new(),
            dead_until: Timestamp::ZERO,
            asleep_until: Timestamp::ZERO,
        }
    }

    /// Goes from one incident to the next, until the verdict or the end of the day.
    #[track_caller]
    fn live(&mut self, connection: &mut Connection<P>) -> Result<(), Violation> {
        loop {
            let remedy = connection.remedies.iter().map(|(at, _)| *at).min();
            let incident = self.plan.peek().map(|incident| incident.at);
            let next = [remedy, incident].into_iter().flatten().fold(self.end, Timestamp::min);
            connection.run_until(next)?;
            let now = connection.world.now();
            if connection.world.verdict().is_some() || now >= self.end {
                return Ok(());
            }
            connection.remedy(now);
            while let Some(incident) = self.plan.next_if(|incident| incident.at <= now) {
                if let Interference::Venue(plan) = incident.what
                    && plan.fault() == Fault::Refuse
                {
                    // What came of an earlier one is over or goes on in this one.
                    self.door = MockOptions::default().venue_since(now).venue_fault(plan);
                }
                if connection.suffer(now, &incident) {
                    self.report.note_fault(incident.kind);
                }
            }
        }
    }
}

impl<P: Platform> Connection<P> {
    /// Runs until `until` or the verdict, and looks at every step.
    #[track_caller]
    fn run_until(&mut self, until: Timestamp) -> Result<(), Violation> {
        while self.world.verdict().is_none() && self.world.step(until) {
            self.oracles.look(&self.world)?;
        }
        self.oracles.look(&self.world)
    }

    fn remedy(&mut self, now: Timestamp) {
        let world = &mut self.world;
        self.remedies.retain(|(at, remedy)| {
            let is_due = *at <= now;
            match remedy {
                Remedy::Heal if is_due => world.half_open(false),
                Remedy::Calm if is_due => world.disturb(None),
                Remedy::Heal | Remedy::Calm => {}
            }
            !is_due
        });
    }

    /// Makes it happen; tells whether it did.
    fn suffer(&mut self, now: Timestamp, incident: &Incident) -> bool {
        let after = |span: Duration| now.checked_add(span).unwrap_or(FOREVER);
        match incident.what {
            Interference::Sever(span) => {
                self.world.half_open(true);
                self.remedies.push((after(span), Remedy::Heal));
                self.dead_until = self.dead_until.max(after(span));
            }
            Interference::Disturb(delay, span) => {
                self.world.disturb(Some(delay));
                self.remedies.push((after(span), Remedy::Calm));
            }
            Interference::Cut => self.world.cut(),
            Interference::Venue(plan) => {
                self.world.plan(plan);
                let is_dead = matches!(
                    incident.kind,
                    FaultKind::Silent | FaultKind::AckThenSilence | FaultKind::VenueStall
                );
                if is_dead {
                    let span = plan.lasts().unwrap_or(Duration::MAX);
                    self.dead_until = self.dead_until.max(after(span));
                }
            }
            // It sleeps already.
            Interference::Freeze(..) if self.world.is_frozen() => return false,
            Interference::Freeze(span, freeze) => {
                self.world.freeze(span, freeze);
                self.asleep_until = after(span);
            }
            Interference::Drift(ppm) => self.world.drift(ppm),
        }
        true
    }
}
