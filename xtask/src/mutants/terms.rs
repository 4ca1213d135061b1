//! The rules about what a venue states, what nobody answers, and ping frames that do harm.

use super::Mutant;
use super::list::{FAILURES, LOCKSTEP};

const TERMS: &str = "heartbeat-core/src/config/terms.rs";
const SESSION: &str = "heartbeat-core/src/session.rs";

pub(super) const MUTANTS: &[Mutant] = &[
    Mutant {
        name: "the venue's word is taken however short the time is that it names",
        file: TERMS,
        find: "offered.filter(|offered| *offered < shortest)",
        replace: "offered.filter(|offered| *offered > shortest.saturating_mul(u32::MAX))",
        caught_by: &[LOCKSTEP],
    },
    Mutant {
        name: "a venue that breaks its word has another chance",
        file: FAILURES,
        find: "if self.clocks.is_promised(clock) { 1 } else { self.config.failure_threshold() }",
        replace: "self.config.failure_threshold()",
        caught_by: &[LOCKSTEP],
    },
    Mutant {
        name: "a ping frame leaves first where it does harm",
        file: SESSION,
        find: "if !self.machine.has_spoken() => Composed::TooSoon",
        replace: "if !self.machine.has_spoken() => Composed::Frame",
        caught_by: &[LOCKSTEP],
    },
];
