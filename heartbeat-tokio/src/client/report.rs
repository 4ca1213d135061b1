//! What a client leaves behind.

use core::fmt;
use std::sync::Arc;

use heartbeat_core::GiveUp;

use crate::connection::CloseReport;

/// How and why a client ended.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ClientReport {
    /// Why.
    pub end: ClientEnd,
    /// Whether the last connection ended with a Close frame each way, or there was none to end.
    pub clean: bool,
    /// The report on the connection that was live last, if there was one and it was heard of.
    pub last: Option<Arc<CloseReport>>,
}

/// Why a client ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ClientEnd {
    /// Nobody will connect again: by the application's wish, or for a reason that trying again
    /// does not cure.
    GaveUp(GiveUp),
    /// Its task panicked, or its runtime ended.
    CutOff,
}

impl fmt::Display for ClientEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::GaveUp(why) => why.fmt(f),
            Self::CutOff => f.write_str("client task was cut off"),
        }
    }
}

impl fmt::Display for ClientReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let how = if self.clean { "closed cleanly" } else { "not closed cleanly" };
        write!(f, "{}, {how}", self.end)
    }
}
