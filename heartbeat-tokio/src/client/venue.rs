//! What all clients of a venue share.

use core::sync::atomic::{AtomicBool, Ordering};
use core::time::Duration;
use std::sync::{Arc, Mutex, PoisonError};

use heartbeat_core::{
    Breaker, BreakerConfig, BreakerState, BudgetError, ConnectBudget, Gate, MessageLimit, Recovery,
    RecoveryAction, Refusal, RefusalCode, Timestamp,
};
use heartbeat_platforms::{Budget, Exchange, ExchangeEndpoint, Facts, MessageBudget, Scope};
use tokio::sync::watch;

use crate::clock::MonotonicClock;
use crate::driver::SharedBudget;

/// The largest budget that can be kept; eight bytes each.
const BUDGET_MAX: usize = 1_024;

/// A budget with room for what it counts, or a little more.
type BoxBudget = Box<dyn heartbeat_core::AttemptLimit + Send>;

fn boxed_budget(count: u32, per: Duration) -> Result<BoxBudget, BudgetError> {
    fn of<const N: usize>(count: usize, per: Duration) -> Result<BoxBudget, BudgetError> {
        Ok(Box::new(ConnectBudget::<N>::new(count, per)?))
    }
    match usize::try_from(count).unwrap_or(usize::MAX) {
        count @ ..=16 => of::<16>(count, per),
        count @ ..=64 => of::<64>(count, per),
        count @ ..=320 => of::<320>(count, per),
        count => of::<BUDGET_MAX>(count, per),
    }
}

/// How much closer together two attempts may arrive than they left. The venue counts arrivals, and
/// names, transports and TLS take one longer than the other: a window that is kept to the
/// millisecond here is broken there, and the venue holds everybody off for it.
const ARRIVAL_SPREAD: Duration = Duration::from_millis(250);

/// How much closer together two messages on two connections may arrive than they left.
const MESSAGE_SPREAD: Duration = Duration::from_millis(100);

/// What a venue is dialled at most where nobody knows its budget: as often as the strictest
/// venue that states one allows, so that a fleet that comes back does not arrive as one.
const UNKNOWN_BUDGET: Budget = Budget::per_address(10, Duration::from_secs(1));

/// What a venue demands of all who connect to it, as far as a client has to know.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "limits take effect only in a client"]
pub struct VenueLimits {
    connect_budget: Budget,
    max_age: Option<Duration>,
    messages: Option<MessageLimit>,
    /// What all who share a gate may send together.
    shared_messages: Option<MessageLimit>,
    refusals: &'static [(RefusalCode, Refusal)],
}

impl VenueLimits {
    /// Returns what is known of a venue.
    pub fn of(exchange: Exchange) -> Self {
        Self::from_facts(exchange.facts())
    }

    /// Returns what is known of an endpoint, which may differ from what is known of its venue.
    pub fn at(endpoint: ExchangeEndpoint) -> Self {
        Self::from_facts(endpoint.facts())
    }

    fn from_facts(facts: &'static Facts) -> Self {
        let limit = facts.message_budget.and_then(message_limit);
        let is_own = |known: MessageBudget| known.budget.scope == Scope::Connection;
        let (messages, shared_messages) =
            if facts.message_budget.is_none_or(is_own) { (limit, None) } else { (None, limit) };
        Self {
            connect_budget: facts.connect_budget.unwrap_or(UNKNOWN_BUDGET),
            max_age: facts.max_age,
            messages,
            shared_messages,
            refusals: facts.refusals,
        }
    }

    /// Returns a venue of which nothing is known: ten attempts a second, any age.
    pub const fn unknown() -> Self {
        Self {
            connect_budget: UNKNOWN_BUDGET,
            max_age: None,
            messages: None,
            shared_messages: None,
            refusals: &[],
        }
    }

    /// Sets how many connections may be opened in how long, over all clients that share a
    /// [`VenueGate`]; at most 1024. A gate keeps its window 250 ms longer, since the venue counts
    /// what arrives.
    pub const fn connect_budget(mut self, count: u32, per: Duration) -> Self {
        self.connect_budget = Budget::per_address(count, per);
        self
    }

    /// Sets the age at which the venue ends a connection.
    pub const fn max_age(mut self, age: Duration) -> Self {
        self.max_age = Some(age);
        self
    }

    /// Sets how many messages the venue takes on one connection.
    pub const fn message_limit(mut self, limit: MessageLimit) -> Self {
        self.messages = Some(limit);
        self
    }

    /// Sets how many messages the venue takes over all connections of an address, or of an
    /// account: of all clients that share a [`VenueGate`]. A gate keeps its window 100 ms longer,
    /// since the venue counts what arrives, and each connection takes another time.
    ///
    /// Heartbeats use their reserve whatever the applications do; what applications send goes
    /// round among the connections that have something to send.
    pub const fn shared_message_limit(mut self, limit: MessageLimit) -> Self {
        self.shared_messages = Some(limit);
        self
    }

    /// Sets what the venue means by the statuses of refused handshakes and by close codes, in
    /// place of what is known; what is not in the list has its [standard](Refusal::of) meaning.
    pub const fn refusals(mut self, known: &'static [(RefusalCode, Refusal)]) -> Self {
        self.refusals = known;
        self
    }

    pub(super) const fn age(&self) -> Option<Duration> {
        self.max_age
    }

    pub(super) const fn messages(&self) -> Option<MessageLimit> {
        self.messages
    }

    pub(super) const fn known_refusals(&self) -> &'static [(RefusalCode, Refusal)] {
        self.refusals
    }
}

/// Returns the limit that what leaves has to keep so that what arrives keeps this one.
fn as_it_leaves(limit: MessageLimit) -> Result<MessageLimit, BudgetError> {
    let per = limit.per().saturating_add(MESSAGE_SPREAD);
    let leaving = MessageLimit::new(limit.count(), per, limit.reserve())?;
    Ok(leaving.counting_control_frames(limit.counts_control_frames()))
}

/// Keeps a fifth for heartbeats: a venue that counts them expects a few in one window.
fn message_limit(known: MessageBudget) -> Option<MessageLimit> {
    let Budget { count, per, .. } = known.budget;
    let limit = MessageLimit::new(count, per, count.div_ceil(5)).ok()?;
    Some(limit.counting_control_frames(known.counts_control_frames))
}

/// The way to one venue, shared by all clients that connect to it: its breaker, its budget, and
/// the axis of their time. Cloning shares it.
///
/// A client that is not given one has one of its own. A [`Supervisor`](crate::Supervisor) gives
/// the same to all clients of a venue.
#[derive(Clone, Debug)]
pub struct VenueGate {
    clock: MonotonicClock,
    gate: Arc<Mutex<Gate<BoxBudget>>>,
    /// Whether the log was last told that the breaker is open.
    logged_open: Arc<AtomicBool>,
    /// Wakes those who wait for it when it is lifted.
    lifted: watch::Sender<()>,
    messages: Option<Arc<SharedBudget>>,
}

impl VenueGate {
    /// Makes the way to a venue, with the defaults of a breaker.
    ///
    /// # Errors
    ///
    /// [`BudgetError`] if the budget is zero or greater than 1024.
    pub fn new(limits: &VenueLimits) -> Result<Self, BudgetError> {
        Self::with_breaker(limits, BreakerConfig::DEFAULT)
    }

    /// Makes the way to a venue.
    ///
    /// # Errors
    ///
    /// [`BudgetError`] if the budget is zero or greater than 1024.
    pub fn with_breaker(limits: &VenueLimits, breaker: BreakerConfig) -> Result<Self, BudgetError> {
        let Budget { count, per, .. } = limits.connect_budget;
        let per = per.saturating_add(ARRIVAL_SPREAD);
        let budget = boxed_budget(count, per)?;
        let gate = Gate::new(Breaker::new(breaker), budget);
        let clock = MonotonicClock::anchored(Timestamp::ZERO);
        let messages = match limits.shared_messages {
            Some(limit) => Some(Arc::new(SharedBudget::new(as_it_leaves(limit)?, clock))),
            None => None,
        };
        let (gate, lifted) = (Arc::new(Mutex::new(gate)), watch::Sender::new(()));
        let logged_open = Arc::default();
        Ok(Self { clock, gate, logged_open, lifted, messages })
    }

    /// Closes the way for a span, such as that of announced maintenance. A span that ends
    /// earlier than the one that holds changes nothing.
    pub fn hold_for(&self, span: Duration) {
        let now = self.clock.now();
        self.with(|gate| gate.hold_until(now, now.checked_add(span).unwrap_or(now)));
    }

    /// Lifts a hold, whoever asked for it, and whatever else keeps the breaker open: attempts are
    /// let through again one by one, and clients that wait for it come at once. For an operator
    /// who knows better than a `Retry-After`. The connect budget is kept as ever.
    pub fn lift(&self) {
        let now = self.clock.now();
        self.with(|gate| gate.lift(now));
        self.lifted.send_replace(());
    }

    /// Returns a receiver that is told whenever it is lifted.
    pub(super) fn lifts(&self) -> watch::Receiver<()> {
        self.lifted.subscribe()
    }

    /// Returns what the breaker does now.
    pub fn breaker(&self) -> BreakerState {
        let now = self.clock.now();
        self.with(|gate| gate.breaker().state(now))
    }

    /// Returns the clock that all who share it go by.
    pub const fn clock(&self) -> MonotonicClock {
        self.clock
    }

    /// Returns what all who share it may send together, where the venue counts it so.
    pub(super) fn messages(&self) -> Option<Arc<SharedBudget>> {
        self.messages.clone()
    }

    /// Asks what to do, and what the breaker does after that.
    pub(super) fn poll(
        &self,
        recovery: &mut Recovery,
        now: Timestamp,
    ) -> (RecoveryAction, BreakerState) {
        self.with(|gate| (recovery.poll(now, gate), gate.breaker().state(now)))
    }

    /// Tells whether the log has yet to hear of this state, from whichever client sees it first.
    pub(super) fn is_news_for_log(&self, breaker: BreakerState) -> bool {
        let is_open = breaker != BreakerState::Closed;
        self.logged_open.swap(is_open, Ordering::Relaxed) != is_open
    }

    /// A panic elsewhere cannot have left it in pieces: a gate does not panic.
    fn with<T>(&self, f: impl FnOnce(&mut Gate<BoxBudget>) -> T) -> T {
        f(&mut self.gate.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_log_hears_of_each_change_once_whoever_sees_it() {
        let gate = VenueGate::new(&VenueLimits::unknown()).unwrap();
        let other = gate.clone();
        let (open, closed) = (BreakerState::HalfOpen, BreakerState::Closed);
        assert!(!gate.is_news_for_log(closed));
        assert!(gate.is_news_for_log(open));
        assert!(!other.is_news_for_log(open));
        assert!(other.is_news_for_log(closed));
        assert!(!gate.is_news_for_log(closed));
    }

    #[tokio::test]
    async fn a_budget_is_kept_up_to_its_bound_and_refused_beyond() {
        let gate = |count| {
            let limits = VenueLimits::unknown().connect_budget(count, Duration::from_secs(1));
            VenueGate::new(&limits).map(drop)
        };
        for count in [1, 16, 17, 64, 65, 320, 321, 1_024] {
            assert_eq!(gate(count), Ok(()), "{count}");
        }
        let refused = BudgetError::LimitBeyondCapacity { limit: 1_025, capacity: 1_024 };
        assert_eq!(gate(1_025), Err(refused));
        assert_eq!(gate(0), Err(BudgetError::Zero { field: "limit" }));
    }

    #[tokio::test]
    async fn what_is_known_of_each_venue_can_be_kept() {
        for exchange in Exchange::all().iter().copied() {
            let limits = VenueLimits::of(exchange);
            let gate = VenueGate::new(&limits);
            assert!(gate.is_ok(), "{exchange}: {gate:?}");
            let known = exchange.facts().message_budget;
            let shared = gate.unwrap().messages();
            let kept = limits.messages().is_some() || shared.is_some();
            assert_eq!(kept, known.is_some(), "{exchange}");
            let is_shared = known.is_some_and(|known| known.budget.scope != Scope::Connection);
            assert_eq!(shared.is_some(), is_shared, "{exchange}: kept where the venue counts it");
        }
    }
}
