//! The rules of what is late, of our own brakes and of floods, broken on purpose.

use super::list::{
    CHALLENGES, FAILURES, LOCKSTEP, MACHINE, PROBES, SIGNALS, TIMERS, core, testkit,
};
use super::{Mutant, Suite};

/// The timelines of large messages, late answers and our own brakes.
const LATENESS: Suite = core("lateness");
/// Peers that say too much.
const FLOODS: Suite = core("floods");
/// Challenges that wait for their responses.
const WAITING: Suite = core("challenges");
/// A client's own brake in a world.
const BRAKES: Suite = testkit("brakes");
/// Worlds whose oracles know what is late and what may be told.
const MENDS: Suite = testkit("without_mends");

const GROWTH: &str = "heartbeat-core/src/machine/growth.rs";

pub(super) const MUTANTS: &[Mutant] = &[
    // ------------------------------------------------------------ late is not never
    Mutant {
        name: "an answer that is late does not end the row",
        file: SIGNALS,
        find: "        self.probes_failed = 0;\n",
        replace: "        self.probes_failed *= u8::from(matches!(answer, Answer::Late { .. }));\n",
        caught_by: &[LOCKSTEP, LATENESS, MENDS],
    },
    Mutant {
        name: "the last of too many pings is dropped",
        file: CHALLENGES,
        find: "                last.token = refused.token;\n",
        replace: "",
        caught_by: &[WAITING, BRAKES],
    },
    Mutant {
        name: "probes never have their turn under our own brake",
        file: "heartbeat-core/src/machine/hold.rs",
        find: "        let is_next = self.has_let_go && self.regular_is_next;\n",
        replace: "        let is_next = false;\n",
        caught_by: &[BRAKES],
    },
    Mutant {
        name: "a message that grows is silence",
        file: GROWTH,
        find: "        self.probes.excuse(growth);\n",
        replace: "",
        caught_by: &[LOCKSTEP, LATENESS],
    },
    Mutant {
        name: "a message that grows is waited for without end",
        file: GROWTH,
        find: "        let spare = growth.grace.saturating_sub(self.used);",
        replace: "        let spare = growth.grace;",
        caught_by: &[LOCKSTEP, LATENESS],
    },
    Mutant {
        name: "the venue hears nothing from us while a message grows",
        file: PROBES,
        find: "filter(|_| since > due)?",
        replace: "filter(|_| since < due)?",
        caught_by: &[LOCKSTEP, LATENESS],
    },
    Mutant {
        name: "a probe that our own budget holds back is a failure",
        file: TIMERS,
        find: "            Timer::Probe if self.is_held() && self.probes.is_queued() => None,\n",
        replace: "",
        caught_by: &[LATENESS, BRAKES],
    },
    Mutant {
        name: "evidence is touched after the verdict",
        file: FAILURES,
        find: "            self.stalled_after = None;\n            self.verdict",
        replace: "            self.verdict",
        caught_by: &[LATENESS],
    },
    // ------------------------------------------------------------------------ floods
    Mutant {
        name: "a flood is borne for ever",
        file: MACHINE,
        find: "            self.decide(Cause::Flood { heartbeats, within: limit.within });\n",
        replace: "            let _ = heartbeats;\n",
        caught_by: &[FLOODS],
    },
    Mutant {
        name: "every jump of a counter is told",
        file: "heartbeat-core/src/machine/reports.rs",
        find: "        if core::mem::replace(&mut self.second.jumped, true) {",
        replace: "        if false {",
        caught_by: &[FLOODS, MENDS],
    },
];
