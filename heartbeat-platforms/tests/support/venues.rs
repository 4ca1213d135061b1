//! What the tests must know of a dialect besides the fixtures: a file each, and a line here.

mod aevo;
mod alpaca;
mod ascendex;
mod backpack;
mod bhex;
mod binance_coinm;
mod binance_spot;
mod binance_usdm;
mod binance_ws_api;
mod bingx_spot;
mod bingx_swap;
mod bitfinex;
mod bitget;
mod bithumb;
mod bitmex;
mod bitstamp;
mod bitvavo;
mod bybit;
mod coinbase_advanced;
mod coinbase_exchange;
mod crypto_com;
mod delta;
mod deribit;
mod dydx;
mod gate;
mod gemini;
mod gemini_v1;
mod htx_futures_orders;
mod htx_market;
mod htx_private;
mod hyperliquid;
mod kalshi;
mod kraken_futures;
mod kraken_v1;
mod kraken_v2;
mod kucoin;
mod lbank;
mod mexc_futures;
mod mexc_spot;
mod okx;
mod okx_sbe;
mod paradex;
mod phemex;
mod poloniex;
mod polymarket_clob;
mod polymarket_perps;
mod polymarket_sports;
mod rfc6455;
mod text_ping;
mod typed_beat;
mod typed_ping;
mod upbit;
mod whitebit;
mod woox;
mod woox_v1;

use heartbeat_core::{Frame, Signal};
use heartbeat_platforms::Exchange;
use heartbeat_testkit::conformance::Table;

use super::fixtures;
use super::reference::{self, Reference};

/// A line of the table.
#[derive(Clone, Copy)]
pub(crate) struct Line {
    /// What its fixtures must show, by the beginnings of their signals.
    pub(crate) kinds: &'static [&'static str],
    /// What its platform writes.
    pub(crate) replies: Replies,
    /// The longest message that may mean something, in bytes of its payload.
    pub(crate) longest: usize,
    /// What its messages mean, decided slowly.
    pub(crate) reference: Reference,
}

/// What a platform writes; `None` where it has nothing to say.
#[derive(Clone, Copy)]
pub(crate) struct Replies {
    pub(crate) arm: Option<Frame<'static>>,
    /// The token of the challenge that the response is to.
    pub(crate) token: &'static [u8],
    pub(crate) response: Option<Frame<'static>>,
    /// To the probe with the number 7.
    pub(crate) probe: Option<Frame<'static>>,
    /// To have 15 s on the dead-man switch.
    pub(crate) dead_man: Option<Frame<'static>>,
    /// To have none on it.
    pub(crate) dead_man_off: Option<Frame<'static>>,
    pub(crate) cancel_on_disconnect: Option<Frame<'static>>,
    pub(crate) farewell: Option<Frame<'static>>,
    /// Whether the venue may say the same to us, and mean something by it. Else what we write
    /// must mean nothing to us when it comes back.
    pub(crate) mirrored: bool,
}

impl Replies {
    /// Probes by ping frames, and nothing else.
    pub(crate) const PINGS: Self = Self {
        arm: None,
        token: b"",
        response: None,
        probe: Some(Frame::Ping(b"hb-7")),
        dead_man: None,
        dead_man_off: None,
        cancel_on_disconnect: None,
        farewell: None,
        mirrored: false,
    };
}

/// Returns the line of a venue: its own, or that of the dialect which it shares.
///
/// Of a venue that shares a dialect its fixtures need not show all of it, but what we answer.
pub(crate) fn line(exchange: Exchange) -> Line {
    if let Some(line) = own(exchange).or_else(|| member(exchange)) {
        return *line;
    }
    let shared = match exchange.dialect() {
        "bhex" => Some(&bhex::LINE),
        "text-ping" => Some(&text_ping::LINE),
        name => name.parse().ok().and_then(own),
    };
    let shared = shared
        .unwrap_or_else(|| panic!("{exchange}, which speaks {}, has no line", exchange.dialect()));
    Line { kinds: &["data"], ..*shared }
}

/// Returns the line of a venue that says something of its own.
#[expect(clippy::wildcard_enum_match_arm, reason = "the others share one")]
fn own(exchange: Exchange) -> Option<&'static Line> {
    Some(match exchange {
        Exchange::Aevo => &aevo::LINE,
        Exchange::Alpaca => &alpaca::LINE,
        Exchange::Ascendex => &ascendex::LINE,
        Exchange::Backpack => &backpack::LINE,
        Exchange::BinanceCoinm => &binance_coinm::LINE,
        Exchange::BinanceSpot => &binance_spot::LINE,
        Exchange::BinanceUsdm => &binance_usdm::LINE,
        Exchange::BinanceWsApi => &binance_ws_api::LINE,
        Exchange::BingxSpot => &bingx_spot::LINE,
        Exchange::BingxSwap => &bingx_swap::LINE,
        Exchange::Bitfinex => &bitfinex::LINE,
        Exchange::Bitget => &bitget::LINE,
        Exchange::Bithumb => &bithumb::LINE,
        Exchange::Bitmex => &bitmex::LINE,
        Exchange::Bitstamp => &bitstamp::LINE,
        Exchange::Bitvavo => &bitvavo::LINE,
        Exchange::BybitPrivate => &bybit::PRIVATE,
        Exchange::BybitPublic => &bybit::PUBLIC,
        Exchange::CoinbaseAdvanced => &coinbase_advanced::LINE,
        Exchange::CoinbaseExchange => &coinbase_exchange::LINE,
        Exchange::CoinbaseDrb => &deribit::AT_DRB,
        Exchange::CryptoCom => &crypto_com::LINE,
        Exchange::Delta => &delta::LINE,
        Exchange::Deribit => &deribit::LINE,
        Exchange::Dydx => &dydx::LINE,
        Exchange::GateFutures => &gate::FUTURES,
        Exchange::GateSpot => &gate::SPOT,
        Exchange::Gemini => &gemini::LINE,
        Exchange::GeminiV1 => &gemini_v1::LINE,
        Exchange::HtxFuturesOrders => &htx_futures_orders::LINE,
        Exchange::HtxMarket => &htx_market::LINE,
        Exchange::HtxPrivate => &htx_private::LINE,
        Exchange::Hyperliquid => &hyperliquid::LINE,
        Exchange::Kalshi => &kalshi::LINE,
        Exchange::KrakenFutures => &kraken_futures::LINE,
        Exchange::KrakenV1 => &kraken_v1::LINE,
        Exchange::KrakenV2 => &kraken_v2::LINE,
        Exchange::Kucoin => &kucoin::LINE,
        Exchange::Lbank => &lbank::LINE,
        Exchange::MexcFutures => &mexc_futures::LINE,
        Exchange::MexcSpot => &mexc_spot::LINE,
        Exchange::Okx => &okx::LINE,
        Exchange::OkxSbe => &okx_sbe::LINE,
        Exchange::Paradex => &paradex::LINE,
        Exchange::Phemex => &phemex::LINE,
        Exchange::Poloniex => &poloniex::LINE,
        Exchange::PolymarketClob => &polymarket_clob::LINE,
        Exchange::PolymarketPerps => &polymarket_perps::LINE,
        Exchange::PolymarketSports => &polymarket_sports::LINE,
        Exchange::Rfc6455 => &rfc6455::LINE,
        Exchange::Upbit => &upbit::LINE,
        Exchange::Whitebit => &whitebit::LINE,
        Exchange::Woox => &woox::LINE,
        Exchange::WooxV1 => &woox_v1::LINE,
        _ => return None,
    })
}

/// Returns the line of a member of a family with words of its own.
#[expect(clippy::wildcard_enum_match_arm, reason = "the others have a dialect of their own")]
fn member(exchange: Exchange) -> Option<&'static Line> {
    Some(match exchange {
        Exchange::ArchitectAx => &typed_beat::ARCHITECT,
        Exchange::Bitso => &typed_beat::BITSO,
        Exchange::BtcMarkets => &typed_beat::BTC_MARKETS,
        Exchange::CexIo => &typed_ping::CEX,
        Exchange::Coinone => &typed_ping::COINONE,
        Exchange::Deriv => &typed_ping::DERIV,
        Exchange::DriftDlob => &typed_beat::DRIFT,
        Exchange::Finnhub => &typed_beat::FINNHUB,
        Exchange::Hollaex => &typed_ping::HOLLAEX,
        Exchange::IndependentReserve => &typed_beat::RESERVE,
        Exchange::Lighter | Exchange::Reya => &typed_ping::LIGHTER,
        Exchange::MercadoBitcoin => &typed_ping::MERCADO,
        Exchange::OneTrading => &typed_beat::ONE_TRADING,
        Exchange::Tiingo => &typed_beat::TIINGO,
        Exchange::Valr => &typed_ping::VALR,
        _ => return None,
    })
}

impl Line {
    /// Gives `frame` its meaning, slowly.
    pub(crate) fn classify(&self, frame: Frame<'_>) -> Signal {
        reference::classify(self.reference, frame)
    }

    /// Makes the table of the venue whose line it is, and hands it on with its reference.
    pub(crate) fn with_table<T>(&self, exchange: Exchange, read: impl FnOnce(Table<'_>) -> T) -> T {
        let Replies { arm, token, response, probe, farewell, mirrored, .. } = self.replies;
        let reference = |frame: Frame<'_>| self.classify(frame);
        let mut table = Table::new(fixtures::load(exchange.name()))
            .shows(self.kinds)
            .longest(self.longest)
            .arm(arm)
            .probe(probe)
            .dead_man(self.replies.dead_man, self.replies.dead_man_off)
            .cancel_on_disconnect(self.replies.cancel_on_disconnect)
            .farewell(farewell)
            .mirrored(mirrored)
            .reference(&reference);
        if let Some(response) = response {
            table = table.response(token, response);
        }
        read(table)
    }
}
