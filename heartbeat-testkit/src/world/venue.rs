//! The venue's side of a world: a mock exchange at the end of a line.

use heartbeat_core::Timestamp;

use super::{Step, Trace};
use crate::{Arrival, Link, MockAction, MockExchange, OwnedFrame};

#[derive(Debug)]
pub(super) struct Venue {
    pub(super) mock: MockExchange,
    deadline: Option<Timestamp>,
}

impl Venue {
    pub(super) const fn new(mock: MockExchange, now: Timestamp) -> Self {
        Self { mock, deadline: Some(now) }
    }

    /// Returns when the venue will act by itself; it waits while the line takes nothing.
    pub(super) fn wakes_at(&self, down: &Link<OwnedFrame>) -> Option<Timestamp> {
        self.deadline.filter(|_| down.is_writable())
    }

    /// Reads what has arrived, then drains; tells whether anything came of it.
    pub(super) fn turn(
        &mut self,
        now: Timestamp,
        up: &mut Link<OwnedFrame>,
        down: &mut Link<OwnedFrame>,
        trace: &mut Trace,
    ) -> bool {
        let mut active = false;
        while self.mock.takes_input() {
            match up.receive(now) {
                Some(Arrival::Item(frame)) => {
                    self.mock.handle_frame(now, frame.as_frame());
                    trace.push(now, Step::VenueReads(frame));
                }
                Some(Arrival::End) => self.mock.handle_closed(now),
                None => break,
            }
            active = true;
        }
        self.drain(now, down, trace) || active
    }

    fn drain(&mut self, now: Timestamp, down: &mut Link<OwnedFrame>, trace: &mut Trace) -> bool {
        let mut active = false;
        while down.is_writable() || self.mock.is_over() {
            match self.mock.poll(now) {
                MockAction::Send(frame) => {
                    trace.push(now, Step::VenueSends(frame.clone()));
                    down.send(now, frame);
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
                    trace.push(now, Step::VenueNotes(observation));
                }
                MockAction::Wait(deadline) => {
                    self.deadline = deadline;
                    return active;
                }
            }
            active = true;
        }
        active
    }
}
