//! The venues, a file each: what they read and what they write.

pub(super) mod alpaca;
pub(super) mod backpack;
pub(super) mod binance_futures;
pub(super) mod binance_spot;
pub(super) mod binance_ws_api;
pub(super) mod bitvavo;
pub(super) mod coinbase_advanced;
pub(super) mod deribit;
pub(super) mod dydx;
pub(super) mod gemini;
pub(super) mod kalshi;
pub(super) mod kraken_futures;
pub(super) mod kraken_v2;
pub(super) mod okx;
pub(super) mod okx_sbe;
pub(super) mod paradex;
pub(super) mod rfc6455;
pub(super) mod upbit;

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
        Exchange::Alpaca => Box::new(alpaca::Alpaca),
        Exchange::Backpack => Box::new(backpack::Backpack),
        Exchange::BinanceCoinm => Box::new(binance_futures::BinanceFutures::COINM),
        Exchange::BinanceUsdm => Box::new(binance_futures::BinanceFutures::USDM),
        Exchange::BinanceSpot => Box::new(binance_spot::BinanceSpot),
        Exchange::BinanceWsApi => Box::new(binance_ws_api::BinanceWsApi),
        Exchange::Bitvavo => Box::new(bitvavo::Bitvavo),
        Exchange::CoinbaseAdvanced => Box::new(coinbase_advanced::CoinbaseAdvanced),
        Exchange::Deribit => Box::new(deribit::Deribit),
        Exchange::Dydx => Box::new(dydx::Dydx),
        Exchange::Gemini => Box::new(gemini::Gemini),
        Exchange::Kalshi => Box::new(kalshi::Kalshi),
        Exchange::KrakenFutures => Box::new(kraken_futures::KrakenFutures),
        Exchange::KrakenV2 => Box::new(kraken_v2::KrakenV2),
        Exchange::Okx => Box::new(okx::Okx),
        Exchange::OkxSbe => Box::new(okx_sbe::OkxSbe),
        Exchange::Paradex => Box::new(paradex::Paradex),
        Exchange::Rfc6455 => Box::new(rfc6455::Rfc6455),
        Exchange::Bithumb => Box::new(upbit::Upbit),
        Exchange::Upbit => Box::new(upbit::Upbit),
        _ => Box::new(rfc6455::Rfc6455),
    }
}
