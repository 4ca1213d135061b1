//! What an application is shown is the venue's channel, and what is missing it is told.

use heartbeat_core::Timestamp;

use super::FleetOracle;
use super::circumstances::Circumstances;
use crate::{ChannelStep, Entry, FleetStep, Trading};

/// Complains of an application that is shown a message twice, or not in its order; that is not told
/// of exactly those that it misses; or that misses one although it had a connection and nothing
/// stood in its way, a rotation included.
///
/// Where messages are not known apart, what is shown after a gap may repeat.
#[derive(Clone, Debug)]
pub struct Sequence {
    circumstances: Circumstances,
    is_keyed: bool,
    clients: Vec<Reader>,
}

#[derive(Clone, Debug, Default)]
struct Reader {
    /// What was shown last, and when.
    shown: Option<(u64, Timestamp)>,
    /// What it was last told is missing.
    missed: Option<(u64, u64)>,
    /// Whether it was told so since anything was shown.
    is_told: bool,
    /// Whether there was a gap since anything was shown.
    has_gap: bool,
}

impl Sequence {
    /// Begins with so many clients that were shown nothing.
    pub fn new(clients: usize, trading: &Trading) -> Self {
        Self {
            circumstances: Circumstances::new(clients),
            is_keyed: trading.is_keyed(),
            clients: vec![Reader::default(); clients],
        }
    }

    /// Tells whether all that was published since `shown_at` must have come.
    fn must_have_all(&self, client: usize, shown_at: Timestamp, now: Timestamp) -> bool {
        let since = now.saturating_since(shown_at);
        self.is_keyed
            && !self.circumstances.in_maintenance(client)
            && self.circumstances.well_for(client, now, since)
    }
}

impl Reader {
    fn shows(&mut self, at: Timestamp, number: u64, may_repeat: bool) -> Result<(), String> {
        let missed = self.missed.filter(|_| self.is_told).map(|(_, last)| last);
        let before = missed.or(self.shown.map(|(shown, _)| shown));
        let may_repeat = may_repeat && self.has_gap;
        let is_right = before.is_none_or(|before| {
            number == before.saturating_add(1) || (may_repeat && number <= before)
        });
        self.shown = Some((number, at));
        self.is_told = false;
        self.has_gap = false;
        if is_right {
            return Ok(());
        }
        Err(format!("is shown {number} after {}", before.unwrap_or_default()))
    }

    fn misses(&mut self, first: u64, last: u64) -> Result<(), String> {
        let shown = self.shown.map(|(shown, _)| shown);
        let is_right = shown.is_none_or(|shown| first == shown.saturating_add(1)) && first <= last;
        let twice = core::mem::replace(&mut self.is_told, true);
        self.missed = Some((first, last));
        if is_right && !twice {
            return Ok(());
        }
        Err(format!("is told that it misses {first} to {last}, and was shown {shown:?} last"))
    }

    fn drops(&self, number: u64) -> Result<(), String> {
        let was_shown = self.shown.is_some_and(|(shown, _)| number <= shown);
        let was_missed = self.missed.is_some_and(|(from, to)| (from..=to).contains(&number));
        if was_shown && !was_missed {
            return Ok(());
        }
        Err(format!("is not shown {number}, which it has not seen"))
    }
}

impl FleetOracle for Sequence {
    fn name(&self) -> &'static str {
        "sequence"
    }

    fn see(&mut self, entry: &Entry<FleetStep>) -> Result<(), String> {
        let at = entry.at;
        self.circumstances.see(entry);
        let (client, what) = match &entry.what {
            FleetStep::Gap { client, .. } => {
                if let Some(reader) = self.clients.get_mut(*client) {
                    reader.has_gap = true;
                }
                return Ok(());
            }
            FleetStep::Channel { client, what } => (*client, *what),
            _ => return Ok(()),
        };
        let Some(shown) = self.clients.get(client).map(|reader| reader.shown) else {
            return Ok(());
        };
        let had_all = shown.is_some_and(|(_, since)| self.must_have_all(client, since, at));
        let is_keyed = self.is_keyed;
        let Some(reader) = self.clients.get_mut(client) else {
            return Ok(());
        };
        let judged = match what {
            ChannelStep::Shows(number) => reader.shows(at, number, !is_keyed),
            ChannelStep::Misses { first, last } => reader.misses(first, last).and_then(|()| {
                let why = "with a connection all the while and nothing in its way";
                if had_all { Err(format!("misses {first} to {last}, {why}")) } else { Ok(()) }
            }),
            ChannelStep::Drops(number) => reader.drops(number),
        };
        judged.map_err(|what| format!("client {client} {what}"))
    }
}

#[cfg(test)]
mod tests {
    use ChannelStep::{Drops, Misses, Shows};
    use heartbeat_core::{Cause, Outcome};

    use super::super::tests::{generation, hears, judge};
    use super::*;

    const LOST: Outcome = Outcome::Ended(Cause::TransportLost);

    /// What comes at 100 s and later, each a second after the other, of a client that was connected
    /// and shown 1 then, with `before` in between.
    fn told(is_keyed: bool, before: &[(u64, FleetStep)], steps: &[ChannelStep]) -> bool {
        let channel = |what| FleetStep::Channel { client: 0, what };
        let begun = [(0, hears(0, 1, Outcome::Live)), (99_000, channel(Shows(1)))];
        let seconds = (100_u64..).map(|second| second * 1_000);
        let then: Vec<_> = seconds.zip(steps.iter().map(|step| channel(*step))).collect();
        let trading = Trading::default().keyed(is_keyed);
        judge(Sequence::new(1, &trading), &[&begun, before, &then].concat()).is_ok()
    }

    #[test]
    fn what_is_shown_twice_or_skipped_or_out_of_order_is_found() {
        assert!(told(true, &[], &[Shows(2), Shows(3), Drops(2)]));
        assert!(!told(true, &[], &[Shows(2), Shows(2)]), "twice");
        assert!(!told(true, &[], &[Shows(3)]), "skipped");
        assert!(!told(true, &[], &[Drops(2)]), "dropped unseen");
    }

    #[test]
    fn what_is_told_is_exactly_what_is_missing() {
        let lost = [(99_500, hears(0, 1, LOST)), (99_600, hears(0, 2, Outcome::Live))];
        assert!(told(true, &lost, &[Misses { first: 2, last: 4 }, Shows(5)]));
        assert!(!told(true, &lost, &[Misses { first: 2, last: 4 }, Shows(4)]), "too much");
        assert!(!told(true, &lost, &[Misses { first: 2, last: 3 }, Shows(5)]), "too little");
        assert!(!told(true, &lost, &[Misses { first: 3, last: 4 }, Shows(5)]), "not from there");
        let told_late = [Misses { first: 2, last: 4 }, Shows(5), Drops(3)];
        assert!(!told(true, &lost, &told_late), "it did come, and was told missing");
    }

    #[test]
    fn nothing_is_missing_while_nothing_stands_in_the_way() {
        let misses = [Misses { first: 2, last: 4 }, Shows(5)];
        let live = [(99_500, hears(0, 2, Outcome::Live))];
        assert!(!told(true, &live, &misses), "a rotation is no excuse");
        assert!(told(false, &live, &misses), "but for who cannot know messages apart");
    }

    #[test]
    fn who_cannot_know_messages_apart_may_see_them_twice_after_a_gap() {
        let since = Timestamp::ZERO;
        let gap = [(99_500, FleetStep::Gap { client: 0, generation: generation(2), since })];
        assert!(told(false, &gap, &[Shows(1), Shows(2)]));
        assert!(!told(false, &[], &[Shows(1)]));
        assert!(!told(true, &gap, &[Shows(1)]));
    }
}
