//! The venues, a file each: what they read and what they write.

pub(super) mod ascendex;
pub(super) mod binance_spot;
pub(super) mod bingx_spot;
pub(super) mod bingx_swap;
pub(super) mod coinbase_advanced;
pub(super) mod crypto_com;
pub(super) mod deribit;
pub(super) mod htx_futures_orders;
pub(super) mod htx_market;
pub(super) mod htx_private;
pub(super) mod kraken_v2;
pub(super) mod okx;
pub(super) mod rfc6455;
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
        Exchange::Deribit => Box::new(deribit::Deribit),
        Exchange::BinanceSpot => Box::new(binance_spot::BinanceSpot),
        Exchange::Okx => Box::new(okx::Okx),
        Exchange::KrakenV2 => Box::new(kraken_v2::KrakenV2),
        Exchange::CoinbaseAdvanced => Box::new(coinbase_advanced::CoinbaseAdvanced),
        Exchange::Rfc6455 => Box::new(rfc6455::Rfc6455),
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
