//! The queue to the application, bounded in bytes, that tells what it had to drop.

use core::task::{Context, Poll, Waker};
use std::collections::VecDeque;

use heartbeat_core::Timestamp;

use crate::client::update::{Gap, GapCause, Update};
use crate::client::{ClientReport, Unread};
use crate::connection::room::Room;
use crate::connection::{Lagged, Overflow};

/// What waits for the application.
#[derive(Debug)]
pub(super) struct Backlog {
    entries: VecDeque<Entry>,
    room: Room,
    overflow: Overflow,
    /// What is told whatever is dropped, of what lay at the front: one of a kind, so
    /// [`KEPT_MAX`] at most.
    kept: VecDeque<Update>,
    /// What was dropped from the front and is to be told before the rest.
    lost_before: Option<Loss>,
    /// What was dropped from the back and is to be told last.
    lost_behind: Option<Loss>,
    /// How many of the entries are gaps.
    gaps: usize,
    /// When each message among the entries came in.
    messages: VecDeque<Timestamp>,
    /// How many entries there were, and how many of those are gone.
    pushed: u64,
    gone: u64,
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
    /// Whether the application may miss what it does not know of: a message, or a gap unread.
    is_gap: bool,
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

/// How many kinds of updates are told whatever is dropped.
const KEPT_MAX: usize = 4;

impl Backlog {
    pub(super) const fn new(bytes_max: usize, overflow: Overflow) -> Self {
        Self {
            entries: VecDeque::new(),
            room: Room::new(bytes_max),
            overflow,
            kept: VecDeque::new(),
            lost_before: None,
            lost_behind: None,
            gaps: 0,
            messages: VecDeque::new(),
            pushed: 0,
            gone: 0,
            end: End::NotYet,
            reader: None,
        }
    }

    /// Takes an update, at the price of others or not at all if there is no room.
    pub(super) fn push(&mut self, at: Timestamp, update: Update) -> Pushed {
        let cost = cost_of(&update);
        let mut pushed = Pushed::Lossless;
        if self.overflow == Overflow::DropOldest {
            pushed = self.make_room(cost);
        }
        if !self.room.fits(cost) {
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
        if let Some(kept) = self.kept.pop_front() {
            return Poll::Ready(Some(kept));
        }
        if let Some(lost) = Loss::take_gap(&mut self.lost_before) {
            return Poll::Ready(Some(lost));
        }
        if let Some(entry) = self.take_front() {
            return Poll::Ready(Some(entry.update));
        }
        if let Some(lost) = Loss::take_gap(&mut self.lost_behind) {
            return Poll::Ready(Some(lost));
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
    pub(super) fn has_untold_loss(&self) -> bool {
        let is_gap = |lost: &Option<Loss>| lost.is_some_and(|lost| lost.is_gap);
        self.gaps > 0 || is_gap(&self.lost_before) || is_gap(&self.lost_behind)
    }

    /// Returns what waits, and since when.
    pub(super) fn unread(&self) -> Unread {
        let oldest = self.messages.front().copied();
        Unread { messages: self.messages.len(), bytes: self.room.held(), oldest }
    }

    /// Returns how many entries there were.
    pub(super) const fn pushed(&self) -> u64 {
        self.pushed
    }

    /// Tells whether any of the first so many entries waits still.
    pub(super) const fn has_unread_of(&self, first: u64) -> bool {
        self.gone < first
    }

    /// Returns who waits for what there is now, if there is something.
    pub(super) fn take_reader(&mut self, has_news: bool) -> Option<Waker> {
        let has_something = has_news
            || self.has_untold_loss()
            || !self.kept.is_empty()
            || !self.entries.is_empty()
            || !matches!(self.end, End::NotYet);
        if has_something { self.reader.take() } else { None }
    }

    fn append(&mut self, at: Timestamp, update: Update) {
        // What was lost at the back lies before this. It is the one entry beyond the bound: it
        // stands for at least one that was dropped.
        if let Some(lost) = self.lost_behind
            && let Some(gap) = Loss::take_gap(&mut self.lost_behind)
        {
            self.push_back(lost.to, gap);
        }
        self.push_back(at, update);
    }

    fn push_back(&mut self, at: Timestamp, update: Update) {
        self.room.take(cost_of(&update));
        self.gaps = self.gaps.saturating_add(usize::from(matches!(update, Update::Gap(_))));
        if matches!(update, Update::Message(_)) {
            self.messages.push_back(at);
        }
        self.pushed = self.pushed.saturating_add(1);
        self.entries.push_back(Entry { at, update });
    }

    fn take_front(&mut self) -> Option<Entry> {
        let entry = self.entries.pop_front()?;
        self.room.give_back(cost_of(&entry.update));
        self.gaps = self.gaps.saturating_sub(usize::from(matches!(entry.update, Update::Gap(_))));
        if matches!(entry.update, Update::Message(_)) {
            self.messages.pop_front();
        }
        self.gone = self.gone.saturating_add(1);
        Some(entry)
    }

    fn make_room(&mut self, cost: usize) -> Pushed {
        let mut pushed = Pushed::Lossless;
        while !self.room.fits(cost)
            && let Some(oldest) = self.take_front()
        {
            if oldest.update.is_always_told() {
                self.keep(oldest);
            } else {
                pushed = Pushed::Lossy;
                Loss::add(&mut self.lost_before, oldest.at, &oldest.update);
            }
        }
        pushed
    }

    /// Keeps an update that is told whatever is dropped, in place of an earlier one of its kind.
    fn keep(&mut self, Entry { update, .. }: Entry) {
        self.kept.retain(|kept| core::mem::discriminant(kept) != core::mem::discriminant(&update));
        self.kept.push_back(update);
        debug_assert!(self.kept.len() <= KEPT_MAX, "one of a kind");
    }
}

impl Loss {
    /// Adds an update to what is lost.
    pub(super) fn add(lost: &mut Option<Self>, at: Timestamp, update: &Update) {
        let lost =
            lost.get_or_insert(Self { from: at, to: at, lagged: Lagged::NONE, is_gap: false });
        // An earlier gap that goes unread lives on in this one.
        if let Update::Gap(gap) = update {
            lost.from = lost.from.min(gap.from);
        }
        lost.from = lost.from.min(at);
        lost.to = lost.to.max(at);
        lost.is_gap |= matches!(update, Update::Message(_) | Update::Gap(_));
        if let Update::Message(message) = update {
            lost.lagged.add_message(message.len());
        } else if let Update::Gap(Gap { cause: GapCause::Lagged(earlier), .. }) = update {
            lost.lagged.add(*earlier);
        } else {
            lost.lagged.add_observation();
        }
    }

    /// Takes a loss, and returns it as a gap if it is one. Measurements and events that were
    /// dropped are no gap: the application knows all that it has to know without them.
    fn take_gap(lost: &mut Option<Self>) -> Option<Update> {
        lost.take().filter(|lost| lost.is_gap).map(Self::into_update)
    }

    fn into_update(self) -> Update {
        let Self { from, to, lagged, .. } = self;
        Update::Gap(Gap { from, to, cause: GapCause::Lagged(lagged) })
    }
}

pub(super) fn cost_of(update: &Update) -> usize {
    let payload = if let Update::Message(message) = update { message.len() } else { 0 };
    OVERHEAD.saturating_add(payload)
}
