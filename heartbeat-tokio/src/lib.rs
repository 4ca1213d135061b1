//! Keeps WebSocket connections to exchanges alive on tokio and tokio-tungstenite.
//!
//! The decisions are [`heartbeat_core`]'s; this crate reads the clock, moves the bytes, and
//! never lets an application delay a heartbeat. Three levels, each usable alone:
//!
//! | level | what it is | for whom |
//! |---|---|---|
//! | [`HeartbeatStream`] | a stream around a stream | programs that poll it without pause |
//! | [`Connection`] | a task that owns the socket | programs whose handlers may take their time |
//! | [`Client`] | what connects, and connects anew | programs that are to be left alone |
//!
//! A [`Supervisor`] holds many clients.
//!
//! # A program that stays connected
//!
//! ```no_run
//! use heartbeat_tokio::Client;
//! use heartbeat_tokio::platforms::Exchange;
//! use heartbeat_tokio::client::Update;
//!
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! let mut client = Client::builder(Exchange::KrakenV2).start()?;
//! while let Some(update) = client.next().await {
//!     match update {
//!         Update::Message(message) => println!("{message}"),
//!         Update::Gap(gap) => println!("messages may be missing here: {gap:?}"),
//!         _ => {} // what befell the connection, for whoever wants to know
//!     }
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # A program that keeps its own WebSocket
//!
//! ```no_run
//! use heartbeat_tokio::platforms::Exchange;
//! use heartbeat_tokio::{ConnectOptions, HeartbeatStream, StreamExt, connect};
//!
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! let ws = connect("wss://exchange.example/ws", &ConnectOptions::default()).await?;
//! let mut ws = HeartbeatStream::new(ws, Exchange::Okx);
//!
//! while let Some(message) = ws.next().await {
//!     let message = message?; // a verdict is an error that says what led to it
//!     println!("{message}");
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # What holds on all levels
//!
//! - A challenge is answered before anything that the application sends, a ping control frame
//!   before the application sees what came after it. tungstenite makes the pongs; this crate
//!   gets them out at once and never makes a second one.
//! - Frames that can be read are fed to the session before it judges: a task that was late
//!   does not blame the venue.
//! - Reading goes on while a write is stuck, and no write is stuck for ever.
//! - A verdict ends the connection, within a bound, with one Close frame each way.
//! - A platform that panics costs a failure and not the connection, until there have been
//!   [`failure_threshold`](heartbeat_core::Config::failure_threshold) of them.
//! - Time is tokio's, so that a test with paused time pauses the heartbeat too.
//!
//! A connection shares the threads of the runtime that it was opened on. Where an application
//! may block them all, open it on an [`IoThread`].
//!
//! # What it tells
//!
//! Every connection has a `tracing` span `connection` with the field `platform`. In it lie the
//! events of these names:
//!
//! - TRACE, with every heartbeat: `heartbeat.received`, `.responded`, `.sent`, `.ignored`.
//! - INFO, at a change of state: `manager.started` and `heartbeat.armed`, `.live`, `.level`,
//!   `.timeout`, `.failure`, `.unanswerable`, `.local_stall`, `.counter_jump`, `.notice`.
//! - WARN, at a verdict: `manager.stopped`; INFO where the application wished it. And
//!   `heartbeat.panicked`, with what the platform said.
//!
//! A client has a span `client` with its `platform` and `name`, and in it one span `attempt` with
//! the `generation` for each connection. Its own events: `recovery.dial`, `.failed`, `.live`,
//! `.gap`, `.subscription` and `.rotated` at INFO, `.down`, `.breaker`, `.handler_panicked` and
//! `.label_panicked` at WARN, `.given_up` at ERROR.
//!
//! # One crate
//!
//! What a program needs of others it finds here: [`core`] and [`platforms`], the attribute
//! [`async_trait`](macro@async_trait) for handlers, the traits of streams, and the types of
//! sockets. So it depends on this crate and on tokio.
//!
//! A new major version of one of these is one of this crate, because their types stand in its
//! signatures: [`tungstenite`] and tokio-tungstenite (`Message`, its `Error`, `HeaderMap`,
//! `WebSocketStream`), [`rustls`] (the settings of TLS), futures-util (`Stream`, `Sink`),
//! async-trait ([`Handler`], `Connector`, `Endpoint`) and tokio (`watch::Receiver`, `TcpStream`).
//!
//! # What it does not tell
//!
//! Of a URL nothing is shown but scheme, host and port, of a header nothing but its name, and of a
//! message nothing at all: not in errors, not in `Debug`, not in events of any level. tungstenite
//! logs by itself, under the target `tungstenite`, and at TRACE it logs the frames with what they
//! hold, logins among it: leave that target at DEBUG or above.
//!
//! # Features
//!
//! `rustls-tls-webpki-roots` (default) and `rustls-tls-native-roots` choose whom `wss://`
//! trusts; both may be on. Without either, [`connect`] opens `ws://` alone.

#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test that unwraps says what it expects"))]

pub mod client;
mod clock;
mod connect;
mod connection;
mod convert;
mod deadline;
mod driver;
mod error;
mod into_session;
mod isolation;
mod metered;
mod observation;
mod stream;
mod supervisor;
mod telemetry;
mod transport;

pub use client::{Client, ClientSender, Handler, TradingPermit};
pub use clock::MonotonicClock;
pub use connect::{
    ConnectError, ConnectOptions, ConnectStage, HandshakeError, MaybeTls, Proxy, RedirectRefusal,
    Resolver, SocketOptions, SocketOptionsError, TlsFault, connect, connect_unframed,
};
#[cfg(feature = "__rustls-tls")]
pub use connect::{TlsConfigError, tls_config};
pub use connection::{
    CloseReport, Connection, ConnectionOptions, Incoming, Lagged, NotWritten, Overflow, Protection,
    Receipt, Sender, Ticket,
};
pub use error::{Error, chain};
pub use into_session::IntoSession;
pub use isolation::{IoThread, Isolation};
pub use metered::Metered;
pub use observation::SessionUpdate;
pub use stream::{HeartbeatStream, Parts, StreamEnd};
pub use supervisor::{Control, ShutdownReport, Supervisor, SupervisorError};
pub use transport::Transport;

/// The WebSocket implementation whose types appear in this crate's.
pub use tokio_tungstenite::tungstenite;

/// The TLS implementation whose types appear in this crate's.
#[cfg(feature = "__rustls-tls")]
pub use rustls;

/// What decides: the machine and its vocabulary, whose types appear in this crate's.
pub use heartbeat_core as core;

/// Every venue's rules and bytes, whose types appear in this crate's.
pub use heartbeat_platforms as platforms;

/// The attribute that an implementation of [`Handler`] carries.
pub use async_trait::async_trait;

/// The traits of a [`HeartbeatStream`] and of a [`Client`], and their methods.
pub use futures_util::{Sink, SinkExt, Stream, StreamExt};

/// What [`connect()`] opens.
pub use tokio::net::TcpStream;
pub use tokio_tungstenite::WebSocketStream;

/// The guide, whose programs are tests.
#[cfg(doctest)]
#[doc = include_str!("../../docs/subscriptions-and-requests.md")]
mod guide {}
