//! The rules of what is late, of our own brakes and of floods, broken on purpose.

use super::list::{FAILURES, LOCKSTEP, MACHINE, PROBES, SIGNALS, TIMERS, core};
use super::{Mutant, Suite};

/// The timelines of large messages, late answers and our own brakes.
const LATENESS: Suite = core("lateness");
/// Peers that say too much.
const FLOODS: Suite = core("floods");

const GROWTH: &str = "heartbeat-core/src/machine/growth.rs";

pub(super) const MUTANTS: &[Mutant] = &[
    // ------------------------------------------------------------ late is not never
    Mutant {
        name: "an answer that is late does not end the row",
        file: SIGNALS,
        find: "        self.probes_failed = 0;\n",
        replace: "        self.probes_failed *= u8::from(matches!(answer, Answer::Late { .. }));\n",
        caught_by: &[LOCKSTEP, LATENESS],
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
        caught_by: &[LATENESS],
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
        caught_by: &[FLOODS],
    },
];
