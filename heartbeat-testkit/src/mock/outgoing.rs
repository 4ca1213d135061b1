//! What the venue has sent and the client is to get later.

use core::time::Duration;
use std::collections::VecDeque;

use heartbeat_core::Timestamp;

use super::Observation;
use crate::OwnedFrame;

/// Something that leaves for the client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Parcel {
    /// A frame, and what observers are told when it leaves.
    Frame(OwnedFrame, Option<Observation>),
    /// A close frame, with which the connection ends.
    Close { code: Option<u16>, reason: String },
}

/// Parcels in the order in which they were sent.
#[derive(Clone, Debug, Default)]
pub(super) struct Outgoing {
    parcels: VecDeque<(Timestamp, Parcel)>,
}

impl Outgoing {
    /// How many parcels can be under way; a frame beyond is lost, a close frame is not.
    pub(super) const MAX: usize = 4_096;

    pub(super) fn is_empty(&self) -> bool {
        self.parcels.is_empty()
    }

    pub(super) fn is_full(&self) -> bool {
        self.parcels.len() >= Self::MAX
    }

    /// Sends a parcel that is this much late; tells whether there was room. Nothing overtakes:
    /// what is not late itself waits for what is.
    pub(super) fn push(&mut self, now: Timestamp, late: Duration, parcel: Parcel) -> bool {
        let has_room = !self.is_full() || matches!(parcel, Parcel::Close { .. });
        if has_room {
            let at = now.checked_add(late).unwrap_or(Timestamp::from_nanos(u64::MAX));
            let at = self.parcels.back().map_or(at, |(last, _)| at.max(*last));
            self.parcels.push_back((at, parcel));
        }
        has_room
    }

    pub(super) fn next_at(&self) -> Option<Timestamp> {
        self.parcels.front().map(|(at, _)| *at)
    }

    pub(super) fn take_due(&mut self, now: Timestamp) -> Option<Parcel> {
        self.next_at().filter(|at| *at <= now)?;
        self.parcels.pop_front().map(|(_, parcel)| parcel)
    }

    pub(super) fn clear(&mut self) {
        self.parcels.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_overtakes_and_nothing_piles_up() {
        let at = Timestamp::from_millis;
        let frame = |word: &str| Parcel::Frame(OwnedFrame::text(word), None);
        let mut outgoing = Outgoing::default();
        assert!(outgoing.push(at(0), Duration::from_millis(100), frame("slow")));
        assert!(outgoing.push(at(50), Duration::ZERO, frame("quick")));
        assert_eq!(outgoing.take_due(at(99)), None);
        assert_eq!(outgoing.take_due(at(100)), Some(frame("slow")));
        assert_eq!(outgoing.take_due(at(100)), Some(frame("quick")));
        for _ in 0..Outgoing::MAX {
            assert!(outgoing.push(at(0), Duration::ZERO, frame("x")));
        }
        assert!(!outgoing.push(at(0), Duration::ZERO, frame("x")));
        assert!(outgoing.push(
            at(0),
            Duration::ZERO,
            Parcel::Close { code: None, reason: String::new() }
        ));
    }
}
