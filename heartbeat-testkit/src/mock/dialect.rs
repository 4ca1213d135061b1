//! What a venue's file must supply: its bytes. Rules and time are the engine's.

use core::fmt::{Debug, Write as _};
use core::time::Duration;

use heartbeat_core::{NoticeKind, Timestamp};
use heartbeat_platforms::CloseRule;

use super::Offence;
use super::calendar::unix_millis;
use super::channel::FIELD;
use super::orders::Outcome;
use crate::OwnedFrame;

/// A venue's side of its dialect.
pub(super) trait Dialect: Debug + Send + Sync {
    /// Says what a client's text message means.
    fn read(&mut self, now: Timestamp, text: &str) -> Meaning;

    /// Writes market data; `serial` counts from one.
    fn data(&self, now: Timestamp, serial: u64) -> String;

    /// Makes market data at least `size` bytes long, by a field at the end of the object or array,
    /// such as every client must bear.
    fn lengthen(&self, data: &mut String, size: usize) {
        let opens = if data.ends_with('}') { r#","pad":""# } else { r#",""# };
        if let Some(missing) = size.checked_sub(data.len())
            && let Some(closes) = data.pop()
        {
            data.push_str(opens);
            let fill = missing.saturating_sub(opens.len() + 1);
            data.extend(core::iter::repeat_n('x', fill));
            data.push('"');
            data.push(closes);
        }
    }

    /// Gives market data its number in the channel, as [`number_of`](super::channel::number_of)
    /// finds it: by a field, or an element, at the end.
    fn number(&self, data: &mut String, number: u64) {
        let (opens, ends) = if data.ends_with('}') { (",", "") } else { (",{", "}") };
        if let Some(closes) = data.pop() {
            // Writing into a string cannot fail.
            let _ = write!(data, "{opens}{FIELD}{number}{ends}{closes}");
        }
    }

    /// Writes what the venue says first, if it says anything.
    fn greeting(&self) -> Option<String> {
        None
    }

    /// Writes a challenge, at a venue whose challenges are messages; `serial` counts from one.
    fn challenge(&self, _now: Timestamp, _serial: u64) -> Challenge {
        Challenge::default()
    }

    /// Writes the payload of a ping frame, at a venue that challenges by them; `serial` counts from
    /// one. Digits by default, no two alike on one connection.
    fn ping_payload(&self, now: Timestamp, serial: u64) -> Vec<u8> {
        let serial = serial % 1_000;
        format!("{}{serial:03}", unix_millis(now)).into_bytes()
    }

    /// Writes an announcement, if the venue has words for it.
    fn notice(&self, _now: Timestamp, _kind: NoticeKind) -> Option<String> {
        None
    }

    /// Writes a beat; `serial` counts from one.
    fn beat(&self, _now: Timestamp, _serial: u64) -> String {
        String::new()
    }

    /// Tells whether the URL alone chooses the streams, so that data flows from the opening.
    fn streams_from_opening(&self) -> bool {
        false
    }

    /// Puts a text into the kind of frame that the venue sends it in: perhaps a binary one, or one
    /// that is [compressed](OwnedFrame::gzip).
    fn pack(&self, text: String) -> OwnedFrame {
        OwnedFrame::Text(text)
    }

    /// Returns how a client is closed that broke this rule, where the venue does it in a way of its
    /// own.
    fn close_for(&self, _why: Offence) -> Option<CloseRule> {
        None
    }
}

/// A challenge that is a message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Challenge {
    /// The message.
    pub(super) text: String,
    /// What the response has to echo; empty if nothing.
    pub(super) token: String,
}

/// What a client's message means to a venue. A reply that is empty is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// The response to a challenge, with what it echoes.
    Response { token: String, reply: String },
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
    /// A request to wind the dead-man timer up; zero switches it off.
    DeadMan { timeout: Duration, reply: String },
    /// A request to cancel, or not, this connection's orders when it ends.
    CancelOnDisconnect { on: bool, reply: String },
    /// A request in the mock's own protocol, already carried out.
    Order(Outcome),
    /// Nothing that the venue knows.
    Unknown,
}

impl Meaning {
    /// Tells whether it is what a client is expected to begin with, at a venue that expects it.
    pub(super) const fn asks_for_something(&self) -> bool {
        matches!(
            self,
            Self::Arm { .. }
                | Self::Subscribe { .. }
                | Self::Order(Outcome::LoggedIn(_) | Outcome::Subscribed(_))
        )
    }
}
