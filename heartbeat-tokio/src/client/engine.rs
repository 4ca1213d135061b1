//! The one task that connects: it does what the recovery says, and tells it what became of that.

mod attempt;
mod leaving;

use core::future::pending;
use core::time::Duration;
use std::sync::Arc;

use heartbeat_core::{
    AttemptFailure, BreakerState, Cause, Generation, GiveUp, Outcome, Recovery, RecoveryAction,
    RotationReason, Timestamp,
};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::feed::Feed;
use super::line::{Dialer, Line};
use super::mail::{Mail, Note};
use super::minder::{Job, Minder};
use super::sender::Way;
use super::status::ClientStatus;
use super::telemetry;
use super::update::{AttemptFault, Down, Gap, GapCause, Update};
use super::{ClientEnd, ClientReport, Leaving, VenueGate, VenueLimits};
use crate::clock::Clock;
use crate::connection::CloseReport;
use crate::isolation::Isolation;
use attempt::Current;
use leaving::Leaver;

/// What an engine is made of.
pub(super) struct Parts {
    pub(super) recovery: Recovery,
    pub(super) limits: VenueLimits,
    pub(super) gate: VenueGate,
    pub(super) dialer: Dialer,
    pub(super) feed: Arc<Feed>,
    pub(super) mail: Arc<Mail>,
    pub(super) minder: Minder,
    pub(super) way: watch::Sender<Way>,
    pub(super) status: watch::Sender<ClientStatus>,
    /// How long both connections of a rotation are shown as one, if they can be.
    pub(super) overlap: Option<Duration>,
    pub(super) before_close_within: Duration,
    /// No attempt before this.
    pub(super) start_at: Timestamp,
    /// Keeps the thread that the engine runs on.
    #[expect(dead_code, reason = "what counts is when it is dropped")]
    pub(super) isolation: Isolation,
}

/// The one authority over the connections of a client. Whatever a connection of an old
/// generation says finds nobody here who would listen.
pub(super) struct Engine {
    parts: Parts,
    clock: Clock,
    /// Holds the task of the attempt that is under way.
    dialing: JoinSet<()>,
    attempt: Option<Current>,
    live: Option<Live>,
    /// The connection that `live` replaces, until the recovery says so.
    replaced: Option<Line>,
    /// Connections that are being closed; [`leaving::LEAVERS_MAX`] at most.
    leaving: Vec<Leaver>,
    /// What has been missing since the last connection, until there is another.
    lost: Option<Lost>,
    breaker: BreakerState,
    given_up: Option<GiveUp>,
    last: Option<Arc<CloseReport>>,
}

/// The connection that is live.
struct Live {
    line: Line,
    /// How often this process had stalled, and when that number last grew.
    stalls: u64,
    stalled_at: Option<Timestamp>,
}

/// A loss of certainty that is not over.
#[derive(Clone, Copy)]
struct Lost {
    from: Timestamp,
    cause: Cause,
}

impl Engine {
    pub(super) fn new(parts: Parts) -> Self {
        Self {
            clock: parts.gate.clock(),
            breaker: parts.gate.breaker(),
            parts,
            dialing: JoinSet::new(),
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
            let attempt = self.attempt.as_mut().and_then(|attempt| attempt.line.as_mut());
            let live = self.live.as_mut().map(|live| &mut live.line);
            let note = tokio::select! {
                note = self.parts.mail.next() => Some(note),
                () = reached(self.clock, deadline) => None,
                () = changed(attempt) => None,
                () = changed(live) => None,
            };
            if let Some(note) = note {
                self.take(note);
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
                    self.drop_attempt(generation, AttemptFault::Overdue { phase, within });
                }
                RecoveryAction::Rotate { from, to, reason } => self.hand_over(from, to, reason),
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

    fn take(&mut self, note: Note) {
        let now = self.clock.now();
        let recovery = &mut self.parts.recovery;
        match note {
            Note::Dialed { generation } => recovery.handle(now, generation, Outcome::Dialed),
            Note::Upgraded { generation, line } => self.on_upgraded(generation, line),
            Note::Failed { generation, failure, why } => {
                recovery.handle(now, generation, Outcome::Failed(failure));
                self.drop_attempt(generation, AttemptFault::Failed { failure, why });
            }
            Note::Prepared { generation, outcome } => self.on_prepared(generation, outcome),
            Note::Released { generation } => self.on_released(generation),
            Note::Notice { generation, kind, deadline } => {
                recovery.handle(now, generation, Outcome::Notice { kind, deadline });
            }
            Note::AskAgain { generation } => self.ask_again(generation),
            Note::Verdict { generation, cause } => self.on_verdict(generation, cause),
            Note::Ended { generation, report } => {
                self.on_verdict(generation, report.cause);
                self.on_ended(generation, report);
            }
            Note::Rotate => recovery.request_rotation(now),
            Note::Close => recovery.stop(now),
        }
    }

    // ------------------------------------------------------------- a connection

    /// Has the handler ask for subscriptions again. If it is busy with too much, they are asked
    /// for when the next limit passes.
    fn ask_again(&self, generation: Generation) {
        let attempt = self.attempt.as_ref().and_then(|attempt| attempt.line.as_ref());
        let lines = attempt.into_iter().chain(self.live.as_ref().map(|live| &live.line));
        for line in lines.filter(|line| line.generation() == generation) {
            self.parts.minder.give(Job::AskAgain { outlet: line.outlet(&self.parts.feed) });
        }
    }

    fn on_verdict(&mut self, generation: Generation, cause: Cause) {
        let now = self.clock.now();
        let is = |line: &Line| line.generation() == generation;
        if self.leaving.iter().any(|leaver| is(&leaver.line)) {
            return;
        }
        self.parts.recovery.handle(now, generation, self.outcome_of(cause));
        if let Some(live) = self.live.take_if(|live| is(&live.line)) {
            self.go_down(live.line, cause);
        } else {
            self.drop_attempt(generation, AttemptFault::Ended(cause));
        }
    }

    /// Returns what a verdict means for those that come after.
    fn outcome_of(&self, cause: Cause) -> Outcome {
        if let Cause::PeerClosed { code: Some(code) } = cause
            && self.parts.limits.refuses_by(code)
        {
            return Outcome::Failed(AttemptFailure::AuthRefused { is_final: true });
        }
        // The engine has not stopped it, or it would be leaving: the application was too slow
        // for `Overflow::Disconnect`.
        if cause == Cause::Stopped {
            return Outcome::Failed(AttemptFailure::NotReady);
        }
        Outcome::Ended(cause)
    }

    fn go_down(&mut self, line: Line, cause: Cause) {
        let (now, generation) = (self.clock.now(), line.generation());
        self.parts.way.send_replace(Way::NotReady);
        self.parts.feed.set_green(false);
        self.parts.feed.drop_lane(generation);
        self.end_overlap();
        let from = self.parts.feed.last_frame().unwrap_or(now);
        self.lost.get_or_insert(Lost { from, cause });
        let next_attempt = self.parts.recovery.status().next_attempt;
        telemetry::down(generation, cause);
        self.tell(Update::Down(Down { generation, cause, next_attempt }));
        self.see_off(line);
    }

    fn go_live(&mut self, line: Line) {
        let (now, generation) = (self.clock.now(), line.generation());
        self.parts.recovery.handle(now, generation, Outcome::Live);
        let way = Way::of(&line, None);
        if let Some(old) = self.live.replace(Live::new(line)) {
            // The recovery tells why in the next poll.
            self.replaced = Some(old.line);
            return;
        }
        telemetry::live(generation);
        let lost = self.lost.take();
        let gap = lost.map(|Lost { from, cause }| {
            let gap = Gap { from, to: now, cause: GapCause::Reconnected { cause } };
            telemetry::gap(&gap);
            Update::Gap(gap)
        });
        let news: Vec<_> = gap.into_iter().chain([Update::Live { generation }]).collect();
        self.tell_handler(&Update::Live { generation });
        self.parts.feed.open(generation, now, news);
        self.parts.way.send_replace(way);
    }

    /// The application gets all of the old connection, then all of the new one.
    fn hand_over(&mut self, from: Generation, to: Generation, reason: RotationReason) {
        let now = self.clock.now();
        let (Some(old), Some(new)) = (self.replaced.take(), &self.live) else { return };
        self.parts.way.send_replace(Way::of(&new.line, Some(from)));
        telemetry::rotated(from, to, reason);
        let rotated = || Update::Rotated { from, to, reason };
        self.tell_handler(&rotated());
        let news = vec![rotated(), Update::Live { generation: to }];
        if let Some(overlap) = self.parts.overlap {
            self.parts.feed.open(to, now, news);
            let until = self.clock.ahead(overlap);
            self.overlap(old, until, Leaving::Rotated { to, reason });
        } else {
            self.parts.feed.cut_over(from, to, now, news);
            self.leave(old, Leaving::Rotated { to, reason });
        }
    }

    fn give_up(&mut self, why: GiveUp) {
        self.given_up = Some(why);
        self.forget_attempt();
        if why != GiveUp::Stopped {
            telemetry::given_up(why);
            self.tell(Update::GivenUp(why));
            return;
        }
        self.parts.way.send_replace(Way::Closed);
        self.parts.feed.set_green(false);
        self.end_overlap();
        if let Some(live) = self.live.take() {
            self.parts.feed.hold(live.line.generation());
            self.leave(live.line, Leaving::Closed);
        }
    }

    /// Closes the permit at the first doubt, and opens it when that is settled. Tells whether
    /// anything is new.
    fn judge_live(&mut self) -> bool {
        let Some(live) = &mut self.live else { return false };
        let is_new = live.line.health.has_changed().unwrap_or(false);
        let health = *live.line.health.borrow_and_update();
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

    fn note_breaker(&mut self, breaker: BreakerState) {
        let before = core::mem::replace(&mut self.breaker, breaker);
        if before.as_str() != breaker.as_str() {
            telemetry::breaker(breaker);
            self.tell(Update::Breaker(breaker));
        }
    }

    fn tell(&self, update: Update) {
        self.tell_handler(&update);
        self.parts.feed.tell(self.clock.now(), update);
    }

    fn tell_handler(&self, update: &Update) {
        if let Some(news) = update.news() {
            self.parts.minder.tell(news);
        }
    }

    fn tell_status(&self, health_is_new: bool) {
        let health = self.live.as_ref().map(|live| *live.line.health.borrow());
        let (recovery, breaker) = (self.parts.recovery.status(), self.breaker);
        let status = ClientStatus { recovery, breaker, health };
        self.parts.status.send_if_modified(|told| {
            let is_news = health_is_new
                || told.recovery != recovery
                || told.breaker != breaker
                || told.health.is_some() != status.health.is_some();
            *told = status;
            is_news
        });
    }
}

impl Live {
    fn new(line: Line) -> Self {
        let stalls = line.health.borrow().counters.stalls;
        Self { line, stalls, stalled_at: None }
    }
}

/// Whatever ends the task, a panic or the end of its runtime, the application hears of it.
impl Drop for Engine {
    fn drop(&mut self) {
        self.parts.way.send_replace(Way::Closed);
        let last = self.last.take();
        let end = self.given_up.filter(|_| self.is_over());
        self.parts.feed.finish(|| ClientReport {
            end: end.map_or(ClientEnd::CutOff, ClientEnd::GaveUp),
            clean: end.is_some() && last.as_ref().is_none_or(|report| report.clean),
            last,
        });
    }
}

async fn reached(clock: Clock, deadline: Option<Timestamp>) {
    match deadline.and_then(|at| clock.instant_of(at)) {
        Some(instant) => tokio::time::sleep_until(instant).await,
        None => pending().await,
    }
}

/// Waits until a connection's health has changed.
async fn changed(line: Option<&mut Line>) {
    let Some(line) = line else { return pending().await };
    if line.health.changed().await.is_err() {
        // Its end is told otherwise.
        pending::<()>().await;
    }
}
