//! Where a connection's task puts what comes in.

use core::fmt;
use core::task::Context;
use core::time::Duration;
use std::sync::Arc;

use heartbeat_core::{Event, Generation, Outcome, Silence, Timestamp, WatchSpec};
use tokio_tungstenite::tungstenite::Message;

use super::correspondence::Correspondence;
use super::engine::{EngineEvent, EngineSender};
use super::feed::{Feed, Pushed};
use super::labels::{LabelPanicked, Labeller, Labels};
use super::received::{Received, Source};
use super::telemetry;
use super::update::Update;
use super::watching::{NotWatched, Silent, Told, Watching};
use crate::clock::MonotonicClock;
use crate::connection::inbox::Mailbox;
use crate::connection::{CloseReport, Overflow};
use crate::driver::Inbox;
use crate::observation::SessionUpdate;

/// One connection's end of the feed. Never waits.
#[derive(Clone)]
pub(super) struct ConnectionSink {
    source: Arc<Source>,
    feed: Arc<Feed>,
    engine: EngineSender,
    clock: MonotonicClock,
    labeller: Option<Arc<Labeller>>,
    watching: Option<Arc<Watching>>,
    correspondence: Correspondence,
    overflowed: bool,
    /// When the connection's task is to look at the clock again, whatever happens: only whoever
    /// looks at it often sees that this process did not run.
    look_at: Timestamp,
    /// When to tell again that a message is coming in.
    receiving_due: Timestamp,
}

/// How often it is told that a message is coming in.
const RECEIVING_EVERY: Duration = Duration::from_millis(250);

impl ConnectionSink {
    pub(super) fn new(
        source: Source,
        feed: Arc<Feed>,
        engine: EngineSender,
        clock: MonotonicClock,
        labeller: Option<Labeller>,
        stall_tolerance: Duration,
        correspondence: Correspondence,
    ) -> Self {
        Self {
            source: Arc::new(source),
            feed,
            engine,
            clock,
            watching: labeller.as_ref().map(|_| Arc::new(Watching::new(stall_tolerance))),
            labeller: labeller.map(Arc::new),
            correspondence,
            overflowed: false,
            look_at: Timestamp::ZERO,
            receiving_due: Timestamp::ZERO,
        }
    }

    pub(super) fn generation(&self) -> Generation {
        self.source.generation
    }

    /// Tells that a message has left which makes the connection ready.
    pub(super) fn progress(&self) {
        self.step(Outcome::Progress);
    }

    fn step(&self, outcome: Outcome) {
        self.engine.send(EngineEvent::Step { generation: self.generation(), outcome });
    }

    /// Returns what the client itself says and hears.
    pub(super) const fn correspondence(&self) -> &Correspondence {
        &self.correspondence
    }

    pub(super) fn forward(&self, message: Message) {
        let received = self.received(self.clock.now(), message);
        self.feed.forward(self.generation(), received);
    }

    pub(super) fn watch(&self, key: u64, spec: WatchSpec) -> Result<(), NotWatched> {
        let watching = self.watching.as_ref().ok_or(NotWatched::NoLabels)?;
        let now = self.clock.now();
        let any_overdue = watching.watch(now, key, spec)?;
        self.feed.set_overdue(self.generation(), now, any_overdue);
        Ok(())
    }

    pub(super) fn unwatch(&self, key: u64) -> bool {
        let Some(watching) = &self.watching else { return false };
        let (was_watched, any_overdue) = watching.unwatch(key);
        self.feed.set_overdue(self.generation(), self.clock.now(), any_overdue);
        was_watched
    }

    pub(super) fn take_silent(&self) -> Vec<Silent> {
        self.watching.as_ref().map_or_else(Vec::new, |watching| watching.take_silent())
    }

    fn note(&mut self, pushed: Pushed) {
        match pushed {
            Pushed::Lossless => {}
            Pushed::Lossy => self.overflowed |= self.feed.overflow() == Overflow::Disconnect,
        }
    }

    /// Labels a message, and tells of it if the application panics over that.
    fn received(&self, now: Timestamp, message: Message) -> Received {
        let labelled = self.labeller.as_ref().map(|labeller| labeller.label(&message));
        let (labels, panicked) = labelled.unwrap_or((Labels::default(), None));
        if let Some(LabelPanicked) = panicked {
            let generation = self.generation();
            telemetry::label_panicked();
            self.feed.tell(now, Update::LabelPanicked { generation });
        }
        Received::new(message, now, labels, Arc::clone(&self.source))
    }

    /// Judges the subscriptions that are watched, and returns when to look again.
    fn poll_watched(
        &mut self,
        cx: &mut Context<'_>,
        now: Timestamp,
    ) -> Result<Option<Timestamp>, Silence> {
        let generation = self.generation();
        let Some(watching) = self.watching.clone() else { return Ok(None) };
        loop {
            match watching.poll(now, cx.waker()) {
                Told::Event(event, any_overdue) => {
                    telemetry::subscription(event);
                    self.feed.set_overdue(generation, now, any_overdue);
                    let pushed =
                        self.feed.pass(generation, now, Update::Watch { generation, event });
                    self.note(pushed);
                }
                Told::AskAgain => self.engine.send(EngineEvent::AskAgain { generation }),
                Told::End(silence) => return Err(silence),
                Told::Wait(deadline) => return Ok(deadline),
            }
        }
    }
}

impl Inbox for ConnectionSink {
    fn has_room(&self, _late: bool) -> bool {
        true
    }

    fn deliver(&mut self, now: Timestamp, message: Message) {
        // A Close frame is told as the end that it is, and control frames are nobody's message.
        if !message.is_text() && !message.is_binary() {
            return;
        }
        let Some(message) = self.correspondence.settle(now, message) else { return };
        let received = self.received(now, message);
        if let (Some(watching), Some(key)) = (&self.watching, received.labels().subscription) {
            watching.note(now, key);
        }
        let pushed = self.feed.deliver(self.generation(), received);
        self.note(pushed);
    }

    fn observe(&mut self, observation: SessionUpdate) {
        let generation = self.generation();
        if let SessionUpdate::Event(Event::Stopped { cause }) = observation {
            // The next connection need not wait for the goodbyes of this one.
            self.engine.send(EngineEvent::Verdict { generation, cause });
            self.correspondence.on_verdict(cause);
        } else if let SessionUpdate::Event(Event::Notice { kind, deadline }) = observation {
            self.engine.send(EngineEvent::Notice { generation, kind, deadline });
        }
        let pushed = self.feed.observe(generation, self.clock.now(), observation);
        self.note(pushed);
    }

    fn note_receiving(&mut self, now: Timestamp) {
        if now >= self.receiving_due {
            self.receiving_due = now.saturating_add(RECEIVING_EVERY);
            self.step(Outcome::Receiving);
        }
    }

    fn set_catching_up(&mut self, now: Timestamp, is_catching_up: bool) {
        self.feed.set_catching_up(self.generation(), now, is_catching_up);
    }

    fn poll_watches(
        &mut self,
        cx: &mut Context<'_>,
        now: Timestamp,
    ) -> Result<Option<Timestamp>, Silence> {
        let mut is_lossy = false;
        let note = |pushed| is_lossy |= pushed == Pushed::Lossy;
        let topics = self.correspondence.poll(cx, now, &self.feed, note)?;
        if is_lossy {
            self.note(Pushed::Lossy);
        }
        let watched = self.poll_watched(cx, now)?;
        if self.look_at <= now {
            self.look_at = now.saturating_add(self.feed.fresh_within());
        }
        Ok([topics, watched, Some(self.look_at)].into_iter().flatten().min())
    }
}

impl Mailbox for ConnectionSink {
    fn note_held(&mut self, _until: Timestamp) {
        // A connection that is made ready is not late for what we hold back ourselves.
        self.progress();
    }

    fn has_overflowed(&self) -> bool {
        self.overflowed
    }

    fn finish(&mut self, report: CloseReport) {
        let generation = self.generation();
        self.correspondence.on_end();
        self.engine.send(EngineEvent::Ended { generation, report: Arc::new(report) });
    }
}

impl fmt::Debug for ConnectionSink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConnectionSink")
            .field("generation", &self.generation())
            .finish_non_exhaustive()
    }
}
