//! Clients that lose their connections and get them back: recoveries, sessions, one venue.

mod business;
mod desk;
mod drivers;
mod feed;
mod gatekeeper;
mod interference;
mod line;
mod member;
mod options;
mod request;
mod routes;
mod site;
mod step;
mod trader;
mod trading;
mod trouble;

use core::fmt::Write as _;
use core::time::Duration;

use heartbeat_core::{Generation, Platform, RecoveryConfig, RecoveryStatus, Timestamp};
use heartbeat_platforms::Budget;

pub use options::FleetOptions;
pub use routes::Address;
pub use step::{ChannelStep, FleetStep, OperatorStep, OrderStep, VenueStep};
pub use trading::Trading;
pub use trouble::{Sickness, Trouble};

use super::connection::{Line, SimulatedConnection};
use super::{FOREVER, Trace, WorldOptions};
use crate::owned::Millis;
use crate::{Account, Rng, RuleBook};
use drivers::Drivers;
use gatekeeper::Gatekeeper;
use line::ClientLine;
use member::{Member, Shared};
use routes::Routes;
use site::Kit;

/// Several clients of one venue, in virtual time: each with a recovery, with the connection that
/// it has, and with the one that is to follow it.
///
/// All clients share one gate, and so they run on one machine: each can stand still alone, but
/// there is one clock, which drifts and is suspended for all. As in a [`World`](crate::World),
/// nothing happens between two wake-ups, and the same seed and the same calls give the same
/// [`fingerprint`](Self::fingerprint). A fleet that is dropped by a panic prints its seed and the
/// last hundred steps of all its parts together.
///
/// ```
/// use core::time::Duration;
/// use heartbeat_platforms::Exchange;
/// use heartbeat_testkit::{Fleet, FleetOptions};
///
/// let secs = Duration::from_secs;
/// let mut fleet = Fleet::new(FleetOptions::of(Exchange::Okx, 7));
/// fleet.run_for(secs(60));
/// assert_eq!(fleet.live(), 3);
/// // The venue drops everybody, and lets nobody in for a minute.
/// fleet.outage("refuse@0s+60s".parse().unwrap());
/// (0..3).for_each(|client| fleet.cut(client));
/// fleet.run_for(secs(60));
/// assert_eq!(fleet.live(), 0);
/// fleet.run_for(secs(10));
/// assert_eq!(fleet.live(), 3);
/// ```
#[derive(Debug)]
pub struct Fleet<P: Platform> {
    seed: u64,
    /// The true time.
    now: Timestamp,
    members: Vec<Member<P>>,
    /// When each of them has something to do; `FOREVER` for never.
    due: Vec<Timestamp>,
    /// Those who did something at the last step, then those who did since.
    touched: Vec<usize>,
    /// How many of them did at the last step.
    stepped: usize,
    /// The connections that were over at the end of the last step.
    over: Vec<(usize, Generation)>,
    shared: Shared,
    recovery: RecoveryConfig,
    budget: Option<Budget>,
    trading: Trading,
    /// What the traces of connections came to that are forgotten.
    buried: u64,
}

impl<P: Platform + Clone> Fleet<P> {
    /// Makes a fleet whose clients begin to connect at once.
    pub fn new(options: FleetOptions<P>) -> Self {
        let now = options.start;
        let mut rng = Rng::from_seed(options.seed);
        let line = Line { up: options.delay, down: options.delay, window: WorldOptions::WINDOW };
        let drivers = Drivers::new(&options);
        let mut member = |index| {
            let kit = Kit {
                platform: options.platform.clone(),
                config: options.config,
                account: Account::new(),
                drivers: drivers.for_client(),
                routes: Routes::new(options.forgets_addresses),
                line: ClientLine::new(line),
                rng: rng.split(),
            };
            Member::new(index, (options.recovery, options.trading), kit, now)
        };
        let members: Vec<_> = (0..options.clients).map(&mut member).collect();
        let mut fleet = Self {
            seed: options.seed,
            now,
            due: vec![now; members.len()],
            touched: Vec::with_capacity(members.len()),
            stepped: 0,
            over: Vec::new(),
            members,
            shared: Shared {
                venue: Gatekeeper::new(options.venue, options.mock, options.budget),
                gate: member::gate_for(options.budget),
                trace: Trace::new(),
            },
            recovery: options.recovery,
            budget: options.budget,
            trading: options.trading,
            buried: 0,
        };
        fleet.settle_due();
        fleet
    }

    // -------------------------------------------------------------------- time

    /// Goes to the next wake-up, or to `until` if that comes first; tells whether it was one.
    ///
    /// # Panics
    ///
    /// If a client or a connection spins: acts without end while time stands still.
    #[track_caller]
    pub fn step(&mut self, until: Timestamp) -> bool {
        self.bury();
        let wake = self.due.iter().copied().min().filter(|wake| *wake <= until);
        self.now = self.now.max(wake.unwrap_or(until));
        if wake.is_some() {
            self.settle_due();
        }
        self.stepped = self.touched.len();
        let Self { members, touched, over, now, .. } = self;
        for client in touched {
            let member = members.get(*client).into_iter();
            over.extend(member.flat_map(|it| it.over(*now)).map(|it| (*client, it.generation)));
        }
        wake.is_some()
    }

    /// Runs until the true time `until`; panics as [`step`](Self::step).
    #[track_caller]
    pub fn run_until(&mut self, until: Timestamp) {
        while self.step(until) {}
    }

    /// Runs for `span`; panics as [`step`](Self::step).
    #[track_caller]
    pub fn run_for(&mut self, span: Duration) {
        self.run_until(self.now.checked_add(span).unwrap_or(FOREVER));
    }

    #[track_caller]
    fn settle_due(&mut self) {
        for client in 0..self.members.len() {
            if self.due.get(client).is_some_and(|due| *due <= self.now) {
                self.settle(client);
            }
        }
    }

    #[track_caller]
    fn settle(&mut self, client: usize) {
        if let (Some(member), Some(due)) = (self.members.get_mut(client), self.due.get_mut(client))
        {
            member.settle(self.now, &mut self.shared);
            *due = member.next_at().unwrap_or(FOREVER);
            if !self.touched.contains(&client) {
                self.touched.push(client);
            }
        }
    }

    /// Forgets what was over at the end of the last step, and was there to be looked at.
    fn bury(&mut self) {
        self.touched.drain(..self.stepped);
        let Self { members, over, buried, .. } = self;
        for (client, generation) in over.drain(..) {
            if let Some(member) = members.get_mut(client) {
                let fingerprint = member.bury(generation).unwrap_or_default();
                *buried = buried.rotate_left(5).wrapping_add(fingerprint);
            }
        }
    }
}

impl<P: Platform> Fleet<P> {
    // --------------------------------------------------------------- questions

    /// Returns the true time.
    pub const fn now(&self) -> Timestamp {
        self.now
    }

    /// Returns the seed that the fleet was made with.
    pub const fn seed(&self) -> u64 {
        self.seed
    }

    /// Returns the venue.
    pub const fn rule_book(&self) -> &RuleBook {
        self.shared.venue.rule_book()
    }

    /// Returns the settings of every client's recovery.
    pub const fn recovery(&self) -> &RecoveryConfig {
        &self.recovery
    }

    /// Returns how many connections may be opened, if the venue says so.
    pub const fn budget(&self) -> Option<Budget> {
        self.budget
    }

    /// Returns what every client does besides staying connected.
    pub const fn trading(&self) -> &Trading {
        &self.trading
    }

    /// Returns how many orders the clients have placed, and how many of them the venue cancelled
    /// by itself.
    pub fn orders(&self) -> (u64, u64) {
        let counts = self.members.iter().map(Member::orders);
        counts.fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1))
    }

    /// Returns how many clients there are.
    pub fn clients(&self) -> usize {
        self.members.len()
    }

    /// Returns how many of them have a connection that is live.
    pub fn live(&self) -> usize {
        let is_live = |member: &&Member<P>| member.recovery().status().live.is_some();
        self.members.iter().filter(is_live).count()
    }

    /// Returns where a client's recovery stands; `None` if there is no such client.
    pub fn status(&self, client: usize) -> Option<RecoveryStatus> {
        self.members.get(client).map(|member| member.recovery().status())
    }

    /// Tells whether a client is frozen.
    pub fn is_frozen(&self, client: usize) -> bool {
        self.members.get(client).is_some_and(|member| member.host.is_frozen())
    }

    /// Returns a client's connections that are still simulated, oldest first.
    pub fn connections(
        &self,
        client: usize,
    ) -> impl Iterator<Item = (Generation, &SimulatedConnection<P>)> {
        let sites = self.members.get(client).into_iter().flat_map(|member| &member.sites);
        sites.filter_map(|site| site.connection().map(|it| (site.generation, it)))
    }

    /// Returns the clients to whom something happened since the last step, or in it.
    pub fn touched(&self) -> &[usize] {
        &self.touched
    }

    /// Returns the connections that were over at the end of the last step, the last time.
    pub fn finished(&self) -> impl Iterator<Item = (usize, Generation, &SimulatedConnection<P>)> {
        self.over.iter().filter_map(|(client, generation)| {
            let (_, connection) =
                self.connections(*client).find(|(number, _)| number == generation)?;
            Some((*client, *generation, connection))
        })
    }

    /// Returns what happened to the clients and the venue.
    pub const fn trace(&self) -> &Trace<FleetStep> {
        &self.shared.trace
    }

    /// Returns a number that is the same for two fleets in which the same happened, and when.
    pub fn fingerprint(&self) -> u64 {
        let sites = self.members.iter().flat_map(|member| &member.sites);
        let traces = sites.filter_map(|site| site.connection().map(SimulatedConnection::trace));
        let known = self.buried.rotate_left(5).wrapping_add(self.shared.trace.fingerprint());
        traces.fold(known, |sum, trace| sum.rotate_left(5).wrapping_add(trace.fingerprint()))
    }

    /// Returns the last hundred steps of all parts together, in words, a line each.
    pub fn story(&self) -> String {
        let mut lines = Vec::new();
        for entry in self.shared.trace.entries() {
            lines.push((entry.at, entry.what.to_string()));
        }
        for client in 0..self.members.len() {
            for (generation, connection) in self.connections(client) {
                let name = format!("{client}/{generation}");
                let tell = |entry: &super::Entry| (entry.at, format!("{name:>6}  {}", entry.what));
                lines.extend(connection.trace().entries().map(tell));
            }
        }
        lines.sort_by_key(|(at, _)| *at);
        let hidden = lines.len().saturating_sub(Trace::PRINTED);
        lines.iter().skip(hidden).fold(String::new(), |mut story, (at, line)| {
            // Writing into a string cannot fail.
            let _ = writeln!(story, "{:>16}  {line}", Millis(*at).to_string());
            story
        })
    }
}

impl<P: Platform> Drop for Fleet<P> {
    #[expect(clippy::print_stderr, reason = "a test that fails must say how to see it fail again")]
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("fleet of seed {}, its last steps:\n{}", self.seed, self.story());
        }
    }
}
