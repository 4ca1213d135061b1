//! HTX market data. Shapes: huobiapi/docs, 2021, and wire captures of the futures, 2026-09.

use heartbeat_core::Timestamp;
use serde_json::json;

use super::super::calendar::unix_millis;
use super::super::dialect::{Challenge, Dialect, Meaning};
use super::object;
use crate::OwnedFrame;

#[derive(Debug)]
pub(in super::super) struct HtxMarket;

impl Dialect for HtxMarket {
    fn read(&mut self, now: Timestamp, text: &str) -> Meaning {
        let time = unix_millis(now);
        let refused = |message: &str| {
            let (status, code) = ("error", "bad-request");
            let reply = json!({
                "status": status,
                "ts": time,
                "id": "",
                "err-code": code,
                "err-msg": message,
            });
            Meaning::Refused { reply: reply.to_string() }
        };
        let Some(request) = object(text) else {
            return refused("not json, is not json string");
        };
        // A client's ping, which the documents allow, was never answered.
        match (request.get("pong"), request["sub"].as_str()) {
            (Some(number), _) => {
                Meaning::Response { token: number.to_string(), reply: String::new() }
            }
            (None, Some(topic)) => Meaning::Subscribe {
                reply: json!({ "id": request["id"], "status": "ok", "subbed": topic, "ts": time })
                    .to_string(),
            },
            (None, None) if request.get("ping").is_some() => Meaning::Unknown,
            (None, None) => refused("invalid topic "),
        }
    }

    fn challenge(&self, now: Timestamp, _serial: u64) -> Challenge {
        let time = unix_millis(now);
        Challenge { text: format!(r#"{{"ping":{time}}}"#), token: time.to_string() }
    }

    fn data(&self, now: Timestamp, serial: u64) -> String {
        let time = unix_millis(now);
        json!({
            "ch": "market.BTC-USDT.depth.size_20.high_freq",
            "ts": time,
            "tick": {
                "asks": [[91_000.6, 229]],
                "bids": [[91_000.4, 0]],
                "ch": "market.BTC-USDT.depth.size_20.high_freq",
                "event": "update",
                "ts": time,
                "version": serial,
            },
        })
        .to_string()
    }

    fn pack(&self, text: String) -> OwnedFrame {
        OwnedFrame::gzip(&text)
    }
}
