//! What a venue must supply to be played: its bytes. Rules and time are the engine's.

use core::fmt::{Debug, Write as _};
use core::time::Duration;

use heartbeat_core::{NoticeKind, Timestamp};
use heartbeat_platforms::CloseRule;

use super::Offence;
use super::calendar::unix_millis;
use super::channel::FIELD;
use crate::OwnedFrame;

/// A venue's side of its dialect, on one connection.
///
/// Every time that it is told is the venue's own clock: the time since the first of January 1970.
/// A *stream* is what a client can ask for and get data of, a channel of a symbol; it is named as
/// the venue chooses, and the name is printed when a client subscribes.
pub trait Dialect: Debug + Send + Sync {
    /// Says what a client's text message means.
    fn read(&mut self, now: Timestamp, text: &str) -> Meaning;

    /// Says what a client's binary message means; nothing by default, as most venues read text
    /// alone.
    fn read_binary(&mut self, _now: Timestamp, _bytes: &[u8]) -> Meaning {
        Meaning::Unknown
    }

    /// Writes the market data that flows where nobody chose a stream; `serial` counts from one.
    fn data(&self, now: Timestamp, serial: u64) -> String;

    /// Writes the market data of a stream that was asked for, nothing if there is none; `serial`
    /// counts from one, over all streams of the connection.
    fn data_of(&self, now: Timestamp, serial: u64, _stream: &str) -> String {
        self.data(now, serial)
    }

    /// Takes the target of the request that opened the connection, and returns the streams that it
    /// asks for; `None` where the venue's URL chooses none. Not called where there was no request.
    fn open(&mut self, _target: &str) -> Option<Vec<String>> {
        None
    }

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

    /// Gives market data its number in the channel, as [`channel_number`](crate::channel_number)
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
#[expect(clippy::exhaustive_structs, reason = "a venue of anybody's writes one")]
pub struct Challenge {
    /// The message.
    pub text: String,
    /// What the response has to echo; empty if nothing.
    pub token: String,
}

/// What a client's message means to a venue. A reply that is empty is none.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Meaning {
    /// The response to a challenge.
    Response {
        /// What it echoes.
        token: String,
        /// What says that it was taken.
        reply: String,
    },
    /// A probe.
    Probe {
        /// The answer that it gets.
        answer: String,
        /// An answer that is not its own, for the fault `wrong-echo`.
        wrong: String,
    },
    /// A request to begin the heartbeat.
    Arm {
        /// What acknowledges it.
        reply: String,
        /// The period asked for, if it is another than the usual one.
        every: Option<Duration>,
    },
    /// A request to end the heartbeat.
    Disarm {
        /// What acknowledges it.
        reply: String,
    },
    /// A request for market data, at a venue that is not played by its streams.
    Subscribe {
        /// What acknowledges it.
        reply: String,
    },
    /// A request to end it.
    Unsubscribe {
        /// What acknowledges it.
        reply: String,
    },
    /// A request about streams, in the order in which its arguments stand.
    Streams(
        /// Of each argument what becomes of it.
        Vec<StreamChange>,
    ),
    /// A login that is well.
    LoggedIn {
        /// What says so.
        reply: String,
    },
    /// Several things at once, each of which is done in turn.
    Several(
        /// What they are.
        Vec<Meaning>,
    ),
    /// A question that changes nothing.
    Query {
        /// The answer.
        reply: String,
    },
    /// A request that is refused.
    Refused {
        /// What says so.
        reply: String,
    },
    /// A request to wind the dead-man timer up.
    DeadMan {
        /// How far; zero switches it off.
        timeout: Duration,
        /// What acknowledges it.
        reply: String,
    },
    /// A request about this connection's orders when it ends.
    CancelOnDisconnect {
        /// Whether they are cancelled then.
        on: bool,
        /// What acknowledges it.
        reply: String,
    },
    /// Nothing that the venue knows.
    Unknown,
}

/// What becomes of one argument of a request about streams. A reply that is empty is none: a venue
/// that acknowledges a whole request at once gives the last one its reply.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "it begins, ends or is refused")]
pub enum StreamChange {
    /// Its data flows from now on.
    Start {
        /// The stream.
        stream: String,
        /// What acknowledges it.
        reply: String,
    },
    /// Its data flows no longer.
    Stop {
        /// The stream.
        stream: String,
        /// What acknowledges it.
        reply: String,
    },
    /// It is refused.
    Refuse {
        /// What says so.
        reply: String,
    },
    /// Nothing changes, but something is to be said: the one reply to a whole request.
    Reply {
        /// What.
        reply: String,
    },
}

impl Meaning {
    /// Tells whether it is what a client is expected to begin with, at a venue that expects it.
    pub(super) fn asks_for_something(&self) -> bool {
        if let Self::Several(meanings) = self {
            return meanings.iter().any(Self::asks_for_something);
        }
        if let Self::Streams(changes) = self {
            return changes.iter().any(|change| matches!(change, StreamChange::Start { .. }));
        }
        matches!(self, Self::Arm { .. } | Self::Subscribe { .. } | Self::LoggedIn { .. })
    }
}
