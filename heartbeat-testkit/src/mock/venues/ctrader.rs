//! cTrader's Open API. Shapes: spotware/openapi-proto-messages 40b9b1d.

use heartbeat_core::Timestamp;
use serde_json::{Value, json};

use super::super::dialect::{Dialect, Meaning};
use super::object;
use crate::OwnedFrame;

#[derive(Debug)]
pub(in super::super) struct OpenApi;

impl Dialect for OpenApi {
    fn read_binary(&mut self, _now: Timestamp, bytes: &[u8]) -> Meaning {
        // A heartbeat: it counts, and nobody answers it.
        let is_heartbeat = bytes == [0x08, 0x33];
        if is_heartbeat { Meaning::Query { reply: String::new() } } else { Meaning::Unknown }
    }

    fn read(&mut self, _now: Timestamp, text: &str) -> Meaning {
        let message = object(text).unwrap_or(Value::Null);
        let reply = |kind: u64| {
            json!({ "clientMsgId": message["clientMsgId"], "payloadType": kind, "payload": {} })
                .to_string()
        };
        match message["payloadType"].as_u64() {
            Some(51) => Meaning::Query { reply: String::new() },
            Some(2_100 | 2_102) => Meaning::LoggedIn { reply: reply(2_101) },
            Some(2_127) => Meaning::Subscribe { reply: reply(2_128) },
            Some(2_129) => Meaning::Unsubscribe { reply: reply(2_130) },
            Some(_) => Meaning::Refused { reply: reply(2_142) },
            None => Meaning::Unknown,
        }
    }

    fn beat(&self, _now: Timestamp, _serial: u64) -> String {
        json!({ "payloadType": 51 }).to_string()
    }

    fn data(&self, _now: Timestamp, serial: u64) -> String {
        let payload = json!({ "symbolId": serial, "bid": 108_510, "ask": 108_520 });
        json!({ "payloadType": 2_131, "payload": payload }).to_string()
    }

    /// Heartbeats in protobuf; the rest in JSON, which the same clients read.
    fn pack(&self, text: String) -> OwnedFrame {
        if text == r#"{"payloadType":51}"# {
            OwnedFrame::Binary(vec![0x08, 0x33])
        } else {
            OwnedFrame::Text(text)
        }
    }
}
