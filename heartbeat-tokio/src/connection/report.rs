//! What a connection leaves behind.

use core::fmt;

use heartbeat_core::{Cause, Evidence, Health};
use tokio_tungstenite::tungstenite;

/// How and why a connection ended.
#[derive(Debug)]
#[non_exhaustive]
pub struct CloseReport {
    /// The verdict.
    pub cause: Cause,
    /// What the transport said, where it was the transport that failed. Where the task itself
    /// came to an early end, by a panic in a platform or with its runtime, this says so.
    pub transport: Option<tungstenite::Error>,
    /// Whether the application's own slowness ended it, under
    /// [`Overflow::Disconnect`](crate::Overflow::Disconnect); the cause is then
    /// [`Cause::Stopped`].
    pub overflowed: bool,
    /// Whether both sides exchanged Close frames before the transport was dropped.
    pub clean: bool,
    /// What led to the verdict.
    pub evidence: Evidence,
    /// How the connection was doing at the verdict.
    pub health: Health,
    /// How many messages of the application's waited, were still wanted, and were certainly not
    /// written: so many receipts say [`NotWritten::Closed`](crate::NotWritten::Closed), besides
    /// those of messages that came too late to wait.
    pub unsent: usize,
    /// How many were handed to the transport and may or may not have been written: so many
    /// receipts say [`Receipt::Unknown`](crate::Receipt::Unknown).
    pub unconfirmed: usize,
}

impl fmt::Display for CloseReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let how = if self.clean { "closed cleanly" } else { "not closed cleanly" };
        write!(f, "{}, {how}", self.cause)?;
        if let Some(error) = &self.transport {
            write!(f, ": {error}")?;
        }
        Ok(())
    }
}
