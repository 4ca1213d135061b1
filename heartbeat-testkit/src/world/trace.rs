//! What happened in a world, in words, and one number for all of it.

use core::fmt;
use core::hash::Hash;
use std::collections::VecDeque;

use heartbeat_core::{Cause, Event, LatencySample, Outlet, Timestamp};

use super::fingerprint::Fingerprint;
use crate::owned::Millis;
use crate::{Observation, OwnedFrame};

/// What happened in a [`World`](super::World): the last [`KEPT`](Trace::KEPT) entries, and a
/// [fingerprint](Self::fingerprint) of all.
///
/// Its `Display` prints the last hundred in words, a line each.
#[derive(Clone, Debug)]
pub struct Trace<S = Step> {
    entries: VecDeque<Entry<S>>,
    count: u64,
    fingerprint: Fingerprint,
}

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Entry<S = Step> {
    /// When, in true time.
    pub at: Timestamp,
    /// What.
    pub what: S,
}

impl Entry {
    /// Makes an entry, to show oracles what happened elsewhere than in a world.
    pub const fn new(at: Timestamp, what: Step) -> Self {
        Self { at, what }
    }
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Step {
    /// The client's session wrote the response to a challenge.
    ClientResponds(OwnedFrame),
    /// The client's session wrote a frame unasked.
    ClientSends(OwnedFrame),
    /// The client's application wrote a frame.
    ApplicationSends(OwnedFrame),
    /// The client read a frame.
    ClientReads(OwnedFrame),
    /// The client read a part of a message, and not the last.
    ClientReceives,
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
    /// What the client's session can write to is another: the line takes frames or does not, or our
    /// own brake is on.
    Outlet(Outlet),
    /// The venue wrote a frame.
    VenueSends(OwnedFrame),
    /// The venue read a frame.
    VenueReads(OwnedFrame),
    /// The venue saw or did something.
    VenueNotes(Observation),
    /// The venue dropped the transport.
    VenueCuts,
    /// The line changed.
    Line(LineChange),
}

/// What became of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LineChange {
    /// Nothing arrives any more, and nobody is told.
    HalfOpen,
    /// What was held back arrives.
    Healed,
    /// It carries otherwise than it did when the world was made.
    Disturbed,
    /// It carries again as it did when the world was made.
    Calm,
    /// What is long comes in in parts.
    Narrow,
    /// Everything comes in at once again.
    Wide,
    /// It was cut.
    Cut,
    /// It is over, and the client has learnt so.
    Ended,
}

impl LineChange {
    /// Returns the change in words, after "the line".
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::HalfOpen => "is half-open",
            Self::Healed => "is healed",
            Self::Disturbed => "is disturbed",
            Self::Calm => "is calm again",
            Self::Narrow => "is narrow",
            Self::Wide => "is wide again",
            Self::Cut => "is cut",
            Self::Ended => "ended, the client learns",
        }
    }
}

impl Trace {
    /// How many entries are kept.
    pub const KEPT: usize = 4_096;

    /// How many entries are printed.
    pub const PRINTED: usize = 100;
}

impl<S: Hash> Trace<S> {
    pub(super) const fn new() -> Self {
        Self { entries: VecDeque::new(), count: 0, fingerprint: Fingerprint::new() }
    }

    pub(super) fn push(&mut self, at: Timestamp, what: S) {
        let entry = Entry { at, what };
        self.fingerprint.take(&entry);
        if self.entries.len() == Trace::KEPT {
            self.entries.pop_front();
        }
        self.entries.push_back(entry);
        self.count += 1;
    }

    /// Forgets all but the last [`PRINTED`](Self::PRINTED) entries, if there are several times as
    /// many. What is not touched for long is not in the cache either.
    pub(super) fn trim(&mut self) {
        if self.entries.len() > 4 * Trace::PRINTED {
            self.entries.drain(..self.entries.len() - Trace::PRINTED);
        }
    }

    /// Returns the entries that are kept, oldest first.
    pub fn entries(&self) -> impl DoubleEndedIterator<Item = &Entry<S>> {
        self.entries.iter()
    }

    /// Returns the entries after the first `seen`, oldest first, or `None` if some of them are no
    /// longer kept.
    pub fn after(&self, seen: u64) -> Option<impl Iterator<Item = &Entry<S>>> {
        let fresh = usize::try_from(self.count.saturating_sub(seen)).ok()?;
        let skipped = self.entries.len().checked_sub(fresh)?;
        Some(self.entries.range(skipped..))
    }

    /// Returns how many entries there were, those no longer kept included.
    pub const fn count(&self) -> u64 {
        self.count
    }

    /// Returns a number that is the same for two worlds in which the same happened at the
    /// same times, and for hardly any others.
    pub const fn fingerprint(&self) -> u64 {
        self.fingerprint.value()
    }
}

impl<S: Hash + fmt::Display> fmt::Display for Trace<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hidden = self.entries.len().saturating_sub(Trace::PRINTED);
        for entry in self.entries.iter().skip(hidden) {
            writeln!(f, "{:>16}  {}", Millis(entry.at).to_string(), entry.what)?;
        }
        Ok(())
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ClientResponds(frame) => write!(f, "client responds   {frame}"),
            Self::ClientSends(frame) => write!(f, "client -> venue   {frame}"),
            Self::ApplicationSends(frame) => write!(f, "app    -> venue   {frame}"),
            Self::ClientReceives => f.write_str("client receives a part"),
            Self::ClientReads(frame) => write!(f, "client reads      {frame}"),
            Self::ClientNotes(event) => write!(f, "client notes      {event:?}"),
            Self::ClientMeasures(sample) => {
                write!(f, "client measures   {} {:?}", sample.kind.as_str(), sample.value)
            }
            Self::Verdict(cause) => write!(f, "client decides    {cause}"),
            Self::Outlet(Outlet::Ready) => f.write_str("client may write"),
            Self::Outlet(Outlet::Blocked) => f.write_str("client may not write: the line is full"),
            Self::Outlet(Outlet::Held) => f.write_str("client may not write: its budget is spent"),
            Self::ClientFreezes => f.write_str("client freezes"),
            Self::ClientThaws => f.write_str("client thaws"),
            Self::VenueSends(frame) => write!(f, "venue  -> client  {frame}"),
            Self::VenueReads(frame) => write!(f, "venue  reads      {frame}"),
            Self::VenueNotes(observation) => write!(f, "venue  notes      {observation}"),
            Self::VenueCuts => f.write_str("venue  cuts the transport"),
            Self::Line(change) => write!(f, "line   {}", change.as_str()),
        }
    }
}
