//! The one task that connects: it does what the recovery says, and tells it what became of that.

mod attempt;
mod draining;
mod inbox;
mod lost;
mod operator;

use core::future::pending;
use core::time::Duration;
use std::sync::Arc;

use heartbeat_core::{
    AttemptFailure, BreakerState, Cause, Generation, GiveUp, Outcome, Recovery, RecoveryAction,
    RotationReason, Timestamp,
};
use tokio::sync::watch;

use super::connection::ClientConnection;
use super::dial::Dialer;
use super::feed::Feed;
use super::handler_task::{HandlerJob, HandlerQueue};
use super::sender::SendRoute;
use super::status::ClientStatus;
use super::subscriptions::Subscriptions;
use super::telemetry;
use super::update::{AttemptFault, Down, Update};
use super::{ClientEnd, ClientReport, Leaving, VenueGate};
use crate::clock::MonotonicClock;
use crate::connection::CloseReport;
use crate::isolation::Isolation;
use attempt::{CurrentAttempt, dialled};
use draining::DrainingConnection;
pub(super) use inbox::{EngineEvent, EngineInbox, EngineSender};
use lost::{Lost, LostBy};

/// What an engine is made of.
pub(super) struct Parts {
    pub(super) recovery: Recovery,
    pub(super) gate: VenueGate,
    pub(super) dialer: Dialer,
    pub(super) feed: Arc<Feed>,
    pub(super) inbox: EngineInbox,
    pub(super) handler: HandlerQueue,
    pub(super) route: watch::Sender<SendRoute>,
    pub(super) status: watch::Sender<ClientStatus>,
    pub(super) subscriptions: Subscriptions,
    /// How long both connections of a rotation are shown as one, if they can be.
    pub(super) overlap: Option<Duration>,
    /// How long a reply to what was sent on a connection that is left may take.
    pub(super) replies_within: Duration,
    pub(super) before_close_within: Duration,
    /// No attempt before this.
    pub(super) start_at: Timestamp,
    /// Keeps the thread that the engine runs on.
    #[expect(dead_code, reason = "what counts is when it is dropped")]
    pub(super) isolation: Isolation,
}

/// The one authority over the connections of a client, and the owner of all of them: with it
/// they end, and so does the attempt that is under way. Whatever a connection of an old generation
/// says finds nobody here who would listen.
pub(super) struct Engine {
    parts: Parts,
    clock: MonotonicClock,
    attempt: Option<CurrentAttempt>,
    live: Option<Live>,
    /// The connection that `live` replaces, until the recovery says so.
    replaced: Option<ClientConnection>,
    /// Connections that are being closed; [`draining::DRAINING_MAX`] at most.
    leaving: Vec<DrainingConnection>,
    /// What has been missing since the last connection, until there is another.
    lost: Option<Lost>,
    breaker: BreakerState,
    /// Changes when somebody lifts the venue's gate.
    lifts: watch::Receiver<()>,
    given_up: Option<GiveUp>,
    last: Option<Arc<CloseReport>>,
}

/// The connection that is live.
struct Live {
    connection: ClientConnection,
    /// How often this process had stalled, and when that number last grew.
    stalls: u64,
    stalled_at: Option<Timestamp>,
}

impl Engine {
    pub(super) fn new(parts: Parts) -> Self {
        Self {
            clock: parts.gate.clock(),
            breaker: parts.gate.breaker(),
            lifts: parts.gate.lifts(),
            parts,
            attempt: None,
            live: None,
            replaced: None,
            leaving: Vec::new(),
            lost: None,
            given_up: None,
            last: None,
        }
    }

    /// Runs until nobody will connect again and the last connection has ended.
    pub(super) async fn run(mut self) {
        loop {
            let deadline = self.settle();
            if self.is_over() {
                return;
            }
            let (dialing, attempt) = self.attempt.as_mut().map(CurrentAttempt::parts).unzip();
            let live = self.live.as_mut().map(|live| &mut live.connection);
            tokio::select! {
                event = self.parts.inbox.next() => self.take(event),
                result = dialled(dialing) => self.on_dialled(result),
                () = reached(self.clock, deadline) => {}
                () = changed(attempt.flatten()) => {}
                () = changed(live) => {}
                // The gate sends, and lives as long as this does.
                _ = self.lifts.changed() => {}
            }
        }
    }

    /// Does all that can be done now, and returns when to look again.
    fn settle(&mut self) -> Option<Timestamp> {
        let has_begun = self.parts.recovery.status().given_up.is_some()
            || self.clock.now() >= self.parts.start_at;
        if !has_begun {
            return Some(self.parts.start_at);
        }
        self.advance_attempt();
        let health_is_new = self.judge_live();
        let next = loop {
            let now = self.clock.now();
            let (action, breaker) = self.parts.gate.poll(&mut self.parts.recovery, now);
            self.note_breaker(breaker);
            match action {
                RecoveryAction::Dial { generation, purpose } => self.dial(generation, purpose),
                RecoveryAction::Abandon { generation, phase, within } => {
                    self.abandon(generation, phase, within);
                }
                RecoveryAction::Rotate { from, to, reason } => self.hand_over(from, to, reason),
                RecoveryAction::RotationFailed { generation, reason, tries } => {
                    telemetry::rotation_failed(generation, reason, tries);
                    self.tell(Update::RotationFailed { generation, reason, tries });
                }
                RecoveryAction::Leave { why, .. } => self.leave_live(why),
                RecoveryAction::Withdraw { generation } => {
                    self.drop_attempt(generation, AttemptFault::Withdrawn);
                }
                RecoveryAction::GiveUp(why) => self.give_up(why),
                RecoveryAction::Wait(deadline) => break deadline,
            }
        };
        let leave_at = self.leave_what_is_due();
        self.tell_status(health_is_new);
        [next, leave_at].into_iter().flatten().min()
    }

    fn is_over(&self) -> bool {
        self.given_up.is_some() && self.live.is_none() && self.leaving.is_empty()
    }

    fn take(&mut self, event: EngineEvent) {
        self.take_dialled(); // What a connection says comes after that there is one.
        let now = self.clock.now();
        let recovery = &mut self.parts.recovery;
        match event {
            EngineEvent::Prepared { generation, outcome } => self.on_prepared(generation, outcome),
            EngineEvent::Released { generation } => self.on_released(generation),
            EngineEvent::Notice { generation, kind, deadline } => {
                recovery.handle(now, generation, Outcome::Notice { kind, deadline });
            }
            EngineEvent::AskAgain { generation } => self.ask_again(generation),
            EngineEvent::Verdict { generation, cause } => self.on_verdict(generation, cause),
            EngineEvent::Ended { generation, report } => {
                self.on_verdict(generation, report.cause);
                self.on_ended(generation, report);
            }
            EngineEvent::Step { generation, outcome } => recovery.handle(now, generation, outcome),
            EngineEvent::Rotate => recovery.request_rotation(now),
            EngineEvent::Reconnect { reason, at_once } => self.on_reconnect(&reason, at_once),
            EngineEvent::Pause => self.on_pause(),
            EngineEvent::Resume => self.on_resume(),
            EngineEvent::Call(call) => self.on_call(call),
            EngineEvent::Close => recovery.stop(now),
        }
    }

    // ------------------------------------------------------------- a connection

    /// Has the handler ask for subscriptions again. If it is busy with too much, they are asked
    /// for when the next limit passes.
    fn ask_again(&self, generation: Generation) {
        let attempt = self.attempt.as_ref().and_then(CurrentAttempt::connection);
        let connections =
            attempt.into_iter().chain(self.live.as_ref().map(|live| &live.connection));
        for connection in connections.filter(|connection| connection.generation() == generation) {
            self.parts.handler.give(HandlerJob::AskAgain {
                connection: connection.for_handler(&self.parts.feed),
            });
        }
    }

    fn on_verdict(&mut self, generation: Generation, cause: Cause) {
        let now = self.clock.now();
        let is = |connection: &ClientConnection| connection.generation() == generation;
        if self.leaving.iter().any(|draining| is(&draining.connection)) {
            return;
        }
        self.parts.recovery.handle(now, generation, outcome_of(cause));
        if let Some(live) = self.live.take_if(|live| is(&live.connection)) {
            self.go_down(live.connection, cause);
        } else {
            self.drop_attempt(generation, AttemptFault::Ended(cause));
        }
    }

    fn go_down(&mut self, connection: ClientConnection, cause: Cause) {
        let (now, generation) = (self.clock.now(), connection.generation());
        self.parts.route.send_replace(SendRoute::NotReady);
        self.parts.feed.set_green(false);
        self.parts.feed.drop_connection(generation);
        self.hasten_draining();
        let from = self.parts.feed.last_frame().unwrap_or(now);
        self.lost.get_or_insert(Lost { from, by: LostBy::Verdict(cause) });
        let status = self.parts.recovery.status();
        let (next_attempt, setback) = (status.next_attempt, status.setback);
        telemetry::down(generation, cause, setback);
        self.tell(Update::Down(Down { generation, cause, next_attempt, setback }));
        self.see_off(connection);
    }

    fn go_live(&mut self, connection: ClientConnection) {
        let (now, generation) = (self.clock.now(), connection.generation());
        self.parts.recovery.handle(now, generation, Outcome::Live);
        let route = SendRoute::of(&connection, None);
        if let Some(old) = self.live.replace(Live::new(connection)) {
            // The recovery tells why in the next poll.
            self.replaced = Some(old.connection);
            return;
        }
        telemetry::live(generation);
        let gap = self.lost.take().map(|lost| {
            let gap = lost.gap(generation, now);
            telemetry::gap(&gap);
            Update::Gap(gap)
        });
        let news: Vec<_> = gap.into_iter().chain([Update::Live { generation }]).collect();
        self.tell_handler(&Update::Live { generation });
        // Whoever is told that it is live can send on it.
        self.parts.route.send_replace(route);
        self.parts.subscriptions.set_live(generation);
        self.parts.feed.open(generation, now, news);
    }

    /// The application gets all of the old connection and all of the new one, as far as they can
    /// be told apart.
    fn hand_over(&mut self, from: Generation, to: Generation, reason: RotationReason) {
        let now = self.clock.now();
        let (Some(old), Some(new)) = (self.replaced.take(), &self.live) else { return };
        // What waits leaves before what is sent from now on.
        old.handle.sender().move_to(new.connection.handle.sender());
        self.parts.route.send_replace(SendRoute::of(&new.connection, Some(from)));
        self.parts.subscriptions.set_live(to);
        telemetry::rotated(from, to, reason);
        let rotated = || Update::Rotated { from, to, reason };
        self.tell_handler(&rotated());
        let news = vec![rotated(), Update::Live { generation: to }];
        self.parts.feed.hand_over(from, to, now, news);
        self.drain(old, Leaving::Rotated { to, reason }, self.parts.overlap.unwrap_or_default());
    }

    fn give_up(&mut self, why: GiveUp) {
        self.given_up = Some(why);
        self.forget_attempt();
        if why != GiveUp::Stopped {
            telemetry::given_up(why);
            self.tell(Update::GivenUp(why));
            return;
        }
        self.parts.route.send_replace(SendRoute::Closed);
        self.parts.feed.set_green(false);
        self.hasten_draining();
        if let Some(live) = self.live.take() {
            self.leave(live.connection, Leaving::Closed);
        }
    }

    /// Closes the permit at the first doubt, and opens it when that is settled. Tells whether
    /// anything is new.
    fn judge_live(&mut self) -> bool {
        let Some(live) = &mut self.live else { return false };
        let is_new = live.connection.health.has_changed().unwrap_or(false);
        let health = *live.connection.health.borrow_and_update();
        if health.counters.stalls > live.stalls {
            live.stalls = health.counters.stalls;
            live.stalled_at = Some(self.clock.now());
        }
        if live.stalled_at.is_some_and(|at| health.last_read.is_some_and(|read| read > at)) {
            live.stalled_at = None;
        }
        self.parts.feed.set_green(health.failures_in_a_row == 0 && live.stalled_at.is_none());
        is_new
    }

    // ------------------------------------------------------------------- telling

    /// Tells of a breaker that has opened, and of one that is closed again: while it tries the
    /// venue in between it is open to all but the one that tries.
    fn note_breaker(&mut self, breaker: BreakerState) {
        let before = core::mem::replace(&mut self.breaker, breaker);
        if (before == BreakerState::Closed) != (breaker == BreakerState::Closed) {
            if self.parts.gate.is_news_for_log(breaker) {
                telemetry::breaker(breaker);
            }
            self.tell(Update::Breaker(breaker));
        }
    }

    fn tell(&self, update: Update) {
        self.tell_handler(&update);
        self.parts.feed.tell(self.clock.now(), update);
    }

    fn tell_handler(&self, update: &Update) {
        if let Some(news) = update.news() {
            self.parts.handler.tell(news);
        }
    }

    fn tell_status(&self, health_is_new: bool) {
        let health = self.live.as_ref().map(|live| *live.connection.health.borrow());
        let (recovery, breaker) = (self.parts.recovery.status(), self.breaker);
        let (unread, last_overlap) = self.parts.feed.status();
        let status = ClientStatus { recovery, breaker, health, unread, last_overlap };
        self.parts.status.send_if_modified(|told| {
            let is_news = health_is_new
                || told.recovery != recovery
                || told.breaker != breaker
                || told.last_overlap != last_overlap
                || told.health.is_some() != status.health.is_some();
            *told = status;
            is_news
        });
    }
}

impl Live {
    fn new(connection: ClientConnection) -> Self {
        let stalls = connection.health.borrow().counters.stalls;
        Self { connection, stalls, stalled_at: None }
    }
}

/// Returns what a verdict means for those that come after.
fn outcome_of(cause: Cause) -> Outcome {
    if cause == Cause::Stopped {
        // The engine has not stopped it, or it would be leaving: the application was too slow
        // for `Overflow::Disconnect`.
        return Outcome::Failed(AttemptFailure::NotReady);
    }
    Outcome::Ended(cause)
}

/// Whatever ends the task, a panic or the end of its runtime, the application hears of it.
impl Drop for Engine {
    fn drop(&mut self) {
        self.parts.route.send_replace(SendRoute::Closed);
        let last = self.last.take();
        let end = self.given_up.filter(|_| self.is_over());
        self.parts.feed.finish(|| ClientReport {
            end: end.map_or(ClientEnd::CutOff, ClientEnd::GaveUp),
            clean: end.is_some() && last.as_ref().is_none_or(|report| report.clean),
            last,
        });
    }
}

async fn reached(clock: MonotonicClock, deadline: Option<Timestamp>) {
    match deadline.and_then(|at| clock.instant_of(at)) {
        Some(instant) => tokio::time::sleep_until(instant).await,
        None => pending().await,
    }
}

/// Waits until a connection's health has changed.
async fn changed(connection: Option<&mut ClientConnection>) {
    let Some(connection) = connection else { return pending().await };
    if connection.health.changed().await.is_err() {
        // Its end is told otherwise.
        pending::<()>().await;
    }
}
