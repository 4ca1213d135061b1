//! Whenever a client ends, and however: nothing of it is left.

#![allow(clippy::unwrap_used, reason = "a test that unwraps says what it expects")]
#![allow(clippy::wildcard_enum_match_arm, reason = "a test names what it looks for")]

mod client_common;

use core::future::poll_fn;
use core::pin::Pin;
use core::sync::atomic::{AtomicUsize, Ordering};
use core::task::{Context, Poll};
use std::io;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use client_common::{Toy, heard, secs};
use futures_util::Stream as _;
use heartbeat_tokio::client::{
    Attempt, BoxIo, ClientBuilder, Connector, Dial, Handler, HandlerConnection, Leaving, NotReady,
    Update, VenueLimits,
};
use heartbeat_tokio::{Client, ConnectError, Supervisor};
use tokio::io::{AsyncRead, AsyncWrite, DuplexStream, ReadBuf, duplex};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_tungstenite::accept_async;

/// Counts the points at which a client can be interrupted, and at one of them ends it.
struct Tripwire {
    steps: AtomicUsize,
    at: usize,
    end: End,
    owner: Mutex<Option<Owner>>,
}

/// How a client is ended.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Dropped,
    Stopped,
}

/// Whoever owns a client. Dropping it ends that.
enum Owner {
    Client(Box<Client>),
    Supervisor(Box<Supervisor>),
}

impl Owner {
    fn rotate(&mut self) {
        match self {
            Self::Client(client) => client.rotate(),
            Self::Supervisor(fleet) => fleet.get("one").unwrap().rotate(),
        }
    }

    fn stop(&mut self) {
        match self {
            Self::Client(client) => client.stop(),
            Self::Supervisor(fleet) => assert!(fleet.remove("one")),
        }
    }
}

impl Tripwire {
    fn new(at: usize, end: End) -> Arc<Self> {
        Arc::new(Self { steps: AtomicUsize::new(0), at, end, owner: Mutex::new(None) })
    }

    /// Ends the client here, in the middle of whatever the caller is doing, if it is time.
    fn step(&self) {
        if self.steps.fetch_add(1, Ordering::Relaxed) != self.at {
            return;
        }
        if self.end == End::Dropped {
            let owner = self.owner.lock().unwrap().take();
            drop(owner);
        } else {
            self.with(Owner::stop);
        }
    }

    fn has_tripped(&self) -> bool {
        self.steps.load(Ordering::Relaxed) > self.at
    }

    /// Returns the next update, or `None` once nobody owns a client any more.
    async fn next(&self) -> Option<Update> {
        loop {
            let popped = poll_fn(|cx| {
                let mut owner = self.owner.lock().unwrap();
                match &mut *owner {
                    None => Poll::Ready(None),
                    Some(Owner::Client(client)) => Pin::new(&mut **client).poll_next(cx),
                    Some(Owner::Supervisor(fleet)) => {
                        let popped = Pin::new(&mut **fleet).poll_next(cx);
                        popped.map(|popped| popped.map(|(_, update)| update))
                    }
                }
            });
            // Nobody wakes who waits for a client that is gone.
            if let Ok(popped) = timeout(secs(1), popped).await {
                return popped;
            }
        }
    }

    fn with(&self, then: impl FnOnce(&mut Owner)) {
        if let Some(owner) = &mut *self.owner.lock().unwrap() {
            then(owner);
        }
    }
}

/// Opens transports that trip the wire.
struct Tripping {
    wire: Arc<Tripwire>,
    calls: mpsc::Sender<DuplexStream>,
}

#[async_trait]
impl Connector for Tripping {
    async fn dial(&self, _: &Dial<'_>) -> Result<BoxIo, ConnectError> {
        self.wire.step();
        tokio::task::yield_now().await;
        self.wire.step();
        let (ours, theirs) = duplex(64 << 10);
        let refused = || ConnectError::Refused { addr: ([127, 0, 0, 1], 1).into() };
        self.calls.send(theirs).await.map_err(|_| refused())?;
        Ok(Box::new(TrippingIo { io: ours, wire: Arc::clone(&self.wire) }))
    }
}

struct TrippingIo {
    io: DuplexStream,
    wire: Arc<Tripwire>,
}

impl AsyncRead for TrippingIo {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.wire.step();
        Pin::new(&mut self.io).poll_read(cx, buf)
    }
}

impl AsyncWrite for TrippingIo {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.wire.step();
        Pin::new(&mut self.io).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.wire.step();
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.wire.step();
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}

/// Trips the wire in each of its steps.
struct TrippingHandler(Arc<Tripwire>);

#[async_trait]
impl Handler for TrippingHandler {
    async fn on_ready(
        &mut self,
        connection: &mut HandlerConnection,
        _: &Attempt,
    ) -> Result<(), NotReady> {
        self.0.step();
        connection.send("login".into()).await?;
        self.0.step();
        connection.receive().await?;
        self.0.step();
        Ok(())
    }

    async fn before_close(&mut self, connection: &mut HandlerConnection, _: Leaving) {
        self.0.step();
        let _ = connection.send("cancel".into()).await;
        self.0.step();
    }
}

/// Serves connections to their end. Of each client's, it hangs up the second.
async fn serve(mut calls: mpsc::Receiver<DuplexStream>, open: Arc<AtomicUsize>) {
    let mut served = JoinSet::new();
    let mut number = 0;
    while let Some(call) = calls.recv().await {
        number += 1;
        let open = Arc::clone(&open);
        served.spawn(async move {
            open.fetch_add(1, Ordering::Relaxed);
            let peer = Box::pin(async {
                let Ok(mut peer) = accept_async(call).await else { return };
                say_if_it_can(&mut peer, "beat").await;
                say_if_it_can(&mut peer, "welcome").await;
                while heard(&mut peer).await.is_some() {}
            });
            if number == 2 {
                let _ = timeout(secs(1), peer).await;
            } else {
                peer.await;
            }
            open.fetch_sub(1, Ordering::Relaxed);
        });
    }
    served.join_all().await;
}

async fn say_if_it_can(peer: &mut client_common::Peer, text: &str) {
    use futures_util::SinkExt as _;
    let _ = peer.send(tokio_tungstenite::tungstenite::Message::text(text)).await;
}

fn builder(
    wire: &Arc<Tripwire>,
    calls: &mpsc::Sender<DuplexStream>,
) -> ClientBuilder<Toy, TrippingHandler> {
    let tripping = Tripping { wire: Arc::clone(wire), calls: calls.clone() };
    Client::custom(Toy, VenueLimits::unknown())
        .endpoint("ws://venue.example/")
        .connector(tripping)
        .seed(7)
        .handler(TrippingHandler(Arc::clone(wire)))
}

/// Lets a client connect, rotate, lose its connection, connect anew and close, or as much of
/// that as comes before the tripwire. Asserts that nothing is left, and tells whether it tripped.
async fn live_until(at: usize, end: End, supervised: bool) -> bool {
    let metrics = tokio::runtime::Handle::current().metrics();
    let wire = Tripwire::new(at, end);
    let (calls, answered) = mpsc::channel(16);
    let open = Arc::new(AtomicUsize::new(0));
    let mut venue = JoinSet::new();
    venue.spawn(serve(answered, Arc::clone(&open)));
    let owner = if supervised {
        let mut fleet = Supervisor::new(7);
        let (wire, calls) = (Arc::clone(&wire), calls.clone());
        fleet.add("one", move || builder(&wire, &calls)).unwrap();
        Owner::Supervisor(Box::new(fleet))
    } else {
        Owner::Client(Box::new(builder(&wire, &calls).start().unwrap()))
    };
    *wire.owner.lock().unwrap() = Some(owner);
    drop(calls);
    let mut lives = 0;
    while let Some(update) = wire.next().await {
        if matches!(update, Update::Live { .. }) {
            lives += 1;
            wire.with(|owner| match lives {
                1 => owner.rotate(),
                3 => owner.stop(),
                _ => {}
            });
        }
    }
    assert!(wire.has_tripped() || lives == 3, "it has lived to its end");
    let owner = wire.owner.lock().unwrap().take();
    let has_tripped = wire.has_tripped();
    drop(owner);
    drop(wire);
    // The venue ends when it can be dialled no more and every connection has been closed.
    let ended = timeout(secs(5), venue.join_next()).await;
    assert!(ended.is_ok(), "step {at}: {} connections are left", open.load(Ordering::Relaxed));
    assert_eq!(metrics.num_alive_tasks(), 0, "step {at}: tasks are left");
    has_tripped
}

/// Ends a client at each step of its life in turn. Tells how many there are.
async fn live_until_each(end: End, supervised: bool) -> usize {
    let mut at = 0;
    while live_until(at, end, supervised).await {
        at += 1;
    }
    at
}

#[tokio::test(start_paused = true)]
async fn a_client_dropped_at_any_step_of_its_life_leaves_nothing() {
    let steps = live_until_each(End::Dropped, false).await;
    assert!(steps > 50, "{steps} steps");
}

#[tokio::test(start_paused = true)]
async fn a_client_stopped_at_any_step_of_its_life_leaves_nothing() {
    let steps = live_until_each(End::Stopped, false).await;
    assert!(steps > 50, "{steps} steps");
}

#[tokio::test(start_paused = true)]
async fn a_supervisor_dropped_or_emptied_at_any_step_leaves_nothing() {
    for end in [End::Dropped, End::Stopped] {
        let steps = live_until_each(end, true).await;
        assert!(steps > 50, "{steps} steps");
    }
}
