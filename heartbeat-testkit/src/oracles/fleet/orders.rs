//! No order is lost that need not be, and nobody believes in one that is.

use core::time::Duration;
use std::collections::{BTreeMap, BTreeSet};

use heartbeat_core::{Generation, RecoveryAction, Timestamp};

use super::FleetOracle;
use super::circumstances::Circumstances;
use crate::{CancelledBy, Entry, FleetStep, OrderStep, Trading};

/// Complains of orders that the venue cancelled by itself although its rule gave it no reason: by
/// the end of a connection that the client itself left for another over a good line, or by a
/// dead-man switch that nothing kept from being wound up. And of a client that vouches for an order
/// that the venue cancelled, where it could know better.
#[derive(Clone, Debug)]
pub struct Orders {
    circumstances: Circumstances,
    dead_man: Option<Duration>,
    clients: Vec<Book>,
}

#[derive(Clone, Debug, Default)]
struct Book {
    vouched: BTreeSet<u64>,
    lost: BTreeMap<u64, Timestamp>,
    /// Since when it has vouched in error.
    wrong: BTreeMap<u64, Timestamp>,
    /// The connection that it last left of itself, and whether the line was good.
    left: Option<(Generation, bool)>,
}

impl Orders {
    /// How long a client may vouch in error whom nobody could tell: a suspended machine does not
    /// know that it slept. It asks again after [`Trading::LISTS_EVERY`].
    pub const STALE: Duration = Duration::from_secs(900);

    /// How many lost orders of each client's are remembered.
    pub const LOST_MAX: usize = 4_096;

    /// Begins with so many clients without orders.
    pub fn new(clients: usize, trading: &Trading) -> Self {
        Self {
            circumstances: Circumstances::new(clients),
            dead_man: trading.dead_man_timeout(),
            clients: vec![Book::default(); clients],
        }
    }

    fn on_lost(
        &self,
        at: Timestamp,
        client: usize,
        by: CancelledBy,
        generation: Option<Generation>,
    ) -> Result<(), String> {
        match by {
            CancelledBy::Disconnect => {
                let left = self.clients.get(client).and_then(|book| book.left);
                match left {
                    Some((left, true)) if Some(left) == generation => {
                        Err(format!("is lost to the goodbye on connection {left}"))
                    }
                    _ => Ok(()),
                }
            }
            CancelledBy::DeadMan => {
                let timeout = self.dead_man.unwrap_or(Duration::MAX);
                // Wound up before the last half of it began, and acknowledged.
                let wound = timeout / Trading::WINDS * 2;
                if self.circumstances.well_for(client, at, wound) {
                    return Err(format!(
                        "is lost to a dead-man switch of {timeout:?}, with a connection and \
                         nothing in its way for more than {wound:?}"
                    ));
                }
                Ok(())
            }
        }
    }

    /// Tells whether a client may vouch, at this moment, for what was just cancelled: for as long
    /// as the news of the end takes, or if its clock stood still meanwhile.
    fn may_err(&self, at: Timestamp, client: usize, by: CancelledBy) -> bool {
        let timeout = self.dead_man.unwrap_or_default();
        by == CancelledBy::Disconnect || self.circumstances.slept_within(client, at, timeout)
    }

    fn on_order(
        &mut self,
        at: Timestamp,
        client: usize,
        order: u64,
        what: OrderStep,
    ) -> Result<(), String> {
        if let OrderStep::Lost { by, generation } = what {
            self.on_lost(at, client, by, generation)?;
            let may_err = self.may_err(at, client, by);
            let Some(book) = self.clients.get_mut(client) else {
                return Ok(());
            };
            if book.lost.len() == Self::LOST_MAX {
                book.lost.pop_first();
            }
            book.lost.insert(order, at);
            if book.vouched.contains(&order) {
                book.wrong.insert(order, at);
                if !may_err {
                    return Err("is vouched for when the dead-man switch cancels it".to_owned());
                }
            }
            return Ok(());
        }
        let Some(book) = self.clients.get_mut(client) else {
            return Ok(());
        };
        book.wrong.remove(&order);
        if what == OrderStep::Disowned {
            book.vouched.remove(&order);
            return Ok(());
        }
        book.vouched.insert(order);
        let Some(lost_at) = book.lost.get(&order) else {
            return Ok(());
        };
        book.wrong.insert(order, *lost_at);
        let ago = at.saturating_since(*lost_at);
        // What the venue said before may have waited for a line, or for a client that slept.
        let settled = |since: Timestamp| at.saturating_since(since) > Circumstances::SETTLED;
        let is_clear = self.circumstances.clear_since(client, at).is_some_and(settled);
        if is_clear && settled(*lost_at) {
            return Err(format!("is vouched for, and was cancelled {ago:?} ago"));
        }
        Ok(())
    }
}

impl FleetOracle for Orders {
    fn name(&self) -> &'static str {
        "orders"
    }

    fn see(&mut self, entry: &Entry<FleetStep>) -> Result<(), String> {
        let at = entry.at;
        self.circumstances.see(entry);
        match &entry.what {
            FleetStep::Order { client, order, what } => self
                .on_order(at, *client, *order, *what)
                .map_err(|why| format!("order {order} of client {client} {why}")),
            FleetStep::Does { client, action: RecoveryAction::Rotate { from, .. } } => {
                let is_good = self.circumstances.well_for(*client, at, Duration::ZERO);
                if let Some(book) = self.clients.get_mut(*client) {
                    book.left = Some((*from, is_good));
                }
                Ok(())
            }
            FleetStep::Follows { client, generation } => {
                let book = self.clients.get(*client);
                match book.and_then(|book| book.vouched.first()) {
                    Some(order) => Err(format!(
                        "client {client} vouches for order {order} across the gap to connection \
                         {generation}"
                    )),
                    None => Ok(()),
                }
            }
            _ => Ok(()),
        }
    }

    fn tick(&mut self, now: Timestamp) -> Result<(), String> {
        for (client, book) in self.clients.iter().enumerate() {
            let stale = book.wrong.iter().find(|(_, since)| {
                now.saturating_since(**since) > Self::STALE
                    && self.circumstances.clear_since(client, now).is_some()
            });
            if let Some((order, since)) = stale {
                let ago = now.saturating_since(*since);
                return Err(format!(
                    "client {client} vouches for order {order}, which was cancelled {ago:?} ago"
                ));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use core::slice;

    use heartbeat_core::{Outcome, RotationReason};

    use super::super::tests::{generation, hears, judge};
    use super::*;
    use crate::LineChange;

    const DEAD_MAN: CancelledBy = CancelledBy::DeadMan;

    fn order(what: OrderStep) -> FleetStep {
        FleetStep::Order { client: 0, order: 7, what }
    }

    fn lost(by: CancelledBy, of: Option<u64>) -> FleetStep {
        order(OrderStep::Lost { by, generation: of.map(generation) })
    }

    fn told(story: &[(u64, FleetStep)]) -> Result<(), String> {
        let trading = Trading::default().dead_man(Some(Trading::DEAD_MAN_MIN));
        let begun = [(0, hears(0, 1, Outcome::Live))];
        judge(Orders::new(1, &trading), &[&begun, story].concat())
    }

    #[test]
    fn a_switch_that_runs_out_though_it_could_be_wound_up_is_found() {
        assert_eq!(told(&[(75_999, lost(DEAD_MAN, None))]), Ok(()), "just connected");
        assert!(told(&[(76_000, lost(DEAD_MAN, None))]).is_err());
        let dead = (10_000, FleetStep::Line { client: 0, change: LineChange::HalfOpen });
        assert_eq!(told(&[dead, (200_000, lost(DEAD_MAN, None))]), Ok(()));
    }

    #[test]
    fn a_goodbye_that_costs_orders_is_found() {
        let (from, to) = (generation(1), generation(2));
        let action = RecoveryAction::Rotate { from, to, reason: RotationReason::Requested };
        let left = (20_000, FleetStep::Does { client: 0, action });
        let by = CancelledBy::Disconnect;
        assert!(told(&[left.clone(), (20_100, lost(by, Some(1)))]).is_err());
        assert_eq!(told(&[left, (90_000, lost(by, Some(2)))]), Ok(()), "a later outage");
    }

    #[test]
    fn who_vouches_for_what_is_gone_is_found() {
        let vouched = (1_000, order(OrderStep::Vouched));
        let gone = (2_000, lost(CancelledBy::Disconnect, Some(1)));
        let follows = (9_000, FleetStep::Follows { client: 0, generation: generation(2) });
        let across = [vouched.clone(), gone.clone(), follows.clone()];
        assert!(told(&across).is_err(), "across a gap");
        let disowned = (3_000, order(OrderStep::Disowned));
        let again = (30_000, order(OrderStep::Vouched));
        let fair = [vouched.clone(), gone.clone(), disowned, follows];
        assert_eq!(told(&fair), Ok(()));
        assert!(told(&[&fair[..], slice::from_ref(&again)].concat()).is_err(), "again");
        // Seed 350 at Kalshi: what had waited for a machine that slept was read first, and the end
        // of the connection after it.
        let thaws = (29_000, FleetStep::Thaws { client: 0 });
        assert_eq!(told(&[&fair[..], &[thaws, again]].concat()), Ok(()), "news that waited");
        assert!(told(&[vouched.clone(), (3_000, lost(DEAD_MAN, None))]).is_err(), "unawares");
        assert!(
            told(&[vouched, gone, (902_001, hears(0, 2, Outcome::Armed))]).is_err(),
            "for long"
        );
    }
}
