//! An application that blocks every thread it has, in real time and over a real socket.

#![allow(clippy::unwrap_used, reason = "a test that unwraps says what it expects")]
#![allow(clippy::wildcard_enum_match_arm, reason = "a test names what it looks for")]

mod common;

use core::num::NonZeroUsize;
use core::time::Duration;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Barrier, Mutex};

use common::{background, millis, secs, session, soon, text};
use futures_util::{FutureExt as _, SinkExt as _, StreamExt as _};
use heartbeat_tokio::{
    ConnectOptions, Connection, ConnectionOptions, Incoming, IoThread, Isolation, connect,
};
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

/// How many messages the venue sends every 5 ms, and how often it sends a challenge among them.
const MESSAGES: u32 = 5;
const CHALLENGE_EVERY: u32 = 10;
const CHALLENGES: u32 = 20;

/// Listens, and then says a thousand messages a second, with a challenge every 50 ms that must
/// be answered before the next. Tells when all were answered, and returns how many messages it
/// sent.
async fn venue(listener: TcpListener, all_answered: SyncSender<()>) -> u64 {
    let (stream, _) = listener.accept().await.unwrap();
    stream.set_nodelay(true).unwrap();
    let mut socket = tokio_tungstenite::accept_async(stream).await.unwrap();
    let mut every = tokio::time::interval(millis(5));
    let mut sent = 0;
    for tick in 1..=CHALLENGES * CHALLENGE_EVERY {
        every.tick().await;
        for _ in 0..MESSAGES {
            socket.feed(text("a book that nobody reads for the time being")).await.unwrap();
            sent += 1;
        }
        if tick % CHALLENGE_EVERY == 0 {
            socket.send(text(&format!("challenge:{tick}"))).await.unwrap();
            let response = socket.next().await.unwrap().unwrap();
            assert_eq!(response, text(&format!("response:{tick}")));
        } else {
            socket.flush().await.unwrap();
        }
    }
    let _nobody_waits = all_answered.send(());
    socket.close(None).await.unwrap();
    while let Some(Ok(_)) = socket.next().await {}
    sent
}

/// What an application with two threads runs on.
fn application() -> Runtime {
    Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

/// Blocks both threads of the application at once until something was told, or for so long.
/// Returns what came of it, and what was seen from the inside at the beginning and at the end.
async fn block_all<T: Send + 'static>(
    until: Receiver<()>,
    at_most: Duration,
    look: impl Fn() -> T + Clone + Send + 'static,
) -> (Result<(), RecvTimeoutError>, [T; 2]) {
    let until = Arc::new(Mutex::new(until));
    let both_blocked = Arc::new(Barrier::new(2));
    let freed = Arc::new(Barrier::new(2));
    let mut workers = JoinSet::new();
    for number in 0..2 {
        let (until, both_blocked) = (Arc::clone(&until), Arc::clone(&both_blocked));
        let (freed, look) = (Arc::clone(&freed), look.clone());
        workers.spawn(async move {
            both_blocked.wait();
            let outcome = (number == 0).then(|| {
                let before = look();
                let outcome = until.lock().unwrap().recv_timeout(at_most);
                (outcome, [before, look()])
            });
            freed.wait();
            outcome
        });
    }
    workers.join_all().await.into_iter().flatten().next().unwrap()
}

/// A venue on a thread of its own, and a connection to it under some isolation. The connection's
/// queue has room for a fraction of what will come.
async fn connected(isolation: &Isolation, all_answered: SyncSender<()>) -> (Connection, Venue) {
    let thread = IoThread::new("venue").unwrap();
    let (url, listener) = thread
        .run(async {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            (format!("ws://{}/", listener.local_addr().unwrap()), listener)
        })
        .await;
    let sent = background(async move { thread.run(venue(listener, all_answered)).await });
    let queue_bytes = NonZeroUsize::new(16 << 10).unwrap();
    let opened = Box::pin(async move {
        let ws = connect(&url, &ConnectOptions::default()).await.unwrap();
        let options = ConnectionOptions::default().queue_bytes(queue_bytes);
        Connection::spawn(ws, session(), options)
    });
    (isolation.run(opened).await, sent)
}

type Venue = common::Background<u64>;

#[test]
fn on_its_own_thread_every_challenge_is_answered_while_the_application_is_blocked() {
    application().block_on(async {
        let isolation = Isolation::Dedicated(IoThread::new("io").unwrap());
        let (all_answered, told) = sync_channel(1);
        let (mut connection, venue) = connected(&isolation, all_answered).await;
        // The block ends because all have been answered: not one had to wait for its end.
        let (outcome, _) = block_all(told, secs(60), || ()).await;
        assert_eq!(outcome, Ok(()));

        let sent = soon(venue).await;
        let (mut read, mut lost, mut gaps) = (0, 0, 0);
        loop {
            match soon(connection.next()).await.unwrap() {
                Incoming::Message(message) if message.is_text() => read += 1,
                Incoming::Lagged(lagged) => {
                    lost += lagged.frames;
                    gaps += 1;
                }
                Incoming::Closed(report) => {
                    assert_eq!(report.health.counters.responses, u64::from(CHALLENGES));
                    assert_eq!(report.health.counters.failures, 0, "{report}");
                    break;
                }
                _ => {}
            }
        }
        assert_eq!((read + lost, gaps), (sent, 1), "{read} read and {lost} lost");
    });
}

#[test]
fn without_it_no_challenge_is_answered_while_the_application_is_blocked() {
    application().block_on(async {
        let (all_answered, told) = sync_channel(1);
        let (connection, venue) = connected(&Isolation::Shared, all_answered).await;
        let mut health = connection.watch_health();
        let seen = health.clone();
        let look = move || seen.borrow().counters.responses;
        let (outcome, [before, behind]) = block_all(told, millis(250), look).await;
        assert_eq!((outcome, behind), (Err(RecvTimeoutError::Timeout), before));
        // The next had been waiting all the while, and is answered now.
        let answered = health.wait_for(|health| health.counters.responses > before);
        assert!(soon(answered).await.is_ok());
        drop(venue);
    });
}

#[tokio::test]
async fn the_thread_ends_with_its_last_user() {
    let (sentinel, mut ended) = mpsc::channel::<()>(1);
    let thread = IoThread::new("short").unwrap();
    let (ours, venue) = common::pair().await;
    let connection = thread
        .run(async move {
            let mut set = JoinSet::new();
            set.spawn(async move {
                let _held = sentinel;
                core::future::pending::<()>().await;
            });
            set.detach_all();
            assert_eq!(std::thread::current().name(), Some("short"));
            Connection::spawn(ours, session(), ConnectionOptions::default())
        })
        .await;
    drop(thread);
    // The connection is a user too: it still works.
    let mut venue = venue;
    venue.send(text("challenge:1")).await.unwrap();
    assert_eq!(soon(venue.next()).await.unwrap().unwrap(), text("response:1"));
    assert!(ended.is_empty() && !ended.is_closed());
    drop(connection);
    assert_eq!(soon(ended.recv()).await, None);
}

#[tokio::test]
async fn what_runs_on_it_can_be_cancelled_and_its_panics_are_ours() {
    let thread = IoThread::new("io").unwrap();
    let (sentinel, mut ended) = mpsc::channel::<()>(1);
    let mut running = Box::pin(thread.run(async move {
        let _held = sentinel;
        core::future::pending::<()>().await;
    }));
    assert!((&mut running).now_or_never().is_none());
    drop(running);
    assert_eq!(soon(ended.recv()).await, None);

    let doomed = thread.clone();
    let mut tasks = JoinSet::new();
    tasks.spawn(async move { doomed.run(async { panic!("on the other thread") }).await });
    assert!(tasks.join_next().await.unwrap().unwrap_err().is_panic());
    assert_eq!(thread.run(async { 7 }).await, 7);
    assert!(IoThread::new("a\0b").is_err());
}
