//! The kinds of frames that venues put their texts into.

use std::io::{Read as _, Write as _};

use flate2::Compression;
use flate2::bufread::GzDecoder;
use flate2::write::GzEncoder;
use heartbeat_core::Frame;

/// How a text is put into a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Packing {
    /// As a text message.
    Text,
    /// As it is, in a binary message.
    Binary,
    /// Compressed, in a binary message.
    Gzip,
}

/// A frame's payload, with the kind of message that it comes in.
#[derive(Clone, Debug)]
pub(crate) struct Packed {
    packing: Packing,
    bytes: Vec<u8>,
}

impl Packing {
    pub(crate) fn pack(self, text: &str) -> Packed {
        let bytes = match self {
            Self::Text | Self::Binary => text.as_bytes().to_vec(),
            Self::Gzip => gzip(text),
        };
        Packed { packing: self, bytes }
    }
}

impl Packed {
    pub(crate) fn frame(&self) -> Frame<'_> {
        match self.packing {
            Packing::Text => Frame::Text(str::from_utf8(&self.bytes).expect("packed from a text")),
            Packing::Binary | Packing::Gzip => Frame::Binary(&self.bytes),
        }
    }
}

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text.as_bytes()).expect("memory takes everything");
    encoder.finish().expect("memory takes everything")
}

/// The longest text that a heartbeat is inflated to, in bytes.
const INFLATED_MAX: u64 = 512;

/// Inflates one whole gzip member that holds a text of at most 512 bytes, slowly.
pub(crate) fn gunzip(member: &[u8]) -> Option<String> {
    let mut decoder = GzDecoder::new(member);
    let mut inflated = Vec::new();
    decoder.by_ref().take(INFLATED_MAX + 1).read_to_end(&mut inflated).ok()?;
    let is_whole = inflated.len() as u64 <= INFLATED_MAX && decoder.get_ref().is_empty();
    String::from_utf8(inflated).ok().filter(|_| is_whole)
}
