//! The queue to the application, bounded in bytes, that tells what it had to drop.

use core::task::{Context, Poll, Waker};
use std::collections::VecDeque;

use heartbeat_core::Timestamp;

use crate::client::ClientReport;
use crate::client::update::{Gap, GapCause, Update};
use crate::connection::{Lagged, Overflow};

/// What waits for the application.
#[derive(Debug)]
pub(super) struct Backlog {
    entries: VecDeque<Entry>,
    bytes: usize,
    bytes_max: usize,
    overflow: Overflow,
    /// What was dropped from the front and is to be told first.
    lost_before: Option<Loss>,
    /// What was dropped from the back and is to be told last.
    lost_behind: Option<Loss>,
    /// How many of the entries are gaps.
    gaps: usize,
    end: End,
    reader: Option<Waker>,
}

#[derive(Debug)]
struct Entry {
    at: Timestamp,
    update: Update,
}

/// What was dropped, and when it had come in.
#[derive(Clone, Copy, Debug)]
pub(super) struct Loss {
    from: Timestamp,
    to: Timestamp,
    lagged: Lagged,
}

#[derive(Debug)]
enum End {
    NotYet,
    /// Outside of the bound, so that it is never dropped.
    Report(Box<ClientReport>),
    Told,
}

/// Whether everything was kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "under `Overflow::Disconnect` a loss ends the connection"]
pub(in crate::client) enum Pushed {
    Lossless,
    Lossy,
}

/// What an entry costs besides its payload.
pub(super) const OVERHEAD: usize = size_of::<Entry>();

impl Backlog {
    pub(super) const fn new(bytes_max: usize, overflow: Overflow) -> Self {
        Self {
            entries: VecDeque::new(),
            bytes: 0,
            bytes_max,
            overflow,
            lost_before: None,
            lost_behind: None,
            gaps: 0,
            end: End::NotYet,
            reader: None,
        }
    }

    /// Takes an update, at the price of others or not at all if there is no room.
    pub(super) fn push(&mut self, at: Timestamp, update: Update) -> Pushed {
        let cost = cost_of(&update);
        let mut pushed = Pushed::Lossless;
        if self.overflow == Overflow::DropOldest && cost <= self.bytes_max {
            pushed = self.make_room(cost);
        }
        if !self.has_room_for(cost) {
            Loss::add(&mut self.lost_behind, at, &update);
            return Pushed::Lossy;
        }
        self.append(at, update);
        pushed
    }

    /// Takes an update that the application must not miss, at the price of others.
    pub(super) fn push_news(&mut self, at: Timestamp, update: Update) {
        // Those that make room are told in place, so there is no more to do about them.
        let _ = self.make_room(cost_of(&update));
        self.append(at, update);
    }

    /// Tells a loss that happened elsewhere.
    pub(super) fn push_loss(&mut self, loss: Loss) {
        self.push_news(loss.to, loss.into_update());
    }

    pub(super) fn poll_pop(&mut self, cx: &mut Context<'_>) -> Poll<Option<Update>> {
        if let Some(lost) = self.lost_before.take() {
            return Poll::Ready(Some(lost.into_update()));
        }
        if let Some(entry) = self.take_front() {
            return Poll::Ready(Some(entry.update));
        }
        if let Some(lost) = self.lost_behind.take() {
            return Poll::Ready(Some(lost.into_update()));
        }
        match core::mem::replace(&mut self.end, End::Told) {
            End::NotYet => {
                self.end = End::NotYet;
                self.reader = Some(cx.waker().clone());
                Poll::Pending
            }
            End::Report(report) => Poll::Ready(Some(Update::Closed(report))),
            End::Told => Poll::Ready(None),
        }
    }

    /// Takes the last word, if there was none before.
    pub(super) fn finish(&mut self, report: impl FnOnce() -> ClientReport) {
        if let End::NotYet = self.end {
            self.end = End::Report(Box::new(report()));
        }
    }

    /// Tells whether the application has yet to hear of a loss.
    pub(super) const fn has_untold_loss(&self) -> bool {
        self.gaps > 0 || self.lost_before.is_some() || self.lost_behind.is_some()
    }

    /// Returns who waits for what there is now, if there is something.
    pub(super) fn take_reader(&mut self) -> Option<Waker> {
        let has_something =
            self.has_untold_loss() || !self.entries.is_empty() || !matches!(self.end, End::NotYet);
        if has_something { self.reader.take() } else { None }
    }

    fn append(&mut self, at: Timestamp, update: Update) {
        // What was lost at the back lies before this. It is the one entry beyond the bound: it
        // stands for at least one that was dropped.
        if let Some(lost) = self.lost_behind.take() {
            self.push_back(lost.to, lost.into_update());
        }
        self.push_back(at, update);
    }

    fn push_back(&mut self, at: Timestamp, update: Update) {
        self.bytes = self.bytes.saturating_add(cost_of(&update));
        self.gaps = self.gaps.saturating_add(usize::from(matches!(update, Update::Gap(_))));
        self.entries.push_back(Entry { at, update });
    }

    fn take_front(&mut self) -> Option<Entry> {
        let entry = self.entries.pop_front()?;
        self.bytes = self.bytes.saturating_sub(cost_of(&entry.update));
        self.gaps = self.gaps.saturating_sub(usize::from(matches!(entry.update, Update::Gap(_))));
        Some(entry)
    }

    fn make_room(&mut self, cost: usize) -> Pushed {
        let mut pushed = Pushed::Lossless;
        while !self.has_room_for(cost)
            && let Some(oldest) = self.take_front()
        {
            pushed = Pushed::Lossy;
            Loss::add(&mut self.lost_before, oldest.at, &oldest.update);
        }
        pushed
    }

    const fn has_room_for(&self, cost: usize) -> bool {
        self.bytes.saturating_add(cost) <= self.bytes_max
    }
}

impl Loss {
    /// Adds an update to what is lost.
    pub(super) fn add(lost: &mut Option<Self>, at: Timestamp, update: &Update) {
        let lost = lost.get_or_insert(Self { from: at, to: at, lagged: Lagged::NONE });
        // An earlier gap that goes unread lives on in this one.
        if let Update::Gap(gap) = update {
            lost.from = lost.from.min(gap.from);
        }
        lost.from = lost.from.min(at);
        lost.to = lost.to.max(at);
        if let Update::Message(message) = update {
            lost.lagged.add_message(message.len());
        } else if let Update::Gap(Gap { cause: GapCause::Lagged(earlier), .. }) = update {
            lost.lagged.add(*earlier);
        } else {
            lost.lagged.add_observation();
        }
    }

    fn into_update(self) -> Update {
        let Self { from, to, lagged } = self;
        Update::Gap(Gap { from, to, cause: GapCause::Lagged(lagged) })
    }
}

pub(super) fn cost_of(update: &Update) -> usize {
    let payload = if let Update::Message(message) = update { message.len() } else { 0 };
    OVERHEAD.saturating_add(payload)
}
