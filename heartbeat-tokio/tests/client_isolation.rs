//! Level 3 on a thread of its own: an application that blocks all it has is reconnected.

#![allow(clippy::unwrap_used, reason = "a test that unwraps says what it expects")]

mod client_common;

use client_common::{client, hang_up, wire, words};
use heartbeat_tokio::{IoThread, Isolation};

#[tokio::test]
async fn it_recovers_while_the_application_blocks_every_thread_it_has() {
    let (wire, mut venue) = wire();
    let io = Isolation::Dedicated(IoThread::new("venue-io").unwrap());
    let mut client = client(&wire).isolation(io).start().unwrap();
    let sender = client.sender();
    let (recovered, has_recovered) = std::sync::mpsc::sync_channel(1);
    let (blocked, is_blocked) = tokio::sync::oneshot::channel();
    let served = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async move {
            let mut first = venue.accept_live().await;
            is_blocked.await.unwrap();
            hang_up(&mut first, 1001).await;
            let second = venue.accept_live().await;
            assert!(sender.ready().await);
            recovered.send(()).unwrap();
            drop(second);
        });
    });
    assert_eq!(words(&mut client, 1).await, ["live 1"]);
    blocked.send(()).unwrap();
    // This is the only thread of the application's runtime.
    has_recovered.recv().unwrap();
    assert_eq!(words(&mut client, 3).await, ["down 1 peer_closed", "gap reconnected", "live 2"]);
    served.join().unwrap();
}
