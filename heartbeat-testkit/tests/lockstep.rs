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

use heartbeat_core::{Config, ConfigBuilder, Pace, Probing, Timestamp};
use heartbeat_testkit::{Does, Model, Said};
use lockstep::{Driven, agree};
use support::DRAIN_MAX;

/// What can happen at the end of a second, but for what names a probe.
const MOMENTS: [Moment; 9] = [
    Moment::Nothing,
    Moment::Writes,
    Moment::Says(Said::Data),
    Moment::Says(Said::Beat),
    Moment::Says(Said::Challenge),
    Moment::Says(Said::Armed),
    Moment::Answer { back: 0 },
    Moment::Answer { back: 1 },
    Moment::Pong,
];

#[derive(Clone, Copy, Debug)]
enum Moment {
    Nothing,
    Writes,
    Says(Said),
    /// To the last probe, or to one before it, as a message.
    Answer {
        back: u32,
    },
    /// To the last probe, as a pong.
    Pong,
}

/// Both, after the same moments.
#[derive(Clone)]
struct Node {
    driven: Driven,
    model: Model,
    seconds: u64,
    probes: u32,
    over: bool,
}

impl Node {
    fn new(config: Config, must_arm: bool) -> Self {
        let start = Timestamp::ZERO;
        let mut node = Self {
            driven: Driven::new(config, must_arm, start),
            model: Model::new(config, must_arm, start),
            seconds: 0,
            probes: 0,
            over: false,
        };
        node.tick(&[], false, &[]);
        node
    }

    fn live_through(&mut self, moment: Moment, path: &[Moment]) {
        self.seconds += 1;
        let probe = |back: u32| self.probes.saturating_sub(back).max(1);
        match moment {
            Moment::Nothing => self.tick(&[], false, path),
            Moment::Writes => self.tick(&[], true, path),
            Moment::Says(said) => self.tick(&[said], false, path),
            Moment::Answer { back } => self.tick(&[Said::Answer(probe(back))], false, path),
            Moment::Pong => self.tick(&[Said::Pong(probe(0))], false, path),
        }
    }

    fn tick(&mut self, said: &[Said], writes: bool, path: &[Moment]) {
        let now = Timestamp::from_millis(self.seconds * 1_000);
        let real = self.driven.tick(now, said, writes);
        let model = self.model.tick(now, said, writes);
        assert!(agree(&real, &model), "after {path:?}: {real:?}, model {model:?}");
        self.probes += u32::from(real.iter().any(|does| matches!(does, Does::Probe(_))));
        self.over |= matches!(real.last(), Some(Does::End(_)));
    }

    /// The venue says nothing any more, and both must end, together.
    fn must_end(mut self, path: &[Moment]) {
        let bound = self.driven.session.config().detection_bound();
        let until = self.seconds + bound.as_secs();
        while !self.over {
            assert!(self.seconds <= until, "after {path:?}: no end within {bound:?}");
            self.live_through(Moment::Nothing, path);
        }
    }
}

/// Walks the tree below `node` and returns how many nodes it has. What follows an end is one
/// node: there is nothing to tell apart in it.
fn explore(node: &Node, depth: u32, path: &mut Vec<Moment>) -> u64 {
    if depth == 0 || node.over {
        node.clone().must_end(path);
        return 1;
    }
    let mut nodes = 1;
    for moment in MOMENTS {
        path.push(moment);
        let mut next = node.clone();
        next.live_through(moment, path);
        nodes += explore(&next, depth - 1, path);
        path.pop();
    }
    nodes
}

fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

/// Settings so short that a few seconds reach every verdict.
fn configs() -> [(bool, ConfigBuilder); 3] {
    let base = Config::builder()
        .stall_tolerance(Duration::from_millis(500))
        .respond_within(secs(1))
        .arm_within(secs(3))
        .failure_threshold(2)
        .monitoring(false);
    let probing = |pace| base.probing(Probing { every: secs(2), answer_within: secs(1), pace });
    [
        (true, probing(Pace::Unconditional).session_limit(secs(3))),
        (false, probing(Pace::InboundIdle).failure_threshold(1)),
        (false, probing(Pace::OutboundIdle).transport_limit(secs(3)).data_limit(secs(2))),
    ]
}

fn depth() -> u32 {
    env::var("LOCKSTEP_DEPTH").map_or(5, |depth| depth.parse().expect("LOCKSTEP_DEPTH: a number"))
}

fn every_sequence(index: usize) {
    let (must_arm, config) = configs()[index];
    let node = Node::new(config.build().unwrap(), must_arm);
    let nodes = explore(&node, depth(), &mut Vec::new());
    // Two moments a second, at least, go on to the full depth.
    assert!(nodes > 2_u64.pow(depth()), "{nodes} nodes are no tree");
    println!("{nodes} states to a depth of {}", depth());
}

#[test]
fn every_sequence_where_the_heartbeat_is_armed() {
    every_sequence(0);
}

#[test]
fn every_sequence_where_silence_is_probed() {
    every_sequence(1);
}

#[test]
fn every_sequence_where_our_own_silence_is_filled() {
    every_sequence(2);
}
