//! What the engine is told, by those who do not wait for it.

use core::time::Duration;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use heartbeat_core::{AttemptFailure, Cause, Generation, NoticeKind};
use tokio::sync::Notify;

use super::NotReady;
use super::line::Line;
use crate::connection::CloseReport;

/// One thing that the engine is told.
#[derive(Debug)]
pub(super) enum Note {
    /// The transport is connected.
    Dialed { generation: Generation },
    /// The WebSocket is open, and its task runs.
    Upgraded { generation: Generation, line: Line },
    /// The attempt failed before there was a connection.
    Failed { generation: Generation, failure: AttemptFailure, why: String },
    /// The handler has done its part for a new connection.
    Prepared { generation: Generation, outcome: Result<(), NotReady> },
    /// The handler has done its part for an old connection, or the time for it is over.
    Released { generation: Generation },
    /// The venue announced something.
    Notice { generation: Generation, kind: NoticeKind, deadline: Option<Duration> },
    /// The connection got its verdict, and is being closed.
    Verdict { generation: Generation, cause: Cause },
    /// The connection has ended.
    Ended { generation: Generation, report: Arc<CloseReport> },
    /// The application wants another connection.
    Rotate,
    /// The application wants none any more.
    Close,
}

/// The engine's mail. Bounded, because each generation has one note of a kind to send, and what
/// a venue or an application can repeat finds no room beyond [`REPEATABLE_MAX`].
#[derive(Debug, Default)]
pub(super) struct Mail {
    notes: Mutex<VecDeque<Note>>,
    arrived: Notify,
}

/// How many notes may wait before those that can be repeated are dropped.
const REPEATABLE_MAX: usize = 64;

impl Mail {
    /// Takes a note. Never waits.
    pub(super) fn post(&self, note: Note) {
        let mut notes = self.lock();
        let repeatable = matches!(note, Note::Notice { .. } | Note::Rotate | Note::Close);
        if repeatable && notes.len() >= REPEATABLE_MAX {
            return;
        }
        notes.push_back(note);
        drop(notes);
        self.arrived.notify_one();
    }

    /// Waits for the next note. Cancel-safe; for one reader.
    pub(super) async fn next(&self) -> Note {
        loop {
            if let Some(note) = self.lock().pop_front() {
                return note;
            }
            self.arrived.notified().await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Note>> {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
