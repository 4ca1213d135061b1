//! Binance spot market streams. Shapes: binance-spot-api-docs, web-socket-streams.md, 2026.

use heartbeat_core::{NoticeKind, Timestamp};
use serde_json::{Value, json};

use super::super::calendar::unix_millis;
use super::super::dialect::{Dialect, Meaning};
use super::object;

#[derive(Debug)]
pub(in super::super) struct BinanceSpot;

impl Dialect for BinanceSpot {
    fn read(&mut self, _now: Timestamp, text: &str) -> Meaning {
        let request = object(text).unwrap_or(Value::Null);
        let id = &request["id"];
        match request["method"].as_str() {
            Some("SUBSCRIBE" | "UNSUBSCRIBE" | "SET_PROPERTY") => {
                Meaning::Subscribe { reply: json!({ "result": null, "id": id }).to_string() }
            }
            Some("LIST_SUBSCRIPTIONS") => Meaning::Subscribe {
                reply: json!({ "result": ["btcusdt@trade"], "id": id }).to_string(),
            },
            Some(_) | None => Meaning::Refused {
                reply: json!({ "code": 2, "msg": "Invalid request: unknown method" }).to_string(),
            },
        }
    }

    fn notice(&self, now: Timestamp, kind: NoticeKind) -> Option<String> {
        (kind == NoticeKind::Shutdown)
            .then(|| json!({ "e": "serverShutdown", "E": unix_millis(now) }).to_string())
    }

    fn data(&self, now: Timestamp, serial: u64) -> String {
        let millis = unix_millis(now);
        json!({
            "e": "trade",
            "E": millis,
            "s": "BTCUSDT",
            "t": serial,
            "p": "91000.50000000",
            "q": "0.00100000",
            "T": millis,
            "m": true,
            "M": true,
        })
        .to_string()
    }

    /// `/ws/<stream>` needs no subscription.
    fn streams_from_opening(&self) -> bool {
        true
    }
}
