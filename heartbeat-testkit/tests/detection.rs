//! A dead peer is found within the bound that the settings state.

#![allow(clippy::unwrap_used, reason = "a test that unwraps says what it expects")]

mod support;

use core::time::Duration;

use heartbeat_core::{
    Action, Cause, Config, Disposition, Frame, Outlet, Phase, Platform, ProbeId, Session, Timestamp,
};
use heartbeat_platforms::Exchange;
use heartbeat_testkit::strategies::{configs, phrasebooks};
use heartbeat_testkit::{
    Fault, FaultPlan, MockOptions, OwnedFrame, Phrasebook, Rng, World, WorldOptions,
};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use support::{DRAIN_MAX, fixed};

/// What the transport makes of our frames once the line is dead.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Transport {
    /// Takes them, as a socket buffer does, and says so.
    Writes,
    /// Takes them and never says what became of them.
    Holds,
    /// Takes none.
    Blocked,
}

/// A session with a peer that behaves until it dies.
struct Line {
    session: Session<Phrasebook>,
    now: Timestamp,
    deadline: Option<Timestamp>,
    transport: Transport,
    alive: bool,
    last_read: Timestamp,
    verdict: Option<Timestamp>,
}

impl Line {
    fn new(platform: Phrasebook, config: Config) -> Self {
        let start = Timestamp::from_millis(1_000);
        let mut line = Self {
            session: Session::new(platform, config, start),
            now: start,
            deadline: None,
            transport: Transport::Writes,
            alive: true,
            last_read: start,
            verdict: None,
        };
        line.drain();
        line
    }

    /// Lets time pass, polling at exactly the deadlines that the session names.
    fn run_for(&mut self, span: Duration) {
        let until = self.now.checked_add(span).unwrap();
        while let Some(deadline) = self.deadline.filter(|deadline| *deadline <= until) {
            self.now = deadline;
            self.drain();
        }
        self.now = until;
    }

    fn read(&mut self, frame: Frame<'_>) {
        let _: Disposition = self.session.handle_frame(self.now, frame);
        if self.verdict.is_none() {
            self.last_read = self.now;
        }
        self.drain();
    }

    fn drain(&mut self) {
        let mut replies = Vec::new();
        for polls in 0.. {
            assert!(polls < DRAIN_MAX, "a drain must end within {DRAIN_MAX} polls");
            let outlet = match self.transport {
                Transport::Blocked => Outlet::Blocked,
                Transport::Writes | Transport::Holds => Outlet::Ready,
            };
            match self.session.poll_action(self.now, outlet) {
                Action::Respond(frame) | Action::Transmit(frame) => {
                    replies.extend(reply(frame).filter(|_| self.alive));
                    if self.transport == Transport::Writes {
                        self.session.handle_transmitted(self.now);
                    }
                }
                Action::Disconnect(_) => self.verdict = Some(self.now),
                Action::RecordLatency(_) | Action::Notify(_) => {}
                Action::Wait(deadline) => {
                    self.deadline = deadline;
                    break;
                }
            }
        }
        for reply in replies {
            self.read(reply.as_frame());
        }
    }
}

/// What a living peer says to what we sent.
fn reply(frame: Frame<'_>) -> Option<OwnedFrame> {
    match frame {
        Frame::Ping(payload) => Some(OwnedFrame::Pong(payload.to_vec())),
        Frame::Text("arm") => Some(OwnedFrame::text("armed")),
        Frame::Text(text) => {
            let probe = text.strip_prefix("probe ")?.parse().ok()?;
            let probe = ProbeId::from_number(probe);
            Some(OwnedFrame::Text(format!("answer {probe}")))
        }
        Frame::Binary(_) | Frame::Pong(_) | Frame::Close { .. } => None,
    }
}

proptest! {
    #![proptest_config(fixed(2_000, 0xdead_0001))]

    /// For any settings, any life before, and whatever becomes of what we write: the verdict
    /// falls no later than the stated bound after the last frame that was read.
    #[test]
    fn a_dead_peer_is_found_within_the_stated_bound(
        platform in phrasebooks(),
        config in configs(),
        life in vec((0..4_000_u64, 0..6_usize), 0..40),
        last_moment in 0..30_000_u64,
        transport in prop_oneof![
            Just(Transport::Writes), Just(Transport::Holds), Just(Transport::Blocked),
        ],
        chatter in proptest::option::of(1..3_000_u64),
    ) {
        let mut line = Line::new(platform, config);
        for (pause, word) in life {
            line.run_for(Duration::from_millis(pause));
            let words = ["data", "beat", "challenge 7", "answer", "challenge ~", "beat 3"];
            line.read(Frame::Text(words[word]));
        }
        line.run_for(Duration::from_millis(last_moment));
        line.alive = false;
        line.transport = transport;
        line.drain();

        let bound = config.silence_bound();
        let latest = line.last_read.checked_add(bound).unwrap();
        while line.now < latest {
            let left = latest.saturating_since(line.now);
            // The application's own messages prove nothing and must delay nothing.
            let pause = chatter.map_or(left, |pause| left.min(Duration::from_millis(pause)));
            line.run_for(pause);
            if chatter.is_some() {
                line.session.handle_sent(line.now);
                line.drain();
            }
        }
        prop_assert_eq!(line.session.health().phase, Phase::Finished);
        prop_assert!(line.verdict.unwrap() <= latest);
    }
}

proptest! {
    #![proptest_config(fixed(1_000, 0xdead_0003))]

    /// However late we wake, a dead peer does not live for ever: one stall is forgiven and
    /// begins the bound anew, and no other lateness adds more than itself.
    #[test]
    fn a_dead_peer_is_found_though_we_stumble(
        platform in phrasebooks(),
        config in configs(),
        lateness in vec(0..20_000_u64, 1..20),
    ) {
        let mut line = Line::new(platform, config);
        line.alive = false;
        line.transport = Transport::Blocked;
        line.drain();
        let mut late = Duration::ZERO;
        let mut lateness = lateness.into_iter().cycle();
        while line.verdict.is_none() {
            let deadline = line.deadline.expect("a session without a verdict waits for one");
            let stumble = Duration::from_millis(lateness.next().unwrap_or_default());
            late += stumble;
            line.now = deadline.checked_add(stumble).unwrap();
            line.drain();
            let took = line.now.saturating_since(line.last_read);
            let most = config.silence_bound() * 2 + late;
            prop_assert!(took <= most, "took {:?}, must take at most {:?}", took, most);
        }
    }
}

proptest! {
    #![proptest_config(fixed(360, 0xdead_0002))]

    /// At any venue, whenever it dies and however: silent, or with the line.
    #[test]
    fn every_venue_is_found_dead_within_its_bound(
        exchange in select(Exchange::all()),
        seed in any::<u64>(),
        dies_at in 0..200_000_u64,
        half_open in any::<bool>(),
    ) {
        let dies_at = Duration::from_millis(dies_at);
        let fault = if half_open { Fault::HalfOpen } else { Fault::Silent };
        let mock = MockOptions::default().fault(FaultPlan::new(fault, dies_at));
        let mut world = World::of(exchange, WorldOptions::seeded(seed).mock(mock));
        let bound = world.client().config().silence_bound();
        world.run_for(dies_at);
        prop_assert!(world.verdict().is_none(), "{} died too early", exchange);
        let verdict = world.run_until_verdict(bound + Duration::from_secs(1));
        let Some(verdict) = verdict else {
            panic!("{exchange}: no verdict within {bound:?}");
        };
        let last_read = world.last_read().unwrap_or(Timestamp::ZERO);
        prop_assert!(verdict.at.saturating_since(last_read) <= bound, "{}", exchange);
    }
}

#[test]
fn a_line_that_dies_both_ways_is_found_though_everything_we_write_vanishes() {
    for exchange in Exchange::all() {
        let mut world = World::of(*exchange, WorldOptions::seeded(11));
        world.run_for(Duration::from_secs(100));
        world.half_open(true);
        let bound = world.client().config().silence_bound();
        let verdict = world.run_until_verdict(bound).expect("a verdict within the bound");
        let last_read = world.last_read().unwrap();
        assert!(verdict.at.saturating_since(last_read) <= bound, "{exchange}");
    }
}

#[test]
fn a_cut_line_is_known_as_soon_as_the_news_arrives() {
    for exchange in Exchange::all() {
        let mut world = World::of(*exchange, WorldOptions::seeded(12));
        world.run_for(Duration::from_secs(40));
        world.cut();
        let verdict = world.run_until_verdict(Duration::from_millis(30));
        let cause = verdict.expect("a verdict at once").cause;
        assert_eq!(cause, Cause::TransportLost, "{exchange}");
    }
}

#[test]
fn the_bound_is_tight() {
    // A bound that is never nearly reached would be a poor promise: over many times of death
    // the worst comes within a tenth of it.
    for exchange in Exchange::all() {
        let mut rng = Rng::from_seed(13);
        let mut worst = Duration::ZERO;
        let mut bound = Duration::ZERO;
        for seed in 0..60 {
            let dies_at = Duration::from_secs(60) + rng.span_up_to(Duration::from_secs(20));
            let silent = FaultPlan::new(Fault::Silent, dies_at);
            let mock = MockOptions::default().fault(silent);
            let mut world = World::of(*exchange, WorldOptions::seeded(seed).mock(mock));
            let worst_case = world.client().config().silence_bound();
            // What was under way when the venue died still arrives.
            let verdict =
                world.run_until_verdict(dies_at + worst_case + Duration::from_secs(1)).unwrap();
            // What the venue has stated may have made it shorter.
            bound = world.client().silence_bound();
            let took = verdict.at.saturating_since(world.last_read().unwrap());
            worst = worst.max(took);
        }
        assert!(worst <= bound, "{exchange}: {worst:?} is beyond {bound:?}");
        assert!(worst * 10 >= bound * 9, "{exchange}: {worst:?} is far from {bound:?}");
    }
}

#[test]
fn a_peer_that_only_pongs_is_found_by_the_session_clock() {
    // Any proxy answers pings; nothing of the venue's own comes any more.
    let ponging = Phrasebook::new();
    let limit = Duration::from_secs(4);
    let config = ponging.defaults().session_limit(limit).build().unwrap();
    let mut line = Line::new(ponging, config);
    line.run_for(Duration::from_millis(11_999));
    assert_eq!(line.verdict, None);
    line.run_for(Duration::from_secs(1));
    assert_eq!(line.verdict, Some(Timestamp::from_millis(1_000 + 12_000)));
    assert_eq!(line.session.health().counters.answers, 2, "its pongs were answers all the while");
}
