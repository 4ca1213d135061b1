//! The live table for a terminal: redrawn in place, calm, one row a connection.

use core::fmt::Write as _;
use core::time::Duration;

use heartbeat_core::Level;

use crate::board::{Board, Entry};
use crate::tally::LatencyLine;

/// What a key asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Key {
    /// Choose the connection above.
    Up,
    /// Choose the connection below.
    Down,
    /// Make the chosen one anew, and leave the old one when the new one is live.
    Reconnect,
    /// Make it anew at once.
    ReconnectNow,
    /// Pause it, or go on with it.
    Pause,
    /// Let attempts through to its venue again.
    Lift,
    /// End the command.
    Quit,
}

const KEYS: &str = "up/down choose, r reconnect, R at once, p pause or resume, l lift the venue's \
                    hold, q quit";

/// Draws a board over what it drew before.
#[derive(Debug)]
pub(crate) struct Table {
    board: Board,
    /// The row that the keys are about, if there are keys.
    chosen: Option<usize>,
    /// How many lines were drawn last, to be drawn over.
    drawn: usize,
}

/// How many connections are shown; the rest is counted.
const ROWS_MAX: usize = 40;

const HEADER: &str = "connection         state      bound      beats  challenged/answered  \
                      response p50  probed/answered  round trip p50  reconnects/gaps  last";

impl Table {
    pub(crate) const fn new(board: Board) -> Self {
        Self { board, chosen: None, drawn: 0 }
    }

    /// Shows a row as chosen from now on.
    pub(crate) const fn take_keys(&mut self) {
        self.chosen = Some(0);
    }

    /// Moves to another row for some keys, and returns the row that a key is about.
    pub(crate) fn press(&mut self, key: Key) -> usize {
        let rows = self.board.snapshot().len().min(ROWS_MAX);
        let chosen = self.chosen.unwrap_or_default();
        let chosen = match key {
            Key::Up => chosen.saturating_sub(1),
            Key::Down => (chosen + 1).min(rows.saturating_sub(1)),
            Key::Reconnect | Key::ReconnectNow | Key::Pause | Key::Lift | Key::Quit => chosen,
        };
        self.chosen = Some(chosen);
        chosen
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
        let shown = entries.len().min(ROWS_MAX);
        for (number, entry) in entries[..shown].iter().enumerate() {
            let marks = if self.chosen == Some(number) { "\x1b[7m" } else { "" };
            let _ = write!(out, "\x1b[2K{marks}{}\r\n", row(entry));
        }
        let healthy = entries.iter().filter(|entry| entry.healthy).count();
        let _ = write!(out, "\x1b[2K{healthy} of {} healthy\r\n", entries.len());
        if self.chosen.is_some() {
            let _ = write!(out, "\x1b[2K{KEYS}\r\n");
        }
        out.push_str("\x1b[?7h");
        self.drawn = shown + 2 + usize::from(self.chosen.is_some());
        out
    }
}

fn row(entry: &Entry) -> String {
    let Entry { name, health, .. } = entry;
    let color = if entry.healthy { "\x1b[32m" } else { "\x1b[31m" };
    let state = match entry.paused {
        true => "paused",
        false if health.level == Level::Target.as_str() => health.phase,
        false => health.level,
    };
    let bound = humantime::format_duration(entry.detection_bound).to_string();
    format!(
        "{name:<18}\x1b[0m {color}{state:<10}\x1b[0m {bound:<9} {:>6}  {:>9}/{:<9}  {:>12}  \
         {:>7}/{:<7}  {:>14}  {:>10}/{:<4}  {}",
        health.beats,
        health.challenges,
        health.responses,
        median(health.response_time),
        health.probes,
        health.answers,
        median(health.round_trip),
        entry.reconnects,
        entry.gaps,
        entry.failure.as_ref().unwrap_or(&entry.last),
    )
}

/// Writes a latency so that a person can compare it.
fn median(latency: Option<LatencyLine>) -> String {
    let millis = |micros: u64| Duration::from_micros(micros).as_secs_f64() * 1_000.0;
    latency.map_or_else(|| "-".to_owned(), |it| format!("{:.3} ms", millis(it.p50_us)))
}
