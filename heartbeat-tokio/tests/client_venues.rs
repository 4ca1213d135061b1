//! Level 3 at every venue that is known: with nothing but its name, a client is live and stays so.

#![allow(clippy::unwrap_used, reason = "a test that unwraps says what it expects")]
#![allow(clippy::wildcard_enum_match_arm, reason = "a test names what it looks for")]

mod client_common;

use client_common::mock::Mock;
use client_common::{millis, secs, until, word};
use heartbeat_core::{Platform as _, Timestamp};
use heartbeat_platforms::Exchange;
use heartbeat_testkit::MockOptions;
use heartbeat_tokio::Client;
use heartbeat_tokio::client::Update;

/// For a day's rest see `day.rs`. Here the line is cut, and everything done once more.
#[tokio::test(start_paused = true)]
async fn each_venue_is_live_by_its_name_alone_and_again_after_a_cut() {
    for exchange in Exchange::all().iter().copied() {
        let mock = Mock::new(exchange, MockOptions::default());
        let client = Client::builder(exchange).endpoint("ws://venue/");
        let client = client.connector(mock.clone()).seed(1).start();
        let mut client = client.unwrap();
        let first = until(&mut client, |update| word(&update)).await;
        assert_eq!(first, "live 1", "{exchange}");
        let took = client.clock().now().saturating_since(Timestamp::ZERO);
        // Who says nothing by itself is probed at once; who is not, speaks in its own time.
        let is_probed = exchange.defaults().build().unwrap().probing().is_some();
        let rules = exchange.rules();
        let own = rules.challenge.map(|challenge| challenge.every).or(rules.beat_every);
        let within = if is_probed { millis(10) } else { own.unwrap_or_default().max(secs(20)) };
        assert!(took <= within, "{exchange}: {took:?}");

        mock.cut();
        let lifecycle = |update| match update {
            Update::Message(_) => None,
            update => word(&update),
        };
        for wanted in ["down 1 transport_lost", "gap reconnected", "live 2"] {
            assert_eq!(until(&mut client, lifecycle).await, wanted, "{exchange}");
        }
    }
}

/// Every ready-made form, against a venue that sends what was asked for and nothing else.
#[tokio::test(start_paused = true)]
async fn what_is_wanted_is_active_at_every_venue_whose_form_is_known() {
    for (exchange, topic) in [
        (Exchange::BinanceSpot, "btcusdt@trade"),
        (Exchange::BinanceUsdm, "btcusdt@aggTrade"),
        (Exchange::Bitget, "SPOT ticker BTCUSDT"),
        (Exchange::BybitPublic, "publicTrade.BTCUSDT"),
        (Exchange::CoinbaseAdvanced, "ticker ETH-USD"),
        (Exchange::CoinbaseExchange, "level2_batch ETH-USD"),
        (Exchange::CoinbaseExchange, "ticker BTC-USD"),
        (Exchange::Deribit, "ticker.BTC-PERPETUAL.100ms"),
        (Exchange::GateSpot, "spot.tickers BTC_USDT"),
        (Exchange::Hyperliquid, "trades BTC"),
        (Exchange::KrakenV2, "ticker BTC/USD"),
        (Exchange::Kucoin, "/market/ticker:BTC-USDT"),
        (Exchange::Okx, "tickers BTC-USDT"),
    ] {
        let mock = Mock::new(exchange, MockOptions::default());
        let client = Client::builder(exchange).endpoint("ws://venue/").subscribe([topic]);
        let mut client = client.connector(mock).seed(1).start().unwrap();
        let active = until(&mut client, |update| match update {
            Update::Subscription { event, .. } => Some(event),
            _ => None,
        });
        let event = tokio::time::timeout(secs(60), active).await.unwrap();
        assert_eq!((event.as_str(), event.topic()), ("active", topic), "{exchange}: {event}");
        assert_eq!(client.subscriptions().active(), [topic], "{exchange}");
        // And its end.
        assert!(client.subscriptions().remove(topic), "{exchange}");
        let subscriptions = client.subscriptions();
        tokio::time::timeout(secs(60), subscriptions.settled()).await.unwrap();
        assert!(client.subscriptions().active().is_empty(), "{exchange}");
    }
}
