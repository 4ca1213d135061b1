//! Level 3 over real sockets, where one of two ways to a venue accepts TCP and is sick all the
//! same.

#![allow(clippy::unwrap_used, reason = "a test that unwraps says what it expects")]
#![allow(clippy::wildcard_enum_match_arm, reason = "a test names what it looks for")]

mod client_common;

use core::net::SocketAddr;
use core::sync::atomic::{AtomicUsize, Ordering};
use core::time::Duration;
use std::sync::Arc;

use client_common::{Toy, millis, secs};
use futures_util::{SinkExt as _, StreamExt as _};
use heartbeat_core::{AttemptPhase, RecoveryConfig};
use heartbeat_tokio::client::{ClientBuilder, Update, VenueLimits};
use heartbeat_tokio::{Client, ConnectOptions};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio_tungstenite::accept_async;
use tokio_tungstenite::tungstenite::Message;

/// No test takes longer, unless it fails.
const GUARD: Duration = secs(30);

/// How a server that takes connections is sick.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sickness {
    /// It answers the upgrade with 502.
    BadGateway,
    /// It never answers the upgrade.
    Hangs,
    /// It resets the connection when it is asked for the upgrade.
    Resets,
    /// It upgrades, and never says a word.
    Mute,
    /// It is well, and beats.
    None,
}

const SICK: [Sickness; 4] =
    [Sickness::BadGateway, Sickness::Hangs, Sickness::Resets, Sickness::Mute];

/// A server on loopback, and how often it was connected to.
struct Server {
    addr: SocketAddr,
    connects: Arc<AtomicUsize>,
    cut: Arc<Notify>,
    _tasks: JoinSet<()>,
}

impl Server {
    async fn start(sickness: Sickness) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let addr = listener.local_addr().unwrap();
        let (connects, cut) = (Arc::new(AtomicUsize::new(0)), Arc::new(Notify::new()));
        let mut tasks = JoinSet::new();
        let (counted, cutting) = (Arc::clone(&connects), Arc::clone(&cut));
        tasks.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((tcp, _)) = listener.accept().await {
                counted.fetch_add(1, Ordering::Relaxed);
                connections.spawn(serve(tcp, sickness, Arc::clone(&cutting)));
            }
        });
        Self { addr, connects, cut, _tasks: tasks }
    }

    fn connects(&self) -> usize {
        self.connects.load(Ordering::Relaxed)
    }

    fn url(&self) -> String {
        format!("ws://{}/", self.addr)
    }
}

async fn serve(mut tcp: TcpStream, sickness: Sickness, cut: Arc<Notify>) {
    match sickness {
        Sickness::BadGateway => {
            let _read = tcp.read(&mut [0; 4_096]).await;
            let _sent = tcp.write_all(b"HTTP/1.1 502 Bad Gateway\r\n\r\n").await;
        }
        Sickness::Hangs => {
            let mut request = Vec::new();
            let _until_it_hangs_up = tcp.read_to_end(&mut request).await;
        }
        Sickness::Resets => {
            let _read = tcp.read(&mut [0; 4_096]).await;
            tcp.set_zero_linger().unwrap();
        }
        Sickness::Mute => {
            if let Ok(mut ws) = accept_async(tcp).await {
                while ws.next().await.is_some() {}
            }
        }
        Sickness::None => {
            let Ok(mut ws) = accept_async(tcp).await else { return };
            ws.send(Message::text("beat")).await.unwrap();
            tokio::select! {
                () = cut.notified() => {}
                () = async { while ws.next().await.is_some() {} } => {}
            }
        }
    }
}

/// A client that loses no time over what it waits for.
fn client() -> ClientBuilder<Toy> {
    let recovery = RecoveryConfig::builder()
        .phase_within(AttemptPhase::Upgrade, millis(300))
        .phase_within(AttemptPhase::Live, millis(300))
        .build();
    Client::custom(Toy, VenueLimits::unknown()).recovery_config(recovery.unwrap()).seed(7)
}

async fn until_live(client: &mut Client) {
    let live = async {
        while let Some(update) = client.next().await {
            if matches!(update, Update::Live { .. }) {
                return;
            }
        }
    };
    tokio::time::timeout(GUARD, live).await.expect("live in time");
}

/// Sees that the sick one is tried once and the well one from then on, even after an outage.
async fn leads_to_the_well_one(mut client: Client, sick: &Server, well: &Server, how: Sickness) {
    until_live(&mut client).await;
    assert_eq!((sick.connects(), well.connects()), (1, 1), "{how:?}");
    well.cut.notify_waiters();
    until_live(&mut client).await;
    assert_eq!((sick.connects(), well.connects()), (1, 2), "{how:?}, after an outage");
}

#[tokio::test]
async fn an_address_that_is_sick_after_tcp_is_tried_once() {
    for how in SICK {
        let (sick, well) = (Server::start(how).await, Server::start(Sickness::None).await);
        let options = ConnectOptions::default().resolver(vec![sick.addr, well.addr]);
        let client = client().endpoint("ws://venue.example/").connect_options(options);
        leads_to_the_well_one(client.start().unwrap(), &sick, &well, how).await;
    }
}

#[tokio::test]
async fn a_mirror_that_is_sick_is_tried_once() {
    for how in SICK {
        let (sick, well) = (Server::start(how).await, Server::start(Sickness::None).await);
        let client = client().endpoint([sick.url(), well.url()]).start().unwrap();
        leads_to_the_well_one(client, &sick, &well, how).await;
    }
}

#[tokio::test]
async fn an_address_where_nobody_listens_costs_no_attempt() {
    let well = Server::start(Sickness::None).await;
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let closed = listener.local_addr().unwrap();
    drop(listener);
    let options = ConnectOptions::default().resolver(vec![closed, well.addr]);
    let client = client().endpoint("ws://venue.example/").connect_options(options);
    let mut client = client.start().unwrap();
    let first = tokio::time::timeout(GUARD, async {
        loop {
            match client.next().await.unwrap() {
                Update::AttemptFailed(failed) => panic!("{}", failed.fault),
                Update::Live { generation } => break generation.number(),
                _ => {}
            }
        }
    });
    assert_eq!(first.await.unwrap(), 1);
}
