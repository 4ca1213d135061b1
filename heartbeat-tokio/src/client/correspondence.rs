//! What a client itself says and hears on one connection: subscriptions, and replies to requests.

use core::panic::AssertUnwindSafe;
use core::task::Context;
use std::panic::catch_unwind;
use std::sync::Arc;

use heartbeat_core::{Cause, Generation, Silence, Timestamp};
use tokio_tungstenite::tungstenite::Message;

use super::feed::{Feed, Pushed};
use super::requests::{PendingRequest, REPLY_WITHIN, Replies, RequestKey, RequestTable, Route};
use super::subscriptions::{Asking, Follower, Heard, Polled};
use super::telemetry;
use super::update::Update;
use crate::clock::MonotonicClock;
use crate::connection::{NotWritten, Sender};

/// A connection's part in what all connections of a client have in common.
#[derive(Clone)]
pub(super) struct Correspondence {
    generation: Generation,
    clock: MonotonicClock,
    requests: Arc<RequestTable>,
    follower: Option<Follower>,
    /// Whether the feed was told that something is overdue.
    told_overdue: bool,
    /// Whether it was told that code of the application's panics.
    told_panicked: bool,
}

/// What ends with a connection. Whoever owns the connection owns this.
#[derive(Debug)]
#[expect(dead_code, reason = "what counts is when it is dropped")]
pub(super) struct CorrespondenceTasks {
    asking: Option<Asking>,
    replies: Replies,
}

impl Correspondence {
    pub(super) const fn new(
        generation: Generation,
        clock: MonotonicClock,
        requests: Arc<RequestTable>,
        follower: Option<Follower>,
    ) -> Self {
        Self { generation, clock, requests, follower, told_overdue: false, told_panicked: false }
    }

    /// Begins what runs beside the connection.
    pub(super) fn spawn(&self, sender: &Sender) -> CorrespondenceTasks {
        let asking = self.follower.as_ref().map(|follower| follower.ask_by(sender.clone()));
        let replies = Replies::new(Arc::clone(&self.requests), self.generation);
        CorrespondenceTasks { asking, replies }
    }

    /// Sends a request by this connection alone.
    pub(super) fn request(
        &self,
        sender: &Sender,
        message: Message,
        key: RequestKey,
    ) -> PendingRequest {
        let only = Box::new(OnlyRoute { generation: self.generation, sender: sender.clone() });
        PendingRequest::new(&self.requests, only, self.clock, REPLY_WITHIN, (message, key))
    }

    /// Asks for what is wanted, now that the connection was made ready, and waits for the venue's
    /// say, within a bound.
    pub(super) async fn subscribe(&self) {
        if let Some(follower) = &self.follower {
            follower.begin().await;
        }
    }

    /// Takes what is the client's own, and returns what is the application's: so is a message over
    /// which code of the application's panics.
    pub(super) fn settle(&mut self, now: Timestamp, message: Message) -> Option<Message> {
        let generation = self.generation;
        let told = &mut self.told_panicked;
        let key = guarded(told, "reply_key", || self.requests.key_of(&message)).flatten();
        let message = match key {
            Some(key) => self.requests.settle(now, generation, &key, message)?,
            None => message,
        };
        let Some(follower) = &mut self.follower else { return Some(message) };
        match guarded(told, "subscription_protocol", || follower.hear(now, &message)) {
            Some(Heard::Reply) => None,
            Some(Heard::Other) | None => Some(message),
        }
    }

    /// Judges the subscriptions, tells what came of them, and returns when to ask again, or the
    /// verdict over one.
    pub(super) fn poll(
        &mut self,
        cx: &Context<'_>,
        now: Timestamp,
        feed: &Feed,
        mut note: impl FnMut(Pushed),
    ) -> Result<Option<Timestamp>, Silence> {
        let generation = self.generation;
        let Some(follower) = &self.follower else { return Ok(None) };
        loop {
            let (polled, any_overdue) = follower.poll(now, cx.waker());
            if any_overdue != self.told_overdue {
                self.told_overdue = any_overdue;
                feed.set_topics_overdue(generation, now, any_overdue);
            }
            match polled {
                Polled::Tell(event) => {
                    telemetry::topic(&event);
                    note(feed.pass(generation, now, Update::Subscription { generation, event }));
                }
                Polled::End(silence) => return Err(silence),
                Polled::Wait(deadline) => return Ok(deadline),
            }
        }
    }

    /// The connection has got its verdict. One that is left in good order is read to its end.
    pub(super) fn on_verdict(&self, cause: Cause) {
        if cause != Cause::Stopped {
            self.on_end();
        }
    }

    /// All that the connection has read was heard.
    pub(super) fn on_end(&self) {
        self.requests.end(self.generation);
    }
}

/// Calls what an application may have written, and tells once that it panics. What it leaves
/// half-way is its own.
fn guarded<T>(told: &mut bool, what: &'static str, call: impl FnOnce() -> T) -> Option<T> {
    let called = catch_unwind(AssertUnwindSafe(call));
    if called.is_err() && !core::mem::replace(told, true) {
        telemetry::handler_panicked(what);
    }
    called.ok()
}

/// The way of a message that leaves by one connection or not at all.
struct OnlyRoute {
    generation: Generation,
    sender: Sender,
}

impl Route for OnlyRoute {
    fn current(&self) -> Result<(Generation, Sender), NotWritten> {
        Ok((self.generation, self.sender.clone()))
    }

    fn successor(&self, _: Generation) -> Option<(Generation, Sender)> {
        None
    }
}
