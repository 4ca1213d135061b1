//! The mock exchange behind bytes: in memory under paused time, and on a real socket.

#![allow(clippy::unwrap_used, reason = "a test that unwraps says what it expects")]

use core::time::Duration;

use futures_util::{SinkExt, StreamExt};
use heartbeat_core::Timestamp;
use heartbeat_platforms::Exchange;
use heartbeat_testkit::net::{MockServer, ServeError, WireError, serve_stream, serve_upgraded};
use heartbeat_testkit::{
    CancelledBy, DataFrom, MockCounters, MockOptions, Observation, Offence, Surprise,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{WebSocketStream, client_async};

const SECOND: Duration = Duration::from_secs(1);

type Served = Result<MockCounters, ServeError>;

/// A client's end of a stream in memory, and the mock at the other end.
struct Ends {
    client: WebSocketStream<DuplexStream>,
    seen: mpsc::Receiver<(Timestamp, Observation)>,
    served: JoinSet<Served>,
}

impl Ends {
    async fn new(exchange: Exchange, options: MockOptions) -> Self {
        let (ours, theirs) = tokio::io::duplex(1024);
        let (sender, seen) = mpsc::channel(10_000);
        // A test that has seen enough lets go of its end.
        let observe = move |at, observation| {
            let _ = sender.try_send((at, observation));
        };
        let mut served = JoinSet::new();
        served.spawn(serve_stream(theirs, exchange, options, observe, core::future::pending()));
        let (client, _) = client_async("ws://mock/", ours).await.unwrap();
        Self { client, seen, served }
    }

    async fn next(&mut self) -> Option<Result<Message, Error>> {
        timeout(3_600 * SECOND, self.client.next()).await.unwrap()
    }

    async fn say(&mut self, text: &str) {
        self.client.send(Message::text(text)).await.unwrap();
    }

    /// Waits for the first observation that is `wanted`, and says when it was made.
    async fn seen(&mut self, wanted: impl Fn(&Observation) -> bool) -> Timestamp {
        loop {
            let (at, observation) = self.seen.recv().await.unwrap();
            if wanted(&observation) {
                return at;
            }
        }
    }

    async fn served(mut self) -> Served {
        self.served.join_next().await.unwrap().unwrap()
    }
}

fn fault(plan: &str) -> MockOptions {
    MockOptions::default().data_every(None).fault(plan.parse().unwrap())
}

#[tokio::test(start_paused = true)]
async fn an_unanswered_test_request_ends_in_deribits_close_frame() {
    let mut ends = Ends::new(Exchange::Deribit, MockOptions::default()).await;
    ends.say(
        r#"{"jsonrpc":"2.0","id":1,"method":"public/set_heartbeat","params":{"interval":10}}"#,
    )
    .await;
    let mut texts = Vec::new();
    let close = loop {
        match ends.next().await.unwrap().unwrap() {
            Message::Text(text) => texts.push(text),
            Message::Close(close) => break close.unwrap(),
            other @ (Message::Binary(_)
            | Message::Ping(_)
            | Message::Pong(_)
            | Message::Frame(_)) => panic!("{other}"),
        }
    };
    assert_eq!((u16::from(close.code), close.reason.as_str()), (4000, "heartbeat close"));
    assert!(texts[0].contains(r#""result":"ok""#), "{texts:?}");
    assert_eq!(texts.iter().filter(|text| text.contains("test_request")).count(), 1);
    let at = ends.seen(|seen| matches!(seen, Observation::Kicked { .. })).await;
    assert_eq!(at, Timestamp::from_millis(20_000));
    // The client's half of the closing handshake leaves with its next poll.
    assert!(ends.next().await.is_none());
    ends.served().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_client_that_only_reads_stays_for_hours_at_a_venue_that_pings() {
    // tungstenite answers pings by itself when it is polled.
    let mut ends = Ends::new(Exchange::BinanceSpot, MockOptions::default()).await;
    let span = (2 * 3_600 + 10) * SECOND;
    let _ = timeout(span, async { while ends.client.next().await.is_some() {} }).await;
    drop(ends.client);
    let counters = ends.served.join_next().await.unwrap().unwrap().unwrap();
    assert_eq!((counters.challenges, counters.answered), (360, 360));
    assert_eq!((counters.extra_answers, counters.wrong_echoes), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_ping_is_answered_once_with_its_payload() {
    let mut ends = Ends::new(Exchange::Rfc6455, MockOptions::default().data_every(None)).await;
    ends.client.send(Message::Ping("7".into())).await.unwrap();
    assert_eq!(ends.next().await.unwrap().unwrap(), Message::Pong("7".into()));
    let more = timeout(19 * SECOND, ends.client.next()).await;
    assert!(more.is_err(), "one ping, one pong: {more:?}");
}

#[tokio::test(start_paused = true)]
async fn a_silent_venue_does_not_even_pong() {
    let mut ends = Ends::new(Exchange::Rfc6455, fault("silent@5s+100s")).await;
    ends.seen(|seen| matches!(seen, Observation::FaultBegan { .. })).await;
    ends.client.send(Message::Ping("7".into())).await.unwrap();
    ends.seen(|seen| *seen == Observation::ProbeReceived).await;
    let silence = timeout(99 * SECOND, ends.client.next()).await;
    assert!(silence.is_err(), "{silence:?}");
    // Then it is back, with its own ping.
    assert!(matches!(ends.next().await.unwrap().unwrap(), Message::Ping(_)));
}

#[tokio::test(start_paused = true)]
async fn a_half_open_venue_leaves_our_bytes_where_they_are() {
    let mut ends = Ends::new(Exchange::Rfc6455, fault("half-open@5s+60s")).await;
    ends.seen(|seen| matches!(seen, Observation::FaultBegan { .. })).await;
    // More than the stream holds cannot leave while nobody reads.
    let long = Message::text("x".repeat(4_000));
    let sent = timeout(50 * SECOND, ends.client.send(long)).await;
    assert!(sent.is_err(), "nobody reads");
    ends.client.flush().await.unwrap();
    ends.seen(|seen| matches!(seen, Observation::FaultEnded { .. })).await;
    let why = Surprise::UnknownMessage;
    ends.seen(|seen| *seen == Observation::Unexpected { why }).await;
}

#[tokio::test(start_paused = true)]
async fn a_cut_comes_without_a_close_frame_and_a_close_with_its_code() {
    let mut ends = Ends::new(Exchange::KrakenV2, fault("cut@5s")).await;
    let last = loop {
        match ends.next().await {
            Some(Ok(Message::Text(_))) => {}
            other => break other,
        }
    };
    assert!(matches!(last, Some(Err(Error::Protocol(_)))), "{last:?}");
    ends.served().await.unwrap();

    let mut ends = Ends::new(Exchange::Okx, fault("close=1012@5s")).await;
    let Some(Ok(Message::Close(Some(close)))) = ends.next().await else {
        panic!("no close frame");
    };
    assert_eq!(u16::from(close.code), 1012);
    // A client that never closes its half is dropped after two seconds all the same.
    ends.served().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_close_of_the_clients_is_echoed() {
    let mut ends = Ends::new(Exchange::Okx, MockOptions::default()).await;
    ends.client.close(None).await.unwrap();
    assert!(matches!(ends.next().await, Some(Ok(Message::Close(None)))));
    assert!(ends.next().await.is_none());
    ends.seen(|seen| *seen == Observation::Closed { code: None }).await;
    ends.served().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_client_that_does_not_read_is_dropped_and_costs_no_memory() {
    let mut ends = Ends::new(Exchange::Rfc6455, fault("burst=1000000@1s")).await;
    let why = Surprise::NotReading;
    let at = ends.seen(|seen| *seen == Observation::Unexpected { why }).await;
    assert_eq!(at, Timestamp::from_millis(31_000));
    // It stopped at its bound of 64 KiB and not at a million messages.
    let counters = ends.served().await.unwrap();
    assert!(counters.data < 5_000, "{counters:?}");
}

#[tokio::test(start_paused = true)]
async fn a_client_that_reads_too_slowly_is_thrown_out_where_that_is_not_borne() {
    let streaming = MockOptions::default()
        .data_from(DataFrom::Opening)
        .data_size(10_000)
        .data_every(Some(SECOND / 10));
    for (exchange, expected) in [
        // "Reading too slowly": documented.
        (Exchange::GateSpot, Observation::Kicked { why: Offence::SlowReader, code: None }),
        (Exchange::Okx, Observation::Unexpected { why: Surprise::NotReading }),
    ] {
        let mut ends = Ends::new(exchange, streaming.clone()).await;
        let over = |seen: &Observation| {
            matches!(seen, Observation::Kicked { .. } | Observation::Unexpected { .. })
        };
        let (at, seen) = loop {
            let (at, seen) = ends.seen.recv().await.unwrap();
            if over(&seen) {
                break (at, seen);
            }
        };
        assert_eq!(seen, expected, "{exchange}");
        // Its buffer fills up in less than a second.
        let within = if exchange == Exchange::Okx { 30 } else { 5 };
        let soonest = Timestamp::from_millis(within * 1_000);
        assert!(at >= soonest && at <= soonest.saturating_add(SECOND), "{exchange}: {at:?}");
        ends.served().await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn a_client_that_pings_and_never_reads_is_not_heard_beyond_the_bound() {
    let (mut ours, theirs) = tokio::io::duplex(1024);
    let (sender, mut seen) = mpsc::channel(10_000);
    let observe = move |at, observation| sender.try_send((at, observation)).unwrap();
    let options = MockOptions::default().data_every(None);
    let mut served = JoinSet::new();
    let never = core::future::pending();
    served.spawn(serve_upgraded(theirs, Exchange::Rfc6455, options, observe, never));
    // A ping of 125 bytes, masked with zeros.
    let ping = [&[0x89, 0xfd, 0, 0, 0, 0][..], &[b'x'; 125]].concat();
    let written = timeout(3_600 * SECOND, async {
        let mut written = 0_u32;
        while ours.write_all(&ping).await.is_ok() {
            written += 1;
        }
        written
    });
    // It was heard until 64 KiB of pongs waited for it, and thirty seconds later it was dropped.
    let written = written.await.unwrap();
    served.join_next().await.unwrap().unwrap().unwrap();
    let mut seen: Vec<_> = core::iter::from_fn(|| seen.try_recv().ok()).collect();
    let closed = Observation::Closed { code: None };
    assert_eq!(seen.pop(), Some((Timestamp::from_millis(30_000), closed)));
    let pings = seen.iter().filter(|(_, seen)| *seen == Observation::ProbeReceived).count();
    assert!((500..600).contains(&pings), "{pings} of {written} pings");
}

#[tokio::test(start_paused = true)]
async fn whoever_breaks_the_protocol_is_told_apart_from_whoever_is_lost() {
    let (mut ours, theirs) = tokio::io::duplex(64);
    ours.write_all(&[0x81, 0x00]).await.unwrap();
    let stop = core::future::pending();
    let served =
        serve_upgraded(theirs, Exchange::Rfc6455, MockOptions::default(), |_, _| {}, stop).await;
    assert!(matches!(served, Err(ServeError::Wire { source: WireError::Unmasked })), "{served:?}");

    let (ours, theirs) = tokio::io::duplex(64);
    drop(ours);
    let stop = core::future::pending();
    let served =
        serve_upgraded(theirs, Exchange::Rfc6455, MockOptions::default(), |_, _| {}, stop).await;
    assert!(served.is_ok(), "{served:?}");
}

#[tokio::test(start_paused = true)]
async fn a_handshake_has_its_deadline() {
    let (_ours, theirs) = tokio::io::duplex(64);
    let stop = core::future::pending();
    let served =
        serve_stream(theirs, Exchange::Rfc6455, MockOptions::default(), |_, _| {}, stop).await;
    let error = served.unwrap_err();
    assert_eq!(error.to_string(), "client must finish the opening handshake within 10s");
}

// ---------------------------------------------------------------------- on a real socket

async fn connect(server: &MockServer) -> WebSocketStream<TcpStream> {
    let stream = TcpStream::connect(server.local_addr()).await.unwrap();
    client_async(server.url(), stream).await.unwrap().0
}

/// Connects, or tells why not.
async fn try_to(server: &MockServer) -> Result<(), Error> {
    let stream = TcpStream::connect(server.local_addr()).await.unwrap();
    client_async(server.url(), stream).await.map(drop)
}

#[tokio::test]
async fn a_server_plays_the_venue_for_every_client_that_comes() {
    let options = MockOptions::default();
    let mut server = MockServer::bind("127.0.0.1:0", Exchange::Okx, options).await.unwrap();
    for connection in 1..=3 {
        let mut client = connect(&server).await;
        client.send(Message::text("ping")).await.unwrap();
        assert_eq!(client.next().await.unwrap().unwrap(), Message::text("pong"));
        let connected = server.observed().await.unwrap();
        assert_eq!(
            (connected.connection, connected.observation),
            (connection, Observation::Connected)
        );
        let probed = server.observed().await.unwrap();
        assert_eq!(probed.observation, Observation::ProbeReceived);
        assert!(probed.to_json().starts_with(r#"{"event":"probe_received","at_ms":"#));
        assert!(
            probed.to_json().ends_with(&format!(r#""connection":{connection},"exchange":"okx"}}"#))
        );
        drop(client);
        let closed = server.observed().await.unwrap();
        assert_eq!(closed.observation, Observation::Closed { code: None });
    }
    assert_eq!(server.observations_lost(), 0);
    server.shutdown().await;
}

#[tokio::test]
async fn orders_are_the_servers_and_their_timer_runs_out_after_the_last_client_has_gone() {
    let options = MockOptions::default().data_every(None);
    let mut server = MockServer::bind("127.0.0.1:0", Exchange::Okx, options).await.unwrap();
    let mut first = connect(&server).await;
    for (request, reply) in [
        (r#"{"mock":"place","id":1,"order":"a-1"}"#, r#"{"mock":"placed","id":1,"order":"a-1"}"#),
        (
            r#"{"mock":"dead_man","id":2,"timeout_ms":1000}"#,
            r#"{"mock":"dead_man","id":2,"timeout_ms":1000}"#,
        ),
    ] {
        first.send(Message::text(request)).await.unwrap();
        assert_eq!(first.next().await.unwrap().unwrap(), Message::text(reply));
    }
    drop(first);
    let (mut closed, mut cancelled) = (false, None);
    while cancelled.is_none() {
        let observed = server.observed().await.unwrap();
        closed |= matches!(observed.observation, Observation::Closed { .. });
        cancelled = matches!(observed.observation, Observation::OrdersCancelled { .. })
            .then_some((observed.connection, observed.observation));
    }
    let why = CancelledBy::DeadMan;
    assert_eq!(cancelled, Some((0, Observation::OrdersCancelled { count: 1, why })));
    assert!(closed, "the client was gone by then");
    server.shutdown().await;
}

#[tokio::test]
async fn whoever_comes_too_soon_is_told_when_to_come_back() {
    // BitMEX: sixty in an hour, so that no place gets free meanwhile.
    let options = MockOptions::default().data_every(None);
    let mut server = MockServer::bind("127.0.0.1:0", Exchange::Bitmex, options).await.unwrap();
    let mut clients = Vec::new();
    for _ in 0..60 {
        clients.push(connect(&server).await);
    }
    let stream = TcpStream::connect(server.local_addr()).await.unwrap();
    let Err(Error::Http(refusal)) = client_async(server.url(), stream).await else {
        panic!("the sixty-first was let in");
    };
    assert_eq!(refusal.status(), 429);
    let seconds: u64 = refusal.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((3_500..=3_600).contains(&seconds), "{seconds}");
    let (connection, retry_after) = loop {
        let observed = server.observed().await.unwrap();
        if let Observation::Refused { limit: 60, retry_after } = observed.observation {
            break (observed.connection, retry_after);
        }
    };
    assert_eq!(connection, 61);
    assert_eq!(seconds, retry_after.as_secs() + u64::from(retry_after.subsec_nanos() > 0));
    // Those who are in stay in.
    let client = clients.last_mut().unwrap();
    client.send(Message::text("ping")).await.unwrap();
    let welcome = client.next().await.unwrap().unwrap();
    assert!(welcome.to_text().unwrap().starts_with('{'));
    assert_eq!(client.next().await.unwrap().unwrap(), Message::text("pong"));
    drop(clients);
    server.shutdown().await;
}

#[tokio::test]
async fn whoever_is_one_too_many_at_once_is_refused_until_another_has_left() {
    // Phemex: five per address.
    let options = MockOptions::default();
    let mut server = MockServer::bind("127.0.0.1:0", Exchange::Phemex, options).await.unwrap();
    let mut clients = Vec::new();
    for _ in 0..5 {
        clients.push(connect(&server).await);
    }
    let refused = try_to(&server).await.unwrap_err();
    assert!(matches!(&refused, Error::Http(answer) if answer.status() == 429), "{refused}");
    let crowded = |seen: &Observation| *seen == Observation::Crowded { limit: 5 };
    while !crowded(&server.observed().await.unwrap().observation) {}

    let mut leaving = clients.pop().unwrap();
    leaving.close(None).await.unwrap();
    while leaving.next().await.is_some() {}
    drop(leaving);
    // The place is free when the server has seen it go.
    while try_to(&server).await.is_err() {
        assert!(server.observed().await.is_some());
    }
    server.shutdown().await;
}

#[tokio::test]
async fn a_server_that_runs_a_thousand_times_faster_kicks_as_much_sooner() {
    let options = MockOptions::default()
        .data_every(None)
        .time_scale(core::num::NonZeroU32::new(1_000).unwrap());
    let mut server = MockServer::bind("127.0.0.1:0", Exchange::Okx, options).await.unwrap();
    let mut client = connect(&server).await;
    let Some(Ok(Message::Close(Some(close)))) = client.next().await else {
        panic!("no close frame");
    };
    let said = (u16::from(close.code), close.reason.as_str());
    assert_eq!(said, (4004, "No data received in 30s"));
    // The client's half of the closing handshake leaves with its next poll.
    assert!(client.next().await.is_none());
    let kicked = loop {
        let observed = server.observed().await.unwrap();
        if let Observation::Kicked { why, .. } = observed.observation {
            break why;
        }
    };
    assert_eq!(kicked, Offence::Silence);
    server.shutdown().await;
}

#[tokio::test]
async fn a_shutdown_says_goodbye_and_frees_the_port() {
    let options = MockOptions::default();
    let server = MockServer::bind("127.0.0.1:0", Exchange::Rfc6455, options).await.unwrap();
    let addr = server.local_addr();
    let mut client = connect(&server).await;
    let mut clients = JoinSet::new();
    clients.spawn(async move {
        let close = client.next().await;
        let end = client.next().await;
        (close, end.is_none())
    });
    server.shutdown().await;
    let (close, ended) = clients.join_next().await.unwrap().unwrap();
    let Some(Ok(Message::Close(Some(close)))) = close else {
        panic!("no close frame");
    };
    assert_eq!((u16::from(close.code), ended), (1001, true));
    assert!(TcpStream::connect(addr).await.is_err(), "nobody listens any more");
}

#[tokio::test]
async fn sockets_that_ask_for_nothing_shut_nobody_out() {
    let options = MockOptions::default().enforce_budgets(false);
    let server = MockServer::bind("127.0.0.1:0", Exchange::Okx, options).await.unwrap();
    let mut idle = Vec::new();
    for _ in 0..300 {
        idle.push(TcpStream::connect(server.local_addr()).await.unwrap());
    }
    // Whoever comes now is in at once, and for each beyond the bound the oldest made room.
    let mut client = timeout(5 * SECOND, connect(&server)).await.unwrap();
    client.send(Message::text("ping")).await.unwrap();
    assert_eq!(client.next().await.unwrap().unwrap(), Message::text("pong"));
    let mut answer = String::new();
    idle[0].read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 503 "), "{answer}");
    let mut byte = [0];
    let youngest = timeout(SECOND / 10, idle[299].read(&mut byte)).await;
    assert!(youngest.is_err(), "it may still ask: {youngest:?}");
    drop((idle, client));
    server.shutdown().await;
}

#[tokio::test]
async fn bytes_that_are_no_handshake_get_nobody_in() {
    let options = MockOptions::default();
    let server = MockServer::bind("127.0.0.1:0", Exchange::Rfc6455, options).await.unwrap();
    let mut stream = TcpStream::connect(server.local_addr()).await.unwrap();
    stream.write_all(b"EHLO exchange\r\n\r\n").await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    assert!(answer.starts_with(b"HTTP/1.1 400 "), "{answer:?}");
    server.shutdown().await;
}
