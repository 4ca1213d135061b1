//! The dialects, a file each: what the venues read and what they write.

pub(super) mod aevo;
pub(super) mod alpaca;
pub(super) mod alphapoint;
pub(super) mod ascendex;
pub(super) mod backpack;
pub(super) mod bhex;
pub(super) mod binance_futures;
pub(super) mod binance_spot;
mod binance_streams;
pub(super) mod binance_ws_api;
pub(super) mod bingx_spot;
pub(super) mod bingx_swap;
pub(super) mod bitfinex;
pub(super) mod bitget;
pub(super) mod bitmex;
pub(super) mod bitstamp;
pub(super) mod bitvavo;
pub(super) mod bybit;
pub(super) mod centrifugo;
pub(super) mod coinbase_advanced;
pub(super) mod coinbase_exchange;
pub(super) mod coinjar;
pub(super) mod crypto_com;
pub(super) mod ctrader;
pub(super) mod delta;
pub(super) mod deribit;
pub(super) mod dxlink;
pub(super) mod dydx;
pub(super) mod engine_io;
pub(super) mod gate;
pub(super) mod gemini;
pub(super) mod gemini_v1;
pub(super) mod gopax;
pub(super) mod hibachi_account;
pub(super) mod htx_futures_orders;
pub(super) mod htx_market;
pub(super) mod htx_private;
pub(super) mod hyperliquid;
pub(super) mod ibkr_cpapi;
pub(super) mod indodax;
pub(super) mod kalshi;
pub(super) mod kraken_futures;
pub(super) mod kraken_v1;
pub(super) mod kraken_v2;
pub(super) mod kucoin;
pub(super) mod latoken;
pub(super) mod lbank;
pub(super) mod mexc_futures;
pub(super) mod mexc_spot;
pub(super) mod noren;
pub(super) mod okx;
pub(super) mod okx_sbe;
pub(super) mod paradex;
pub(super) mod phemex;
pub(super) mod poloniex;
pub(super) mod polymarket_clob;
pub(super) mod polymarket_perps;
pub(super) mod polymarket_sports;
pub(super) mod rfc6455;
pub(super) mod saxo;
pub(super) mod solana;
pub(super) mod tastytrade_account;
pub(super) mod text_ping;
pub(super) mod tradovate;
pub(super) mod typed_beat;
pub(super) mod typed_ping;
pub(super) mod upbit;
pub(super) mod whitebit;
pub(super) mod woox;
pub(super) mod woox_v1;

use heartbeat_platforms::Exchange;
use serde_json::Value;

use super::dialect::{Dialect, Meaning, StreamChange};

/// Reads a client's message as a JSON object.
fn object(text: &str) -> Option<Value> {
    serde_json::from_str(text).ok().filter(Value::is_object)
}

/// The key that logs nobody in.
const WRONG_KEY: &str = "wrong";

/// Logs any key in but one.
fn login(key: &Value, well: &Value, refused: &Value) -> Meaning {
    match key.as_str() {
        Some(WRONG_KEY) | None => Meaning::Refused { reply: refused.to_string() },
        Some(_) => Meaning::LoggedIn { reply: well.to_string() },
    }
}

/// Begins or ends the data of a venue that is not played by its streams.
fn subscription(starts: bool, reply: &Value) -> Meaning {
    let reply = reply.to_string();
    if starts { Meaning::Subscribe { reply } } else { Meaning::Unsubscribe { reply } }
}

/// Begins or ends a stream.
fn change(starts: bool, stream: String, reply: String) -> StreamChange {
    if starts {
        StreamChange::Start { stream, reply }
    } else {
        StreamChange::Stop { stream, reply }
    }
}

/// Begins or ends streams, which one reply acknowledges.
fn changes(
    starts: bool,
    streams: impl IntoIterator<Item = String>,
    reply: &impl ToString,
) -> Meaning {
    let streams = streams.into_iter().map(|stream| change(starts, stream, String::new()));
    let reply = StreamChange::Reply { reply: reply.to_string() };
    Meaning::Streams(streams.chain([reply]).collect())
}

/// Returns the texts of a list.
fn texts(list: &Value) -> Vec<&str> {
    list.as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}

/// Returns a dialect that several venues share.
fn shared(exchange: Exchange) -> Box<dyn Dialect> {
    match exchange.dialect() {
        "bhex" => Box::new(bhex::Bhex),
        "engine-io" => Box::new(engine_io::EngineIo { namespace: "" }),
        "alphapoint" => Box::new(alphapoint::AlphaPoint),
        "centrifugo" => Box::new(centrifugo::Centrifugo),
        "text-ping" => Box::new(text_ping::TextPing),
        name => match name.parse() {
            Ok(owner) if owner != exchange => dialect_of(owner),
            _ => Box::new(rfc6455::Rfc6455),
        },
    }
}

/// Makes [`dialect_of`] of one line a venue.
macro_rules! dialects {
    ($($venue:ident => $dialect:expr,)+) => {
        /// Returns the venue's dialect: its own, or the one that it shares. A venue without a line
        /// is played by its rules alone.
        pub(super) fn dialect_of(exchange: Exchange) -> Box<dyn Dialect> {
            #[allow(
                clippy::wildcard_enum_match_arm,
                clippy::match_same_arms,
                reason = "the list of venues is open, and each has its line"
            )]
            match exchange {
                $(Exchange::$venue => Box::new($dialect),)+
                _ => shared(exchange),
            }
        }
    };
}

// A dialect is its file and a line: here if it is a venue's own, in `shared` if it is nobody's.
dialects! {
    Aevo => aevo::Aevo,
    Alpaca => alpaca::Alpaca,
    ArchitectAx => typed_beat::TypedBeat::new("t", "h"),
    Ascendex => ascendex::Ascendex,
    Backpack => backpack::Backpack,
    BinanceCoinm => binance_futures::BinanceFutures::coinm(),
    BinanceSpot => binance_spot::BinanceSpot::default(),
    BinanceUsdm => binance_futures::BinanceFutures::usdm(),
    BinanceWsApi => binance_ws_api::BinanceWsApi,
    BingxSpot => bingx_spot::BingxSpot,
    BingxSwap => bingx_swap::BingxSwap,
    Bitfinex => bitfinex::Bitfinex,
    Bitget => bitget::Bitget,
    Bithumb => upbit::Upbit,
    Bitmex => bitmex::Bitmex,
    Bitso => typed_beat::TypedBeat::new("type", "ka"),
    Bitstamp => bitstamp::Bitstamp,
    Bitvavo => bitvavo::Bitvavo,
    BtcMarkets => typed_beat::TypedBeat::new("messageType", "heartbeat"),
    BybitPrivate => bybit::BybitPrivate,
    BybitPublic => bybit::BybitPublic::default(),
    CexIo => typed_ping::TypedPing::new(r#"{"e":"ping"}"#, "e", "pong"),
    CoinbaseAdvanced => coinbase_advanced::CoinbaseAdvanced::default(),
    CoinbaseExchange => coinbase_exchange::CoinbaseExchange::default(),
    Coinone => typed_ping::TypedPing::new(r#"{"request_type":"PING"}"#, "response_type", "PONG"),
    Coinjar => coinjar::Phoenix,
    CryptoCom => crypto_com::CryptoCom,
    Ctrader => ctrader::OpenApi,
    Delta => delta::Delta,
    Deribit => deribit::Deribit,
    Deriv => typed_ping::TypedPing::new(r#"{"ping":1}"#, "ping", "pong"),
    DriftDlob => typed_beat::TypedBeat::new("channel", "heartbeat"),
    Dydx => dydx::Dydx,
    Finnhub => typed_beat::TypedBeat::new("type", "ping"),
    Dxlink => dxlink::DxLink,
    Ethereal => engine_io::EngineIo { namespace: "/v1/stream," },
    GateFutures => gate::Gate::FUTURES,
    GateSpot => gate::Gate::SPOT,
    Gemini => gemini::Gemini,
    GeminiV1 => gemini_v1::GeminiV1::default(),
    Hollaex => typed_ping::TypedPing::new(r#"{"op":"ping"}"#, "message", "pong"),
    Gopax => gopax::Primus,
    HeliusStreams => solana::Solana { answers: true },
    HibachiAccount => hibachi_account::HibachiAccount,
    HtxFuturesOrders => htx_futures_orders::HtxFuturesOrders,
    HtxMarket => htx_market::HtxMarket,
    HtxPrivate => htx_private::HtxPrivate,
    Hyperliquid => hyperliquid::Hyperliquid,
    IndependentReserve => typed_beat::TypedBeat::new("Event", "Heartbeat"),
    IbkrCpapi => ibkr_cpapi::ClientPortal,
    IndodaxMarket => indodax::CentrifugoV2,
    Kalshi => kalshi::Kalshi,
    KrakenFutures => kraken_futures::KrakenFutures,
    KrakenV1 => kraken_v1::KrakenV1,
    KrakenV2 => kraken_v2::KrakenV2,
    Kucoin => kucoin::Kucoin,
    Latoken => latoken::Stomp,
    Lbank => lbank::Lbank,
    Lighter => typed_ping::TypedPing::by_type(),
    MercadoBitcoin => typed_ping::TypedPing::by_type(),
    Limitless => engine_io::EngineIo { namespace: "/markets," },
    MexcFutures => mexc_futures::MexcFutures,
    MexcSpot => mexc_spot::MexcSpot,
    Noren => noren::Noren,
    Okx => okx::Okx,
    OkxSbe => okx_sbe::OkxSbe,
    OneTrading => typed_beat::TypedBeat::new("type", "HEARTBEAT"),
    Paradex => paradex::Paradex,
    Phemex => phemex::Phemex,
    Poloniex => poloniex::Poloniex,
    PolymarketClob => polymarket_clob::PolymarketClob,
    PolymarketPerps => polymarket_perps::PolymarketPerps,
    PolymarketSports => polymarket_sports::PolymarketSports,
    Reya => typed_ping::TypedPing::by_type(),
    Rfc6455 => rfc6455::Rfc6455,
    Tiingo => typed_beat::TypedBeat::new("messageType", "H"),
    Saxo => saxo::Envelopes,
    SolanaRpc => solana::Solana { answers: false },
    TastytradeAccount => tastytrade_account::TastytradeAccount,
    Tradovate => tradovate::Letters,
    Upbit => upbit::Upbit,
    Valr => typed_ping::TypedPing::new(r#"{"type":"PING"}"#, "type", "PONG"),
    Whitebit => whitebit::Whitebit,
    Woox => woox::Woox,
    WooxV1 => woox_v1::WooxV1,
}
