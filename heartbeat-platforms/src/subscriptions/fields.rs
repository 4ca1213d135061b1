//! Topics that are objects of several fields.

use core::fmt;

use crate::json::Json;

/// Which fields the object of a topic has, and in which order they are spelled.
///
/// The values of the `heads` stand first and alone. Of the others, that of `bare` stands alone and
/// the rest as `key=value`, all in the order of `rest`.
pub(super) struct Fields {
    pub(super) heads: &'static [&'static str],
    pub(super) bare: &'static str,
    pub(super) rest: &'static [&'static str],
    /// How it has to be spelled.
    pub(super) spelling: &'static str,
}

impl Fields {
    pub(super) fn check(&self, topic: &str) -> Result<(), &'static str> {
        let mut words = topic.split(' ');
        let mut heads = self.heads.iter();
        let mut rest = self.rest.iter();
        let is_right = heads
            .all(|_| words.next().is_some_and(|it| is_value(it) && !it.contains(':')))
            && words.all(|word| {
                let (key, value) = word.split_once('=').unwrap_or((self.bare, word));
                is_value(value) && rest.any(|known| *known == key)
            });
        if is_right { Ok(()) } else { Err(self.spelling) }
    }

    pub(super) fn write(&self, topic: &str, out: &mut dyn fmt::Write) -> fmt::Result {
        let mut heads = self.heads.iter();
        for (index, word) in topic.split(' ').enumerate() {
            let (key, value) = match heads.next() {
                Some(head) => (*head, word),
                None => word.split_once('=').unwrap_or((self.bare, word)),
            };
            let opens = if index == 0 { '{' } else { ',' };
            write!(out, r#"{opens}"{key}":"{value}""#)?;
        }
        out.write_char('}')
    }

    /// Names the topic that an object stands for. Fields that are not known are passed over.
    pub(super) fn read(&self, object: Json<'_>, names: &mut dyn fmt::Write) -> Option<()> {
        for (index, head) in self.heads.iter().enumerate() {
            if index > 0 {
                names.write_char(' ').ok()?;
            }
            object.get(head)?.text()?.write_to(names).ok()?;
        }
        for key in self.rest {
            if let Some(value) = object.get(key).and_then(Json::text) {
                names.write_char(' ').ok()?;
                if *key != self.bare {
                    write!(names, "{key}=").ok()?;
                }
                value.write_to(names).ok()?;
            }
        }
        Some(())
    }
}

fn is_value(word: &str) -> bool {
    !word.is_empty() && !word.contains('=')
}
