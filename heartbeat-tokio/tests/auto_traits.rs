//! Which types can be sent and shared between threads is a promise.

use heartbeat_platforms::Exchange;
use heartbeat_tokio::client::{
    Attempt, AttemptFault, ClientBuilder, ClientEnd, ClientError, ClientReport, ClientStatus, Down,
    FailedAttempt, Gap, GapCause, HandlerConnection, Labels, Leaving, NotReady, NotWatched,
    Overlapped, Received, Silent, Target, TradingPermit, Unread, Update, VenueGate, VenueLimits,
};
use heartbeat_tokio::{
    Client, ClientSender, CloseReport, ConnectError, ConnectOptions, Connection, ConnectionOptions,
    Control, Error, Incoming, IoThread, Isolation, Lagged, MonotonicClock, NotWritten, Protection,
    Receipt, Sender, ShutdownReport, Supervisor, SupervisorError,
};

const fn sent<T: Send + Unpin + 'static>() {}
const fn shared<T: Send + Sync + Unpin + 'static>() {}
const fn cloned<T: Clone + Send + Sync + Unpin + 'static>() {}
const fn thrown<T: core::error::Error + Send + Sync + 'static>() {}

const _: () = {
    shared::<Client>();
    shared::<Supervisor>();
    shared::<Connection>();
    shared::<HandlerConnection>();
    shared::<NotReady>();
    shared::<heartbeat_tokio::client::EndpointError>();
    shared::<heartbeat_tokio::client::Dial<'static>>();
    cloned::<heartbeat_tokio::Proxy>();
    cloned::<heartbeat_tokio::client::Destination>();
    shared::<Incoming>();
    shared::<CloseReport>();
    shared::<ShutdownReport>();
    cloned::<ClientSender>();
    cloned::<Sender>();
    cloned::<Control>();
    cloned::<TradingPermit>();
    cloned::<VenueGate>();
    cloned::<VenueLimits>();
    cloned::<MonotonicClock>();
    cloned::<IoThread>();
    cloned::<Isolation>();
    cloned::<ConnectOptions>();
    cloned::<ConnectionOptions>();
    cloned::<Target<()>>();
};

/// What is held while a request or a message is under way, and what else is held.
const _: () = {
    shared::<heartbeat_tokio::Ticket>();
    shared::<heartbeat_tokio::client::PendingRequest>();
    // Its observer is called by one thread at a time, and need not bear more.
    sent::<heartbeat_tokio::HeartbeatStream<heartbeat_tokio::TcpStream, Exchange>>();
    shared::<heartbeat_tokio::Parts<heartbeat_tokio::TcpStream, Exchange>>();
    shared::<heartbeat_tokio::Metered<heartbeat_tokio::TcpStream>>();
    cloned::<heartbeat_tokio::StreamEnd>();
    cloned::<heartbeat_tokio::SessionUpdate>();
    cloned::<heartbeat_tokio::SocketOptions>();
    cloned::<heartbeat_tokio::Overflow>();
    cloned::<heartbeat_tokio::client::Subscriptions>();
    cloned::<heartbeat_tokio::client::SubscriptionEvent>();
    cloned::<heartbeat_tokio::client::SubscriptionStatus>();
    cloned::<heartbeat_tokio::client::Reply>();
    cloned::<heartbeat_tokio::client::RequestKey>();
    thrown::<heartbeat_tokio::client::RequestError>();
    thrown::<heartbeat_tokio::client::SubscriptionError>();
};

/// What is told can be told to many.
const _: () = {
    cloned::<Update>();
    cloned::<Received>();
    cloned::<Labels>();
    cloned::<Gap>();
    cloned::<GapCause>();
    cloned::<Overlapped>();
    cloned::<Down>();
    cloned::<FailedAttempt>();
    cloned::<AttemptFault>();
    cloned::<Attempt>();
    cloned::<Leaving>();
    cloned::<Silent>();
    cloned::<Unread>();
    cloned::<ClientStatus>();
    cloned::<ClientReport>();
    cloned::<ClientEnd>();
    cloned::<Receipt>();
    cloned::<NotWritten>();
    cloned::<Lagged>();
    cloned::<Protection>();
};

const _: () = {
    thrown::<ClientError>();
    thrown::<SupervisorError>();
    thrown::<ConnectError>();
    thrown::<heartbeat_tokio::HandshakeError>();
    thrown::<heartbeat_tokio::SocketOptionsError>();
    thrown::<NotWatched>();
    thrown::<NotWritten>();
    thrown::<Error>();
};

/// A client is begun by whoever holds its settings, from any thread.
#[test]
fn settings_can_be_sent() {
    sent::<ClientBuilder<Exchange>>();
}
