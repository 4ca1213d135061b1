//! What a supervisor refuses, and what it leaves behind.

use std::sync::Arc;

use crate::client::{ClientEnd, ClientError, ClientReport};

/// Why a client was not added.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SupervisorError {
    /// There is one of that name.
    #[error("name {name} is taken")]
    Taken {
        /// The name.
        name: Arc<str>,
    },
    /// There is no room.
    #[error("clients must be at most {members_max}")]
    Full {
        /// How many there are.
        members_max: usize,
    },
    /// Its settings do not fit together.
    #[error(transparent)]
    Client(#[from] ClientError),
}

/// How the clients of a supervisor ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ShutdownReport {
    /// How many ended with a Close frame each way, or had no connection to end.
    pub clean: usize,
    /// How many ended in time, but without the venue's Close frame.
    pub unclean: usize,
    /// How many did not end in time, or had panicked.
    pub cut_off: usize,
}

impl ShutdownReport {
    pub(super) const fn count(&mut self, closed: &ClientReport) {
        let which = match (matches!(closed.end, ClientEnd::CutOff), closed.clean) {
            (true, _) => &mut self.cut_off,
            (false, true) => &mut self.clean,
            (false, false) => &mut self.unclean,
        };
        *which = which.saturating_add(1);
    }
}
