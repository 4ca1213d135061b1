//! A world of one connection: a session and a venue, a line between them, and a clock that is
//! ours.

mod brake;
mod client;
mod connection;
mod fingerprint;
mod fleet;
mod host;
mod options;
mod trace;
mod venue;
mod vitals;

use core::num::NonZeroU32;
use core::time::Duration;

use heartbeat_core::{Config, Platform, Session, Timestamp};
use heartbeat_platforms::Exchange;

pub use client::Verdict;
pub use connection::SimulatedConnection;
pub use fleet::{
    Address, ChannelStep, Fleet, FleetOptions, FleetStep, OperatorStep, OrderStep, Sickness,
    Trading, Trouble, VenueStep,
};
pub use host::Freeze;
pub use options::WorldOptions;
pub use trace::{Entry, LineChange, Step, Trace};
pub use vitals::Vitals;

use crate::{Delay, FaultPlan, MockExchange, OwnedFrame, Rng, RuleBook};
use connection::Line;
use host::Host;

/// One client session and one mock exchange, in virtual time.
///
/// Nothing happens between two wake-ups, so the world steps from one to the next: hours of a
/// quiet connection take a moment. The same seed and the same calls give the same
/// [`trace`](Self::trace) to the byte. A world that is dropped by a panic prints its seed and
/// the last hundred steps.
///
/// The client is driven by the core's contract: it reads what has arrived before it judges a
/// deadline, and polls at exactly the deadlines that it is told.
///
/// ```
/// use core::time::Duration;
/// use heartbeat_platforms::Exchange;
/// use heartbeat_testkit::{MockOptions, World, WorldOptions};
///
/// // OKX stops answering after a minute; its session finds out within its bound.
/// let mock = MockOptions::default().fault("silent@60s".parse().unwrap());
/// let mut world = World::of(Exchange::Okx, WorldOptions::seeded(7).mock(mock));
/// let bound = world.client().config().silence_bound();
/// let verdict = world.run_until_verdict(Duration::from_secs(60) + bound).unwrap();
/// let died = world.last_read().unwrap();
/// assert!(verdict.at.saturating_since(died) <= bound);
/// ```
#[derive(Debug)]
pub struct World<P: Platform> {
    seed: u64,
    /// The true time.
    now: Timestamp,
    host: Host,
    connection: SimulatedConnection<P>,
}

/// The end of the axis.
const FOREVER: Timestamp = Timestamp::from_nanos(u64::MAX);

impl World<Exchange> {
    /// Makes a world of `exchange` and a client with the venue's default settings.
    ///
    /// # Panics
    ///
    /// If the defaults are no valid configuration, which is a bug in the platform.
    #[track_caller]
    pub fn of(exchange: Exchange, options: WorldOptions) -> Self {
        match exchange.defaults().build() {
            Ok(config) => Self::new(exchange, config, exchange, options),
            Err(error) => panic!("defaults of {exchange} must be valid: {error}"),
        }
    }
}

impl<P: Platform> World<P> {
    /// Makes a world of `venue` and a client that speaks `platform`.
    pub fn new(
        platform: P,
        config: Config,
        venue: impl Into<RuleBook>,
        options: WorldOptions,
    ) -> Self {
        let start = options.start;
        let mut rng = Rng::from_seed(options.seed);
        let line = Line { up: options.up, down: options.down, window: options.window };
        let host = Host::new(start);
        let client = (platform, config, &host, options.habits());
        let venue = MockExchange::new(venue, options.mock, start);
        let connection = SimulatedConnection::open(client, venue, line, &mut rng, start);
        let mut world = Self { seed: options.seed, now: start, host, connection };
        world.settle();
        world
    }

    // -------------------------------------------------------------------- time

    /// Runs until the true time `until`.
    ///
    /// # Panics
    ///
    /// If client and venue spin: act on each other without end while time stands still, or
    /// the client's drain does not end.
    #[track_caller]
    pub fn run_until(&mut self, until: Timestamp) {
        while self.step(until) {}
    }

    /// Runs for `span`; panics as [`run_until`](Self::run_until).
    #[track_caller]
    pub fn run_for(&mut self, span: Duration) {
        self.run_until(self.now.checked_add(span).unwrap_or(FOREVER));
    }

    /// Runs until the client reaches its verdict, for `span` at most; panics as
    /// [`run_until`](Self::run_until).
    #[track_caller]
    pub fn run_until_verdict(&mut self, span: Duration) -> Option<Verdict> {
        let until = self.now.checked_add(span).unwrap_or(FOREVER);
        while self.verdict().is_none() && self.step(until) {}
        self.verdict()
    }

    /// Returns the true time at which something will happen next.
    pub fn next_at(&self) -> Option<Timestamp> {
        self.connection.next_at(&self.host)
    }

    /// Goes to the next wake-up, or to `until` if that comes first; tells whether it was one.
    /// For a loop that looks at every step; panics as [`run_until`](Self::run_until).
    #[track_caller]
    pub fn step(&mut self, until: Timestamp) -> bool {
        let wake = self.next_at().filter(|wake| *wake <= until);
        self.now = self.now.max(wake.unwrap_or(until));
        if wake.is_some() {
            self.settle();
        }
        wake.is_some()
    }

    /// Lets both sides act until neither has anything left to do at this time.
    #[track_caller]
    fn settle(&mut self) {
        if self.host.thaws(self.now) {
            self.connection.note(self.now, Step::ClientThaws);
        }
        self.connection.settle(self.now, &self.host, &mut ());
    }

    // ------------------------------------------------------------ interference

    /// Has the client's application send a message, as soon as the client's own
    /// [message budget](WorldOptions::message_limit) lets it; `false` if the line takes none.
    pub fn send(&mut self, frame: OwnedFrame) -> bool {
        let sent = self.connection.send(self.now, &self.host, frame);
        if sent {
            self.settle();
        }
        sent
    }

    /// Freezes the client for `span`. What arrives meanwhile waits for it.
    pub fn freeze(&mut self, span: Duration, freeze: Freeze) {
        self.host.freeze(self.now, span, freeze);
        self.connection.note(self.now, Step::ClientFreezes);
    }

    /// Makes the client's clock run `ppm` millionths too fast, or too slow if negative.
    pub fn drift(&mut self, ppm: i32) {
        self.host.clock.drift(self.now, ppm);
    }

    /// Makes the line half-open both ways, so that nothing arrives and nobody is told, or
    /// heals it.
    pub fn half_open(&mut self, half_open: bool) {
        self.connection.half_open(self.now, half_open);
    }

    /// Makes the line carry what is sent from now on with this delay, either way, or, without
    /// one, as it did when the world was made. Order is kept.
    pub fn disturb(&mut self, delay: Option<Delay>) {
        self.connection.disturb(self.now, delay);
    }

    /// Makes the line to the client carry so many bytes a second of what the venue sends from now
    /// on, so that a long message comes in in parts, or, without a number, any message at once.
    pub fn narrow(&mut self, bandwidth: Option<NonZeroU32>) {
        self.connection.narrow(self.now, bandwidth);
    }

    /// Plans a fault of the venue's, its time counted from now.
    pub fn plan(&mut self, plan: FaultPlan) {
        self.connection.plan(self.now, plan);
        self.settle();
    }

    /// Cuts the line: both sides learn that it is over, and what is under way is lost.
    pub fn cut(&mut self) {
        self.connection.cut(self.now);
    }

    /// Has the application end the session.
    pub fn stop(&mut self) {
        self.connection.stop(self.now, &self.host);
        self.settle();
    }

    /// Forgets what happened but for the last hundred steps, for a run that goes on for days
    /// and looks at every step.
    pub fn trim_trace(&mut self) {
        self.connection.trim();
    }

    // --------------------------------------------------------------- questions

    /// Returns the true time.
    pub const fn now(&self) -> Timestamp {
        self.now
    }

    /// Returns the seed that the world was made with.
    pub const fn seed(&self) -> u64 {
        self.seed
    }

    /// Returns the connection.
    pub const fn connection(&self) -> &SimulatedConnection<P> {
        &self.connection
    }

    /// Returns the client's session.
    pub const fn client(&self) -> &Session<P> {
        self.connection.session()
    }

    /// Returns the venue.
    pub const fn venue(&self) -> &MockExchange {
        self.connection.venue()
    }

    /// Returns the client's verdict, if it has reached one.
    pub const fn verdict(&self) -> Option<Verdict> {
        self.connection.verdict()
    }

    /// Returns the true time at which the client last read a frame.
    pub const fn last_read(&self) -> Option<Timestamp> {
        self.connection.last_read()
    }

    /// Tells whether the client is frozen.
    pub const fn is_frozen(&self) -> bool {
        self.host.is_frozen()
    }

    /// Returns what can be measured from outside.
    pub fn vitals(&self) -> Vitals {
        self.connection.vitals()
    }

    /// Returns what happened.
    pub const fn trace(&self) -> &Trace {
        self.connection.trace()
    }
}

impl<P: Platform> Drop for World<P> {
    #[expect(clippy::print_stderr, reason = "a test that fails must say how to see it fail again")]
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("world of seed {}, its last steps:\n{}", self.seed, self.trace());
        }
    }
}

#[cfg(test)]
mod tests {
    use heartbeat_core::Cause;

    use super::*;
    use crate::Observation;

    fn an_hour(seed: u64) -> World<Exchange> {
        let mut world = World::of(Exchange::Deribit, WorldOptions::seeded(seed));
        world.run_for(Duration::from_secs(600));
        world.freeze(Duration::from_secs(7), Freeze::Process);
        world.run_for(Duration::from_secs(3_000));
        world
    }

    #[test]
    fn the_same_seed_gives_the_same_trace_and_another_does_not() {
        let (one, same, other) = (an_hour(1), an_hour(1), an_hour(2));
        assert!(one.trace().count() > 1_000);
        assert_eq!(one.trace().count(), same.trace().count());
        assert_eq!(one.trace().fingerprint(), same.trace().fingerprint());
        assert_eq!(one.trace().to_string(), same.trace().to_string());
        assert_ne!(one.trace().fingerprint(), other.trace().fingerprint());
    }

    #[test]
    fn a_full_window_blocks_the_client_until_the_venue_reads() {
        let options = WorldOptions::seeded(3).delay(Delay::NONE).window(1);
        let mut world = World::of(Exchange::Okx, options);
        world.run_for(Duration::from_millis(1));
        assert_eq!(world.venue().counters().probes, 1, "the first is due at once");
        world.half_open(true);
        assert!(world.send(OwnedFrame::text("x")));
        assert!(!world.send(OwnedFrame::text("y")), "the window is full");
        // The probe that fell due meanwhile could not leave; it leaves when the line heals.
        world.run_until(Timestamp::from_millis(6_000));
        assert_eq!(world.venue().counters().probes, 1);
        world.half_open(false);
        world.run_for(Duration::from_millis(1));
        assert_eq!(world.venue().counters().probes, 2);
        assert!(world.verdict().is_none());
    }

    #[test]
    fn a_stop_of_the_applications_reaches_the_venue_as_a_close() {
        let mut world = World::of(Exchange::Okx, WorldOptions::seeded(4));
        world.run_for(Duration::from_secs(1));
        world.stop();
        let verdict = world.run_until_verdict(Duration::ZERO).unwrap();
        assert_eq!(verdict.cause, Cause::Stopped);
        world.run_for(Duration::from_secs(1));
        let closed = Step::VenueNotes(Observation::Closed { code: Some(1000) });
        assert!(world.trace().entries().any(|entry| entry.what == closed));
        assert!(world.next_at().is_none(), "nothing is left to happen");
    }

    #[test]
    fn a_trace_prints_its_last_hundred_steps() {
        let world = an_hour(1);
        let printed = world.trace().to_string();
        assert_eq!(printed.lines().count(), Trace::PRINTED);
        assert!(printed.contains("venue  -> client"), "{printed}");
    }
}
