//! What the venues' protocols have in common: lists of topics, ids, names.

use core::fmt;

use super::{Ask, ReplyScope, Said};
use crate::json::{Json, Text};

/// What a venue's reader makes of a message; `None` is nothing to the subscriptions.
pub(super) type Read = Option<Said>;

impl Ask {
    /// Returns the word that most venues have for it.
    pub(super) const fn verb(self) -> &'static str {
        match self {
            Self::Subscribe => "subscribe",
            Self::Unsubscribe => "unsubscribe",
        }
    }

    /// Reads the word that most venues have for it.
    pub(super) fn of(verb: Json<'_>) -> Option<Self> {
        if verb.is("subscribe") {
            Some(Self::Subscribe)
        } else {
            verb.is("unsubscribe").then_some(Self::Unsubscribe)
        }
    }
}

/// Says whether the venue has done what was asked.
pub(super) const fn reply(
    done: bool,
    ask: Option<Ask>,
    id: Option<u64>,
    covers: ReplyScope,
) -> Said {
    if done { Said::Accepted { ask, id, covers } } else { Said::Refused { ask, id, covers } }
}

/// Writes the parts between commas.
pub(super) fn list<T>(
    out: &mut dyn fmt::Write,
    parts: impl IntoIterator<Item = T>,
    mut write: impl FnMut(&mut dyn fmt::Write, T) -> fmt::Result,
) -> fmt::Result {
    for (index, part) in parts.into_iter().enumerate() {
        if index > 0 {
            out.write_char(',')?;
        }
        write(out, part)?;
    }
    Ok(())
}

/// Writes strings between commas. Topics need no escapes: that was checked.
pub(super) fn strings<'t>(
    out: &mut dyn fmt::Write,
    strings: impl IntoIterator<Item = &'t str>,
) -> fmt::Result {
    list(out, strings, |out, string| write!(out, r#""{string}""#))
}

/// Names one topic.
pub(super) fn name(names: &mut dyn fmt::Write, topic: Text<'_>) -> Option<()> {
    topic.write_to(names).ok()
}

/// Names one topic of several words.
pub(super) fn name_by<const N: usize>(
    names: &mut dyn fmt::Write,
    words: [Text<'_>; N],
) -> Option<()> {
    for (index, word) in words.into_iter().enumerate() {
        if index > 0 {
            names.write_char(' ').ok()?;
        }
        word.write_to(names).ok()?;
    }
    Some(())
}

/// Ends the name of a topic, so that another can follow.
pub(super) fn next_name(names: &mut dyn fmt::Write) -> Option<()> {
    names.write_char('\n').ok()
}

/// Reads an id: a number, or a string of digits.
pub(super) fn id_of(id: Option<Json<'_>>) -> Option<u64> {
    let id = id?;
    id.as_u64().or_else(|| id.text().and_then(Text::as_u64))
}

/// Returns the first two words of a topic, if it has them.
pub(super) fn two_words(topic: &str) -> Option<(&str, &str)> {
    let (first, rest) = topic.split_once(' ')?;
    let second = rest.split(' ').next()?;
    (!first.is_empty() && !second.is_empty()).then_some((first, second))
}

/// Returns the topic up to the end of its second word.
pub(super) fn head_of(topic: &str) -> &str {
    let mut spaces = topic.match_indices(' ');
    let end = spaces.nth(1).map_or(topic.len(), |(at, _)| at);
    topic.get(..end).unwrap_or(topic)
}

/// A buffer of fixed size for what is written into it and read again.
#[derive(Debug)]
pub(super) struct Scratch<const N: usize> {
    bytes: [u8; N],
    len: usize,
}

impl<const N: usize> Scratch<N> {
    pub(super) const fn new() -> Self {
        Self { bytes: [0; N], len: 0 }
    }

    pub(super) fn as_str(&self) -> &str {
        self.bytes.get(..self.len).and_then(|it| core::str::from_utf8(it).ok()).unwrap_or_default()
    }
}

impl<const N: usize> fmt::Write for Scratch<N> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let end = self.len.checked_add(text.len()).ok_or(fmt::Error)?;
        let room = self.bytes.get_mut(self.len..end).ok_or(fmt::Error)?;
        room.copy_from_slice(text.as_bytes());
        self.len = end;
        Ok(())
    }
}
