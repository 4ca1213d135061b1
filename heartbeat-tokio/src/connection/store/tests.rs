//! What waits is bounded by what it holds, and only what is missing is told as a loss.

use super::*;

/// A message by its number, an observation, or a loss.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Thing {
    Message(u64, usize),
    Routine(u64),
    Notable(u64),
    Lost(u64, u64),
}

impl Entry for Thing {
    fn lost(loss: Loss) -> Self {
        Self::Lost(loss.lagged.frames, loss.lagged.bytes)
    }

    fn kind(&self) -> Kind {
        match self {
            Self::Message(_, bytes) => Kind::Message(*bytes),
            Self::Routine(_) => Kind::Routine,
            Self::Notable(_) | Self::Lost(..) => Kind::Notable,
        }
    }

    fn add_to(&self, at: Timestamp, loss: &mut Option<Loss>) {
        if let Self::Message(_, bytes) = self {
            Loss::add_message(loss, at, *bytes);
        }
    }
}

const OVERHEAD: usize = Store::<Thing>::OVERHEAD;

fn store(bytes_max: usize, overflow: Overflow) -> Store<Thing> {
    Store::new(bytes_max, overflow)
}

fn at(number: u64) -> Timestamp {
    Timestamp::from_millis(number)
}

fn push(store: &mut Store<Thing>, number: u64, bytes: usize) -> Kept {
    store.push(at(number), Thing::Message(number, bytes))
}

fn pop_all(store: &mut Store<Thing>) -> Vec<Thing> {
    core::iter::from_fn(|| store.pop()).map(|(_, thing)| thing).collect()
}

/// A snapshot that is longer than the whole bound, and the updates that follow it in the same
/// batch, before the application can read: all of it is there.
#[test]
fn a_message_longer_than_the_bound_is_delivered_with_what_follows_it() {
    for overflow in [Overflow::DropOldest, Overflow::DropNewest, Overflow::Disconnect] {
        let mut store = store(4 << 20, overflow);
        let mut expected = Vec::new();
        for (number, bytes) in [(1, 100), (2, 5_000_000), (3, 100), (4, 100)] {
            assert_eq!(push(&mut store, number, bytes), Kept::All, "{overflow:?}: {number}");
            expected.push(Thing::Message(number, bytes));
        }
        assert_eq!(pop_all(&mut store), expected, "{overflow:?}");
        assert_eq!(store.held(), 0);
    }
}

/// An hour of pairs of a long and a short message that nobody reads: one of each long kind is
/// held, and never more than the bound beside it.
#[test]
fn what_nobody_reads_never_holds_more_than_the_bound_and_one_message() {
    let (bound, long) = (4 << 20, 5 << 20);
    for overflow in [Overflow::DropOldest, Overflow::DropNewest] {
        let mut store = store(bound, overflow);
        let mut most = 0;
        for number in 0..36_000 {
            let bytes = if number % 2 == 0 { long + 1 } else { 221 };
            let _ = push(&mut store, number, bytes);
            most = most.max(store.held());
        }
        assert!((long..=bound + long + 1 + OVERHEAD).contains(&most), "{overflow:?}: {most}");
        let rest = pop_all(&mut store);
        let told = rest.iter().map(|thing| match thing {
            Thing::Lost(frames, _) => *frames,
            Thing::Message(..) | Thing::Routine(_) | Thing::Notable(_) => 1,
        });
        assert_eq!(told.sum::<u64>(), 36_000, "{overflow:?}: what is not there was told");
    }
}

/// A flood of what is measured costs neither memory nor certainty, and hides no news.
#[test]
fn observations_beyond_their_bound_are_no_loss_of_messages() {
    let mut store = store(4 << 20, Overflow::DropOldest);
    let _ = push(&mut store, 0, 10);
    let _ = store.push(at(1), Thing::Notable(1));
    for number in 2..100_000 {
        assert_eq!(store.push(at(number), Thing::Routine(number)), Kept::All);
    }
    let _ = push(&mut store, 100_000, 10);
    let rest = pop_all(&mut store);
    assert_eq!(rest.len(), OBSERVATIONS_MAX + 2);
    assert_eq!(rest[..2], [Thing::Message(0, 10), Thing::Notable(1)]);
    assert_eq!(rest[2], Thing::Routine(100_000 - 255));
    assert_eq!(rest.last(), Some(&Thing::Message(100_000, 10)));
    // News alone are bounded too.
    for number in 0..100_000 {
        let _ = store.push(at(number), Thing::Notable(number));
    }
    assert_eq!(pop_all(&mut store).len(), OBSERVATIONS_MAX);
}

#[test]
fn messages_and_observations_come_out_as_they_went_in() {
    let mut store = store(4 << 20, Overflow::DropOldest);
    let things: Vec<_> = (0..100)
        .map(|number| match number % 3 {
            0 => Thing::Message(number, 10),
            1 => Thing::Routine(number),
            _ => Thing::Notable(number),
        })
        .collect();
    for (number, thing) in (0..).zip(&things) {
        let _ = store.push(at(number), thing.clone());
    }
    assert_eq!(store.oldest_message(), Some(at(0)));
    assert_eq!(store.pop(), Some((at(0), things[0].clone())));
    assert_eq!(store.oldest_message(), Some(at(3)));
    assert_eq!(pop_all(&mut store), things[1..]);
    assert_eq!(store.oldest_message(), None);
}

#[test]
fn the_oldest_make_room_and_are_missed_where_they_lay() {
    let mut store = store(2 * (OVERHEAD + 10), Overflow::DropOldest);
    for number in 1..=5 {
        let expected = if number <= 2 { Kept::All } else { Kept::NotAll };
        assert_eq!(push(&mut store, number, 10), expected);
    }
    let rest = [Thing::Lost(3, 30), Thing::Message(4, 10), Thing::Message(5, 10)];
    assert_eq!(pop_all(&mut store), rest);
    // A gap is told once.
    let _ = push(&mut store, 6, 10);
    assert_eq!(pop_all(&mut store), [Thing::Message(6, 10)]);
}

#[test]
fn the_newest_find_no_room_and_are_missed_where_they_would_lie() {
    for overflow in [Overflow::DropNewest, Overflow::Disconnect] {
        let mut store = store(2 * (OVERHEAD + 10), overflow);
        for number in 1..=4 {
            let _ = push(&mut store, number, 10);
        }
        assert_eq!(store.pop(), Some((at(1), Thing::Message(1, 10))));
        assert_eq!(push(&mut store, 5, 10), Kept::All);
        let rest = [Thing::Message(2, 10), Thing::Lost(2, 20), Thing::Message(5, 10)];
        assert_eq!(pop_all(&mut store), rest);
        assert_eq!(store.held(), 0);
    }
}

#[test]
fn many_gaps_do_not_outgrow_the_bound() {
    let mut store = store(2 * (OVERHEAD + 10), Overflow::DropNewest);
    for number in 0..100 {
        let _ = push(&mut store, number, 10);
        if number % 3 == 0 {
            let _ = store.pop();
        }
        assert!(store.held() <= 3 * OVERHEAD + 20);
    }
}
