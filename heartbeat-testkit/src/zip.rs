//! Compression, as some venues compress what they send.

use std::io::Write as _;

use flate2::write::GzEncoder;
use flate2::{Compression, Crc};

/// The longest text that is written here, in bytes: every heartbeat of every venue, and the mock's
/// plain market data.
///
/// The library clears 300 KiB and builds two codes for each text, however short: that was two
/// fifths of the time of a whole simulation.
const SHORT_MAX: usize = 256;

/// A gzip member without a name or a time (RFC 1952, section 2.3).
const HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];

/// Compresses by gzip.
pub(crate) fn gzip(text: &str) -> Vec<u8> {
    let bytes = text.as_bytes();
    if bytes.len() <= SHORT_MAX {
        return gzip_short(bytes);
    }
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    // A `Vec` takes everything.
    encoder.write_all(bytes).and_then(|()| encoder.finish()).unwrap_or_default()
}

/// Writes one last block in the fixed code, letter by letter (RFC 1951, section 3.2.6).
fn gzip_short(bytes: &[u8]) -> Vec<u8> {
    let mut bits = Bits { out: HEADER.to_vec(), rest: 0, len: 0 };
    // The last block; its type, 1, is sent from the lowest bit on.
    bits.push_code(0b1, 1);
    bits.push_code(0b10, 2);
    for byte in bytes.iter().map(|byte| u32::from(*byte)) {
        match byte {
            0..=143 => bits.push_code(0x30 + byte, 8),
            _ => bits.push_code(0x190 + byte - 144, 9),
        }
    }
    // The end of the block.
    bits.push_code(0, 7);
    let mut out = bits.finish();
    let mut crc = Crc::new();
    crc.update(bytes);
    out.extend(crc.sum().to_le_bytes());
    out.extend(crc.amount().to_le_bytes());
    out
}

/// Bits that become bytes, the lowest first.
struct Bits {
    out: Vec<u8>,
    rest: u32,
    len: u32,
}

impl Bits {
    /// Writes a code of at most nine bits, its highest bit first.
    fn push_code(&mut self, code: u32, len: u32) {
        self.rest |= (code.reverse_bits() >> (u32::BITS - len)) << self.len;
        self.len += len;
        while self.len >= 8 {
            self.flush_byte();
        }
    }

    fn flush_byte(&mut self) {
        let [byte, ..] = self.rest.to_le_bytes();
        self.out.push(byte);
        self.rest >>= 8;
        self.len = self.len.saturating_sub(8);
    }

    fn finish(mut self) -> Vec<u8> {
        if self.len > 0 {
            self.flush_byte();
        }
        self.out
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use flate2::read::GzDecoder;

    use super::*;

    #[test]
    fn what_is_compressed_comes_out_as_it_was() {
        // Letters of eight bits and of nine, on both sides of the limit.
        let all: String = (0..=0x7f_u8).map(char::from).collect();
        let accents = "\u{f8}\u{ff}\u{20bf}\u{90}".repeat(8);
        let long = "x".repeat(SHORT_MAX + 1);
        for text in ["", "Ping", r#"{"ping":1492420473027}"#, &all, &accents, &long] {
            for end in 0..=text.len() {
                let Some(text) = text.get(..end) else { continue };
                let mut read = String::new();
                GzDecoder::new(gzip(text).as_slice()).read_to_string(&mut read).unwrap();
                assert_eq!(read, text);
            }
        }
    }
}
