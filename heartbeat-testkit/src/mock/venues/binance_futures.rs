//! Binance futures market streams, of both margins. Shapes: developers.binance.com, derivatives,
//! 2026.

use heartbeat_core::Timestamp;
use serde_json::{Value, json};

use super::super::calendar::unix_millis;
use super::super::dialect::{Dialect, Meaning};
use super::object;

#[derive(Debug)]
pub(in super::super) struct BinanceFutures {
    /// The symbol that it streams.
    symbol: &'static str,
}

impl BinanceFutures {
    pub(in super::super) const USDM: Self = Self { symbol: "BTCUSDT" };
    pub(in super::super) const COINM: Self = Self { symbol: "BTCUSD_PERP" };
}

impl Dialect for BinanceFutures {
    fn read(&mut self, _now: Timestamp, text: &str) -> Meaning {
        let request = object(text).unwrap_or(Value::Null);
        let id = &request["id"];
        match request["method"].as_str() {
            Some("SUBSCRIBE" | "UNSUBSCRIBE" | "SET_PROPERTY") => {
                Meaning::Subscribe { reply: json!({ "result": null, "id": id }).to_string() }
            }
            Some(_) | None => Meaning::Refused {
                reply: json!({ "code": 2, "msg": "Invalid request: unknown method" }).to_string(),
            },
        }
    }

    fn data(&self, now: Timestamp, serial: u64) -> String {
        let millis = unix_millis(now);
        json!({
            "e": "aggTrade",
            "E": millis,
            "s": self.symbol,
            "a": serial,
            "p": "91000.5",
            "q": "0.001",
            "f": serial,
            "l": serial,
            "T": millis,
            "m": true,
        })
        .to_string()
    }

    /// `/ws/<stream>` needs no subscription.
    fn streams_from_opening(&self) -> bool {
        true
    }
}
