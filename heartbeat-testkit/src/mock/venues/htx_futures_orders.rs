//! HTX futures, the order push. Shapes: huobiapi/docs, 2021, and wire captures, 2026-09.

use heartbeat_core::{NoticeKind, Timestamp};
use serde_json::{Value, json};

use super::super::calendar::unix_millis;
use super::super::dialect::{Challenge, Dialect, Meaning};
use super::object;
use crate::OwnedFrame;

#[derive(Debug)]
pub(in super::super) struct HtxFuturesOrders;

impl Dialect for HtxFuturesOrders {
    fn read(&mut self, now: Timestamp, text: &str) -> Meaning {
        let request = object(text).unwrap_or(Value::Null);
        let time = unix_millis(now);
        match request["op"].as_str() {
            Some("pong") => {
                // The venue takes the time as a number as well.
                let time = &request["ts"];
                let token =
                    time.as_u64().map_or_else(|| time.to_string(), |ts| format!("\"{ts}\""));
                Meaning::Response { token, reply: String::new() }
            }
            // Any signature will do.
            Some(op @ ("auth" | "sub" | "unsub")) => Meaning::Subscribe {
                reply: json!({
                    "op": op,
                    "cid": request["cid"],
                    "topic": request["topic"],
                    "err-code": 0,
                    "ts": time,
                })
                .to_string(),
            },
            Some(_) | None => Meaning::Refused {
                reply: json!({ "op": "error", "ts": time.to_string() }).to_string(),
            },
        }
    }

    fn challenge(&self, now: Timestamp, _serial: u64) -> Challenge {
        let time = format!("\"{}\"", unix_millis(now));
        Challenge { text: format!(r#"{{"op":"ping","ts":{time}}}"#), token: time }
    }

    fn notice(&self, now: Timestamp, kind: NoticeKind) -> Option<String> {
        (kind == NoticeKind::Shutdown)
            .then(|| json!({ "op": "close", "ts": unix_millis(now) }).to_string())
    }

    fn data(&self, now: Timestamp, serial: u64) -> String {
        let time = unix_millis(now);
        json!({
            "op": "notify",
            "topic": "orders.btc-usdt",
            "ts": time,
            "symbol": "BTC",
            "contract_code": "BTC-USDT",
            "volume": 1,
            "price": 91_000.5,
            "order_id": serial,
            "status": 3,
            "created_at": time,
        })
        .to_string()
    }

    fn pack(&self, text: String) -> OwnedFrame {
        OwnedFrame::gzip(&text)
    }
}
