//! Where the lines go: JSON, plain text, or the live table.

use std::io::{self, IsTerminal as _, Write as _};

use crate::args::Format;
use crate::board::Board;
use crate::event::Line;
use crate::table::{Key, Table};

/// Writes the report to standard output.
pub(crate) enum Report {
    Json,
    Plain {
        /// Whether each heartbeat is told, and not only what changes.
        verbose: bool,
    },
    Table(Table),
}

impl Report {
    /// Chooses by what was asked for and by what standard output is.
    pub(crate) fn new(format: Format, verbose: bool, board: Board) -> Self {
        match format {
            Format::Json => Self::Json,
            Format::Human if io::stdout().is_terminal() => Self::Table(Table::new(board)),
            Format::Human => Self::Plain { verbose },
        }
    }

    /// Says something to a person; a machine that reads JSON is spared.
    ///
    /// # Errors
    ///
    /// If standard output is gone.
    pub(crate) fn say(&self, text: &str) -> io::Result<()> {
        match self {
            Self::Json => Ok(()),
            Self::Plain { .. } | Self::Table(_) => put(&format!("{text}\n")),
        }
    }

    /// Reports a line; the table shows it by itself.
    ///
    /// # Errors
    ///
    /// If standard output is gone.
    pub(crate) fn line(&self, line: &Line) -> io::Result<()> {
        match self {
            Self::Json => put(&format!("{}\n", serde_json::to_string(line)?)),
            Self::Plain { verbose } if *verbose || !line.event.is_routine() => put(&plain(line)),
            Self::Plain { .. } | Self::Table(_) => Ok(()),
        }
    }

    /// Reports a line that belongs to the end, below the table if there is one.
    ///
    /// # Errors
    ///
    /// If standard output is gone.
    pub(crate) fn closing_line(&self, line: &Line) -> io::Result<()> {
        match self {
            Self::Json | Self::Plain { .. } => self.line(line),
            Self::Table(_) => put(&plain(line)),
        }
    }

    /// Tells whether there is a table.
    #[cfg(unix)]
    pub(crate) const fn has_table(&self) -> bool {
        matches!(self, Self::Table(_))
    }

    /// Shows which connection the keys are about, if there is a table.
    #[cfg(unix)]
    pub(crate) const fn take_keys(&mut self) {
        if let Self::Table(table) = self {
            table.take_keys();
        }
    }

    /// Takes a key, and returns the number of the connection that it is about.
    pub(crate) fn press(&mut self, key: Key) -> Option<usize> {
        match self {
            Self::Table(table) => Some(table.press(key)),
            Self::Json | Self::Plain { .. } => None,
        }
    }

    /// Brings the table up to date, if there is one.
    ///
    /// # Errors
    ///
    /// If standard output is gone.
    pub(crate) fn refresh(&mut self) -> io::Result<()> {
        match self {
            Self::Table(table) => put(&table.draw()),
            Self::Json | Self::Plain { .. } => Ok(()),
        }
    }
}

fn plain(line: &Line) -> String {
    let seconds = line.at_ms / 1_000;
    let millis = line.at_ms % 1_000;
    format!("{seconds:>4}.{millis:03} {:<18} {}\n", line.name, line.event)
}

/// Writes whole lines at once, so that they are never torn.
fn put(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}
