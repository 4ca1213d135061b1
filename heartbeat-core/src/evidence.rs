//! What was seen before a verdict, so that every disconnect explains itself.

use core::time::Duration;

use crate::{Clock, FrameKind, ProbeId, Signal, Timestamp};

/// The last inputs, the outstanding probe and the clocks, at one moment.
///
/// Holds the class, length and time of frames and never their bytes: nothing secret can leak
/// into a log. Fixed size, about half a KiB.
#[derive(Clone, Copy, Debug)]
pub struct Evidence {
    at: Timestamp,
    inputs: InputRing,
    probe: Option<OutstandingProbe>,
    clocks: [ClockReading; 3],
}

impl Evidence {
    /// How many inputs are kept.
    pub const INPUTS: usize = 32;

    pub(crate) const fn new(
        at: Timestamp,
        inputs: &InputRing,
        probe: Option<OutstandingProbe>,
        clocks: [ClockReading; 3],
    ) -> Self {
        Self { at, inputs: *inputs, probe, clocks }
    }

    /// Returns when this was taken; with a verdict, the time of the verdict.
    pub const fn at(&self) -> Timestamp {
        self.at
    }

    /// Returns the last inputs, oldest first, at most [`INPUTS`](Self::INPUTS).
    pub fn inputs(&self) -> impl Iterator<Item = InputRecord> + '_ {
        self.inputs.iter()
    }

    /// Returns the probe that is waiting to be written or answered, if there is one.
    pub const fn probe(&self) -> Option<OutstandingProbe> {
        self.probe
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
    /// [`Signal::SafeguardSet`].
    SafeguardSet,
    /// [`Signal::SafeguardRefused`].
    SafeguardRefused,
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
            Signal::SafeguardSet { .. } => Self::SafeguardSet,
            Signal::SafeguardRefused { .. } => Self::SafeguardRefused,
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
            Self::SafeguardSet => "safeguard_set",
            Self::SafeguardRefused => "safeguard_refused",
            Self::Notice => "notice",
            Self::Close => "close",
        }
    }
}

/// A probe that is not answered yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct OutstandingProbe {
    /// The probe.
    pub probe: ProbeId,
    /// When it became due.
    pub due: Timestamp,
    /// When it was written out; `None` if it has not left yet.
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
