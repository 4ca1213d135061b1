//! Tradovate. Shapes: tradovate/example-api-js f139d41, EX-05 and EX-06.

use heartbeat_core::{NoticeKind, Timestamp};
use serde_json::json;

use super::super::calendar::unix_millis;
use super::super::dialect::{Dialect, Meaning};

#[derive(Debug)]
pub(in super::super) struct Letters;

impl Dialect for Letters {
    fn read(&mut self, _now: Timestamp, text: &str) -> Meaning {
        if text == "[]" {
            // It counts, and nobody answers it.
            return Meaning::Query { reply: String::new() };
        }
        // Operation, id, query and body, a line each.
        let mut lines = text.split('\n');
        let (operation, id) = (lines.next().unwrap_or_default(), lines.next());
        let Some(id) = id.and_then(|id| id.parse::<u64>().ok()) else { return Meaning::Unknown };
        let reply = |status: u64| format!("a{}", json!([{ "s": status, "i": id, "d": {} }]));
        match operation {
            "authorize" => Meaning::LoggedIn { reply: reply(200) },
            "md/subscribeQuote" => Meaning::Subscribe { reply: reply(200) },
            "md/unsubscribeQuote" => Meaning::Unsubscribe { reply: reply(200) },
            _ => Meaning::Refused { reply: reply(404) },
        }
    }

    fn greeting(&self) -> Option<String> {
        Some("o".to_owned())
    }

    fn beat(&self, _now: Timestamp, _serial: u64) -> String {
        "h".to_owned()
    }

    fn notice(&self, _now: Timestamp, kind: NoticeKind) -> Option<String> {
        (kind == NoticeKind::Shutdown).then(|| r#"c[3000,"Go away!"]"#.to_owned())
    }

    fn data(&self, now: Timestamp, serial: u64) -> String {
        let quote = json!({ "contractId": serial, "timestamp": unix_millis(now) });
        format!("a{}", json!([{ "e": "md", "d": { "quotes": [quote] } }]))
    }
}
