//! The one clock of the commands: how long a step took, for the person who waited.

use core::time::Duration;
use std::time::Instant;

/// Counts from its start.
pub(crate) struct Stopwatch(Instant);

impl Stopwatch {
    #[expect(
        clippy::disallowed_methods,
        reason = "how long a build took is no argument of anybody's"
    )]
    pub(crate) fn start() -> Self {
        Self(Instant::now())
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "how long a build took is no argument of anybody's"
    )]
    pub(crate) fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }
}
