//! Of a client that has ended nothing is left.

use core::time::Duration;
use std::collections::BTreeMap;

use heartbeat_core::Timestamp;

use super::FleetOracle;
use crate::{Entry, FleetStep, Step};

/// Complains of a connection that still reads, answers or speaks [`WITHIN`](Self::WITHIN) of the
/// end of the client that it belongs to, and of a client that connects after its end.
#[derive(Clone, Debug, Default)]
pub struct Ends {
    ended: BTreeMap<usize, Timestamp>,
}

impl Ends {
    /// How long the goodbyes may take.
    pub const WITHIN: Duration = Duration::from_secs(20);

    /// Begins with clients that live.
    pub const fn new() -> Self {
        Self { ended: BTreeMap::new() }
    }

    /// Tells whether anybody has ended.
    pub(super) fn has_any(&self) -> bool {
        !self.ended.is_empty()
    }

    /// Takes what happened on a connection of a client's.
    ///
    /// # Errors
    ///
    /// That nobody owns it any more.
    pub fn see_connection(&self, client: usize, entry: &Entry) -> Result<(), String> {
        let Some(ended) = self.ended.get(&client) else {
            return Ok(());
        };
        let lives = matches!(
            entry.what,
            Step::ClientReads(_)
                | Step::ClientResponds(_)
                | Step::ClientSends(_)
                | Step::ApplicationSends(_)
        );
        let since = entry.at.saturating_since(*ended);
        if lives && since > Self::WITHIN {
            return Err(format!(
                "client {client} has ended {since:?} ago, and its connection lives on: {}",
                entry.what
            ));
        }
        Ok(())
    }
}

impl FleetOracle for Ends {
    fn name(&self) -> &'static str {
        "ends"
    }

    fn see(&mut self, entry: &Entry<FleetStep>) -> Result<(), String> {
        match &entry.what {
            FleetStep::Stops { client } => {
                self.ended.entry(*client).or_insert(entry.at);
                Ok(())
            }
            // Whoever slept has all its time from now on.
            FleetStep::Thaws { client } => {
                if let Some(ended) = self.ended.get_mut(client) {
                    *ended = entry.at;
                }
                Ok(())
            }
            FleetStep::Heads { client, generation, .. } if self.ended.contains_key(client) => {
                Err(format!("client {client} has ended, and dials connection {generation}"))
            }
            _ => Ok(()),
        }
    }
}
