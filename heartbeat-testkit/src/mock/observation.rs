//! What a mock exchange saw and did, for oracles and for people.

use core::fmt::{self, Write as _};
use core::time::Duration;

use serde_json::{Map, Value, json};

use super::Fault;

/// One thing that a mock exchange saw or did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Observation {
    /// The connection was opened.
    Connected,
    /// A client was not let in, as planned.
    Refused {
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
        }
    }
}

impl Observation {
    /// Returns the observation as one lower-case word, for logs.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Connected => "connected",
            Self::Refused { .. } => "refused",
            Self::HeartbeatSent { .. } => "heartbeat_sent",
            Self::Answered { .. } => "answered",
            Self::ProbeReceived => "probe_received",
            Self::Armed => "armed",
            Self::Unexpected { .. } => "unexpected",
            Self::WrongEcho => "wrong_echo",
            Self::Kicked { .. } => "kicked",
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
            Self::Refused { status } => json!({ "status": status }),
            Self::HeartbeatSent { kind } => json!({ "kind": kind.as_str() }),
            Self::Answered { after } => {
                json!({ "after_us": u64::try_from(after.as_micros()).unwrap_or(u64::MAX) })
            }
            Self::Unexpected { why } => json!({ "why": why.as_str() }),
            Self::Kicked { why, code } => json!({ "code": code, "why": why.as_str() }),
            Self::FaultBegan { fault } | Self::FaultEnded { fault } => {
                json!({ "fault": fault.to_string() })
            }
            Self::Closed { code } => json!({ "code": code }),
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
            Self::Refused { status: Some(status) } => write!(f, "refused with status {status}"),
            Self::Refused { status: None } => f.write_str("refused by a reset"),
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
            Self::FaultBegan { fault } => write!(f, "fault {fault} began"),
            Self::FaultEnded { fault } => write!(f, "fault {fault} ended"),
            Self::Closed { code: Some(code) } => write!(f, "closed with code {code}"),
            Self::Closed { code: None } | Self::Connected | Self::Armed => {
                f.write_str(self.as_str())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_json_line_has_its_event_first_and_parses() {
        for (observation, line) in [
            (Observation::Connected, r#"{"event":"connected"}"#),
            (Observation::Refused { status: Some(503) }, r#"{"event":"refused","status":503}"#),
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
