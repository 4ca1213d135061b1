//! WebSocket frames from bytes and to bytes, of either side (RFC 6455, section 5).

use crate::mock::may_travel;
use crate::{OwnedFrame, WireError};

/// The longest message that a client may send, in bytes. Venues cut off far earlier.
pub(super) const MESSAGE_MAX: usize = 1 << 20;

/// The longest payload of a control frame, in bytes.
const CONTROL_MAX: usize = 125;

const CONTINUATION: u8 = 0;
const TEXT: u8 = 1;
const BINARY: u8 = 2;
const CLOSE: u8 = 8;
const PING: u8 = 9;
const PONG: u8 = 10;

/// Puts the peer's frames together from its bytes. Holds at most one message and one read.
#[derive(Debug)]
pub(super) struct Decoder {
    peer: Side,
    bytes: Vec<u8>,
    /// The message whose last fragment has not come yet.
    begun: Option<Message>,
}

/// Who sends: a client masks its frames, a server does not (section 5.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Client,
    Server,
}

impl Side {
    /// Returns the longest message that it may send, in bytes: venues send whole books at once.
    const fn message_max(self) -> usize {
        match self {
            Self::Client => MESSAGE_MAX,
            Self::Server => 16 * MESSAGE_MAX,
        }
    }
}

/// A message so far.
#[derive(Debug, Default)]
struct Message {
    is_text: bool,
    bytes: Vec<u8>,
    /// How many of them are known to be UTF-8.
    checked: usize,
}

/// What stands before a frame's payload.
#[derive(Clone, Copy, Debug)]
struct Header {
    is_final: bool,
    opcode: u8,
    mask: [u8; 4],
    /// The payload's length.
    len: usize,
    /// The header's own.
    size: usize,
}

impl Decoder {
    /// Makes the decoder of what this side sends.
    pub(super) const fn of(peer: Side) -> Self {
        Self { peer, bytes: Vec::new(), begun: None }
    }

    pub(super) fn feed(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// Takes out the next whole frame or message, if it is there.
    pub(super) fn decode(&mut self) -> Result<Option<OwnedFrame>, WireError> {
        while let Some((header, payload)) = self.frame()? {
            let frame = if header.opcode >= CLOSE {
                Some(decode_control(self.peer, header.opcode, payload)?)
            } else {
                self.join(header, payload)?
            };
            if frame.is_some() {
                return Ok(frame);
            }
        }
        Ok(None)
    }

    /// Takes out the next whole frame, unmasked.
    fn frame(&mut self) -> Result<Option<(Header, Vec<u8>)>, WireError> {
        let begun = self.begun.as_ref().map(|message| message.bytes.len());
        let Some(header) = read_header(self.peer, &self.bytes, begun)? else {
            return Ok(None);
        };
        if self.bytes.len() - header.size < header.len {
            return Ok(None);
        }
        let end = header.size + header.len;
        let mut payload: Vec<u8> = self.bytes.drain(..end).skip(header.size).collect();
        for (byte, mask) in payload.iter_mut().zip(header.mask.iter().cycle()) {
            *byte ^= mask;
        }
        Ok(Some((header, payload)))
    }

    fn join(&mut self, header: Header, payload: Vec<u8>) -> Result<Option<OwnedFrame>, WireError> {
        let mut message = match self.begun.take() {
            Some(mut begun) => {
                begun.bytes.extend(payload);
                begun
            }
            None => Message { is_text: header.opcode == TEXT, bytes: payload, checked: 0 },
        };
        message.check_text(header.is_final)?;
        if !header.is_final {
            self.begun = Some(message);
            return Ok(None);
        }
        Ok(Some(if message.is_text {
            OwnedFrame::Text(String::from_utf8(message.bytes).map_err(|_| WireError::NotUtf8)?)
        } else {
            OwnedFrame::Binary(message.bytes)
        }))
    }
}

impl Message {
    /// Fails as soon as no continuation could make UTF-8 of it.
    fn check_text(&mut self, is_final: bool) -> Result<(), WireError> {
        if !self.is_text {
            return Ok(());
        }
        match str::from_utf8(self.bytes.get(self.checked..).unwrap_or_default()) {
            Ok(_) => self.checked = self.bytes.len(),
            Err(error) if error.error_len().is_none() && !is_final => {
                self.checked += error.valid_up_to();
            }
            Err(_) => return Err(WireError::NotUtf8),
        }
        Ok(())
    }
}

/// Reads a header, or what is there of it: a breach is told with the first byte that shows it.
/// `begun` is the length of the message so far, if there is one.
fn read_header(
    peer: Side,
    bytes: &[u8],
    begun: Option<usize>,
) -> Result<Option<Header>, WireError> {
    let Some(&first) = bytes.first() else {
        return Ok(None);
    };
    let (is_final, opcode) = (first & 0x80 != 0, first & 0x0f);
    if first & 0x70 != 0 {
        return Err(WireError::ReservedBits);
    }
    match (opcode, begun.is_some()) {
        (CLOSE | PING | PONG, _) if !is_final => return Err(WireError::BadControl),
        (CONTINUATION, false) | (TEXT | BINARY, true) => return Err(WireError::BadFragment),
        (CONTINUATION | TEXT | BINARY | CLOSE | PING | PONG, _) => {}
        _ => return Err(WireError::ReservedOpcode { opcode }),
    }
    let Some(&second) = bytes.get(1) else {
        return Ok(None);
    };
    match (peer, second & 0x80 != 0) {
        (Side::Client, true) | (Side::Server, false) => {}
        (Side::Client, false) => return Err(WireError::Unmasked),
        (Side::Server, true) => return Err(WireError::Masked),
    }
    let short = second & 0x7f;
    if opcode >= CLOSE && usize::from(short) > CONTROL_MAX {
        return Err(WireError::BadControl);
    }
    let Some((len, size)) = read_length(short, bytes.get(2..).unwrap_or_default())? else {
        return Ok(None);
    };
    let begun = if opcode >= CLOSE { 0 } else { begun.unwrap_or_default() };
    let whole = u64::try_from(begun).unwrap_or(u64::MAX).saturating_add(len);
    let max = peer.message_max();
    let too_long = WireError::TooLong { len: whole, max };
    if usize::try_from(whole).is_ok_and(|whole| whole > max) {
        return Err(too_long);
    }
    let len = usize::try_from(len).map_err(|_| too_long)?;
    let mask_at = 2 + size;
    if peer == Side::Server {
        return Ok(Some(Header { is_final, opcode, mask: [0; 4], len, size: mask_at }));
    }
    let mask = bytes.get(mask_at..).and_then(<[u8]>::first_chunk).copied();
    Ok(mask.map(|mask| Header { is_final, opcode, mask, len, size: mask_at + 4 }))
}

/// Reads a length that `short` begins, and tells how many bytes more it took.
fn read_length(short: u8, rest: &[u8]) -> Result<Option<(u64, usize)>, WireError> {
    match short {
        126 => match rest.first_chunk().map(|len| u16::from_be_bytes(*len)) {
            Some(0..=125) => Err(WireError::BadLength),
            len => Ok(len.map(|len| (u64::from(len), 2))),
        },
        127 => match rest.first_chunk().map(|len| u64::from_be_bytes(*len)) {
            Some(0..=0xffff | 0x8000_0000_0000_0000..) => Err(WireError::BadLength),
            len => Ok(len.map(|len| (len, 8))),
        },
        short => Ok(Some((u64::from(short), 0))),
    }
}

/// Of a server a code is told as it came, whatever it is: who measures wants to know.
fn decode_control(peer: Side, opcode: u8, payload: Vec<u8>) -> Result<OwnedFrame, WireError> {
    match (opcode, payload.as_slice()) {
        (PING, _) => Ok(OwnedFrame::Ping(payload)),
        (PONG, _) => Ok(OwnedFrame::Pong(payload)),
        (_, []) => Ok(OwnedFrame::Close { code: None, reason: String::new() }),
        (_, [_]) => Err(WireError::BadClose),
        (_, [high, low, reason @ ..]) => {
            let code = u16::from_be_bytes([*high, *low]);
            if peer == Side::Client && !may_travel(code) {
                return Err(WireError::BadCloseCode { code });
            }
            let reason = str::from_utf8(reason).map_err(|_| WireError::NotUtf8)?.to_owned();
            Ok(OwnedFrame::Close { code: Some(code), reason })
        }
    }
}

/// Appends the bytes of a server's frame. A control payload is cut to what it may be, and a close
/// code that may not travel stays here.
pub(super) fn encode(frame: &OwnedFrame, out: &mut Vec<u8>) {
    encode_as(None, frame, out);
}

/// Appends the bytes of a client's frame, masked with `mask`, likewise.
pub(super) fn encode_masked(mask: [u8; 4], frame: &OwnedFrame, out: &mut Vec<u8>) {
    encode_as(Some(mask), frame, out);
}

fn encode_as(mask: Option<[u8; 4]>, frame: &OwnedFrame, out: &mut Vec<u8>) {
    let mut put = |opcode, payload: &[u8]| put(mask, opcode, payload, out);
    match frame {
        OwnedFrame::Text(text) => put(TEXT, text.as_bytes()),
        OwnedFrame::Binary(bytes) => put(BINARY, bytes),
        OwnedFrame::Ping(payload) => put(PING, cut(payload)),
        OwnedFrame::Pong(payload) => put(PONG, cut(payload)),
        OwnedFrame::Close { code, reason } => match code.filter(|code| may_travel(*code)) {
            Some(code) => {
                let reason = cut_text(reason, CONTROL_MAX - 2);
                put(CLOSE, &[&code.to_be_bytes(), reason.as_bytes()].concat());
            }
            None => put(CLOSE, &[]),
        },
    }
}

fn cut(payload: &[u8]) -> &[u8] {
    payload.get(..CONTROL_MAX).unwrap_or(payload)
}

/// Cuts a text where a character ends.
fn cut_text(text: &str, max: usize) -> &str {
    (0..=max.min(text.len())).rev().find_map(|len| text.get(..len)).unwrap_or_default()
}

fn put(mask: Option<[u8; 4]>, opcode: u8, payload: &[u8], out: &mut Vec<u8>) {
    let masked: u8 = if mask.is_some() { 0x80 } else { 0 };
    out.push(0x80 | opcode);
    match (u8::try_from(payload.len()), u16::try_from(payload.len())) {
        (Ok(len @ 0..=125), _) => out.push(masked + len),
        (_, Ok(len)) => {
            out.push(masked + 126);
            out.extend_from_slice(&len.to_be_bytes());
        }
        _ => {
            out.push(masked + 127);
            let len = u64::try_from(payload.len()).unwrap_or(u64::MAX);
            out.extend_from_slice(&len.to_be_bytes());
        }
    }
    match mask {
        Some(mask) => {
            out.extend_from_slice(&mask);
            out.extend(payload.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask));
        }
        None => out.extend_from_slice(payload),
    }
}

/// Appends bytes that are no frame: an opcode that RFC 6455, section 5.2, reserves.
pub(super) fn encode_invalid(out: &mut Vec<u8>) {
    out.extend_from_slice(&[0x83, 0x00]);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frames(bytes: &[u8], chunk: usize) -> Result<Vec<OwnedFrame>, WireError> {
        let mut decoder = Decoder::of(Side::Client);
        let mut frames = Vec::new();
        for chunk in bytes.chunks(chunk) {
            decoder.feed(chunk);
            while let Some(frame) = decoder.decode()? {
                frames.push(frame);
            }
        }
        Ok(frames)
    }

    /// A client's frame: first byte, payload, masked with 1, 2, 3, 4.
    fn masked(first: u8, payload: &[u8]) -> Vec<u8> {
        let mut bytes = vec![first, 0x80 | u8::try_from(payload.len()).unwrap(), 1, 2, 3, 4];
        bytes.extend(
            payload.iter().zip([1, 2, 3, 4].iter().cycle()).map(|(byte, mask)| byte ^ mask),
        );
        bytes
    }

    #[test]
    fn frames_come_out_whole_however_the_bytes_are_cut() {
        let mut bytes = masked(0x01, b"he");
        bytes.extend(masked(0x89, b"between"));
        // A character in two fragments.
        bytes.extend(masked(0x00, b"ll\xc3"));
        bytes.extend(masked(0x80, b"\xb6"));
        bytes.extend(masked(0x88, &[0x03, 0xe8, b'b', b'y', b'e']));
        for chunk in 1..=bytes.len() {
            assert_eq!(
                frames(&bytes, chunk),
                Ok(vec![
                    OwnedFrame::Ping(b"between".to_vec()),
                    OwnedFrame::text("hell\u{f6}"),
                    OwnedFrame::Close { code: Some(1000), reason: "bye".to_owned() },
                ])
            );
        }
    }

    #[test]
    fn text_that_no_continuation_can_save_is_refused_with_its_fragment() {
        assert_eq!(frames(&masked(0x01, b"a\xff"), 1), Err(WireError::NotUtf8));
        assert_eq!(frames(&masked(0x01, b"a\xc3"), 1), Ok(vec![]), "it may yet become one");
        assert_eq!(frames(&masked(0x81, b"a\xc3"), 1), Err(WireError::NotUtf8));
        assert_eq!(frames(&masked(0x82, b"\xff"), 1), Ok(vec![OwnedFrame::Binary(vec![0xff])]));
    }

    #[test]
    fn each_side_reads_what_the_other_writes_and_not_what_it_writes_itself() {
        for text in ["", "ping", &"x".repeat(126), &"x".repeat(65_536)] {
            let frame = OwnedFrame::text(text);
            let (mut of_client, mut of_server) = (Vec::new(), Vec::new());
            encode_masked([7, 0, 255, 1], &frame, &mut of_client);
            encode(&frame, &mut of_server);
            for (peer, right, wrong, breach) in [
                (Side::Client, &of_client, &of_server, WireError::Unmasked),
                (Side::Server, &of_server, &of_client, WireError::Masked),
            ] {
                let mut decoder = Decoder::of(peer);
                decoder.feed(right);
                assert_eq!(decoder.decode(), Ok(Some(frame.clone())));
                decoder.feed(wrong);
                assert_eq!(decoder.decode(), Err(breach));
            }
        }
    }

    #[test]
    fn a_servers_frame_has_the_bytes_of_rfc_6455() {
        // Section 5.7, the unmasked examples.
        let mut out = Vec::new();
        encode(&OwnedFrame::text("Hello"), &mut out);
        assert_eq!(out, [0x81, 0x05, b'H', b'e', b'l', b'l', b'o']);
        out.clear();
        encode(&OwnedFrame::Binary(vec![0; 256]), &mut out);
        assert_eq!(out[..4], [0x82, 0x7e, 0x01, 0x00]);
        out.clear();
        encode(&OwnedFrame::Binary(vec![0; 65_536]), &mut out);
        assert_eq!(out[..10], [0x82, 0x7f, 0, 0, 0, 0, 0, 1, 0, 0]);
        out.clear();
        encode(&OwnedFrame::Close { code: Some(4004), reason: "No".to_owned() }, &mut out);
        assert_eq!(out, [0x88, 0x04, 0x0f, 0xa4, b'N', b'o']);
        for code in [0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65_535] {
            out.clear();
            encode(&OwnedFrame::Close { code: Some(code), reason: "No".to_owned() }, &mut out);
            assert_eq!(out, [0x88, 0x00], "{code} may not travel");
        }
        out.clear();
        encode(&OwnedFrame::Close { code: Some(1000), reason: "\u{f6}".repeat(100) }, &mut out);
        assert_eq!((out.len(), out[1]), (2 + 124, 124), "cut where a character ends");
    }
}
