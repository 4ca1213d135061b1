//! One connection that is watched, however often it is made anew.

use core::time::Duration;

use heartbeat_core::{BreakerState, Event as CoreEvent, GiveUp, Health, Level, Timestamp};
use heartbeat_examples::endpoint::word_for;
use heartbeat_examples::evidence::{at, millis};
use heartbeat_tokio::Client;
use heartbeat_tokio::client::{ClientEnd, ClientError, Gap, GapCause, Update};
use tokio::sync::{mpsc, watch};
use tokio::time::MissedTickBehavior;

use crate::board::{Board, Entry};
use crate::bounds::{Bounds, LeftOut};
use crate::event::{Event, HealthLine, Line};
use crate::operator::{Member, ORDERS_MAX, Order};
use crate::tally::Tally;
use crate::target::Target;

/// How often a line says how a connection is doing.
const HEALTH_EVERY: Duration = Duration::from_secs(5);

/// How often the board is brought up to date while nothing but data comes in.
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// What every watched connection shares.
#[derive(Clone)]
pub(crate) struct Shared {
    pub(crate) board: Board,
    pub(crate) lines: mpsc::Sender<Line>,
    /// Turns true when it is time to end.
    pub(crate) stop: watch::Receiver<bool>,
}

/// One connection that is watched.
pub(crate) struct Watched {
    target: Target,
    shared: Shared,
    number: usize,
    client: Client,
    tally: Tally,
    bounds: Bounds,
    /// How the living connection was doing when last looked at; of a client that was told to
    /// stop, when it was told.
    health: Option<Health>,
    stopping: bool,
    /// Since when it is live, and how long it was before.
    live_since: Option<Timestamp>,
    uptime: Duration,
    was_live: bool,
    reconnects: u64,
    gaps: u64,
    /// When the next attempt is due after a connection whose end has yet to be reported.
    next_attempt: Option<(Timestamp, String)>,
    orders: mpsc::Receiver<Order>,
    /// Why it is not live.
    failure: Option<String>,
}

/// How it went.
pub(crate) struct Outcome {
    /// Whether the connection was live at the end, and nothing was overdue.
    pub(crate) healthy: bool,
    /// Why it never was live, if it never was.
    pub(crate) complaint: Option<String>,
}

impl Watched {
    /// Begins to connect, and enters the connection into the board.
    ///
    /// # Errors
    ///
    /// [`ClientError`] if the settings do not fit together.
    pub(crate) fn start(target: Target, shared: Shared) -> Result<(Self, Member), ClientError> {
        let client = target.start()?;
        let (orders, ordered) = mpsc::channel(ORDERS_MAX);
        let member = Member {
            name: target.name.clone(),
            venue: target.exchange.name(),
            orders,
            gate: target.gate.clone(),
        };
        let tally = Tally::new();
        let health = line(&tally, None);
        let number = shared.board.add(Entry {
            name: target.name.clone(),
            exchange: target.exchange.name(),
            url: target.shown.clone(),
            detection_bound: target.config.detection_bound(),
            healthy: false,
            health,
            reconnects: 0,
            gaps: 0,
            breaker: BreakerState::Closed,
            last: "connecting".to_owned(),
            paused: false,
            failure: None,
        });
        let watched = Self {
            target,
            shared,
            number,
            client,
            tally,
            bounds: Bounds::default(),
            health: None,
            stopping: false,
            live_since: None,
            uptime: Duration::ZERO,
            was_live: false,
            reconnects: 0,
            gaps: 0,
            next_attempt: None,
            orders: ordered,
            failure: None,
        };
        Ok((watched, member))
    }

    /// Watches until it is time to stop, or until nobody will connect again.
    pub(crate) async fn run(mut self) -> Outcome {
        let began = self.client.clock().now();
        let mut health = every(HEALTH_EVERY);
        let mut look = every(LOOK_EVERY);
        let mut stop = self.shared.stop.clone();
        let end = loop {
            tokio::select! {
                update = self.client.next() => match update {
                    Some(Update::Closed(report)) => break report.end,
                    Some(Update::Message(_)) => {}
                    Some(update) => self.on_update(update).await,
                    None => break ClientEnd::CutOff,
                },
                _ = health.tick() => {
                    let health = self.look();
                    self.report(Event::Health(health)).await;
                }
                _ = look.tick() => {
                    self.tell_next_attempt().await;
                    self.tell_left_out(Bounds::take_over).await;
                    self.look();
                }
                Some(order) = self.orders.recv() => self.obey(order).await,
                () = told(&mut stop), if !self.stopping => self.stop(),
            }
        };
        let healthy = end == ClientEnd::GaveUp(GiveUp::Stopped) && self.is_healthy();
        self.conclude(began, healthy).await
    }

    fn stop(&mut self) {
        self.look();
        self.stopping = true;
        self.client.stop();
    }

    async fn obey(&mut self, order: Order) {
        if order == Order::Stop {
            self.stop();
        }
        order.give(&self.client);
        let (order, reason) = (order.word(), order.reason());
        self.report(Event::Operator { order, reason }).await;
    }

    async fn on_update(&mut self, update: Update) {
        if !matches!(update, Update::Ended { .. }) {
            self.tell_next_attempt().await;
        }
        match update {
            Update::Event { generation, event: CoreEvent::Started } => {
                let connected = Event::Connected {
                    generation: generation.number(),
                    url: self.target.shown.clone(),
                    endpoint: word_for(self.target.stage),
                    silence_bound_ms: millis(self.target.config.silence_bound()),
                    detection_bound_ms: millis(self.target.config.detection_bound()),
                };
                self.report(connected).await;
            }
            Update::Event { event, .. } => {
                if let Some(event) = Event::of(&event) {
                    self.report(event).await;
                }
            }
            Update::Latency { sample, .. } => return self.tally.measure(sample),
            Update::Gap(gap) => self.on_gap(gap).await,
            Update::Live { generation } => {
                self.note_live();
                self.report(Event::Live { generation: generation.number() }).await;
            }
            Update::Down(down) => {
                self.note_down(down.cause.to_string());
                self.next_attempt = down.next_attempt.map(|next| (next, down.cause.to_string()));
            }
            Update::AttemptFailed(failed) => {
                let why = failed.fault.to_string();
                self.next_attempt = failed.next_attempt.map(|next| (next, why.clone()));
                // One that was to replace a connection that is live leaves it as it is.
                if self.live_since.is_none() {
                    self.failure = Some(why);
                }
                self.tell_next_attempt().await;
            }
            Update::Ended { generation, report } => {
                self.tally.end(generation, &report.health.counters);
                self.report(Event::disconnected(generation.number(), &report)).await;
                self.tell_next_attempt().await;
            }
            other => self.on_change(other).await,
        }
        self.look();
    }

    async fn on_change(&mut self, update: Update) {
        let event = match update {
            Update::Rotated { from, to, reason } => {
                let (from, to) = (from.number(), to.number());
                Event::Rotated { from, to, reason: reason.as_str() }
            }
            Update::Breaker(state) => {
                let until_ms = match state {
                    BreakerState::Open { until } => Some(at(until)),
                    BreakerState::Closed | BreakerState::HalfOpen => None,
                };
                Event::Breaker { state: state.as_str(), until_ms }
            }
            Update::GivenUp(why) => {
                self.failure.get_or_insert(why.to_string());
                Event::GivenUp { reason: why.to_string() }
            }
            _ => return,
        };
        self.report(event).await;
    }

    async fn on_gap(&mut self, gap: Gap) {
        self.gaps = self.gaps.saturating_add(1);
        if let GapCause::Lagged(lagged) = gap.cause {
            self.report(Event::Lagged { frames: lagged.frames, bytes: lagged.bytes }).await;
        }
        let cause = gap.cause.as_str();
        self.report(Event::Gap { cause, from_ms: at(gap.from), to_ms: at(gap.to) }).await;
    }

    fn note_live(&mut self) {
        self.failure = None;
        // A rotation goes from one that is live to another.
        if self.live_since.is_none() {
            self.live_since = Some(self.client.clock().now());
            self.reconnects = self.reconnects.saturating_add(u64::from(self.was_live));
            self.was_live = true;
        }
    }

    fn note_down(&mut self, why: String) {
        self.failure = Some(why);
        if let Some(since) = self.live_since.take() {
            self.uptime += self.client.clock().now().saturating_since(since);
        }
    }

    /// Says when the next attempt is due, once for each that is.
    async fn tell_next_attempt(&mut self) {
        if let Some((next, reason)) = self.next_attempt.take() {
            let in_ms = millis(next.saturating_since(self.client.clock().now()));
            self.report(Event::Reconnecting { in_ms, reason }).await;
        }
    }

    fn is_healthy(&self) -> bool {
        self.health.is_some_and(|health| health.failures_in_a_row == 0)
    }

    /// Brings the board up to date.
    fn look(&mut self) -> HealthLine {
        let status = self.client.status();
        if let (Some(generation), Some(health)) = (status.recovery.live, &status.health) {
            self.tally.see(generation, health.counters);
        }
        if !self.stopping {
            self.health = status.health;
        }
        let line = line(&self.tally, self.health.as_ref());
        let (healthy, health) = (self.is_healthy(), line.clone());
        let (reconnects, gaps) = (self.reconnects, self.gaps);
        let (breaker, failure) = (status.breaker, self.failure.clone());
        let paused = status.recovery.is_paused;
        self.shared.board.update(self.number, |entry| {
            *entry = Entry {
                healthy,
                health,
                reconnects,
                gaps,
                breaker,
                paused,
                failure,
                name: core::mem::take(&mut entry.name),
                url: core::mem::take(&mut entry.url),
                last: core::mem::take(&mut entry.last),
                ..*entry
            };
        });
        line
    }

    async fn conclude(mut self, began: Timestamp, healthy: bool) -> Outcome {
        let now = self.client.clock().now();
        if let Some(since) = self.live_since.take() {
            self.uptime += now.saturating_since(since);
        }
        self.tell_left_out(Bounds::take_rest).await;
        let summary = Event::Summary {
            healthy,
            uptime_ms: millis(self.uptime),
            watched_ms: millis(now.saturating_since(began)),
            reconnects: self.reconnects,
            gaps: self.gaps,
            health: line(&self.tally, self.health.as_ref()),
        };
        self.report(summary).await;
        let why = || self.failure.unwrap_or_else(|| "was not live in time".to_owned());
        Outcome {
            healthy,
            complaint: (!self.was_live).then(|| format!("{}: {}", self.target.name, why())),
        }
    }

    /// Hands a line to the reporter, unless there were too many of its kind.
    async fn report(&mut self, event: Event) {
        self.tell_left_out(Bounds::take_over).await;
        let now = self.client.clock().now();
        if matches!(event, Event::Summary { .. }) || self.bounds.admits(now, event.kind()) {
            self.write(event).await;
        }
    }

    /// Says how many lines were left out, once for each kind of which some were.
    async fn tell_left_out(&mut self, take: fn(&mut Bounds, Timestamp) -> Option<LeftOut>) {
        let now = self.client.clock().now();
        while let Some(LeftOut { kind, count: lines, span }) = take(&mut self.bounds, now) {
            self.write(Event::LeftOut { kind, lines, span_ms: millis(span) }).await;
        }
    }

    /// Hands a line to the reporter. It may be slow: the connection does not wait for us.
    async fn write(&self, event: Event) {
        if !matches!(event, Event::Health(_) | Event::LeftOut { .. } | Event::Summary { .. }) {
            let last = event.to_string();
            self.shared.board.update(self.number, |entry| entry.last = last);
        }
        let line = Line {
            event,
            at_ms: at(self.client.clock().now()),
            connection: self.number,
            name: self.target.name.clone(),
            exchange: self.target.exchange.name(),
        };
        // The reporter ends first only when nobody reads what it writes.
        let _ = self.shared.lines.send(line).await;
    }
}

/// Says how a client is doing whose living connection, if it has one, is doing like this.
fn line(tally: &Tally, health: Option<&Health>) -> HealthLine {
    let totals = tally.totals();
    HealthLine {
        phase: health.map_or("connecting", |health| health.phase.as_str()),
        level: health.map_or(Level::Target, |health| health.level).as_str(),
        failures_in_a_row: health.map_or(0, |health| health.failures_in_a_row),
        frames: totals.frames,
        data: totals.data,
        beats: totals.beats,
        challenges: totals.challenges,
        responses: totals.responses,
        probes: totals.probes,
        answers: totals.answers,
        missed: totals.missed,
        stalls: totals.stalls,
        response_time: tally.response_time(),
        round_trip: tally.round_trip(),
    }
}

/// Ticks for the first time after one period, and never twice to catch up.
fn every(period: Duration) -> tokio::time::Interval {
    let mut interval = tokio::time::interval(period);
    interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
    interval.reset();
    interval
}

/// Waits until it is time to stop.
async fn told(stop: &mut watch::Receiver<bool>) {
    // Without a sender there is nobody left to go on for.
    let _ = stop.wait_for(|stop| *stop).await;
}
