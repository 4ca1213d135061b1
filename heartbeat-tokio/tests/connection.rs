//! Level 2: a task that owns the connection, whatever the application does.

#![allow(clippy::unwrap_used, reason = "a test that unwraps says what it expects")]
#![allow(clippy::wildcard_enum_match_arm, reason = "a test names what it looks for")]

mod common;

use core::num::{NonZeroU32, NonZeroUsize};
use core::time::Duration;

use common::{
    Toy, at_secs, background, half_pair, just_before, millis, nothing_within, pair, quiet, secs,
    session,
};
use common::{right_now, session_with, soon, text, write_text};
use futures_util::{FutureExt as _, SinkExt as _, StreamExt as _};
use heartbeat_core::{Cause, Clock, Event, Phase, Platform as _, Session, Timestamp};
use heartbeat_tokio::{
    CloseReport, Connection, ConnectionOptions, Incoming, NotWritten, Overflow, Receipt,
};
use tokio::io::AsyncWriteExt as _;
use tokio::task::JoinSet;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role};

/// Holds about twenty short messages.
fn small_queue(overflow: Overflow) -> ConnectionOptions {
    ConnectionOptions::default().queue_bytes(NonZeroUsize::new(2_048).unwrap()).overflow(overflow)
}

/// Reads to the end. Returns the texts, how many frames were lost in how many gaps, and the
/// report.
async fn read_to_end(mut connection: Connection) -> (Vec<String>, u64, usize, CloseReport) {
    let (mut texts, mut lost, mut gaps) = (Vec::new(), 0, 0);
    while let Some(incoming) = soon(connection.next()).await {
        match incoming {
            Incoming::Message(Message::Text(text)) => texts.push(text.to_string()),
            Incoming::Lagged(lagged) if lagged.frames > 0 => {
                lost += lagged.frames;
                gaps += 1;
            }
            Incoming::Closed(report) => {
                assert!(soon(connection.next()).await.is_none(), "the report comes last");
                return (texts, lost, gaps, *report);
            }
            _ => {}
        }
    }
    panic!("no report");
}

/// Reads up to the report.
async fn report_of(connection: Connection) -> CloseReport {
    read_to_end(connection).await.3
}

/// Reads up to the event that tells the verdict.
async fn verdict_of(connection: &mut Connection) -> Cause {
    loop {
        match connection.next().await {
            Some(Incoming::Event(Event::Stopped { cause })) => return cause,
            Some(Incoming::Closed(report)) => panic!("{report}"),
            _ => {}
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_ping_is_answered_once_while_the_application_never_reads() {
    let (ours, mut venue) = pair().await;
    let _never_read = Connection::spawn(ours, session(), ConnectionOptions::default());
    venue.send(Message::Ping("payload".into())).await.unwrap();
    assert_eq!(soon(venue.next()).await.unwrap().unwrap(), Message::Pong("payload".into()));
    nothing_within(secs(5), venue.next()).await;
}

#[tokio::test(start_paused = true)]
async fn a_challenge_is_answered_while_the_queue_is_full_and_the_loss_is_told() {
    let (ours, mut venue) = pair().await;
    let connection = Connection::spawn(ours, session(), small_queue(Overflow::DropOldest));
    for number in 0..1_000 {
        venue.send(text(&number.to_string())).await.unwrap();
    }
    venue.send(text("challenge:7")).await.unwrap();
    assert_eq!(soon(venue.next()).await.unwrap().unwrap(), text("response:7"));

    venue.send(text("last")).await.unwrap();
    venue.close(None).await.unwrap();
    let (texts, lost, gaps, report) = read_to_end(connection).await;
    assert_eq!(texts.last().map(String::as_str), Some("last"));
    // Those that are left are the newest, in order, and none is unaccounted for.
    assert_eq!(u64::try_from(texts.len()).unwrap() + lost, 1_001);
    let first: usize = texts[0].parse().unwrap();
    let kept = texts[..texts.len() - 1].iter().map(|text| text.parse::<usize>().unwrap());
    assert!(kept.eq(first..1_000));
    assert_eq!(gaps, 1);
    assert_eq!((report.cause, report.clean), (Cause::PeerClosed { code: None }, true));
}

#[tokio::test(start_paused = true)]
async fn drop_newest_keeps_an_unbroken_beginning() {
    let (ours, mut venue) = pair().await;
    let connection = Connection::spawn(ours, session(), small_queue(Overflow::DropNewest));
    for number in 0..1_000 {
        venue.send(text(&number.to_string())).await.unwrap();
    }
    venue.close(None).await.unwrap();
    soon(async { while let Some(Ok(_)) = venue.next().await {} }).await;

    let (texts, lost, gaps, _) = read_to_end(connection).await;
    assert!((1..100).contains(&texts.len()));
    assert!(texts.iter().map(|text| text.parse::<usize>().unwrap()).eq(0..texts.len()));
    // The Close message was the last to be lost.
    assert_eq!((u64::try_from(texts.len()).unwrap() + lost, gaps), (1_001, 1));
}

#[tokio::test(start_paused = true)]
async fn overflow_can_end_the_connection() {
    let (ours, mut venue) = pair().await;
    let connection = Connection::spawn(ours, session(), small_queue(Overflow::Disconnect));
    for number in 0..100 {
        venue.send(text(&number.to_string())).await.unwrap();
    }
    let close = CloseFrame { code: CloseCode::Normal, reason: "stopped".into() };
    assert_eq!(soon(venue.next()).await.unwrap().unwrap(), Message::Close(Some(close)));
    drop(venue);
    let (texts, lost, _, report) = read_to_end(connection).await;
    assert!(lost > 0 && !texts.is_empty());
    assert_eq!((report.cause, report.overflowed), (Cause::Stopped, true));
}

#[tokio::test(start_paused = true)]
async fn an_application_that_keeps_up_loses_nothing() {
    let (ours, mut venue) = pair().await;
    let mut connection = Connection::spawn(ours, session(), small_queue(Overflow::Disconnect));
    for number in 0..1_000 {
        venue.send(text(&number.to_string())).await.unwrap();
        let message = soon(async {
            loop {
                if let Some(Incoming::Message(message)) = connection.next().await {
                    return message;
                }
            }
        });
        assert_eq!(message.await, text(&number.to_string()));
    }
}

#[tokio::test(start_paused = true)]
async fn a_burst_of_challenges_in_one_piece_is_answered_one_by_one() {
    let (ours, mut raw) = half_pair(64 << 10).await;
    let mut burst = Vec::new();
    for number in 100..300 {
        write_text(&mut burst, &format!("challenge:{number}")).await;
    }
    raw.write_all(&burst).await.unwrap();
    let mut venue = WebSocketStream::from_raw_socket(raw, Role::Server, None).await;
    let connection = Connection::spawn(ours, session(), ConnectionOptions::default());
    for number in 100..300 {
        let response = soon(venue.next()).await.unwrap().unwrap();
        assert_eq!(response, text(&format!("response:{number}")));
    }
    assert_eq!(connection.health().counters.unanswerable, 0);
    assert_ne!(connection.health().phase, Phase::Finished);
}

#[tokio::test(start_paused = true)]
async fn a_dead_line_is_told_and_reported_at_the_bound() {
    let (ours, _dead) = half_pair(64 << 10).await;
    let session = session();
    let bound = session.config().silence_bound();
    let mut connection = Connection::spawn(ours, session, ConnectionOptions::default());
    nothing_within(just_before(bound), verdict_of(&mut connection)).await;
    let cause = right_now(verdict_of(&mut connection)).await;
    assert!(matches!(cause, Cause::AnswerOverdue { failures: 3, .. }));

    // A line that was silent for so long is not waited for once more.
    let report = right_now(report_of(connection)).await;
    assert_eq!((report.cause, report.clean), (cause, false));
    assert_eq!(report.evidence.at(), at_secs(15));
    assert_eq!(report.health.phase, Phase::Finished);
}

#[tokio::test(start_paused = true)]
async fn a_line_that_spoke_until_the_verdict_is_given_the_time_to_close() {
    let (ours, mut raw) = half_pair(64 << 10).await;
    let config = quiet().data_limit(secs(4));
    let mut connection =
        Connection::spawn(ours, session_with(config), ConnectionOptions::default());
    nothing_within(millis(3_500), verdict_of(&mut connection)).await;
    write_text(&mut raw, "beat").await;
    let cause = soon(verdict_of(&mut connection)).await;
    assert!(matches!(cause, Cause::ClockExceeded { clock: Clock::Data, .. }), "{cause:?}");
    nothing_within(just_before(secs(2)), connection.next()).await;
    let report = right_now(report_of(connection)).await;
    assert_eq!((report.cause, report.clean), (cause, false));
}

#[tokio::test(start_paused = true)]
async fn a_transport_that_breaks_is_reported_with_what_it_said() {
    let (ours, venue) = pair().await;
    let connection = Connection::spawn(ours, session(), ConnectionOptions::default());
    let sender = connection.sender();
    drop(venue);
    let report = report_of(connection).await;
    assert_eq!((report.cause, report.clean), (Cause::TransportLost, false));
    assert!(report.transport.is_some());
    let refused = soon(sender.send(text("too late"))).await;
    assert_eq!(refused, Receipt::NotWritten(NotWritten::Closed));
    assert!(sender.is_closed());
}

#[tokio::test(start_paused = true)]
async fn messages_leave_in_order_behind_heartbeats_that_are_due() {
    let (ours, mut venue) = pair().await;
    venue.send(text("challenge:first")).await.unwrap();
    let connection = Connection::spawn(ours, session(), ConnectionOptions::default());
    let sender = connection.sender();
    for number in 0..100 {
        assert_eq!(soon(sender.send(text(&number.to_string()))).await, Receipt::Written);
    }
    assert_eq!(soon(venue.next()).await.unwrap().unwrap(), text("response:first"));
    for number in 0..100 {
        assert_eq!(soon(venue.next()).await.unwrap().unwrap(), text(&number.to_string()));
    }
    let report = soon(connection.close()).await.unwrap();
    assert_eq!((report.unsent, report.unconfirmed), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn sending_is_bounded_in_messages_and_in_bytes() {
    let (ours, _stuck) = half_pair(16).await;
    let options = ConnectionOptions::default()
        .send_messages(NonZeroU32::new(2).unwrap())
        .send_bytes(NonZeroU32::new(100).unwrap())
        .write_within(secs(3_600));
    let connection = Connection::spawn(ours, session_with(quiet()), options);
    let sender = connection.sender();

    let refused = sender.send(text(&"x".repeat(101))).await;
    let too_long = NotWritten::TooLong { bytes: 101, bytes_max: 100 };
    assert_eq!(refused, Receipt::NotWritten(too_long));
    // The transport takes one, and is stuck with it.
    let mut stuck = core::pin::pin!(sender.send(text(&"x".repeat(100))));
    nothing_within(millis(1), &mut stuck).await;
    // Three more want to wait, and somebody waits with each.
    let mut waiting = JoinSet::new();
    for _ in 0..3 {
        let sender = sender.clone();
        waiting.spawn(async move { sender.send(text(&"x".repeat(50))).await });
    }
    nothing_within(secs(10).saturating_sub(millis(2)), waiting.join_next()).await;
    // They hear of the verdict when it falls, and not when the connection has been closed.
    for _ in 0..3 {
        let sent = right_now(waiting.join_next()).await.unwrap().unwrap();
        assert_eq!(sent, Receipt::NotWritten(NotWritten::Closed));
    }
    let report = report_of(connection).await;
    assert_eq!(right_now(stuck).await, Receipt::Unknown);
    assert_eq!((report.unsent, report.unconfirmed), (3, 1));
}

#[tokio::test(start_paused = true)]
async fn close_says_farewell_and_waits_for_the_echo() {
    let (ours, mut venue) = pair().await;
    let config = Toy::default().defaults().build().unwrap();
    let session = Session::new(Toy { farewell: true }, config, Timestamp::ZERO);
    let connection = Connection::spawn(ours, session, ConnectionOptions::default());
    let mut venue_side = JoinSet::new();
    venue_side.spawn(async move {
        let mut seen = Vec::new();
        while let Some(Ok(message)) = venue.next().await {
            seen.push(message);
        }
        seen
    });
    let report = soon(connection.close()).await.unwrap();
    assert_eq!((report.cause, report.clean), (Cause::Stopped, true));
    assert_eq!(report.to_string(), "application ended the session, closed cleanly");
    let close = CloseFrame { code: CloseCode::Normal, reason: "stopped".into() };
    let seen = soon(venue_side.join_next()).await.unwrap().unwrap();
    assert_eq!(seen, [text("farewell"), Message::Close(Some(close))]);
}

#[tokio::test(start_paused = true)]
async fn close_is_bounded_when_the_peer_never_echoes() {
    let (ours, _deaf) = half_pair(64 << 10).await;
    let options = ConnectionOptions::default().close_within(millis(500));
    let connection = Connection::spawn(ours, session(), options);
    let mut closing = core::pin::pin!(connection.close());
    nothing_within(millis(499), &mut closing).await;
    let report = right_now(closing).await.unwrap();
    assert_eq!((report.cause, report.clean), (Cause::Stopped, false));
}

#[tokio::test(start_paused = true)]
async fn a_close_message_stops_the_connection() {
    let (ours, mut venue) = pair().await;
    let connection = Connection::spawn(ours, session(), ConnectionOptions::default());
    let frame = CloseFrame { code: CloseCode::Library(4_000), reason: "done".into() };
    let sender = connection.sender();
    let close = Message::Close(Some(frame.clone()));
    let receipt = background(async move { sender.send(close).await });
    assert_eq!(soon(venue.next()).await.unwrap().unwrap(), Message::Close(Some(frame)));
    soon(async { while let Some(Ok(_)) = venue.next().await {} }).await;
    let report = report_of(connection).await;
    assert_eq!((report.cause, report.clean), (Cause::Stopped, true));
    assert_eq!(soon(receipt).await, Receipt::Written);
}

#[tokio::test(start_paused = true)]
async fn dropping_it_says_goodbye_and_frees_the_transport() {
    let (ours, mut venue) = pair().await;
    let connection = Connection::spawn(ours, session(), ConnectionOptions::default());
    let sender = connection.sender();
    drop(connection);
    assert!(soon(venue.next()).await.unwrap().unwrap().is_close());
    // Our end is gone, not merely closing.
    assert!(soon(venue.next()).await.is_none_or(|end| end.is_err()));
    let late = soon(sender.send(text("late"))).await;
    assert_eq!(late, Receipt::NotWritten(NotWritten::Closed));
}

#[test]
fn the_end_of_its_runtime_ends_the_connection_with_a_report() {
    let runtime = |paused| {
        let mut builder = tokio::runtime::Builder::new_current_thread();
        builder.enable_all().start_paused(paused).build().unwrap()
    };
    let (connection, _venue) = {
        let doomed = runtime(false);
        let ends = doomed.block_on(pair());
        let _inside = doomed.enter();
        let (ours, venue) = ends;
        (Connection::spawn(ours, session(), ConnectionOptions::default()), venue)
    };
    let report = runtime(true).block_on(report_of(connection));
    assert_eq!((report.cause, report.clean), (Cause::TransportLost, false));
    assert_eq!(
        report.to_string(),
        "transport ended without a closing handshake, not closed cleanly: \
         IO error: connection task was cut off"
    );
}

#[tokio::test(start_paused = true)]
async fn health_is_told_as_it_changes() {
    let (ours, mut venue) = pair().await;
    let connection = Connection::spawn(ours, session(), ConnectionOptions::default());
    assert_eq!(connection.health().phase, Phase::Ready);
    let mut health = connection.watch_health();
    venue.send(text("beat")).await.unwrap();
    right_now(health.wait_for(|health| health.phase == Phase::Live)).await.unwrap();
    assert_eq!(connection.health().counters.beats, 1);

    venue.send(text("challenge:")).await.unwrap();
    right_now(health.wait_for(|health| health.counters.responses == 1)).await.unwrap();
    let response_time = connection.health().response_time.unwrap();
    assert_eq!(response_time.max, Duration::ZERO);

    // Of data alone it is told ten times a second.
    tokio::time::advance(millis(100)).await;
    for _ in 0..2 {
        venue.send(text("book")).await.unwrap();
    }
    right_now(health.wait_for(|health| health.counters.data == 2)).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn the_last_health_is_that_of_the_end() {
    let (ours, venue) = pair().await;
    let session = session_with(Toy::default().defaults().monitoring(false));
    let connection = Connection::spawn(ours, session, ConnectionOptions::default());
    let mut health = connection.watch_health();
    drop(venue);
    report_of(connection).await;
    assert_eq!(health.borrow_and_update().phase, Phase::Finished);
}

#[tokio::test(start_paused = true)]
async fn a_late_task_answers_before_it_sends_for_the_application() {
    let (ours, mut venue) = half_pair(64 << 10).await;
    let connection = Connection::spawn(ours, session(), ConnectionOptions::default());
    let sender = connection.sender();
    nothing_within(secs(5), core::future::pending::<()>()).await;
    // In one piece: a test that writes so often would have to let the task run in between.
    let mut crowd = Vec::new();
    write_text(&mut crowd, "challenge:7").await;
    for _ in 0..1_000 {
        write_text(&mut crowd, "book").await;
    }
    venue.write_all(&crowd).await.unwrap();
    // The first probe was due at 6 s, and by the time the task runs there is an order as well.
    let mut order = core::pin::pin!(sender.send(text("order")));
    assert!(order.as_mut().now_or_never().is_none());
    tokio::time::advance(millis(1_500)).await;

    assert_eq!(soon(order).await, Receipt::Written);
    let mut venue = WebSocketStream::from_raw_socket(venue, Role::Server, None).await;
    assert_eq!(soon(venue.next()).await.unwrap().unwrap(), text("response:7"));
}

#[tokio::test(start_paused = true)]
async fn a_backlog_is_read_without_anything_else_to_wake_the_task() {
    let (ours, mut venue) = half_pair(64 << 10).await;
    for _ in 0..1_000 {
        write_text(&mut venue, "book").await;
    }
    let mut connection = Connection::spawn(ours, session(), ConnectionOptions::default());
    let mut messages = 0;
    while messages < 1_000 {
        if let Some(Incoming::Message(_)) = right_now(connection.next()).await {
            messages += 1;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_venue_that_closes_and_leaves_at_once_has_closed() {
    let (ours, mut venue) = half_pair(64 << 10).await;
    venue.write_all(&[0x88, 2, 0x03, 0xe9]).await.unwrap();
    drop(venue);
    let connection = Connection::spawn(ours, session(), ConnectionOptions::default());
    let report = report_of(connection).await;
    // It is gone before our Close frame could reach it, which is no fault of the transport's.
    assert_eq!((report.cause, report.clean), (Cause::PeerClosed { code: Some(1_001) }, false));
    assert!(report.transport.is_none(), "{report}");
}
