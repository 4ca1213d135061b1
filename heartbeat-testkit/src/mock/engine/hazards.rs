//! What ends a connection at once though its heartbeat is kept.

use heartbeat_platforms::Hazard;

use super::super::Offence;
use super::super::dialect::Meaning;
use super::Engine;

impl Engine {
    /// Returns the hazard of the venue's that a message is.
    pub(super) fn hazard_met(&self, len: usize, meaning: &Meaning) -> Option<Offence> {
        let met = |hazard: &Hazard| match hazard {
            Hazard::FrameLongerThan(bytes) => {
                (u32::try_from(len).unwrap_or(u32::MAX) > *bytes).then_some(Offence::FrameTooLong)
            }
            Hazard::MalformedText => {
                matches!(meaning, Meaning::Unknown).then_some(Offence::MalformedText)
            }
            Hazard::PingBeforeSubscribe => {
                let is_early = self.unused_since.is_some();
                (is_early && matches!(meaning, Meaning::Probe { .. })).then_some(Offence::EarlyPing)
            }
            // A mock neither fills up for want of reading nor counts errors.
            Hazard::SlowReader | Hazard::RepeatedErrors | _ => None,
        };
        self.hazards.iter().find_map(met)
    }
}
