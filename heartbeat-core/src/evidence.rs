//! What was seen before a verdict, so that every disconnect explains itself.

use core::time::Duration;

use crate::fifo::Fifo;
use crate::{Clock, FrameKind, ProbeId, Signal, Timestamp};

/// The last inputs, the probes without an answer and the clocks, at one moment.
///
/// Holds the class, length and time of frames and never their bytes: nothing secret can leak
/// into a log. Fixed size, about a KiB.
#[derive(Clone, Copy, Debug)]
pub struct Evidence {
    at: Timestamp,
    inputs: InputRing,
    unanswered: Unanswered,
    clocks: [ClockReading; 3],
}

impl Evidence {
    /// How many inputs are kept.
    pub const INPUTS: usize = 32;

    /// How many unanswered probes are kept.
    pub const PROBES: usize = 8;

    pub(crate) const fn new(
        at: Timestamp,
        inputs: &InputRing,
        unanswered: Unanswered,
        clocks: [ClockReading; 3],
    ) -> Self {
        Self { at, inputs: *inputs, unanswered, clocks }
    }

    /// Returns when this was taken; with a verdict, the time of the verdict.
    pub const fn at(&self) -> Timestamp {
        self.at
    }

    /// Returns the last inputs, oldest first, at most [`INPUTS`](Self::INPUTS).
    pub fn inputs(&self) -> impl Iterator<Item = InputRecord> + '_ {
        self.inputs.iter()
    }

    /// Returns the probes that have had no answer since the venue last answered one, oldest
    /// first: those that were given up and the one that still waits, if one does. At most
    /// [`PROBES`](Self::PROBES), of a longer row the last.
    pub fn unanswered(&self) -> impl Iterator<Item = OutstandingProbe> + '_ {
        self.unanswered.iter()
    }

    /// Returns the last of the [unanswered](Self::unanswered) probes, if there is one.
    pub fn probe(&self) -> Option<OutstandingProbe> {
        self.unanswered().last()
    }

    /// Returns the reading of each clock, in the order of [`Clock::ALL`].
    pub const fn clocks(&self) -> &[ClockReading; 3] {
        &self.clocks
    }
}

/// One inbound frame, without its bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct InputRecord {
    /// When it was read.
    pub at: Timestamp,
    /// The length of its payload in bytes, at most 4 GiB.
    pub len: u32,
    /// What the transport saw.
    pub kind: FrameKind,
    /// What it meant.
    pub class: SignalClass,
}

/// The meaning of a frame, without its content; see [`Signal`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SignalClass {
    /// [`Signal::Data`].
    Data,
    /// [`Signal::Beat`].
    Beat,
    /// [`Signal::Challenge`].
    Challenge,
    /// [`Signal::Answer`].
    Answer,
    /// [`Signal::Unsolicited`].
    Unsolicited,
    /// [`Signal::Armed`].
    Armed,
    /// [`Signal::ArmRefused`].
    ArmRefused,
    /// [`Signal::Terms`].
    Terms,
    /// [`Signal::SafeguardSet`].
    SafeguardSet,
    /// [`Signal::SafeguardRefused`].
    SafeguardRefused,
    /// [`Signal::Mixed`].
    Mixed,
    /// [`Signal::Notice`].
    Notice,
    /// [`Signal::Close`].
    Close,
}

impl SignalClass {
    pub(crate) const fn of(signal: &Signal) -> Self {
        match signal {
            Signal::Data => Self::Data,
            Signal::Beat { .. } => Self::Beat,
            Signal::Challenge { .. } => Self::Challenge,
            Signal::Answer { .. } => Self::Answer,
            Signal::Unsolicited => Self::Unsolicited,
            Signal::Armed => Self::Armed,
            Signal::ArmRefused => Self::ArmRefused,
            Signal::Terms { .. } => Self::Terms,
            Signal::SafeguardSet { .. } => Self::SafeguardSet,
            Signal::SafeguardRefused { .. } => Self::SafeguardRefused,
            Signal::Mixed { .. } => Self::Mixed,
            Signal::Notice { .. } => Self::Notice,
            Signal::Close { .. } => Self::Close,
        }
    }

    /// Returns the class as one lower-case word, for logs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Data => "data",
            Self::Beat => "beat",
            Self::Challenge => "challenge",
            Self::Answer => "answer",
            Self::Unsolicited => "unsolicited",
            Self::Armed => "armed",
            Self::ArmRefused => "arm_refused",
            Self::Terms => "terms",
            Self::SafeguardSet => "safeguard_set",
            Self::SafeguardRefused => "safeguard_refused",
            Self::Mixed => "mixed",
            Self::Notice => "notice",
            Self::Close => "close",
        }
    }
}

/// A probe that has had no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct OutstandingProbe {
    /// The probe.
    pub probe: ProbeId,
    /// When it became due.
    pub due: Timestamp,
    /// When it was written out; `None` if it never was, or not yet.
    pub written: Option<Timestamp>,
}

/// How one clock stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ClockReading {
    /// The clock.
    pub clock: Clock,
    /// When it last moved; `None` if it never did.
    pub moved: Option<Timestamp>,
    /// Its limit, if it has one.
    pub limit: Option<Duration>,
    /// How often in a row it ran into its limit since it last moved.
    pub misses: u8,
}

/// The last probes that were not answered, in the order in which they were due.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Unanswered {
    probes: Fifo<OutstandingProbe, { Evidence::PROBES }>,
}

impl Unanswered {
    pub(crate) const fn new() -> Self {
        Self { probes: Fifo::new() }
    }

    /// Adds one, in place of the oldest if there is no room.
    pub(crate) fn push(&mut self, probe: OutstandingProbe) {
        if let Err(probe) = self.probes.push(probe) {
            self.probes.take_first(|_| true);
            let _there_is_room = self.probes.push(probe);
        }
    }

    /// Takes out the probe that is named, if it is among them, and those before it.
    pub(crate) fn take(&mut self, named: ProbeId) -> Option<OutstandingProbe> {
        let found = self.iter().find(|it| it.probe == named)?;
        self.forget_up_to(named);
        Some(found)
    }

    /// Forgets the probes up to one that is answered: no earlier one will be any more.
    pub(crate) fn forget_up_to(&mut self, answered: ProbeId) {
        while self.probes.take_first(|it| it.probe.number() <= answered.number()).is_some() {}
    }

    /// Takes out all, and returns the last.
    pub(crate) fn take_all(&mut self) -> Option<OutstandingProbe> {
        core::mem::replace(self, Self::new()).iter().last()
    }

    fn iter(&self) -> impl Iterator<Item = OutstandingProbe> + '_ {
        self.probes.iter().copied()
    }
}

/// A fixed ring of records.
#[derive(Clone, Copy, Debug)]
pub(crate) struct InputRing {
    records: [Option<InputRecord>; Evidence::INPUTS],
    next: usize,
}

impl InputRing {
    pub(crate) const fn new() -> Self {
        Self { records: [None; Evidence::INPUTS], next: 0 }
    }

    pub(crate) fn push(&mut self, record: InputRecord) {
        if let Some(slot) = self.records.get_mut(self.next) {
            *slot = Some(record);
        }
        self.next = self.next.wrapping_add(1) % Evidence::INPUTS;
    }

    fn iter(&self) -> impl Iterator<Item = InputRecord> + '_ {
        self.records.iter().cycle().skip(self.next).take(Evidence::INPUTS).copied().flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ring_keeps_the_last_inputs_oldest_first() {
        let mut ring = InputRing::new();
        assert_eq!(ring.iter().count(), 0);
        for millis in 0..40 {
            ring.push(InputRecord {
                at: Timestamp::from_millis(millis),
                len: 0,
                kind: FrameKind::Text,
                class: SignalClass::Data,
            });
        }
        assert_eq!(ring.iter().count(), Evidence::INPUTS);
        assert!(ring.iter().map(|record| record.at).eq((8..40).map(Timestamp::from_millis)));
    }
}
