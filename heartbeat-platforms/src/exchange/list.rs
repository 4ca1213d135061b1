//! Every venue, by name.

use heartbeat_core::Platform;

use crate::venues::{self, Profile, Venue};

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
            /// Returns every venue, in the order of their names.
            pub const fn all() -> &'static [Self] {
                &[$(Self::$venue),+]
            }

            pub(super) fn platform(self) -> &'static dyn Platform {
                match self {
                    $(Self::$venue => &<venues::$file::$venue as Venue>::STANDARD,)+
                }
            }

            /// Returns the name of the dialect that the venue speaks: its own name, or that of a
            /// dialect which several venues share, each by its own rules.
            ///
            /// ```
            /// use heartbeat_platforms::Exchange;
            ///
            /// assert_eq!(Exchange::Okx.dialect(), "okx");
            /// assert_eq!(Exchange::AsterSpot.dialect(), "binance-spot");
            /// assert_eq!(Exchange::XtSpot.dialect(), "text-ping");
            /// ```
            pub const fn dialect(self) -> &'static str {
                match self {
                    $(Self::$venue => <venues::$file::$venue as Venue>::DIALECT,)+
                }
            }

            pub(super) const fn profile(self) -> &'static Profile {
                match self {
                    $(Self::$venue => &<venues::$file::$venue as Venue>::PROFILE,)+
                }
            }
        }

        // What is wrong with a venue's data is an error of the build, at its line in the list.
        $(const _: () = <venues::$file::$venue as Venue>::PROFILE.assert_sound();)+
    };
}

// Two lines a venue, in the order of the names. `docs/adding-a-platform.md` says what else a venue
// needs; the tests ask for what is missing.
exchanges! {
    /// Aevo.
    aevo::Aevo,
    /// Alpaca: market data and trading.
    alpaca::Alpaca,
    /// AscendEX.
    ascendex::Ascendex,
    /// Aster, spot.
    aster::AsterSpot,
    /// Aster, perpetual futures margined in dollars (USD-M).
    aster::AsterUsdm,
    /// Backpack.
    backpack::Backpack,
    /// Bequant.
    hitbtc::Bequant,
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
    /// FMFW.io.
    hitbtc::Fmfw,
    /// Gate v4, futures.
    gate::GateFutures,
    /// Gate v4, spot.
    gate::GateSpot,
    /// Gemini, the new WebSocket API.
    gemini::Gemini,
    /// Gemini, the legacy feeds.
    gemini_v1::GeminiV1,
    /// HitBTC.
    hitbtc::Hitbtc,
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
    /// XT futures, of both margins.
    xt::XtFutures,
    /// XT spot.
    xt::XtSpot,
}
