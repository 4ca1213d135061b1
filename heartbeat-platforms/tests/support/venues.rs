//! What the tests must know of a venue besides its fixtures: a file each, and a line here.

mod binance_spot;
mod bitget;
mod bitmex;
mod coinbase_advanced;
mod deribit;
mod hyperliquid;
mod kraken_v2;
mod lbank;
mod mexc_futures;
mod mexc_spot;
mod okx;
mod poloniex;
mod polymarket_clob;
mod polymarket_sports;
mod rfc6455;

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
        Exchange::BinanceSpot => &binance_spot::LINE,
        Exchange::Bitget => &bitget::LINE,
        Exchange::Bitmex => &bitmex::LINE,
        Exchange::CoinbaseAdvanced => &coinbase_advanced::LINE,
        Exchange::Deribit => &deribit::LINE,
        Exchange::Hyperliquid => &hyperliquid::LINE,
        Exchange::KrakenV2 => &kraken_v2::LINE,
        Exchange::Lbank => &lbank::LINE,
        Exchange::MexcFutures => &mexc_futures::LINE,
        Exchange::MexcSpot => &mexc_spot::LINE,
        Exchange::Okx => &okx::LINE,
        Exchange::Poloniex => &poloniex::LINE,
        Exchange::PolymarketClob => &polymarket_clob::LINE,
        Exchange::PolymarketSports => &polymarket_sports::LINE,
        Exchange::Rfc6455 => &rfc6455::LINE,
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
