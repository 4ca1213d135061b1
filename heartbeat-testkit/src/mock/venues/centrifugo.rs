//! Centrifugo, in JSON. Shapes: centrifugal/protocol, client.proto.

use heartbeat_core::Timestamp;
use serde_json::{Value, json};

use super::super::dialect::{Challenge, Dialect, Meaning};
use super::object;

#[derive(Debug)]
pub(in super::super) struct Centrifugo;

impl Dialect for Centrifugo {
    fn read(&mut self, _now: Timestamp, text: &str) -> Meaning {
        let lines = text.split('\n').map(str::trim).filter(|line| !line.is_empty());
        let mut meanings = lines.map(command).collect::<Vec<_>>();
        if meanings.len() == 1 { meanings.remove(0) } else { Meaning::Several(meanings) }
    }

    fn challenge(&self, _now: Timestamp, _serial: u64) -> Challenge {
        Challenge { text: "{}".to_owned(), token: String::new() }
    }

    fn data(&self, _now: Timestamp, serial: u64) -> String {
        let publication = json!({ "offset": serial, "data": { "price": "0.51" } });
        json!({ "push": { "channel": "best_odds:1", "pub": publication } }).to_string()
    }
}

fn command(line: &str) -> Meaning {
    if line == "{}" {
        return Meaning::Response { token: String::new(), reply: String::new() };
    }
    let Some(command) = object(line) else { return Meaning::Unknown };
    let id = &command["id"];
    let member = |key: &str| command.get(key).is_some();
    if member("connect") {
        let connect = json!({
            "client": "c55b3a0c-7a1e-4d27-9c83-5a2f8f2d7d11",
            "version": "6.2.4",
            "ping": 25,
            "pong": true,
        });
        let reply = json!({ "id": id, "connect": connect }).to_string();
        Meaning::Arm { reply, every: None }
    } else if member("subscribe") {
        Meaning::Subscribe { reply: json!({ "id": id, "subscribe": {} }).to_string() }
    } else if member("unsubscribe") {
        Meaning::Unsubscribe { reply: json!({ "id": id, "unsubscribe": {} }).to_string() }
    } else if id == &Value::Null {
        Meaning::Unknown
    } else {
        let error = json!({ "code": 108, "message": "not available" });
        Meaning::Refused { reply: json!({ "id": id, "error": error }).to_string() }
    }
}
