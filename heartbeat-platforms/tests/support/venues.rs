//! What the tests must know of a dialect besides the fixtures: a file each, and a line here.

mod aevo;
mod alpaca;
mod alphapoint;
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
mod centrifugo;
mod coinbase_advanced;
mod coinbase_exchange;
mod coinjar;
mod crypto_com;
mod ctrader;
mod delta;
mod deribit;
mod dxlink;
mod dydx;
mod engine_io;
mod gate;
mod gemini;
mod gemini_v1;
mod gopax;
mod hibachi_account;
mod htx_futures_orders;
mod htx_market;
mod htx_private;
mod hyperliquid;
mod ibkr_cpapi;
mod indodax;
mod kalshi;
mod kraken_futures;
mod kraken_v1;
mod kraken_v2;
mod kucoin;
mod latoken;
mod lbank;
mod mexc_futures;
mod mexc_spot;
mod noren;
mod okx;
mod okx_sbe;
mod paradex;
mod phemex;
mod poloniex;
mod polymarket_clob;
mod polymarket_perps;
mod polymarket_sports;
mod rfc6455;
mod saxo;
mod solana;
mod tastytrade_account;
mod text_ping;
mod tradovate;
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
    /// What is said that nobody answers.
    pub(crate) keepalive: Option<Frame<'static>>,
    /// To have 15 s on the dead-man switch.
    pub(crate) dead_man: Option<Frame<'static>>,
    /// To have none on it.
    pub(crate) dead_man_off: Option<Frame<'static>>,
    pub(crate) cancel_on_disconnect: Option<Frame<'static>>,
    pub(crate) farewell: Option<Frame<'static>>,
    /// Whether the venue may say the same to us, and mean something by it. Else what we write
    /// must mean nothing to us when it comes back.
    pub(crate) mirrored: bool,
    /// Whether a frame may hold several messages.
    pub(crate) several: bool,
}

impl Replies {
    /// Probes by ping frames, and nothing else.
    pub(crate) const PINGS: Self = Self {
        arm: None,
        token: b"",
        response: None,
        probe: Some(Frame::Ping(b"hb-7")),
        keepalive: None,
        dead_man: None,
        dead_man_off: None,
        cancel_on_disconnect: None,
        farewell: None,
        mirrored: false,
        several: false,
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
        "alphapoint" => Some(&alphapoint::LINE),
        "centrifugo" => Some(&centrifugo::LINE),
        "engine-io" => Some(&engine_io::MAIN),
        "text-ping" => Some(&text_ping::LINE),
        name => name.parse().ok().and_then(own),
    };
    let shared = shared
        .unwrap_or_else(|| panic!("{exchange}, which speaks {}, has no line", exchange.dialect()));
    Line { kinds: &["data"], ..*shared }
}

/// Makes [`own`] of one line a venue.
macro_rules! lines {
    ($($venue:ident => $line:path,)+) => {
        /// Returns the line of a venue that says something of its own.
        #[allow(clippy::wildcard_enum_match_arm, reason = "the others share one")]
        fn own(exchange: Exchange) -> Option<&'static Line> {
            match exchange {
                $(Exchange::$venue => Some(&$line),)+
                _ => None,
            }
        }
    };
}

lines! {
    Aevo => aevo::LINE,
    Alpaca => alpaca::LINE,
    Ascendex => ascendex::LINE,
    Backpack => backpack::LINE,
    BinanceCoinm => binance_coinm::LINE,
    BinanceSpot => binance_spot::LINE,
    BinanceUsdm => binance_usdm::LINE,
    BinanceWsApi => binance_ws_api::LINE,
    BingxSpot => bingx_spot::LINE,
    BingxSwap => bingx_swap::LINE,
    Bitfinex => bitfinex::LINE,
    Bitget => bitget::LINE,
    Bithumb => bithumb::LINE,
    Bitmex => bitmex::LINE,
    Bitstamp => bitstamp::LINE,
    Bitvavo => bitvavo::LINE,
    BybitPrivate => bybit::PRIVATE,
    BybitPublic => bybit::PUBLIC,
    CoinbaseAdvanced => coinbase_advanced::LINE,
    CoinbaseDrb => deribit::AT_DRB,
    CoinbaseExchange => coinbase_exchange::LINE,
    Coinjar => coinjar::LINE,
    CryptoCom => crypto_com::LINE,
    Ctrader => ctrader::LINE,
    Delta => delta::LINE,
    Deribit => deribit::LINE,
    Dxlink => dxlink::LINE,
    Dydx => dydx::LINE,
    Ethereal => engine_io::ETHEREAL,
    GateFutures => gate::FUTURES,
    GateSpot => gate::SPOT,
    Gemini => gemini::LINE,
    GeminiV1 => gemini_v1::LINE,
    Gopax => gopax::LINE,
    HeliusStreams => solana::HELIUS,
    HibachiAccount => hibachi_account::LINE,
    HtxFuturesOrders => htx_futures_orders::LINE,
    HtxMarket => htx_market::LINE,
    HtxPrivate => htx_private::LINE,
    Hyperliquid => hyperliquid::LINE,
    IbkrCpapi => ibkr_cpapi::LINE,
    IndodaxMarket => indodax::LINE,
    Kalshi => kalshi::LINE,
    KrakenFutures => kraken_futures::LINE,
    KrakenV1 => kraken_v1::LINE,
    KrakenV2 => kraken_v2::LINE,
    Kucoin => kucoin::LINE,
    Latoken => latoken::LINE,
    Lbank => lbank::LINE,
    Limitless => engine_io::LIMITLESS,
    MexcFutures => mexc_futures::LINE,
    MexcSpot => mexc_spot::LINE,
    Noren => noren::LINE,
    Okx => okx::LINE,
    OkxSbe => okx_sbe::LINE,
    Paradex => paradex::LINE,
    Phemex => phemex::LINE,
    Poloniex => poloniex::LINE,
    PolymarketClob => polymarket_clob::LINE,
    PolymarketPerps => polymarket_perps::LINE,
    PolymarketSports => polymarket_sports::LINE,
    Rfc6455 => rfc6455::LINE,
    Saxo => saxo::LINE,
    SolanaRpc => solana::SOLANA,
    TastytradeAccount => tastytrade_account::LINE,
    Tradovate => tradovate::LINE,
    Upbit => upbit::LINE,
    Whitebit => whitebit::LINE,
    Woox => woox::LINE,
    WooxV1 => woox_v1::LINE,
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
            .keepalive(self.replies.keepalive)
            .dead_man(self.replies.dead_man, self.replies.dead_man_off)
            .cancel_on_disconnect(self.replies.cancel_on_disconnect)
            .farewell(farewell)
            .mirrored(mirrored)
            .several(self.replies.several)
            .reference(&reference);
        if let Some(response) = response {
            table = table.response(token, response);
        }
        read(table)
    }
}
