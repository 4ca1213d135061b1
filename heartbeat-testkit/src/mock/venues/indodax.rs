//! Indodax's market data, Centrifugo 2. Shapes: btcid/indodax-official-api-docs 83bbc86.

use heartbeat_core::Timestamp;
use serde_json::{Value, json};

use super::super::calendar::unix_millis;
use super::super::dialect::{Dialect, Meaning};
use super::object;

#[derive(Debug)]
pub(in super::super) struct CentrifugoV2;

impl Dialect for CentrifugoV2 {
    fn read(&mut self, _now: Timestamp, text: &str) -> Meaning {
        let command = object(text).unwrap_or(Value::Null);
        let id = &command["id"];
        let result = |result: Value| json!({ "id": id, "result": result }).to_string();
        match command["method"].as_u64() {
            // Without a method it connects.
            None if command["params"]["token"].is_string() => Meaning::LoggedIn {
                reply: result(json!({ "client": "35bd0bc8", "version": "2.8.6" })),
            },
            Some(1) => Meaning::Subscribe {
                reply: result(json!({ "recoverable": true, "epoch": "xyDd", "offset": 1 })),
            },
            Some(2) => Meaning::Unsubscribe { reply: result(json!({})) },
            Some(7) => {
                let other = id.as_u64().map(|id| id ^ 0x4000_0000);
                Meaning::Probe {
                    answer: json!({ "id": id }).to_string(),
                    wrong: json!({ "id": other }).to_string(),
                }
            }
            _ => {
                let error = json!({ "code": 107, "message": "bad request" });
                Meaning::Refused { reply: json!({ "id": id, "error": error }).to_string() }
            }
        }
    }

    fn data(&self, now: Timestamp, serial: u64) -> String {
        let row = json!(["btcidr", unix_millis(now) / 1_000, serial, "buy", 1_400_000_000, "0.1"]);
        let data = json!({ "data": { "data": [row], "offset": serial } });
        json!({ "result": { "channel": "market:trade-activity-btcidr", "data": data } }).to_string()
    }
}
