//! Whoever has a session that is over gets another.

use core::time::Duration;

use heartbeat_core::{Generation, NoticeKind, Timestamp};

use super::FleetOracle;
use super::circumstances::Circumstances;
use crate::{Entry, FleetStep, VenueStep};

/// Complains of a client that still lives on a connection [`WITHIN`](Self::WITHIN) of having been
/// told that its session is over, with nothing in its way: the socket is well, and mute.
#[derive(Clone, Debug)]
pub struct Expiry {
    circumstances: Circumstances,
    /// The connections whose sessions are over, and when they were, by client.
    expired: Vec<Option<(Generation, Timestamp)>>,
}

impl Expiry {
    /// How long a client has.
    pub const WITHIN: Duration = Duration::from_secs(20);

    /// How long nothing may have failed: breaker and pauses are over by then.
    const UNFAILING: Duration = Duration::from_secs(1_200);

    /// Begins with so many clients.
    pub fn new(clients: usize) -> Self {
        Self { circumstances: Circumstances::new(clients), expired: vec![None; clients] }
    }
}

impl FleetOracle for Expiry {
    fn name(&self) -> &'static str {
        "expiry"
    }

    fn see(&mut self, entry: &Entry<FleetStep>) -> Result<(), String> {
        self.circumstances.see(entry);
        if let FleetStep::Venue { client, generation, what } = &entry.what
            && *what == VenueStep::Announces(NoticeKind::SessionExpired)
            && self.circumstances.live(*client) == Some(*generation)
            && let Some(expired) = self.expired.get_mut(*client)
        {
            *expired = Some((*generation, entry.at));
        }
        Ok(())
    }

    fn tick(&mut self, now: Timestamp) -> Result<(), String> {
        for (client, expired) in self.expired.iter_mut().enumerate() {
            let Some((generation, at)) = *expired else { continue };
            if self.circumstances.live(client) != Some(generation) {
                *expired = None;
            } else if now.saturating_since(at) > Self::WITHIN {
                let since = self.circumstances.clear_since(client, now);
                let is_clear = since.is_some_and(|since| since <= at)
                    && self.circumstances.unfailing_for(now, Self::UNFAILING);
                if is_clear {
                    return Err(format!(
                        "client {client} still lives on connection {generation}, whose session is \
                         over, at most {:?} are allowed",
                        Self::WITHIN
                    ));
                }
                *expired = None;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use heartbeat_core::Outcome;

    use super::super::tests::{dials, generation, hears, judge};
    use super::*;

    #[test]
    fn who_stays_on_a_session_that_is_over_is_found() {
        let what = VenueStep::Announces(NoticeKind::SessionExpired);
        let expires = FleetStep::Venue { client: 0, generation: generation(1), what };
        let begun = [(0, hears(0, 1, Outcome::Live)), (60_000, expires)];
        let told = |more: &[(u64, FleetStep)]| judge(Expiry::new(2), &[&begun, more].concat());
        assert!(told(&[(80_001, dials(1))]).is_err());
        assert_eq!(told(&[(80_000, dials(1))]), Ok(()));
        assert_eq!(told(&[(70_000, hears(0, 2, Outcome::Live)), (99_000, dials(1))]), Ok(()));
    }
}
