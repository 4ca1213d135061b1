//! Noren. Shapes: marketcalls/openalgo 60156bc.

use heartbeat_core::Timestamp;
use serde_json::{Value, json};

use super::super::dialect::{Dialect, Meaning};
use super::object;

#[derive(Debug)]
pub(in super::super) struct Noren;

impl Dialect for Noren {
    fn read(&mut self, _now: Timestamp, text: &str) -> Meaning {
        let request = object(text).unwrap_or(Value::Null);
        match request["t"].as_str() {
            Some("h") => Meaning::Probe {
                answer: json!({ "t": "h" }).to_string(),
                wrong: json!({ "t": "H" }).to_string(),
            },
            Some("c") => Meaning::LoggedIn {
                reply: json!({ "t": "ck", "uid": request["uid"], "s": "OK" }).to_string(),
            },
            Some("t" | "d") => Meaning::Subscribe {
                reply: json!({ "t": "tk", "e": "NSE", "tk": "22", "lp": "1156.65" }).to_string(),
            },
            Some("u" | "ud") => {
                Meaning::Unsubscribe { reply: json!({ "t": "uk", "k": request["k"] }).to_string() }
            }
            _ => Meaning::Refused { reply: json!({ "t": "ck", "s": "NOT_OK" }).to_string() },
        }
    }

    fn data(&self, _now: Timestamp, serial: u64) -> String {
        json!({ "t": "tf", "e": "NSE", "tk": "22", "lp": "1156.65", "v": serial }).to_string()
    }
}
