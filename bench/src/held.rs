//! Many connections that are held open, and what they have received.

use core::sync::atomic::{AtomicU64, Ordering};
use std::error::Error;
use std::sync::Arc;

use futures_util::StreamExt;
use heartbeat_platforms::Exchange;
use heartbeat_tokio::client::Update;
use heartbeat_tokio::{
    Client, ConnectOptions, Connection, ConnectionOptions, HeartbeatStream, Incoming, Transport,
    connect,
};
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio_tungstenite::client_async_with_config;

use crate::rivals::{buffers, session};

/// What holds a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Tt,
    Tt0,
    Tw,
    Stream,
    Connection,
    Client,
}

impl Kind {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Tt => "tt",
            Self::Tt0 => "tt0",
            Self::Tw => "tw",
            Self::Stream => "stream",
            Self::Connection => "connection",
            Self::Client => "client",
        }
    }

    pub(crate) fn parse(word: &str) -> Option<Self> {
        [Self::Tt, Self::Tt0, Self::Tw, Self::Stream, Self::Connection, Self::Client]
            .into_iter()
            .find(|kind| kind.name() == word)
    }
}

/// What was received, on all of them.
#[derive(Default)]
struct Received {
    messages: AtomicU64,
    live: AtomicU64,
    ended: AtomicU64,
    changed: Notify,
}

impl Received {
    fn count(&self, what: &AtomicU64) {
        what.fetch_add(1, Ordering::Relaxed);
        self.changed.notify_one();
    }
}

/// How many connections are opened at once.
const AT_ONCE: u64 = 64;

/// Connections of one kind. Dropping it drops them.
pub(crate) struct Held {
    kind: Kind,
    url: String,
    exchange: Exchange,
    options: ConnectOptions,
    received: Arc<Received>,
    tasks: JoinSet<()>,
}

impl Held {
    pub(crate) fn new(
        kind: Kind,
        url: String,
        exchange: Exchange,
        tls: Option<Arc<rustls::ClientConfig>>,
    ) -> Self {
        let mut options = ConnectOptions::default();
        if let Some(tls) = tls {
            options = options.tls(tls);
        }
        let (received, tasks) = (Arc::default(), JoinSet::new());
        Self { kind, url, exchange, options, received, tasks }
    }

    /// Opens so many more, and waits until all are open.
    pub(crate) async fn open(&mut self, count: usize) -> Result<(), Box<dyn Error>> {
        let open = self.received.live.load(Ordering::Relaxed);
        for opened in 1..=count as u64 {
            self.open_one().await?;
            // No more at once than a venue's queue of connections takes.
            self.wait_for_live(open + opened.saturating_sub(AT_ONCE)).await;
        }
        self.wait_for_live(open + count as u64).await;
        Ok(())
    }

    async fn wait_for_live(&self, count: u64) {
        while self.received.live.load(Ordering::Relaxed) < count {
            self.received.changed.notified().await;
        }
    }

    async fn open_one(&mut self) -> Result<(), Box<dyn Error>> {
        let received = Arc::clone(&self.received);
        match self.kind {
            Kind::Tt | Kind::Tt0 | Kind::Tw => {
                let port = self.url.split(':').nth(2).and_then(|it| it.split('/').next());
                let port = port.and_then(|it| it.parse().ok()).ok_or("no port")?;
                let tcp = TcpStream::connect(("127.0.0.1", port)).await?;
                tcp.set_nodelay(true)?;
                received.count(&received.live);
                if self.kind == Kind::Tw {
                    let uri = self.url.replace("wss", "ws");
                    let builder = tokio_websockets::ClientBuilder::new().uri(&uri)?;
                    let (mut ws, _) = builder.connect_on(tcp).await?;
                    self.tasks.spawn(async move {
                        while let Some(Ok(_)) = ws.next().await {
                            received.count(&received.messages);
                        }
                    });
                } else {
                    let config = (self.kind == Kind::Tt0).then(buffers);
                    let (ws, _) = client_async_with_config(&self.url, tcp, config).await?;
                    self.tasks.spawn(drain(ws, received));
                }
            }
            Kind::Stream => {
                let ws = connect(&self.url, &self.options).await?;
                received.count(&received.live);
                let ws = HeartbeatStream::new(ws, session(self.exchange));
                self.tasks.spawn(drain_stream(ws, received));
            }
            Kind::Connection => {
                let ws = connect(&self.url, &self.options).await?;
                received.count(&received.live);
                let options = ConnectionOptions::default();
                let connection = Connection::spawn(ws, session(self.exchange), options);
                self.tasks.spawn(drain_connection(connection, received));
            }
            Kind::Client => {
                let builder = Client::builder(self.exchange)
                    .endpoint(self.url.clone())
                    .connect_options(self.options.clone());
                self.tasks.spawn(drain_client(builder.start()?, received));
            }
        }
        Ok(())
    }

    /// Returns how many messages were received, on all of them.
    pub(crate) fn messages(&self) -> u64 {
        self.received.messages.load(Ordering::Relaxed)
    }

    /// Returns how many have ended.
    pub(crate) fn ended(&self) -> u64 {
        self.received.ended.load(Ordering::Relaxed)
    }

    /// Waits until so many messages were received.
    pub(crate) async fn wait_for(&self, messages: u64) {
        while self.messages() < messages {
            self.received.changed.notified().await;
        }
    }
}

async fn drain(mut ws: impl Transport, received: Arc<Received>) {
    while let Some(Ok(message)) = ws.next().await {
        if message.is_text() {
            received.count(&received.messages);
        }
    }
    received.count(&received.ended);
}

async fn drain_stream<S: Transport>(mut ws: HeartbeatStream<S, Exchange>, received: Arc<Received>) {
    while let Some(Ok(message)) = ws.next().await {
        if message.is_text() {
            received.count(&received.messages);
        }
    }
    received.count(&received.ended);
}

async fn drain_connection(mut connection: Connection, received: Arc<Received>) {
    while let Some(incoming) = connection.next().await {
        if matches!(incoming, Incoming::Message(_)) {
            received.count(&received.messages);
        }
    }
    received.count(&received.ended);
}

async fn drain_client(mut client: Client, received: Arc<Received>) {
    while let Some(update) = client.next().await {
        match update {
            Update::Message(_) => received.count(&received.messages),
            Update::Live { .. } => received.count(&received.live),
            Update::Ended { .. } => received.count(&received.ended),
            _ => {}
        }
    }
}
