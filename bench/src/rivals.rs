//! Who reads: the libraries of others, bare and as they are used, and the three levels of ours.

use fastwebsockets::{FragmentCollector, OpCode, Role as FastRole, WebSocket};
use futures_util::StreamExt;
use heartbeat_core::{Platform, Session, Timestamp};
use heartbeat_platforms::Exchange;
use heartbeat_tokio::client::{ClientBuilder, Update};
use heartbeat_tokio::{
    Client, Connection, ConnectionOptions, HeartbeatStream, Incoming, Overflow, Transport,
};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::task::JoinSet;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};

/// Who reads what a venue sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rival {
    /// tokio-tungstenite as it comes.
    Tt,
    /// The same with the buffers of `ConnectOptions`.
    Tt0,
    /// The same in a task of its own, with a channel of tokio's to the application: the usual way
    /// not to be held up by it.
    Ttq,
    /// tokio-websockets.
    Tw,
    /// fastwebsockets.
    Fw,
}

impl Rival {
    pub(crate) const ALL: [Self; 5] = [Self::Tt, Self::Tt0, Self::Ttq, Self::Tw, Self::Fw];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Tt => "tokio-tungstenite (tt)",
            Self::Tt0 => "tt with our buffers (tt0)",
            Self::Ttq => "tt0, task and channel (ttq)",
            Self::Tw => "tokio-websockets (tw)",
            Self::Fw => "fastwebsockets (fw)",
        }
    }

    /// Reads so many messages and stops.
    pub(crate) async fn read<S>(self, io: S, count: usize)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        match self {
            Self::Tt => count_of(tungstenite(io, None).await, count).await,
            Self::Tt0 => count_of(tungstenite(io, Some(buffers())).await, count).await,
            Self::Ttq => queued(tungstenite(io, Some(buffers())).await, count).await,
            Self::Tw => {
                let mut ws = tokio_websockets::ClientBuilder::new().take_over(io);
                for _ in 0..count {
                    ws.next().await.expect("the line is open").expect("the line is good");
                }
            }
            Self::Fw => {
                let mut ws = WebSocket::after_handshake(io, FastRole::Client);
                ws.set_auto_pong(false);
                let mut ws = FragmentCollector::new(ws);
                for _ in 0..count {
                    let frame = ws.read_frame().await.expect("the line is good");
                    assert_eq!(frame.opcode, OpCode::Text);
                }
            }
        }
    }
}

/// What `ConnectOptions` tell tungstenite.
pub(crate) fn buffers() -> WebSocketConfig {
    WebSocketConfig::default().read_buffer_size(4 << 10).write_buffer_size(0)
}

pub(crate) async fn tungstenite<S>(io: S, config: Option<WebSocketConfig>) -> WebSocketStream<S>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    WebSocketStream::from_raw_socket(io, Role::Client, config).await
}

async fn count_of(mut ws: impl Transport, count: usize) {
    for _ in 0..count {
        ws.next().await.expect("the line is open").expect("the line is good");
    }
}

async fn queued(mut ws: impl Transport + Send + 'static, count: usize) {
    let (sender, mut receiver) = tokio::sync::mpsc::channel(1_024);
    let mut tasks = JoinSet::new();
    tasks.spawn(async move {
        while let Some(Ok(message)) = ws.next().await {
            if sender.send(message).await.is_err() {
                return;
            }
        }
    });
    for _ in 0..count {
        receiver.recv().await.expect("the line is open");
    }
}

/// Makes a session, armed by the first thing that it sends.
pub(crate) fn session(exchange: Exchange) -> Session<Exchange> {
    let config = exchange.defaults().build().expect("the defaults build");
    Session::new(exchange, config, Timestamp::ZERO)
}

/// Reads as a [`HeartbeatStream`].
pub(crate) async fn stream<S: Transport + 'static>(ws: S, count: usize) {
    let mut ws = HeartbeatStream::new(ws, session(Exchange::Deribit));
    for _ in 0..count {
        ws.next().await.expect("the line is open").expect("the line is good");
    }
}

/// Reads as a [`Connection`].
pub(crate) async fn connection<S: Transport + Send + 'static>(ws: S, count: usize) {
    let mut connection = Connection::spawn(ws, session(Exchange::Deribit), options());
    messages_of(&mut connection, count).await;
}

pub(crate) async fn messages_of(connection: &mut Connection, count: usize) {
    let mut left = count;
    while left > 0 {
        match connection.next().await.expect("the line is open") {
            Incoming::Message(_) => left -= 1,
            Incoming::Lagged(lagged) => panic!("the bench was too slow: {lagged:?}"),
            Incoming::Closed(report) if left > 0 => panic!("{report}"),
            _ => {}
        }
    }
}

/// Reads as a [`Client`].
pub(crate) async fn client(builder: ClientBuilder<Exchange>, count: usize) {
    let mut client = builder.connection_options(options()).start().expect("it starts");
    let mut left = count;
    while left > 0 {
        match client.next().await.expect("the line is open") {
            Update::Message(_) => left -= 1,
            Update::AttemptFailed(failed) => panic!("{failed:?}"),
            _ => {}
        }
    }
}

/// A loss would make it look cheaper than it is.
fn options() -> ConnectionOptions {
    ConnectionOptions::default().overflow(Overflow::Disconnect)
}

/// Starts a client of Deribit's at a URL.
pub(crate) fn deribit(url: &str) -> ClientBuilder<Exchange> {
    Client::builder(Exchange::Deribit).endpoint(url.to_owned())
}
