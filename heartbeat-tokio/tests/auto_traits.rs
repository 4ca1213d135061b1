//! Which types can be sent and shared between threads is a promise.

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
    const fn sent<T: Send + 'static>() {}
    sent::<ClientBuilder<heartbeat_platforms::Exchange>>();
}
