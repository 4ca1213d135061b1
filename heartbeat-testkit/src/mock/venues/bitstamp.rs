//! Bitstamp v2. Shapes: quotations of its documentation, and captures, 2026.

use heartbeat_core::{NoticeKind, Timestamp};
use serde_json::{Value, json};

use super::super::calendar::unix_millis;
use super::super::dialect::{Dialect, Meaning};
use super::object;

#[derive(Debug)]
pub(in super::super) struct Bitstamp;

impl Dialect for Bitstamp {
    fn read(&mut self, _now: Timestamp, text: &str) -> Meaning {
        let request = object(text).unwrap_or(Value::Null);
        let reply = |event: &str, channel: &Value, data: &Value| {
            json!({ "event": event, "channel": channel, "data": data }).to_string()
        };
        let channel = &request["data"]["channel"];
        match request["event"].as_str() {
            Some("bts:heartbeat") => Meaning::Probe {
                answer: reply("bts:heartbeat", &json!(""), &json!({ "status": "success" })),
                wrong: reply("bts:heartbeat", &json!(""), &json!({ "status": "error" })),
            },
            Some("bts:subscribe") if channel.is_string() => Meaning::Subscribe {
                reply: reply("bts:subscription_succeeded", channel, &json!({})),
            },
            Some(_) | None => {
                let data = json!({ "code": null, "message": "Bad subscription string." });
                Meaning::Refused { reply: reply("bts:error", &json!(""), &data) }
            }
        }
    }

    fn notice(&self, _now: Timestamp, kind: NoticeKind) -> Option<String> {
        (kind == NoticeKind::Shutdown).then(|| {
            json!({ "event": "bts:request_reconnect", "channel": "", "data": "" }).to_string()
        })
    }

    fn data(&self, now: Timestamp, serial: u64) -> String {
        let micros = unix_millis(now).saturating_mul(1_000);
        json!({
            "event": "trade",
            "channel": "live_trades_btcusd",
            "data": {
                "id": serial,
                "microtimestamp": micros.to_string(),
                "amount": 0.001,
                "price": 91_000.5,
                "type": 0,
            },
        })
        .to_string()
    }
}
