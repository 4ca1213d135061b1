//! What a check found, to be read by a person.

use core::error::Error;
use core::fmt;

use crate::OwnedFrame;

/// A row of the table: one thing that holds of every adapter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Row {
    /// The defaults build, and what they wait for is written.
    Defaults,
    /// Each fixture means what it states, and so says the reference.
    Statements,
    /// There are fixtures for all that the platform does, and three lookalikes.
    Coverage,
    /// Control frames mean what RFC 6455 says, whatever is in them, and binary noise is data.
    ControlFrames,
    /// What is written is exact to the byte, parses, and is no heartbeat when it comes back.
    Replies,
    /// A token of any length and content is echoed in a message that parses, or refused.
    Tokens,
    /// No part of a frame that was cut short is a heartbeat.
    Truncations,
    /// No change of one byte makes a heartbeat of what is none.
    ByteChanges,
    /// The order of keys, white space and escapes change no meaning.
    Rewritings,
    /// A key that decides, given twice with different values, makes a message data.
    Repetitions,
    /// A heartbeat within another message is that message's, and so data.
    Wrappings,
    /// Past the longest heartbeat all is data, and up to it length changes nothing.
    Bound,
    /// What answers no probe, or another, leaves a probe unanswered.
    WrongAnswers,
}

impl Row {
    /// How many violations of a row are reported before it is left.
    pub const VIOLATIONS_MAX: usize = 8;

    /// Returns its name: a few words in lower case.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Defaults => "defaults",
            Self::Statements => "statements",
            Self::Coverage => "coverage",
            Self::ControlFrames => "control frames",
            Self::Replies => "replies",
            Self::Tokens => "tokens",
            Self::Truncations => "truncations",
            Self::ByteChanges => "byte changes",
            Self::Rewritings => "rewritings",
            Self::Repetitions => "repetitions",
            Self::Wrappings => "wrappings",
            Self::Bound => "bound",
            Self::WrongAnswers => "wrong answers",
        }
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One thing that a platform did and should not have done.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Deviation {
    /// The row that it breaks.
    pub row: Row,
    /// The fixture from which the frame was made, or what was called.
    pub of: String,
    /// The frame, if there is one.
    pub frame: Option<OwnedFrame>,
    /// What should have been, as [`name_of`](super::name_of) puts it if it is a meaning.
    pub expected: String,
    /// What was.
    pub got: String,
}

impl fmt::Display for Deviation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}: ", self.row, self.of)?;
        if let Some(frame) = &self.frame {
            let shown = frame.to_string();
            // One line a violation, whatever a frame is made of.
            for char in shown.trim_end().chars() {
                if char.is_control() {
                    write!(f, "{}", char.escape_default())?;
                } else {
                    write!(f, "{char}")?;
                }
            }
            f.write_str(": ")?;
        }
        write!(f, "expected {}, got {}", self.expected, self.got)
    }
}

/// Everything that a check found.
///
/// Its `Display` and its `Debug` list one violation a line, so that `unwrap` in a test reads.
#[derive(Clone, PartialEq, Eq)]
pub struct Report {
    platform: String,
    violations: Vec<Deviation>,
}

impl Report {
    pub(super) fn new(platform: &str) -> Self {
        Self { platform: platform.to_owned(), violations: Vec::new() }
    }

    /// Returns what was found, in the order of the rows; never empty in a report that was
    /// returned.
    pub fn violations(&self) -> &[Deviation] {
        &self.violations
    }

    pub(super) fn add(&mut self, violation: Deviation) {
        self.violations.push(violation);
    }

    pub(super) fn count(&self, row: Row) -> usize {
        self.violations.iter().filter(|violation| violation.row == row).count()
    }

    pub(super) fn into_result(self) -> Result<(), Self> {
        if self.violations.is_empty() { Ok(()) } else { Err(self) }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} breaks the conformance table:", self.platform)?;
        for violation in &self.violations {
            write!(f, "\n  {violation}")?;
        }
        for violation in self.violations.chunk_by(|a, b| a.row == b.row) {
            if let [first, ..] = violation
                && violation.len() >= Row::VIOLATIONS_MAX
            {
                write!(f, "\n  {}: left there; there may be more", first.row)?;
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Error for Report {}
