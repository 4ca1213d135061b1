//! What a venue's file must supply: its bytes. Rules and time are the engine's.

use core::fmt::Debug;
use core::time::Duration;

use heartbeat_core::Timestamp;
use heartbeat_platforms::CloseRule;

/// A venue's side of its dialect.
pub(super) trait Dialect: Debug + Send + Sync {
    /// Says what a client's text message means.
    fn read(&mut self, now: Timestamp, text: &str) -> Meaning;

    /// Writes market data; `serial` counts from one.
    fn data(&self, now: Timestamp, serial: u64) -> String;

    /// Writes what the venue says first, if it says anything.
    fn greeting(&self) -> Option<String> {
        None
    }

    /// Writes a challenge, at a venue whose challenges are messages.
    fn challenge(&self) -> String {
        String::new()
    }

    /// Writes a beat; `serial` counts from one.
    fn beat(&self, _now: Timestamp, _serial: u64) -> String {
        String::new()
    }

    /// Tells whether the URL alone chooses the streams, so that data flows from the opening.
    fn streams_from_opening(&self) -> bool {
        false
    }

    /// Returns how a silent client is closed, given how a failed heartbeat is.
    fn silence_close(&self, heartbeat_close: CloseRule) -> CloseRule {
        heartbeat_close
    }
}

/// What a client's message means to a venue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// The response to a challenge, which the venue acknowledges.
    Response { reply: String },
    /// A probe, with the answer that it gets and one that is not its own.
    Probe { answer: String, wrong: String },
    /// A request to begin the heartbeat, perhaps with another period than the usual one.
    Arm { reply: String, every: Option<Duration> },
    /// A request to end the heartbeat.
    Disarm { reply: String },
    /// A request for market data.
    Subscribe { reply: String },
    /// A request that is refused.
    Refused { reply: String },
    /// Nothing that the venue knows.
    Unknown,
}
