//! What ends a connection at once though its heartbeat is kept.

use std::collections::VecDeque;

use heartbeat_core::Frame;
use heartbeat_platforms::Hazard;
use serde::de::IgnoredAny;

use super::super::dialect::Meaning;
use super::super::{Observation, Offence, Surprise};
use super::{Effect, Engine};

/// How many errors a venue bears on one connection that does not bear many. None says how many: a
/// client that makes mistakes makes one or two, and one that goes on makes hundreds.
const ERRORS_MAX: u32 = 20;

impl Engine {
    /// Counts the errors among what a message brought about, and throws out who makes too many, at
    /// a venue that does not bear it.
    pub(super) fn count_errors(&mut self, before: usize, out: &mut VecDeque<Effect>) {
        let is_error = |effect: &&Effect| {
            let Effect::Observe(Observation::Unexpected { why }) = effect else { return false };
            matches!(why, Surprise::RefusedRequest | Surprise::UnknownMessage)
        };
        let made = out.iter().skip(before).filter(is_error).count();
        self.errors = self.errors.saturating_add(u32::try_from(made).unwrap_or(u32::MAX));
        if self.errors > ERRORS_MAX && self.hazards.contains(&Hazard::RepeatedErrors) {
            let why = Offence::RepeatedErrors;
            out.push_back(Effect::Kick(why, self.close_for(why)));
        }
    }

    /// Tells whether the venue throws out who reads slower than it sends.
    pub(in crate::mock) fn minds_slow_readers(&self) -> bool {
        self.hazards.contains(&Hazard::SlowReader)
    }

    /// Returns the hazard of the venue's that a message is.
    pub(super) fn hazard_met(&self, frame: Frame<'_>, meaning: &Meaning) -> Option<Offence> {
        let len = frame.len();
        let met = |hazard: &Hazard| match hazard {
            Hazard::FrameLongerThan(bytes) => {
                (u32::try_from(len).unwrap_or(u32::MAX) > *bytes).then_some(Offence::FrameTooLong)
            }
            Hazard::MalformedText => {
                // Some dialects refuse what they do not understand, whether it parses or not.
                let is_refused = matches!(meaning, Meaning::Refused { .. });
                let is_malformed = *meaning == Meaning::Unknown || (is_refused && !is_json(frame));
                is_malformed.then_some(Offence::MalformedText)
            }
            Hazard::PingBeforeSubscribe => {
                let is_early = self.unused_since.is_some();
                (is_early && matches!(meaning, Meaning::Probe { .. })).then_some(Offence::EarlyPing)
            }
            // A ping frame is no message, and the others show in no single one.
            Hazard::PingFrame
            | Hazard::PingFrameFirst
            | Hazard::SlowReader
            | Hazard::RepeatedErrors
            | _ => None,
        };
        self.hazards.iter().find_map(met)
    }

    /// Tells whether a ping frame that comes now does harm.
    pub(super) fn is_harmful_ping(&self) -> bool {
        let is_first = self.counters.messages == 0;
        self.hazards.contains(&Hazard::PingFrame)
            || (is_first && self.hazards.contains(&Hazard::PingFrameFirst))
    }
}

fn is_json(message: Frame<'_>) -> bool {
    matches!(message, Frame::Text(text) if serde_json::from_str::<IgnoredAny>(text).is_ok())
}
