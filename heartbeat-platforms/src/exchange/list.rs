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
    /// Aftermath, perpetuals.
    small_dexs::AftermathPerps,
    /// Alpaca: market data and trading.
    alpaca::Alpaca,
    /// Architect.
    typed_beat::ArchitectAx,
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
    /// BigONE, contracts.
    bhex::Bigone,
    /// Binance futures margined in coins (COIN-M).
    binance_futures::BinanceCoinm,
    /// Binance options.
    binance_twins::BinanceOptions,
    /// Binance portfolio margin: a user's stream.
    binance_twins::BinancePm,
    /// Binance spot: market streams and WebSocket API.
    binance_spot::BinanceSpot,
    /// Binance TR.
    binance_twins::BinanceTr,
    /// Binance.US.
    binance_twins::BinanceUs,
    /// Binance futures margined in dollars (USD-M).
    binance_futures::BinanceUsdm,
    /// Binance spot: WebSocket API.
    binance_ws_api::BinanceWsApi,
    /// BingX spot.
    bingx_spot::BingxSpot,
    /// BingX perpetual swaps.
    bingx_swap::BingxSwap,
    /// Bit2Me.
    regional::Bit2me,
    /// Bitazza.
    alphapoint::Bitazza,
    /// bitbank, the public streams.
    engine_io::Bitbank,
    /// Bitfinex, WebSocket API v2.
    bitfinex::Bitfinex,
    /// bitFlyer, JSON-RPC.
    japan::Bitflyer,
    /// Bitget, classic v2 and unified v3.
    bitget::Bitget,
    /// Bithumb.
    bithumb::Bithumb,
    /// Bitkub, public data.
    regional::BitkubPublic,
    /// BitMEX, the realtime endpoint.
    bitmex::Bitmex,
    /// BitoPro.
    taiwan::Bitopro,
    /// Bitrue futures, market data.
    htx_twins::BitrueFutures,
    /// Bitrue spot, market data.
    htx_twins::BitrueSpot,
    /// Bitso.
    typed_beat::Bitso,
    /// Bitstamp, WebSocket API v2.
    bitstamp::Bitstamp,
    /// BitTrade, market data.
    htx_twins::Bittrade,
    /// Bitvavo.
    bitvavo::Bitvavo,
    /// BloFin.
    blofin::Blofin,
    /// Bluefin Pro.
    small_dexs::BluefinPro,
    /// BTC Markets.
    typed_beat::BtcMarkets,
    /// BtcTurk.
    turkey::Btcturk,
    /// BTSE: all but the books.
    btse::BtseMain,
    /// BTSE: the books of spot and futures.
    btse::BtseOss,
    /// Bybit v5: the private and the trade endpoint.
    bybit::BybitPrivate,
    /// Bybit v5: the public endpoints.
    bybit::BybitPublic,
    /// BYDFi futures, the socket that is not documented.
    futures_twins::BydfiEdge,
    /// CEX.IO, spot.
    typed_ping::CexIo,
    /// Chainlink's data streams.
    nodes::ChainlinkStreams,
    /// Coinbase Advanced Trade.
    coinbase_advanced::CoinbaseAdvanced,
    /// Coinbase's derivatives, by Deribit's dialect.
    coinbase_drb::CoinbaseDrb,
    /// Coinbase Exchange.
    coinbase_exchange::CoinbaseExchange,
    /// Coincheck.
    japan::Coincheck,
    /// Coinone.
    typed_ping::Coinone,
    /// Coins.ph.
    bhex::CoinsPh,
    /// CoinDCX.
    engine_io::Coindcx,
    /// CoinJar.
    coinjar::Coinjar,
    /// CoinW futures.
    futures_twins::Coinw,
    /// Crypto.com Exchange v1.
    crypto_com::CryptoCom,
    /// cTrader's Open API.
    ctrader::Ctrader,
    /// DeepCoin.
    deepcoin::Deepcoin,
    /// Delta Exchange.
    delta::Delta,
    /// Deribit, JSON-RPC over WebSocket.
    deribit::Deribit,
    /// Deriv.
    typed_ping::Deriv,
    /// Derive v2, on the host of Lyra.
    derive::DeriveV2,
    /// Derive v3.
    derive::DeriveV3,
    /// Dexalot.
    small_dexs::Dexalot,
    /// Dhan.
    indian_brokers::Dhan,
    /// Digital X, once Korbit.
    japan::DigitalX,
    /// Drift: the order book server.
    typed_beat::DriftDlob,
    /// dxLink: the feed of dxFeed and of tastytrade's quotes.
    dxlink::Dxlink,
    /// dYdX v4, the indexer.
    dydx::Dydx,
    /// Ethereal, the Socket.IO gateway.
    engine_io::Ethereal,
    /// A node of Ethereum's, go-ethereum.
    nodes::EthereumNode,
    /// Extended (x10).
    extended::Extended,
    /// Finnhub.
    typed_beat::Finnhub,
    /// 5paisa.
    indian_brokers::FivePaisa,
    /// FMFW.io.
    hitbtc::Fmfw,
    /// Fyers: the HSM socket.
    indian_brokers::FyersHsm,
    /// Fyers: data tick by tick.
    indian_brokers::FyersTbt,
    /// Gate v4, futures.
    gate::GateFutures,
    /// Gate v4, spot.
    gate::GateSpot,
    /// Gemini, the new WebSocket API.
    gemini::Gemini,
    /// Gemini, the legacy feeds.
    gemini_v1::GeminiV1,
    /// GMO Coin.
    japan::GmoCoin,
    /// GOPAX.
    gopax::Gopax,
    /// GRVT.
    small_dexs::Grvt,
    /// HashKey Global: the public socket of version 1 and the private one.
    bhex::HashkeyV1,
    /// HashKey Global: the public socket of version 2.
    bhex::HashkeyV2,
    /// Helius, the parsed streams of Solana.
    solana::HeliusStreams,
    /// Hibachi, the account stream.
    hibachi_account::HibachiAccount,
    /// HitBTC.
    hitbtc::Hitbtc,
    /// HollaEx.
    typed_ping::Hollaex,
    /// HTX futures, the order push.
    htx_futures_orders::HtxFuturesOrders,
    /// HTX market data, spot and futures.
    htx_market::HtxMarket,
    /// HTX spot, the private endpoint v2.
    htx_private::HtxPrivate,
    /// Hyperliquid.
    hyperliquid::Hyperliquid,
    /// Independent Reserve.
    typed_beat::IndependentReserve,
    /// Interactive Brokers, the Client Portal API.
    ibkr_cpapi::IbkrCpapi,
    /// Indodax, market data.
    indodax::IndodaxMarket,
    /// Indodax, private data.
    regional::IndodaxPrivate,
    /// Injective: the chain stream.
    small_dexs::InjectiveChainstream,
    /// Kalshi.
    kalshi::Kalshi,
    /// Kotak Neo.
    indian_brokers::Kotak,
    /// Kraken Futures (Derivatives).
    kraken_futures::KrakenFutures,
    /// Kraken spot, WebSocket API v1.
    kraken_v1::KrakenV1,
    /// Kraken spot, WebSocket API v2.
    kraken_v2::KrakenV2,
    /// KuCoin: the classic spot and futures endpoints.
    kucoin::Kucoin,
    /// Lambdaplex.
    small_dexs::Lambdaplex,
    /// LATOKEN.
    latoken::Latoken,
    /// LBank spot.
    lbank::Lbank,
    /// Lighter.
    typed_ping::Lighter,
    /// Limitless.
    engine_io::Limitless,
    /// Massive, once polygon.io.
    nodes::Massive,
    /// MAX.
    taiwan::MaxMaicoin,
    /// Mercado Bitcoin.
    typed_ping::MercadoBitcoin,
    /// MEXC futures.
    mexc_futures::MexcFutures,
    /// MEXC spot v3.
    mexc_spot::MexcSpot,
    /// ModeTrade, a front of Orderly's.
    orderly::Modetrade,
    /// Myriad.
    centrifugo::Myriad,
    /// Nado: the gateway.
    small_dexs::NadoGateway,
    /// NDAX.
    alphapoint::Ndax,
    /// Noren: Shoonya and other Indian brokers.
    noren::Noren,
    /// OKX v5, the JSON endpoints.
    okx::Okx,
    /// OKX v5, the SBE endpoint.
    okx_sbe::OkxSbe,
    /// One Trading.
    typed_beat::OneTrading,
    /// Orderly Network.
    orderly::Orderly,
    /// P2B.
    p2b::P2b,
    /// Pacifica.
    pacifica::Pacifica,
    /// Paradex.
    paradex::Paradex,
    /// Paribu.
    turkey::Paribu,
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
    /// Pyth's Hermes.
    nodes::PythHermes,
    /// Reya.
    typed_ping::Reya,
    /// Any venue that speaks by ping and pong frames alone.
    rfc6455::Rfc6455,
    /// Saxo Bank.
    saxo::Saxo,
    /// Angel One: the smart stream.
    indian_brokers::Smartapi,
    /// Solana's RPC nodes.
    solana::SolanaRpc,
    /// StandX.
    small_dexs::Standx,
    /// SunX, market data.
    htx_twins::Sunx,
    /// SX Bet.
    centrifugo::SxBet,
    /// A tardis-machine of your own.
    nodes::TardisMachine,
    /// tastytrade, the account streamer.
    tastytrade_account::TastytradeAccount,
    /// Thalex.
    nodes::Thalex,
    /// Tiingo.
    typed_beat::Tiingo,
    /// Toobit.
    bhex::Toobit,
    /// Tradovate.
    tradovate::Tradovate,
    /// Upbit.
    upbit::Upbit,
    /// Upstox.
    indian_brokers::Upstox,
    /// VALR.
    typed_ping::Valr,
    /// WhiteBIT.
    whitebit::Whitebit,
    /// WOOFi Pro, a front of Orderly's.
    orderly::WoofiPro,
    /// WOO X v3.
    woox::Woox,
    /// WOO X, the legacy API v1.
    woox_v1::WooxV1,
    /// Nodes of the XRP Ledger.
    small_dexs::Xrpl,
    /// XT futures, of both margins.
    xt::XtFutures,
    /// XT spot.
    xt::XtSpot,
    /// ZebPay futures.
    engine_io::Zebpay,
    /// Zoomex.
    futures_twins::Zoomex,
}
