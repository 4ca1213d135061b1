//! What oracles are for: clients that lack one mend each, and the oracle that finds each.

#![allow(clippy::unwrap_used, reason = "a test that unwraps says what it expects")]

use core::cell::Cell;
use core::time::Duration;

use heartbeat_core::{
    Config, ConfigBuilder, Detector, Event, Frame, NoticeKind, Outbox, OutboxError, Platform,
    ProbeId, Responder, Signal,
};
use heartbeat_platforms::Exchange;
use heartbeat_testkit::{
    DataFrom, Fleet, FleetOptions, FleetOracles, MockOptions, Oracles, Step, World, WorldOptions,
};

/// A venue's platform, and what a client makes of a signal with the last probe that left.
#[derive(Clone)]
struct Bent {
    venue: Exchange,
    makes_of: fn(Signal, Option<ProbeId>) -> Signal,
    last: Cell<Option<ProbeId>>,
}

impl Bent {
    fn new(venue: Exchange, makes_of: fn(Signal, Option<ProbeId>) -> Signal) -> Self {
        Self { venue, makes_of, last: Cell::new(None) }
    }

    fn config(&self) -> Config {
        self.venue.defaults().build().unwrap()
    }
}

impl Detector for Bent {
    fn classify(&self, frame: Frame<'_>) -> Signal {
        (self.makes_of)(self.venue.classify(frame), self.last.get())
    }
}

impl Responder for Bent {
    fn respond(&self, token: &[u8], out: &mut Outbox) -> Result<(), OutboxError> {
        self.venue.respond(token, out)
    }

    fn arm(&self, out: &mut Outbox) -> Result<(), OutboxError> {
        self.venue.arm(out)
    }

    fn keepalive(&self, out: &mut Outbox) -> Result<(), OutboxError> {
        self.venue.keepalive(out)
    }

    fn probe(&self, id: ProbeId, out: &mut Outbox) -> Result<(), OutboxError> {
        self.last.set(Some(id));
        self.venue.probe(id, out)
    }
}

impl Platform for Bent {
    fn name(&self) -> &str {
        self.venue.name()
    }

    fn defaults(&self) -> ConfigBuilder {
        self.venue.defaults()
    }
}

/// Runs for five minutes; the rule that was broken, if one was.
fn broken<P: Platform>(mut world: World<P>, venue: Exchange) -> Option<&'static str> {
    let config = venue.defaults().build().unwrap();
    let mut oracles = Oracles::at(&config, &venue.into());
    let until = world.now().checked_add(Duration::from_secs(300)).unwrap();
    while world.step(until) {
        if let Err(violation) = oracles.look(&world) {
            return Some(violation.oracle);
        }
    }
    None
}

/// A venue with data twenty times a second, whose answers are late from the thirtieth second on.
fn late(by: &str) -> WorldOptions {
    let mock = MockOptions::default().data_every(Some(Duration::from_millis(50)));
    let mock = mock.data_from(DataFrom::Opening);
    let fault = format!("late-answer={by}@30s").parse().unwrap();
    WorldOptions::seeded(7).mock(mock.fault(fault))
}

const NAMING: [Exchange; 3] = [Exchange::KrakenV2, Exchange::Kucoin, Exchange::Phemex];

#[test]
fn who_takes_a_late_answer_for_none_is_found() {
    fn forgets(signal: Signal, last: Option<ProbeId>) -> Signal {
        let is_late =
            matches!(signal, Signal::Answer { probe: Some(probe) } if Some(probe) != last);
        if is_late { Signal::Unsolicited } else { signal }
    }
    for venue in NAMING {
        let forgetful = Bent::new(venue, forgets);
        let config = forgetful.config();
        let world = World::new(forgetful, config, venue, late("7s"));
        assert_eq!(broken(world, venue), Some("lateness"), "{venue}");
        assert_eq!(broken(World::of(venue, late("7s")), venue), None, "{venue}");
    }
}

#[test]
fn who_has_no_patience_while_data_is_fresh_is_found() {
    for venue in NAMING {
        let hasty = venue.defaults().grace(Duration::ZERO).build().unwrap();
        let world = World::new(venue, hasty, venue, late("19s"));
        assert_eq!(broken(world, venue), Some("lateness"), "{venue}");
        assert_eq!(broken(World::of(venue, late("19s")), venue), None, "{venue}");
    }
}

#[test]
fn who_stays_on_a_session_that_has_expired_inside_its_socket_is_found() {
    fn overlooks(signal: Signal, _last: Option<ProbeId>) -> Signal {
        let says_so = matches!(signal, Signal::Notice { kind: NoticeKind::SessionExpired, .. });
        if says_so { Signal::Data } else { signal }
    }
    let mut venues = 0;
    for venue in Exchange::all().iter().copied() {
        let deaf = Bent::new(venue, overlooks);
        let config = deaf.config();
        let mock = MockOptions::default().data_every(None);
        let mut fleet = Fleet::new(FleetOptions::new(deaf, config, venue, 5).mock(mock));
        let mut oracles = FleetOracles::of(&fleet);
        let mut run_for = |fleet: &mut Fleet<Bent>, secs| {
            let until = fleet.now().checked_add(Duration::from_secs(secs)).unwrap();
            while fleet.step(until) {
                let found = oracles.look(fleet).err();
                if found.is_some() {
                    return found.map(|violation| violation.oracle);
                }
            }
            None
        };
        assert_eq!(run_for(&mut fleet, 1_300), None, "{venue}");
        if fleet.announce(NoticeKind::SessionExpired) {
            venues += 1;
            assert_eq!(run_for(&mut fleet, 60), Some("expiry"), "{venue}: {}", fleet.story());
        }
    }
    assert!(venues >= 5, "{venues}");
}

#[test]
fn numbers_that_jump_with_every_beat_are_told_once_a_second() {
    let venue = Exchange::CoinbaseAdvanced;
    let faults = ["flood=40@60s+10s", "jumps@60s+20s"].map(|fault| fault.parse().unwrap());
    let mock = MockOptions::default().faults(faults);
    let options = || WorldOptions::seeded(7).mock(mock.clone());
    assert_eq!(broken(World::of(venue, options()), venue), None);
    let mut world = World::of(venue, options());
    world.run_for(Duration::from_secs(100));
    let is_jump = |step: &Step| matches!(step, Step::ClientNotes(Event::CounterJump { .. }));
    let told = world.trace().entries().filter(|entry| is_jump(&entry.what)).count();
    assert!((19..=22).contains(&told), "{told} jumps told in twenty seconds of them");
}
