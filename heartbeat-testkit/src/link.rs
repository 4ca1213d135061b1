//! One direction of a connection: what goes in comes out later, in order, or never.

use core::time::Duration;
use std::collections::VecDeque;

use heartbeat_core::Timestamp;

use crate::Rng;

/// How fast a link carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "a delay has a fixed part and a random one")]
pub struct Delay {
    /// The least time on the way.
    pub base: Duration,
    /// The most that chance adds to it.
    pub jitter: Duration,
}

impl Delay {
    /// What is sent arrives at once.
    pub const NONE: Self = Self { base: Duration::ZERO, jitter: Duration::ZERO };

    /// Twenty to thirty milliseconds, as to a venue on the same continent.
    pub const CONTINENT: Self =
        Self { base: Duration::from_millis(20), jitter: Duration::from_millis(10) };

    /// Returns the longest time on the way.
    pub const fn longest(self) -> Duration {
        self.base.saturating_add(self.jitter)
    }
}

/// One direction of a TCP connection, without IO.
///
/// Keeps order whatever the jitter, holds at most [`window`](Self::window) items, and knows
/// two ways to fail: [half-open](Self::set_half_open), when nothing arrives and nobody is
/// told, and [cut](Self::cut), when the other end learns that it is over.
///
/// ```
/// use core::time::Duration;
/// use heartbeat_core::Timestamp;
/// use heartbeat_testkit::{Arrival, Delay, Link, Rng};
///
/// let at = Timestamp::from_millis;
/// let delay = Delay { base: Duration::from_millis(20), jitter: Duration::ZERO };
/// let mut link = Link::new(delay, 2, Rng::from_seed(1));
/// assert!(link.send(at(0), "a") && link.send(at(5), "b"));
/// assert!(!link.send(at(5), "c"), "the window is full");
/// assert_eq!(link.next_at(), Some(at(20)));
/// assert_eq!(link.receive(at(19)), None);
/// assert_eq!(link.receive(at(20)), Some(Arrival::Item("a")));
/// // While half-open nothing comes; what was under way comes late, as TCP repeats it.
/// link.set_half_open(at(21), true);
/// assert_eq!(link.receive(at(100)), None);
/// link.set_half_open(at(100), false);
/// assert_eq!(link.receive(at(100)), None);
/// assert_eq!(link.receive(at(120)), Some(Arrival::Item("b")));
/// ```
#[derive(Clone, Debug)]
pub struct Link<T> {
    under_way: VecDeque<Transit<T>>,
    window: usize,
    delay: Delay,
    rng: Rng,
    half_open: bool,
    cut: bool,
}

/// Something under way.
#[derive(Clone, Debug)]
struct Transit<T> {
    /// When the next part of it arrives, if that is not all of it.
    part_at: Timestamp,
    /// When all of it has arrived.
    at: Timestamp,
    arrival: Arrival<T>,
}

/// How long a part of a long item takes.
const PART: Duration = Duration::from_millis(250);

/// What comes out of a [`Link`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "a stream carries items and then ends")]
pub enum Arrival<T> {
    /// Something that was sent.
    Item(T),
    /// A part of something long, and not the last.
    Part,
    /// The end: nothing follows.
    End,
}

impl<T> Link<T> {
    /// Makes a link that holds at most `window` items, at least one.
    pub fn new(delay: Delay, window: usize, rng: Rng) -> Self {
        Self {
            under_way: VecDeque::new(),
            window: window.max(1),
            delay,
            rng,
            half_open: false,
            cut: false,
        }
    }

    /// Returns how many items can be under way at once.
    pub const fn window(&self) -> usize {
        self.window
    }

    /// Returns how many items are under way.
    pub fn len(&self) -> usize {
        self.under_way.len()
    }

    /// Tells whether nothing is under way.
    pub fn is_empty(&self) -> bool {
        self.under_way.is_empty()
    }

    /// Tells whether the link takes another item.
    pub fn is_writable(&self) -> bool {
        !self.cut && self.under_way.len() < self.window
    }

    /// Sends an item; `false` if the link takes none.
    pub fn send(&mut self, now: Timestamp, item: T) -> bool {
        self.send_over(now, item, Duration::ZERO)
    }

    /// Sends an item that takes `span` to come in once it has begun to, in parts; `false` if the
    /// link takes none.
    pub fn send_over(&mut self, now: Timestamp, item: T, span: Duration) -> bool {
        let writable = self.is_writable();
        if writable {
            self.dispatch(now, Arrival::Item(item), span);
        }
        writable
    }

    /// Ends the link: what is under way still arrives, then the end.
    pub fn finish(&mut self, now: Timestamp) {
        if !self.cut {
            self.cut = true;
            self.dispatch(now, Arrival::End, Duration::ZERO);
        }
    }

    /// Cuts the link: what is under way is lost, and the end arrives.
    pub fn cut(&mut self, now: Timestamp) {
        if !self.cut {
            self.under_way.clear();
            self.finish(now);
        }
    }

    /// Makes the link half-open, so that nothing arrives, or heals it, so that what was held
    /// back arrives after the usual delay.
    pub fn set_half_open(&mut self, now: Timestamp, half_open: bool) {
        if self.half_open && !half_open {
            let soonest = self.arrival_at(now);
            for transit in &mut self.under_way {
                let held = soonest.saturating_since(transit.part_at);
                transit.part_at = transit.part_at.max(soonest);
                transit.at = transit.at.checked_add(held).unwrap_or(soonest);
            }
        }
        self.half_open = half_open;
    }

    /// Changes how fast the link carries what is sent from now on.
    pub const fn set_delay(&mut self, delay: Delay) {
        self.delay = delay;
    }

    /// Returns when the next arrival is due, or `None` if none is.
    pub fn next_at(&self) -> Option<Timestamp> {
        if self.half_open {
            return None;
        }
        self.under_way.front().map(|transit| transit.part_at.min(transit.at))
    }

    /// Takes out what has arrived by `now`, one at a time.
    pub fn receive(&mut self, now: Timestamp) -> Option<Arrival<T>> {
        if self.next_at()? > now {
            return None;
        }
        if let Some(front) = self.under_way.front_mut()
            && front.part_at < front.at
        {
            front.part_at = front.part_at.checked_add(PART).unwrap_or(front.at);
            return Some(Arrival::Part);
        }
        self.under_way.pop_front().map(|transit| transit.arrival)
    }

    fn dispatch(&mut self, now: Timestamp, arrival: Arrival<T>, span: Duration) {
        let begins = self.arrival_at(now);
        // Nothing overtakes: a stream keeps its order.
        let begins = self.under_way.back().map_or(begins, |last| begins.max(last.at));
        let at = begins.checked_add(span).unwrap_or(Timestamp::from_nanos(u64::MAX));
        self.under_way.push_back(Transit { part_at: begins, at, arrival });
    }

    fn arrival_at(&mut self, now: Timestamp) -> Timestamp {
        let jitter = self.rng.span_up_to(self.delay.jitter);
        let delay = self.delay.base.saturating_add(jitter);
        now.checked_add(delay).unwrap_or(Timestamp::from_nanos(u64::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    #[test]
    fn order_survives_any_jitter() {
        let delay = Delay { base: Duration::from_millis(1), jitter: Duration::from_secs(1) };
        let mut link = Link::new(delay, 1_000, Rng::from_seed(3));
        for item in 0..1_000 {
            assert!(link.send(at(item), item));
        }
        let mut expected = 0;
        while let Some(when) = link.next_at() {
            assert!(when >= at(expected + 1) && when <= at(expected + 1_001 + 1_000));
            assert_eq!(link.receive(when), Some(Arrival::Item(expected)));
            expected += 1;
        }
        assert_eq!(expected, 1_000);
    }

    #[test]
    fn a_long_item_comes_in_parts_and_stops_growing_while_half_open() {
        let mut link = Link::new(Delay::NONE, 4, Rng::from_seed(0));
        assert!(link.send_over(at(0), "long", Duration::from_millis(600)));
        assert!(link.send(at(0), "behind"));
        for part in [0, 250] {
            assert_eq!(link.next_at(), Some(at(part)));
            assert_eq!(link.receive(at(part)), Some(Arrival::Part));
        }
        link.set_half_open(at(300), true);
        assert_eq!(link.receive(at(9_000)), None);
        link.set_half_open(at(9_000), false);
        assert_eq!(link.receive(at(9_000)), Some(Arrival::Part));
        assert_eq!(link.receive(at(9_099)), None);
        assert_eq!(link.receive(at(9_100)), Some(Arrival::Item("long")));
        assert_eq!(link.receive(at(9_100)), Some(Arrival::Item("behind")));
    }

    #[test]
    fn a_cut_loses_what_is_under_way_and_a_finish_does_not() {
        let mut finished = Link::new(Delay::NONE, 4, Rng::from_seed(0));
        assert!(finished.send(at(0), 1));
        let mut cut = finished.clone();
        finished.finish(at(0));
        cut.cut(at(0));
        assert_eq!(finished.receive(at(0)), Some(Arrival::Item(1)));
        assert_eq!(finished.receive(at(0)), Some(Arrival::End));
        assert_eq!(cut.receive(at(0)), Some(Arrival::End));
        for link in [&mut finished, &mut cut] {
            assert_eq!(link.receive(at(0)), None);
            assert!(!link.send(at(1), 2));
        }
    }
}
