//! What the tests must know of a venue besides its fixtures: a file each, and a line here.

mod alpaca;
mod backpack;
mod binance_coinm;
mod binance_spot;
mod binance_usdm;
mod binance_ws_api;
mod bithumb;
mod bitvavo;
mod coinbase_advanced;
mod deribit;
mod dydx;
mod gemini;
mod kalshi;
mod kraken_futures;
mod kraken_v2;
mod okx;
mod okx_sbe;
mod paradex;
mod rfc6455;
mod upbit;

use heartbeat_core::{Frame, Signal};
use heartbeat_platforms::Exchange;

use super::checks::Replies;
use super::reference::{self, Reference};

/// A line of the table.
pub(crate) struct Line {
    /// What its fixtures must show, by the beginnings of their signals.
    pub(crate) kinds: &'static [&'static str],
    /// What its platform writes.
    pub(crate) replies: Replies<'static>,
    /// The longest message that may mean something, in bytes of its payload.
    pub(crate) longest: usize,
    /// What its messages mean, decided slowly.
    pub(crate) reference: Reference,
}

/// Returns the line of a venue.
pub(crate) fn line(exchange: Exchange) -> &'static Line {
    match exchange {
        Exchange::Alpaca => &alpaca::LINE,
        Exchange::Backpack => &backpack::LINE,
        Exchange::BinanceCoinm => &binance_coinm::LINE,
        Exchange::BinanceSpot => &binance_spot::LINE,
        Exchange::BinanceUsdm => &binance_usdm::LINE,
        Exchange::BinanceWsApi => &binance_ws_api::LINE,
        Exchange::Bithumb => &bithumb::LINE,
        Exchange::Bitvavo => &bitvavo::LINE,
        Exchange::CoinbaseAdvanced => &coinbase_advanced::LINE,
        Exchange::Deribit => &deribit::LINE,
        Exchange::Dydx => &dydx::LINE,
        Exchange::Gemini => &gemini::LINE,
        Exchange::Kalshi => &kalshi::LINE,
        Exchange::KrakenFutures => &kraken_futures::LINE,
        Exchange::KrakenV2 => &kraken_v2::LINE,
        Exchange::Okx => &okx::LINE,
        Exchange::OkxSbe => &okx_sbe::LINE,
        Exchange::Paradex => &paradex::LINE,
        Exchange::Rfc6455 => &rfc6455::LINE,
        Exchange::Upbit => &upbit::LINE,
        _ => panic!("{exchange} has no line in tests/support/venues.rs"),
    }
}

impl Line {
    /// Gives `frame` its meaning, slowly.
    pub(crate) fn classify(&self, frame: Frame<'_>) -> Signal {
        reference::classify(self.reference, frame)
    }

    /// Whether any message of the venue's means something.
    pub(crate) fn speaks(&self) -> bool {
        self.kinds.iter().any(|kind| *kind != "data")
    }
}
