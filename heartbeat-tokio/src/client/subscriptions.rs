//! The subscriptions of a client: a set of what is wanted, which every connection follows.
//!
//! What is decided is decided in [`set`] and [`reconciler`], without clock and socket. Here is what
//! all share, and the handle that an application has.

mod event;
mod follower;
mod reconciler;
mod set;
mod silence;
#[cfg(test)]
mod tests;
mod topic;

use core::fmt;
use core::sync::atomic::{AtomicBool, Ordering};
use core::time::Duration;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::task::AtomicWaker;
use heartbeat_core::{Generation, Timestamp, WatchSpec, Watches};
use heartbeat_platforms::subscriptions::{SubscriptionProtocol, TOPIC_MAX};
use tokio::sync::{Notify, watch};

use super::opening::{Opening, messages_for};
use crate::clock::MonotonicClock;
use reconciler::Terms;
use set::SubscriptionSet;

pub use event::{SubscriptionError, SubscriptionEvent, SubscriptionState, SubscriptionStatus};
pub(super) use follower::{Asking, Follower, Heard, Polled};

/// How many topics a client may want, whatever its venue takes.
const TOPICS_MAX: usize = 1_024;

/// How long a venue may take for its reply, before it is asked again.
const REPLY_WITHIN: Duration = Duration::from_secs(5);

/// What a client wants of its venue, on every connection: a handle, from any task, at any time.
///
/// Topics are spelled as the venue spells them; for the venues that
/// [`heartbeat_platforms::subscriptions`] knows, its table says how, and for others it is for the
/// [protocol](super::ClientBuilder::subscription_protocol) to say.
///
/// What is wanted is asked for on every connection, in batches as large as the venue takes, behind
/// the venue's message limit and never ahead of heartbeats, before the connection is
/// [live](super::Update::Live) if the venue replies in time. What is wanted no more is ended. Both
/// hold for each connection that there is: whatever is added or removed while a rotation hands
/// over, the venue sends on the connection that is live what is wanted, and nothing else.
/// [`Update::Subscription`](super::Update::Subscription) tells what came of it.
///
/// A topic that the venue does not confirm in time, or whose data are watched and do not come,
/// closes the [`TradingPermit`](super::TradingPermit). One that the venue refuses does not: it is
/// told, and then it is for the application to say whether it can do without.
///
/// At most 1,024 topics are wanted at once, or fewer where a connection of the venue takes fewer,
/// or where the venue's message limit leaves no time to ask for more.
///
/// ```
/// use heartbeat_platforms::Exchange;
/// use heartbeat_tokio::Client;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let client = Client::builder(Exchange::Okx)
///     .endpoint("ws://127.0.0.1:9/")
///     .subscribe(["tickers BTC-USDT", "trades BTC-USDT"])
///     .start()?;
/// let subscriptions = client.subscriptions();
/// assert!(subscriptions.add("books BTC-USDT")?);
/// assert!(!subscriptions.add("books BTC-USDT")?, "it was wanted already");
/// assert!(subscriptions.remove("trades BTC-USDT"));
/// assert_eq!(subscriptions.wanted(), ["books BTC-USDT", "tickers BTC-USDT"]);
/// // What OKX would not understand is refused here.
/// assert!(subscriptions.add("books:BTC-USDT").is_err());
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Subscriptions {
    shared: Option<Arc<Shared>>,
}

/// What all connections of a client and all handles share.
pub(super) struct Shared {
    protocol: Arc<dyn SubscriptionProtocol>,
    clock: MonotonicClock,
    stall_tolerance: Duration,
    /// How long a connection that was made ready waits for the venue's say before it is live.
    patience: Duration,
    /// What a new connection has time for.
    opening: Opening,
    state: Mutex<State>,
    /// Whether anything was ever wanted. Until then no message can be a reply, or data that is
    /// waited for, and none is read.
    listens: AtomicBool,
    /// Told whenever something may have come of something.
    changed: watch::Sender<()>,
}

struct State {
    set: SubscriptionSet<Generation>,
    /// Who is to be woken for each connection.
    wakers: Vec<(Generation, Arc<Wakers>)>,
}

/// Who is woken for a connection.
#[derive(Default)]
struct Wakers {
    /// Its own task, for a deadline that may have moved closer.
    task: AtomicWaker,
    /// The task that asks, for something to ask.
    asking: Notify,
}

/// Returns how many topics stand in one message; one at least.
fn batch_max(protocol: &dyn SubscriptionProtocol) -> usize {
    usize::from(protocol.limits().topics_per_message.max(1))
}

impl Shared {
    /// Begins with nothing wanted.
    pub(super) fn new(
        protocol: Arc<dyn SubscriptionProtocol>,
        clock: MonotonicClock,
        stall_tolerance: Duration,
        patience: Duration,
        opening: Opening,
    ) -> Self {
        let limits = protocol.limits();
        let batch_max = batch_max(&*protocol);
        let terms = Terms { batch_max, reply_within: REPLY_WITHIN, stall_tolerance };
        let topics_max = limits.topics_per_connection.map_or(TOPICS_MAX, usize::from);
        let set = SubscriptionSet::new(terms, topics_max.min(TOPICS_MAX));
        let state = Mutex::new(State { set, wakers: Vec::new() });
        let changed = watch::Sender::new(());
        let listens = AtomicBool::new(false);
        Self { protocol, clock, stall_tolerance, patience, opening, state, listens, changed }
    }

    fn add(&self, topic: &str, spec: Option<WatchSpec>) -> Result<bool, SubscriptionError> {
        let spelling = |rule| SubscriptionError::Spelling { topic: topic.to_owned(), rule };
        if topic.is_empty() || topic.len() > TOPIC_MAX {
            return Err(spelling("must be 1 to 128 bytes long"));
        }
        if topic.bytes().any(|byte| !matches!(byte, b' '..=b'~') || matches!(byte, b'"' | b'\\')) {
            return Err(spelling("must be printable ASCII without quotes and backslashes"));
        }
        self.protocol.check(topic).map_err(spelling)?;
        if let Some(spec) = spec {
            let mut one = Watches::<1>::new(self.stall_tolerance);
            one.watch(self.clock.now(), 0, spec)?;
        }
        let name = self.protocol.name_of(topic);
        // Before anything can be asked for.
        self.listens.store(true, Ordering::Release);
        self.change(|state, now| {
            if !state.set.wants(name) {
                self.check_opening(&state.set, topic)?;
            }
            state.set.add(now, name, topic, spec)
        })
    }

    /// Sees to it that a new connection has the time to ask for all that is wanted, and for this.
    fn check_opening(
        &self,
        set: &SubscriptionSet<Generation>,
        topic: &str,
    ) -> Result<(), SubscriptionError> {
        // Nearly always there is time for one message each.
        if self.opening.check(set.len().saturating_add(1)).is_ok() {
            return Ok(());
        }
        let topics = set.spellings().chain([topic]).collect();
        let may_share = |first: &str, other: &str| self.protocol.may_share(first, other);
        let messages = messages_for(topics, batch_max(&*self.protocol), may_share);
        let never = |why| SubscriptionError::NeverReady { topic: topic.to_owned(), why };
        self.opening.check(messages).map_err(never)
    }

    fn remove(&self, topic: &str) -> bool {
        let name = self.protocol.name_of(topic);
        self.change(|state, now| state.set.remove(now, name))
    }

    /// Changes what is wanted, and wakes those who have to do something about it.
    fn change<T>(&self, change: impl FnOnce(&mut State, Timestamp) -> T) -> T {
        let mut state = self.lock();
        let changed = change(&mut state, self.clock.now());
        let wakers = state.wakers.clone();
        drop(state);
        for (_, wakers) in wakers {
            wakers.asking.notify_one();
            wakers.task.wake();
        }
        self.changed.send_replace(());
        changed
    }

    /// Nothing under the lock panics but what an application wrote, and that only reads.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Subscriptions {
    pub(super) const fn new(shared: Option<Arc<Shared>>) -> Self {
        Self { shared }
    }

    /// A connection is the one that the application sees.
    pub(super) fn set_live(&self, generation: Generation) {
        if let Some(shared) = &self.shared {
            shared.lock().set.set_live(generation);
            shared.changed.send_replace(());
        }
    }

    /// Wants a topic from now on, on this connection and on every other. Tells whether that is
    /// news; one that the venue has refused is asked for again in any case.
    ///
    /// # Errors
    ///
    /// [`SubscriptionError`]; nothing has changed then.
    pub fn add(&self, topic: &str) -> Result<bool, SubscriptionError> {
        self.shared()?.add(topic, None)
    }

    /// Wants a topic, and expects data of it from when it is active.
    ///
    /// [`OnSilence::Resubscribe`](heartbeat_core::OnSilence) ends it and asks for it again. A topic
    /// that is wanted already is watched by this from now on.
    ///
    /// # Errors
    ///
    /// [`SubscriptionError`]; nothing has changed then.
    pub fn add_watched(&self, topic: &str, spec: WatchSpec) -> Result<bool, SubscriptionError> {
        self.shared()?.add(topic, Some(spec))
    }

    /// Wants a topic no more. Tells whether it was wanted.
    pub fn remove(&self, topic: &str) -> bool {
        self.shared.as_ref().is_some_and(|shared| shared.remove(topic))
    }

    /// Returns what is wanted, in alphabetical order.
    pub fn wanted(&self) -> Vec<String> {
        let Some(shared) = &self.shared else { return Vec::new() };
        shared.lock().set.spellings().map(str::to_owned).collect()
    }

    /// Returns what is active on the connection that is live: accepted, or bringing data.
    pub fn active(&self) -> Vec<String> {
        let Some(shared) = &self.shared else { return Vec::new() };
        shared.lock().set.active().map(str::to_owned).collect()
    }

    /// Returns how a topic is doing on the connection that is live, or `None` if it is not wanted.
    pub fn status(&self, topic: &str) -> Option<SubscriptionStatus> {
        let shared = self.shared.as_ref()?;
        shared.lock().set.status(shared.protocol.name_of(topic))
    }

    /// Waits until a connection is live and its venue has had its say about everything that is
    /// wanted and everything that is not: granted it, refused it, or failed to reply. Bound it with
    /// a timeout of your own.
    ///
    /// # Cancel safety
    ///
    /// Safe: it takes nothing, and can be asked again.
    pub async fn settled(&self) {
        let Some(shared) = &self.shared else { return };
        let mut changed = shared.changed.subscribe();
        while !shared.lock().set.is_settled() {
            if changed.changed().await.is_err() {
                return;
            }
        }
    }

    fn shared(&self) -> Result<&Shared, SubscriptionError> {
        self.shared.as_deref().ok_or(SubscriptionError::NoProtocol)
    }
}

impl fmt::Debug for Subscriptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let wanted = self.shared.as_ref().map(|shared| shared.lock().set.len());
        f.debug_struct("Subscriptions").field("wanted", &wanted).finish_non_exhaustive()
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").field("set", &self.lock().set).finish_non_exhaustive()
    }
}
