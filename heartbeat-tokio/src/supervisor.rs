//! Many clients: one breaker and one budget a venue, one end for all.

mod member;
mod report;

use core::future::poll_fn;
use core::pin::{Pin, pin};
use core::task::{Context, Poll, ready};
use core::time::Duration;
use std::collections::BTreeMap;
use std::sync::Arc;

use futures_util::stream::SelectAll;
use futures_util::{Stream, StreamExt as _};
use heartbeat_core::{BreakerState, GiveUp, Platform};

use crate::client::{
    Client, ClientBuilder, ClientEnd, ClientError, ClientStatus, Handler, Update, VenueGate,
};
use member::{Blueprint, Member, Seat};

pub use member::Control;
pub use report::{ShutdownReport, SupervisorError};

/// How many clients one supervisor holds.
const MEMBERS_MAX: usize = 4_096;

/// Holds many clients, as one stream of what all of them have to say.
///
/// - **A venue is one venue** - clients of the same name of a venue share its breaker and its
///   budget, so that a hundred of them are as polite as one.
/// - **Nobody arrives as a crowd** - first attempts are spread over a span, by the seed.
/// - **Nobody is lost** - a client whose task panicked is made anew, and says so
///   ([`Update::Restarted`]); three times in a row at most.
/// - **Nobody is forgotten** - clients that have [given up](Self::given_up) can be
///   [brought back](Self::bring_back).
/// - **There is one end** - [`run_until`](Self::run_until) closes all of them when a signal
///   comes, with the last word of each handler, in bounded time.
///
/// At most 4,096 clients. It works without being polled; what is not polled is bounded like the
/// queue of each client, and only making anew waits for it.
///
/// ```no_run
/// use core::time::Duration;
/// use heartbeat_platforms::Exchange;
/// use heartbeat_tokio::{Client, Supervisor};
///
/// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// let mut fleet = Supervisor::new(7);
/// for exchange in [Exchange::BinanceSpot, Exchange::KrakenV2] {
///     fleet.add(exchange.name(), move || Client::builder(exchange))?;
/// }
/// let signal = async { drop(tokio::signal::ctrl_c().await) };
/// let report = fleet
///     .run_until(signal, Duration::from_secs(5), |name, update| println!("{name}: {update:?}"))
///     .await;
/// assert_eq!(report.cut_off, 0);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Supervisor {
    seed: u64,
    stagger: Duration,
    added: u64,
    gates: BTreeMap<String, VenueGate>,
    controls: BTreeMap<Arc<str>, Control>,
    /// How to make each client anew.
    blueprints: BTreeMap<Arc<str>, Arc<Blueprint>>,
    /// Why clients have given up that nobody has brought back.
    given_up: BTreeMap<Arc<str>, GiveUp>,
    members: SelectAll<Member>,
}

impl Supervisor {
    /// Makes an empty one. All randomness of all its clients comes from `seed`.
    pub fn new(seed: u64) -> Self {
        Self {
            seed,
            stagger: Duration::ZERO,
            added: 0,
            gates: BTreeMap::new(),
            controls: BTreeMap::new(),
            blueprints: BTreeMap::new(),
            given_up: BTreeMap::new(),
            members: SelectAll::new(),
        }
    }

    /// Sets over which span the first attempts of clients are spread that are added from now
    /// on; none by default, which leaves it to the budget of each venue.
    #[must_use]
    pub const fn stagger(mut self, span: Duration) -> Self {
        self.stagger = span;
        self
    }

    /// Adds a client under a name of its own, which begins to connect.
    ///
    /// `make` makes its settings: once now, and once more whenever the client is made anew. The
    /// seed, the name and the gate are the supervisor's to set: the gate of a venue is made for its
    /// first client, by the limits of that one, unless [`share`](Self::share) has set another.
    ///
    /// # Errors
    ///
    /// [`SupervisorError`], if there is one of that name or no room, or if the settings do not
    /// fit together.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime.
    pub fn add<P, H>(
        &mut self,
        name: impl Into<Arc<str>>,
        mut make: impl FnMut() -> ClientBuilder<P, H> + Send + 'static,
    ) -> Result<(), SupervisorError>
    where
        P: Platform + Clone + Send + Sync + 'static,
        H: Handler,
    {
        let name = name.into();
        if self.controls.contains_key(&name) {
            return Err(SupervisorError::Taken { name });
        }
        if self.blueprints.len() >= MEMBERS_MAX && !self.given_up.contains_key(&name) {
            return Err(SupervisorError::Full { members_max: MEMBERS_MAX });
        }
        let builder = make();
        let gate = self.gate_for(&builder)?;
        let seat = Seat::new(Arc::clone(&name), gate, self.seed, self.added, self.stagger);
        let client = seat.clone().apply(builder).start()?;
        let blueprint = Blueprint::new(seat, move |seat| seat.apply(make()).start());
        self.added = self.added.wrapping_add(1);
        self.seat(name, blueprint, Some(client))?;
        Ok(())
    }

    /// Makes a client anew that has given up, by whatever `make` says now. Tells whether there is
    /// one of that name.
    ///
    /// # Errors
    ///
    /// [`ClientError`] if the settings do not fit together; it can be brought back later.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime.
    pub fn bring_back(&mut self, name: &str) -> Result<bool, ClientError> {
        let Some((name, _)) = self.given_up.get_key_value(name) else { return Ok(false) };
        let name = Arc::clone(name);
        let Some(blueprint) = self.blueprints.get(&name).cloned() else { return Ok(false) };
        self.seat(name, blueprint, None)?;
        Ok(true)
    }

    /// Returns the clients that have given up and were not brought back, and why, in the order of
    /// their names. Each had its `Update::Closed`; those that were [removed](Self::remove) are not
    /// among them.
    pub fn given_up(&self) -> impl Iterator<Item = (&str, GiveUp)> {
        self.given_up.iter().map(|(name, why)| (&**name, *why))
    }

    /// Forgets a client that has given up, and how to make it anew. Tells whether there was one.
    pub fn forget(&mut self, name: &str) -> bool {
        let was_there = self.given_up.remove(name).is_some();
        if was_there {
            self.blueprints.remove(name);
        }
        was_there
    }

    /// Returns the way to each venue, in the order of their names.
    pub fn gates(&self) -> impl Iterator<Item = (&str, &VenueGate)> {
        self.gates.iter().map(|(venue, gate)| (venue.as_str(), gate))
    }

    fn seat(
        &mut self,
        name: Arc<str>,
        blueprint: Arc<Blueprint>,
        client: Option<Client>,
    ) -> Result<(), ClientError> {
        let member = Member::start(Arc::clone(&blueprint), client)?;
        self.given_up.remove(&name);
        self.blueprints.insert(Arc::clone(&name), blueprint);
        self.controls.insert(name, member.control());
        self.members.push(member);
        Ok(())
    }

    /// Sets the way to a venue, by its name, for clients that are added from now on: one that
    /// other supervisors share, or one with other settings of its breaker.
    pub fn share(&mut self, venue: impl Into<String>, gate: VenueGate) {
        self.gates.insert(venue.into(), gate);
    }

    /// Begins the end of a client. Its `Update::Closed` comes last, and then its name is free.
    /// Tells whether there is one of that name.
    pub fn remove(&mut self, name: &str) -> bool {
        self.controls.get(name).is_some_and(|control| {
            control.stop();
            true
        })
    }

    /// Returns the handles of a client, if there is one of that name.
    pub fn get(&self, name: &str) -> Option<&Control> {
        self.controls.get(name)
    }

    /// Returns how each client is doing, in the order of their names.
    pub fn statuses(&self) -> impl Iterator<Item = (&str, ClientStatus)> {
        self.controls.iter().map(|(name, control)| (&**name, control.status()))
    }

    /// Returns the way to a venue, by its name, to hold it or to lift a hold; `None` before its
    /// first client.
    pub fn gate(&self, venue: &str) -> Option<&VenueGate> {
        self.gates.get(venue)
    }

    /// Returns what the breaker of each venue does, in the order of their names.
    pub fn breakers(&self) -> impl Iterator<Item = (&str, BreakerState)> {
        self.gates.iter().map(|(venue, gate)| (venue.as_str(), gate.breaker()))
    }

    /// Returns what comes next from any client, with its name; `None` while there is no client.
    ///
    /// # Cancel safety
    ///
    /// Safe: what comes next is taken when it is returned, and nothing is lost with the future.
    pub async fn next(&mut self) -> Option<(Arc<str>, Update)> {
        poll_fn(|cx| self.poll_next_unpin(cx)).await
    }

    /// Hands each update to `each` until `signal` completes, then closes all clients.
    ///
    /// Returns when all have ended, after `within` at most; those that have not are cut off.
    /// Without clients it waits for the signal.
    ///
    /// # Cancel safety
    ///
    /// Not safe to repeat: dropping the future drops the clients.
    pub async fn run_until(
        mut self,
        signal: impl Future<Output = ()>,
        within: Duration,
        mut each: impl FnMut(&str, Update),
    ) -> ShutdownReport {
        let mut signal = pin!(signal);
        loop {
            tokio::select! {
                biased;
                () = &mut signal => break,
                Some((name, update)) = self.next() => each(&name, update),
            }
        }
        self.shutdown_telling(within, each).await
    }

    /// Closes all clients, dropping what they still have to say. Returns as
    /// [`run_until`](Self::run_until) does.
    ///
    /// # Cancel safety
    ///
    /// Not safe to repeat: dropping the future drops the clients.
    pub async fn shutdown(self, within: Duration) -> ShutdownReport {
        self.shutdown_telling(within, |_, _| {}).await
    }

    async fn shutdown_telling(
        mut self,
        within: Duration,
        mut each: impl FnMut(&str, Update),
    ) -> ShutdownReport {
        let mut report = ShutdownReport::default();
        for control in self.controls.values() {
            control.stop();
        }
        let all = async {
            while let Some((name, update)) = self.next().await {
                if let Update::Closed(closed) = &update {
                    report.count(closed);
                }
                each(&name, update);
            }
        };
        // Those who are late are cut off below, as they are dropped.
        let _ = tokio::time::timeout(within, all).await;
        report.cut_off = report.cut_off.saturating_add(self.controls.len());
        report
    }

    fn gate_for<P, H>(&mut self, builder: &ClientBuilder<P, H>) -> Result<VenueGate, ClientError>
    where
        P: Platform + Clone + Send + Sync + 'static,
        H: Handler,
    {
        let (venue, limits) = builder.venue();
        if let Some(gate) = self.gates.get(venue) {
            return Ok(gate.clone());
        }
        let gate = VenueGate::new(limits)?;
        self.gates.insert(venue.to_owned(), gate.clone());
        Ok(gate)
    }
}

impl Stream for Supervisor {
    type Item = (Arc<str>, Update);

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let Some((name, update)) = ready!(self.members.poll_next_unpin(cx)) else {
            return Poll::Ready(None);
        };
        if let Update::Closed(report) = &update {
            self.controls.remove(&name);
            match report.end {
                ClientEnd::GaveUp(why) if why != GiveUp::Stopped => {
                    self.given_up.insert(Arc::clone(&name), why);
                }
                ClientEnd::GaveUp(_) | ClientEnd::CutOff => drop(self.blueprints.remove(&name)),
            }
        }
        Poll::Ready(Some((name, update)))
    }
}
