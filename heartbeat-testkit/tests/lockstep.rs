//! Every sequence of moments up to a depth, the session and the model in lockstep.
//!
//! A moment is a second and what happens at its end. The depth that fits the everyday loop is
//! small; with `LOCKSTEP_DEPTH=8` in the environment
//! `cargo test --release -p heartbeat-testkit --test lockstep -- --nocapture`
//! explores 50,489,418 states, in 45 s on two cores.

#![allow(clippy::unwrap_used, reason = "a test that unwraps says what it expects")]
#![expect(clippy::print_stdout, reason = "how many states there are is what it is run for")]

#[path = "support/lockstep.rs"]
mod lockstep;
mod support;

use core::time::Duration;
use std::env;

use heartbeat_core::{
    AtStop, Clock, Config, ConfigBuilder, DeadMan, DeadManRange, Heard, Pace, Patience, PingFrames,
    Probing, Safeguard, Terms, TermsRange, Timestamp,
};
use heartbeat_testkit::{Does, Says};
use lockstep::{Dialect, Driven, Happening, Modelled, agree};
use support::DRAIN_MAX;

/// What can happen at the end of a second.
#[derive(Clone, Copy, Debug)]
enum Moment {
    Nothing,
    Writes,
    AsksForSafety,
    Says(Says),
    /// To the last probe, or to one before it, as a message.
    Answer {
        back: u32,
    },
    /// To the last probe, as a pong.
    Pong,
}

/// What can happen on any line.
const MOMENTS: [Moment; 11] = [
    Moment::Nothing,
    Moment::Writes,
    Moment::Says(Says::Data),
    Moment::Says(Says::Part),
    Moment::Says(Says::Beat),
    Moment::Says(Says::Challenge),
    Moment::Says(Says::Mixed),
    Moment::Says(Says::Armed),
    Moment::Answer { back: 0 },
    Moment::Answer { back: 1 },
    Moment::Pong,
];

/// What can happen where orders are kept safe.
const GUARDED: [Moment; 7] = [
    Moment::Nothing,
    Moment::AsksForSafety,
    Moment::Says(Says::Data),
    Moment::Says(Says::Granted(Safeguard::DeadMan)),
    Moment::Says(Says::Denied(Safeguard::DeadMan)),
    Moment::Says(Says::Granted(Safeguard::CancelOnDisconnect)),
    Moment::Answer { back: 0 },
];

/// The venue states times in milliseconds: within which it will be heard, and hear us.
const fn terms(clock: Clock, heard: Option<u64>, silence: Option<u64>, arms: bool) -> Moment {
    let heard = match heard {
        Some(millis) => Some(Heard { clock, within: Duration::from_millis(millis) }),
        None => None,
    };
    let silence = match silence {
        Some(millis) => Some(Duration::from_millis(millis)),
        None => None,
    };
    let terms = Terms { heard, patience: Patience { response: None, silence } };
    Moment::Says(Says::Terms { terms, arms })
}

/// What can happen where the venue states its terms: some that are taken, and some that are absurd.
const NEGOTIATED: [Moment; 9] = [
    Moment::Nothing,
    Moment::Says(Says::Data),
    Moment::Says(Says::Part),
    Moment::Says(Says::Beat),
    terms(Clock::Session, Some(3_000), Some(6_000), true),
    terms(Clock::Transport, Some(2_000), Some(12_000), false),
    terms(Clock::Session, None, None, false),
    terms(Clock::Session, Some(0), None, true),
    terms(Clock::Transport, Some(u64::MAX), Some(u64::MAX), true),
];

const PLAIN: Dialect = Dialect { must_arm: false, cancels: false, pings: false };

/// Both, after the same moments.
#[derive(Clone)]
struct Node {
    driven: Driven,
    model: Modelled,
    seconds: u64,
    over: bool,
}

impl Node {
    fn new(config: Config, dialect: Dialect) -> Self {
        let start = Timestamp::ZERO;
        let mut node = Self {
            driven: Driven::new(config, dialect, start),
            model: Modelled::new(config, dialect, start),
            seconds: 0,
            over: false,
        };
        node.tick(None, &[]);
        node
    }

    fn live_through(&mut self, moment: Moment, path: &[Moment]) {
        self.seconds += 1;
        let probe = |back: u32| self.model.probes.saturating_sub(back).max(1);
        let mut happens = Happening::default();
        match moment {
            Moment::Nothing => return self.tick(None, path),
            Moment::Writes => happens.application_writes = true,
            Moment::AsksForSafety => happens.asks_for_safety = true,
            Moment::Says(said) => happens.said.push(said),
            Moment::Answer { back } => happens.said.push(Says::Answer(probe(back))),
            Moment::Pong => happens.said.push(Says::Pong(probe(0))),
        }
        self.tick(Some(&happens), path);
    }

    fn tick(&mut self, moment: Option<&Happening>, path: &[Moment]) {
        let now = Timestamp::from_millis(self.seconds * 1_000);
        let real = self.driven.tick(now, moment);
        let model = self.model.tick(now, moment);
        assert!(agree(&real, &model), "after {path:?}: {real:?}, model {model:?}");
        let until = (self.driven.orders_live_until(), self.model.orders_live_until());
        assert_eq!(until.0, until.1, "after {path:?}");
        self.over |= matches!(real.last(), Some(Does::End(_)));
    }

    /// The venue says nothing any more, and both must end, together.
    fn must_end(mut self, path: &[Moment]) {
        let mut bound = self.driven.session.silence_bound();
        let config = self.driven.session.config();
        if config.ping_frames() == PingFrames::HarmfulFirst {
            // Until a message leaves, nothing is probed, and the clock alone notices.
            let limit = config.transport_limit().unwrap();
            bound = bound.max(limit * u32::from(config.failure_threshold()));
        }
        let until = self.seconds + bound.as_secs();
        while !self.over {
            assert!(self.seconds <= until, "after {path:?}: no end within {bound:?}");
            self.live_through(Moment::Nothing, path);
        }
    }
}

/// Walks the tree below `node` and returns how many nodes it has. What follows an end is one
/// node: there is nothing to tell apart in it.
fn explore(node: &Node, moments: &[Moment], depth: u32, path: &mut Vec<Moment>) -> u64 {
    if depth == 0 || node.over {
        node.clone().must_end(path);
        return 1;
    }
    let mut nodes = 1;
    for moment in moments {
        path.push(*moment);
        let mut next = node.clone();
        next.live_through(*moment, path);
        nodes += explore(&next, moments, depth - 1, path);
        path.pop();
    }
    nodes
}

const fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

/// Settings so short that a few seconds reach every verdict.
fn base() -> ConfigBuilder {
    Config::builder()
        .stall_tolerance(Duration::from_millis(500))
        .respond_within(secs(1))
        .arm_within(secs(3))
        .failure_threshold(2)
        .grace(secs(3))
        .monitoring(false)
}

fn probing(pace: Pace) -> ConfigBuilder {
    base().probing(Probing { every: secs(2), answer_within: secs(1), pace })
}

fn depth() -> u32 {
    env::var("LOCKSTEP_DEPTH").map_or(5, |depth| depth.parse().expect("LOCKSTEP_DEPTH: a number"))
}

fn every_sequence(config: ConfigBuilder, dialect: Dialect, moments: &[Moment]) {
    let node = Node::new(config.build().unwrap(), dialect);
    let nodes = explore(&node, moments, depth(), &mut Vec::new());
    // Two moments a second, at least, go on to the full depth.
    assert!(nodes > 2_u64.pow(depth()), "{nodes} nodes are no tree");
    println!("{nodes} states to a depth of {}", depth());
}

#[test]
fn every_sequence_where_the_heartbeat_is_armed() {
    let config = probing(Pace::Unconditional).session_limit(secs(3));
    every_sequence(config, Dialect { must_arm: true, ..PLAIN }, &MOMENTS);
}

#[test]
fn every_sequence_where_silence_is_probed() {
    let config = probing(Pace::InboundIdle).failure_threshold(1).ping_until_first_send(true);
    every_sequence(config, PLAIN, &MOMENTS);
}

#[test]
fn every_sequence_where_our_own_silence_is_filled() {
    let config = probing(Pace::OutboundIdle).transport_limit(secs(3)).data_limit(secs(2));
    every_sequence(config, PLAIN, &MOMENTS);
}

#[test]
fn every_sequence_where_orders_are_kept_safe() {
    let step = Duration::from_millis(1);
    let config = probing(Pace::Unconditional)
        .dead_man_range(DeadManRange { shortest: step, longest: None, step })
        .dead_man(DeadMan { timeout: secs(12), refresh: secs(2), at_stop: AtStop::LetRun });
    every_sequence(config, Dialect { cancels: true, ..PLAIN }, &GUARDED);
}

const RANGE: TermsRange = TermsRange { shortest: secs(1), longest: secs(5) };

#[test]
fn every_sequence_where_nothing_but_the_venues_terms_notices_a_dead_line() {
    let config = base().terms(RANGE).keepalive_every(secs(3));
    every_sequence(config, Dialect { must_arm: true, ..PLAIN }, &NEGOTIATED);
}

#[test]
fn every_sequence_where_the_venues_terms_stand_beside_our_limits() {
    let config = probing(Pace::Unconditional).session_limit(secs(2)).terms(RANGE);
    every_sequence(config, PLAIN, &NEGOTIATED);
}

#[test]
fn every_sequence_where_a_ping_frame_must_not_come_first() {
    let config =
        probing(Pace::Unconditional).transport_limit(secs(3)).ping_frames(PingFrames::HarmfulFirst);
    every_sequence(config, Dialect { pings: true, ..PLAIN }, &MOMENTS);
}
