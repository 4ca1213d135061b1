//! Every sequence of inputs up to a small depth, on a coarse clock.
//!
//! The machine is small enough to be enumerated rather than sampled: no shrinking, no luck.

#![allow(clippy::unwrap_used, reason = "a test that unwraps says what it expects")]

mod support;

use heartbeat_core::{
    Action, AtStop, Config, ConfigBuilder, DeadMan, DeadManRange, Frame, Outlet, Pace, Phase,
    Probing, Session, Timestamp,
};
use support::{Words, secs};

/// What can happen between two drains. Time passes in steps of one second.
#[derive(Clone, Copy, Debug)]
enum Input {
    Pass(u64),
    Back,
    Block,
    Hold,
    Part,
    Data,
    Challenge,
    Ping,
    Answer,
    Written,
    Refused,
    Granted,
    Stop,
}

const INPUTS: [Input; 13] = [
    Input::Pass(1),
    Input::Pass(4),
    Input::Back,
    Input::Block,
    Input::Hold,
    Input::Part,
    Input::Data,
    Input::Challenge,
    Input::Ping,
    Input::Answer,
    Input::Written,
    Input::Refused,
    Input::Stop,
];

/// What matters to a dead-man switch.
const GUARDED: [Input; 9] = [
    Input::Pass(1),
    Input::Pass(4),
    Input::Block,
    Input::Data,
    Input::Challenge,
    Input::Answer,
    Input::Written,
    Input::Granted,
    Input::Stop,
];

const DEPTH: u32 = 5;

/// One node of the tree: a session, and what a driver knows of it.
#[derive(Clone)]
struct Node {
    session: Session<Words>,
    now: Timestamp,
    outlet: Outlet,
    deadline: Option<Timestamp>,
    last_read: Timestamp,
    disconnected: bool,
    challenges: u64,
    responses: u64,
    refreshes: u64,
    stopped: bool,
}

impl Node {
    fn new(platform: Words, config: Config) -> Self {
        let now = Timestamp::from_millis(100_000);
        let mut node = Self {
            session: Session::new(platform, config, now),
            now,
            outlet: Outlet::Ready,
            deadline: None,
            last_read: now,
            disconnected: false,
            challenges: 0,
            responses: 0,
            refreshes: 0,
            stopped: false,
        };
        node.drain();
        node
    }

    fn apply(&mut self, input: Input) {
        match input {
            Input::Pass(steps) => self.now = self.now.checked_add(secs(steps)).unwrap(),
            Input::Back => self.now = Timestamp::from_millis(99_000),
            Input::Block => self.outlet = Outlet::Blocked,
            Input::Hold => self.outlet = Outlet::Held,
            Input::Part => self.session.handle_receiving(self.now),
            Input::Data => self.read(Frame::Text("data")),
            Input::Challenge => self.challenge(Frame::Text("challenge 1")),
            Input::Ping => self.challenge(Frame::Ping(b"1")),
            Input::Answer => self.read(Frame::Text("answer 1")),
            Input::Written => self.session.handle_transmitted(self.now),
            Input::Granted => self.read(Frame::Text("granted dead-man")),
            Input::Refused => self.session.handle_transmit_failed(self.now),
            Input::Stop => self.session.stop(self.now),
        }
        self.drain();
        self.outlet = Outlet::Ready;
    }

    fn challenge(&mut self, frame: Frame<'_>) {
        self.challenges += 1;
        self.read(frame);
    }

    fn read(&mut self, frame: Frame<'_>) {
        self.last_read = self.now.max(self.last_read);
        let _ = self.session.handle_frame(self.now, frame);
    }

    /// Drains, and checks what must hold after every drain.
    fn drain(&mut self) {
        for _ in 0..32 {
            match self.session.poll_action(self.now, self.outlet) {
                Action::Wait(deadline) => {
                    self.deadline = deadline;
                    return self.check();
                }
                _ if self.disconnected => panic!("something followed the verdict"),
                Action::Respond(_) => self.responses += 1,
                Action::Disconnect(_) => self.disconnected = true,
                Action::Transmit(Frame::Text("dead-man 20000")) => self.check_refresh(),
                Action::Transmit(Frame::Text("dead-man 0")) => self.stopped = true,
                Action::Transmit(_) | Action::RecordLatency(_) | Action::Notify(_) => {}
            }
        }
        panic!("a drain did not end");
    }

    /// A refresh leaves only while nothing speaks against the line.
    fn check_refresh(&mut self) {
        let health = self.session.health();
        assert_eq!((health.phase, health.failures_in_a_row), (Phase::Live, 0));
        assert_eq!(self.session.evidence().probe(), None, "a probe waits for its answer");
        assert!(!self.stopped, "it would wind up what was switched off");
        self.refreshes += 1;
    }

    fn check(&self) {
        if self.outlet == Outlet::Held {
            // What our own budget holds back has no deadline; the driver knows when it opens.
        } else if self.disconnected {
            assert_eq!(self.deadline, None);
            assert_eq!(self.session.health().phase, Phase::Finished);
        } else {
            let deadline = self.deadline.expect("a living session always has a deadline");
            assert!(deadline > self.session.now(), "the deadline lies in the past");
        }
        // A refused response is handed out a second time, and no response a third.
        assert!(self.responses <= 2 * self.challenges);
    }

    /// From here on nothing is read, and polls come when they are asked for.
    fn must_die_in_time(mut self) {
        let bound = self.session.config().silence_bound();
        self.drain();
        let from = self.session.now();
        while !self.disconnected {
            self.now = self.deadline.unwrap();
            assert!(
                self.now.saturating_since(from) <= bound,
                "no verdict {bound:?} after the last input"
            );
            self.drain();
        }
    }
}

/// Walks the tree and returns how many nodes it has, and the most refreshes on one path.
fn explore(node: &Node, inputs: &[Input], depth: u32) -> (u64, u64) {
    if depth == 0 {
        node.clone().must_die_in_time();
        return (1, node.refreshes);
    }
    let (mut nodes, mut refreshes) = (1, node.refreshes);
    for input in inputs {
        let mut next = node.clone();
        next.apply(*input);
        let (more, most) = explore(&next, inputs, depth - 1);
        nodes += more;
        refreshes = refreshes.max(most);
    }
    (nodes, refreshes)
}

fn configs() -> [(Words, ConfigBuilder); 3] {
    let base = Config::builder().respond_within(secs(2)).failure_threshold(2).arm_within(secs(4));
    let probing = |pace| base.probing(Probing { every: secs(4), answer_within: secs(2), pace });
    [
        (Words { arms: true, bids_farewell: true, cancels: true }, probing(Pace::Unconditional)),
        (Words::default(), probing(Pace::InboundIdle).session_limit(secs(5))),
        (Words::default(), probing(Pace::OutboundIdle).transport_limit(secs(6))),
    ]
}

#[test]
fn every_short_sequence_keeps_the_rules() {
    for (platform, config) in configs() {
        let node = Node::new(platform, config.build().unwrap());
        let (nodes, _) = explore(&node, &INPUTS, DEPTH);
        let expected: u64 = (0..=DEPTH).map(|depth| 13u64.pow(depth)).sum();
        assert_eq!(nodes, expected);
    }
}

#[test]
fn a_dead_man_switch_is_wound_up_on_a_line_beyond_doubt_alone() {
    let probing = Probing { every: secs(4), answer_within: secs(2), pace: Pace::Unconditional };
    let range = DeadManRange { shortest: secs(1), longest: None, step: secs(1) };
    let switch = DeadMan { timeout: secs(20), refresh: secs(2), at_stop: AtStop::SwitchOff };
    let config = Config::builder()
        .respond_within(secs(2))
        .failure_threshold(2)
        .probing(probing)
        .dead_man_range(range)
        .dead_man(switch);
    let mut node = Node::new(Words::default(), config.build().unwrap());
    node.session.request_order_safety(node.now);
    let (nodes, refreshes) = explore(&node, &GUARDED, DEPTH);
    let expected: u64 = (0..=DEPTH).map(|depth| 9u64.pow(depth)).sum();
    assert_eq!(nodes, expected);
    assert_eq!(refreshes, 2, "as many as five steps have room for");
}
