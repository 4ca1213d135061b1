//! One connection: a session and a mock exchange at the two ends of a line.

use core::num::NonZeroU32;

use heartbeat_core::{Config, Event, NoticeKind, Platform, Session, Timestamp};

use super::client::{Client, Habits};
use super::host::Host;
use super::venue::Venue;
use super::{LineChange, Step, Trace, Verdict, Vitals};
use crate::mock::wall_time;
use crate::{Delay, Departure, FaultPlan, Link, MockExchange, OwnedFrame, Rng};

/// One connection in a simulation: a client session and a mock exchange, a line between them,
/// and a [trace](Self::trace) of what happened on it.
///
/// Whoever owns it owns the time: a [`World`](crate::World) has one, a
/// [`Fleet`](crate::Fleet) as many as its clients open.
#[derive(Debug)]
pub struct SimulatedConnection<P> {
    pub(super) client: Client<P>,
    venue: Venue,
    up: Link<OwnedFrame>,
    down: Link<OwnedFrame>,
    /// What the line is like when nothing disturbs it.
    calm: Line,
    trace: Trace,
}

/// What a line is like.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line {
    pub(super) up: Delay,
    pub(super) down: Delay,
    pub(super) window: usize,
}

/// What a client makes of a connection besides its heartbeat.
pub(super) trait Application {
    /// Takes a frame that is the application's.
    fn deliver(&mut self, frame: &OwnedFrame);

    /// Takes what the session reports.
    fn note(&mut self, event: Event);
}

/// Nobody is interested.
impl Application for () {
    fn deliver(&mut self, _frame: &OwnedFrame) {}

    fn note(&mut self, _event: Event) {}
}

/// How often client and venue may act on each other without time passing. Arming and an
/// answer take a handful of turns; more is a spin.
const TURNS_MAX: usize = 100;

impl<P: Platform> SimulatedConnection<P> {
    pub(super) fn open(
        client: (P, Config, &Host, Habits),
        venue: MockExchange,
        line: Line,
        rng: &mut Rng,
        now: Timestamp,
    ) -> Self {
        let (platform, config, host, habits) = client;
        let mut session = Session::new(platform, config, host.clock.read(now));
        session.set_wall_clock(host.clock.read(now), wall_time(now));
        Self {
            client: Client::new(session, habits),
            venue: Venue::new(venue),
            up: Link::new(line.up, line.window, rng.split()),
            down: Link::new(line.down, line.window, rng.split()),
            calm: line,
            trace: Trace::new(),
        }
    }

    /// Returns the true time at which something will happen next.
    pub(super) fn next_at(&self, host: &Host) -> Option<Timestamp> {
        let client_reads = self.down.next_at().filter(|_| !host.is_frozen() && self.client.reads());
        let venue_reads = self.up.next_at().filter(|_| self.venue.mock.takes_input());
        let client_wakes = self.client.wakes_at(host);
        [client_wakes, client_reads, self.venue.wakes_at(&self.down), venue_reads]
            .into_iter()
            .flatten()
            .min()
    }

    /// Lets both sides act until neither has anything left to do at this time.
    #[track_caller]
    pub(super) fn settle(
        &mut self,
        now: Timestamp,
        host: &Host,
        application: &mut impl Application,
    ) {
        let Self { client, venue, up, down, trace, .. } = self;
        for _ in 0..TURNS_MAX {
            let venue_acted = venue.turn(now, up, down, trace);
            let client_acted = client.turn(now, host, up, down, trace, application);
            if !venue_acted && !client_acted {
                return;
            }
        }
        panic!("client and venue act on each other without end at one time");
    }

    // ------------------------------------------------------------ interference

    /// Has the application send a message, as soon as our own brake lets it; `false` if the line
    /// takes none.
    pub(super) fn send(&mut self, now: Timestamp, host: &Host, frame: OwnedFrame) -> bool {
        self.client.send(now, host, frame, &mut self.up, &mut self.trace)
    }

    pub(super) fn half_open(&mut self, now: Timestamp, half_open: bool) {
        self.up.set_half_open(now, half_open);
        self.down.set_half_open(now, half_open);
        let change = if half_open { LineChange::HalfOpen } else { LineChange::Healed };
        self.trace.push(now, Step::Line(change));
    }

    pub(super) fn disturb(&mut self, now: Timestamp, delay: Option<Delay>) {
        let (up, down) = delay.map_or((self.calm.up, self.calm.down), |delay| (delay, delay));
        self.up.set_delay(up);
        self.down.set_delay(down);
        let change = if delay.is_some() { LineChange::Disturbed } else { LineChange::Calm };
        self.trace.push(now, Step::Line(change));
    }

    pub(super) fn narrow(&mut self, now: Timestamp, bandwidth: Option<NonZeroU32>) {
        self.venue.bandwidth = bandwidth;
        let change = if bandwidth.is_some() { LineChange::Narrow } else { LineChange::Wide };
        self.trace.push(now, Step::Line(change));
    }

    pub(super) fn plan(&mut self, now: Timestamp, plan: FaultPlan) {
        self.venue.tell().plan(now, plan);
    }

    /// Has the venue announce something; `false` if it has no words for it.
    pub(super) fn announce(&mut self, now: Timestamp, kind: NoticeKind) -> bool {
        self.venue.tell().announce(now, kind)
    }

    pub(super) fn cut(&mut self, now: Timestamp) {
        self.up.cut(now);
        self.down.cut(now);
        self.trace.push(now, Step::Line(LineChange::Cut));
    }

    pub(super) fn stop(&mut self, now: Timestamp, host: &Host) {
        self.client.stop(now, host);
    }

    /// Notes what befell the client itself.
    pub(super) fn note(&mut self, now: Timestamp, what: Step) {
        self.trace.push(now, what);
    }

    /// Forgets what happened but for the last hundred steps.
    pub(super) fn trim(&mut self) {
        self.trace.trim();
    }

    /// Returns, once, why the venue has ended the connection by its own plan, if it has.
    pub(super) const fn take_departure(&mut self) -> Option<Departure> {
        self.venue.departed.take()
    }

    // --------------------------------------------------------------- questions

    /// Returns the client's session.
    pub const fn session(&self) -> &Session<P> {
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

    /// Returns what can be measured from outside.
    pub fn vitals(&self) -> Vitals {
        Vitals { drains: self.client.drains, unread: self.up.len() }
    }

    /// Returns what happened.
    pub const fn trace(&self) -> &Trace {
        &self.trace
    }
}
