//! Whoever knows that the venue will leave has left before.

use core::time::Duration;
use std::collections::BTreeMap;

use heartbeat_core::{NoticeKind, RecoveryAction, Timestamp};
use heartbeat_platforms::Budget;

use super::FleetOracle;
use super::circumstances::Circumstances;
use crate::{Departure, Entry, FleetStep, VenueStep};

/// Complains of a client that still has no other connection when the venue ends the one it has,
/// as announced [`WARNED`](Self::WARNED) before or because it is as old as one may be, although
/// nothing stood in its way and the budget allows all clients to change over at once.
#[derive(Clone, Debug)]
pub struct Departures {
    circumstances: Circumstances,
    /// Whether there are more clients than may connect at once.
    is_crowded: bool,
    /// When the end of a connection was announced, by client and generation.
    announced: BTreeMap<(usize, u64), Timestamp>,
    /// How long each client has slept in all, and since when it does.
    slept: Vec<(Duration, Option<Timestamp>)>,
    /// How long its client had slept in all when a connection was dialled.
    slept_before: BTreeMap<(usize, u64), Duration>,
}

impl Departures {
    /// How long before the end a client must be warned.
    pub const WARNED: Duration = Duration::from_secs(10);

    /// How long before the end nothing may have failed: breaker and pauses are over by then.
    pub const UNFAILING: Duration = Duration::from_secs(300);

    /// How many attempts of a client's are remembered.
    const REMEMBERED: u64 = 256;

    /// Begins with so many clients of a venue that allows so many attempts.
    pub fn new(clients: usize, budget: Option<Budget>) -> Self {
        let room = |budget: Budget| usize::try_from(budget.count).unwrap_or(usize::MAX);
        Self {
            circumstances: Circumstances::new(clients),
            is_crowded: budget.is_some_and(|budget| room(budget) < clients),
            announced: BTreeMap::new(),
            slept: vec![(Duration::ZERO, None); clients],
            slept_before: BTreeMap::new(),
        }
    }

    /// Keeps count of sleep: a suspended machine's clock stands still, so that whoever slept takes
    /// each connection for younger than the venue does.
    fn note_sleep(&mut self, entry: &Entry<FleetStep>) {
        match entry.what {
            FleetStep::Freezes { client } => {
                if let Some((_, since)) = self.slept.get_mut(client) {
                    *since = Some(entry.at);
                }
            }
            FleetStep::Thaws { client } => {
                if let Some((slept, since)) = self.slept.get_mut(client)
                    && let Some(since) = since.take()
                {
                    *slept = slept.saturating_add(entry.at.saturating_since(since));
                }
            }
            FleetStep::Does { client, action: RecoveryAction::Dial { generation, .. } } => {
                let number = generation.number();
                let slept = self.slept.get(client).map_or(Duration::ZERO, |(slept, _)| *slept);
                self.slept_before.insert((client, number), slept);
                let forgotten = number.saturating_sub(Self::REMEMBERED);
                self.slept_before.remove(&(client, forgotten));
            }
            _ => {}
        }
    }

    /// Tells whether a client has slept for so long on a connection that it cannot know its age.
    fn has_lost_count(&self, key: (usize, u64)) -> bool {
        let slept = self.slept.get(key.0).map_or(Duration::ZERO, |(slept, _)| *slept);
        let before = self.slept_before.get(&key).copied().unwrap_or_default();
        slept.saturating_sub(before) >= Self::WARNED
    }

    fn on_leave(&self, at: Timestamp, key: (usize, u64), why: Departure) -> Result<(), String> {
        let (client, number) = key;
        let is_needed = self.circumstances.live(client).is_some_and(|it| it.number() == number);
        let warned = match why {
            Departure::Announced => self.announced.get(&key).copied(),
            Departure::MaxAge if self.has_lost_count(key) => None,
            // It is known from the beginning, and nothing hinders long enough to matter.
            Departure::MaxAge => Some(Timestamp::from_nanos(
                at.as_nanos()
                    .saturating_sub(u64::try_from(Self::UNFAILING.as_nanos()).unwrap_or(u64::MAX)),
            )),
        };
        let Some(warned) = warned else {
            return Ok(());
        };
        let is_clear = self.circumstances.clear_since(client, at).is_some_and(|it| it <= warned);
        let in_time = at.saturating_since(warned) >= Self::WARNED;
        let may_connect = !self.is_crowded && self.circumstances.unfailing_for(at, Self::UNFAILING);
        if is_needed && is_clear && in_time && may_connect {
            let ago = at.saturating_since(warned);
            let why = why.as_str();
            return Err(format!(
                "client {client} has no other connection when the venue ends {number} for {why}, \
                 with nothing in its way for {ago:?}"
            ));
        }
        Ok(())
    }
}

impl FleetOracle for Departures {
    fn name(&self) -> &'static str {
        "departures"
    }

    fn see(&mut self, entry: &Entry<FleetStep>) -> Result<(), String> {
        let at = entry.at;
        self.circumstances.see(entry);
        self.note_sleep(entry);
        let FleetStep::Venue { client, generation, what } = &entry.what else {
            return Ok(());
        };
        let key = (*client, generation.number());
        match what {
            VenueStep::Announces(NoticeKind::Shutdown) => {
                self.announced.entry(key).or_insert(at);
                Ok(())
            }
            VenueStep::Announces(_) => Ok(()),
            VenueStep::Leaves(why) => {
                let judged = self.on_leave(at, key, *why);
                self.announced.remove(&key);
                judged
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use heartbeat_core::Outcome;

    use super::super::tests::{generation, hears, judge};
    use super::*;

    fn venue(at: u64, what: VenueStep) -> (u64, FleetStep) {
        (at, FleetStep::Venue { client: 0, generation: generation(1), what })
    }

    fn told(budget: Option<Budget>, more: &[(u64, FleetStep)]) -> Result<(), String> {
        let begun = [(0, hears(0, 1, Outcome::Live))];
        judge(Departures::new(2, budget), &[&begun, more].concat())
    }

    #[test]
    fn who_is_warned_and_stays_is_found() {
        let warned = |at| venue(at, VenueStep::Announces(NoticeKind::Shutdown));
        let leaves = venue(500_000, VenueStep::Leaves(Departure::Announced));
        assert!(told(None, &[warned(490_000), leaves.clone()]).is_err());
        assert_eq!(told(None, &[warned(490_001), leaves.clone()]), Ok(()), "hardly warned");
        assert_eq!(told(None, core::slice::from_ref(&leaves)), Ok(()), "not warned");
        let other = (495_000, hears(0, 2, Outcome::Live));
        assert_eq!(told(None, &[warned(490_000), other, leaves.clone()]), Ok(()));
        let crowded = Some(Budget::per_address(1, Duration::from_secs(300)));
        assert_eq!(told(crowded, &[warned(490_000), leaves]), Ok(()));
    }

    #[test]
    fn who_stays_until_it_is_too_old_is_found() {
        let leaves = |at| venue(at, VenueStep::Leaves(Departure::MaxAge));
        assert!(told(None, &[leaves(3_600_000)]).is_err());
        let asleep = |at| (at, FleetStep::Freezes { client: 0 });
        let awake = |at| (at, FleetStep::Thaws { client: 0 });
        assert_eq!(told(None, &[asleep(3_000_000), leaves(3_600_000)]), Ok(()));
        let nap = [asleep(1_000_000), awake(1_009_000), leaves(3_600_000)];
        assert!(told(None, &nap).is_err());
        let lost_count = [asleep(1_000_000), awake(1_010_000), leaves(3_600_000)];
        assert_eq!(told(None, &lost_count), Ok(()), "its clock stood still");
    }
}
