//! A venue at the other end of in-memory connections, and short ways to wait for updates.

#![allow(dead_code, reason = "every test binary uses its own part of this")]
#![allow(clippy::wildcard_enum_match_arm, reason = "a test names what it looks for")]

pub(crate) mod mock;
pub(crate) mod topics;

use core::sync::atomic::{AtomicBool, Ordering};
use core::time::Duration;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use futures_util::{SinkExt as _, StreamExt as _};
use heartbeat_core::{
    Config, ConfigBuilder, Detector, Frame, Outbox, OutboxError, Pace, Platform, ProbeId, Probing,
    Responder, Signal, Timestamp,
};
use heartbeat_tokio::client::{BoxIo, ClientBuilder, Connector, Dial, Update, VenueLimits};
use heartbeat_tokio::{Client, ConnectError, MonotonicClock};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex};
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::{WebSocketStream, accept_async};

/// A venue that beats with `beat` and answers `probe:N` with `answer:N`. It notices a dead line
/// within 15 s.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Toy;

impl Detector for Toy {
    fn classify(&self, frame: Frame<'_>) -> Signal {
        let Frame::Text(text) = frame else { return Signal::of_control(frame) };
        if let Some(number) = text.strip_prefix("answer:") {
            return Signal::Answer { probe: number.parse().ok().map(ProbeId::from_number) };
        }
        match text {
            "beat" => Signal::Beat { counter: None },
            "shutdown" => Signal::Notice {
                kind: heartbeat_core::NoticeKind::Shutdown,
                deadline: Some(secs(30)),
            },
            _ => match text.strip_prefix("count:").and_then(|number| number.parse().ok()) {
                Some(counter) => Signal::Beat { counter: Some(counter) },
                None => Signal::Data,
            },
        }
    }
}

impl Responder for Toy {
    fn respond(&self, _token: &[u8], _out: &mut Outbox) -> Result<(), OutboxError> {
        Ok(())
    }

    fn probe(&self, id: ProbeId, out: &mut Outbox) -> Result<(), OutboxError> {
        out.text(format_args!("probe:{id}"))
    }
}

impl Platform for Toy {
    fn name(&self) -> &'static str {
        "toy"
    }

    fn defaults(&self) -> ConfigBuilder {
        Config::builder()
            .probing(Probing { every: secs(6), answer_within: secs(3), pace: Pace::Unconditional })
            .failure_threshold(3)
    }
}

/// The way to the venue.
#[derive(Clone)]
pub(crate) struct Wire {
    calls: mpsc::Sender<DuplexStream>,
    log: Arc<Log>,
    clock: MonotonicClock,
}

/// What the venue saw of dials.
#[derive(Default)]
pub(crate) struct Log {
    refusing: AtomicBool,
    dials: Mutex<Vec<Timestamp>>,
}

/// The venue's side of the wire.
pub(crate) struct Venue {
    calls: mpsc::Receiver<DuplexStream>,
    log: Arc<Log>,
}

pub(crate) type Peer = WebSocketStream<DuplexStream>;

/// Joins clients to a venue.
pub(crate) fn wire() -> (Wire, Venue) {
    let (sender, calls) = mpsc::channel(1_024);
    let log = Arc::new(Log::default());
    (
        Wire {
            calls: sender,
            log: Arc::clone(&log),
            clock: MonotonicClock::anchored(Timestamp::ZERO),
        },
        Venue { calls, log },
    )
}

#[async_trait]
impl Connector for Wire {
    async fn dial(&self, _: &Dial<'_>) -> Result<BoxIo, ConnectError> {
        self.log.dials.lock().unwrap().push(self.clock.now());
        let refused = || ConnectError::Refused { addr: ([127, 0, 0, 1], 1).into() };
        if self.log.refusing.load(Ordering::Relaxed) {
            return Err(refused());
        }
        let (ours, theirs) = duplex(64 << 10);
        self.calls.send(theirs).await.map_err(|_| refused())?;
        Ok(Box::new(ours))
    }
}

impl Venue {
    /// Takes the next connection, as bytes.
    pub(crate) async fn pick_up(&mut self) -> DuplexStream {
        soon(self.calls.recv()).await.expect("a client dials")
    }

    /// Takes the next connection.
    pub(crate) async fn accept(&mut self) -> Peer {
        let call = self.pick_up().await;
        accept_async(call).await.expect("the client upgrades")
    }

    /// Takes the next connection and beats once, so that it is live.
    pub(crate) async fn accept_live(&mut self) -> Peer {
        let mut peer = self.accept().await;
        say(&mut peer, "beat").await;
        peer
    }

    /// Answers the next upgrade with this.
    pub(crate) async fn answer_http(&mut self, response: &str) {
        let mut call = self.pick_up().await;
        let mut request = [0; 4_096];
        let read = call.read(&mut request).await.unwrap();
        assert!(request[..read].starts_with(b"GET "));
        call.write_all(response.as_bytes()).await.unwrap();
    }

    /// Refuses everybody from now on, or nobody.
    pub(crate) fn refuse(&self, refusing: bool) {
        self.log.refusing.store(refusing, Ordering::Relaxed);
    }

    /// Returns when it was dialled, since the wire was laid.
    pub(crate) fn dials(&self) -> Vec<Timestamp> {
        self.log.dials.lock().unwrap().clone()
    }

    /// Asserts that nobody dials within a span.
    pub(crate) async fn hears_nothing_for(&mut self, span: Duration) {
        let before = self.dials().len();
        assert!(timeout(span, self.calls.recv()).await.is_err(), "somebody dialled");
        assert_eq!(self.dials().len(), before);
    }

    /// Lets time pass, and takes it that a few dial all the same.
    pub(crate) async fn hears_next_to_nothing_for(&mut self, span: Duration, most: usize) {
        let before = self.dials().len();
        assert!(timeout(span, self.calls.recv()).await.is_err(), "it refuses everybody");
        let dials = self.dials().len() - before;
        assert!(dials <= most, "{dials} dials in {span:?}");
    }

    /// Tells whether anybody is left who could dial.
    pub(crate) async fn is_wired(&mut self) -> bool {
        soon(self.calls.recv()).await.is_some()
    }
}

/// Begins a client of the venue.
pub(crate) fn client(wire: &Wire) -> ClientBuilder<Toy> {
    Client::custom(Toy, VenueLimits::unknown())
        .endpoint("ws://venue.example/")
        .connector(wire.clone())
        .seed(7)
}

pub(crate) async fn say(peer: &mut Peer, text: &str) {
    peer.send(Message::text(text)).await.unwrap();
}

/// Waits for the next text that is no probe, answering those, for ten minutes at most.
pub(crate) async fn heard(peer: &mut Peer) -> Option<String> {
    soon(async {
        while let Some(Ok(message)) = peer.next().await {
            let Ok(text) = message.to_text() else { continue };
            match text.strip_prefix("probe:") {
                Some(number) => say(peer, &format!("answer:{number}")).await,
                None if message.is_text() => return Some(text.to_owned()),
                None => {}
            }
        }
        None
    })
    .await
}

/// Closes the connection from the venue's side.
pub(crate) async fn hang_up(peer: &mut Peer, code: u16) {
    let frame = CloseFrame { code: code.into(), reason: "".into() };
    peer.close(Some(frame)).await.unwrap();
}

/// Waits for the next update that `wanted` makes something of, skipping the rest.
pub(crate) async fn until<T>(
    client: &mut Client,
    mut wanted: impl FnMut(Update) -> Option<T>,
) -> T {
    soon(async {
        while let Some(update) = client.next().await {
            if let Some(found) = wanted(update) {
                return found;
            }
        }
        panic!("the client has ended")
    })
    .await
}

/// Returns what an update is, in a word or a few, if it is more than an observation.
pub(crate) fn word(update: &Update) -> Option<String> {
    Some(match update {
        Update::Message(message) => message.to_string(),
        Update::Gap(gap) => format!("gap {}", gap.cause.as_str()),
        Update::Live { generation } => format!("live {generation}"),
        Update::Down(down) => format!("down {} {}", down.generation, down.cause.as_str()),
        Update::AttemptFailed(failed) => format!("failed {} {}", failed.generation, failed.fault),
        Update::Rotated { from, to, reason } => format!("rotated {from} {to} {}", reason.as_str()),
        Update::Overlapped(overlap) => format!("overlapped by {}", overlap.matched),
        Update::Behind(_) => "behind".to_owned(),
        Update::CaughtUp => "caught up".to_owned(),
        Update::LabelPanicked { generation } => format!("label panicked {generation}"),
        Update::Breaker(state) => format!("breaker {}", state.as_str()),
        Update::GivenUp(why) => format!("given up {}", why.as_str()),
        Update::Closed(report) => format!("closed: {report}"),
        _ => return None,
    })
}

/// Waits for the next `count` updates that are more than observations.
pub(crate) async fn words(client: &mut Client, count: usize) -> Vec<String> {
    let mut words = Vec::new();
    while words.len() < count {
        words.push(until(client, |update| word(&update)).await);
    }
    words
}

/// Waits for something for ten minutes of paused time at most.
pub(crate) async fn soon<F: Future>(future: F) -> F::Output {
    timeout(secs(600), future).await.expect("it happens within ten minutes")
}

pub(crate) const fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

pub(crate) const fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}
