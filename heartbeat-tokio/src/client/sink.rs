//! Where a connection's task puts what comes in.

use core::fmt;
use core::task::Context;
use std::sync::Arc;

use heartbeat_core::{Event, Generation, Silence, Timestamp, WatchSpec};
use tokio_tungstenite::tungstenite::Message;

use super::engine::{EngineEvent, EngineSender};
use super::feed::{Feed, Pushed};
use super::update::Update;
use super::watching::{NotWatched, Silent, Told, Watching};
use super::{Key, KeyOf, telemetry};
use crate::clock::MonotonicClock;
use crate::connection::inbox::Mailbox;
use crate::connection::{CloseReport, Overflow};
use crate::driver::Inbox;
use crate::observation::Observation;

/// One connection's end of the feed. Never waits.
#[derive(Clone)]
pub(super) struct ConnectionSink {
    generation: Generation,
    feed: Arc<Feed>,
    engine: EngineSender,
    clock: MonotonicClock,
    key_of: Option<Arc<KeyOf>>,
    watching: Option<Arc<Watching>>,
    overflowed: bool,
}

impl ConnectionSink {
    pub(super) fn new(
        generation: Generation,
        feed: Arc<Feed>,
        engine: EngineSender,
        clock: MonotonicClock,
        key_of: Option<Arc<KeyOf>>,
        watching: Option<Arc<Watching>>,
    ) -> Self {
        Self { generation, feed, engine, clock, key_of, watching, overflowed: false }
    }

    pub(super) const fn generation(&self) -> Generation {
        self.generation
    }

    /// Tells that a message has left which makes the connection ready.
    pub(super) fn progress(&self) {
        self.engine.send(EngineEvent::Progress { generation: self.generation });
    }

    pub(super) fn forward(&self, message: Message) {
        let key = self.key(&message);
        self.feed.forward(self.generation, self.clock.now(), message, key);
    }

    pub(super) fn watch(&self, key: u64, spec: WatchSpec) -> Result<(), NotWatched> {
        let watching = self.watching.as_ref().ok_or(NotWatched::NoKeys)?;
        let any_overdue = watching.watch(self.clock.now(), key, spec)?;
        self.feed.set_overdue(self.generation, any_overdue);
        Ok(())
    }

    pub(super) fn unwatch(&self, key: u64) -> bool {
        let Some(watching) = &self.watching else { return false };
        let (was_watched, any_overdue) = watching.unwatch(key);
        self.feed.set_overdue(self.generation, any_overdue);
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

    fn key(&self, message: &Message) -> Option<Key> {
        self.key_of.as_ref().and_then(|key_of| key_of(message))
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
        let key = self.key(&message);
        if let Some(watching) = &self.watching {
            watching.note(now, &message);
        }
        let pushed = self.feed.deliver(self.generation, now, message, key);
        self.note(pushed);
    }

    fn observe(&mut self, observation: Observation) {
        let generation = self.generation;
        if let Observation::Event(Event::Stopped { cause }) = observation {
            // The next connection need not wait for the goodbyes of this one.
            self.engine.send(EngineEvent::Verdict { generation, cause });
        } else if let Observation::Event(Event::Notice { kind, deadline }) = observation {
            self.engine.send(EngineEvent::Notice { generation, kind, deadline });
        }
        let pushed = self.feed.observe(generation, self.clock.now(), observation);
        self.note(pushed);
    }

    fn poll_watches(
        &mut self,
        cx: &mut Context<'_>,
        now: Timestamp,
    ) -> Result<Option<Timestamp>, Silence> {
        let generation = self.generation;
        let Some(watching) = self.watching.clone() else { return Ok(None) };
        loop {
            match watching.poll(now, cx.waker()) {
                Told::Event(event, any_overdue) => {
                    telemetry::subscription(event);
                    self.feed.set_overdue(generation, any_overdue);
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

impl Mailbox for ConnectionSink {
    fn has_overflowed(&self) -> bool {
        self.overflowed
    }

    fn finish(&mut self, report: CloseReport) {
        let generation = self.generation;
        self.engine.send(EngineEvent::Ended { generation, report: Arc::new(report) });
    }
}

impl fmt::Debug for ConnectionSink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConnectionSink")
            .field("generation", &self.generation)
            .finish_non_exhaustive()
    }
}
