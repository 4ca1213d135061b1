//! An application knows whose messages it gets, and what it may have lost.

use std::collections::BTreeMap;

use heartbeat_core::{Generation, Outcome, RecoveryAction};

use super::FleetOracle;
use crate::{Entry, FleetStep};

/// Complains of an application that follows a connection that is not live, that changes over
/// without being told of one gap, or is told of one without changing over; and of a rotation that
/// leaves a connection before there is another.
#[derive(Clone, Debug, Default)]
pub struct Handover {
    clients: BTreeMap<usize, Standing>,
}

#[derive(Clone, Debug, Default)]
struct Standing {
    /// The connections that are live; two at most, of which one is about to be left.
    live: Vec<Generation>,
    has_followed: bool,
    /// The connection to which a gap was told, not followed yet.
    gap: Option<Generation>,
}

impl Handover {
    /// Begins with clients that have no connection yet.
    pub fn new() -> Self {
        Self::default()
    }
}

impl Standing {
    fn rotates(&mut self, from: Generation, to: Generation) -> Result<(), String> {
        if !self.live.contains(&to) {
            return Err(format!("leaves connection {from} for {to}, which is not live"));
        }
        self.live.retain(|live| *live != from);
        Ok(())
    }

    fn tells_gap(&mut self, generation: Generation) -> Result<(), String> {
        match self.gap.replace(generation) {
            None => Ok(()),
            Some(_) => Err(format!("tells twice of a gap to connection {generation}")),
        }
    }

    fn follows(&mut self, generation: Generation) -> Result<(), String> {
        if !self.live.contains(&generation) {
            return Err(format!("follows connection {generation}, which is not live"));
        }
        let must_tell = core::mem::replace(&mut self.has_followed, true);
        match self.gap.take() {
            told if told == must_tell.then_some(generation) => Ok(()),
            told => Err(format!("follows connection {generation}, and the gap told is {told:?}")),
        }
    }
}

impl FleetOracle for Handover {
    fn name(&self) -> &'static str {
        "handover"
    }

    fn see(&mut self, entry: &Entry<FleetStep>) -> Result<(), String> {
        let Some(client) = entry.what.client() else {
            return Ok(());
        };
        let standing = self.clients.entry(client).or_default();
        let judged = match &entry.what {
            FleetStep::Hears { generation, outcome, .. } => {
                match outcome {
                    Outcome::Live => standing.live.push(*generation),
                    Outcome::Failed(_) | Outcome::Ended(_) => {
                        standing.live.retain(|live| live != generation);
                    }
                    _ => {}
                }
                Ok(())
            }
            FleetStep::Does { action: RecoveryAction::Rotate { from, to, .. }, .. } => {
                standing.rotates(*from, *to)
            }
            FleetStep::Gap { generation, .. } => standing.tells_gap(*generation),
            FleetStep::Follows { generation, .. } => standing.follows(*generation),
            FleetStep::Does { .. }
            | FleetStep::Straggles { .. }
            | FleetStep::Subscribes { .. }
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
        };
        judged.map_err(|what| format!("client {client} {what}"))
    }
}

#[cfg(test)]
mod tests {
    use heartbeat_core::{Cause, RotationReason, Timestamp};

    use super::super::tests::{generation, hears, judge};
    use super::*;

    fn told(story: &[FleetStep]) -> Result<(), String> {
        let story: Vec<_> = story.iter().map(|step| (1, step.clone())).collect();
        judge(Handover::new(), &story)
    }

    fn live(number: u64) -> FleetStep {
        hears(0, number, Outcome::Live)
    }

    fn follows(number: u64) -> FleetStep {
        FleetStep::Follows { client: 0, generation: generation(number) }
    }

    fn gap(number: u64) -> FleetStep {
        FleetStep::Gap { client: 0, generation: generation(number), since: Timestamp::ZERO }
    }

    fn rotates(from: u64, to: u64) -> FleetStep {
        let (from, to) = (generation(from), generation(to));
        let action = RecoveryAction::Rotate { from, to, reason: RotationReason::Requested };
        FleetStep::Does { client: 0, action }
    }

    #[test]
    fn each_change_over_is_told_once() {
        let ended = hears(0, 1, Outcome::Ended(Cause::TransportLost));
        let begun = [live(1), follows(1), ended, live(2)];
        let then = |more: &[FleetStep]| told(&[&begun, more].concat());
        assert_eq!(then(&[gap(2), follows(2)]), Ok(()));
        assert!(then(&[follows(2)]).is_err(), "not told");
        assert!(then(&[gap(2), gap(2), follows(2)]).is_err(), "told twice");
        assert!(then(&[gap(1), follows(2)]).is_err(), "told of another");
        assert!(told(&[live(1), gap(1), follows(1)]).is_err(), "nothing can be lost at first");
    }

    #[test]
    fn a_connection_is_followed_only_while_it_lives() {
        let ended = hears(0, 1, Outcome::Ended(Cause::TransportLost));
        assert!(told(&[follows(1)]).is_err());
        assert!(told(&[live(1), ended, follows(1)]).is_err());
    }

    #[test]
    fn a_rotation_to_what_is_not_live_is_found() {
        assert_eq!(
            told(&[live(1), follows(1), live(2), rotates(1, 2), gap(2), follows(2)]),
            Ok(())
        );
        assert!(told(&[live(1), follows(1), rotates(1, 2)]).is_err());
    }
}
