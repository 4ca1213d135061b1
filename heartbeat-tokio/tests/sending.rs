//! The order in which messages leave, and what can be known of those that were left behind.

#![allow(clippy::unwrap_used, reason = "a test that unwraps says what it expects")]
#![allow(clippy::wildcard_enum_match_arm, reason = "a test names what it looks for")]

mod common;

use core::future::poll_fn;
use core::num::NonZeroU32;
use core::task::Poll;

use common::{
    half_pair, millis, nothing_within, pair, quiet, right_now, secs, session_with, soon, text,
};
use futures_util::StreamExt as _;
use heartbeat_core::MessageLimit;
use heartbeat_tokio::{Connection, ConnectionOptions, NotWritten, Receipt, Sender};
use tokio::io::{AsyncReadExt as _, DuplexStream};
use tokio::task::coop;
use tokio_test::{assert_pending, assert_ready};

/// A connection on a line that takes so many bytes and no more.
async fn connection(pipe_bytes: usize, options: ConnectionOptions) -> (Connection, DuplexStream) {
    let (ours, venue) = half_pair(pipe_bytes).await;
    let session = session_with(quiet().transport_limit(secs(3_600)));
    let options = options.write_within(secs(3_600)).close_within(secs(1));
    (Connection::spawn(ours, session, options), venue)
}

/// Lets the connection's task do all that it can do now.
async fn settle() {
    nothing_within(millis(1), core::future::pending::<()>()).await;
}

/// Takes all of the task's cooperative budget, as a loop over a full channel does.
async fn exhaust_budget() {
    poll_fn(|cx| {
        while coop::has_budget_remaining() {
            if let Poll::Ready(progress) = coop::poll_proceed(cx) {
                progress.made_progress();
            }
        }
        Poll::Ready(())
    })
    .await;
}

/// `join!` polls its futures in turns, and the first poll of both may fall into a moment in which
/// the runtime would let the task do nothing more.
#[tokio::test(start_paused = true)]
async fn who_is_polled_first_leaves_first_though_the_runtime_wants_the_task_to_yield() {
    let (ours, mut venue) = pair().await;
    let connection = Connection::spawn(ours, session_with(quiet()), ConnectionOptions::default());
    let sender = connection.sender();
    for _ in 0..10 {
        let mut cancel = core::pin::pin!(sender.send(text("cancel")));
        let mut place = core::pin::pin!(sender.send(text("place")));
        exhaust_budget().await;
        let polled = poll_fn(|cx| Poll::Ready(cancel.as_mut().poll(cx))).await;
        assert_pending!(polled);
        tokio::task::yield_now().await;
        // The next poll is the other one's first, and the first one's second.
        let (placed, cancelled) = tokio::join!(place.as_mut(), cancel.as_mut());
        assert_eq!((placed, cancelled), (Receipt::Written, Receipt::Written));
        assert_eq!(soon(venue.next()).await.unwrap().unwrap(), text("cancel"));
        assert_eq!(soon(venue.next()).await.unwrap().unwrap(), text("place"));
    }
}

/// Reads frames of ours of at most 125 bytes, and returns their first words.
async fn read_words(venue: &mut DuplexStream, count: usize) -> Vec<String> {
    let mut words = Vec::new();
    for _ in 0..count {
        let mut head = [0; 6];
        soon(venue.read_exact(&mut head)).await.unwrap();
        let mut payload = vec![0; usize::from(head[1] & 0x7F)];
        soon(venue.read_exact(&mut payload)).await.unwrap();
        for (byte, mask) in payload.iter_mut().zip(head[2..].iter().cycle()) {
            *byte ^= mask;
        }
        let text = String::from_utf8(payload).unwrap();
        words.push(text.split(' ').next().unwrap().to_owned());
    }
    words
}

fn long(word: &str) -> tokio_tungstenite::tungstenite::Message {
    text(&format!("{word:<100}"))
}

/// Hands the transport a message that it cannot write out.
async fn jam(sender: &Sender) -> heartbeat_tokio::Ticket {
    let stuck = sender.enqueue(long("stuck"));
    settle().await;
    stuck
}

#[tokio::test(start_paused = true)]
async fn what_is_left_behind_leaves_in_order_and_what_is_urgent_before_it() {
    let (connection, mut venue) = connection(16, ConnectionOptions::default()).await;
    let sender = connection.sender();
    let stuck = jam(&sender).await;
    let place = sender.enqueue(long("place"));
    drop(sender.enqueue(long("dropped")));
    let cancel = sender.urgent().enqueue(long("cancel"));
    let last = sender.urgent().enqueue(long("cancel-again"));
    let words = read_words(&mut venue, 5).await;
    assert_eq!(words, ["stuck", "cancel", "cancel-again", "place", "dropped"]);
    for ticket in [stuck, cancel, last, place] {
        assert_eq!(right_now(ticket).await, Receipt::Written);
    }
}

#[tokio::test(start_paused = true)]
async fn a_ticket_tells_what_became_of_a_message_each_time_it_is_asked() {
    let (connection, mut venue) = connection(16, ConnectionOptions::default()).await;
    let sender = connection.sender();
    let mut stuck = tokio_test::task::spawn(jam(&sender).await);
    let mut waits = tokio_test::task::spawn(sender.enqueue(long("waits")));
    assert_pending!(stuck.poll());
    assert_pending!(waits.poll());
    assert_eq!(read_words(&mut venue, 1).await, ["stuck"]);
    settle().await;
    assert!(stuck.is_woken() && !waits.is_woken());
    assert_eq!(assert_ready!(stuck.poll()), Receipt::Written);
    assert_eq!(assert_ready!(stuck.poll()), Receipt::Written);
    // It is with the transport by now, and half of it may have left.
    assert!(!waits.withdraw());
    let report = soon(connection.close()).await.unwrap();
    assert!(waits.is_woken());
    assert_eq!(assert_ready!(waits.poll()), Receipt::Unknown);
    assert_eq!((report.unsent, report.unconfirmed), (0, 1));
    let late = sender.enqueue(long("late"));
    assert_eq!(right_now(late).await, Receipt::NotWritten(NotWritten::Closed));
}

#[tokio::test(start_paused = true)]
async fn what_is_withdrawn_never_leaves_and_gives_its_room_back() {
    let options = ConnectionOptions::default().send_messages(NonZeroU32::new(2).unwrap());
    let (connection, mut venue) = connection(16, options).await;
    let sender = connection.sender();
    let _stuck = jam(&sender).await;
    let mut first = sender.enqueue(long("first"));
    let second = sender.enqueue(long("second"));
    let full = sender.try_send(long("third")).unwrap_err();
    assert_eq!(
        full.to_string(),
        "queue is full: 2 messages (send_messages 2) of 200 bytes (send_bytes 1048576) wait"
    );
    // The refused ticket, a cancel that has room of its own, and a send that holds its message.
    let refused = sender.enqueue(long("third"));
    assert_eq!(right_now(refused).await, Receipt::NotWritten(full));
    let cancel = sender.urgent().try_send(long("cancel")).unwrap();
    let mut send = tokio_test::task::spawn(sender.send(long("send")));
    assert_pending!(send.poll());
    assert!(first.withdraw() && !first.withdraw());
    assert_eq!(right_now(first).await, Receipt::NotWritten(NotWritten::Withdrawn));
    assert!(sender.try_send(long("third")).is_err(), "the send has taken its place");
    drop(send);
    let third = sender.try_send(long("third")).unwrap();
    let words = read_words(&mut venue, 4).await;
    assert_eq!(words, ["stuck", "cancel", "second", "third"]);
    for ticket in [cancel, second, third] {
        assert_eq!(right_now(ticket).await, Receipt::Written);
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_urgent_has_places_that_orders_have_not() {
    let (ours, mut venue) = pair().await;
    let limit = MessageLimit::new(10, secs(1), 4).unwrap();
    let options = ConnectionOptions::default().message_limit(limit);
    let connection = Connection::spawn(ours, session_with(quiet()), options);
    let sender = connection.sender();
    let orders: Vec<_> = (0..20).map(|_| sender.enqueue(text("order"))).collect();
    settle().await;
    let cancels: Vec<_> = (0..4).map(|_| sender.urgent().enqueue(text("cancel"))).collect();
    settle().await;
    let mut seen = Vec::new();
    while let Ok(message) = tokio::time::timeout(millis(500), venue.next()).await {
        seen.push(message.unwrap().unwrap().to_text().unwrap().to_owned());
    }
    // Six orders, then two cancels of the half of the reserve; the other half is the heartbeat's.
    assert_eq!(seen, [vec!["order"; 6], vec!["cancel"; 2]].concat());
    // The other two go first when the window opens, and count like any other.
    for expected in ["cancel", "cancel", "order"] {
        assert_eq!(soon(venue.next()).await.unwrap().unwrap(), text(expected));
    }
    for ticket in cancels {
        assert_eq!(right_now(ticket).await, Receipt::Written);
    }
    drop(orders);
}
