//! The kinds of frames that venues put their texts into.

use std::io::Read as _;

use flate2::bufread::GzDecoder;

use crate::OwnedFrame;

/// How a text is put into a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Packing {
    /// As a text message.
    Text,
    /// As it is, in a binary message.
    Binary,
    /// Compressed by gzip, in a binary message.
    Gzip,
}

impl Packing {
    /// Puts a text into a frame.
    pub fn pack(self, text: &str) -> OwnedFrame {
        match self {
            Self::Text => OwnedFrame::text(text),
            Self::Binary => OwnedFrame::Binary(text.as_bytes().to_vec()),
            Self::Gzip => OwnedFrame::gzip(text),
        }
    }
}

/// The longest text that a heartbeat is inflated to, in bytes.
const INFLATED_MAX: u64 = 512;

/// Inflates one whole gzip member that holds a text of at most 512 bytes, slowly; `None` if it is
/// none, or is followed by anything.
///
/// ```
/// use heartbeat_testkit::OwnedFrame;
/// use heartbeat_testkit::conformance::gunzip;
///
/// let OwnedFrame::Binary(mut member) = OwnedFrame::gzip("Ping") else { unreachable!() };
/// assert_eq!(gunzip(&member).as_deref(), Some("Ping"));
/// member.push(0);
/// assert_eq!(gunzip(&member), None);
/// ```
pub fn gunzip(member: &[u8]) -> Option<String> {
    let mut decoder = GzDecoder::new(member);
    let mut inflated = Vec::new();
    decoder.by_ref().take(INFLATED_MAX + 1).read_to_end(&mut inflated).ok()?;
    let is_whole = inflated.len() as u64 <= INFLATED_MAX && decoder.get_ref().is_empty();
    String::from_utf8(inflated).ok().filter(|_| is_whole)
}
