//! The list of all venues.

mod unknown;

use core::fmt;
use core::str::FromStr;
use core::time::Duration;

use heartbeat_core::{
    ConfigBuilder, Detector, Frame, Outbox, OutboxError, Platform, ProbeId, Responder, Signal,
};

pub use unknown::UnknownExchange;

use crate::endpoint::Row;
use crate::venues::{self, Profile, Venue};
use crate::{ExchangeEndpoint, Facts, Rules, Stage};

macro_rules! exchanges {
    ($($(#[$doc:meta])* $file:ident::$venue:ident,)+) => {
        /// A venue that this crate knows.
        ///
        /// A [`Platform`] by itself, with the venue's own defaults.
        ///
        /// ```
        /// use heartbeat_platforms::Exchange;
        ///
        /// let okx: Exchange = "okx".parse().unwrap();
        /// assert_eq!(okx, Exchange::Okx);
        /// assert_eq!(okx.to_string(), "okx");
        /// assert!("mtgox".parse::<Exchange>().is_err());
        /// ```
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Exchange {
            $($(#[$doc])* $venue,)+
        }

        impl Exchange {
            /// Returns every venue, in the order of their files.
            pub const fn all() -> &'static [Self] {
                &[$(Self::$venue),+]
            }

            fn platform(self) -> &'static dyn Platform {
                match self {
                    $(Self::$venue => &<venues::$file::$venue as Venue>::STANDARD,)+
                }
            }

            const fn profile(self) -> &'static Profile {
                match self {
                    $(Self::$venue => &<venues::$file::$venue as Venue>::PROFILE,)+
                }
            }
        }

        // What is wrong with a venue's data is an error of the build, at its line in the list.
        $(const _: () = <venues::$file::$venue as Venue>::PROFILE.assert_sound();)+
    };
}

// One line a venue, in the order of the files in `venues/`. `docs/adding-a-platform.md` says what
// else a venue needs; the tests ask for what is missing.
exchanges! {
    /// Aevo.
    aevo::Aevo,
    /// Alpaca: market data and trading.
    alpaca::Alpaca,
    /// AscendEX.
    ascendex::Ascendex,
    /// Backpack.
    backpack::Backpack,
    /// Binance futures margined in coins (COIN-M).
    binance_futures::BinanceCoinm,
    /// Binance futures margined in dollars (USD-M).
    binance_futures::BinanceUsdm,
    /// Binance spot: market streams and WebSocket API.
    binance_spot::BinanceSpot,
    /// Binance spot: WebSocket API.
    binance_ws_api::BinanceWsApi,
    /// BingX spot.
    bingx_spot::BingxSpot,
    /// BingX perpetual swaps.
    bingx_swap::BingxSwap,
    /// Bitfinex, WebSocket API v2.
    bitfinex::Bitfinex,
    /// Bitget, classic v2 and unified v3.
    bitget::Bitget,
    /// Bithumb.
    bithumb::Bithumb,
    /// BitMEX, the realtime endpoint.
    bitmex::Bitmex,
    /// Bitstamp, WebSocket API v2.
    bitstamp::Bitstamp,
    /// Bitvavo.
    bitvavo::Bitvavo,
    /// Bybit v5: the private and the trade endpoint.
    bybit::BybitPrivate,
    /// Bybit v5: the public endpoints.
    bybit::BybitPublic,
    /// Coinbase Advanced Trade.
    coinbase_advanced::CoinbaseAdvanced,
    /// Coinbase Exchange.
    coinbase_exchange::CoinbaseExchange,
    /// Crypto.com Exchange v1.
    crypto_com::CryptoCom,
    /// Delta Exchange.
    delta::Delta,
    /// Deribit, JSON-RPC over WebSocket.
    deribit::Deribit,
    /// dYdX v4, the indexer.
    dydx::Dydx,
    /// Gate v4, futures.
    gate::GateFutures,
    /// Gate v4, spot.
    gate::GateSpot,
    /// Gemini, the new WebSocket API.
    gemini::Gemini,
    /// Gemini, the legacy feeds.
    gemini_v1::GeminiV1,
    /// HTX futures, the order push.
    htx_futures_orders::HtxFuturesOrders,
    /// HTX market data, spot and futures.
    htx_market::HtxMarket,
    /// HTX spot, the private endpoint v2.
    htx_private::HtxPrivate,
    /// Hyperliquid.
    hyperliquid::Hyperliquid,
    /// Kalshi.
    kalshi::Kalshi,
    /// Kraken Futures (Derivatives).
    kraken_futures::KrakenFutures,
    /// Kraken spot, WebSocket API v1.
    kraken_v1::KrakenV1,
    /// Kraken spot, WebSocket API v2.
    kraken_v2::KrakenV2,
    /// KuCoin: the classic spot and futures endpoints.
    kucoin::Kucoin,
    /// LBank spot.
    lbank::Lbank,
    /// MEXC futures.
    mexc_futures::MexcFutures,
    /// MEXC spot v3.
    mexc_spot::MexcSpot,
    /// OKX v5, the JSON endpoints.
    okx::Okx,
    /// OKX v5, the SBE endpoint.
    okx_sbe::OkxSbe,
    /// Paradex.
    paradex::Paradex,
    /// Phemex.
    phemex::Phemex,
    /// Poloniex, spot and futures v3.
    poloniex::Poloniex,
    /// Polymarket's order book: market and user endpoints.
    polymarket_clob::PolymarketClob,
    /// Polymarket: perpetuals.
    polymarket_perps::PolymarketPerps,
    /// Polymarket's sports results.
    polymarket_sports::PolymarketSports,
    /// Any venue that speaks by ping and pong frames alone.
    rfc6455::Rfc6455,
    /// Upbit.
    upbit::Upbit,
    /// WhiteBIT.
    whitebit::Whitebit,
    /// WOO X v3.
    woox::Woox,
    /// WOO X, the legacy API v1.
    woox_v1::WooxV1,
}

impl Exchange {
    /// Returns the name of the venue, by which it is also [parsed](FromStr).
    pub const fn name(self) -> &'static str {
        self.profile().name
    }

    /// Returns what the venue demands.
    pub const fn rules(self) -> &'static Rules {
        &self.profile().rules
    }

    /// Returns what else there is to know of the venue, with its sources.
    ///
    /// ```
    /// use heartbeat_platforms::{Exchange, OrderSafety};
    ///
    /// let facts = Exchange::BinanceSpot.facts();
    /// assert_eq!(facts.order_safety, OrderSafety::NotFound);
    /// ```
    pub const fn facts(self) -> &'static Facts {
        &self.profile().facts
    }

    /// Returns the venue's endpoints, that of production first.
    ///
    /// ```
    /// use heartbeat_platforms::{Exchange, Stage};
    ///
    /// let mut demos = Exchange::Okx.endpoints().filter(|one| one.stage() == Stage::Test);
    /// assert_eq!(demos.next().unwrap().to_string(), "okx/demo");
    /// // Where the URL is the application's alone there are none.
    /// assert_eq!(Exchange::Rfc6455.endpoints().count(), 0);
    /// ```
    pub fn endpoints(self) -> impl ExactSizeIterator<Item = ExchangeEndpoint> + Clone {
        self.profile().endpoints.iter().map(move |row| ExchangeEndpoint::new(self, row))
    }

    /// Returns the URL of the venue's first endpoint in production, if it has one.
    pub const fn production_url(self) -> Option<&'static str> {
        self.first_url(true)
    }

    /// Returns the URL of the venue's first endpoint at which nothing is real, if it has one.
    pub const fn test_url(self) -> Option<&'static str> {
        self.first_url(false)
    }

    const fn first_url(self, is_real: bool) -> Option<&'static str> {
        let mut rows: &[Row] = self.profile().endpoints;
        while let [row, rest @ ..] = rows {
            if matches!(row.stage(), Stage::Production) == is_real {
                return Some(row.url());
            }
            rows = rest;
        }
        None
    }
}

impl fmt::Display for Exchange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Exchange {
    type Err = UnknownExchange;

    fn from_str(name: &str) -> Result<Self, UnknownExchange> {
        let known = Self::all().iter().find(|exchange| exchange.name() == name).copied();
        known.ok_or_else(|| UnknownExchange::new(name))
    }
}

impl Detector for Exchange {
    fn classify(&self, frame: Frame<'_>) -> Signal {
        self.platform().classify(frame)
    }
}

impl Responder for Exchange {
    fn respond(&self, token: &[u8], out: &mut Outbox) -> Result<(), OutboxError> {
        self.platform().respond(token, out)
    }

    fn arm(&self, out: &mut Outbox) -> Result<(), OutboxError> {
        self.platform().arm(out)
    }

    fn probe(&self, id: ProbeId, out: &mut Outbox) -> Result<(), OutboxError> {
        self.platform().probe(id, out)
    }

    fn dead_man(&self, timeout: Duration, out: &mut Outbox) -> Result<(), OutboxError> {
        self.platform().dead_man(timeout, out)
    }

    fn cancel_on_disconnect(&self, out: &mut Outbox) -> Result<(), OutboxError> {
        self.platform().cancel_on_disconnect(out)
    }

    fn farewell(&self, out: &mut Outbox) -> Result<(), OutboxError> {
        self.platform().farewell(out)
    }
}

impl Platform for Exchange {
    fn name(&self) -> &str {
        self.platform().name()
    }

    fn defaults(&self) -> ConfigBuilder {
        self.platform().defaults()
    }
}
