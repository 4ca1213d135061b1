//! A world of one connection: a session and a venue, a line between them, and a clock that is
//! ours.

mod client;
mod fingerprint;
mod options;
mod trace;
mod venue;
mod vitals;

use core::time::Duration;

use heartbeat_core::{Config, Platform, Session, Timestamp};
use heartbeat_platforms::Exchange;

pub use client::{Freeze, Verdict};
pub use options::WorldOptions;
pub use trace::{Entry, LineChange, Step, Trace};
pub use vitals::Vitals;

use crate::{Delay, FaultPlan, Link, MockExchange, OwnedFrame, Rng};
use client::Client;
use venue::Venue;

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
/// let bound = world.client().config().detection_bound();
/// let verdict = world.run_until_verdict(Duration::from_secs(60) + bound).unwrap();
/// let died = world.last_read().unwrap();
/// assert!(verdict.at.saturating_since(died) <= bound);
/// ```
#[derive(Debug)]
pub struct World<P: Platform> {
    seed: u64,
    /// The true time.
    now: Timestamp,
    client: Client<P>,
    venue: Venue,
    up: Link<OwnedFrame>,
    down: Link<OwnedFrame>,
    /// What the line is like when nothing disturbs it.
    calm: (Delay, Delay),
    trace: Trace,
}

/// How often client and venue may act on each other without time passing. Arming and an
/// answer take a handful of turns; more is a spin.
const TURNS_MAX: usize = 100;

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
    /// Makes a world of `exchange` and a client that speaks `platform`.
    pub fn new(platform: P, config: Config, exchange: Exchange, options: WorldOptions) -> Self {
        let start = options.start;
        let mut rng = Rng::from_seed(options.seed);
        let session = Session::new(platform, config, start);
        let mut world = Self {
            seed: options.seed,
            now: start,
            client: Client::new(session, start, options.message_max),
            venue: Venue::new(MockExchange::new(exchange, options.mock, start), start),
            up: Link::new(options.up, options.window, rng.split()),
            down: Link::new(options.down, options.window, rng.split()),
            calm: (options.up, options.down),
            trace: Trace::new(),
        };
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
        while self.client.verdict.is_none() && self.step(until) {}
        self.client.verdict
    }

    /// Returns the true time at which something will happen next.
    pub fn next_at(&self) -> Option<Timestamp> {
        let client_reads = self.down.next_at().filter(|_| self.client.reads());
        let venue_reads = self.up.next_at().filter(|_| self.venue.mock.takes_input());
        [self.client.wakes_at(), client_reads, self.venue.wakes_at(&self.down), venue_reads]
            .into_iter()
            .flatten()
            .min()
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
        let Self { now, client, venue, up, down, trace, .. } = self;
        for _ in 0..TURNS_MAX {
            let venue_acted = venue.turn(*now, up, down, trace);
            let client_acted = client.turn(*now, up, down, trace);
            if !venue_acted && !client_acted {
                return;
            }
        }
        panic!("client and venue act on each other without end at one time");
    }

    // ------------------------------------------------------------ interference

    /// Has the client's application send a message; `false` if the line takes none.
    pub fn send(&mut self, frame: OwnedFrame) -> bool {
        let sent = self.client.send(self.now, frame.clone(), &mut self.up);
        if sent {
            self.trace.push(self.now, Step::ApplicationSends(frame));
            self.settle();
        }
        sent
    }

    /// Freezes the client for `span`. What arrives meanwhile waits for it.
    pub fn freeze(&mut self, span: Duration, freeze: Freeze) {
        let until = self.now.checked_add(span).unwrap_or(FOREVER);
        self.client.freeze(self.now, until, freeze);
        self.trace.push(self.now, Step::ClientFreezes);
    }

    /// Makes the client's clock run `ppm` millionths too fast, or too slow if negative.
    pub fn drift(&mut self, ppm: i32) {
        self.client.clock.drift(self.now, ppm);
    }

    /// Makes the line half-open both ways, so that nothing arrives and nobody is told, or
    /// heals it.
    pub fn half_open(&mut self, half_open: bool) {
        self.up.set_half_open(self.now, half_open);
        self.down.set_half_open(self.now, half_open);
        let change = if half_open { LineChange::HalfOpen } else { LineChange::Healed };
        self.trace.push(self.now, Step::Line(change));
    }

    /// Makes the line carry what is sent from now on with this delay, either way, or, without
    /// one, as it did when the world was made. Order is kept.
    pub fn disturb(&mut self, delay: Option<Delay>) {
        let (up, down) = delay.map_or(self.calm, |delay| (delay, delay));
        self.up.set_delay(up);
        self.down.set_delay(down);
        let change = if delay.is_some() { LineChange::Disturbed } else { LineChange::Calm };
        self.trace.push(self.now, Step::Line(change));
    }

    /// Plans a fault of the venue's, its time counted from now.
    pub fn plan(&mut self, plan: FaultPlan) {
        self.venue.mock.plan(self.now, plan);
        self.settle();
    }

    /// Cuts the line: both sides learn that it is over, and what is under way is lost.
    pub fn cut(&mut self) {
        self.up.cut(self.now);
        self.down.cut(self.now);
        self.trace.push(self.now, Step::Line(LineChange::Cut));
    }

    /// Has the application end the session.
    pub fn stop(&mut self) {
        self.client.stop(self.now);
        self.settle();
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

    /// Returns the client's session.
    pub const fn client(&self) -> &Session<P> {
        &self.client.session
    }

    /// Returns the venue.
    pub const fn venue(&self) -> &MockExchange {
        &self.venue.mock
    }

    /// Returns the client's verdict, if it has reached one.
    pub const fn verdict(&self) -> Option<Verdict> {
        self.client.verdict
    }

    /// Returns the true time at which the client last read a frame.
    pub const fn last_read(&self) -> Option<Timestamp> {
        self.client.last_read
    }

    /// Tells whether the client is frozen.
    pub const fn is_frozen(&self) -> bool {
        self.client.frozen.is_some()
    }

    /// Returns what can be measured from outside.
    pub fn vitals(&self) -> Vitals {
        Vitals { drains: self.client.drains, unread: self.up.len() }
    }

    /// Returns what happened.
    pub const fn trace(&self) -> &Trace {
        &self.trace
    }
}

impl<P: Platform> Drop for World<P> {
    #[expect(clippy::print_stderr, reason = "a test that fails must say how to see it fail again")]
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("world of seed {}, its last steps:\n{}", self.seed, self.trace);
        }
    }
}

#[cfg(test)]
mod tests {
    use heartbeat_core::Cause;

    use super::*;
    use crate::{Delay, Observation};

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
