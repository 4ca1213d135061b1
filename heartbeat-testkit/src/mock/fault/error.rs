//! What is wrong with a fault as it was written.

use core::fmt;
use core::time::Duration;

use super::Fault;

/// A fault that cannot be played.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FaultError {
    /// The `@TIME` is missing.
    NoTime {
        /// What was written.
        text: String,
    },
    /// The kind is none that there is.
    UnknownKind {
        /// What was written.
        kind: String,
    },
    /// The kind needs a value.
    MissingValue {
        /// The kind.
        kind: &'static str,
    },
    /// The kind takes no value.
    UnexpectedValue {
        /// The kind.
        kind: &'static str,
        /// What was written.
        value: String,
    },
    /// The close code may not be sent.
    BadCode {
        /// What was written.
        code: String,
    },
    /// A number is no number, too low or too high.
    BadNumber {
        /// The kind.
        kind: &'static str,
        /// What was written.
        text: String,
        /// What it counts.
        what: &'static str,
        /// The lowest number.
        min: u32,
        /// The highest number.
        max: u32,
    },
    /// A span has no number or no unit, or is too long.
    BadSpan {
        /// The field.
        field: &'static str,
        /// What was written.
        text: String,
    },
    /// A fault that happens at one moment was given a duration.
    Momentary {
        /// The kind.
        kind: &'static str,
        /// The duration.
        lasts: Duration,
    },
}

impl fmt::Display for FaultError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoTime { text } => {
                write!(f, "fault `{text}` must name its time, as in `silent@5s`")
            }
            Self::UnknownKind { kind } => {
                write!(f, "fault kind `{kind}` must be one of {}", Fault::FORMS)
            }
            Self::MissingValue { kind } => {
                write!(f, "fault {kind} must have a value, as in `{kind}=...`")
            }
            Self::UnexpectedValue { kind, value } => {
                write!(f, "fault {kind} must have no value, not `{value}`")
            }
            Self::BadCode { code } => write!(
                f,
                "close code `{code}` must be one that may be sent: 1000 to 1014 without 1004 to \
                 1006, or 3000 to 4999"
            ),
            Self::BadNumber { kind, text, what, min, max } => {
                write!(f, "{kind} `{text}` must be {what} from {min} to {max}")
            }
            Self::BadSpan { field, text } => {
                write!(f, "{field} `{text}` must be a number and a unit: us, ms, s, m or h")
            }
            Self::Momentary { kind, lasts } => write!(
                f,
                "fault {kind} happens at one moment: {lasts:?} after `+` must be left out"
            ),
        }
    }
}

impl core::error::Error for FaultError {}
