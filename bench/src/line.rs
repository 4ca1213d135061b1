//! A line without a kernel: what a venue sends, in pieces, and nothing that costs besides.

use core::pin::Pin;
use core::task::{Context, Poll, Waker};
use std::io;
use std::sync::Arc;

use async_trait::async_trait;
use heartbeat_tokio::ConnectError;
use heartbeat_tokio::client::{BoxIo, Connector, Dial};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

/// What Deribit says to the arming that every session of ours begins with.
pub(crate) const ARMED: &str = r#"{"jsonrpc":"2.0","id":79448305041409,"result":"ok"}"#;

/// How much a read brings at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Piece {
    /// One frame, as on a line where messages come singly.
    Frame,
    /// As on one that is busy.
    Bytes(usize),
}

/// A line that sends the same frames again and again, and then ends.
pub(crate) struct Line {
    frames: Arc<[u8]>,
    at: usize,
    /// How many bytes are to be sent in all.
    left: usize,
    piece: usize,
    /// What is sent before all else.
    first: Vec<u8>,
    state: State,
    reader: Option<Waker>,
}

/// Whether it sends already.
#[derive(Debug, PartialEq, Eq)]
enum State {
    /// Wants the request of the opening handshake, and has read this of it.
    Closed(Vec<u8>),
    /// Wants to be armed.
    Unarmed,
    Open,
}

impl Line {
    /// Makes an open line that sends a message so often.
    pub(crate) fn open(message: &str, count: usize, piece: Piece) -> Self {
        let frame = frame(message);
        let batch = count.min(1 + 65_536 / frame.len());
        let piece = match piece {
            Piece::Frame => frame.len(),
            Piece::Bytes(bytes) => bytes,
        };
        Self {
            at: 0,
            left: frame.len() * count,
            piece,
            frames: frame.repeat(batch).into(),
            first: Vec::new(),
            state: State::Open,
            reader: None,
        }
    }

    /// Has it wait until it has been armed.
    pub(crate) fn unarmed(mut self) -> Self {
        self.state = State::Unarmed;
        self
    }

    /// Has it wait for an opening handshake, and then until it has been armed.
    fn closed(mut self) -> Self {
        self.state = State::Closed(Vec::new());
        self
    }
}

/// Makes the frame of a text message of a venue's.
pub(crate) fn frame(message: &str) -> Vec<u8> {
    let mut frame = vec![0x81];
    match message.len() {
        short @ 0..126 => frame.push(short as u8),
        long @ 126..65_536 => {
            frame.push(126);
            frame.extend((long as u16).to_be_bytes());
        }
        huge => {
            frame.push(127);
            frame.extend((huge as u64).to_be_bytes());
        }
    }
    frame.extend(message.as_bytes());
    frame
}

impl AsyncRead for Line {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if !this.first.is_empty() {
            let bytes = this.first.len().min(buf.remaining());
            buf.put_slice(&this.first[..bytes]);
            this.first.drain(..bytes);
            return Poll::Ready(Ok(()));
        }
        if this.state != State::Open {
            this.reader = Some(cx.waker().clone());
            return Poll::Pending;
        }
        let ahead = &this.frames[this.at..];
        let bytes = ahead.len().min(this.left).min(this.piece).min(buf.remaining());
        buf.put_slice(&ahead[..bytes]);
        this.left -= bytes;
        this.at = (this.at + bytes) % this.frames.len();
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Line {
    fn poll_write(
        self: Pin<&mut Self>,
        _cx: &mut Context<'_>,
        written: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        match &mut this.state {
            State::Closed(request) => {
                request.extend(written);
                if let Some(answer) = answer(request) {
                    this.first = answer;
                    this.state = State::Unarmed;
                }
            }
            State::Unarmed => {
                this.first = frame(ARMED);
                this.state = State::Open;
            }
            State::Open => {}
        }
        if let Some(reader) = this.reader.take() {
            reader.wake();
        }
        Poll::Ready(Ok(written.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// Answers the request of an opening handshake, once it is whole.
fn answer(request: &[u8]) -> Option<Vec<u8>> {
    let request = str::from_utf8(request).ok().filter(|it| it.ends_with("\r\n\r\n"))?;
    let is_key = |line: &&str| line.to_ascii_lowercase().starts_with("sec-websocket-key:");
    let key = request.lines().find(is_key)?.split(':').nth(1)?.trim();
    let accept = derive_accept_key(key.as_bytes());
    let head = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n";
    Some(format!("{head}Sec-WebSocket-Accept: {accept}\r\n\r\n").into_bytes())
}

/// Gives a client such lines.
pub(crate) struct Lines {
    pub(crate) message: String,
    pub(crate) count: usize,
    pub(crate) piece: Piece,
}

#[async_trait]
impl Connector for Lines {
    async fn dial(&self, _dial: &Dial<'_>) -> Result<BoxIo, ConnectError> {
        Ok(Box::new(Line::open(&self.message, self.count, self.piece).closed()))
    }
}
