//! The opening handshake, as RFC 6455 (section 4) and RFC 9110 say; frames are tungstenite's.
//!
//! tungstenite's own handshake takes the first answer for the last one, and a `Connection` header
//! for a word rather than a list, and it logs the request with all that is secret in it.

use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::client::generate_key;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::http::{HeaderMap, HeaderName, header};
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};

use super::head::Head;
use super::{ConnectError, Destination, HandshakeError};
use crate::metered::Metered;

/// How much of an answer is read at once, in bytes.
const CHUNK: usize = 2 << 10;

/// What the handshake says itself, or says nothing of: an extension that tungstenite does not speak
/// must not be offered, and a request to upgrade has no content.
const RESERVED: [HeaderName; 8] = [
    header::CONNECTION,
    header::CONTENT_LENGTH,
    header::SEC_WEBSOCKET_ACCEPT,
    header::SEC_WEBSOCKET_EXTENSIONS,
    header::SEC_WEBSOCKET_KEY,
    header::SEC_WEBSOCKET_VERSION,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
];

/// What a request says once (RFC 9110, RFC 6454): a server that is told twice refuses, or heeds the
/// one that was not meant.
const SINGLE: [HeaderName; 3] = [header::AUTHORIZATION, header::HOST, header::ORIGIN];

/// A server that answered the upgrade with 101, or sent us elsewhere.
pub(crate) enum Answer<S> {
    Open(Upgraded<S>),
    Elsewhere { status: u16, location: Option<String> },
}

/// A transport on which the handshake is done.
pub(crate) struct Upgraded<S> {
    pub(super) stream: Metered<S>,
    /// What was read behind the answer: the beginning of the venue's frames.
    pub(super) rest: Vec<u8>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Upgraded<S> {
    /// Speaks WebSocket over it.
    pub(crate) async fn websocket(self, config: WebSocketConfig) -> WebSocketStream<Metered<S>> {
        let Self { stream, rest } = self;
        WebSocketStream::from_partially_read(stream, rest, Role::Client, Some(config)).await
    }
}

/// Asks for the upgrade, with headers of the application's beside the handshake's own.
///
/// The caller bounds the time. An answer has 16 KiB and 128 header lines at most; the content of
/// one that refuses is not read.
pub(crate) async fn upgrade<S: AsyncRead + AsyncWrite + Unpin>(
    mut stream: S,
    destination: &Destination,
    headers: &HeaderMap,
) -> Result<Answer<S>, ConnectError> {
    let failed = |source| ConnectError::Upgrade { source };
    let key = generate_key();
    let request = request(destination, headers, &key)?;
    let lost = |source| failed(HandshakeError::Lost(source));
    stream.write_all(&request).await.map_err(lost)?;
    stream.flush().await.map_err(lost)?;
    let mut rest = Vec::new();
    let head = Head::read(&mut stream, &mut rest, CHUNK).await.map_err(failed)?;
    match head.status {
        101 => verify(&head, headers, &key).map_err(failed)?,
        status @ (301 | 302 | 303 | 307 | 308) => {
            let location = head.headers.get(header::LOCATION);
            let location = location.and_then(|it| it.to_str().ok()).map(str::to_owned);
            return Ok(Answer::Elsewhere { status, location });
        }
        status => return Err(ConnectError::of_refusal(status, &head.headers)),
    }
    // tungstenite would keep it for its own buffer, which has another size.
    rest.shrink_to_fit();
    Ok(Answer::Open(Upgraded { stream: Metered::new(stream), rest }))
}

/// Refuses headers that the handshake has to say itself, and such as say two things at once.
pub(crate) fn check_headers(headers: &HeaderMap) -> Result<(), ConnectError> {
    if let Some(name) = RESERVED.iter().find(|name| headers.contains_key(*name)) {
        return Err(ConnectError::BadHeader { name: name.clone() });
    }
    match SINGLE.iter().find(|name| headers.get_all(*name).iter().count() > 1) {
        Some(name) => Err(ConnectError::RepeatedHeader { name: name.clone() }),
        None => Ok(()),
    }
}

fn request(
    destination: &Destination,
    headers: &HeaderMap,
    key: &str,
) -> Result<Vec<u8>, ConnectError> {
    check_headers(headers)?;
    let path = destination.path();
    let mut request = format!("GET {path} HTTP/1.1\r\n").into_bytes();
    // Some servers heed the case of these, as they must not.
    let host = destination.authority().as_bytes();
    let host = headers.get(header::HOST).map_or(host, |host| host.as_bytes());
    put(&mut request, "Host", host);
    put(&mut request, "Connection", b"Upgrade");
    put(&mut request, "Upgrade", b"websocket");
    put(&mut request, "Sec-WebSocket-Version", b"13");
    put(&mut request, "Sec-WebSocket-Key", key.as_bytes());
    for (name, value) in headers.iter().filter(|(name, _)| **name != header::HOST) {
        let name = match name.as_str() {
            "sec-websocket-protocol" => "Sec-WebSocket-Protocol",
            "origin" => "Origin",
            name => name,
        };
        put(&mut request, name, value.as_bytes());
    }
    if let Some(user) = destination.authorization()
        && !headers.contains_key(header::AUTHORIZATION)
    {
        put(&mut request, "Authorization", user.as_bytes());
    }
    request.extend(b"\r\n");
    Ok(request)
}

fn put(request: &mut Vec<u8>, name: &str, value: &[u8]) {
    request.extend(name.as_bytes());
    request.extend(b": ");
    request.extend(value);
    request.extend(b"\r\n");
}

/// Checks a `101` by the six rules of RFC 6455, section 4.1.
fn verify(head: &Head, asked: &HeaderMap, key: &str) -> Result<(), HandshakeError> {
    if !head.lists(header::UPGRADE, "websocket") {
        return Err(HandshakeError::NoUpgrade);
    }
    if !head.lists(header::CONNECTION, "upgrade") {
        return Err(HandshakeError::NoConnection);
    }
    let accept = derive_accept_key(key.as_bytes());
    let mut accepted = head.headers.get_all(header::SEC_WEBSOCKET_ACCEPT).iter();
    if accepted.next().is_none_or(|it| it != &accept) || accepted.next().is_some() {
        return Err(HandshakeError::WrongAccept);
    }
    // We ask for none, so whatever is there nobody has asked for.
    let mut extensions = head.headers.get_all(header::SEC_WEBSOCKET_EXTENSIONS).iter();
    if extensions.any(|line| line.as_bytes().iter().any(|byte| !b", \t".contains(byte))) {
        return Err(HandshakeError::Extension);
    }
    let asked: Vec<_> = asked.get_all(header::SEC_WEBSOCKET_PROTOCOL).iter().collect();
    let asked = asked.iter().filter_map(|line| line.to_str().ok());
    let asked: Vec<_> = asked.flat_map(|line| line.split(',')).map(str::trim).collect();
    let chosen = head.headers.get_all(header::SEC_WEBSOCKET_PROTOCOL).iter();
    let mut chosen = chosen.filter(|line| !line.is_empty());
    let is_asked_for = |it: &str| asked.contains(&it);
    // One that was asked for and not chosen leaves a connection without: that is not forbidden.
    let is_ours = chosen.next().is_none_or(|it| it.to_str().is_ok_and(is_asked_for));
    if !is_ours || chosen.next().is_some() {
        return Err(HandshakeError::Subprotocol);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt as _;
    use tokio_tungstenite::tungstenite::http::HeaderValue;

    /// RFC 6455, section 1.3.
    const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";
    const ACCEPT: &str = "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n";
    const PLAIN: &str = "Upgrade: websocket\r\nConnection: Upgrade\r\n";

    fn judged(lines: &str, asked: &HeaderMap) -> Result<(), String> {
        let answer = format!("HTTP/1.1 101 Switching Protocols\r\n{lines}\r\n");
        let mut stream = answer.as_bytes();
        let head = Head::read(&mut stream, &mut Vec::new(), CHUNK).now_or_never().unwrap();
        verify(&head.unwrap(), asked, KEY).map_err(|error| error.to_string())
    }

    #[test]
    fn an_answer_is_taken_as_the_standards_say() {
        for lines in [
            format!("{PLAIN}{ACCEPT}"),
            format!("Upgrade: WebSocket\r\nConnection: keep-alive, Upgrade\r\n{ACCEPT}"),
            format!("Upgrade: websocket\r\nConnection: upgrade , keep-alive\r\n{ACCEPT}"),
            format!("{PLAIN}Connection: keep-alive\r\n{ACCEPT}"),
            format!("Connection: keep-alive\r\n{PLAIN}{ACCEPT}"),
            format!("Upgrade: h2c, websocket\r\nConnection:Upgrade\r\n{ACCEPT}"),
            format!("Upgrade: websocket\r\nConnection: keep-alive,\r\n Upgrade\r\n{ACCEPT}"),
            format!("{PLAIN}{ACCEPT}Sec-WebSocket-Extensions: ,\r\n"),
        ] {
            assert_eq!(judged(&lines, &HeaderMap::new()), Ok(()), "{lines}");
        }
    }

    #[test]
    fn an_answer_to_another_question_is_refused() {
        let accept = "answer has not the sec-websocket-accept that the key calls for";
        for (lines, why) in [
            (format!("Connection: Upgrade\r\n{ACCEPT}"), "answer does not upgrade to websocket"),
            (
                format!("Upgrade: websocket\r\nConnection: keep-alive\r\n{ACCEPT}"),
                "answer has no upgrade in its connection header",
            ),
            (PLAIN.to_owned(), accept),
            (format!("{PLAIN}Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOO=\r\n"), accept),
            (format!("{PLAIN}{ACCEPT}{ACCEPT}"), accept),
            (
                format!("{PLAIN}{ACCEPT}Sec-WebSocket-Extensions: permessage-deflate\r\n"),
                "answer has an extension that nobody asked for",
            ),
            (
                format!("{PLAIN}{ACCEPT}Sec-WebSocket-Protocol: soap\r\n"),
                "answer has a subprotocol that nobody asked for",
            ),
        ] {
            assert_eq!(judged(&lines, &HeaderMap::new()), Err(why.to_owned()), "{lines}");
        }
    }

    #[test]
    fn a_subprotocol_is_one_of_those_that_were_asked_for() {
        let mut asked = HeaderMap::new();
        asked.append(header::SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static("a, b"));
        asked.append(header::SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static("c"));
        let of = |lines: &str| judged(&format!("{PLAIN}{ACCEPT}{lines}"), &asked).is_ok();
        assert!(of("Sec-WebSocket-Protocol: b\r\n") && of("Sec-WebSocket-Protocol: c\r\n"));
        assert!(of(""), "the server speaks none of them");
        assert!(of("Sec-WebSocket-Protocol: \r\n"), "and says so");
        assert!(!of("Sec-WebSocket-Protocol: B\r\n"), "they have a case");
        assert!(!of("Sec-WebSocket-Protocol: a, b\r\n"), "one is to be chosen");
        assert!(!of("Sec-WebSocket-Protocol: a\r\nSec-WebSocket-Protocol: b\r\n"));
    }

    #[test]
    fn a_request_says_what_it_must_and_what_the_application_adds() {
        let venue = Destination::parse("wss://me:pass@venue.example:9443/ws?a=b#c").unwrap();
        let mut headers = HeaderMap::new();
        headers.insert(header::ORIGIN, HeaderValue::from_static("https://venue.example"));
        headers.insert("x-api-key", HeaderValue::from_bytes(b"\xfc").unwrap());
        let written = request(&venue, &headers, KEY).unwrap();
        let expected =
            b"GET /ws?a=b HTTP/1.1\r\nHost: venue.example:9443\r\nConnection: Upgrade\r\n\
            Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: \
            dGhlIHNhbXBsZSBub25jZQ==\r\nOrigin: https://venue.example\r\nx-api-key: \xfc\r\n\
            Authorization: Basic bWU6cGFzcw==\r\n\r\n";
        assert_eq!(written.escape_ascii().to_string(), expected.escape_ascii().to_string());
        headers.insert(header::AUTHORIZATION, HeaderValue::from_static("Bearer t"));
        headers.insert(header::HOST, HeaderValue::from_static("other.example"));
        let written =
            String::from_utf8_lossy(&request(&venue, &headers, KEY).unwrap()).into_owned();
        assert!(written.contains("\r\nauthorization: Bearer t\r\n") && !written.contains("Basic"));
        assert!(written.contains("\r\nHost: other.example\r\n") && !written.contains(":9443"));
        headers.insert(header::SEC_WEBSOCKET_EXTENSIONS, HeaderValue::from_static("s3cret"));
        let refused = request(&venue, &headers, KEY).unwrap_err().to_string();
        assert_eq!(refused, "header sec-websocket-extensions is for the handshake to set");
        headers.remove(header::SEC_WEBSOCKET_EXTENSIONS);
        headers.append(header::HOST, HeaderValue::from_static("third.example"));
        let refused = request(&venue, &headers, KEY).unwrap_err().to_string();
        assert_eq!(refused, "header host must not be sent twice");
    }
}
