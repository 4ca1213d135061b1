//! MEXC spot v3. Shapes: github.com/mexcdevelop/apidocs, `spot_v3_en`, 2026.

use heartbeat_core::Timestamp;
use serde_json::{Value, json};

use super::super::calendar::unix_millis;
use super::super::channel::FIELD;
use super::super::dialect::{Dialect, Meaning};
use super::object;
use crate::OwnedFrame;

/// What market data begin with in protobuf: the channel, field 1, 41 bytes.
const HEAD: &str = "\n\u{29}spot@public.aggre.deals.v3.api.pb@BTCUSDT";

/// The longest field of which the length is one byte.
const FIELD_MAX: u8 = 0x7f;

#[derive(Debug)]
pub(in super::super) struct MexcSpot;

impl Dialect for MexcSpot {
    fn read(&mut self, _now: Timestamp, text: &str) -> Meaning {
        let request = object(text).unwrap_or(Value::Null);
        let reply = |code: u32, msg: &Value| json!({ "id": 0, "code": code, "msg": msg });
        match request["method"].as_str() {
            // In small letters as well, as one connector sends it.
            Some(method) if method.eq_ignore_ascii_case("PING") => Meaning::Probe {
                answer: reply(0, &json!("PONG")).to_string(),
                wrong: reply(0, &json!("spot@public.deals.v3.api.pb@PONGUSDT")).to_string(),
            },
            Some("SUBSCRIPTION" | "UNSUBSCRIPTION") => {
                Meaning::Subscribe { reply: reply(0, &request["params"][0]).to_string() }
            }
            Some(_) | None => {
                Meaning::Refused { reply: reply(1, &json!("unknown method")).to_string() }
            }
        }
    }

    fn data(&self, now: Timestamp, _serial: u64) -> String {
        // The symbol, field 3, and the time of sending, here as text, field 4.
        format!("{HEAD}\u{1a}\u{7}BTCUSDT\"\u{d}{}", unix_millis(now))
    }

    /// Fields that no schema has, number 15, each as long as one byte of length allows.
    fn lengthen(&self, data: &mut String, size: usize) {
        while data.len() < size {
            let fill = size.saturating_sub(data.len() + 2).min(usize::from(FIELD_MAX));
            data.push('z');
            data.push(char::from(u8::try_from(fill).unwrap_or(FIELD_MAX)));
            data.extend(core::iter::repeat_n('x', fill));
        }
    }

    /// Another such field.
    fn number(&self, data: &mut String, number: u64) {
        let field = format!("{FIELD}{number}");
        data.push('z');
        data.push(char::from(u8::try_from(field.len()).unwrap_or(FIELD_MAX)));
        data.push_str(&field);
    }

    /// What is JSON is control, and text; market data are protobuf, and binary.
    fn pack(&self, text: String) -> OwnedFrame {
        if text.starts_with('{') {
            OwnedFrame::Text(text)
        } else {
            OwnedFrame::Binary(text.into_bytes())
        }
    }
}
