//! The live table for a terminal: redrawn in place, calm, one row a connection.

use core::fmt::Write as _;
use core::time::Duration;

use heartbeat_core::{LatencySummary, Level};

use crate::board::{Board, Entry};

/// Draws a board over what it drew before.
#[derive(Debug)]
pub(crate) struct Table {
    board: Board,
    /// How many lines were drawn last, to be drawn over.
    drawn: usize,
}

const HEADER: &str = "venue              state      bound      beats  challenged/answered  \
                      response p50  probed/answered  round trip p50  last";

impl Table {
    pub(crate) const fn new(board: Board) -> Self {
        Self { board, drawn: 0 }
    }

    /// Returns what to write to the terminal to bring it up to date.
    pub(crate) fn draw(&mut self) -> String {
        let mut out = String::new();
        if self.drawn > 0 {
            // Up to where the table began; each line is then cleared before it is written.
            let _ = write!(out, "\x1b[{}A", self.drawn);
        }
        let entries = self.board.snapshot();
        // Without wrapping: a line longer than the terminal is cut, so that the count holds.
        let _ = write!(out, "\x1b[?7l\x1b[2K\x1b[1m{HEADER}\x1b[0m\r\n");
        for entry in &entries {
            let _ = write!(out, "\x1b[2K{}\r\n", row(entry));
        }
        out.push_str("\x1b[?7h");
        self.drawn = entries.len() + 1;
        out
    }
}

fn row(entry: &Entry) -> String {
    let exchange = entry.exchange;
    let Some(health) = &entry.health else {
        return format!("{exchange:<18} connecting");
    };
    let counters = &health.counters;
    let color = if entry.is_healthy() { "\x1b[32m" } else { "\x1b[31m" };
    let state = match health.level {
        Level::Target => health.phase.as_str(),
        level => level.as_str(),
    };
    let bound = humantime::format_duration(entry.detection_bound).to_string();
    format!(
        "{exchange:<18} {color}{state:<10}\x1b[0m {bound:<9} {:>6}  {:>9}/{:<9}  {:>12}  \
         {:>7}/{:<7}  {:>14}  {}",
        counters.beats,
        counters.challenges,
        counters.responses,
        median(health.response_time.as_ref()),
        counters.probes,
        counters.answers,
        median(health.round_trip.as_ref()),
        entry.failure.as_ref().unwrap_or(&entry.last),
    )
}

fn median(summary: Option<&LatencySummary>) -> String {
    summary.map_or_else(|| "-".to_owned(), |summary| span(summary.median))
}

/// Writes a latency so that a person can compare it.
pub(crate) fn span(span: Duration) -> String {
    format!("{:.3} ms", span.as_secs_f64() * 1_000.0)
}
