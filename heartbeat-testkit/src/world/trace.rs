//! What happened in a world, in words, and one number for all of it.

use core::fmt::{self, Write as _};
use std::collections::VecDeque;

use heartbeat_core::{Cause, Event, LatencySample, Timestamp};

use crate::owned::Millis;
use crate::{Observation, OwnedFrame};

/// What happened in a [`World`](super::World): the last [`KEPT`](Self::KEPT) entries, and a
/// [fingerprint](Self::fingerprint) of all.
///
/// Its `Display` prints the last hundred in words, a line each.
#[derive(Clone, Debug)]
pub struct Trace {
    entries: VecDeque<Entry>,
    count: u64,
    fingerprint: Fingerprint,
}

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Entry {
    /// When, in true time.
    pub at: Timestamp,
    /// What.
    pub what: Step,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Step {
    /// The client's session wrote a frame.
    ClientSends(OwnedFrame),
    /// The client's application wrote a frame.
    ApplicationSends(OwnedFrame),
    /// The client read a frame.
    ClientReads(OwnedFrame),
    /// The client reported an event.
    ClientNotes(Event),
    /// The client measured something.
    ClientMeasures(LatencySample),
    /// The client reached its verdict.
    Verdict(Cause),
    /// The client stops running.
    ClientFreezes,
    /// The client runs again.
    ClientThaws,
    /// The venue wrote a frame.
    VenueSends(OwnedFrame),
    /// The venue read a frame.
    VenueReads(OwnedFrame),
    /// The venue saw or did something.
    VenueNotes(Observation),
    /// The venue dropped the transport.
    VenueCuts,
    /// The line changed.
    Line(&'static str),
}

impl Trace {
    /// How many entries are kept.
    pub const KEPT: usize = 4_096;

    /// How many entries are printed.
    pub const PRINTED: usize = 100;

    pub(super) const fn new() -> Self {
        Self { entries: VecDeque::new(), count: 0, fingerprint: Fingerprint(0xcbf2_9ce4_8422_2325) }
    }

    pub(super) fn push(&mut self, at: Timestamp, what: Step) {
        let entry = Entry { at, what };
        // Writing into a fingerprint cannot fail.
        let _ = writeln!(self.fingerprint, "{} {}", at.as_nanos(), entry.what);
        if self.entries.len() == Self::KEPT {
            self.entries.pop_front();
        }
        self.entries.push_back(entry);
        self.count += 1;
    }

    /// Returns the entries that are kept, oldest first.
    pub fn entries(&self) -> impl DoubleEndedIterator<Item = &Entry> {
        self.entries.iter()
    }

    /// Returns how many entries there were, those no longer kept included.
    pub const fn count(&self) -> u64 {
        self.count
    }

    /// Returns a number that is the same for two worlds in which the same happened at the
    /// same times, and for hardly any others.
    pub const fn fingerprint(&self) -> u64 {
        self.fingerprint.0
    }
}

impl fmt::Display for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hidden = self.entries.len().saturating_sub(Self::PRINTED);
        for entry in self.entries.iter().skip(hidden) {
            writeln!(f, "{:>16}  {}", Millis(entry.at).to_string(), entry.what)?;
        }
        Ok(())
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ClientSends(frame) => write!(f, "client -> venue   {frame}"),
            Self::ApplicationSends(frame) => write!(f, "app    -> venue   {frame}"),
            Self::ClientReads(frame) => write!(f, "client reads      {frame}"),
            Self::ClientNotes(event) => write!(f, "client notes      {event:?}"),
            Self::ClientMeasures(sample) => {
                write!(f, "client measures   {} {:?}", sample.kind.as_str(), sample.value)
            }
            Self::Verdict(cause) => write!(f, "client decides    {cause}"),
            Self::ClientFreezes => f.write_str("client freezes"),
            Self::ClientThaws => f.write_str("client thaws"),
            Self::VenueSends(frame) => write!(f, "venue  -> client  {frame}"),
            Self::VenueReads(frame) => write!(f, "venue  reads      {frame}"),
            Self::VenueNotes(observation) => write!(f, "venue  notes      {observation}"),
            Self::VenueCuts => f.write_str("venue  cuts the transport"),
            Self::Line(what) => write!(f, "line   {what}"),
        }
    }
}

/// FNV-1a over what is written into it.
#[derive(Clone, Copy, Debug)]
struct Fingerprint(u64);

impl fmt::Write for Fingerprint {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for byte in text.bytes() {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
        Ok(())
    }
}
