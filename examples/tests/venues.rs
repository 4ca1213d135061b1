//! Every venue over real sockets, against the mock exchange: with its heartbeat a connection is
//! kept, and without it thrown out.

#![allow(clippy::unwrap_used, reason = "a test that unwraps says what it expects")]

use core::num::NonZeroU32;
use core::pin::Pin;
use core::task::{Context, Poll};
use core::time::Duration;
use std::collections::{BTreeMap, BTreeSet};
use std::io;

use futures_util::{SinkExt as _, StreamExt as _};
use heartbeat_core::{
    Cause, Event, Frame, Layer, Outbox, Phase, Platform as _, Responder as _, Session, Timestamp,
};
use heartbeat_platforms::{Begins, BrokenBy, ChallengeRule, CloseRule, Exchange, Rules};
use heartbeat_testkit::net::MockServer;
use heartbeat_testkit::{DataFrom, MockOptions, Observation, Offence};
use heartbeat_tokio::{ConnectOptions, Connection, ConnectionOptions, Incoming, connect};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio_tungstenite::tungstenite::Message;

const FASTER: NonZeroU32 = NonZeroU32::new(10).unwrap();

/// Six seconds are a minute at the venue: several periods of every heartbeat, and as long as
/// most venues bear silence.
const WATCHED: Duration = Duration::from_secs(6);

/// Keeps one connection for as long as it is watched, and returns how it ended.
async fn keep(exchange: Exchange) -> (Exchange, heartbeat_tokio::CloseReport) {
    let options = MockOptions::default().time_scale(FASTER).data_from(DataFrom::Opening);
    let server = MockServer::bind("127.0.0.1:0", exchange, options).await.unwrap();
    let config = exchange.defaults().build().unwrap().faster(FASTER).unwrap();
    let ws = connect(&server.url(), &ConnectOptions::default()).await.unwrap();
    let session = Session::new(exchange, config, Timestamp::ZERO);
    let mut connection = Connection::spawn(ws, session, ConnectionOptions::default());
    let stopped = tokio::time::timeout(WATCHED, async {
        while let Some(incoming) = connection.next().await {
            if let Incoming::Event(Event::Stopped { .. }) = incoming {
                return;
            }
        }
    });
    let ended_early = stopped.await.is_ok();
    let live = connection.health().phase;
    let report = connection.close().await.expect("nobody else read the report");
    assert!(!ended_early, "{exchange}: {report}");
    assert_eq!(live, Phase::Live, "{exchange}");
    server.shutdown().await;
    (exchange, report)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_venue_is_kept_alive_over_loopback() {
    let mut connections = JoinSet::new();
    for exchange in Exchange::all() {
        connections.spawn(keep(*exchange));
    }
    let mut venues = 0;
    while let Some(kept) = connections.join_next().await {
        let (exchange, report) = kept.unwrap();
        assert_eq!(report.cause, Cause::Stopped, "{exchange}: {report}");
        let counters = report.health.counters;
        assert_eq!(counters.unanswerable, 0, "{exchange}: {counters:?}");
        let alive = counters.responses + counters.answers + counters.beats;
        assert!(alive > 0, "{exchange} showed no heartbeat: {counters:?}");
        venues += 1;
    }
    assert_eq!(venues, Exchange::all().len());
}

/// A client whose heartbeat is switched off: it reads everything, and nothing that it writes
/// arrives once it is muted, not even the pongs that tungstenite makes by itself.
struct Mutable {
    stream: TcpStream,
    muted: bool,
}

impl AsyncRead for Mutable {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Mutable {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.muted {
            return Poll::Ready(Ok(buf.len()));
        }
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

/// How long a venue keeps a client that said at most its arming message, read off its rules;
/// `None` if for ever.
fn fate_of(rules: &Rules, arms: bool) -> Option<Duration> {
    let begun = rules.begins == Begins::Opening || (rules.begins == Begins::Arming && arms);
    let challenge = rules.challenge.filter(|_| begun);
    let silence = rules.silence.filter(|rule| {
        // What the venue says by itself breaks the rest.
        let by_message = |rule: ChallengeRule| rule.layer == Layer::Dialect;
        let speaks = rules.beat_every.is_some() || challenge.is_some_and(by_message);
        rule.broken_by == BrokenBy::ClientMessage || !speaks || !begun
    });
    let from_opening = |rule: ChallengeRule| rule.every + rule.ends_after();
    [
        challenge.map(from_opening),
        silence.map(|rule| rule.limit),
        rules.subscribe_within.filter(|_| !arms),
    ]
    .into_iter()
    .flatten()
    .min()
}

/// Returns the venue's arming message, if the heartbeat that it begins is one that can fail.
fn arming(exchange: Exchange) -> Option<String> {
    let mut out = Outbox::new();
    exchange.arm(&mut out).unwrap();
    fate_of(exchange.rules(), true)?;
    let frame = out.frame()?;
    let Frame::Text(text) = frame else { panic!("{exchange} is armed by {frame:?}") };
    Some(text.to_owned())
}

/// What a client saw at the end, and when after its opening the venue says that it threw it out.
struct Ending {
    exchange: Exchange,
    seen: Option<u16>,
    kicked: Option<(Duration, Offence, Option<u16>)>,
}

/// Withholds the heartbeat from a venue that is so much faster that it should end in a second.
async fn withhold(exchange: Exchange, fate: Option<Duration>) -> Ending {
    let options = MockOptions::default().time_scale(speed_for(fate)).data_every(None);
    let mut server = MockServer::bind("127.0.0.1:0", exchange, options).await.unwrap();
    let stream = TcpStream::connect(server.local_addr()).await.unwrap();
    let stream = Mutable { stream, muted: false };
    let (mut ws, _) = tokio_tungstenite::client_async(server.url(), stream).await.unwrap();
    if let Some(arming) = arming(exchange) {
        ws.send(Message::text(arming)).await.unwrap();
    }
    ws.get_mut().muted = true;
    let seen = tokio::time::timeout(patience_for(fate), async {
        while let Some(Ok(message)) = ws.next().await {
            if let Message::Close(close) = message {
                return close.map(|close| u16::from(close.code));
            }
        }
        None
    });
    let mut ending = Ending { exchange, seen: seen.await.unwrap_or_default(), kicked: None };
    drop(ws);
    let mut opened = None;
    while let Some(observed) = server.observed().await {
        if observed.observation == Observation::Connected {
            opened = Some(observed.at);
        }
        if let Observation::Kicked { why, code } = observed.observation {
            let after = observed.at.saturating_since(opened.unwrap());
            ending.kicked = Some((after, why, code));
            break;
        }
        if matches!(observed.observation, Observation::Closed { .. }) {
            break;
        }
    }
    ending
}

/// How long a client waits for its end at most: where there is a rule, twenty times as long as it
/// takes, and else as long as it takes the venue to live through more than three minutes.
fn patience_for(fate: Option<Duration>) -> Duration {
    Duration::from_secs(if fate.is_some() { 20 } else { 2 })
}

/// Makes the rule take about a second, whatever it is.
fn speed_for(fate: Option<Duration>) -> NonZeroU32 {
    let secs = fate.map_or(100, |fate| fate.as_secs());
    NonZeroU32::new(u32::try_from(secs).unwrap()).unwrap_or(NonZeroU32::MIN)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_venue_throws_out_a_client_without_a_heartbeat() {
    let mut endings = JoinSet::new();
    let mut fates = BTreeMap::new();
    for exchange in Exchange::all() {
        let fate = fate_of(exchange.rules(), arming(*exchange).is_some());
        fates.insert(exchange.name(), fate);
        endings.spawn(withhold(*exchange, fate));
    }
    let mut kept_on = BTreeSet::new();
    while let Some(ending) = endings.join_next().await {
        let Ending { exchange, seen, kicked } = ending.unwrap();
        let Some((after, why, code)) = kicked else {
            assert_eq!(seen, None, "{exchange}");
            kept_on.insert(exchange.name());
            continue;
        };
        assert_eq!(seen, code, "{exchange} for {why:?}");
        let fate = fates[exchange.name()].expect("a venue that throws out has a rule");
        let earliest = fate / speed_for(Some(fate)).get();
        assert!(after >= earliest, "{exchange} for {why:?} after {after:?}, not {earliest:?}");
        match (why, exchange.rules().heartbeat_close) {
            (Offence::UnansweredChallenge, CloseRule::Code { code: own, .. }) => {
                assert_eq!(code, Some(own), "{exchange}");
            }
            (Offence::UnansweredChallenge, CloseRule::Cut | CloseRule::Bare) => {
                assert_eq!(code, None, "{exchange}");
            }
            (Offence::Silence | Offence::NoSubscription, _) => {
                let codes = exchange.facts().heartbeat_failure_codes;
                assert!(code.is_none_or(|code| codes.contains(&code)), "{exchange}: {code:?}");
            }
            (why, _) => panic!("{exchange} throws out for {why:?}"),
        }
    }
    // Nobody is kept but where no rule was found, or where the application has to begin.
    let lenient = fates.into_iter().filter(|(_, fate)| fate.is_none());
    assert_eq!(kept_on, lenient.map(|(name, _)| name).collect::<BTreeSet<_>>());
}
