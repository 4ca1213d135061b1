//! Spans of time for people.

use core::fmt;
use core::time::Duration;

/// Shows a span in the largest unit that leaves it whole.
///
/// ```
/// use core::time::Duration;
/// use heartbeat_platforms::Span;
///
/// let shown = |secs| Span(Duration::from_secs(secs)).to_string();
/// assert_eq!([90, 120, 86_399, 86_400].map(shown), ["90 s", "2 min", "86399 s", "24 h"]);
/// assert_eq!(Span(Duration::from_millis(500)).to_string(), "500 ms");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "a span and nothing else")]
pub struct Span(pub Duration);

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let secs = self.0.as_secs();
        match (secs, self.0.subsec_nanos()) {
            (0, 1..) => write!(f, "{} ms", self.0.as_millis()),
            (_, 1..) => write!(f, "{:?}", self.0),
            (3600.., 0) if secs.is_multiple_of(3600) => write!(f, "{} h", secs / 3600),
            // One minute reads better as 60 s.
            (120.., 0) if secs.is_multiple_of(60) => write!(f, "{} min", secs / 60),
            (_, 0) => write!(f, "{secs} s"),
        }
    }
}
