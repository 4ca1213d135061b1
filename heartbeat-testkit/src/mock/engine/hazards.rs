//! What ends a connection at once though its heartbeat is kept.

use heartbeat_core::Frame;
use heartbeat_platforms::Hazard;
use serde::de::IgnoredAny;

use super::super::Offence;
use super::super::dialect::Meaning;
use super::Engine;

impl Engine {
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
            // A ping frame is no message, and a mock neither fills up for want of reading nor
            // counts errors.
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
