//! Crypto.com Exchange v1. Shapes: exchange-developer.crypto.com and wire captures, 2026-09.

use heartbeat_core::Timestamp;
use serde_json::json;

use super::super::calendar::unix_millis;
use super::super::dialect::{Challenge, Dialect, Meaning};
use super::{login, object, subscription};

#[derive(Debug)]
pub(in super::super) struct CryptoCom;

impl Dialect for CryptoCom {
    fn read(&mut self, _now: Timestamp, text: &str) -> Meaning {
        // A capture saw no reply to what is not JSON.
        let Some(request) = object(text) else {
            return Meaning::Unknown;
        };
        let id = &request["id"];
        match request["method"].as_str() {
            // It gets no reply.
            Some("public/respond-heartbeat") => {
                Meaning::Response { token: id.to_string(), reply: String::new() }
            }
            Some(method @ ("subscribe" | "unsubscribe")) => subscription(
                method == "subscribe",
                &json!({
                    "id": id,
                    "method": method,
                    "code": 0,
                    "channel": request["params"]["channels"][0],
                }),
            ),
            Some(method @ "public/auth") => login(
                &request["api_key"],
                &json!({ "id": id, "method": method, "code": 0 }),
                &json!({ "id": id, "method": method, "code": 40_101, "message": "Unauthorised" }),
            ),
            // It cannot be taken back on the same connection.
            Some(method @ "private/set-cancel-on-disconnect")
                if request["params"]["scope"].is_string() =>
            {
                let scope = &request["params"]["scope"];
                let reply =
                    json!({ "id": id, "method": method, "code": 0, "result": { "scope": scope } });
                Meaning::CancelOnDisconnect { on: true, reply: reply.to_string() }
            }
            Some(method) => Meaning::Refused {
                reply: json!({
                    "id": id,
                    "method": method,
                    "code": 40_003,
                    "message": "No such method",
                })
                .to_string(),
            },
            None => Meaning::Unknown,
        }
    }

    /// The id is the clock of the server.
    fn challenge(&self, now: Timestamp, _serial: u64) -> Challenge {
        let id = unix_millis(now);
        let text = format!(r#"{{"id":{id},"method":"public/heartbeat","code":0}}"#);
        Challenge { text, token: id.to_string() }
    }

    fn data(&self, now: Timestamp, serial: u64) -> String {
        let millis = unix_millis(now);
        let trade = json!({ "p": "86176.3", "q": "0.0301", "t": millis, "d": serial.to_string() });
        json!({
            "id": -1,
            "method": "subscribe",
            "code": 0,
            "result": {
                "instrument_name": "BTCUSD-PERP",
                "subscription": "trade.BTCUSD-PERP",
                "channel": "trade",
                "data": [trade],
            },
        })
        .to_string()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn an_id_is_echoed_in_its_own_type() {
        let now = Timestamp::ZERO;
        let challenge = CryptoCom.challenge(now, 1);
        let answer = |id: Value| {
            let text = json!({ "id": id, "method": "public/respond-heartbeat" }).to_string();
            CryptoCom.read(now, &text)
                == Meaning::Response { token: challenge.token.clone(), reply: String::new() }
        };
        assert!(answer(json!(unix_millis(now))));
        assert!(!answer(json!(unix_millis(now).to_string())));
        assert!(!answer(json!(unix_millis(now) + 1)));
    }
}
