//! What a session tells whoever watches it.

use heartbeat_core::{Event, LatencySample};

/// One thing that a session tells whoever watches it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SessionUpdate {
    /// Something happened.
    Event(Event),
    /// Something was measured.
    Latency(LatencySample),
}

/// Tells whether an event says only that all goes on as before, as the next of its kind will.
pub(crate) const fn is_routine(event: &Event) -> bool {
    matches!(
        event,
        Event::ChallengeReceived { .. }
            | Event::BeatReceived { .. }
            | Event::Responded { .. }
            | Event::ProbeSent { .. }
            | Event::Answered { .. }
            | Event::AnswerIgnored { .. }
    )
}
