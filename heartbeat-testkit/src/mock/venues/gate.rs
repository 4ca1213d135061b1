//! Gate v4, spot and futures. Shapes: copies of its documentation, and captures, 2026.

use heartbeat_core::{NoticeKind, Timestamp};
use serde_json::{Value, json};

use super::super::calendar::unix_millis;
use super::super::dialect::{Dialect, Meaning};
use super::object;

/// Chosen once, as one connection has one.
const CONN_ID: &str = "c59a69fd3702aa1d";

/// How far a client's clock may be from the venue's, in seconds (documented).
const CLOCK_SPREAD: u64 = 60;

#[derive(Debug)]
pub(in super::super) struct Gate {
    market: &'static str,
    /// The time of the first ping, and when it came. The mock's calendar begins with 2026 whatever
    /// the date, so it takes the first for the venue's own and holds the others to it.
    clock: Option<(u64, Timestamp)>,
}

impl Gate {
    pub(in super::super) const SPOT: Self = Self { market: "spot", clock: None };
    pub(in super::super) const FUTURES: Self = Self { market: "futures", clock: None };

    /// Tells whether a ping may have this time. One without is answered as well (practice).
    fn bears(&mut self, now: Timestamp, time: Option<u64>) -> bool {
        let Some(time) = time else { return true };
        let (first, came) = *self.clock.get_or_insert((time, now));
        let ours = first.saturating_add(now.saturating_since(came).as_secs());
        ours.abs_diff(time) <= CLOCK_SPREAD
    }

    fn message(&self, now: Timestamp, channel: &str, event: &str, result: &Value) -> Value {
        let millis = unix_millis(now);
        json!({
            "time": millis / 1_000,
            "time_ms": millis,
            "conn_id": CONN_ID,
            "channel": format!("{}.{channel}", self.market),
            "event": event,
            "result": result,
        })
    }
}

impl Dialect for Gate {
    fn read(&mut self, now: Timestamp, text: &str) -> Meaning {
        let request = object(text).unwrap_or(Value::Null);
        let channel = request["channel"].as_str().and_then(|channel| channel.split_once('.'));
        let channel = channel.filter(|(market, _)| *market == self.market).map(|(_, name)| name);
        match (channel, request["event"].as_str()) {
            (Some("ping"), _) if !self.bears(now, request["time"].as_u64()) => {
                let mut reply = self.message(now, "ping", "", &Value::Null);
                reply["error"] = json!({ "code": 1, "message": "invalid request body" });
                Meaning::Refused { reply: reply.to_string() }
            }
            (Some("ping"), _) => {
                let answer = self.message(now, "pong", "", &Value::Null);
                let mut wrong = answer.clone();
                wrong["error"] = json!({ "code": 1, "message": "invalid argument" });
                Meaning::Probe { answer: answer.to_string(), wrong: wrong.to_string() }
            }
            (Some(channel), Some(event @ ("subscribe" | "unsubscribe"))) => {
                let reply = self.message(now, channel, event, &json!({ "status": "success" }));
                Meaning::Subscribe { reply: reply.to_string() }
            }
            _ => {
                let mut reply = self.message(now, "unknown", "", &Value::Null);
                reply["error"] = json!({ "code": 1, "message": "unknown channel" });
                Meaning::Refused { reply: reply.to_string() }
            }
        }
    }

    fn notice(&self, now: Timestamp, kind: NoticeKind) -> Option<String> {
        (kind == NoticeKind::Shutdown).then(|| {
            let text =
                "The connection will soon be closed for a service upgrade. Please reconnect.";
            let upgrade = json!({ "type": "upgrade", "msg": text });
            self.message(now, "system", "update", &upgrade).to_string()
        })
    }

    fn data(&self, now: Timestamp, serial: u64) -> String {
        let ticker = json!({
            "t": unix_millis(now),
            "u": serial,
            "s": "BTC_USDT",
            "b": "91000.4",
            "B": "0.5",
            "a": "91000.6",
            "A": "0.25",
        });
        self.message(now, "book_ticker", "update", &ticker).to_string()
    }
}
