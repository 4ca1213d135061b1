//! A toy venue and both ends of an in-memory connection to it.

#![allow(dead_code, reason = "every test binary uses its own part of this")]

use core::pin::Pin;
use core::task::{Context, Poll};
use core::time::Duration;

use heartbeat_core::{
    Config, ConfigBuilder, Detector, Frame, Outbox, OutboxError, Pace, Platform, ProbeId, Probing,
    Responder, Session, Signal, Timestamp, Token,
};
use tokio::io::{AsyncWriteExt as _, DuplexStream, duplex};
use tokio::task::JoinSet;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};

/// A venue that says `challenge:TOKEN` and wants `response:TOKEN`, that answers `probe:N` with
/// `answer:N`, and that beats with `beat`.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Toy {
    /// Whether there is something to say before a close.
    pub(crate) farewell: bool,
}

impl Detector for Toy {
    fn classify(&self, frame: Frame<'_>) -> Signal {
        let Frame::Text(text) = frame else { return Signal::of_control(frame) };
        if let Some(token) = text.strip_prefix("challenge:") {
            return Signal::Challenge { token: Token::new(token.as_bytes()) };
        }
        if let Some(number) = text.strip_prefix("answer:") {
            return Signal::Answer { probe: number.parse().ok().map(ProbeId::from_number) };
        }
        match text {
            "beat" => Signal::Beat { counter: None },
            "panic" => panic!("the platform panics"),
            _ => Signal::Data,
        }
    }
}

impl Responder for Toy {
    fn respond(&self, token: &[u8], out: &mut Outbox) -> Result<(), OutboxError> {
        out.text_around("response:", token, "")
    }

    fn probe(&self, id: ProbeId, out: &mut Outbox) -> Result<(), OutboxError> {
        out.text(format_args!("probe:{id}"))
    }

    fn farewell(&self, out: &mut Outbox) -> Result<(), OutboxError> {
        if self.farewell { out.text(format_args!("farewell")) } else { Ok(()) }
    }
}

impl Platform for Toy {
    fn name(&self) -> &'static str {
        "toy"
    }

    /// Notices a dead line 15 s after its death, and silence alone after 60 s.
    fn defaults(&self) -> ConfigBuilder {
        Config::builder()
            .probing(Probing { every: secs(6), answer_within: secs(3), pace: Pace::Unconditional })
            .failure_threshold(3)
    }
}

/// A venue that beats at least every 10 s and is never probed.
pub(crate) fn quiet() -> ConfigBuilder {
    Config::builder().transport_limit(secs(10)).failure_threshold(1)
}

pub(crate) fn session_with(builder: ConfigBuilder) -> Session<Toy> {
    Session::new(Toy::default(), builder.build().unwrap(), Timestamp::ZERO)
}

pub(crate) fn session() -> Session<Toy> {
    session_with(Toy::default().defaults())
}

pub(crate) const fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

pub(crate) const fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// The last millisecond of a span.
pub(crate) const fn just_before(span: Duration) -> Duration {
    span.saturating_sub(millis(1))
}

pub(crate) const fn at_secs(seconds: u64) -> Timestamp {
    Timestamp::from_millis(seconds * 1_000)
}

pub(crate) type Socket = WebSocketStream<DuplexStream>;

/// Joins our end to a venue's over a pipe of 64 KiB.
pub(crate) async fn pair() -> (Socket, Socket) {
    let (ours, theirs) = half_pair(64 << 10).await;
    (ours, WebSocketStream::from_raw_socket(theirs, Role::Server, None).await)
}

/// Speaks WebSocket at a venue's end of a pipe.
pub(crate) async fn server(theirs: DuplexStream) -> Socket {
    WebSocketStream::from_raw_socket(theirs, Role::Server, None).await
}

/// Joins our end to a pipe whose other end speaks no WebSocket by itself.
pub(crate) async fn half_pair(pipe_bytes: usize) -> (Socket, DuplexStream) {
    let (ours, theirs) = duplex(pipe_bytes);
    (WebSocketStream::from_raw_socket(ours, Role::Client, Some(buffers())).await, theirs)
}

/// The buffers of a transport that writes eagerly.
pub(crate) fn buffers() -> WebSocketConfig {
    WebSocketConfig::default().write_buffer_size(0).read_buffer_size(4 << 10)
}

/// Writes a text frame as a server does, in at most 125 bytes.
pub(crate) async fn write_text(raw: &mut (impl tokio::io::AsyncWrite + Unpin), text: &str) {
    let len = u8::try_from(text.len()).ok().filter(|len| *len <= 125).unwrap();
    raw.write_all(&[0x81, len]).await.unwrap();
    raw.write_all(text.as_bytes()).await.unwrap();
}

/// What comes of a task, which ends when nobody waits for it any more.
#[derive(Debug)]
pub(crate) struct Background<T>(JoinSet<T>);

/// Lets a task work on something while the test does something else.
pub(crate) fn background<T: Send + 'static>(
    work: impl Future<Output = T> + Send + 'static,
) -> Background<T> {
    let mut tasks = JoinSet::new();
    tasks.spawn(work);
    Background(tasks)
}

impl<T: 'static> Future for Background<T> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T> {
        self.0.poll_join_next(cx).map(|joined| joined.expect("it is polled once").unwrap())
    }
}

/// Waits for something for ten minutes of paused time at most.
pub(crate) async fn soon<F: Future>(future: F) -> F::Output {
    tokio::time::timeout(secs(600), future).await.expect("it happens within ten minutes")
}

/// Waits for something that a task brings about in the next millisecond. A second one lets
/// the task go first where its timer and ours fire together.
pub(crate) async fn right_now<F: Future>(future: F) -> F::Output {
    tokio::time::timeout(millis(2), future).await.expect("it happens right now")
}

/// Asserts that nothing comes of a future within a span.
pub(crate) async fn nothing_within<T: core::fmt::Debug>(
    span: Duration,
    future: impl Future<Output = T>,
) {
    if let Ok(output) = tokio::time::timeout(span, future).await {
        panic!("{output:?} within {span:?}");
    }
}

pub(crate) fn text(text: &str) -> Message {
    Message::text(text)
}
