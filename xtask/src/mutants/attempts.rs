//! The rules of attempts, and of peers that spoil them, broken on purpose.

use super::Mutant;
use super::list::{OUTCOMES, PLANNED, core};

pub(super) const MUTANTS: &[Mutant] = &[
    Mutant {
        name: "a message that grows does not hold up an attempt",
        file: OUTCOMES,
        find: "return self.progress(now, AttemptPhase::Arm..=AttemptPhase::Live);",
        replace: "return;",
        caught_by: &[PLANNED],
    },
    Mutant {
        name: "a peer that breaks the protocol each time is asked again at once",
        file: OUTCOMES,
        find: "            Remedy::Broke => (YoungEnd::Broke, None),\n",
        replace: "            Remedy::Broke => return remedy,\n",
        caught_by: &[core("recovery_refusals")],
    },
];
