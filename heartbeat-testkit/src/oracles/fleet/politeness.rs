//! Whoever was sent away does not come again at once.

use core::time::Duration;

use heartbeat_core::{Generation, Outcome, RecoveryAction, RecoveryConfig, Timestamp};

use super::FleetOracle;
use super::refusals::Refusals;
use crate::{Entry, FleetStep, OperatorStep};

/// Complains of a client that dials sooner than its settings let it after what it was told: a rate
/// limit or a denial, whatever number came with it; connections that were closed young in the same
/// way, one after the other, or told to leave; and a rotation that was refused beside a connection
/// that lives.
#[derive(Clone, Debug)]
pub struct Politeness {
    config: RecoveryConfig,
    clients: Vec<Standing>,
    /// What all are to keep.
    all: Wait,
}

#[derive(Clone, Debug, Default)]
struct Standing {
    refusals: Refusals,
    wait: Wait,
    live: Option<Generation>,
    /// Rotations of the living connection that were refused, in a row.
    refused_rotations: u32,
    /// What its next rotation is to wait for.
    rotation: Wait,
    /// Whether the operator wants its next attempt whatever it was told.
    is_forced: bool,
}

/// A time to wait, from when on.
#[derive(Clone, Copy, Debug, Default)]
struct Wait {
    since: Timestamp,
    span: Duration,
}

impl Wait {
    /// How much sooner a clock that is fast may end it, as a part.
    const DRIFT: u32 = 100;

    fn ends(self) -> Option<Timestamp> {
        self.since.checked_add(self.span.saturating_sub(self.span / Self::DRIFT))
    }

    fn is_over(self, now: Timestamp) -> bool {
        self.ends().is_some_and(|ends| ends <= now)
    }

    /// Waits for the longer of both.
    fn extend(&mut self, since: Timestamp, span: Duration) {
        let other = Self { since, span };
        if other.ends() > self.ends() {
            *self = other;
        }
    }
}

impl Politeness {
    /// Begins with so many clients with these settings.
    pub fn new(clients: usize, config: RecoveryConfig) -> Self {
        Self { config, clients: vec![Standing::default(); clients], all: Wait::default() }
    }

    fn hears(&mut self, at: Timestamp, index: usize, generation: Generation, outcome: Outcome) {
        let Some(client) = self.clients.get_mut(index) else {
            return;
        };
        let pause = client.refusals.pause(at, generation, outcome, &self.config);
        let is_rotation = client.live.is_some_and(|live| live != generation);
        match outcome {
            Outcome::Live => {
                client.live = Some(generation);
                client.refused_rotations = 0;
                (client.wait, client.rotation) = (Wait::default(), Wait::default());
            }
            // It is another reason, and has tries of its own.
            Outcome::Notice { .. } => client.refused_rotations = 0,
            Outcome::Failed(_) if is_rotation => {
                if let Some(pause) = pause {
                    client.refused_rotations = client.refused_rotations.saturating_add(1);
                    client.rotation.extend(at, pause.span.max(self.config.rotation_pause()));
                }
            }
            Outcome::Ended(_) | Outcome::Failed(_) if client.live == Some(generation) => {
                client.live = None;
                client.rotation = Wait::default();
            }
            _ => {}
        }
        let Some(pause) = pause else {
            return;
        };
        if pause.is_shared {
            self.all.extend(at, pause.span);
        }
        if !is_rotation {
            client.wait.extend(at, pause.span);
        }
    }

    /// The operator stands above it, and what was said before counts no more.
    fn reconnects(&mut self, index: usize) {
        if let Some(client) = self.clients.get_mut(index) {
            let live = client.live;
            *client = Standing { live, is_forced: true, ..Standing::default() };
        }
    }

    fn dials(&mut self, at: Timestamp, index: usize) -> Result<(), String> {
        let Some(client) = self.clients.get_mut(index) else {
            return Ok(());
        };
        if core::mem::take(&mut client.is_forced) {
            return Ok(());
        }
        let waits = [
            (self.all, "all were told to wait"),
            (client.wait, "it was sent away"),
            (client.rotation, "its rotation was refused"),
        ];
        for (wait, why) in waits {
            if !wait.is_over(at) {
                let (after, span) = (at.saturating_since(wait.since), wait.span);
                return Err(format!("client {index} dials {after:?} after {why} for {span:?}"));
            }
        }
        let most = self.config.rotation_tries().get();
        if client.live.is_some() && client.refused_rotations >= most {
            let refused = client.refused_rotations;
            return Err(format!("client {index} dials after {refused} refused rotations"));
        }
        Ok(())
    }
}

impl FleetOracle for Politeness {
    fn name(&self) -> &'static str {
        "politeness"
    }

    fn see(&mut self, entry: &Entry<FleetStep>) -> Result<(), String> {
        match &entry.what {
            FleetStep::Hears { client, generation, outcome } => {
                self.hears(entry.at, *client, *generation, *outcome);
                Ok(())
            }
            FleetStep::Operator { client, does: OperatorStep::Reconnects } => {
                self.reconnects(*client);
                Ok(())
            }
            FleetStep::Does { client, action: RecoveryAction::Dial { .. } } => {
                self.dials(entry.at, *client)
            }
            FleetStep::Does { client, action: RecoveryAction::RotationFailed { .. } } => {
                // It is told, and what is asked for after that is another one.
                if let Some(client) = self.clients.get_mut(*client) {
                    client.refused_rotations = 0;
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use heartbeat_core::{AttemptFailure, Cause};

    use super::super::tests::{dials_as, hears, judge};
    use super::*;

    fn told(story: &[(u64, FleetStep)]) -> Result<(), String> {
        let config = RecoveryConfig::builder().build().unwrap();
        judge(Politeness::new(2, config), story)
    }

    fn turned_away(status: u16, retry_after: Option<Duration>) -> Outcome {
        let with_credentials = false;
        Outcome::Failed(AttemptFailure::Http { status, retry_after, with_credentials })
    }

    #[test]
    fn who_asks_a_rate_limit_again_too_soon_is_found_and_so_is_its_neighbour() {
        let limited = |status| hears(0, 1, turned_away(status, Some(Duration::ZERO)));
        assert_eq!(told(&[(0, limited(429)), (60_000, dials_as(0, 2))]), Ok(()));
        assert!(told(&[(0, limited(429)), (59_000, dials_as(0, 2))]).is_err());
        assert!(told(&[(0, limited(429)), (59_000, dials_as(1, 2))]).is_err());
        assert!(told(&[(0, limited(418)), (60_000, dials_as(0, 2))]).is_err(), "a ban");
        let again = (60_000, hears(0, 2, turned_away(429, None)));
        assert!(told(&[(0, limited(429)), again, (120_000, dials_as(0, 3))]).is_err());
    }

    #[test]
    fn a_denial_concerns_the_client_alone() {
        let denied = (0, hears(0, 1, turned_away(403, None)));
        assert!(told(&[denied.clone(), (10_000, dials_as(0, 2))]).is_err());
        assert_eq!(told(&[denied.clone(), (10_000, dials_as(1, 2))]), Ok(()));
        assert_eq!(told(&[denied, (15_000, dials_as(0, 2))]), Ok(()));
    }

    #[test]
    fn who_is_thrown_out_again_and_again_and_returns_at_once_is_found() {
        let closed = Outcome::Ended(Cause::PeerClosed { code: Some(1000) });
        let mut story = Vec::new();
        for number in 1..=3 {
            let at = number * 4_000;
            story.push((at, dials_as(0, number)));
            story.push((at, hears(0, number, Outcome::Live)));
            story.push((at + 3_000, hears(0, number, closed)));
        }
        assert_eq!(told(&story), Ok(()), "two are a chance");
        story.push((16_000, dials_as(0, 4)));
        assert!(told(&story).is_err());
    }

    #[test]
    fn who_insists_on_a_rotation_that_is_refused_is_found() {
        let refused = Outcome::Failed(AttemptFailure::AuthRefused { is_final: false });
        let live = [(0, dials_as(0, 1)), (0, hears(0, 1, Outcome::Live))];
        let then = |after: u64| {
            let tries = [
                (60_000, dials_as(0, 2)),
                (60_000, hears(0, 2, refused)),
                (60_000 + after, dials_as(0, 3)),
            ];
            told(&[&live[..], &tries].concat())
        };
        assert_eq!(then(15_000), Ok(()));
        assert!(then(5_000).is_err());
    }
}
