//! The venues, a file each: what they read and what they write.

pub(super) mod aevo;
pub(super) mod alpaca;
pub(super) mod ascendex;
pub(super) mod backpack;
pub(super) mod binance_futures;
pub(super) mod binance_spot;
pub(super) mod binance_ws_api;
pub(super) mod bingx_spot;
pub(super) mod bingx_swap;
pub(super) mod bitfinex;
pub(super) mod bitget;
pub(super) mod bitmex;
pub(super) mod bitstamp;
pub(super) mod bitvavo;
pub(super) mod bybit;
pub(super) mod coinbase_advanced;
pub(super) mod coinbase_exchange;
pub(super) mod crypto_com;
pub(super) mod delta;
pub(super) mod deribit;
pub(super) mod dydx;
pub(super) mod gate;
pub(super) mod gemini;
pub(super) mod gemini_v1;
pub(super) mod htx_futures_orders;
pub(super) mod htx_market;
pub(super) mod htx_private;
pub(super) mod hyperliquid;
pub(super) mod kalshi;
pub(super) mod kraken_futures;
pub(super) mod kraken_v1;
pub(super) mod kraken_v2;
pub(super) mod kucoin;
pub(super) mod lbank;
pub(super) mod mexc_futures;
pub(super) mod mexc_spot;
pub(super) mod okx;
pub(super) mod okx_sbe;
pub(super) mod paradex;
pub(super) mod phemex;
pub(super) mod poloniex;
pub(super) mod polymarket_clob;
pub(super) mod polymarket_perps;
pub(super) mod polymarket_sports;
pub(super) mod rfc6455;
pub(super) mod upbit;
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
        Exchange::Aevo => Box::new(aevo::Aevo),
        Exchange::Alpaca => Box::new(alpaca::Alpaca),
        Exchange::Ascendex => Box::new(ascendex::Ascendex),
        Exchange::Backpack => Box::new(backpack::Backpack),
        Exchange::BinanceCoinm => Box::new(binance_futures::BinanceFutures::COINM),
        Exchange::BinanceSpot => Box::new(binance_spot::BinanceSpot),
        Exchange::BinanceUsdm => Box::new(binance_futures::BinanceFutures::USDM),
        Exchange::BinanceWsApi => Box::new(binance_ws_api::BinanceWsApi),
        Exchange::BingxSpot => Box::new(bingx_spot::BingxSpot),
        Exchange::BingxSwap => Box::new(bingx_swap::BingxSwap),
        Exchange::Bitfinex => Box::new(bitfinex::Bitfinex),
        Exchange::Bitget => Box::new(bitget::Bitget),
        Exchange::Bithumb => Box::new(upbit::Upbit),
        Exchange::Bitmex => Box::new(bitmex::Bitmex),
        Exchange::Bitstamp => Box::new(bitstamp::Bitstamp),
        Exchange::Bitvavo => Box::new(bitvavo::Bitvavo),
        Exchange::BybitPrivate => Box::new(bybit::BybitPrivate),
        Exchange::BybitPublic => Box::<bybit::BybitPublic>::default(),
        Exchange::CoinbaseAdvanced => Box::new(coinbase_advanced::CoinbaseAdvanced),
        Exchange::CoinbaseExchange => Box::new(coinbase_exchange::CoinbaseExchange::default()),
        Exchange::CryptoCom => Box::new(crypto_com::CryptoCom),
        Exchange::Delta => Box::new(delta::Delta),
        Exchange::Deribit => Box::new(deribit::Deribit),
        Exchange::Dydx => Box::new(dydx::Dydx),
        Exchange::GateFutures => Box::new(gate::Gate::FUTURES),
        Exchange::GateSpot => Box::new(gate::Gate::SPOT),
        Exchange::Gemini => Box::new(gemini::Gemini),
        Exchange::GeminiV1 => Box::new(gemini_v1::GeminiV1::default()),
        Exchange::HtxFuturesOrders => Box::new(htx_futures_orders::HtxFuturesOrders),
        Exchange::HtxMarket => Box::new(htx_market::HtxMarket),
        Exchange::HtxPrivate => Box::new(htx_private::HtxPrivate),
        Exchange::Hyperliquid => Box::new(hyperliquid::Hyperliquid),
        Exchange::Kalshi => Box::new(kalshi::Kalshi),
        Exchange::KrakenFutures => Box::new(kraken_futures::KrakenFutures),
        Exchange::KrakenV1 => Box::new(kraken_v1::KrakenV1),
        Exchange::KrakenV2 => Box::new(kraken_v2::KrakenV2),
        Exchange::Kucoin => Box::new(kucoin::Kucoin),
        Exchange::Lbank => Box::new(lbank::Lbank),
        Exchange::MexcFutures => Box::new(mexc_futures::MexcFutures),
        Exchange::MexcSpot => Box::new(mexc_spot::MexcSpot),
        Exchange::Okx => Box::new(okx::Okx),
        Exchange::OkxSbe => Box::new(okx_sbe::OkxSbe),
        Exchange::Paradex => Box::new(paradex::Paradex),
        Exchange::Phemex => Box::new(phemex::Phemex),
        Exchange::Poloniex => Box::new(poloniex::Poloniex),
        Exchange::PolymarketClob => Box::new(polymarket_clob::PolymarketClob),
        Exchange::PolymarketPerps => Box::new(polymarket_perps::PolymarketPerps),
        Exchange::PolymarketSports => Box::new(polymarket_sports::PolymarketSports),
        Exchange::Rfc6455 => Box::new(rfc6455::Rfc6455),
        Exchange::Upbit => Box::new(upbit::Upbit),
        Exchange::Whitebit => Box::new(whitebit::Whitebit),
        Exchange::Woox => Box::new(woox::Woox),
        Exchange::WooxV1 => Box::new(woox_v1::WooxV1),
        _ => Box::new(rfc6455::Rfc6455),
    }
}
