//! What a fact amounts to, in a form that can be compared.

use core::fmt;
use core::time::Duration;

use heartbeat_core::Layer;
use heartbeat_platforms::{Begins, CloseRule, Span};
use serde_json::{Value, json};

use super::End;

/// What a fact amounts to.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Measure {
    /// A span of time.
    Span(Duration),
    /// A span that had passed when nobody waited any longer.
    AtLeast(Duration),
    /// Whether it is so.
    Flag(bool),
    /// The layer of a message.
    Layer(Layer),
    /// What a heartbeat begins with.
    Begins(Begins),
    /// How a connection ends.
    Close {
        /// The code; `None` where the transport is dropped without a close frame.
        code: Option<u16>,
        /// The reason.
        reason: Box<str>,
    },
    /// A length in bytes.
    Bytes(u64),
    /// Nothing of the kind.
    None,
    /// In words, for what is not compared.
    Words(Box<str>),
}

impl Measure {
    /// Returns how a connection ended, if the venue ended it.
    pub(super) fn of_end(end: &End) -> Option<Self> {
        match end {
            End::Closed { code, reason } => {
                // A close frame without a code is one all the same.
                Some(Self::Close { code: Some(code.unwrap_or(1005)), reason: reason.clone() })
            }
            End::Cut => Some(Self::Close { code: None, reason: "".into() }),
            End::Ours | End::Broken { .. } | End::NotOpened { .. } => None,
        }
    }

    /// Returns the span, if it is one.
    pub(super) const fn span(&self) -> Option<Duration> {
        if let Self::Span(span) = self { Some(*span) } else { None }
    }

    /// Returns the span that had passed, if it is one.
    pub(super) const fn at_least(&self) -> Option<Duration> {
        if let Self::AtLeast(span) = self { Some(*span) } else { None }
    }

    /// Tells whether two amount to the same: spans by a resolution, closes by their code.
    pub(super) fn agrees(&self, other: &Self, resolution: Duration) -> bool {
        match (self, other) {
            (Self::Span(one), Self::Span(other)) => are_near(*one, *other, resolution),
            (Self::AtLeast(_), Self::AtLeast(_)) => true,
            (Self::Close { code: one, .. }, Self::Close { code: other, .. }) => one == other,
            (one, other) => one == other,
        }
    }

    /// Returns it for programs: spans in milliseconds.
    pub(super) fn to_json(&self) -> Value {
        match self {
            Self::Span(span) => json!({ "ms": millis(*span) }),
            Self::AtLeast(span) => json!({ "at_least_ms": millis(*span) }),
            Self::Flag(is_so) => json!(is_so),
            Self::Layer(layer) => json!(layer.as_str()),
            Self::Begins(begins) => json!(begins_with(*begins)),
            Self::Close { code: Some(code), reason } => json!({ "code": code, "reason": reason }),
            Self::Close { code: None, .. } => json!("cut"),
            Self::Bytes(bytes) => json!({ "bytes": bytes }),
            Self::None => json!("none"),
            Self::Words(words) => json!(words),
        }
    }
}

impl From<CloseRule> for Measure {
    fn from(rule: CloseRule) -> Self {
        match rule {
            CloseRule::Code { code, reason } => {
                Self::Close { code: Some(code), reason: reason.into() }
            }
            CloseRule::Bare => Self::Close { code: Some(1005), reason: "".into() },
            CloseRule::Cut => Self::Close { code: None, reason: "".into() },
        }
    }
}

impl fmt::Display for Measure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Span(span) => f.write_str(&shown(*span)),
            Self::AtLeast(span) => write!(f, "longer than {}", shown(*span)),
            Self::Flag(true) => f.write_str("yes"),
            Self::Flag(false) => f.write_str("no"),
            Self::Layer(Layer::Control) => f.write_str("ping frames"),
            Self::Layer(Layer::Dialect) => f.write_str("messages"),
            Self::Begins(begins) => f.write_str(begins_with(*begins)),
            Self::Close { code: None, .. } => f.write_str("cut"),
            Self::Close { code: Some(1005), .. } => f.write_str("close without a code"),
            Self::Close { code: Some(code), reason } if reason.is_empty() => {
                write!(f, "close {code}")
            }
            Self::Close { code: Some(code), reason } => {
                // What a peer says may not move the cursor.
                write!(f, "close {code} {}", reason.escape_debug())
            }
            Self::Bytes(bytes) => write!(f, "{bytes} bytes"),
            Self::None => f.write_str("none"),
            Self::Words(words) => f.write_str(words),
        }
    }
}

const fn begins_with(begins: Begins) -> &'static str {
    match begins {
        Begins::Opening => "opening",
        Begins::Arming => "arming",
        Begins::Subscription => "subscription",
        _ => "something else",
    }
}

/// Shows a span to people, to two or three digits.
pub(super) fn shown(span: Duration) -> String {
    let to = |unit: Duration| {
        let units = span.as_nanos().saturating_add(unit.as_nanos() / 2) / unit.as_nanos().max(1);
        unit.saturating_mul(u32::try_from(units).unwrap_or(u32::MAX))
    };
    if span < Duration::from_millis(10) {
        return format!("{:.1} ms", span.as_secs_f64() * 1_000.0);
    }
    if span < Duration::from_secs(1) {
        return Span(to(Duration::from_millis(1))).to_string();
    }
    let tenths = to(Duration::from_millis(100));
    if tenths.subsec_nanos() == 0 {
        Span(tenths).to_string()
    } else {
        format!("{:.1} s", tenths.as_secs_f64())
    }
}

fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}

/// Tells whether two spans are the same as far as can be told.
pub(super) fn are_near(one: Duration, other: Duration, resolution: Duration) -> bool {
    one.abs_diff(other) <= resolution.max(one.max(other) / 50)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_the_same_within_the_resolution_or_a_fiftieth() {
        let secs = Duration::from_secs;
        let half = Duration::from_millis(500);
        assert!(are_near(secs(5), Duration::from_millis(5_500), half));
        assert!(!are_near(secs(5), Duration::from_millis(5_501), half));
        assert!(are_near(secs(600), secs(588), half));
        assert!(!are_near(secs(600), secs(587), half));
    }

    #[test]
    fn a_reason_cannot_write_over_the_terminal() {
        let close = Measure::Close { code: Some(4000), reason: "\u{1b}[2Jgone".into() };
        assert_eq!(close.to_string(), r"close 4000 \u{1b}[2Jgone");
    }

    #[test]
    fn a_span_is_shown_as_finely_as_it_is_known() {
        for (micros, text) in [
            (0, "0.0 ms"),
            (412, "0.4 ms"),
            (31_499, "31 ms"),
            (1_501_000, "1.5 s"),
            (29_987_654, "30 s"),
            (600_020_000, "10 min"),
        ] {
            assert_eq!(shown(Duration::from_micros(micros)), text);
        }
    }
}
