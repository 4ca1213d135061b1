//! Peers that take nothing, while they may go on talking.

#![allow(clippy::unwrap_used, reason = "a test that unwraps says what it expects")]
#![allow(clippy::wildcard_enum_match_arm, reason = "a test names what it looks for")]

mod common;

use common::{
    Background, Socket, Toy, at_secs, background, buffers, half_pair, just_before, millis,
    nothing_within, quiet, secs, session,
};
use common::{right_now, session_with, soon, text, write_text};
use futures_util::{SinkExt as _, StreamExt as _};
use heartbeat_core::{Cause, ConfigBuilder, Session, Timestamp};
use heartbeat_tokio::{CloseReport, Connection, ConnectionOptions, Incoming, Receipt};
use tokio::io::{
    AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, ReadHalf, WriteHalf, duplex, split,
};
use tokio::task::JoinSet;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Bytes, Message};

/// A venue that sends a message every second and has stopped reading: its window is closed.
struct Talker {
    _never_read: ReadHalf<DuplexStream>,
    tasks: JoinSet<()>,
}

impl Talker {
    fn new(venue: DuplexStream, message: &'static str) -> Self {
        let (never_read, writer) = split(venue);
        let mut tasks = JoinSet::new();
        tasks.spawn(talk(writer, message));
        Self { _never_read: never_read, tasks }
    }
}

async fn talk(mut writer: WriteHalf<DuplexStream>, message: &'static str) {
    let mut every = tokio::time::interval(secs(1));
    loop {
        every.tick().await;
        write_text(&mut writer, message).await;
    }
}

/// A connection whose transport is stuck with a message of the application's, and the receipt
/// for that message.
async fn stuck(
    ours: Socket,
    config: ConfigBuilder,
    options: ConnectionOptions,
) -> (Connection, Background<Receipt>) {
    let connection = Connection::spawn(ours, session_with(config), options.close_within(secs(0)));
    let receipt = send_into_the_jam(&connection).await;
    (connection, receipt)
}

/// Hands the transport a message that it cannot write out.
async fn send_into_the_jam(connection: &Connection) -> Background<Receipt> {
    let sender = connection.sender();
    let mut receipt = background(async move { sender.send(text(&"x".repeat(1_000))).await });
    nothing_within(millis(1), &mut receipt).await;
    receipt
}

/// Reads to the end. Returns how many messages came, and the report.
async fn read_to_end(connection: &mut Connection) -> (usize, CloseReport) {
    let mut messages = 0;
    loop {
        match soon(connection.next()).await {
            Some(Incoming::Message(_)) => messages += 1,
            Some(Incoming::Closed(report)) => return (messages, *report),
            Some(_) => {}
            None => panic!("no report"),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn probes_that_cannot_leave_end_the_connection_at_the_bound_while_reading_goes_on() {
    let (ours, venue) = half_pair(64).await;
    let mut venue = Talker::new(venue, "book");
    let config = session().config().to_builder();
    let bound = config.build().unwrap().silence_bound();
    let options = ConnectionOptions::default().write_within(secs(3_600));
    let (mut connection, receipt) = stuck(ours, config, options).await;

    let (messages, report) = read_to_end(&mut connection).await;
    assert!(matches!(report.cause, Cause::TransmitStalled { failures: 3, .. }), "{report}");
    assert_eq!(report.evidence.at().saturating_since(at_secs(0)), bound);
    assert!((14..=16).contains(&messages), "{messages}");
    assert_eq!(report.unconfirmed, 1);
    assert_eq!(receipt.await, Receipt::Unknown);
    venue.tasks.abort_all();
}

#[tokio::test(start_paused = true)]
async fn challenges_that_cannot_be_answered_end_the_connection() {
    let (ours, venue) = half_pair(64).await;
    let _venue = Talker::new(venue, "challenge:1");
    // The first came at the start; three spans of five seconds without a way out follow.
    let options = ConnectionOptions::default().write_within(secs(3_600));
    let config = quiet().respond_within(secs(5)).failure_threshold(3);
    let (mut connection, receipt) = stuck(ours, config, options).await;
    let (_, report) = read_to_end(&mut connection).await;
    assert_eq!(receipt.await, Receipt::Unknown);
    let overdue =
        matches!(report.cause, Cause::TransmitStalled { .. } | Cause::ResponseOverdue { .. });
    assert!(overdue, "{report}");
    assert!(report.evidence.at() <= at_secs(15), "{:?}", report.evidence.at());
}

#[tokio::test(start_paused = true)]
async fn pongs_that_cannot_leave_count_like_any_other_response() {
    let (ours, venue) = half_pair(64).await;
    let (_never_read, mut writer) = split(venue);
    let options = ConnectionOptions::default().write_within(secs(3_600));
    let config = quiet().respond_within(secs(2)).transport_limit(secs(3_600)).failure_threshold(3);
    let (mut connection, receipt) = stuck(ours, config, options).await;
    writer.write_all(&[0x89, 0]).await.unwrap();
    let (_, report) = read_to_end(&mut connection).await;
    assert!(matches!(report.cause, Cause::ResponseOverdue { failures: 3, .. }), "{report}");
    // The ping came a millisecond after the message.
    assert_eq!(report.evidence.at(), Timestamp::from_millis(6_001));
    assert_eq!(receipt.await, Receipt::Unknown);
}

#[tokio::test(start_paused = true)]
async fn a_message_of_the_applications_has_its_own_deadline() {
    let (ours, _venue) = half_pair(64).await;
    let options = ConnectionOptions::default().write_within(secs(4));
    let (mut connection, receipt) = stuck(ours, quiet(), options).await;
    let (_, report) = read_to_end(&mut connection).await;
    assert_eq!(report.cause, Cause::WriteOverdue { waited: secs(4) });
    assert_eq!(report.evidence.at(), at_secs(4));
    assert_eq!(receipt.await, Receipt::Unknown);
    assert!(!report.clean && report.transport.is_none(), "{report}");
}

#[tokio::test(start_paused = true)]
async fn closing_a_stuck_connection_is_bounded() {
    // The farewell, where there is one, gets `respond_within`, the closing handshake 2 s.
    for (farewell, bound) in [(true, secs(5 + 2)), (false, secs(2))] {
        let (ours, _venue) = half_pair(64).await;
        let options = ConnectionOptions::default().write_within(secs(3_600));
        let config = quiet().transport_limit(secs(3_600)).respond_within(secs(5));
        let session = Session::new(Toy { farewell }, config.build().unwrap(), Timestamp::ZERO);
        let connection = Connection::spawn(ours, session, options);
        let receipt = send_into_the_jam(&connection).await;
        let mut closing = core::pin::pin!(connection.close());
        nothing_within(just_before(bound), &mut closing).await;
        let report = right_now(closing).await.unwrap();
        assert_eq!((report.cause, report.clean, report.unconfirmed), (Cause::Stopped, false, 1));
        assert_eq!(receipt.await, Receipt::Unknown);
    }
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_reads_again_gets_its_responses_at_once() {
    let (ours, mut venue) = half_pair(64).await;
    let options = ConnectionOptions::default().write_within(secs(3_600));
    let config = quiet().transport_limit(secs(3_600)).respond_within(secs(60));
    let (_connection, receipt) = stuck(ours, config, options).await;
    write_text(&mut venue, "challenge:7").await;
    tokio::time::advance(secs(30)).await;
    // A client's frames are masked: count bytes. Header, mask and payload of the message,
    // then of the response.
    let mut bytes = vec![0; (4 + 4 + 1_000) + (2 + 4 + "response:7".len())];
    right_now(venue.read_exact(&mut bytes)).await.unwrap();
    assert_eq!(right_now(receipt).await, Receipt::Written);
}

#[tokio::test(start_paused = true)]
async fn a_response_overtakes_the_messages_that_wait() {
    // A transport that writes eagerly, and one that collects 128 KiB first.
    for buffers in [buffers(), WebSocketConfig::default()] {
        let (ours, venue) = duplex(64);
        let ours = WebSocketStream::from_raw_socket(ours, Role::Client, Some(buffers)).await;
        let mut venue = WebSocketStream::from_raw_socket(venue, Role::Server, None).await;
        let options = ConnectionOptions::default().write_within(secs(3_600));
        let config = quiet().transport_limit(secs(3_600)).respond_within(secs(60));
        let (connection, _receipt) = stuck(ours, config, options).await;
        let mut waiting = JoinSet::new();
        for number in 0..10 {
            let sender = connection.sender();
            waiting.spawn(async move { sender.send(text(&number.to_string())).await });
        }
        nothing_within(secs(1), waiting.join_next()).await;

        venue.send(text("challenge:7")).await.unwrap();
        nothing_within(secs(1), waiting.join_next()).await;
        assert_eq!(soon(venue.next()).await.unwrap().unwrap(), text(&"x".repeat(1_000)));
        assert_eq!(soon(venue.next()).await.unwrap().unwrap(), text("response:7"));
        for _ in 0..10 {
            assert_eq!(soon(venue.next()).await.unwrap().unwrap().len(), 1);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_pong_that_finds_the_write_buffer_full_leaves_with_what_fills_it() {
    let (ours, venue) = duplex(1_024);
    // Room for the second message and its header, but not for a long pong beside it.
    let tight = buffers().max_write_buffer_size(4 + 4 + 1_000);
    let ours = WebSocketStream::from_raw_socket(ours, Role::Client, Some(tight)).await;
    let mut venue = WebSocketStream::from_raw_socket(venue, Role::Server, None).await;
    let options = ConnectionOptions::default().write_within(secs(3_600));
    let config = quiet().transport_limit(secs(3_600)).respond_within(secs(60));
    let connection = Connection::spawn(ours, session_with(config), options);
    // The first fills the pipe, so that the second stays in the write buffer almost whole.
    let [first, second] = [text(&"y".repeat(950)), text(&"x".repeat(1_000))];
    assert_eq!(soon(connection.sender().send(first.clone())).await, Receipt::Written);
    let receipt = send_into_the_jam(&connection).await;
    let payload = Bytes::from(vec![b'p'; 125]);
    venue.send(Message::Ping(payload.clone())).await.unwrap();
    nothing_within(secs(1), core::future::pending::<()>()).await;

    assert_eq!(soon(venue.next()).await.unwrap().unwrap(), first);
    assert_eq!(soon(venue.next()).await.unwrap().unwrap(), second);
    assert_eq!(right_now(venue.next()).await.unwrap().unwrap(), Message::Pong(payload));
    assert_eq!(receipt.await, Receipt::Written);
}

/// A peer that pings as fast as it can and reads nothing: what waits for it stays small, however
/// long messages may be, and the verdict comes all the same.
#[tokio::test(start_paused = true)]
async fn pongs_that_nobody_reads_hold_little_and_end_the_connection() {
    let (ours, venue) = half_pair(1 << 10).await;
    let config = quiet().respond_within(secs(2)).transport_limit(secs(3_600)).failure_threshold(2);
    let options = ConnectionOptions::default().close_within(secs(0));
    let mut connection = Connection::spawn(ours, session_with(config), options);
    let (mut reader, mut writer) = split(venue);
    let ping = [&[0x89, 125][..], &[b'p'; 125]].concat();
    let pings = background(async move {
        let mut sent = 0_usize;
        while writer.write_all(&ping).await.is_ok() {
            sent += 1;
        }
        sent
    });
    let (_, report) = read_to_end(&mut connection).await;
    assert!(matches!(report.cause, Cause::ResponseOverdue { failures: 2, .. }), "{report}");
    assert_eq!(report.evidence.at(), at_secs(2));
    drop(connection);
    let sent = soon(pings).await;
    // What the pipe takes each way, and 64 KiB between them.
    assert!((500..550).contains(&sent), "{sent} pings were read or sent");
    let mut written = Vec::new();
    soon(reader.read_to_end(&mut written)).await.unwrap();
    assert!(written.len() <= 1 << 10);
}

/// One that reads again is read again, and gets a pong to each of its pings.
#[tokio::test(start_paused = true)]
async fn a_peer_that_reads_its_pongs_at_last_is_heard_again() {
    let (ours, venue) = half_pair(1 << 10).await;
    let config = quiet().respond_within(secs(60)).transport_limit(secs(3_600));
    let mut connection =
        Connection::spawn(ours, session_with(config), ConnectionOptions::default());
    let (mut reader, mut writer) = split(venue);
    let ping = [&[0x89, 125][..], &[b'p'; 125]].concat();
    let _pings = background(async move {
        for _ in 0..2_000 {
            writer.write_all(&ping).await.unwrap();
        }
        write_text(&mut writer, "data").await;
        core::future::pending::<()>().await;
    });
    nothing_within(secs(1), core::future::pending::<()>()).await;
    let pongs = background(async move {
        let mut pongs = vec![0; 2_000 * (2 + 4 + 125)];
        reader.read_exact(&mut pongs).await.unwrap();
    });
    soon(pongs).await;
    while !matches!(soon(connection.next()).await, Some(Incoming::Message(_))) {}
}
