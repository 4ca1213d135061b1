//! What a mock exchange saw and did, for oracles and for people.

use core::fmt::{self, Write as _};
use core::time::Duration;

use heartbeat_core::NoticeKind;
use serde_json::{Map, Value, json};

use super::{CancelledBy, Departure, Fault, HeartbeatKind, Offence, Surprise};

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
    /// The client subscribed.
    Subscribed {
        /// To what, as the venue names it, its first 256 characters.
        stream: Box<str>,
    },
    /// The client unsubscribed.
    Unsubscribed {
        /// From what, likewise.
        stream: Box<str>,
    },
    /// The client sent a message that is no heartbeat, where
    /// [observers are told](super::MockOptions::tell_messages).
    Message {
        /// Its first 256 characters; empty if it is binary.
        text: Box<str>,
        /// Its length in bytes.
        len: usize,
    },
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
    /// A client was not let in, for as many were in as the venue bears at once.
    Crowded {
        /// How many the venue bears.
        limit: u32,
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
            Self::Subscribed { .. } => "subscribed",
            Self::Unsubscribed { .. } => "unsubscribed",
            Self::Message { .. } => "message",
            Self::Unexpected { .. } => "unexpected",
            Self::WrongEcho => "wrong_echo",
            Self::Kicked { .. } => "kicked",
            Self::OrdersCancelled { .. } => "orders_cancelled",
            Self::Announced { .. } => "announced",
            Self::Left { .. } => "left",
            Self::Refused { .. } => "refused",
            Self::Crowded { .. } => "crowded",
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
            Self::Crowded { limit } => json!({ "limit": limit }),
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
            Self::Subscribed { stream } | Self::Unsubscribed { stream } => {
                json!({ "stream": stream })
            }
            Self::Message { text, len } => json!({ "len": len, "text": text }),
            Self::Connected | Self::ProbeReceived | Self::Armed | Self::WrongEcho => json!({}),
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
            Self::Crowded { limit } => write!(f, "refused a client beyond {limit} at once"),
            Self::Http { method, path, status, why } => {
                write!(f, "answered {method:?} {path:?} with status {status}: {why}")
            }
            Self::FaultBegan { fault } => write!(f, "fault {fault} began"),
            Self::FaultEnded { fault } => write!(f, "fault {fault} ended"),
            Self::Closed { code: Some(code) } => write!(f, "closed with code {code}"),
            Self::Subscribed { stream } => write!(f, "subscribed to {stream}"),
            Self::Unsubscribed { stream } => write!(f, "unsubscribed from {stream}"),
            Self::Message { text, len } => write!(f, "message of {len} bytes: {text}"),
            Self::Closed { code: None } | Self::Connected | Self::Armed => {
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
