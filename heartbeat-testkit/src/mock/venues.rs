//! The venues, a file each: what they read and what they write.

pub(super) mod aevo;
pub(super) mod ascendex;
pub(super) mod binance_spot;
pub(super) mod binance_spot;
pub(super) mod bingx_spot;
pub(super) mod bingx_swap;
pub(super) mod bitfinex;
pub(super) mod bitget;
pub(super) mod bitmex;
pub(super) mod bitstamp;
pub(super) mod bybit;
pub(super) mod coinbase_advanced;
pub(super) mod coinbase_advanced;
pub(super) mod coinbase_exchange;
pub(super) mod crypto_com;
pub(super) mod delta;
pub(super) mod deribit;
pub(super) mod deribit;
pub(super) mod gate;
pub(super) mod gemini_v1;
pub(super) mod htx_futures_orders;
pub(super) mod htx_market;
pub(super) mod htx_private;
pub(super) mod hyperliquid;
pub(super) mod kraken_v1;
pub(super) mod kraken_v2;
pub(super) mod kraken_v2;
pub(super) mod kucoin;
pub(super) mod lbank;
pub(super) mod mexc_futures;
pub(super) mod mexc_spot;
pub(super) mod okx;
pub(super) mod okx;
pub(super) mod phemex;
pub(super) mod poloniex;
pub(super) mod polymarket_clob;
pub(super) mod polymarket_perps;
pub(super) mod polymarket_sports;
pub(super) mod rfc6455;
pub(super) mod whitebit;
pub(super) mod woox;
pub(super) mod woox_v1;

use heartbeat_platforms::Exchange;
use serde_json::Value;

use super::dialect::Dialect;

/// Reads a client's message as a JSON object.
fn object(text: &str) -> Option<Value> {
    serde_json::from_str(text).ok().filter(Value::is_object)
}

/// Returns the venue's dialect. A new venue is its file and its line here; without them it
/// is played by its rules alone.
pub(super) fn dialect_of(exchange: Exchange) -> Box<dyn Dialect> {
    #[allow(
        clippy::wildcard_enum_match_arm,
        clippy::match_same_arms,
        reason = "the list of venues is open, and each has its line"
    )]
    match exchange {
        Exchange::BinanceSpot => Box::new(binance_spot::BinanceSpot),
        Exchange::Bitget => Box::new(bitget::Bitget),
        Exchange::Bitmex => Box::new(bitmex::Bitmex),
        Exchange::CoinbaseAdvanced => Box::new(coinbase_advanced::CoinbaseAdvanced),
        Exchange::Deribit => Box::new(deribit::Deribit),
        Exchange::Hyperliquid => Box::new(hyperliquid::Hyperliquid),
        Exchange::KrakenV2 => Box::new(kraken_v2::KrakenV2),
        Exchange::Lbank => Box::new(lbank::Lbank),
        Exchange::MexcFutures => Box::new(mexc_futures::MexcFutures),
        Exchange::MexcSpot => Box::new(mexc_spot::MexcSpot),
        Exchange::Okx => Box::new(okx::Okx),
        Exchange::Bitfinex => Box::new(bitfinex::Bitfinex),
        Exchange::Bitstamp => Box::new(bitstamp::Bitstamp),
        Exchange::CoinbaseExchange => Box::new(coinbase_exchange::CoinbaseExchange::default()),
        Exchange::Delta => Box::new(delta::Delta),
        Exchange::GateSpot => Box::new(gate::Gate::SPOT),
        Exchange::GateFutures => Box::new(gate::Gate::FUTURES),
        Exchange::GeminiV1 => Box::new(gemini_v1::GeminiV1::default()),
        Exchange::Poloniex => Box::new(poloniex::Poloniex),
        Exchange::PolymarketClob => Box::new(polymarket_clob::PolymarketClob),
        Exchange::PolymarketSports => Box::new(polymarket_sports::PolymarketSports),
        Exchange::Rfc6455 => Box::new(rfc6455::Rfc6455),
        Exchange::Aevo => Box::new(aevo::Aevo),
        Exchange::BybitPrivate => Box::new(bybit::BybitPrivate),
        Exchange::BybitPublic => Box::<bybit::BybitPublic>::default(),
        Exchange::KrakenV1 => Box::new(kraken_v1::KrakenV1),
        Exchange::Kucoin => Box::new(kucoin::Kucoin),
        Exchange::Phemex => Box::new(phemex::Phemex),
        Exchange::PolymarketPerps => Box::new(polymarket_perps::PolymarketPerps),
        Exchange::Whitebit => Box::new(whitebit::Whitebit),
        Exchange::Ascendex => Box::new(ascendex::Ascendex),
        Exchange::CryptoCom => Box::new(crypto_com::CryptoCom),
        Exchange::HtxPrivate => Box::new(htx_private::HtxPrivate),
        Exchange::Woox => Box::new(woox::Woox),
        Exchange::WooxV1 => Box::new(woox_v1::WooxV1),
        Exchange::BingxSpot => Box::new(bingx_spot::BingxSpot),
        Exchange::BingxSwap => Box::new(bingx_swap::BingxSwap),
        Exchange::HtxFuturesOrders => Box::new(htx_futures_orders::HtxFuturesOrders),
        Exchange::HtxMarket => Box::new(htx_market::HtxMarket),
        _ => Box::new(rfc6455::Rfc6455),
    }
}
