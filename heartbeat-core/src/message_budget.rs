//! How many messages a venue lets us send in a span of time, with a share for heartbeats.

use alloc::boxed::Box;
use alloc::vec;
use core::time::Duration;

use crate::{BudgetError, Timestamp};

/// The most messages that a [`MessageLimit`] can count in its window: 512 KiB of times.
pub const MESSAGES_MAX: u32 = 65_536;

/// At most so many messages in any span, of which some are kept for heartbeats.
///
/// ```
/// use core::time::Duration;
/// use heartbeat_core::MessageLimit;
///
/// let second = Duration::from_secs(1);
/// assert_eq!(MessageLimit::new(5, second, 1).unwrap().reserve(), 1);
/// assert_eq!(
///     MessageLimit::new(5, second, 5).unwrap_err().to_string(),
///     "reserve (5) must be less than count (5)",
/// );
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct MessageLimit {
    count: u32,
    per: Duration,
    reserve: u32,
    counts_control_frames: bool,
}

/// On whose behalf a message is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "whoever can make a connection send is here")]
pub enum Speaker {
    /// The application. It may use all but the reserve.
    Application,
    /// The application, with what must not wait behind all else that it has to say, such as the
    /// cancellation of an order. It may use all but the half of the reserve, rounded up.
    Urgent,
    /// The machine: responses, probes, whatever keeps the connection. It may use all there is.
    Heartbeat,
    /// The transport, which answers the venue's pings by itself and asks nobody. The application
    /// waits for what it uses, the machine does not: a venue that pings more often than it lets
    /// us speak would otherwise be taken for dead, because no probe may leave.
    Transport,
}

/// A strict sliding window over what is sent on one connection.
///
/// The application never takes the last `reserve` places of any window, and what is urgent never
/// the last half of them, so that as many heartbeats leave at once whatever the application does;
/// heartbeats beyond that wait for each other and compete with the application for the rest.
/// Windows are half open: a message leaves the window exactly `per` after it was admitted. What is
/// counted is when a message was admitted; between that and its arrival lies the network, which
/// may push messages together, so leave a margin below what the venue allows.
///
/// Keeps four times for each message that the limit allows, on the heap, from the start. A step of
/// the clock back counts as no time passed. Every call but the one that makes it takes constant
/// time.
///
/// ```
/// use core::time::Duration;
/// use heartbeat_core::{MessageWindow, MessageLimit, Speaker, Timestamp};
///
/// let at = Timestamp::from_millis;
/// let mut budget = MessageWindow::new(MessageLimit::new(3, Duration::from_secs(1), 1)?);
/// assert_eq!(budget.admit(at(0), Speaker::Application), Ok(()));
/// assert_eq!(budget.admit(at(100), Speaker::Application), Ok(()));
/// // The third place is for a heartbeat.
/// assert_eq!(budget.admit(at(200), Speaker::Application), Err(at(1_000)));
/// assert_eq!(budget.admit(at(200), Speaker::Heartbeat), Ok(()));
/// assert_eq!(budget.admit(at(200), Speaker::Heartbeat), Err(at(1_000)));
/// # Ok::<(), heartbeat_core::BudgetError>(())
/// ```
#[derive(Clone, Debug)]
pub struct MessageWindow {
    limit: MessageLimit,
    /// Everything.
    all: Ring,
    /// Everything but what the transport says by itself.
    spoken: Ring,
    /// What the application says, urgent or not.
    application: Ring,
    /// What of that is not urgent.
    patient: Ring,
    /// The latest time seen; time never goes back from it.
    now: Timestamp,
}

/// The times of the last messages, as many as it has room for.
#[derive(Clone, Debug)]
struct Ring {
    at: Box<[Timestamp]>,
    /// Where the next time is written; the oldest stands there once the ring is full.
    next: usize,
    len: usize,
}

impl MessageLimit {
    /// Makes a limit of `count` messages in any span of `per`, `reserve` of them for heartbeats,
    /// to which ping and pong frames [count](Self::counting_control_frames).
    ///
    /// Choose a reserve that holds what the venue asks and what is probed in one window; at a
    /// venue whose heartbeats do not count, 1 is enough.
    ///
    /// # Errors
    ///
    /// [`BudgetError`] if any of them is zero, `reserve` is not less than `count`, or `count` is
    /// greater than [`MESSAGES_MAX`].
    pub const fn new(count: u32, per: Duration, reserve: u32) -> Result<Self, BudgetError> {
        if count == 0 {
            return Err(BudgetError::Zero { field: "count" });
        }
        if per.is_zero() {
            return Err(BudgetError::Zero { field: "per" });
        }
        if reserve == 0 {
            return Err(BudgetError::Zero { field: "reserve" });
        }
        if reserve >= count {
            return Err(BudgetError::NothingLeft { reserve, count });
        }
        if count > MESSAGES_MAX {
            return Err(BudgetError::TooMany { count, count_max: MESSAGES_MAX });
        }
        Ok(Self { count, per, reserve, counts_control_frames: true })
    }

    /// Sets whether ping and pong frames count like messages; by default they do, which is the
    /// stricter reading of a venue that does not say.
    #[must_use]
    pub const fn counting_control_frames(mut self, counts: bool) -> Self {
        self.counts_control_frames = counts;
        self
    }

    /// Returns how many messages any span of [`per`](Self::per) may hold.
    pub const fn count(&self) -> u32 {
        self.count
    }

    /// Returns the length of the window.
    pub const fn per(&self) -> Duration {
        self.per
    }

    /// Returns how many of them the application cannot have.
    pub const fn reserve(&self) -> u32 {
        self.reserve
    }

    /// Returns how many messages any span of [`per`](Self::per) may hold that a speaker has a say
    /// in.
    pub const fn share_of(&self, speaker: Speaker) -> u32 {
        let kept = match speaker {
            Speaker::Application => self.reserve,
            Speaker::Urgent => self.reserve.div_ceil(2),
            Speaker::Heartbeat | Speaker::Transport => 0,
        };
        self.count.saturating_sub(kept)
    }

    /// Returns how long it takes until `messages` of the application's have left, if nothing was
    /// sent before and all are there at once.
    ///
    /// ```
    /// use core::time::Duration;
    /// use heartbeat_core::MessageLimit;
    ///
    /// let limit = MessageLimit::new(5, Duration::from_secs(1), 1)?;
    /// assert_eq!(limit.time_for(4), Duration::ZERO);
    /// assert_eq!(limit.time_for(5), Duration::from_secs(1));
    /// assert_eq!(limit.time_for(120), Duration::from_secs(29));
    /// # Ok::<(), heartbeat_core::BudgetError>(())
    /// ```
    pub const fn time_for(&self, messages: u32) -> Duration {
        let share = self.share_of(Speaker::Application);
        match messages.saturating_sub(1).checked_div(share) {
            Some(windows) => self.per.saturating_mul(windows),
            None => Duration::MAX,
        }
    }

    /// Tells whether ping and pong frames count.
    pub const fn counts_control_frames(&self) -> bool {
        self.counts_control_frames
    }
}

impl MessageWindow {
    /// Makes a budget with nothing spent.
    pub fn new(limit: MessageLimit) -> Self {
        Self {
            limit,
            all: Ring::new(limit.count),
            spoken: Ring::new(limit.count),
            application: Ring::new(limit.share_of(Speaker::Urgent)),
            patient: Ring::new(limit.share_of(Speaker::Application)),
            now: Timestamp::ZERO,
        }
    }

    /// Admits a message that is sent now, and counts it.
    ///
    /// # Errors
    ///
    /// When the next message of this speaker's may be sent, if none may now. Nothing is counted
    /// then.
    pub fn admit(&mut self, now: Timestamp, speaker: Speaker) -> Result<(), Timestamp> {
        let at = self.next_at(now, speaker);
        self.now = self.now.max(now);
        if at > self.now {
            return Err(at);
        }
        self.count(speaker);
        Ok(())
    }

    /// Counts a message that is sent now and that nobody could hold back, such as a pong of the
    /// transport's. The window may then hold more than the limit, and nothing else is admitted
    /// until it does not.
    pub fn record(&mut self, now: Timestamp, speaker: Speaker) {
        self.now = self.now.max(now);
        self.count(speaker);
    }

    /// Returns when the next message of this speaker's may be sent: `now` if it may at once, or
    /// the latest time that the budget was shown if that is later.
    pub fn next_at(&self, now: Timestamp, speaker: Speaker) -> Timestamp {
        let per = self.limit.per;
        let opens_at = match speaker {
            Speaker::Transport => Timestamp::ZERO,
            Speaker::Heartbeat => self.spoken.opens_at(per),
            Speaker::Urgent => self.all.opens_at(per).max(self.application.opens_at(per)),
            Speaker::Application => {
                let application = self.application.opens_at(per).max(self.patient.opens_at(per));
                self.all.opens_at(per).max(application)
            }
        };
        self.now.max(now).max(opens_at)
    }

    /// Takes back a message that was admitted at `at` and did not leave after all. Does nothing
    /// if none was.
    pub fn retract(&mut self, at: Timestamp, speaker: Speaker) {
        for ring in self.rings(speaker).into_iter().flatten() {
            ring.take_back(at);
        }
    }

    /// Returns the limit.
    pub const fn limit(&self) -> &MessageLimit {
        &self.limit
    }

    fn count(&mut self, speaker: Speaker) {
        let now = self.now;
        for ring in self.rings(speaker).into_iter().flatten() {
            ring.push(now);
        }
    }

    /// Returns where a message counts.
    fn rings(&mut self, speaker: Speaker) -> [Option<&mut Ring>; 4] {
        let speaks = speaker != Speaker::Transport;
        let is_application = matches!(speaker, Speaker::Application | Speaker::Urgent);
        let is_patient = speaker == Speaker::Application;
        [
            Some(&mut self.all),
            speaks.then_some(&mut self.spoken),
            is_application.then_some(&mut self.application),
            is_patient.then_some(&mut self.patient),
        ]
    }
}

impl Ring {
    fn new(capacity: u32) -> Self {
        let capacity = usize::try_from(capacity).unwrap_or(usize::MAX);
        Self { at: vec![Timestamp::ZERO; capacity].into_boxed_slice(), next: 0, len: 0 }
    }

    /// Returns when the window has room for one more.
    fn opens_at(&self, per: Duration) -> Timestamp {
        if self.len < self.at.len() {
            return Timestamp::ZERO;
        }
        self.at.get(self.next).map_or(Timestamp::ZERO, |oldest| oldest.saturating_add(per))
    }

    /// Takes out the latest of these times, and closes the hole that it leaves.
    fn take_back(&mut self, at: Timestamp) {
        let Some(mut hole) = self.newest_first().find(|index| self.time(*index) == at) else {
            return;
        };
        while self.after(hole) != self.next {
            let after = self.after(hole);
            self.at.swap(hole, after);
            hole = after;
        }
        self.next = hole;
        self.len = self.len.saturating_sub(1);
    }

    fn newest_first(&self) -> impl Iterator<Item = usize> + use<> {
        let (capacity, next) = (self.at.len(), self.next);
        (1..=self.len).map(move |back| {
            let index = next.saturating_add(capacity).saturating_sub(back);
            index.checked_rem(capacity).unwrap_or(0)
        })
    }

    fn after(&self, index: usize) -> usize {
        index.saturating_add(1).checked_rem(self.at.len()).unwrap_or(0)
    }

    fn time(&self, index: usize) -> Timestamp {
        self.at.get(index).copied().unwrap_or(Timestamp::ZERO)
    }

    fn push(&mut self, now: Timestamp) {
        if let Some(slot) = self.at.get_mut(self.next) {
            *slot = now;
        }
        self.next = self.after(self.next);
        self.len = self.len.saturating_add(1).min(self.at.len());
    }
}

#[cfg(test)]
mod tests {
    use std::vec::Vec;

    use super::*;
    use crate::rng::Rng;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn a_limit_that_leaves_nothing_to_one_side_is_none() {
        let new = |count, reserve| MessageLimit::new(count, SECOND, reserve);
        assert_eq!(new(0, 1).unwrap_err(), BudgetError::Zero { field: "count" });
        assert_eq!(new(5, 0).unwrap_err(), BudgetError::Zero { field: "reserve" });
        let left = BudgetError::NothingLeft { reserve: 1, count: 1 };
        assert_eq!(new(1, 1).unwrap_err(), left);
        assert!(new(MESSAGES_MAX, 1).is_ok());
        let too_many = BudgetError::TooMany { count: MESSAGES_MAX + 1, count_max: MESSAGES_MAX };
        assert_eq!(new(MESSAGES_MAX + 1, 1).unwrap_err(), too_many);
        let zero = MessageLimit::new(5, Duration::ZERO, 1).unwrap_err();
        assert_eq!(zero, BudgetError::Zero { field: "per" });
    }

    /// Whatever the pattern of calls, on a clock that is set back now and then: no window holds
    /// more than the limit, nor more of the application's than its share, and heartbeats that
    /// keep to the reserve are admitted at once.
    #[test]
    fn no_window_holds_too_many_and_no_heartbeat_waits_for_the_application() {
        for seed in 0..200 {
            let mut rng = Rng::from_seed(seed);
            let mut below = |bound: u64| {
                u64::try_from(rng.span_up_to(Duration::from_nanos(bound - 1)).as_nanos()).unwrap()
            };
            let count = u32::try_from(2 + below(7)).unwrap();
            let reserve = u32::try_from(1 + below(u64::from(count) - 1)).unwrap();
            let per = 2 + below(50);
            let limit = MessageLimit::new(count, Duration::from_nanos(per), reserve).unwrap();
            let mut budget = MessageWindow::new(limit);
            let (mut all, mut application, mut heartbeats) = (Vec::new(), Vec::new(), Vec::new());
            let (mut clock, mut latest) = (0, 0);
            for _ in 0..2_000 {
                clock += below(4) * below(per);
                if below(10) == 0 {
                    clock -= below(3 * per).min(clock);
                }
                latest = clock.max(latest);
                let now = Timestamp::from_nanos(clock);
                if below(3) > 0 {
                    // A flood: all that it can get.
                    while budget.admit(now, Speaker::Application).is_ok() {
                        all.push(latest);
                        application.push(latest);
                    }
                }
                let lately = heartbeats.iter().rev().take_while(|at| latest - **at < per).count();
                let admitted = budget.admit(now, Speaker::Heartbeat);
                if admitted.is_ok() {
                    all.push(latest);
                    heartbeats.push(latest);
                }
                let keeps_to_reserve = u32::try_from(lately).unwrap() < reserve;
                assert!(admitted.is_ok() || !keeps_to_reserve, "seed {seed} at {latest}");
            }
            for (sent, most) in [(&all, count), (&application, count - reserve)] {
                let most = usize::try_from(most).unwrap();
                assert!(sent.len() > most, "seed {seed} sends too little to prove anything");
                for (first, after) in sent.iter().zip(sent.iter().skip(most)) {
                    assert!(after - first >= per, "seed {seed}: {most} in {per} at {first}");
                }
            }
        }
    }

    #[test]
    fn what_nobody_could_hold_back_closes_the_window_for_the_rest() {
        let at = Timestamp::from_millis;
        let mut budget = MessageWindow::new(MessageLimit::new(3, SECOND, 1).unwrap());
        for millis in [0, 100, 200, 300, 400] {
            budget.record(at(millis), Speaker::Heartbeat);
        }
        // Of the window that ends now, the third newest is what opens it.
        for speaker in [Speaker::Application, Speaker::Heartbeat] {
            assert_eq!(budget.admit(at(400), speaker), Err(at(1_200)));
        }
        assert_eq!(budget.admit(at(1_200), Speaker::Application), Ok(()));
    }

    #[test]
    fn pings_of_the_venues_hold_up_the_application_and_no_heartbeat() {
        let at = Timestamp::from_millis;
        let mut budget = MessageWindow::new(MessageLimit::new(5, SECOND, 1).unwrap());
        for millis in (0..10_000).step_by(125) {
            budget.record(at(millis), Speaker::Transport);
            if millis >= 1_000 {
                assert!(budget.admit(at(millis), Speaker::Application).is_err(), "at {millis} ms");
            }
            if millis % 3_000 == 0 {
                assert_eq!(budget.admit(at(millis), Speaker::Heartbeat), Ok(()), "at {millis} ms");
            }
        }
    }

    #[test]
    fn what_is_urgent_has_half_of_the_reserve_and_leaves_the_other_half() {
        let at = Timestamp::from_millis;
        let mut budget = MessageWindow::new(MessageLimit::new(10, SECOND, 4).unwrap());
        let mut all_of = |speaker| {
            core::iter::repeat_with(|| budget.admit(at(0), speaker))
                .take_while(Result::is_ok)
                .count()
        };
        assert_eq!(all_of(Speaker::Application), 6);
        assert_eq!(all_of(Speaker::Urgent), 2);
        assert_eq!(all_of(Speaker::Heartbeat), 2);
        // What is urgent counts against the application, so that the reserve stays one.
        let mut budget = MessageWindow::new(MessageLimit::new(10, SECOND, 4).unwrap());
        let mut all_of = |speaker| {
            core::iter::repeat_with(|| budget.admit(at(0), speaker))
                .take_while(Result::is_ok)
                .count()
        };
        assert_eq!(all_of(Speaker::Urgent), 8);
        assert_eq!(all_of(Speaker::Application), 0);
        assert_eq!(all_of(Speaker::Heartbeat), 2);
    }

    /// A place that was taken and given back, with others taken in between, was never taken.
    #[test]
    fn what_is_retracted_was_never_there() {
        const SPEAKERS: [Speaker; 3] = [Speaker::Application, Speaker::Urgent, Speaker::Heartbeat];
        let any_of = |number: u64| match number {
            0 => Speaker::Application,
            1 => Speaker::Urgent,
            _ => Speaker::Heartbeat,
        };
        for seed in 0..200 {
            let mut rng = Rng::from_seed(seed);
            let mut below = |bound: u64| {
                u64::try_from(rng.span_up_to(Duration::from_nanos(bound - 1)).as_nanos()).unwrap()
            };
            let limit = MessageLimit::new(6, Duration::from_nanos(40), 3).unwrap();
            let (mut budget, mut other) = (MessageWindow::new(limit), MessageWindow::new(limit));
            let mut clock = 1;
            for _ in 0..500 {
                clock += below(9);
                let now = Timestamp::from_nanos(clock);
                let speaker = any_of(below(3));
                let taken = budget.admit(now, speaker).is_ok();
                clock += below(2);
                let between = Timestamp::from_nanos(clock);
                let with = any_of(below(3));
                if below(2) == 0 && budget.admit(between, with).is_ok() {
                    assert_eq!(other.admit(between, with), Ok(()), "seed {seed} at {clock}");
                }
                if taken {
                    budget.retract(now, speaker);
                }
                for speaker in SPEAKERS {
                    let next = [&budget, &other].map(|budget| budget.next_at(between, speaker));
                    assert_eq!(next.first(), next.last(), "seed {seed} at {clock}: {speaker:?}");
                }
            }
        }
    }

    #[test]
    fn the_application_gets_all_of_its_share() {
        let at = Timestamp::from_millis;
        let mut budget = MessageWindow::new(MessageLimit::new(5, SECOND, 2).unwrap());
        let mut admitted = 0;
        for millis in 0..10_000 {
            while budget.admit(at(millis), Speaker::Application).is_ok() {
                admitted += 1;
            }
        }
        assert_eq!(admitted, 3 * 10);
    }
}
