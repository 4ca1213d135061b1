//! How venues are asked for subscriptions, and how they reply.
//!
//! A [`SubscriptionProtocol`] is a venue's side of that as pure functions: it writes the messages
//! and says what an incoming message is to the subscriptions. Whoever keeps the set of what is
//! wanted, and asks again on every connection, is a driver: `heartbeat-tokio` does it.
//!
//! # How topics are spelled
//!
//! A topic names one subscription, by the venue's own words. Where the venue has one string for
//! it, that is the topic; where it has several fields, they stand side by side with a space
//! between them.
//!
//! | venue | topic |
//! |---|---|
//! | binance-spot, binance-usdm, binance-coinm | `btcusdt@trade` |
//! | okx | `tickers BTC-USDT`, `orders instType=SPOT`, `orders instType=SPOT BTC-USDT` |
//! | bybit-public, bybit-private | `orderbook.1.BTCUSDT` |
//! | coinbase-advanced | `ticker BTC-USD` |
//! | coinbase-exchange | `ticker BTC-USD`, `status` |
//! | kraken-v2 | `ticker BTC/USD`, `book BTC/USD depth=10` |
//! | bitget | `SPOT ticker BTCUSDT`, `SPOT account coin=default` |
//! | gate-spot | `spot.tickers BTC_USDT`, `spot.order_book BTC_USDT 5 100ms` |
//! | kucoin | `/market/ticker:BTC-USDT` |
//! | htx-market | `market.btcusdt.kline.1min` |
//! | deribit | `ticker.BTC-PERPETUAL.100ms`, `user.changes.any.any.raw` |
//! | hyperliquid | `trades BTC`, `candle BTC interval=1m`, `userFills user=0x12ab`, `allMids` |
//!
//! ```
//! use heartbeat_core::Frame;
//! use heartbeat_platforms::{Exchange, subscriptions};
//! use heartbeat_platforms::subscriptions::{Ask, Said, SubscriptionRequest};
//!
//! let okx = subscriptions::of(Exchange::Okx).unwrap();
//! let topics = ["tickers BTC-USDT"];
//! let mut message = String::new();
//! let request = SubscriptionRequest { ask: Ask::Subscribe, id: 7, topics: &topics, unix_time: 0 };
//! okx.write(&request, &mut message).unwrap();
//! assert_eq!(
//!     message,
//!     r#"{"id":"7","op":"subscribe","args":[{"channel":"tickers","instId":"BTC-USDT"}]}"#,
//! );
//!
//! let push = r#"{"arg":{"channel":"trades","instId":"BTC-USDT"},"data":[{"px":"1"}]}"#;
//! let mut topic = String::new();
//! assert_eq!(okx.read(Frame::Text(push), &mut topic), Said::Data);
//! assert_eq!(topic, "trades BTC-USDT");
//!
//! // A topic is refused where it is declared, and not by a venue that says nothing.
//! assert!(okx.check("tickers:BTC-USDT").is_err());
//! ```

mod binance;
mod bybit;
mod coinbase_advanced;
mod coinbase_exchange;
mod deribit;
mod fields;
mod gate;
mod htx;
mod hyperliquid;
mod kraken;
mod kucoin;
mod okx;
#[cfg(test)]
mod tests;
mod words;

use core::fmt;

use heartbeat_core::Frame;

use crate::Exchange;

/// A venue's way of subscribing: what to write, and what its messages mean.
///
/// Its functions are pure and know no state of a connection. They have defaults that suit a venue
/// whose topics are single strings; what must be written is [`write`](Self::write) and
/// [`read`](Self::read).
///
/// ```
/// use core::fmt;
/// use heartbeat_core::Frame;
/// use heartbeat_platforms::json::Json;
/// use heartbeat_platforms::subscriptions::{
///     Ask, ReplyScope, Said, SubscriptionProtocol, SubscriptionRequest,
/// };
///
/// /// `{"sub":"x","id":1}`, `{"ok":true,"id":1}`, and data as `{"topic":"x"}`.
/// struct Toy;
///
/// impl SubscriptionProtocol for Toy {
///     fn write(
///         &self,
///         request: &SubscriptionRequest<'_>,
///         out: &mut dyn fmt::Write,
///     ) -> fmt::Result {
///         let verb = if request.ask == Ask::Subscribe { "sub" } else { "unsub" };
///         let topic = request.topics.first().unwrap_or(&"");
///         write!(out, r#"{{"{verb}":"{topic}","id":{}}}"#, request.id)
///     }
///
///     fn read(&self, frame: Frame<'_>, topic: &mut dyn fmt::Write) -> Said {
///         let Frame::Text(text) = frame else { return Said::Other };
///         let Some(message) = Json::parse(text) else { return Said::Other };
///         match message.pick(["topic", "ok", "id"]) {
///             Some([Some(name), None, None]) => name.text().map_or(Said::Other, |name| {
///                 let _ = name.write_to(topic);
///                 Said::Data
///             }),
///             Some([None, Some(ok), Some(id)]) => {
///                 let covers = ReplyScope::Request;
///                 let (ask, id) = (None, id.as_u64());
///                 match ok.as_bool() {
///                     Some(true) => Said::Accepted { ask, id, covers },
///                     _ => Said::Refused { ask, id, covers },
///                 }
///             }
///             _ => Said::Other,
///         }
///     }
/// }
///
/// let said = Toy.read(Frame::Text(r#"{"ok":true,"id":1}"#), &mut String::new());
/// assert_eq!(said, Said::Accepted { ask: None, id: Some(1), covers: ReplyScope::Request });
/// assert_eq!(Toy.limits().topics_per_message, 1);
/// ```
pub trait SubscriptionProtocol: Send + Sync {
    /// Returns how much one message and one connection take; by default one topic a message of at
    /// most 4,096 bytes, and no limit for a connection.
    fn limits(&self) -> SubscriptionLimits {
        SubscriptionLimits::ONE_BY_ONE
    }

    /// Tells whether two topics can stand in one message; by default all can.
    fn may_share(&self, _first: &str, _other: &str) -> bool {
        true
    }

    /// Checks how a topic is spelled; all spellings will do by default.
    ///
    /// Whoever keeps the set checks besides that a topic is not empty, has at most
    /// [`TOPIC_MAX`] bytes, and consists of printable ASCII without `"` and `\`, so that it needs
    /// no escapes.
    ///
    /// # Errors
    ///
    /// How it has to be spelled.
    fn check(&self, _topic: &str) -> Result<(), &'static str> {
        Ok(())
    }

    /// Returns the part of a topic by which the venue's messages name it, where they do not repeat
    /// all of it; by default the whole topic. Two topics of one name cannot be wanted at once.
    fn name_of<'t>(&self, topic: &'t str) -> &'t str {
        topic
    }

    /// Writes the message that asks for topics, or for their end.
    ///
    /// # Errors
    ///
    /// Those of `out` alone.
    fn write(&self, request: &SubscriptionRequest<'_>, out: &mut dyn fmt::Write) -> fmt::Result;

    /// Says what a message of the venue's is to the subscriptions, and writes the
    /// [names](Self::name_of) of the topics that it is about to `names`, one a line.
    ///
    /// It must be total: whatever it cannot prove to be something else is
    /// [`Other`](Said::Other). It is asked of every message, on the way of the heartbeats.
    fn read(&self, frame: Frame<'_>, names: &mut dyn fmt::Write) -> Said;
}

/// The longest topic, in bytes.
pub const TOPIC_MAX: usize = 128;

/// The first of the ids that requests for subscriptions carry: `HS` and 32 bits.
///
/// An application that numbers its own requests from one, or by the clock in milliseconds or
/// microseconds, never comes here, and every id stays below 2^53.
pub const FIRST_ID: u64 = 0x4853_0000_0000;

/// What is asked of a venue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "a subscription begins or ends")]
pub enum Ask {
    /// Begin.
    Subscribe,
    /// End.
    Unsubscribe,
}

/// A request to a venue.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::exhaustive_structs, reason = "made by every driver, read by every protocol")]
pub struct SubscriptionRequest<'t> {
    /// What is asked.
    pub ask: Ask,
    /// The id that comes back with the reply, where the venue has ids.
    pub id: u64,
    /// Of which topics: one at least, and as many as the [limits](SubscriptionLimits) allow.
    pub topics: &'t [&'t str],
    /// The time, in seconds since the beginning of 1970: some venues want to be told.
    pub unix_time: u64,
}

/// How much a venue takes at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "made by every protocol")]
pub struct SubscriptionLimits {
    /// Topics in one message; at least one.
    pub topics_per_message: u16,
    /// Bytes of one message.
    pub bytes_per_message: u32,
    /// Topics of one connection, if that is limited.
    pub topics_per_connection: Option<u16>,
}

impl SubscriptionLimits {
    /// One topic a message of at most 4,096 bytes, any number of them.
    pub const ONE_BY_ONE: Self =
        Self { topics_per_message: 1, bytes_per_message: 4_096, topics_per_connection: None };
}

/// What a message of the venue's is to the subscriptions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "whoever keeps the set must know all of it")]
pub enum Said {
    /// Nothing.
    Other,
    /// Data of the topic that was named, or of one of those that were: a message that may come in
    /// several channels names each, and those that are not wanted do not count.
    Data,
    /// The venue has done what was asked.
    Accepted {
        /// What was asked, if the reply says it.
        ask: Option<Ask>,
        /// The id of the request, if the reply has it.
        id: Option<u64>,
        /// Of which topics.
        covers: ReplyScope,
    },
    /// The venue has not done it, and will not.
    Refused {
        /// What was asked, if the reply says it.
        ask: Option<Ask>,
        /// The id of the request, if the reply has it.
        id: Option<u64>,
        /// Of which topics.
        covers: ReplyScope,
    },
}

/// Which topics a reply is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "whoever keeps the set must know all of it")]
pub enum ReplyScope {
    /// All that the request was about.
    Request,
    /// Those that were named; the others of the request have replies of their own.
    Named,
    /// Those that were named; the others of the request met the opposite fate.
    NamedAlone,
    /// Those of the request whose names end in what was named: a reply that leaves out the channel.
    Ending,
    /// Those that were named are all that is subscribed to on this connection now.
    Everything,
}

/// Returns how a venue is asked for subscriptions, if this crate knows.
///
/// ```
/// use heartbeat_platforms::{Exchange, subscriptions};
///
/// assert!(subscriptions::of(Exchange::KrakenV2).is_some());
/// // Any venue that speaks by ping frames: what else it says is not known.
/// assert!(subscriptions::of(Exchange::Rfc6455).is_none());
/// ```
#[expect(clippy::wildcard_enum_match_arm, reason = "of the others nothing is known here yet")]
pub fn of(exchange: Exchange) -> Option<&'static dyn SubscriptionProtocol> {
    Some(match exchange {
        Exchange::BinanceSpot | Exchange::BinanceUsdm | Exchange::BinanceCoinm => &binance::Streams,
        Exchange::Bitget => &okx::BITGET,
        Exchange::BybitPublic | Exchange::BybitPrivate => &bybit::Bybit,
        Exchange::CoinbaseAdvanced => &coinbase_advanced::CoinbaseAdvanced,
        Exchange::CoinbaseExchange => &coinbase_exchange::CoinbaseExchange,
        Exchange::Deribit => &deribit::Deribit,
        Exchange::GateSpot => &gate::GateSpot,
        Exchange::HtxMarket => &htx::HtxMarket,
        Exchange::Hyperliquid => &hyperliquid::Hyperliquid,
        Exchange::KrakenV2 => &kraken::KrakenV2,
        Exchange::Kucoin => &kucoin::Kucoin,
        Exchange::Okx => &okx::OKX,
        _ => return None,
    })
}

impl<T: SubscriptionProtocol + ?Sized> SubscriptionProtocol for &T {
    fn limits(&self) -> SubscriptionLimits {
        (**self).limits()
    }

    fn may_share(&self, first: &str, other: &str) -> bool {
        (**self).may_share(first, other)
    }

    fn check(&self, topic: &str) -> Result<(), &'static str> {
        (**self).check(topic)
    }

    fn name_of<'t>(&self, topic: &'t str) -> &'t str {
        (**self).name_of(topic)
    }

    fn write(&self, request: &SubscriptionRequest<'_>, out: &mut dyn fmt::Write) -> fmt::Result {
        (**self).write(request, out)
    }

    fn read(&self, frame: Frame<'_>, names: &mut dyn fmt::Write) -> Said {
        (**self).read(frame, names)
    }
}
