//! Reads heartbeats that come compressed in binary messages, without allocating and within a bound.
//!
//! Some venues compress everything they send, heartbeats included. A heartbeat is short, and so is
//! its compressed form: a longer message is market data and is never inflated, and no message,
//! whatever it claims, is inflated to more than [`INFLATED_MAX`] bytes.

use heartbeat_core::{Frame, Signal};
use memchr::memchr;
use miniz_oxide::inflate::TINFLStatus;
use miniz_oxide::inflate::core::{DecompressorOxide, decompress, inflate_flags};

/// The longest text that a message is inflated to, in bytes.
pub const INFLATED_MAX: usize = 512;

/// Gives a binary message of at most `longest` bytes the meaning that `read` finds in its inflated
/// text, and any other frame its meaning by RFC 6455 alone.
///
/// Choose `longest` a little above the venue's longest compressed heartbeat: of a longer message
/// nothing is looked at but its length.
///
/// ```
/// use heartbeat_core::{Frame, Signal};
/// use heartbeat_platforms::gzip;
///
/// // "Ping", as any gzip makes it.
/// let frame = Frame::Binary(&[
///     31, 139, 8, 0, 0, 0, 0, 0, 2, 3, 11, 200, 204, 75, 7, 0, 195, 146, 231, 133, 4, 0, 0, 0,
/// ]);
/// let read = |text: &str| (text == "Ping").then_some(Signal::Beat { counter: None });
/// assert_eq!(gzip::classify(frame, 24, read), Signal::Beat { counter: None });
/// assert_eq!(gzip::classify(frame, 23, read), Signal::Data);
/// assert_eq!(gzip::classify(Frame::Text("Ping"), 24, read), Signal::Data);
/// ```
pub fn classify(
    frame: Frame<'_>,
    longest: usize,
    read: impl FnOnce(&str) -> Option<Signal>,
) -> Signal {
    if let Frame::Binary(member) = frame
        && member.len() <= longest
        && let Some(signal) = read_member(member, read)
    {
        signal
    } else {
        Signal::of_control(frame)
    }
}

/// Reads the text of a short gzip member. Market data, which is longer, never pays for the buffer.
fn read_member(member: &[u8], read: impl FnOnce(&str) -> Option<Signal>) -> Option<Signal> {
    let mut buffer = [0; INFLATED_MAX];
    let inflated = inflate(member, &mut buffer)?;
    read(core::str::from_utf8(inflated).ok()?)
}

/// Inflates one whole gzip member (RFC 1952) into `out`.
///
/// Returns `None` for what is cut short, followed by anything, longer than `out`, or does not have
/// the length and the checksum that it claims. Needs about 10 KiB of stack, and the time of a few
/// bytes for what is not gzip at all.
///
/// ```
/// use heartbeat_platforms::gzip;
///
/// let ping = [
///     31, 139, 8, 0, 0, 0, 0, 0, 2, 3, 11, 200, 204, 75, 7, 0, 195, 146, 231, 133, 4, 0, 0, 0,
/// ];
/// assert_eq!(gzip::inflate(&ping, &mut [0; 4]), Some(&b"Ping"[..]));
/// assert_eq!(gzip::inflate(&ping, &mut [0; 3]), None);
/// assert_eq!(gzip::inflate(&ping[..23], &mut [0; 4]), None);
/// ```
pub fn inflate<'o>(member: &[u8], out: &'o mut [u8]) -> Option<&'o [u8]> {
    let (deflated, trailer) = after_header(member)?.split_last_chunk::<8>()?;
    let (checksum, len) = trailer.split_first_chunk::<4>()?;
    let len = u32::from_le_bytes(*len.first_chunk::<4>()?);
    // No room for more than it claims: a bomb that lies ends there.
    let out = out.get_mut(..usize::try_from(len).ok()?)?;
    let mut inflater = DecompressorOxide::new();
    let flags = inflate_flags::TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF;
    let (status, read, written) = decompress(&mut inflater, deflated, out, 0, flags);
    let is_whole = status == TINFLStatus::Done && read == deflated.len() && written == out.len();
    (is_whole && crc32(out) == u32::from_le_bytes(*checksum)).then_some(out)
}

/// Inflates the beginning of a gzip member, as much as there is room for; and tells whether that
/// is all of it. What has not been inflated is not checked.
pub(crate) fn inflate_head<'o>(member: &[u8], out: &'o mut [u8]) -> Option<(&'o [u8], bool)> {
    let deflated = after_header(member)?;
    let mut inflater = DecompressorOxide::new();
    let flags = inflate_flags::TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF;
    let (status, _, written) = decompress(&mut inflater, deflated, out, 0, flags);
    let is_readable = matches!(status, TINFLStatus::Done | TINFLStatus::HasMoreOutput);
    let head = out.get(..written)?;
    is_readable.then_some((head, status == TINFLStatus::Done))
}

/// The bits of a header's flags that say what else the header holds.
const HEADER_CHECKSUM: u8 = 1 << 1;
const EXTRA: u8 = 1 << 2;
const NAME: u8 = 1 << 3;
const COMMENT: u8 = 1 << 4;
const RESERVED: u8 = 0b1110_0000;

/// Returns what follows the header of a gzip member (RFC 1952, section 2.3).
fn after_header(member: &[u8]) -> Option<&[u8]> {
    let (header, mut rest) = member.split_first_chunk::<10>()?;
    let [0x1f, 0x8b, 8, flags, ..] = *header else { return None };
    if flags & RESERVED != 0 {
        return None;
    }
    if flags & EXTRA != 0 {
        let (len, extra) = rest.split_first_chunk::<2>()?;
        rest = extra.get(usize::from(u16::from_le_bytes(*len))..)?;
    }
    for text in [NAME, COMMENT] {
        if flags & text != 0 {
            rest = rest.get(memchr(0, rest)?.saturating_add(1)..)?;
        }
    }
    if flags & HEADER_CHECKSUM != 0 {
        let covered = member.get(..member.len().saturating_sub(rest.len()))?;
        let (checksum, after) = rest.split_first_chunk::<2>()?;
        let [low, high, ..] = crc32(covered).to_le_bytes();
        if *checksum != [low, high] {
            return None;
        }
        rest = after;
    }
    Some(rest)
}

/// Computes the checksum of RFC 1952, section 8, bit by bit: of half a kilobyte at most, a table
/// would not pay.
fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            let divisor = if crc & 1 == 1 { 0xedb8_8320 } else { 0 };
            crc = (crc >> 1) ^ divisor;
        }
    }
    !crc
}

#[cfg(test)]
mod tests;
