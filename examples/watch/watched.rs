//! One connection that is watched, from dialling to its summary.

use core::time::Duration;

use heartbeat_core::{Config, Event as CoreEvent, Platform as _, Session, Timestamp};
use heartbeat_platforms::Exchange;
use heartbeat_tokio::{
    Clock, CloseReport, ConnectError, ConnectOptions, Connection, ConnectionOptions, Incoming,
    connect,
};
use tokio::sync::{mpsc, watch};
use tokio::time::MissedTickBehavior;

use crate::board::{Board, Entry};
use crate::event::{Event, Line, millis};

/// How often a line says how a connection is doing.
const HEALTH_EVERY: Duration = Duration::from_secs(5);

/// What to connect to, and with which settings.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    pub(crate) exchange: Exchange,
    pub(crate) url: String,
    pub(crate) config: Config,
    /// What to send once the connection works.
    pub(crate) send: Vec<String>,
    /// How to connect.
    pub(crate) connect: ConnectOptions,
}

/// What every watched connection shares.
#[derive(Clone)]
pub(crate) struct Shared {
    pub(crate) board: Board,
    pub(crate) lines: mpsc::Sender<Line>,
    pub(crate) clock: Clock,
    /// Turns true when it is time to end.
    pub(crate) stop: watch::Receiver<bool>,
}

/// One connection that is watched.
pub(crate) struct Watched {
    target: Target,
    shared: Shared,
    number: usize,
}

impl Watched {
    /// Enters a connection into the board.
    pub(crate) fn new(target: Target, shared: Shared) -> Self {
        let number = shared.board.add(Entry {
            exchange: target.exchange.name(),
            url: target.url.clone(),
            detection_bound: target.config.detection_bound(),
            health: None,
            last: "connecting".to_owned(),
            failure: None,
        });
        Self { target, shared, number }
    }

    /// Connects, and watches until the connection ends or it is time to stop. Returns whether
    /// it was healthy at the end.
    ///
    /// # Errors
    ///
    /// [`ConnectError`] if there never was a connection.
    pub(crate) async fn run(self) -> Result<bool, ConnectError> {
        let opened = connect(&self.target.url, &self.target.connect).await;
        let ws = match opened {
            Ok(ws) => ws,
            Err(error) => {
                let failure = error.to_string();
                self.shared.board.update(self.number, |entry| entry.failure = Some(failure));
                return Err(error);
            }
        };
        let session = Session::new(self.target.exchange, self.target.config, Timestamp::ZERO);
        let mut connection = Connection::spawn(ws, session, ConnectionOptions::default());
        let opened_at = self.shared.clock.now();
        self.report(Event::Connected {
            url: self.target.url.clone(),
            detection_bound_ms: millis(self.target.config.detection_bound()),
        })
        .await;
        match self.follow(&mut connection).await {
            Some(report) => Ok(self.conclude(opened_at, &report).await),
            None => Ok(false),
        }
    }

    /// Reports what the connection brings until it ends; the report on that is always the last
    /// thing to come.
    async fn follow(&self, connection: &mut Connection) -> Option<Box<CloseReport>> {
        let mut health = tokio::time::interval(HEALTH_EVERY);
        health.set_missed_tick_behavior(MissedTickBehavior::Delay);
        health.tick().await;
        let mut stop = self.shared.stop.clone();
        let mut stopping = false;
        loop {
            tokio::select! {
                incoming = connection.next() => match incoming? {
                    Incoming::Closed(report) => return Some(report),
                    incoming => self.on_incoming(incoming, connection).await,
                },
                _ = health.tick() => {
                    let health = connection.health();
                    self.report(Event::Health((&health).into())).await;
                }
                () = told(&mut stop), if !stopping => {
                    stopping = true;
                    self.note_health(connection);
                    connection.stop();
                }
            }
        }
    }

    async fn on_incoming(&self, incoming: Incoming, connection: &Connection) {
        if let Incoming::Event(CoreEvent::Live) = incoming {
            for text in &self.target.send {
                // A connection that is gone says so itself, with its cause.
                let _ = connection.sender().send(text.as_str().into()).await;
            }
        }
        let event = match incoming {
            Incoming::Event(event) => Event::of(&event),
            Incoming::Lagged(lagged) => {
                Some(Event::Lagged { frames: lagged.frames, bytes: lagged.bytes })
            }
            _ => None,
        };
        self.note_health(connection);
        if let Some(event) = event {
            self.report(event).await;
        }
    }

    fn note_health(&self, connection: &Connection) {
        let health = connection.health();
        self.shared.board.update(self.number, |entry| entry.health = Some(health));
    }

    async fn conclude(&self, opened_at: Timestamp, report: &CloseReport) -> bool {
        let was_stopped = report.cause == heartbeat_core::Cause::Stopped;
        let reason = match &report.transport {
            Some(error) => format!("{}: {error}", report.cause),
            None => report.cause.to_string(),
        };
        if !was_stopped {
            let failure = reason.clone();
            self.shared.board.update(self.number, |entry| entry.failure = Some(failure));
        }
        self.report(Event::Disconnected {
            cause: report.cause.as_str().to_owned(),
            reason,
            clean: report.clean,
            unsent: report.unsent,
            evidence: (&report.evidence).into(),
        })
        .await;
        let healthy = was_stopped
            && report.health.live_since.is_some()
            && report.health.failures_in_a_row == 0;
        let uptime = self.shared.clock.now().saturating_since(opened_at);
        let summary =
            Event::Summary { healthy, uptime_ms: millis(uptime), health: (&report.health).into() };
        self.report(summary).await;
        healthy
    }

    /// Hands a line to the reporter. It may be slow: the connection does not wait for us.
    async fn report(&self, event: Event) {
        if !matches!(event, Event::Health(_) | Event::Summary { .. }) {
            let last = event.to_string();
            self.shared.board.update(self.number, |entry| entry.last = last);
        }
        let line = Line {
            event,
            at_ms: millis(self.shared.clock.now().saturating_since(Timestamp::ZERO)),
            connection: self.number,
            exchange: self.target.exchange.name(),
        };
        // The reporter ends first only when nobody reads what it writes.
        let _ = self.shared.lines.send(line).await;
    }
}

/// Waits until it is time to stop.
async fn told(stop: &mut watch::Receiver<bool>) {
    // Without a sender there is nobody left to go on for.
    let _ = stop.wait_for(|stop| *stop).await;
}

/// Returns where to connect if nobody says: the venue's public test endpoint, or else its
/// production endpoint.
pub(crate) fn default_url(exchange: Exchange) -> Option<&'static str> {
    exchange.test_url().or(exchange.production_url())
}

/// Returns the venue's own settings.
///
/// # Errors
///
/// What is wrong with them, which the venue's tests exclude.
pub(crate) fn default_config(exchange: Exchange) -> Result<Config, heartbeat_core::ConfigError> {
    exchange.defaults().build()
}
