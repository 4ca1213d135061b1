//! Which request a reply belongs to: where venues put the id that they were given.

use heartbeat_core::Frame;

use crate::Exchange;
use crate::json::{Json, Text};

/// The member of a venue's replies that repeats the id of the request.
///
/// ```
/// use heartbeat_core::Frame;
/// use heartbeat_platforms::requests::{ID, REQ_ID};
///
/// let reply = Frame::Text(r#"{"jsonrpc":"2.0","id":7,"result":"ok"}"#);
/// assert_eq!(ID.read(reply), Some(7));
/// // An id that was sent as a string comes back as one.
/// assert_eq!(ID.read(Frame::Text(r#"{"id":"7","op":"order","code":"0"}"#)), Some(7));
/// // A request that goes the other way has no reply of ours to wait for.
/// assert_eq!(ID.read(Frame::Text(r#"{"id":7,"method":"heartbeat","params":{}}"#)), None);
/// assert_eq!(REQ_ID.read(reply), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReplyId {
    member: &'static str,
}

/// `id`: JSON-RPC 2.0 and so Deribit, Paradex and others; OKX; Binance's WebSocket API.
pub const ID: ReplyId = ReplyId::new("id");

/// `reqId`: the order entry of Bybit v5.
pub const REQ_ID_CAMEL: ReplyId = ReplyId::new("reqId");

/// `req_id`: Kraken v2, and what is not order entry at Bybit v5.
pub const REQ_ID: ReplyId = ReplyId::new("req_id");

impl ReplyId {
    /// Names the member.
    pub const fn new(member: &'static str) -> Self {
        Self { member }
    }

    /// Returns the id of the request that a message replies to, if it is a reply: a number, or a
    /// string of digits.
    ///
    /// A message that has a `params` member is a notification, or a request to us.
    pub fn read(self, frame: Frame<'_>) -> Option<u64> {
        let Frame::Text(text) = frame else { return None };
        // Most messages are data and have none: no parse for those.
        if !text.contains(self.member) {
            return None;
        }
        let [id, params] = Json::parse(text)?.pick([self.member, "params"])?;
        let id = id.filter(|_| params.is_none())?;
        id.as_u64().or_else(|| id.text().and_then(Text::as_u64))
    }
}

/// Returns where a venue puts the id of a request, if this crate knows.
///
/// ```
/// use heartbeat_platforms::{Exchange, requests};
///
/// assert_eq!(requests::of(Exchange::Deribit), Some(requests::ID));
/// assert_eq!(requests::of(Exchange::BybitPrivate), Some(requests::REQ_ID_CAMEL));
/// assert_eq!(requests::of(Exchange::Rfc6455), None);
/// ```
#[expect(clippy::wildcard_enum_match_arm, reason = "of the others nothing is known here yet")]
pub const fn of(exchange: Exchange) -> Option<ReplyId> {
    match exchange {
        Exchange::Aevo
        | Exchange::BinanceCoinm
        | Exchange::BinanceSpot
        | Exchange::BinanceUsdm
        | Exchange::BinanceWsApi
        | Exchange::Deribit
        | Exchange::GateSpot
        | Exchange::HtxMarket
        | Exchange::Kucoin
        | Exchange::Okx
        | Exchange::Paradex
        | Exchange::Phemex => Some(ID),
        Exchange::BybitPrivate => Some(REQ_ID_CAMEL),
        Exchange::BybitPublic | Exchange::KrakenV2 => Some(REQ_ID),
        _ => None,
    }
}
