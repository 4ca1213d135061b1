//! A message budget that many connections share, because the venue counts what comes from one
//! address or for one account, on whichever connection.

use core::task::Waker;
use core::time::Duration;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use heartbeat_core::{MessageLimit, MessageWindow, Speaker, Timestamp};

use crate::clock::MonotonicClock;

/// How long a place that is free waits for whoever is first in line, who may sit on a thread that
/// is blocked. After that it is for whoever asks.
const FIRST_REFUSAL: Duration = Duration::from_millis(20);

/// The budget, and the line of connections whose applications wait for it.
///
/// A connection stands in line once, so the line is as long as there are connections. Places go
/// round: whoever has had one stands behind the others. Heartbeats do not stand in line; they
/// have their reserve.
#[derive(Debug)]
pub(crate) struct SharedBudget {
    clock: MonotonicClock,
    state: Mutex<State>,
}

#[derive(Debug)]
pub(super) struct State {
    messages: MessageWindow,
    line: VecDeque<Waiter>,
    seats: u64,
}

#[derive(Debug)]
struct Waiter {
    seat: u64,
    is_urgent: bool,
    waker: Waker,
}

impl SharedBudget {
    /// Makes a budget with nothing spent, on the axis of a clock that all who share it go by.
    pub(crate) fn new(limit: MessageLimit, clock: MonotonicClock) -> Self {
        let state = State { messages: MessageWindow::new(limit), line: VecDeque::new(), seats: 0 };
        Self { clock, state: Mutex::new(state) }
    }

    /// Returns what it lets all who share it send.
    pub(crate) fn limit(&self) -> MessageLimit {
        *self.lock().messages.limit()
    }

    /// A panic elsewhere cannot have left the state in pieces: nothing under the lock panics but
    /// a platform that composes a heartbeat, and that changes nothing here.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One connection's share in a [`SharedBudget`].
#[derive(Debug)]
pub(super) struct Seat {
    shared: Arc<SharedBudget>,
    number: u64,
    in_line: bool,
    /// A place that was taken and not used yet.
    taken: Option<(Timestamp, Speaker)>,
}

impl Seat {
    pub(super) fn new(shared: Arc<SharedBudget>) -> Self {
        let mut state = shared.lock();
        let number = state.seats;
        state.seats = number.wrapping_add(1);
        drop(state);
        Self { shared, number, in_line: false, taken: None }
    }

    /// Takes a place for a message of the application's, and keeps it until it is
    /// [used](Self::settle). Where there is none for it now it stands in line, and says how long
    /// to wait before it asks again; it is woken when it has come to the front.
    pub(super) fn take(&mut self, speaker: Speaker, waker: &Waker) -> Result<(), Duration> {
        if self.taken.is_some_and(|(_, taken)| taken == speaker) {
            return Ok(());
        }
        self.give_back();
        let now = self.shared.clock.now();
        let mut state = self.shared.lock();
        let is_urgent = speaker == Speaker::Urgent;
        let is_first = state
            .line
            .front()
            .is_none_or(|first| first.seat == self.number || (is_urgent && !first.is_urgent));
        let opened_at = state.messages.next_at(Timestamp::ZERO, speaker);
        let mine_at = if is_first { opened_at } else { opened_at.saturating_add(FIRST_REFUSAL) };
        if mine_at > now {
            state.stand_in_line(self.number, is_urgent, waker);
            self.in_line = true;
            return Err(mine_at.saturating_since(now));
        }
        state.messages.record(now, speaker);
        state.leave_line(self.number);
        let overtaken = if is_first { None } else { state.line.pop_front() };
        let next = state.first();
        drop(state);
        self.in_line = false;
        self.taken = Some((now, speaker));
        // Who was overtaken takes a place at the end when it asks again.
        overtaken.map(|waiter| waiter.waker).into_iter().chain(next).for_each(Waker::wake);
        Ok(())
    }

    /// Uses the place that was taken, if the message counts.
    pub(super) fn settle(&mut self, counts: bool) {
        if counts {
            self.taken = None;
        } else {
            self.give_back();
        }
    }

    /// Wants no place any more.
    pub(super) fn leave(&mut self) {
        self.give_back();
        if core::mem::take(&mut self.in_line) {
            let mut state = self.shared.lock();
            state.leave_line(self.number);
            let next = state.first();
            drop(state);
            next.into_iter().for_each(Waker::wake);
        }
    }

    /// Locks the budget for a heartbeat, so that nobody takes the place between the question and
    /// the answer. Not to be held across anything that waits.
    pub(super) fn window(&self) -> (Timestamp, MutexGuard<'_, State>) {
        (self.shared.clock.now(), self.shared.lock())
    }

    fn give_back(&mut self) {
        if let Some((at, speaker)) = self.taken.take() {
            let mut state = self.shared.lock();
            state.messages.retract(at, speaker);
            let next = state.first();
            drop(state);
            next.into_iter().for_each(Waker::wake);
        }
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.leave();
    }
}

impl State {
    pub(super) const fn messages(&mut self) -> &mut MessageWindow {
        &mut self.messages
    }

    fn stand_in_line(&mut self, seat: u64, is_urgent: bool, waker: &Waker) {
        let stands = |waiter: &Waiter| waiter.seat == seat;
        if let Some(waiter) = self.line.iter_mut().find(|waiter| stands(waiter))
            && waiter.is_urgent == is_urgent
        {
            waiter.waker.clone_from(waker);
            return;
        }
        self.line.retain(|waiter| !stands(waiter));
        let waiter = Waiter { seat, is_urgent, waker: waker.clone() };
        let behind = |other: &Waiter| is_urgent && !other.is_urgent;
        let place = self.line.iter().position(behind).unwrap_or(self.line.len());
        self.line.insert(place, waiter);
    }

    fn leave_line(&mut self, seat: u64) {
        self.line.retain(|waiter| waiter.seat != seat);
    }

    fn first(&self) -> Option<Waker> {
        self.line.front().map(|waiter| waiter.waker.clone())
    }
}

#[cfg(test)]
mod tests {
    use tokio_test::{assert_pending, assert_ready};

    use super::*;

    /// A budget of one message a second for applications, and one for heartbeats.
    fn budget() -> Arc<SharedBudget> {
        let limit = MessageLimit::new(2, Duration::from_secs(1), 1).unwrap();
        Arc::new(SharedBudget::new(limit, MonotonicClock::anchored(Timestamp::ZERO)))
    }

    /// A future that is ready when a seat has its place, and arms no timer of its own.
    macro_rules! taking {
        ($seat:ident, $speaker:expr) => {
            tokio_test::task::spawn(core::future::poll_fn(|cx| {
                match $seat.take($speaker, cx.waker()) {
                    Ok(()) => core::task::Poll::Ready(()),
                    Err(_) => core::task::Poll::Pending,
                }
            }))
        };
    }

    async fn pass(millis: u64) {
        tokio::time::advance(Duration::from_millis(millis)).await;
    }

    #[tokio::test(start_paused = true)]
    async fn places_go_by_the_line_and_past_who_does_not_take_them() {
        let shared = budget();
        let [mut a, mut b, mut c] = [(); 3].map(|()| Seat::new(Arc::clone(&shared)));
        assert_eq!(a.take(Speaker::Application, Waker::noop()), Ok(()));
        a.settle(true);
        let mut second = taking!(b, Speaker::Application);
        let mut third = taking!(c, Speaker::Application);
        assert_pending!(second.poll());
        assert_pending!(third.poll());
        pass(1_000).await;
        assert_pending!(third.poll(), "it is the second's");
        pass(19).await;
        assert_pending!(third.poll(), "still");
        pass(1).await;
        assert_ready!(third.poll(), "who does not take it is passed by");
        assert!(second.is_woken(), "and told to stand in line again");
        assert_pending!(second.poll());
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_urgent_stands_before_the_rest() {
        let shared = budget();
        let [mut a, mut b, mut c] = [(); 3].map(|()| Seat::new(Arc::clone(&shared)));
        assert_eq!(a.take(Speaker::Application, Waker::noop()), Ok(()));
        a.settle(true);
        let mut patient = taking!(b, Speaker::Application);
        let mut urgent = taking!(c, Speaker::Urgent);
        assert_pending!(patient.poll());
        assert_pending!(urgent.poll());
        pass(1_000).await;
        assert_pending!(patient.poll());
        assert_ready!(urgent.poll());
    }

    #[tokio::test(start_paused = true)]
    async fn a_place_that_is_not_used_is_the_next_ones_at_once() {
        let shared = budget();
        let [mut a, mut b] = [(); 2].map(|()| Seat::new(Arc::clone(&shared)));
        assert_eq!(a.take(Speaker::Application, Waker::noop()), Ok(()));
        let mut next = taking!(b, Speaker::Application);
        assert_pending!(next.poll());
        drop(a);
        assert!(next.is_woken());
        assert_ready!(next.poll());
    }

    #[tokio::test(start_paused = true)]
    async fn a_heartbeat_stands_in_no_line() {
        let shared = budget();
        let mut application = Seat::new(Arc::clone(&shared));
        assert_eq!(application.take(Speaker::Application, Waker::noop()), Ok(()));
        let beside = Seat::new(Arc::clone(&shared));
        let (now, mut window) = beside.window();
        assert_eq!(window.messages().admit(now, Speaker::Heartbeat), Ok(()));
        assert!(window.messages().admit(now, Speaker::Heartbeat).is_err());
    }
}
