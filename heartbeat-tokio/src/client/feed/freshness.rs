//! Whether the application keeps up with what comes in.

use core::time::Duration;

use heartbeat_core::{Generation, Timestamp};

use super::backlog::Backlog;
use crate::client::update::Update;

/// Judges the age of what is unread.
#[derive(Debug)]
pub(super) struct Freshness {
    fresh_within: Duration,
    is_behind: bool,
    /// What the application is to hear of it.
    news: Option<Update>,
    /// The connection that reads what came in while this process did not run.
    catching_up: Option<Generation>,
    /// How many entries there were when the last of that had been read.
    stalled_up_to: u64,
}

impl Freshness {
    pub(super) const fn new(fresh_within: Duration) -> Self {
        Self { fresh_within, is_behind: false, news: None, catching_up: None, stalled_up_to: 0 }
    }

    /// Judges what waits, and since when the handler holds some up. To be called before and after
    /// each change.
    pub(super) fn judge(&mut self, now: Timestamp, backlog: &Backlog, held_up: Option<Timestamp>) {
        let mut unread = backlog.unread();
        unread.oldest = [unread.oldest, held_up].into_iter().flatten().min();
        // Whoever has fallen behind has to come well within the span, so that nobody is told about
        // each message.
        let most = if self.is_behind { self.fresh_within / 2 } else { self.fresh_within };
        let is_behind = unread.oldest.is_some_and(|at| now.saturating_since(at) > most);
        if core::mem::replace(&mut self.is_behind, is_behind) != is_behind {
            self.news = match self.news.take() {
                // It has not been told of the one, and need not be of the other.
                Some(_) => None,
                None if is_behind => Some(Update::Behind(unread)),
                None => Some(Update::CaughtUp),
            };
        }
    }

    /// Tells whether what the application knows is fresh.
    pub(super) const fn holds(&self, backlog: &Backlog) -> bool {
        let is_stalled = self.catching_up.is_some() || backlog.has_unread_of(self.stalled_up_to);
        !self.is_behind && !is_stalled
    }

    /// Returns when it will not be any more if nothing is read meanwhile.
    pub(super) fn ends_at(
        &self,
        backlog: &Backlog,
        held_up: Option<Timestamp>,
    ) -> Option<Timestamp> {
        let oldest = [backlog.unread().oldest, held_up].into_iter().flatten().min();
        oldest?.checked_add(self.fresh_within)
    }

    /// Takes what the application is to hear.
    pub(super) const fn take_news(&mut self) -> Option<Update> {
        self.news.take()
    }

    pub(super) const fn has_news(&self) -> bool {
        self.news.is_some()
    }

    /// Takes note that a connection reads what came in while this process did not run.
    pub(super) fn begin_catching_up(&mut self, generation: Generation) {
        self.catching_up = Some(generation);
    }

    /// Takes note that it has read all of that, or will read no more.
    pub(super) fn end_catching_up(&mut self, generation: Generation, backlog: &Backlog) {
        if self.catching_up.take_if(|catching_up| *catching_up == generation).is_some() {
            self.stalled_up_to = backlog.pushed();
        }
    }
}
