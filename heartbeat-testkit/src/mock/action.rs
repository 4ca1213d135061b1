//! What a mock exchange wants done, and what it counted.

use core::fmt;

use heartbeat_core::Timestamp;

use super::Observation;
use crate::OwnedFrame;

/// One thing that whoever drives a [`MockExchange`](super::MockExchange) must do.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "a driver must not overlook a new kind of action")]
#[must_use = "a mock whose actions are not carried out enforces nothing"]
pub enum MockAction {
    /// Send this frame to the client.
    Send(OwnedFrame),
    /// Send a close frame, then drop the transport once the client has closed as well.
    Close {
        /// The close code, if the frame is to carry one.
        code: Option<u16>,
        /// The reason.
        reason: String,
    },
    /// Drop the transport at once, without a close frame.
    Cut,
    /// Tell observers.
    Observe(Observation),
    /// Nothing is left to do before this point in time, or ever without an input. After a
    /// close or a cut it is `None` for ever.
    Wait(Option<Timestamp>),
}

/// What a mock exchange counted, for oracles.
///
/// On a connection that kept every rule, `answered` and `superseded` together are `challenges`
/// but for those still open, and nothing else went wrong: `extra_answers` and `wrong_echoes`
/// are zero.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct MockCounters {
    /// Challenges sent.
    pub challenges: u64,
    /// Challenges answered in time.
    pub answered: u64,
    /// Pings that a later ping's pong answered with it.
    pub superseded: u64,
    /// Answers that came while no challenge was open, or a second time.
    pub extra_answers: u64,
    /// Pongs that did not echo their ping.
    pub wrong_echoes: u64,
    /// Beats sent.
    pub beats: u64,
    /// Probes received.
    pub probes: u64,
    /// Messages received: text and binary.
    pub messages: u64,
    /// Market data messages sent.
    pub data: u64,
}

impl fmt::Display for MockAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Send(frame) => write!(f, "send {frame}"),
            Self::Close { code, reason } => {
                let (code, reason) = (*code, reason.clone());
                OwnedFrame::Close { code, reason }.fmt(f)
            }
            Self::Cut => f.write_str("cut the transport"),
            Self::Observe(observation) => observation.fmt(f),
            Self::Wait(Some(deadline)) => {
                write!(f, "wait until {}", crate::owned::Millis(*deadline))
            }
            Self::Wait(None) => f.write_str("wait for ever"),
        }
    }
}
