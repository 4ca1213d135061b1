//! Ten thousand clients on sockets, each ended at a random moment and in a random way: nothing of
//! them is left.

#![allow(clippy::unwrap_used, reason = "a test that unwraps says what it expects")]

mod client_common;

use core::net::SocketAddr;
use core::sync::atomic::{AtomicUsize, Ordering};
use core::time::Duration;
use std::sync::Arc;

use client_common::{Toy, secs};
use futures_util::{SinkExt as _, StreamExt as _};
use heartbeat_tokio::client::{ClientBuilder, VenueLimits};
use heartbeat_tokio::{Client, IoThread, Isolation, Supervisor};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_tungstenite::accept_async;
use tokio_tungstenite::tungstenite::Message;

const CLIENTS: usize = 10_000;
/// How many live at the same time.
const AT_ONCE: usize = 64;
/// Each of so many gets an IO thread of its own.
const THREADED: usize = 50;

/// Beats once on each connection, and reads it to its end.
async fn serve(call: TcpStream, open: Arc<AtomicUsize>) {
    open.fetch_add(1, Ordering::Relaxed);
    if let Ok(mut peer) = accept_async(call).await {
        let _gone = peer.send(Message::text("beat")).await;
        while let Some(Ok(_)) = peer.next().await {}
    }
    open.fetch_sub(1, Ordering::Relaxed);
}

async fn listen(listener: TcpListener, open: Arc<AtomicUsize>) {
    let mut served = JoinSet::new();
    while let Ok((call, _)) = listener.accept().await {
        served.spawn(serve(call, Arc::clone(&open)));
        while served.try_join_next().is_some() {}
    }
}

fn builder(venue: SocketAddr, number: usize) -> ClientBuilder<Toy> {
    let builder = Client::custom(Toy, VenueLimits::unknown()).endpoint(format!("ws://{venue}/"));
    if number.is_multiple_of(THREADED) {
        builder.isolation(Isolation::Dedicated(IoThread::new("io").unwrap()))
    } else {
        builder
    }
}

/// Makes a client and ends it after a moment, in one of four ways.
async fn live_for(moment: Duration, venue: SocketAddr, number: usize) {
    if number % 4 < 2 {
        let mut client = builder(venue, number).start().unwrap();
        let _moment_is_over =
            timeout(moment, async { while client.next().await.is_some() {} }).await;
        if number.is_multiple_of(4) {
            drop(client);
        } else {
            assert!(timeout(secs(10), client.close()).await.is_ok());
        }
    } else {
        let mut fleet = Supervisor::new(number as u64);
        fleet.add("one", move || builder(venue, number)).unwrap();
        let _moment_is_over =
            timeout(moment, async { while fleet.next().await.is_some() {} }).await;
        if number % 4 == 2 {
            drop(fleet);
        } else {
            fleet.shutdown(secs(1)).await;
        }
    }
}

/// Counts what the process has open, and its threads.
fn held() -> (usize, usize) {
    let count = |path: &str| std::fs::read_dir(path).map_or(0, Iterator::count);
    (count("/proc/self/fd"), count("/proc/self/task"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_clients_ended_at_random_moments_leave_nothing() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let venue = listener.local_addr().unwrap();
    let open = Arc::new(AtomicUsize::new(0));
    let mut listening = JoinSet::new();
    listening.spawn(listen(listener, Arc::clone(&open)));
    live_for(secs(0), venue, 0).await;
    let metrics = tokio::runtime::Handle::current().metrics();
    wait_until(|| open.load(Ordering::Relaxed) == 0).await;
    let before = held();

    let mut seed = 0x9e37_79b9_u64;
    let mut alive = JoinSet::new();
    for number in 0..CLIENTS {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        alive.spawn(live_for(Duration::from_micros((seed >> 33) % 5_000), venue, number));
        if alive.len() >= AT_ONCE {
            alive.join_next().await.unwrap().unwrap();
        }
    }
    while let Some(ended) = alive.join_next().await {
        ended.unwrap();
    }
    // The listener's task is all that may be left.
    wait_until(|| open.load(Ordering::Relaxed) == 0 && metrics.num_alive_tasks() <= 1).await;
    wait_until(|| held().0 <= before.0 && held().1 <= before.1).await;
}

/// Waits until something holds, ten seconds at most.
async fn wait_until(mut holds: impl FnMut() -> bool) {
    let waiting = async {
        while !holds() {
            tokio::task::yield_now().await;
        }
    };
    assert!(timeout(secs(10), waiting).await.is_ok(), "something is left: {:?}", held());
}
