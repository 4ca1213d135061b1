//! What a connection runs over.

use core::any::Any;

use futures_util::{Sink, Stream};
use tokio::net::TcpStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::{Error, Message};

use crate::client::{BoxIo, Io};
use crate::connect::MaybeTls;
use crate::metered::{Metered, Received};

/// A WebSocket that speaks tungstenite's messages and, like tungstenite, answers pings and
/// Close frames by itself.
///
/// Nothing is to be implemented: it is any `Stream + Sink` of this shape, be it a
/// [`WebSocketStream`](tokio_tungstenite::WebSocketStream) or a layer around one.
///
/// Of one that [`connect`](crate::connect()) or [`Client`](crate::Client) opened the bytes are seen
/// as they come in. Of any other they are not: a message that takes longer to come in than
/// [`silence_bound`](heartbeat_core::Config::silence_bound) is then taken for silence, and a close
/// code that RFC 6455 forbids is told as none.
pub trait Transport:
    Stream<Item = Result<Message, Error>> + Sink<Message, Error = Error> + Unpin
{
}

impl<S> Transport for S where
    S: Stream<Item = Result<Message, Error>> + Sink<Message, Error = Error> + Unpin
{
}

/// Returns what has come in below the WebSocket, if the transport is one that we opened.
pub(crate) fn received<S: 'static>(transport: &S) -> Option<&Received> {
    below::<MaybeTls<TcpStream>>(transport).or_else(|| below::<BoxIo>(transport))
}

fn below<T: Io + 'static>(transport: &dyn Any) -> Option<&Received> {
    let ws: &WebSocketStream<Metered<T>> = transport.downcast_ref()?;
    Some(ws.get_ref().received())
}
