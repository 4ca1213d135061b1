//! What is subscribed to is subscribed to once on every connection.

use std::collections::BTreeSet;

use heartbeat_core::{NoticeKind, Outcome};

use super::FleetOracle;
use crate::{Entry, FleetStep};

/// Complains of a connection on which a client subscribes twice, before it may, or not at all
/// although it counts as ready.
#[derive(Clone, Debug, Default)]
pub struct Resubscription {
    /// Connections that are armed and not live yet, by client and generation.
    armed: BTreeSet<(usize, u64)>,
    subscribed: BTreeSet<(usize, u64)>,
}

impl Resubscription {
    /// Begins with clients that have no connection yet.
    pub fn new() -> Self {
        Self::default()
    }

    fn forget(&mut self, connection: (usize, u64)) {
        self.armed.remove(&connection);
        self.subscribed.remove(&connection);
    }
}

impl FleetOracle for Resubscription {
    fn name(&self) -> &'static str {
        "subscriptions"
    }

    fn see(&mut self, entry: &Entry<FleetStep>) -> Result<(), String> {
        match &entry.what {
            FleetStep::Subscribes { client, generation } => {
                let connection = (*client, generation.number());
                if !self.subscribed.insert(connection) {
                    return Err(format!(
                        "client {client} subscribes a second time on connection {generation}"
                    ));
                }
                Ok(())
            }
            FleetStep::Hears { client, generation, outcome } => {
                let connection = (*client, generation.number());
                match outcome {
                    Outcome::Armed => {
                        self.armed.insert(connection);
                    }
                    Outcome::Ready if !self.armed.contains(&connection) => {
                        return Err(format!("connection {generation} is ready and not armed"));
                    }
                    Outcome::Ready if !self.subscribed.contains(&connection) => {
                        return Err(format!(
                            "client {client} has not subscribed on connection {generation}, \
                             which is ready"
                        ));
                    }
                    // The venue has forgotten what was subscribed to before.
                    Outcome::Notice { kind: NoticeKind::MaintenanceEnded, .. } => {
                        self.subscribed.remove(&connection);
                    }
                    Outcome::Failed(_) | Outcome::Ended(_) => self.forget(connection),
                    _ => {}
                }
                Ok(())
            }
            FleetStep::Straggles { client, generation, .. } => {
                self.forget((*client, generation.number()));
                Ok(())
            }
            FleetStep::Does { .. }
            | FleetStep::Gap { .. }
            | FleetStep::Follows { .. }
            | FleetStep::Order { .. }
            | FleetStep::Channel { .. }
            | FleetStep::Heads { .. }
            | FleetStep::Operator { .. }
            | FleetStep::Stops { .. }
            | FleetStep::Venue { .. }
            | FleetStep::Freezes { .. }
            | FleetStep::Thaws { .. }
            | FleetStep::Line { .. }
            | FleetStep::Suffers { .. }
            | FleetStep::Troubled { .. }
            | FleetStep::Outage { .. } => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{generation, hears, judge};
    use super::*;

    #[test]
    fn a_subscription_too_many_or_too_few_is_found() {
        let subscribes = || (2, FleetStep::Subscribes { client: 0, generation: generation(1) });
        let armed = || (1, hears(0, 1, Outcome::Armed));
        let ready = || (3, hears(0, 1, Outcome::Ready));
        let told = |story: &[(u64, FleetStep)]| judge(Resubscription::new(), story);
        assert_eq!(told(&[armed(), subscribes(), ready()]), Ok(()));
        assert!(told(&[armed(), ready()]).is_err(), "none");
        assert!(told(&[armed(), subscribes(), ready(), subscribes()]).is_err(), "two");
        assert!(told(&[subscribes(), ready()]).is_err(), "before it may");
    }
}
