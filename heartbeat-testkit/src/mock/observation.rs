//! What a mock exchange saw and did, for oracles and for people.

use core::fmt::{self, Write as _};
use core::time::Duration;

use heartbeat_core::NoticeKind;
use serde_json::{Map, Value, json};

use super::{Fault, WireError};

/// One thing that a mock exchange saw or did.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Observation {
    /// The connection was opened.
    Connected,
    /// A client was not let in, as planned.
    TurnedAway {
        /// The HTTP status, or `None` if the transport was reset.
        status: Option<u16>,
    },
    /// A challenge or a beat was sent.
    HeartbeatSent {
        /// Which of the two.
        kind: HeartbeatKind,
    },
    /// A challenge was answered in time.
    Answered {
        /// From the challenge sent to the response read.
        after: Duration,
    },
    /// The client probed.
    ProbeReceived,
    /// The client armed the heartbeat.
    Armed,
    /// The client subscribed, by the mock's own protocol.
    Subscribed,
    /// The client did something that the venue does not expect, and got away with it.
    Unexpected {
        /// What.
        why: Surprise,
    },
    /// A pong came back with a payload that was not sent.
    WrongEcho,
    /// The connection was ended because the client broke a rule.
    Kicked {
        /// The rule.
        why: Offence,
        /// The close code, or `None` if the transport was dropped.
        code: Option<u16>,
    },
    /// The venue cancelled open orders by itself.
    OrdersCancelled {
        /// How many.
        count: u32,
        /// Why.
        why: CancelledBy,
    },
    /// The venue announced something.
    Announced {
        /// What.
        kind: NoticeKind,
        /// In how long it will end the connection, if it will.
        leaves_in: Option<Duration>,
    },
    /// The venue ended the connection, and not for anything that the client did.
    Left {
        /// Why.
        why: Departure,
        /// The close code, or `None` if the transport was dropped.
        code: Option<u16>,
    },
    /// A client was not let in, for too many had come.
    Refused {
        /// How many the venue bears.
        limit: u32,
        /// How long until it bears one more.
        retry_after: Duration,
    },
    /// A client asked for something over HTTP that is no WebSocket, or asked for one wrongly.
    Http {
        /// The method; empty if there was none to be read.
        method: Box<str>,
        /// The path without its query, its first 128 characters; empty if there was none.
        path: Box<str>,
        /// The status of the answer.
        status: u16,
        /// What the answer says.
        why: &'static str,
    },
    /// A planned fault began.
    FaultBegan {
        /// The fault.
        fault: Fault,
    },
    /// A planned fault ended.
    FaultEnded {
        /// The fault.
        fault: Fault,
    },
    /// The client ended the connection, or the transport did.
    Closed {
        /// The client's close code, if it sent one.
        code: Option<u16>,
    },
}

/// What a heartbeat asks of the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "it must be answered or it need not be")]
pub enum HeartbeatKind {
    /// A response.
    Challenge,
    /// Nothing.
    Beat,
}

/// What a client did that the venue did not expect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Surprise {
    /// An answer came while no challenge was open.
    AnswerWithoutChallenge,
    /// A message was not understood.
    UnknownMessage,
    /// A request was understood and refused.
    RefusedRequest,
    /// The client stopped reading until the mock's buffer was full.
    NotReading,
}

/// The rule that a kicked client broke.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Offence {
    /// It did not answer a challenge in time.
    UnansweredChallenge,
    /// It answered a ping with another payload.
    WrongEcho,
    /// It was silent for too long.
    Silence,
    /// It did not say what it wants in time.
    NoSubscription,
    /// It sent a ping before it had subscribed to anything, at a venue that does not bear it.
    EarlyPing,
    /// It sent a message that the venue cannot parse, at a venue that does not bear it.
    MalformedText,
    /// It sent a message longer than the venue takes.
    FrameTooLong,
    /// It sent what is no frame of RFC 6455.
    Breach(
        /// What.
        WireError,
    ),
    /// It sent more messages than the venue takes in the span of its budget.
    TooManyMessages {
        /// How many there were.
        count: u32,
        /// How many are borne.
        limit: u32,
    },
}

/// Why a venue ends a connection on which the client did nothing wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Departure {
    /// It has announced that it would.
    Announced,
    /// The connection is as old as one may be.
    MaxAge,
}

/// What makes a venue cancel orders that nobody asked it to cancel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CancelledBy {
    /// The connection on which they were placed ended.
    Disconnect,
    /// The dead-man timer ran out.
    DeadMan,
}

impl HeartbeatKind {
    /// Returns the kind as one lower-case word, for logs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Challenge => "challenge",
            Self::Beat => "beat",
        }
    }
}

impl Surprise {
    /// Returns the surprise as one lower-case word, for logs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AnswerWithoutChallenge => "answer_without_challenge",
            Self::UnknownMessage => "unknown_message",
            Self::RefusedRequest => "refused_request",
            Self::NotReading => "not_reading",
        }
    }
}

impl CancelledBy {
    /// Returns the cause as one lower-case word, for logs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Disconnect => "disconnect",
            Self::DeadMan => "dead_man",
        }
    }
}

impl Offence {
    /// Returns the offence as one lower-case word, for logs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::UnansweredChallenge => "unanswered_challenge",
            Self::WrongEcho => "wrong_echo",
            Self::Silence => "silence",
            Self::NoSubscription => "no_subscription",
            Self::EarlyPing => "early_ping",
            Self::MalformedText => "malformed_text",
            Self::FrameTooLong => "frame_too_long",
            Self::Breach(breach) => breach.as_str(),
            Self::TooManyMessages { .. } => "too_many_messages",
        }
    }
}

impl Departure {
    /// Returns the reason as one lower-case word, for logs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Announced => "announced",
            Self::MaxAge => "max_age",
        }
    }
}

impl Observation {
    /// Returns the observation as one lower-case word, for logs.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Connected => "connected",
            Self::TurnedAway { .. } => "turned_away",
            Self::HeartbeatSent { .. } => "heartbeat_sent",
            Self::Answered { .. } => "answered",
            Self::ProbeReceived => "probe_received",
            Self::Armed => "armed",
            Self::Subscribed => "subscribed",
            Self::Unexpected { .. } => "unexpected",
            Self::WrongEcho => "wrong_echo",
            Self::Kicked { .. } => "kicked",
            Self::OrdersCancelled { .. } => "orders_cancelled",
            Self::Announced { .. } => "announced",
            Self::Left { .. } => "left",
            Self::Refused { .. } => "refused",
            Self::Http { .. } => "http",
            Self::FaultBegan { .. } => "fault_began",
            Self::FaultEnded { .. } => "fault_ended",
            Self::Closed { .. } => "closed",
        }
    }

    /// Returns the observation as one line of JSON: `event` and its fields.
    ///
    /// ```
    /// use core::time::Duration;
    /// use heartbeat_testkit::Observation;
    ///
    /// let answered = Observation::Answered { after: Duration::from_micros(812) };
    /// assert_eq!(answered.to_json(), r#"{"event":"answered","after_us":812}"#);
    /// ```
    pub fn to_json(&self) -> String {
        self.json_with(format_args!(""))
    }

    /// Returns the line with `fields`, each with its leading comma, between `event` and the
    /// observation's own. Written by hand so that `event` stands first.
    pub(crate) fn json_with(&self, fields: fmt::Arguments<'_>) -> String {
        let mut line = format!(r#"{{"event":"{}"{fields}"#, self.as_str());
        for (name, value) in self.fields() {
            // Writing into a string cannot fail.
            let _ = write!(line, r#","{name}":{value}"#);
        }
        line.push('}');
        line
    }

    /// Returns what an observation says besides its name.
    fn fields(&self) -> Map<String, Value> {
        let fields = match self {
            Self::TurnedAway { status } => json!({ "status": status }),
            Self::HeartbeatSent { kind } => json!({ "kind": kind.as_str() }),
            Self::Answered { after } => {
                json!({ "after_us": u64::try_from(after.as_micros()).unwrap_or(u64::MAX) })
            }
            Self::Unexpected { why } => json!({ "why": why.as_str() }),
            Self::Kicked { why: why @ Offence::TooManyMessages { count, limit }, code } => {
                json!({ "code": code, "count": count, "limit": limit, "why": why.as_str() })
            }
            Self::Kicked { why, code } => json!({ "code": code, "why": why.as_str() }),
            Self::Announced { kind, leaves_in } => {
                json!({ "kind": kind.as_str(), "leaves_in_ms": leaves_in.map(millis) })
            }
            Self::Left { why, code } => json!({ "code": code, "why": why.as_str() }),
            Self::Refused { limit, retry_after } => {
                json!({ "limit": limit, "retry_after_ms": millis(*retry_after) })
            }
            Self::Http { method, path, status, why } => {
                json!({ "method": method, "path": path, "status": status, "why": why })
            }
            Self::OrdersCancelled { count, why } => {
                json!({ "count": count, "why": why.as_str() })
            }
            Self::FaultBegan { fault } | Self::FaultEnded { fault } => {
                json!({ "fault": fault.to_string() })
            }
            Self::Closed { code } => json!({ "code": code }),
            Self::Connected
            | Self::ProbeReceived
            | Self::Armed
            | Self::Subscribed
            | Self::WrongEcho => json!({}),
        };
        match fields {
            Value::Object(fields) => fields,
            Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::String(_)
            | Value::Array(_) => Map::new(),
        }
    }
}

impl fmt::Display for Observation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TurnedAway { status: Some(status) } => {
                write!(f, "turned away with status {status}")
            }
            Self::TurnedAway { status: None } => f.write_str("turned away by a reset"),
            Self::HeartbeatSent { kind } => write!(f, "sent a {}", kind.as_str()),
            Self::Answered { after } => write!(f, "challenge answered after {after:?}"),
            Self::ProbeReceived => f.write_str("received a probe"),
            Self::Unexpected { why } => write!(f, "unexpected: {}", why.as_str()),
            Self::WrongEcho => f.write_str("a pong did not echo its ping"),
            Self::Kicked { why, code } => {
                write!(f, "kicked the client for {}", why.as_str())?;
                match code {
                    Some(code) => write!(f, " with code {code}"),
                    None => f.write_str(" without a close frame"),
                }
            }
            Self::OrdersCancelled { count, why } => {
                write!(f, "cancelled {count} orders by {}", why.as_str())
            }
            Self::Announced { kind, leaves_in: None } => write!(f, "announced {}", kind.as_str()),
            Self::Announced { kind, leaves_in: Some(lead) } => {
                write!(f, "announced {}, will leave in {lead:?}", kind.as_str())
            }
            Self::Left { why, code: Some(code) } => {
                write!(f, "left for {} with code {code}", why.as_str())
            }
            Self::Left { why, code: None } => write!(f, "left for {}", why.as_str()),
            Self::Refused { limit, retry_after } => {
                write!(f, "refused a client beyond {limit}, for {retry_after:?}")
            }
            Self::Http { method, path, status, why } => {
                write!(f, "answered {method:?} {path:?} with status {status}: {why}")
            }
            Self::FaultBegan { fault } => write!(f, "fault {fault} began"),
            Self::FaultEnded { fault } => write!(f, "fault {fault} ended"),
            Self::Closed { code: Some(code) } => write!(f, "closed with code {code}"),
            Self::Closed { code: None } | Self::Connected | Self::Armed | Self::Subscribed => {
                f.write_str(self.as_str())
            }
        }
    }
}

fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_json_line_has_its_event_first_and_parses() {
        for (observation, line) in [
            (Observation::Connected, r#"{"event":"connected"}"#),
            (
                Observation::TurnedAway { status: Some(503) },
                r#"{"event":"turned_away","status":503}"#,
            ),
            (
                Observation::Kicked { why: Offence::Silence, code: Some(4004) },
                r#"{"event":"kicked","code":4004,"why":"silence"}"#,
            ),
            (
                Observation::Kicked { why: Offence::NoSubscription, code: None },
                r#"{"event":"kicked","code":null,"why":"no_subscription"}"#,
            ),
            (
                Observation::FaultBegan { fault: Fault::Close(1012) },
                r#"{"event":"fault_began","fault":"close=1012"}"#,
            ),
        ] {
            assert_eq!(observation.to_json(), line);
            let parsed: Value = serde_json::from_str(line).unwrap();
            assert_eq!(parsed["event"], observation.as_str());
        }
    }
}
