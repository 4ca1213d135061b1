//! What is wrong with the settings of a recovery, with the values that clash.

use core::fmt;
use core::time::Duration;

/// A rule between the settings of a recovery that does not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RecoveryError {
    /// A field is zero that must not be.
    Zero {
        /// The field, or the phase.
        field: &'static str,
    },
    /// A span is longer than the one that bounds it.
    Beyond {
        /// The field, or the phase.
        field: &'static str,
        /// Its value.
        span: Duration,
        /// The field that bounds it.
        most_field: &'static str,
        /// Its value.
        most: Duration,
    },
    /// A rotation window would open again before it closes.
    WindowsOverlap {
        /// How long it is open.
        open_for: Duration,
        /// The time from one opening to the next.
        every: Duration,
    },
    /// A rotation window has nothing to restrict without a maximum age.
    WindowWithoutAge,
    /// Connections could be rotated before they counted as a success, or no window would lie
    /// within their age.
    RotatesTooYoung {
        /// The maximum age.
        max_age: Duration,
        /// How much earlier a rotation may come: the spread, or a window and the time to the
        /// next.
        slack: Duration,
        /// How old a connection is at most when it counts as a success.
        proven_after: Duration,
    },
}

impl fmt::Display for RecoveryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Zero { field } => write!(f, "{field} must not be zero"),
            Self::Beyond { field, span, most_field, most } => {
                write!(f, "{field} ({span:?}) must not exceed {most_field} ({most:?})")
            }
            Self::WindowsOverlap { open_for, every } => {
                write!(f, "open_for ({open_for:?}) must not exceed every ({every:?})")
            }
            Self::WindowWithoutAge => {
                f.write_str("rotation_window restricts nothing: set max_age, or leave it out")
            }
            Self::RotatesTooYoung { max_age, slack, proven_after } => write!(
                f,
                "max_age ({max_age:?}) must not be shorter than what a rotation may come early \
                 by ({slack:?}) and the time to connect and be stable ({proven_after:?}) together"
            ),
        }
    }
}

impl core::error::Error for RecoveryError {}
