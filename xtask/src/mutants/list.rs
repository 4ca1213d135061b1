//! The rules that are broken on purpose.

use super::{Mutant, Suite};

/// The contract of a session under any inputs.
const PROPERTIES: Suite = testkit("properties");
/// The session beside its slow model, after every short sequence of moments.
pub(super) const LOCKSTEP: Suite = testkit("lockstep");
/// The timelines of the dead-man switch and of cancelling on disconnect.
const SAFEGUARDS: Suite = core("safeguards");
/// The watches beside their slow model.
const WATCH_MODEL: Suite = testkit("watch_model");
/// Every short sequence of what can happen to a recovery.
const RECOVERY: Suite = core("recovery_exhaustive");
/// Two hundred recoveries at one gate.
const FLEET: Suite = core("recovery_fleet");

/// Fleets whose venue will not have them for now.
const TROUBLES: Suite = testkit("fleet_troubles");
/// What becomes of a notice, a refused rotation and the operator's hand.
pub(super) const PLANNED: Suite = core("recovery_planned");

/// Fleets of clients that trade, every oracle looking on.
const TRADERS: Suite = testkit("fleet");

pub(super) const fn testkit(test: &'static str) -> Suite {
    Suite { package: "heartbeat-testkit", test }
}

pub(super) const fn core(test: &'static str) -> Suite {
    Suite { package: "heartbeat-core", test }
}

pub(super) const MACHINE: &str = "heartbeat-core/src/machine.rs";
const WRITES: &str = "heartbeat-core/src/machine/writes.rs";
pub(super) const CHALLENGES: &str = "heartbeat-core/src/machine/challenges.rs";
pub(super) const FAILURES: &str = "heartbeat-core/src/machine/failures.rs";
pub(super) const PROBES: &str = "heartbeat-core/src/machine/probes.rs";
pub(super) const SIGNALS: &str = "heartbeat-core/src/machine/signals.rs";
const SAFETY: &str = "heartbeat-core/src/machine/safety.rs";
pub(super) const TIMERS: &str = "heartbeat-core/src/machine/timers.rs";
const RECOVERY_RS: &str = "heartbeat-core/src/recovery.rs";
pub(super) const OUTCOMES: &str = "heartbeat-core/src/recovery/outcomes.rs";
const BUSINESS: &str = "heartbeat-testkit/src/world/fleet/business.rs";
const BREAKER: &str = "heartbeat-core/src/breaker.rs";

pub(super) const MUTANTS: &[Mutant] = &[
    // ------------------------------------------------------------ the safety of orders
    Mutant {
        name: "the dead-man switch is wound up while a probe is out",
        file: SAFETY,
        find: "            || self.probes.outstanding().is_some()\n",
        replace: "",
        caught_by: &[SAFEGUARDS],
    },
    Mutant {
        name: "the dead-man switch is wound up after a stall, before anything was read",
        file: SAFETY,
        find: "            || self.forgiven\n",
        replace: "",
        caught_by: &[SAFEGUARDS],
    },
    Mutant {
        name: "a refresh that waits leaves though the line is in doubt by now",
        file: "heartbeat-core/src/machine/dead_man.rs",
        find: "        if in_doubt {",
        replace: "        if false {",
        caught_by: &[SAFEGUARDS],
    },
    // ------------------------------------------------------------ subscriptions
    Mutant {
        name: "the first data does not bring the limit closer",
        file: "heartbeat-core/src/watch/slot.rs",
        find: "is_first || was_silent",
        replace: "was_silent",
        caught_by: &[WATCH_MODEL],
    },
    // ------------------------------------------------------- challenges and responses
    Mutant {
        name: "a challenge is answered again and again",
        file: CHALLENGES,
        find: "        next.stage = Stage::HandedOut;\n",
        replace: "",
        caught_by: &[PROPERTIES],
    },
    Mutant {
        name: "the newest challenge is answered first",
        file: CHALLENGES,
        find: "let next = waiting.find(|waiting| waiting.stage == Stage::Queued)?;",
        replace: "let next = waiting.filter(|waiting| waiting.stage == Stage::Queued).last()?;",
        caught_by: &[PROPERTIES],
    },
    Mutant {
        name: "a probe leaves before a response",
        file: WRITES,
        find: "        if is_its_turn { self.next_regular() } else { None }",
        replace: "        if waits || is_its_turn { self.next_regular() } else { None }",
        caught_by: &[PROPERTIES],
    },
    Mutant {
        name: "a pong does not echo its ping",
        file: "heartbeat-core/src/session.rs",
        find: "out.pong(self.machine.token())",
        replace: "out.pong(b\"\")",
        caught_by: &[PROPERTIES],
    },
    Mutant {
        name: "a refused response is not tried again",
        file: MACHINE,
        find: "in_flight.retry = Retry::Due;",
        replace: "in_flight.retry = Retry::Used;",
        caught_by: &[PROPERTIES],
    },
    Mutant {
        name: "a refused response is tried for ever",
        file: WRITES,
        find: "in_flight.retry = Retry::Used;",
        replace: "in_flight.retry = Retry::Unused;",
        caught_by: &[PROPERTIES],
    },
    // ------------------------------------------------------------------- the outlet
    Mutant {
        name: "a blocked outlet is ignored",
        file: MACHINE,
        find: "if outlet == Outlet::Ready\n                && !self.verdict",
        replace: "if !self.verdict",
        caught_by: &[PROPERTIES],
    },
    Mutant {
        name: "a drain into a blocked outlet counts as done",
        file: TIMERS,
        find: "self.settled = outlet == Outlet::Ready;",
        replace: "self.settled = true;",
        caught_by: &[PROPERTIES],
    },
    // ------------------------------------------------------------------- the clocks
    Mutant {
        name: "a send of the application counts as life",
        file: MACHINE,
        find: "self.written = self.advance(now);",
        replace: "self.written = self.advance(now);
        self.clocks.advance(Clock::Transport, now);",
        caught_by: &[PROPERTIES],
    },
    Mutant {
        name: "a heartbeat that was written counts as life",
        file: MACHINE,
        find: "        self.written = now;\n        if ",
        replace: "        self.written = now;
        self.clocks.advance(Clock::Session, now);
        if ",
        caught_by: &[PROPERTIES],
    },
    Mutant {
        name: "a pong proves the session",
        file: SIGNALS,
        find: "if answer != Answer::Foreign && kind != FrameKind::Pong {",
        replace: "if answer != Answer::Foreign {",
        caught_by: &[PROPERTIES],
    },
    Mutant {
        name: "a pong counts as data",
        file: SIGNALS,
        find: "let answer = self.probes.answer(now, named);",
        replace: "let answer = self.probes.answer(now, named);
        self.clocks.advance(Clock::Data, now);",
        caught_by: &[LOCKSTEP],
    },
    Mutant {
        name: "a beat counts as data",
        file: SIGNALS,
        find: "self.counters.beats = self.counters.beats.saturating_add(1);",
        replace: "self.counters.beats = self.counters.beats.saturating_add(1);
        self.clocks.advance(Clock::Data, now);",
        caught_by: &[LOCKSTEP],
    },
    Mutant {
        name: "data proves the session",
        file: SIGNALS,
        find: "self.clocks.advance(Clock::Data, now);\n        Disposition::Deliver",
        replace: "self.clocks.advance(Clock::Data, now);
        self.clocks.advance(Clock::Session, now);
        Disposition::Deliver",
        caught_by: &[LOCKSTEP],
    },
    // ------------------------------------------------------------------- the verdict
    Mutant {
        name: "one failure too many is forgiven",
        file: FAILURES,
        find: "if in_a_row >= threshold {",
        replace: "if in_a_row > threshold {",
        caught_by: &[LOCKSTEP],
    },
    Mutant {
        name: "the threshold is forgotten",
        file: FAILURES,
        find: "if in_a_row >= threshold {",
        replace: "if in_a_row >= 1 {",
        caught_by: &[LOCKSTEP],
    },
    Mutant {
        name: "something leaves after the verdict",
        file: MACHINE,
        find: "                && !self.verdict.is_reached()\n                && let",
        replace: "                && let",
        caught_by: &[PROPERTIES],
    },
    Mutant {
        name: "a later verdict replaces the first",
        file: FAILURES,
        find: "if !self.verdict.is_reached() {",
        replace: "if true {",
        caught_by: &[PROPERTIES],
    },
    // -------------------------------------------------------------------- the probes
    Mutant {
        name: "any answer settles the probe that is out",
        file: PROBES,
        find: "            && named.is_none_or(|named| named == probe)\n",
        replace: "",
        caught_by: &[LOCKSTEP],
    },
    Mutant {
        name: "an answer does not cure the failures before it",
        file: SIGNALS,
        find: "        self.probes_failed = 0;\n",
        replace: "",
        caught_by: &[LOCKSTEP],
    },
    Mutant {
        name: "a missed probe is not followed at once",
        file: FAILURES,
        find: "            self.probes.queue(at);\n",
        replace: "",
        caught_by: &[LOCKSTEP],
    },
    // ---------------------------------------------------------------- time and stalls
    Mutant {
        name: "time can be set back",
        file: TIMERS,
        find: "            return self.now;\n",
        replace: "            self.now = now;\n            return now;\n",
        caught_by: &[PROPERTIES],
    },
    Mutant {
        name: "a burst makes up for what was slept through",
        file: TIMERS,
        find: "self.fire(timer, if punctual { deadline } else { now });",
        replace: "self.fire(timer, deadline);",
        caught_by: &[PROPERTIES],
    },
    Mutant {
        name: "the lateness of every wake-up adds up",
        file: TIMERS,
        find: "self.fire(timer, if punctual { deadline } else { now });",
        replace: "self.fire(timer, now);",
        caught_by: &[PROPERTIES],
    },
    Mutant {
        name: "our own stall is held against the peer",
        file: FAILURES,
        find: "if core::mem::replace(&mut self.forgiven, true) {",
        replace: "if true {",
        caught_by: &[PROPERTIES],
    },
    Mutant {
        name: "every stall is forgiven",
        file: FAILURES,
        find: "if core::mem::replace(&mut self.forgiven, true) {",
        replace: "if core::mem::replace(&mut self.forgiven, false) {",
        caught_by: &[PROPERTIES],
    },
    // ------------------------------------------------------------------- the recovery
    Mutant {
        name: "the backoff is reset at connect",
        file: OUTCOMES,
        find: "        self.ledger.settle(permit, Settlement::Success);\n",
        replace: "        self.ledger.settle(permit, Settlement::Success);
        self.failures = 0;\n",
        caught_by: &[RECOVERY],
    },
    Mutant {
        name: "a fleet comes back as one",
        file: OUTCOMES,
        find: "let delay = self.rng.span_up_to(self.config.backoff_bound(self.failures));",
        replace: "let delay = self.config.backoff_bound(self.failures);",
        caught_by: &[FLEET],
    },
    Mutant {
        name: "an old generation is heard",
        file: RECOVERY_RS,
        find: "let is = |of: Option<Generation>| of == Some(generation);",
        replace: "let is = |of: Option<Generation>| of.is_some();",
        caught_by: &[RECOVERY],
    },
    Mutant {
        name: "the connect budget admits one too many",
        file: "heartbeat-core/src/connect_budget.rs",
        find: "if self.len < self.limit {",
        replace: "if self.len <= self.limit {",
        caught_by: &[FLEET],
    },
    Mutant {
        name: "a half-open breaker admits everybody",
        file: BREAKER,
        find: "            trials.next_at = now.saturating_add(self.rule.trial_every);\n",
        replace: "            trials.next_at = now;\n",
        caught_by: &[FLEET],
    },
    Mutant {
        name: "the breaker never opens",
        file: BREAKER,
        find: "if self.rule.is_broken(self.outcomes.len, self.outcomes.failures()) {",
        replace: "if false {",
        caught_by: &[FLEET],
    },
    // ------------------------------------------------------- what only fleets of clients show
    Mutant {
        name: "a rotation leaves the old connection before the new one has brought what is missing",
        file: BUSINESS,
        find: "        if !self.feed.is_keyed() {",
        replace: "        if true {",
        caught_by: &[TRADERS],
    },
    Mutant {
        name: "what a rotation leaves still cancels its orders when it ends",
        file: BUSINESS,
        find: "Request::CancelOnDisconnect(false)",
        replace: "Request::CancelOnDisconnect(true)",
        caught_by: &[TRADERS],
    },
    Mutant {
        name: "a subscription is replayed twice",
        file: "heartbeat-testkit/src/world/fleet/desk.rs",
        find: "        self.has_subscribed |= subscribes;\n",
        replace: "",
        caught_by: &[TRADERS],
    },
    Mutant {
        name: "an order is vouched for across a gap",
        file: "heartbeat-testkit/src/world/fleet/trader.rs",
        find: "        self.doubt();\n        self.is_connected = false;\n",
        replace: "        self.is_connected = false;\n",
        caught_by: &[TRADERS],
    },
    Mutant {
        name: "a message of both connections of a rotation is shown twice",
        file: "heartbeat-testkit/src/world/fleet/feed.rs",
        find: "        if self.last.is_some_and(|last| number <= last) {",
        replace: "        if false {",
        caught_by: &[TRADERS],
    },
    Mutant {
        name: "nobody leaves a venue that says it will be gone",
        file: OUTCOMES,
        find: "live.rotate_by(Rotation { at, reason });",
        replace: "let _ = at;",
        caught_by: &[TRADERS],
    },
    // ------------------------------------------------------------ the clock on the wall
    Mutant {
        name: "a ping goes without the time that the venue wants",
        file: "heartbeat-core/src/session.rs",
        find: "        self.outbox.set_wall_time(self.wall_clock.map(|clock| clock.read(now)));\n",
        replace: "",
        caught_by: &[core("wall_time")],
    },
    Mutant {
        name: "a machine that slept tells the time of before",
        file: "heartbeat-testkit/src/world/client.rs",
        find: "                self.session.set_wall_clock(local, wall_time(now));\n",
        replace: "",
        caught_by: &[testkit("wall_time")],
    },
    // ------------------------------------------------------------ endpoints
    Mutant {
        name: "an endpoint is spoken to as its venue is",
        file: "heartbeat-platforms/src/endpoint.rs",
        find: "            Some(platform) => platform,\n",
        replace: "            Some(_) => &self.exchange,\n",
        caught_by: &[testkit("endpoints")],
    },
    Mutant {
        name: "the number of a rate limit replaces our own pause",
        file: "heartbeat-core/src/recovery/setback.rs",
        find: "let pause = own.max(asked.unwrap_or_default().min(most));",
        replace: "let pause = asked.unwrap_or(own).min(most);",
        caught_by: &[TROUBLES],
    },
    Mutant {
        name: "the end of an old generation hides the one that is left",
        file: RECOVERY_RS,
        find: "leaving.generation)) && is_end {",
        replace: "leaving.generation)) || is_end {",
        caught_by: &[PLANNED],
    },
];
