//! A venue that counts what it is sent, and an application that has much to say.

#![allow(clippy::unwrap_used, reason = "a test that unwraps says what it expects")]
#![allow(clippy::wildcard_enum_match_arm, reason = "a test names what it looks for")]

mod common;

use core::time::Duration;

use common::{
    Background, Socket, background, millis, nothing_within, pair, secs, session, soon, text,
};
use futures_util::future::join_all;
use futures_util::{SinkExt as _, StreamExt as _};
use heartbeat_core::{Event, MessageLimit, Timestamp};
use heartbeat_tokio::tungstenite::Message;
use heartbeat_tokio::{Connection, ConnectionOptions, Incoming, MonotonicClock, Receipt};

/// What came in at the venue, and when.
type Seen = Vec<(Timestamp, Message)>;

/// A venue that says these things at these times after the start, and looks on until the end.
async fn venue(mut socket: Socket, says: Vec<(Duration, Message)>, until: Duration) -> Seen {
    let clock = MonotonicClock::anchored(Timestamp::ZERO);
    let mut seen = Vec::new();
    let mut says = says.into_iter().peekable();
    loop {
        let now = clock.now().saturating_since(Timestamp::ZERO);
        if now >= until {
            return seen;
        }
        let next = says.peek().map_or(until, |(at, _)| (*at).min(until));
        match tokio::time::timeout(next.saturating_sub(now), socket.next()).await {
            Ok(Some(Ok(message))) => {
                if let Some(number) = message.to_text().unwrap_or("").strip_prefix("probe:") {
                    socket.send(text(&format!("answer:{number}"))).await.unwrap();
                }
                seen.push((clock.now(), message));
            }
            Ok(ended) => panic!("{ended:?} at {now:?}"),
            Err(_) => {
                if let Some((_, message)) = says.next_if(|(at, _)| *at <= next) {
                    socket.send(message).await.unwrap();
                }
            }
        }
    }
}

/// Asserts that no window holds more than the limit, and that one is full.
fn assert_strict(seen: &Seen, limit: &MessageLimit, counts: impl Fn(&Message) -> bool) {
    let at: Vec<_> =
        seen.iter().filter(|(_, message)| counts(message)).map(|(at, _)| *at).collect();
    let count = usize::try_from(limit.count()).unwrap();
    let spans = at.iter().zip(at.iter().skip(count));
    let closest = spans.map(|(first, after)| after.saturating_since(*first)).min().unwrap();
    assert!(closest >= limit.per(), "{count} messages and one more in {closest:?}");
}

fn connect(ours: Socket, limit: MessageLimit) -> Connection {
    let options = ConnectionOptions::default().message_limit(limit);
    Connection::spawn(ours, session(), options)
}

fn flood(connection: &Connection, count: usize) -> Background<Vec<Receipt>> {
    let sender = connection.sender();
    background(async move {
        join_all((0..count).map(|number| sender.send(text(&format!("order {number}"))))).await
    })
}

fn is_order(message: &Message) -> bool {
    message.to_text().is_ok_and(|text| text.starts_with("order"))
}

#[tokio::test(start_paused = true)]
async fn the_application_waits_and_the_heartbeat_does_not() {
    let (ours, theirs) = pair().await;
    // Four challenges in any second, one of them a ping, and now and then a probe of ours.
    let says: Vec<_> = (0..120_u64)
        .map(|number| {
            let message = match number % 4 {
                0 => Message::Ping(format!("{number}").into()),
                _ => text(&format!("challenge:{number}")),
            };
            (millis(17 + number * 250), message)
        })
        .collect();
    let limit = MessageLimit::new(10, secs(1), 6).unwrap();
    let venue = background(venue(theirs, says.clone(), secs(30)));
    let connection = connect(ours, limit);
    let receipts = flood(&connection, 100);
    let seen = soon(venue).await;
    assert_strict(&seen, &limit, |_| true);

    let orders: Vec<_> = seen.iter().filter(|(_, message)| is_order(message)).collect();
    assert_eq!(orders.len(), 100);
    // Four a second: all that the reserve leaves.
    assert_eq!(orders[99].0, Timestamp::from_millis(24_000));
    assert!(soon(receipts).await.iter().all(Receipt::is_written));
    // Each challenge was answered in the millisecond in which it came.
    for (at, message) in says {
        let answer = match &message {
            Message::Ping(payload) => Message::Pong(payload.clone()),
            _ => text(&message.to_text().unwrap().replace("challenge", "response")),
        };
        let answered = seen.iter().filter(|(_, message)| *message == answer).map(|(at, _)| *at);
        assert_eq!(answered.collect::<Vec<_>>(), [Timestamp::ZERO.checked_add(at).unwrap()]);
    }
}

#[tokio::test(start_paused = true)]
async fn heartbeats_beyond_the_reserve_wait_for_each_other() {
    let (ours, theirs) = pair().await;
    let says = (0..5).map(|number| (secs(1), text(&format!("challenge:{number}")))).collect();
    let limit = MessageLimit::new(3, secs(2), 1).unwrap();
    let venue = background(venue(theirs, says, secs(5)));
    let mut connection = connect(ours, limit);
    let seen = soon(venue).await;
    assert_strict(&seen, &limit, |_| true);
    let at: Vec<_> = seen.iter().map(|(at, _)| at.as_nanos() / 1_000_000).collect();
    assert_eq!(at, [1_000, 1_000, 1_000, 3_000, 3_000]);
    // What they waited for each other counts as theirs.
    let mut responses = Vec::new();
    while responses.len() < 5 {
        if let Incoming::Latency(sample) = soon(connection.next()).await.unwrap() {
            responses.push(sample.value);
        }
    }
    assert_eq!(responses[4], secs(2));
}

#[tokio::test(start_paused = true)]
async fn control_frames_count_only_where_the_venue_counts_them() {
    for (counts, expected) in [(true, 2_000), (false, 0)] {
        let (ours, theirs) = pair().await;
        let pings = (0..3).map(|number| (secs(1), Message::Ping(vec![number].into()))).collect();
        let limit = MessageLimit::new(3, secs(2), 1).unwrap().counting_control_frames(counts);
        let venue = background(venue(theirs, pings, secs(5)));
        let connection = connect(ours, limit);
        nothing_within(millis(1_001), core::future::pending::<()>()).await;
        let receipts = flood(&connection, 1);
        let seen = soon(venue).await;
        let order = seen.iter().find(|(_, message)| is_order(message)).unwrap().0;
        let waited = order.saturating_since(Timestamp::from_millis(1_001));
        assert_eq!(waited, millis(expected).saturating_sub(millis(u64::from(counts))));
        assert!(soon(receipts).await[0].is_written());
    }
}

#[tokio::test(start_paused = true)]
async fn a_message_that_waits_for_the_budget_is_not_written_after_the_end() {
    let (ours, mut theirs) = pair().await;
    let connection = connect(ours, MessageLimit::new(2, secs(60), 1).unwrap());
    let receipts = flood(&connection, 3);
    assert_eq!(soon(theirs.next()).await.unwrap().unwrap(), text("order 0"));
    connection.stop();
    assert!(soon(theirs.next()).await.unwrap().unwrap().is_close());
    let receipts = soon(receipts).await;
    assert!(receipts[0].is_written());
    assert!(receipts[1..].iter().all(Receipt::is_safe_to_repeat), "{receipts:?}");
}

#[tokio::test(start_paused = true)]
async fn without_a_limit_nothing_waits() {
    let (ours, theirs) = pair().await;
    let venue = background(venue(theirs, Vec::new(), secs(1)));
    let mut connection = Connection::spawn(ours, session(), ConnectionOptions::default());
    let receipts = flood(&connection, 1_000);
    let seen = soon(venue).await;
    assert!(seen.iter().all(|(at, _)| *at == Timestamp::ZERO));
    assert_eq!((seen.len(), soon(receipts).await.len()), (1_000, 1_000));
    assert!(matches!(soon(connection.next()).await, Some(Incoming::Event(Event::Started))));
}
