//! Every fault as a client meets it in bytes: in memory under paused time, and on a real socket.

#![allow(clippy::unwrap_used, reason = "a test that unwraps says what it expects")]

use core::time::Duration;
use std::io;

use futures_util::{SinkExt, StreamExt};
use heartbeat_platforms::Exchange;
use heartbeat_testkit::net::{MockServer, Observed, serve_stream};
use heartbeat_testkit::{DataFrom, Fault, MockOptions, Observation};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, DuplexStream};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{WebSocketStream, client_async, client_async_with_config};

const SECOND: Duration = Duration::from_secs(1);

/// A client's end, and what the mock at the other end observes.
struct Ends {
    client: WebSocketStream<DuplexStream>,
    seen: mpsc::Receiver<Observation>,
    _served: JoinSet<()>,
}

/// Opens a connection in memory, or says why it was not let in.
async fn open(exchange: Exchange, options: MockOptions) -> Result<Ends, (Error, Observation)> {
    let (ours, theirs) = tokio::io::duplex(1024);
    let (sender, mut seen) = mpsc::channel(10_000);
    let mut served = JoinSet::new();
    served.spawn(async move {
        // A test that has seen enough lets go of its end.
        let observe = move |_, observation| {
            let _ = sender.try_send(observation);
        };
        let stop = core::future::pending();
        serve_stream(theirs, exchange, options, observe, stop).await.unwrap();
    });
    let limits = WebSocketConfig::default().max_message_size(Some(65_536));
    match client_async_with_config("ws://mock/", ours, Some(limits)).await {
        Ok((client, _)) => Ok(Ends { client, seen, _served: served }),
        Err(error) => Err((error, seen.recv().await.unwrap())),
    }
}

fn quiet(plan: &str) -> MockOptions {
    MockOptions::default().data_every(None).fault(plan.parse().unwrap())
}

fn streaming(plan: &str) -> MockOptions {
    quiet(plan).data_every(Some(SECOND)).data_from(DataFrom::Opening)
}

impl Ends {
    async fn begun(exchange: Exchange, options: MockOptions) -> Self {
        let mut ends = open(exchange, options).await.unwrap();
        while !matches!(ends.seen.recv().await.unwrap(), Observation::FaultBegan { .. }) {}
        ends
    }

    /// Returns what comes within `span`.
    async fn within(&mut self, span: Duration) -> Vec<Message> {
        let mut messages = Vec::new();
        let reading = async {
            while let Some(Ok(message)) = self.client.next().await {
                messages.push(message);
            }
        };
        let _ = timeout(span, reading).await;
        messages
    }

    async fn next(&mut self) -> Option<Result<Message, Error>> {
        timeout(3_600 * SECOND, self.client.next()).await.unwrap()
    }
}

#[tokio::test(start_paused = true)]
async fn ack_then_silence_acknowledges_and_does_not_even_pong() {
    let mut ends = Ends::begun(Exchange::Okx, quiet("ack-then-silence@1s")).await;
    let subscribe = r#"{"op":"subscribe","args":[{"channel":"tickers","instId":"BTC-USDT"}]}"#;
    ends.client.send(Message::text(subscribe)).await.unwrap();
    ends.client.send(Message::text("ping")).await.unwrap();
    ends.client.send(Message::Ping("7".into())).await.unwrap();
    let heard = ends.within(600 * SECOND).await;
    assert!(matches!(&heard[..], [Message::Text(ack)] if ack.contains("subscribe")), "{heard:?}");
}

#[tokio::test(start_paused = true)]
async fn slow_is_late_to_the_millisecond() {
    let mut ends = Ends::begun(Exchange::Okx, quiet("slow=2s@1s")).await;
    ends.client.send(Message::text("ping")).await.unwrap();
    assert_eq!(ends.within(Duration::from_millis(1_990)).await, []);
    assert_eq!(ends.within(Duration::from_millis(20)).await, [Message::text("pong")]);
}

#[tokio::test(start_paused = true)]
async fn a_zero_window_backs_our_writes_up_while_data_comes() {
    let ends = Ends::begun(Exchange::Okx, streaming("zero-window@500ms+60s")).await;
    let (mut sink, mut stream) = ends.client.split();
    let mut heard = 0;
    let reading = async {
        while let Some(Ok(_)) = stream.next().await {
            heard += 1;
        }
    };
    let long = Message::text("x".repeat(4_000));
    tokio::select! {
        sent = sink.send(long) => panic!("nobody reads: {sent:?}"),
        _ = timeout(50 * SECOND, reading) => {}
    }
    assert_eq!(heard, 50, "it sends as ever");
    // What was held up leaves when the venue reads again.
    timeout(11 * SECOND, sink.flush()).await.unwrap().unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_stall_is_silence_and_then_all_at_once() {
    let mut ends = Ends::begun(Exchange::Okx, streaming("stall@500ms+25s")).await;
    ends.client.send(Message::text("ping")).await.unwrap();
    assert_eq!(ends.within(24 * SECOND).await, []);
    let heard = ends.within(Duration::from_millis(1_100)).await;
    assert_eq!(heard.len(), 26, "the data of 25 seconds and a pong");
    assert!(heard.contains(&Message::text("pong")));
}

#[tokio::test(start_paused = true)]
async fn floods_bursts_and_garbage_come_as_often_as_they_say() {
    let mut ends = Ends::begun(Exchange::BinanceSpot, quiet("flood=200@1s+1s")).await;
    let pings = ends.within(18 * SECOND).await;
    assert_eq!(pings.iter().filter(|message| message.is_ping()).count(), 200);

    let mut ends = Ends::begun(Exchange::Okx, quiet("burst=700@1s")).await;
    assert_eq!(ends.within(SECOND).await.len(), 700);

    let mut ends = Ends::begun(Exchange::Okx, quiet("garbage@1s+2s")).await;
    let garbage = ends.within(10 * SECOND).await;
    let texts = garbage.iter().filter(|message| message.is_text()).count();
    assert_eq!((garbage.len(), texts), (20, 10));
}

#[tokio::test(start_paused = true)]
async fn what_is_no_frame_and_what_is_too_long_are_errors_of_their_own() {
    let mut ends = Ends::begun(Exchange::Okx, quiet("protocol-error@1s")).await;
    let last = ends.next().await;
    assert!(matches!(last, Some(Err(Error::Protocol(_)))), "{last:?}");

    let mut ends = Ends::begun(Exchange::Okx, quiet("oversize=65537@1s")).await;
    let last = ends.next().await;
    assert!(matches!(last, Some(Err(Error::Capacity(_)))), "{last:?}");
    let mut ends = Ends::begun(Exchange::Okx, quiet("oversize=65536@1s")).await;
    assert_eq!(ends.next().await.unwrap().unwrap().len(), 65_536);
}

#[tokio::test(start_paused = true)]
async fn who_is_not_let_in_learns_why() {
    let Err((error, seen)) = open(Exchange::Okx, quiet("http=429@0s+10s")).await else {
        panic!("it was let in");
    };
    let Error::Http(response) = error else { panic!("{error}") };
    assert_eq!(
        (response.status().as_u16(), &response.headers()["retry-after"]),
        (429, &"10".parse().unwrap())
    );
    assert_eq!(seen, Observation::TurnedAway { status: Some(429) });

    let Err((error, seen)) = open(Exchange::Okx, quiet("http=401@0s")).await else {
        panic!("it was let in");
    };
    let Error::Http(response) = error else { panic!("{error}") };
    assert!(response.headers().get("retry-after").is_none());
    assert_eq!(seen, Observation::TurnedAway { status: Some(401) });

    let Err((error, seen)) = open(Exchange::Okx, quiet("refuse@0s+10s")).await else {
        panic!("it was let in");
    };
    assert!(matches!(error, Error::Io(_) | Error::Protocol(_)), "{error:?}");
    assert_eq!(seen, Observation::TurnedAway { status: None });

    // Who came before stays, as if nothing were.
    for plan in ["refuse@1s", "http=503@1s"] {
        let mut ends = Ends::begun(Exchange::Okx, quiet(plan)).await;
        ends.client.send(Message::text("ping")).await.unwrap();
        assert_eq!(ends.within(SECOND).await, [Message::text("pong")], "{plan}");
    }
}

// ---------------------------------------------------------------------- on a real socket

async fn connect(server: &MockServer) -> Result<WebSocketStream<TcpStream>, Error> {
    let stream = TcpStream::connect(server.local_addr()).await.unwrap();
    client_async(server.url(), stream).await.map(|(client, _)| client)
}

async fn bind(plan: &str) -> MockServer {
    let options = MockOptions::default().data_every(None).venue_fault(plan.parse().unwrap());
    MockServer::bind("127.0.0.1:0", Exchange::Okx, options).await.unwrap()
}

async fn observed(server: &mut MockServer, wanted: impl Fn(&Observation) -> bool) -> Observed {
    loop {
        let observed = server.observed().await.unwrap();
        if wanted(&observed.observation) {
            return observed;
        }
    }
}

fn begins(observation: &Observation) -> bool {
    matches!(observation, Observation::FaultBegan { .. })
}

async fn pings<S: AsyncRead + AsyncWrite + Unpin>(client: &mut WebSocketStream<S>) -> Message {
    client.send(Message::text("ping")).await.unwrap();
    client.next().await.unwrap().unwrap()
}

#[tokio::test]
async fn a_server_resets_newcomers_and_keeps_who_is_in() {
    let mut server = bind("refuse@20ms").await;
    let mut early = connect(&server).await.unwrap();
    observed(&mut server, begins).await;
    // Whoever waits before it speaks learns it too, and that it was no proper end.
    let mut refused = TcpStream::connect(server.local_addr()).await.unwrap();
    let end = refused.read(&mut [0]).await.unwrap_err();
    assert_eq!(end.kind(), io::ErrorKind::ConnectionReset);
    let seen = observed(&mut server, |seen| matches!(seen, Observation::TurnedAway { .. })).await;
    assert_eq!((seen.connection, seen.observation), (2, Observation::TurnedAway { status: None }));
    assert_eq!(pings(&mut early).await, Message::text("pong"));
    drop(early);
    server.shutdown().await;
}

#[tokio::test]
async fn a_server_refuses_the_upgrade_with_its_status() {
    let mut server = bind("http=503@20ms").await;
    let mut early = connect(&server).await.unwrap();
    observed(&mut server, begins).await;
    let refused = connect(&server).await.unwrap_err();
    let Error::Http(response) = refused else { panic!("{refused}") };
    assert_eq!(
        (response.status().as_u16(), &response.headers()["retry-after"]),
        (503, &"30".parse().unwrap())
    );
    assert_eq!(pings(&mut early).await, Message::text("pong"));
    drop(early);
    server.shutdown().await;
}

#[tokio::test]
async fn a_servers_fault_befalls_all_at_once_and_whoever_joins() {
    let mut server = bind("silent@20ms").await;
    let early = connect(&server).await.unwrap();
    observed(&mut server, begins).await;
    let mut late = connect(&server).await.unwrap();
    late.send(Message::text("ping")).await.unwrap();
    assert_eq!(observed(&mut server, begins).await.connection, 2);
    observed(&mut server, |seen| *seen == Observation::ProbeReceived).await;
    drop(early);
    let heard = async {
        // The end alone is said, and that with a close frame.
        assert!(matches!(late.next().await, Some(Ok(Message::Close(_)))));
        assert!(late.next().await.is_none());
    };
    tokio::join!(server.shutdown(), heard);
}

#[tokio::test]
async fn a_servers_fault_that_is_over_is_over_for_whoever_comes_back() {
    let mut server = bind("cut@20ms").await;
    let mut early = connect(&server).await.unwrap();
    assert!(matches!(early.next().await, Some(Err(_))));
    let cut = observed(&mut server, begins).await;
    assert_eq!(cut.observation, Observation::FaultBegan { fault: Fault::Cut });
    let mut back = connect(&server).await.unwrap();
    assert_eq!(pings(&mut back).await, Message::text("pong"));
    drop(back);
    observed(&mut server, |seen| matches!(seen, Observation::Closed { .. })).await;
    server.shutdown().await;
}

#[tokio::test]
async fn two_megabytes_cross_a_socket_whole() {
    let mut server = bind("oversize=2000000@20ms").await;
    let stream = TcpStream::connect(server.local_addr()).await.unwrap();
    let limits = WebSocketConfig::default().max_message_size(None).max_frame_size(None);
    let (mut client, _) =
        client_async_with_config(server.url(), stream, Some(limits)).await.unwrap();
    let long = client.next().await.unwrap().unwrap();
    assert_eq!(long.len(), 2_000_000);
    assert_eq!(pings(&mut client).await, Message::text("pong"));
    observed(&mut server, begins).await;
    drop(client);
    server.shutdown().await;
}
