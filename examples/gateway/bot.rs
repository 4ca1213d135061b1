//! The socket of one bot.

use core::pin::Pin;
use core::task::{Context, Poll};
use std::collections::VecDeque;

use futures_util::{Sink as _, Stream as _};
use heartbeat_tokio::WebSocketStream;
use heartbeat_tokio::tungstenite::protocol::{CloseFrame, Role, WebSocketConfig};
use heartbeat_tokio::tungstenite::{self, Bytes, Message};
use tokio::io::{AsyncRead, AsyncWrite};

/// The longest message that a bot may send: as long as one to a venue may be.
const MESSAGE_MAX: usize = 1 << 20;

/// How much a read takes at once, and how much is written at once.
const BUFFER_BYTES: usize = 16 << 10;

/// How many messages are handed to the socket at once, and how many bytes: what waits beyond that
/// waits in the queue of the venue's connection, where its age is known.
const BATCH_MESSAGES: usize = 64;
const BATCH_BYTES: usize = 64 << 10;

/// A bot's WebSocket, with what is to be written next.
pub(crate) struct Bot<S> {
    ws: WebSocketStream<S>,
    waiting: VecDeque<Message>,
    waiting_bytes: usize,
    is_unflushed: bool,
}

/// What a bot did.
#[derive(Debug)]
pub(crate) enum FromBot {
    /// It sent a message.
    Message(Message),
    /// It sent a control frame; a ping is answered already.
    SignOfLife,
    /// It said good-bye.
    Closed(Option<CloseFrame>),
    /// Its connection is gone.
    Lost(String),
    /// It has taken all that was waiting for it.
    Caught,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Bot<S> {
    pub(crate) async fn new(socket: S) -> Self {
        let config = WebSocketConfig::default()
            .max_message_size(Some(MESSAGE_MAX))
            .max_frame_size(Some(MESSAGE_MAX))
            .read_buffer_size(BUFFER_BYTES)
            .write_buffer_size(BUFFER_BYTES);
        let ws = WebSocketStream::from_raw_socket(socket, Role::Server, Some(config)).await;
        Self { ws, waiting: VecDeque::new(), waiting_bytes: 0, is_unflushed: false }
    }

    /// Puts a message behind those that wait.
    pub(crate) fn push(&mut self, message: Message) {
        self.waiting_bytes += message.len();
        self.waiting.push_back(message);
    }

    /// Asks for a pong.
    pub(crate) fn ask(&mut self) {
        self.push(Message::Ping(Bytes::new()));
    }

    /// Tells whether all that was to be written is.
    pub(crate) fn has_caught_up(&self) -> bool {
        self.waiting.is_empty() && !self.is_unflushed
    }

    /// Tells whether more can be added to what is about to be written.
    pub(crate) fn has_room(&self) -> bool {
        self.waiting.len() < BATCH_MESSAGES && self.waiting_bytes < BATCH_BYTES
    }

    /// Waits for the next thing that the bot does. Loses nothing if dropped.
    pub(crate) async fn next(&mut self) -> FromBot {
        core::future::poll_fn(|cx| self.poll_next(cx)).await
    }

    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<FromBot> {
        let had_caught_up = self.has_caught_up();
        if let Err(error) = self.poll_write(cx) {
            return Poll::Ready(FromBot::Lost(error.to_string()));
        }
        if !had_caught_up && self.has_caught_up() {
            return Poll::Ready(FromBot::Caught);
        }
        Pin::new(&mut self.ws).poll_next(cx).map(|read| match read {
            Some(Ok(Message::Close(frame))) => FromBot::Closed(frame),
            Some(Ok(message @ (Message::Text(_) | Message::Binary(_)))) => {
                FromBot::Message(message)
            }
            Some(Ok(_)) => FromBot::SignOfLife,
            Some(Err(error)) => FromBot::Lost(error.to_string()),
            None => FromBot::Lost("connection ended".to_owned()),
        })
    }

    fn poll_write(&mut self, cx: &mut Context<'_>) -> Result<(), tungstenite::Error> {
        while !self.waiting.is_empty() {
            let Poll::Ready(ready) = Pin::new(&mut self.ws).poll_ready(cx) else { return Ok(()) };
            ready?;
            if let Some(message) = self.waiting.pop_front() {
                self.waiting_bytes -= message.len();
                self.is_unflushed = true;
                Pin::new(&mut self.ws).start_send(message)?;
            }
        }
        if self.is_unflushed
            && let Poll::Ready(flushed) = Pin::new(&mut self.ws).poll_flush(cx)
        {
            flushed?;
            self.is_unflushed = false;
        }
        Ok(())
    }

    /// Says good-bye and waits for the bot to do so too. Takes as long as the bot does.
    pub(crate) async fn close(mut self, frame: CloseFrame) {
        // A bot that is gone hears nothing.
        if self.ws.close(Some(frame)).await.is_err() {
            return;
        }
        while !matches!(self.next().await, FromBot::Closed(_) | FromBot::Lost(_)) {}
        // Reads the end, so that the transport is closed in order.
        while !matches!(self.next().await, FromBot::Lost(_)) {}
    }
}
