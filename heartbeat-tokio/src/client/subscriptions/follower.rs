//! One connection's part in the subscriptions: its task listens, and another task asks.

use core::fmt;
use core::panic::AssertUnwindSafe;
use core::sync::atomic::Ordering;
use core::task::Waker;
use std::sync::Arc;

use futures_util::FutureExt as _;
use heartbeat_core::{Generation, Silence, Timestamp, WallTime};
use heartbeat_platforms::subscriptions::{Said, SubscriptionRequest};
use tokio::task::JoinSet;
use tokio_tungstenite::tungstenite::Message;

use super::event::SubscriptionEvent;
use super::reconciler::{Outgoing, Reconciler, Reply, Sent, Step};
use super::{Shared, Wakers};
use crate::client::telemetry;
use crate::connection::{NotWritten, Receipt, Sender};
use crate::convert::frame_of;

/// What a connection's task has of the subscriptions.
pub(in crate::client) struct Follower {
    shared: Arc<Shared>,
    generation: Generation,
    wakers: Arc<Wakers>,
    /// Where the protocol writes the names of topics.
    names: String,
}

/// What a message is to the subscriptions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::client) enum Heard {
    /// The reply to a request of the library's own.
    Reply,
    /// Anything else.
    Other,
}

/// The next thing to heed.
pub(in crate::client) enum Polled {
    /// The application must hear of it.
    Tell(SubscriptionEvent),
    /// The connection is finished.
    End(Silence),
    /// Nothing before this.
    Wait(Option<Timestamp>),
}

/// The task that asks on one connection. Whoever holds this owns it; dropped, the connection
/// follows no more.
pub(in crate::client) struct Asking {
    shared: Arc<Shared>,
    generation: Generation,
    #[expect(dead_code, reason = "what counts is when it is dropped")]
    task: JoinSet<()>,
}

impl Shared {
    /// Follows the set on a connection that was just opened. It asks for nothing before it may.
    pub(in crate::client) fn follow(self: &Arc<Self>, generation: Generation) -> Follower {
        let wakers = Arc::new(Wakers::default());
        let mut state = self.lock();
        state.set.open(self.clock.now(), generation);
        state.wakers.push((generation, Arc::clone(&wakers)));
        drop(state);
        Follower { shared: Arc::clone(self), generation, wakers, names: String::new() }
    }

    fn unfollow(&self, generation: Generation) {
        let mut state = self.lock();
        state.set.close(generation);
        state.wakers.retain(|(open, _)| *open != generation);
        drop(state);
        self.changed.send_replace(());
    }
}

impl Follower {
    /// Begins the task that asks.
    pub(in crate::client) fn ask_by(&self, sender: Sender) -> Asking {
        let (shared, generation) = (Arc::clone(&self.shared), self.generation);
        let asking = ask(Arc::clone(&shared), generation, Arc::clone(&self.wakers), sender);
        let mut task = JoinSet::new();
        task.spawn(async move {
            // The protocol may be an application's.
            if AssertUnwindSafe(asking).catch_unwind().await.is_err() {
                telemetry::handler_panicked("subscription_protocol");
            }
        });
        Asking { shared, generation, task }
    }

    /// The connection was made ready: everything that is wanted may be asked for. Waits until the
    /// venue has had its say, within a bound: what is late is asked for on, when it is live.
    pub(in crate::client) async fn begin(&self) {
        let mut changed = self.shared.changed.subscribe();
        self.shared.with(self.generation, Reconciler::begin);
        self.wakers.asking.notify_one();
        let settled = async {
            loop {
                let is_settled = self.shared.with(self.generation, |it| it.is_settled());
                if is_settled.unwrap_or(true) || changed.changed().await.is_err() {
                    return;
                }
            }
        };
        let _ = tokio::time::timeout(self.shared.patience, settled).await;
    }

    /// Takes a message. Calls the protocol, which may panic.
    pub(in crate::client) fn hear(&mut self, now: Timestamp, message: &Message) -> Heard {
        if !self.shared.listens.load(Ordering::Acquire) {
            return Heard::Other;
        }
        let Some(frame) = frame_of(message) else { return Heard::Other };
        self.names.clear();
        let said = self.shared.protocol.read(frame, &mut self.names);
        let (done, ask, id, covers) = match said {
            Said::Other => return Heard::Other,
            Said::Data => {
                self.hear_data(now);
                return Heard::Other;
            }
            Said::Accepted { ask, id, covers } => (true, ask, id, covers),
            Said::Refused { ask, id, covers } => (false, ask, id, covers),
        };
        let text = message.to_text().unwrap_or_default();
        let reply = Reply { done, ask, id, covers, names: &self.names, text };
        let is_ours =
            self.shared.with(self.generation, |connection| connection.handle_reply(now, reply));
        if is_ours == Some(true) {
            self.wake();
            Heard::Reply
        } else {
            Heard::Other
        }
    }

    fn hear_data(&self, now: Timestamp) {
        let names = &self.names;
        let news = self.shared.with(self.generation, |it| {
            names.lines().fold(false, |news, name| it.handle_data(now, name) | news)
        });
        if news == Some(true) {
            self.wake();
        }
    }

    /// Returns the next thing to heed, and whether anything is overdue now; the task is woken when
    /// there is more.
    pub(in crate::client) fn poll(&self, now: Timestamp, waker: &Waker) -> (Polled, bool) {
        self.wakers.task.register(waker);
        let polled = self.shared.with(self.generation, |connection| {
            let was_quiet = connection.is_quiet(now);
            let step = connection.poll(now);
            (step, connection.any_overdue(), was_quiet, !was_quiet && connection.has_outgoing(now))
        });
        let Some((step, any_overdue, was_quiet, has_outgoing)) = polled else {
            return (Polled::Wait(None), false);
        };
        if has_outgoing {
            self.wakers.asking.notify_one();
        }
        if !was_quiet {
            self.shared.changed.send_replace(());
        }
        let polled = match step {
            Step::Tell(event) => Polled::Tell(event),
            Step::End(silence) => Polled::End(silence),
            Step::Wait(due) => Polled::Wait(due),
        };
        (polled, any_overdue)
    }

    fn wake(&self) {
        self.wakers.task.wake();
        self.wakers.asking.notify_one();
        self.shared.changed.send_replace(());
    }
}

impl Shared {
    fn with<T>(
        &self,
        generation: Generation,
        read: impl FnOnce(&mut Reconciler) -> T,
    ) -> Option<T> {
        self.lock().set.connection(generation).map(read)
    }

    /// Writes a message, unless it is longer than the venue takes.
    fn write(&self, outgoing: &Outgoing) -> Option<Message> {
        let topics: Vec<_> = outgoing.topics.iter().map(|topic| &**topic).collect();
        let unix_time = self.clock.wall_time().map_or(0, WallTime::as_unix_secs);
        let Outgoing { ask, id, .. } = *outgoing;
        let request = SubscriptionRequest { ask, id, topics: &topics, unix_time };
        let mut text = String::new();
        self.protocol.write(&request, &mut text).ok()?;
        let longest = self.protocol.limits().bytes_per_message;
        u32::try_from(text.len()).is_ok_and(|len| len <= longest).then(|| Message::text(text))
    }
}

/// Asks for whatever there is to ask for, one message after the other, until the connection ends.
/// No more than one waits to be sent, so that the application's find their way between them.
async fn ask(shared: Arc<Shared>, generation: Generation, wakers: Arc<Wakers>, sender: Sender) {
    loop {
        let now = shared.clock.now();
        let protocol = &shared.protocol;
        let next = shared.with(generation, |connection| {
            connection.next_outgoing(now, |first, other| protocol.may_share(first, other))
        });
        let outgoing = match next {
            None => return,
            Some(None) => {
                wakers.asking.notified().await;
                continue;
            }
            Some(Some(outgoing)) => outgoing,
        };
        let sent = match shared.write(&outgoing) {
            None => Sent::TooLong,
            Some(message) => match sender.send(message).await {
                Receipt::Written => Sent::Written,
                Receipt::NotWritten(NotWritten::TooLong { .. } | NotWritten::Refused(_)) => {
                    Sent::TooLong
                }
                Receipt::NotWritten(_) | Receipt::Unknown => Sent::Gone,
            },
        };
        let now = shared.clock.now();
        shared.with(generation, |connection| connection.handle_sent(now, outgoing.id, sent));
        if sent == Sent::Gone {
            return;
        }
        wakers.task.wake();
        shared.changed.send_replace(());
    }
}

/// A sink is cloned for whoever watches by hand; the names are nobody's but the task's.
impl Clone for Follower {
    fn clone(&self) -> Self {
        Self {
            shared: Arc::clone(&self.shared),
            generation: self.generation,
            wakers: Arc::clone(&self.wakers),
            names: String::new(),
        }
    }
}

impl Drop for Asking {
    fn drop(&mut self) {
        self.shared.unfollow(self.generation);
    }
}

impl fmt::Debug for Asking {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Asking").field("generation", &self.generation).finish_non_exhaustive()
    }
}
