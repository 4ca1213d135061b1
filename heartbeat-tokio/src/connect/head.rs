//! Reads the head of an HTTP answer, of the upgrade's and of a proxy's.

use httparse::{EMPTY_HEADER, ParserConfig, Response, Status};
use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio_tungstenite::tungstenite::http::{HeaderMap, HeaderName, HeaderValue};

use super::HandshakeError;

/// How long all heads of an answer may be together, in bytes: interim ones count.
pub(super) const HEAD_MAX: usize = 16 << 10;

/// How many header lines a head may have.
pub(super) const HEADERS_MAX: usize = 128;

/// The head of an answer.
#[derive(Debug)]
pub(super) struct Head {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
}

impl Head {
    /// Reads until there is a head that is no interim one (RFC 9110, section 15.2; a `101` is the
    /// last that is said in HTTP), `chunk` bytes at a time. What was read behind it stays in
    /// `buffer`.
    pub(super) async fn read(
        stream: &mut (impl AsyncRead + Unpin),
        buffer: &mut Vec<u8>,
        chunk: usize,
    ) -> Result<Self, HandshakeError> {
        let mut total = 0;
        loop {
            // A head ends with a line, so there is nothing to look at before there is one more.
            let looked_at = buffer.len();
            let room = HEAD_MAX.saturating_sub(total).min(chunk);
            if room == 0 {
                return Err(HandshakeError::TooLong { max: HEAD_MAX });
            }
            buffer.reserve(room);
            let read = (&mut *stream).take(room as u64).read_buf(buffer).await;
            total += match read.map_err(HandshakeError::Lost)? {
                0 if is_tls(buffer) => return Err(HandshakeError::IsTls),
                0 => return Err(HandshakeError::Ended),
                read => read,
            };
            if is_tls(buffer) {
                return Err(HandshakeError::IsTls);
            }
            if !buffer.iter().skip(looked_at).any(|byte| *byte == b'\n') {
                continue;
            }
            while let Some((length, head)) = Self::parse(buffer)? {
                buffer.drain(..length);
                if head.status == 101 || head.status >= 200 {
                    return Ok(head);
                }
            }
        }
    }

    /// Returns a head and its length, if all of it is there.
    fn parse(bytes: &[u8]) -> Result<Option<(usize, Self)>, HandshakeError> {
        let mut headers = [EMPTY_HEADER; HEADERS_MAX];
        let mut answer = Response::new(&mut headers);
        let mut config = ParserConfig::default();
        // RFC 9112, section 5.2: a user agent reads folded lines, though nobody may send them.
        config.allow_obsolete_multiline_headers_in_responses(true);
        let length = match config.parse_response(&mut answer, bytes) {
            Ok(Status::Complete(length)) => length,
            Ok(Status::Partial) => return Ok(None),
            Err(httparse::Error::TooManyHeaders) => {
                return Err(HandshakeError::TooManyHeaders { max: HEADERS_MAX });
            }
            Err(error) => return Err(HandshakeError::NotHttp(error)),
        };
        let status = answer.code.unwrap_or_default();
        // RFC 9110, section 15: three digits, the first of which is the class.
        if !(100..=599).contains(&status) {
            return Err(HandshakeError::NotHttp(httparse::Error::Status));
        }
        // RFC 6455, section 4.1: an upgrade needs HTTP/1.1.
        if status == 101 && answer.version == Some(0) {
            return Err(HandshakeError::NotHttp(httparse::Error::Version));
        }
        let mut headers = HeaderMap::new();
        for header in answer.headers.iter() {
            let name = HeaderName::from_bytes(header.name.as_bytes());
            let name = name.map_err(|_| HandshakeError::NotHttp(httparse::Error::HeaderName))?;
            let unfolded: Vec<_> = header.value.iter().map(|byte| unfolded(*byte)).collect();
            let value = HeaderValue::from_bytes(&unfolded);
            let value = value.map_err(|_| HandshakeError::NotHttp(httparse::Error::HeaderValue))?;
            headers.append(name, value);
        }
        Ok(Some((length, Self { status, headers })))
    }

    /// Returns what all lines of a header that is a list say, one element after the other.
    pub(super) fn list(&self, name: impl Into<HeaderName>) -> impl Iterator<Item = &str> {
        let lines = self.headers.get_all(name.into());
        let lines: Vec<_> = lines.iter().filter_map(|line| line.to_str().ok()).collect();
        lines
            .into_iter()
            .flat_map(|line| line.split(','))
            .map(str::trim)
            .filter(|it| !it.is_empty())
    }

    /// Tells whether a list has this element, whatever its case.
    pub(super) fn lists(&self, name: impl Into<HeaderName>, wanted: &str) -> bool {
        self.list(name).any(|element| element.eq_ignore_ascii_case(wanted))
    }
}

/// Returns what a byte of a header's value means: where a line was folded, a space.
const fn unfolded(byte: u8) -> u8 {
    match byte {
        b'\r' | b'\n' => b' ',
        byte => byte,
    }
}

/// Tells whether this is TLS: an alert or a handshake of any version (RFC 8446, section 5.1).
fn is_tls(answer: &[u8]) -> bool {
    matches!(answer, [0x15 | 0x16, 0x03, ..])
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt as _;
    use tokio_tungstenite::tungstenite::http::header;

    /// Reads an answer that comes in chunks of this size, and what is left behind it.
    fn read(answer: &[u8], chunk: usize) -> Result<(Head, Vec<u8>), String> {
        let (mut stream, mut buffer) = (answer, Vec::new());
        let head = Head::read(&mut stream, &mut buffer, chunk).now_or_never().unwrap();
        buffer.extend(stream);
        head.map(|head| (head, buffer)).map_err(|error| error.to_string())
    }

    #[test]
    fn however_an_answer_is_cut_it_is_the_same_and_what_follows_is_kept() {
        let answer = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n\
                       HTTP/1.1 101 Switching Protocols\r\na: b\r\nA: c, d\r\n\r\n\x81\x02hi";
        for chunk in 1..=answer.len() {
            let (head, rest) = read(answer, chunk).unwrap();
            assert_eq!((head.status, &rest[..]), (101, &b"\x81\x02hi"[..]), "chunk {chunk}");
            let name = || HeaderName::from_static("a");
            assert_eq!(head.list(name()).collect::<Vec<_>>(), ["b", "c", "d"]);
            assert!(head.lists(name(), "D") && !head.lists(name(), "c, d"));
            assert!(!head.headers.contains_key(header::LINK), "it was an interim answer's");
        }
    }

    #[test]
    fn a_status_line_is_read_strictly() {
        let cases: [(&[u8], Result<u16, &str>); 10] = [
            (b"HTTP/1.1 200 Connection established\r\n\r\n", Ok(200)),
            (b"HTTP/1.0 407 Proxy Authentication Required\r\nA: b\r\n\r\n", Ok(407)),
            (b"HTTP/1.1 200\r\n\r\n", Ok(200)),
            (b"HTTP/1.0 101 Upgraded\r\n\r\n", Err("answer is not http")),
            (b"HTTP/2 200 OK\r\n\r\n", Err("answer is not http")),
            (b"SSH-2.0-OpenSSH 200 \r\n\r\n", Err("answer is not http")),
            (b"HTTP/1.1 +20 OK\r\n\r\n\xff", Err("answer is not http")),
            (b"HTTP/1.1 600 OK\r\n\r\n", Err("answer is not http")),
            (b"HTTP/1.1 20", Err("connection ended before the answer was complete")),
            (b"\x15\x03\x01\x00\x02\x02\x46", Err("server speaks tls, which wants a wss url")),
        ];
        for (answer, status) in cases {
            let read = read(answer, 2_048).map(|(head, _)| head.status);
            assert_eq!(read, status.map_err(str::to_owned), "{}", answer.escape_ascii());
        }
    }

    #[test]
    fn no_answer_is_read_without_end() {
        let long = "answer is longer than 16384 bytes";
        let many = "answer has more than 128 header lines";
        let endless = [&b"HTTP/1.1 101 -\r\na: "[..], &vec![b'x'; HEAD_MAX]].concat();
        assert_eq!(read(&endless, 2_048).unwrap_err(), long);
        let lines = [&b"HTTP/1.1 101 -\r\n"[..], &b"a:b\r\n".repeat(HEADERS_MAX + 1), b"\r\n"];
        assert_eq!(read(&lines.concat(), 1).unwrap_err(), many);
        assert!(
            read(&[&lines.concat()[..16], &b"a:b\r\n".repeat(128), b"\r\n"].concat(), 9).is_ok()
        );
        // Interim answers are no way round the bound.
        let interim = b"HTTP/1.1 100 -\r\n\r\n".repeat(HEAD_MAX);
        assert_eq!(read(&interim, 2_048).unwrap_err(), long);
    }
}
