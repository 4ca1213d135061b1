//! Bybit v5, the public and the private endpoints. Shapes: bybit-exchange/docs, v5, 2026.

use heartbeat_core::{NoticeKind, Timestamp};
use serde_json::{Value, json};

use super::super::calendar::unix_millis;
use super::super::dialect::{Dialect, Meaning};
use super::object;

/// Chosen once, as one connection has one.
const CONN_ID: &str = "cfcb4ocsvfriu23r3er0-1b";

/// The public endpoints answer a ping in three ways. The mock is all of them in turn.
#[derive(Debug, Default)]
pub(in super::super) struct BybitPublic {
    pings: u64,
}

impl Dialect for BybitPublic {
    fn read(&mut self, now: Timestamp, text: &str) -> Meaning {
        let request = object(text).unwrap_or(Value::Null);
        if request["op"] != "ping" {
            return other_request(&request);
        }
        self.pings += 1;
        let spot = json!({ "success": true, "ret_msg": "pong", "conn_id": CONN_ID, "op": "ping" });
        let mut linear = spot.clone();
        linear["req_id"] = json!("");
        let option = json!({ "args": [unix_millis(now).to_string()], "op": "pong" });
        let mut wrong = spot.clone();
        wrong["req_id"] = json!(other_than(&request["req_id"]));
        let answer = match self.pings % 3 {
            1 => spot,
            2 => linear,
            _ => option,
        };
        Meaning::Probe { answer: answer.to_string(), wrong: wrong.to_string() }
    }

    fn data(&self, now: Timestamp, serial: u64) -> String {
        json!({
            "topic": "orderbook.1.BTCUSDT",
            "type": "snapshot",
            "ts": unix_millis(now),
            "data": {
                "s": "BTCUSDT",
                "b": [["91000.40", "0.700"]],
                "a": [["91000.50", "1.250"]],
                "u": serial,
                "seq": serial,
            },
            "cts": unix_millis(now),
        })
        .to_string()
    }
}

#[derive(Debug)]
pub(in super::super) struct BybitPrivate;

impl Dialect for BybitPrivate {
    fn read(&mut self, now: Timestamp, text: &str) -> Meaning {
        let request = object(text).unwrap_or(Value::Null);
        if request["op"] != "ping" {
            return other_request(&request);
        }
        let pong = |id: &Value| {
            let args = [unix_millis(now).to_string()];
            let mut pong = json!({ "op": "pong", "args": args, "conn_id": CONN_ID });
            if id.is_string() {
                pong["req_id"] = id.clone();
            }
            pong.to_string()
        };
        let id = &request["req_id"];
        Meaning::Probe { answer: pong(id), wrong: pong(&json!(other_than(id))) }
    }

    /// There is no message for it: the trade endpoint's answers say that it restarts.
    fn notice(&self, _now: Timestamp, kind: NoticeKind) -> Option<String> {
        (kind == NoticeKind::Shutdown).then(|| {
            json!({ "retCode": 10_019, "retMsg": "", "op": "order.create", "connId": CONN_ID })
                .to_string()
        })
    }

    fn data(&self, now: Timestamp, serial: u64) -> String {
        json!({
            "id": format!("592324803b2785-26fa-4214-9963-{serial:012}"),
            "topic": "execution.fast",
            "creationTime": unix_millis(now),
            "data": [{
                "category": "linear",
                "symbol": "BTCUSDT",
                "execPrice": "91000.50",
                "execQty": "0.001",
                "side": "Buy",
                "execTime": unix_millis(now).to_string(),
                "seq": serial,
            }],
        })
        .to_string()
    }
}

fn other_than(id: &Value) -> String {
    format!("{}0", id.as_str().unwrap_or_default())
}

fn other_request(request: &Value) -> Meaning {
    let reply = |success: bool, text: &str| {
        json!({
            "success": success,
            "ret_msg": text,
            "conn_id": CONN_ID,
            "req_id": request["req_id"].as_str().unwrap_or_default(),
            "op": request["op"].as_str().unwrap_or_default(),
        })
        .to_string()
    };
    match request["op"].as_str() {
        Some("subscribe" | "unsubscribe" | "auth") => Meaning::Subscribe { reply: reply(true, "") },
        Some(_) | None => Meaning::Refused { reply: reply(false, "error:unknown op") },
    }
}
