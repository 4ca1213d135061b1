//! The venue's side of a connection: a mock exchange at the end of a line.

use core::num::NonZeroU32;
use core::time::Duration;

use heartbeat_core::Timestamp;

use super::{Step, Trace};
use crate::{Arrival, Departure, Link, MockAction, MockExchange, Observation, OwnedFrame};

#[derive(Debug)]
pub(super) struct Venue {
    pub(super) mock: MockExchange,
    deadline: Option<Timestamp>,
    /// Whether the mock was told something since it was last drained.
    told: bool,
    /// Whether the line took nothing more when it was last drained.
    blocked: bool,
    /// Why it has left by its own plan, until that is asked for.
    pub(super) departed: Option<Departure>,
    /// How many bytes a second its line carries, if that takes any time.
    pub(super) bandwidth: Option<NonZeroU32>,
}

impl Venue {
    pub(super) const fn new(mock: MockExchange) -> Self {
        Self { mock, deadline: None, told: true, blocked: false, departed: None, bandwidth: None }
    }

    /// Returns the mock, to tell it something.
    pub(super) const fn tell(&mut self) -> &mut MockExchange {
        self.told = true;
        &mut self.mock
    }

    /// Returns when the venue will act by itself; it waits while the line takes nothing.
    pub(super) fn wakes_at(&self, down: &Link<OwnedFrame>) -> Option<Timestamp> {
        self.deadline.filter(|_| down.is_writable())
    }

    /// Reads what has arrived, then drains if there is reason to: something was read, the
    /// deadline has come, or the line takes frames again. Tells whether anything came of it.
    pub(super) fn turn(
        &mut self,
        now: Timestamp,
        up: &mut Link<OwnedFrame>,
        down: &mut Link<OwnedFrame>,
        trace: &mut Trace,
    ) -> bool {
        while self.mock.takes_input() {
            match up.receive(now) {
                Some(Arrival::Item(frame)) => {
                    self.tell().handle_frame(now, frame.as_frame());
                    trace.push(now, Step::VenueReads(frame));
                }
                // A server reads whole frames here, however long they take.
                Some(Arrival::Part) => {}
                Some(Arrival::End) => self.tell().handle_closed(now),
                None => break,
            }
        }
        let is_due = self.deadline.is_some_and(|deadline| deadline <= now);
        let can_drain = down.is_writable() || self.mock.is_over();
        let must_drain = can_drain && (self.told || is_due || self.blocked);
        if must_drain {
            self.drain(now, down, trace);
        }
        must_drain
    }

    /// Returns how long a frame takes to come through, once it has begun to.
    fn transit_of(&self, frame: &OwnedFrame) -> Duration {
        let bytes = u64::try_from(frame.as_frame().len()).unwrap_or(u64::MAX);
        self.bandwidth.map_or(Duration::ZERO, |a_second| {
            Duration::from_millis(bytes.saturating_mul(1_000) / u64::from(a_second.get()))
        })
    }

    fn drain(&mut self, now: Timestamp, down: &mut Link<OwnedFrame>, trace: &mut Trace) {
        self.told = false;
        while down.is_writable() || self.mock.is_over() {
            match self.mock.poll(now) {
                MockAction::Send(frame) => {
                    trace.push(now, Step::VenueSends(frame.clone()));
                    let span = self.transit_of(&frame);
                    down.send_over(now, frame, span);
                }
                MockAction::Close { code, reason } => {
                    let frame = OwnedFrame::Close { code, reason };
                    trace.push(now, Step::VenueSends(frame.clone()));
                    down.send(now, frame);
                    down.finish(now);
                }
                // A transport that reads what is no frame fails; there are only frames here.
                MockAction::SendInvalid | MockAction::Cut => {
                    trace.push(now, Step::VenueCuts);
                    down.finish(now);
                }
                MockAction::Observe(observation) => {
                    if let Observation::Left { why, .. } = observation {
                        self.departed = Some(why);
                    }
                    trace.push(now, Step::VenueNotes(observation));
                }
                MockAction::Wait(deadline) => {
                    self.deadline = deadline;
                    self.blocked = false;
                    return;
                }
            }
        }
        self.blocked = true;
    }
}
