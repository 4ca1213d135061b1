//! Binance's dialects on its other hosts: Binance.US, Binance TR, options and portfolio margin.
//!
//! Sources, read 2026-11-25: `binance-us/binance-us-api-docs` 6b62304 of 2024, which has the older
//! times still; `developers.binance.com`, derivatives, Options and Portfolio Margin; cryptofeed
//! ce58c2a for the host of Binance TR.

use core::time::Duration;

use super::binance_futures::{BinanceUsdm, FACTS, OPTIONS_RULES, RULES};
use super::binance_spot::BinanceSpot;
use super::dialect::venue;
use super::{CONNECTORS, Profile, Row};
use crate::{Answered, Auth, Confidence, Facts, OrderSafety};

venue!(
    BinanceUs,
    BinanceSpot,
    Profile {
        name: "binance-us",
        // The WebSocket API, `wss://ws-api.binance.us:443/ws-api/v3`, announces in another shape.
        endpoints: &[Row::production("wss://stream.binance.us:9443/ws")],
        rules: RULES, // Documented: 3 min and 10 min.
        facts: Facts {
            // Unsolicited pongs prevent a disconnection (documented).
            answers_pings: Answered::Presumed { why: CONNECTORS },
            max_age: Some(Duration::from_secs(24 * 3600)),
            sources: "binance-us/binance-us-api-docs 6b62304",
            read: "2026-11-25",
            confidence: Confidence::High,
            ..Facts::UNKNOWN
        },
    }
);

venue!(
    BinanceTr,
    BinanceSpot,
    Profile {
        name: "binance-tr",
        endpoints: &[Row::production("wss://stream-cloud.trbinance.com/ws")],
        rules: RULES,
        facts: Facts {
            answers_pings: Answered::Presumed { why: "Binance, whose software it runs, does" },
            max_age: Some(Duration::from_secs(24 * 3600)),
            assumed: &["all of it, which is Binance's"],
            sources: "cryptofeed ce58c2a, for the host",
            read: "2026-11-25",
            confidence: Confidence::Low,
            ..Facts::UNKNOWN
        },
    }
);

venue!(
    BinanceOptions,
    BinanceUsdm,
    Profile {
        name: "binance-options",
        endpoints: &[
            // 200 streams; the older host was `nbstream.binance.com`.
            Row::production("wss://fstream.binance.com/public/ws"),
            Row::real("market", "wss://fstream.binance.com/market/ws"),
        ],
        rules: OPTIONS_RULES,
        facts: Facts { order_safety: OrderSafety::NotFound, ..FACTS },
    }
);

venue!(
    BinancePm,
    BinanceUsdm,
    Profile {
        name: "binance-pm",
        // What happens to a user, and no orders; the key follows.
        endpoints: &[Row::production("wss://fstream.binance.com/pm/ws").auth(Auth::Url)],
        rules: RULES,
        facts: Facts {
            order_safety: OrderSafety::NoOrders,
            assumed: &["the times, which are the futures'"],
            confidence: Confidence::Medium,
            ..FACTS
        },
    }
);
