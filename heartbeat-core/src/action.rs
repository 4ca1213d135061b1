//! What the driver must do.

use core::time::Duration;

use crate::{Cause, Event, Frame, Timestamp};

/// One thing that the driver must do, from [`Session::poll_action`](crate::Session::poll_action).
///
/// Exhaustive on purpose: a driver must not overlook a new kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "a driver must not overlook a new kind of action")]
#[must_use = "an action that is not carried out leaves the connection unprotected"]
pub enum Action<'s> {
    /// Write this frame, the response to a challenge, before anything else that waits; then
    /// report [`handle_transmitted`](crate::Session::handle_transmitted) or
    /// [`handle_transmit_failed`](crate::Session::handle_transmit_failed).
    Respond(Frame<'s>),
    /// Write this frame, which we send unasked, and report as for a response.
    Transmit(Frame<'s>),
    /// Put this measurement into a histogram.
    RecordLatency(LatencySample),
    /// Tell observers.
    Notify(Event),
    /// Close the connection and report; for the next one, make a new session. Comes once;
    /// after it only `Wait(None)` follows.
    Disconnect(Cause),
    /// Nothing is left to do before this point in time, or ever without an input.
    Wait(Option<Timestamp>),
}

/// Whether the transport can take a frame right now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "it can, it cannot, or we do not let it")]
pub enum Outlet {
    /// It can.
    Ready,
    /// It cannot. What has to leave waits, and runs into its deadline.
    Blocked,
    /// It could, but a message budget of our own lets no heartbeat out now. What has to leave
    /// waits and is not judged meanwhile: our brake is not the peer's silence. The driver polls
    /// again when its budget opens; until then the bound of detection stands still.
    Held,
}

/// Whose a frame is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "a frame is handed on or it is not")]
#[must_use = "an application frame that is not delivered is lost"]
pub enum Disposition {
    /// Hand it to the application.
    Deliver,
    /// It was the heartbeat's alone.
    Absorb,
}

/// One measurement, with its true name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_structs, reason = "a measurement is a name and a value")]
pub struct LatencySample {
    /// What was measured.
    pub kind: LatencyKind,
    /// The measured span.
    pub value: Duration,
}

/// What a [`LatencySample`] measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LatencyKind {
    /// From a challenge read to its response written out: how fast we are.
    ResponseTime,
    /// From a probe written out to its answer read: how far the venue is.
    RoundTrip,
    /// From one beat read to the next: the venue's rhythm.
    BeatGap,
}

impl LatencyKind {
    /// Returns the kind as one lower-case word, for logs and metric labels.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ResponseTime => "response_time",
            Self::RoundTrip => "round_trip",
            Self::BeatGap => "beat_gap",
        }
    }
}
