//! Venues.
#![no_std]
mod rules;
pub use rules::{BrokenBy, ChallengeRule, CloseRule, Rules, SilenceRule};
