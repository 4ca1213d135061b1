//! What is over does nothing any more.

use std::collections::BTreeMap;

use heartbeat_core::{Generation, Outcome, RecoveryAction};

use super::FleetOracle;
use crate::{Entry, FleetStep};

/// Complains of a client that heeds what it hears of an attempt that counts no more, that makes
/// two attempts at once or one after it has given up, or that counts backwards.
#[derive(Clone, Debug, Default)]
pub struct Generations {
    clients: BTreeMap<usize, Standing>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Standing {
    latest: Option<Generation>,
    /// The attempt that is under way.
    attempt: Option<Generation>,
    has_given_up: bool,
}

impl Generations {
    /// Begins with clients that have not dialled yet.
    pub fn new() -> Self {
        Self::default()
    }
}

impl Standing {
    fn does(&mut self, action: RecoveryAction) -> Result<(), String> {
        match action {
            RecoveryAction::Dial { generation, .. } => {
                if self.has_given_up {
                    return Err(format!("dials connection {generation} after it has given up"));
                }
                if let Some(attempt) = self.attempt {
                    return Err(format!("dials connection {generation} beside attempt {attempt}"));
                }
                if self.latest >= Some(generation) {
                    return Err(format!("dials connection {generation} a second time"));
                }
                self.latest = Some(generation);
                self.attempt = Some(generation);
            }
            RecoveryAction::Abandon { generation, .. }
            | RecoveryAction::Withdraw { generation } => {
                self.is_settled(generation);
            }
            RecoveryAction::GiveUp(_) => {
                self.attempt = None;
                self.has_given_up = true;
            }
            RecoveryAction::Rotate { .. }
            | RecoveryAction::RotationFailed { .. }
            | RecoveryAction::Leave { .. }
            | RecoveryAction::Wait(_) => {}
        }
        Ok(())
    }

    fn is_settled(&mut self, generation: Generation) {
        self.attempt = self.attempt.filter(|attempt| *attempt != generation);
    }
}

impl FleetOracle for Generations {
    fn name(&self) -> &'static str {
        "generations"
    }

    fn see(&mut self, entry: &Entry<FleetStep>) -> Result<(), String> {
        match &entry.what {
            FleetStep::Does { client, action } => {
                let standing = self.clients.entry(*client).or_default();
                standing.does(*action).map_err(|what| format!("client {client} {what}"))
            }
            FleetStep::Hears { client, generation, outcome } => {
                let settles =
                    matches!(outcome, Outcome::Live | Outcome::Failed(_) | Outcome::Ended(_));
                if settles {
                    self.clients.entry(*client).or_default().is_settled(*generation);
                }
                Ok(())
            }
            FleetStep::Straggles { client, generation, outcome, heeded: true } => Err(format!(
                "client {client} heeds what it hears of old connection {generation}: {outcome:?}"
            )),
            FleetStep::Straggles { .. }
            | FleetStep::Subscribes { .. }
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
    use heartbeat_core::GiveUp;

    use super::super::tests::{dials_as, generation, hears, judge};
    use super::*;

    #[test]
    fn a_heeded_straggler_is_found() {
        let straggles = |heeded| {
            let (generation, outcome) = (generation(1), Outcome::Live);
            judge(
                Generations::new(),
                &[(0, FleetStep::Straggles { client: 0, generation, outcome, heeded })],
            )
        };
        assert_eq!(straggles(false), Ok(()));
        assert!(straggles(true).is_err());
    }

    #[test]
    fn two_attempts_at_once_or_in_the_wrong_order_or_after_the_end_are_found() {
        let told = |story: &[(u64, FleetStep)]| judge(Generations::new(), story);
        let live = hears(0, 1, Outcome::Live);
        assert_eq!(told(&[(0, dials_as(0, 1)), (1, live.clone()), (2, dials_as(0, 2))]), Ok(()));
        assert_eq!(told(&[(0, dials_as(0, 1)), (0, dials_as(1, 1))]), Ok(()), "two clients");
        assert!(told(&[(0, dials_as(0, 1)), (2, dials_as(0, 2))]).is_err(), "two at once");
        assert!(told(&[(0, dials_as(0, 1)), (1, live), (2, dials_as(0, 1))]).is_err(), "again");
        let gives_up =
            FleetStep::Does { client: 0, action: RecoveryAction::GiveUp(GiveUp::Stopped) };
        assert!(told(&[(0, gives_up), (2, dials_as(0, 1))]).is_err(), "after the end");
    }
}
