//! What an application is told of its messages adds up, whatever becomes of the connection.

#![allow(clippy::unwrap_used, reason = "a test that unwraps says what it expects")]
#![allow(clippy::wildcard_enum_match_arm, reason = "a test names what it looks for")]

mod common;

use common::{
    Background, background, half_pair, millis, nothing_within, pair, quiet, right_now, secs,
    session_with,
};
use common::{soon, text};
use futures_util::future::join_all;
use futures_util::{FutureExt as _, StreamExt as _};
use heartbeat_tokio::{
    CloseReport, Connection, ConnectionOptions, Incoming, NotWritten, Receipt, Sender,
};
use tokio::io::{AsyncReadExt as _, DuplexStream};

/// How many messages of each fate.
#[derive(Debug, Default, PartialEq, Eq)]
struct Tally {
    written: usize,
    not_written: usize,
    unknown: usize,
}

/// A connection on a line that takes so many bytes and no more.
async fn connection(pipe_bytes: usize) -> (Connection, DuplexStream) {
    let (ours, venue) = half_pair(pipe_bytes).await;
    let config = quiet().transport_limit(secs(3_600));
    let options = ConnectionOptions::default().write_within(secs(3_600)).close_within(secs(1));
    (Connection::spawn(ours, session_with(config), options), venue)
}

/// Sends so many messages at once, each of 108 bytes on the line.
fn send_many(sender: Sender, count: usize) -> Background<Vec<Receipt>> {
    background(async move {
        let message = text(&"x".repeat(102));
        join_all((0..count).map(|_| sender.send(message.clone()))).await
    })
}

fn tally(receipts: &[Receipt]) -> Tally {
    let mut tally = Tally::default();
    for receipt in receipts {
        match receipt {
            Receipt::Written => tally.written += 1,
            Receipt::NotWritten(NotWritten::Closed) => tally.not_written += 1,
            Receipt::Unknown => tally.unknown += 1,
            Receipt::NotWritten(_) => panic!("{receipt}"),
        }
    }
    tally
}

async fn report_of(connection: &mut Connection) -> CloseReport {
    loop {
        if let Incoming::Closed(report) = soon(connection.next()).await.unwrap() {
            return *report;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn receipts_agree_with_the_report_and_with_what_the_venue_can_read() {
    for pipe_bytes in [50, 108, 500, 1_079] {
        let (mut connection, mut venue) = connection(pipe_bytes).await;
        let receipts = send_many(connection.sender(), 10);
        nothing_within(millis(1), core::future::pending::<()>()).await;
        connection.stop();
        let report = report_of(&mut connection).await;
        let tally = tally(&soon(receipts).await);

        let fits = pipe_bytes / 108;
        let expected = Tally { written: fits, not_written: 9 - fits, unknown: 1 };
        assert_eq!(tally, expected, "a pipe of {pipe_bytes} bytes");
        assert_eq!((report.unsent, report.unconfirmed), (tally.not_written, tally.unknown));

        // All that is called written is there to be read, and nothing that is called not written.
        let mut bytes = Vec::new();
        soon(venue.read_to_end(&mut bytes)).await.unwrap();
        assert!((fits * 108..(fits + 1) * 108).contains(&bytes.len()), "{}", bytes.len());
    }
}

#[tokio::test(start_paused = true)]
async fn a_receipt_comes_when_the_message_has_left_and_not_before() {
    let (connection, mut venue) = connection(64).await;
    let mut receipt = send_many(connection.sender(), 1);
    nothing_within(secs(60), &mut receipt).await;
    let mut bytes = [0; 108];
    right_now(venue.read_exact(&mut bytes)).await.unwrap();
    assert_eq!(right_now(receipt).await, [Receipt::Written]);
}

#[tokio::test(start_paused = true)]
async fn an_abandoned_connection_tells_of_its_messages_too() {
    let (connection, _venue) = connection(500).await;
    let receipts = send_many(connection.sender(), 10);
    nothing_within(millis(1), core::future::pending::<()>()).await;
    drop(connection);
    let tally = tally(&right_now(receipts).await);
    assert_eq!(tally, Tally { written: 4, not_written: 5, unknown: 1 });
}

#[tokio::test(start_paused = true)]
async fn a_send_that_is_dropped_while_it_waits_is_withdrawn() {
    let (connection, mut venue) = connection(64).await;
    let _stuck = send_many(connection.sender(), 1);
    nothing_within(millis(1), core::future::pending::<()>()).await;
    let sender = connection.sender();
    let late = text("an order that nobody waits for any more");
    nothing_within(secs(1), sender.send(late)).await;
    let mut wanted = core::pin::pin!(sender.send(text("an order that somebody waits for")));
    assert!(wanted.as_mut().now_or_never().is_none());

    let mut first = [0; 108];
    right_now(venue.read_exact(&mut first)).await.unwrap();
    // The next on the line is as long as the one that is waited for.
    let mut next = [0; 2];
    right_now(venue.read_exact(&mut next)).await.unwrap();
    assert_eq!(next, [0x81, 0x80 | 32]);
    assert_eq!(right_now(wanted).await, Receipt::Written);
    let report = soon(connection.close()).await.unwrap();
    assert_eq!((report.unsent, report.unconfirmed), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn nothing_is_written_once_the_end_was_asked_for() {
    let (ours, mut venue) = pair().await;
    let connection = Connection::spawn(
        ours,
        session_with(quiet()),
        ConnectionOptions::default().close_within(secs(1)),
    );
    let sender = connection.sender();
    connection.stop();
    let receipt = soon(sender.send(text("order"))).await;
    assert_eq!(receipt, Receipt::NotWritten(NotWritten::Closed));
    assert!(soon(venue.next()).await.unwrap().unwrap().is_close());
}
