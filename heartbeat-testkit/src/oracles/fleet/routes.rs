//! Where one address is sick, another is used.

use std::collections::BTreeMap;

use heartbeat_core::{Generation, Outcome, RecoveryAction};

use super::FleetOracle;
use crate::{Address, Entry, FleetStep};

/// Complains of a client that begins an attempt with an address whose last attempt led to no life,
/// while there is one that has not failed since: one that is well is used by the second attempt.
#[derive(Clone, Debug, Default)]
pub struct Routes {
    clients: BTreeMap<usize, Standing>,
}

#[derive(Clone, Debug, Default)]
struct Standing {
    /// The attempt that has not led to a life yet.
    attempt: Option<(Generation, Address)>,
    /// The address of the last that did not.
    failed: Option<Address>,
}

impl Routes {
    /// Begins with clients that have not dialled yet.
    pub fn new() -> Self {
        Self::default()
    }
}

impl Standing {
    fn settle(&mut self, generation: Generation, has_failed: bool) {
        if let Some((_, address)) = self.attempt.take_if(|(attempt, _)| *attempt == generation) {
            self.failed = has_failed.then_some(address);
        }
    }

    fn heads(&mut self, generation: Generation, address: Address) -> Result<(), String> {
        self.attempt = Some((generation, address));
        if self.failed == Some(address) {
            return Err(format!("goes to {address} again, where its last attempt came to nothing"));
        }
        Ok(())
    }
}

impl FleetOracle for Routes {
    fn name(&self) -> &'static str {
        "routes"
    }

    fn see(&mut self, entry: &Entry<FleetStep>) -> Result<(), String> {
        let Some(client) = entry.what.client() else {
            return Ok(());
        };
        let standing = self.clients.entry(client).or_default();
        match &entry.what {
            FleetStep::Heads { generation, address, .. } => {
                let judged = standing.heads(*generation, *address);
                return judged.map_err(|what| format!("client {client} {what}"));
            }
            FleetStep::Hears { generation, outcome: Outcome::Live, .. } => {
                standing.settle(*generation, false);
            }
            FleetStep::Hears {
                generation,
                outcome: Outcome::Failed(_) | Outcome::Ended(_),
                ..
            }
            | FleetStep::Does { action: RecoveryAction::Abandon { generation, .. }, .. } => {
                standing.settle(*generation, true);
            }
            FleetStep::Does { action: RecoveryAction::Withdraw { .. }, .. } => {
                standing.attempt = None;
            }
            _ => {}
        }
        Ok(())
    }
}
