//! What the model hears and does.

use heartbeat_core::{Safeguard, Terms};

/// What a venue says, as far as the model cares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Says {
    /// Application data.
    Data,
    /// A beat.
    Beat,
    /// A challenge that can be answered.
    Challenge,
    /// Data and a challenge in one frame.
    Mixed,
    /// The answer to the probe of this number, as a message.
    Answer(u32),
    /// The answer to the probe of this number, as a pong.
    Pong(u32),
    /// That the heartbeat is armed.
    Armed,
    /// That a safeguard is granted.
    Granted(Safeguard),
    /// That a safeguard is denied.
    Denied(Safeguard),
    /// Its terms, which accept the arming or do not.
    Terms {
        /// What it states.
        terms: Terms,
        /// Whether they accept it.
        arms: bool,
    },
    /// A part of a message, and not the last.
    Part,
}

/// What a session must do then.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Does {
    /// Arm the venue's heartbeat.
    Arm,
    /// Respond to a challenge.
    Respond,
    /// Ask to cancel on disconnect.
    Cancel,
    /// Wind up the dead-man switch.
    DeadMan,
    /// Send the probe of this number, in words.
    Probe(u32),
    /// Send the probe of this number, as a ping frame.
    Ping(u32),
    /// Say what nobody answers.
    Keepalive,
    /// End the connection, for one of these causes (see
    /// [`Cause::as_str`](heartbeat_core::Cause::as_str)); more than one where several
    /// deadlines fall together.
    End(Vec<&'static str>),
}
