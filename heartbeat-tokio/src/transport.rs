//! What a connection runs over.

use futures_util::{Sink, Stream};
use tokio_tungstenite::tungstenite::{Error, Message};

/// A WebSocket that speaks tungstenite's messages and, like tungstenite, answers pings and
/// Close frames by itself.
///
/// Nothing is to be implemented: it is any `Stream + Sink` of this shape, be it a
/// [`WebSocketStream`](tokio_tungstenite::WebSocketStream) or a layer around one.
pub trait Transport:
    Stream<Item = Result<Message, Error>> + Sink<Message, Error = Error> + Unpin
{
}

impl<S> Transport for S where
    S: Stream<Item = Result<Message, Error>> + Sink<Message, Error = Error> + Unpin
{
}
