//! One row at work: the platform, called so that it may panic, and what was found so far.

use core::panic::AssertUnwindSafe;
use std::panic::catch_unwind;

use heartbeat_core::{Frame, Outbox, OutboxError, Platform, Signal};

use super::report::{Deviation, Report, Row};
use super::{Fixture, Packing, Table, Tree, WALL_TIME, gunzip, name_of};
use crate::OwnedFrame;

/// The row has as many violations as it may have.
#[derive(Clone, Copy, Debug)]
pub(super) struct Full;

pub(super) type Tried = Result<(), Full>;

/// What a platform wrote: a frame or nothing, or that it cannot.
pub(super) type Written = Result<Option<OwnedFrame>, OutboxError>;

pub(super) struct Trial<'t> {
    platform: &'t dyn Platform,
    pub(super) table: &'t Table<'t>,
    row: Row,
    report: &'t mut Report,
}

impl<'t> Trial<'t> {
    pub(super) fn new(
        platform: &'t dyn Platform,
        table: &'t Table<'t>,
        row: Row,
        report: &'t mut Report,
    ) -> Self {
        Self { platform, table, row, report }
    }

    pub(super) fn fixtures(&self) -> &'t [Fixture] {
        &self.table.fixtures
    }

    /// Notes a violation.
    pub(super) fn found(
        &mut self,
        of: &str,
        frame: Option<Frame<'_>>,
        expected: impl Into<String>,
        got: impl Into<String>,
    ) -> Tried {
        self.report.add(Deviation {
            row: self.row,
            of: of.to_owned(),
            frame: frame.map(OwnedFrame::from),
            expected: expected.into(),
            got: got.into(),
        });
        if self.report.count(self.row) >= Row::VIOLATIONS_MAX { Err(Full) } else { Ok(()) }
    }

    /// Calls the platform; `None` if it panicked, which is noted.
    pub(super) fn call<T>(
        &mut self,
        of: &str,
        frame: Option<Frame<'_>>,
        call: impl FnOnce(&dyn Platform) -> T,
    ) -> Result<Option<T>, Full> {
        let platform = self.platform;
        if let Ok(value) = catch_unwind(AssertUnwindSafe(|| call(platform))) {
            return Ok(Some(value));
        }
        self.found(of, frame, "no panic", "a panic")?;
        Ok(None)
    }

    /// Has the platform write a frame.
    pub(super) fn write(
        &mut self,
        of: &str,
        write: impl FnOnce(&dyn Platform, &mut Outbox) -> Result<(), OutboxError>,
    ) -> Result<Option<Written>, Full> {
        self.call(of, None, |platform| {
            let mut out = Outbox::new();
            out.set_wall_time(Some(WALL_TIME));
            write(platform, &mut out).map(|()| out.frame().map(OwnedFrame::from))
        })
    }

    /// Asks what a frame means. A challenge must be one that the platform can answer.
    pub(super) fn classify(&mut self, of: &str, frame: Frame<'_>) -> Result<Option<Signal>, Full> {
        let signal = self.call(of, Some(frame), |platform| platform.classify(frame))?;
        if let Some(Signal::Challenge { token }) = signal
            && let Some(token) = token.as_bytes()
            && matches!(frame, Frame::Text(_) | Frame::Binary(_))
        {
            let response = self.write(of, |platform, out| platform.respond(token, out))?;
            match response {
                Some(Ok(Some(response))) if !is_sound(&response) => {
                    self.found(of, Some(frame), "a response that parses", response.to_string())?;
                }
                Some(Ok(None)) => self.found(of, Some(frame), "a response", "none")?,
                Some(Err(error)) => {
                    self.found(of, Some(frame), "a response", error.to_string())?;
                }
                Some(Ok(Some(_))) | None => {}
            }
        }
        Ok(signal)
    }

    /// Demands that a frame has this meaning.
    pub(super) fn expect(&mut self, of: &str, frame: Frame<'_>, expected: Signal) -> Tried {
        match self.classify(of, frame)? {
            Some(got) if got != expected => {
                self.found(of, Some(frame), name_of(expected), name_of(got))
            }
            Some(_) | None => Ok(()),
        }
    }

    /// Demands that a frame that was made from a fixture means what the reference says; without
    /// one, that it means nothing that no venue could mean by it.
    pub(super) fn agree(&mut self, fixture: &Fixture, frame: Frame<'_>) -> Tried {
        let of = fixture.name();
        if let Some(reference) = self.table.reference {
            return self.expect(of, frame, reference(frame));
        }
        let Some(got) = self.classify(of, frame)? else { return Ok(()) };
        let name = name_of(got);
        let is_stated = self.fixtures().iter().any(|other| other.frame() == frame);
        if got != Signal::Data && !is_stated && !could_mean(fixture, frame) {
            return self.found(of, Some(frame), "data: it does not parse", name);
        }
        if let Signal::Challenge { token } = got
            && let Some(token) = token.as_bytes()
            && !holds(frame, token)
        {
            return self.found(of, Some(frame), "a token that is in the message", name);
        }
        Ok(())
    }
}

/// Tells whether a frame that was made from a fixture may mean anything at any venue.
fn could_mean(fixture: &Fixture, frame: Frame<'_>) -> bool {
    let Some((packing, original)) = fixture.document() else { return true };
    if Tree::parse(&original).is_none() {
        // A word, or a format of the venue's own: no part of it and no other is known to mean
        // anything, unless its bytes are what counts.
        return packing == Packing::Binary;
    }
    document_of(packing, frame).is_some_and(|text| Tree::parse(&text).is_some())
}

/// The text in a frame that is packed like this.
fn document_of(packing: Packing, frame: Frame<'_>) -> Option<String> {
    match (packing, frame) {
        (Packing::Text, Frame::Text(text)) => Some(text.to_owned()),
        (Packing::Binary, Frame::Binary(bytes)) => String::from_utf8(bytes.to_vec()).ok(),
        (Packing::Gzip, Frame::Binary(bytes)) => gunzip(bytes),
        _ => None,
    }
}

/// Tells whether a token stands in a message, as it is or behind escapes.
fn holds(frame: Frame<'_>, token: &[u8]) -> bool {
    let text = match frame {
        Frame::Text(text) => Some(text.to_owned()),
        Frame::Binary(bytes) => gunzip(bytes).or_else(|| String::from_utf8(bytes.to_vec()).ok()),
        Frame::Ping(_) | Frame::Pong(_) | Frame::Close { .. } => None,
    };
    let Some(text) = text else { return true };
    let in_it = |text: &str| text.as_bytes().windows(token.len().max(1)).any(|part| part == token);
    let decoded = Tree::parse(&text).map(|tree| tree.write("", |text| format!("\"{text}\"")));
    token.is_empty() || in_it(&text) || decoded.is_some_and(|text| in_it(&text))
}

/// Tells whether what is written parses, if it looks like JSON.
pub(super) fn is_sound(frame: &OwnedFrame) -> bool {
    let OwnedFrame::Text(text) = frame else { return true };
    !text.starts_with(['{', '[']) || Tree::parse(text).is_some()
}
