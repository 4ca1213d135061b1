//! Deribit, JSON-RPC 2.0. Shapes: docs.deribit.com, session management, and a wire capture of
//! 2026.

use core::time::Duration;

use heartbeat_core::{NoticeKind, Timestamp};
use heartbeat_platforms::CloseRule;
use serde_json::{Value, json};

use super::super::Offence;
use super::super::calendar::unix_millis;
use super::super::dialect::{Challenge, Dialect, Meaning};
use super::super::market::{is_listed, quote};
use super::{WRONG_KEY, changes, object, texts};

/// The shortest interval that `public/set_heartbeat` takes, in seconds (docs.deribit.com).
const INTERVAL_MIN: u64 = 10;

/// JSON-RPC 2.0, section 5.1.
const INVALID_REQUEST: i64 = -32_600;
const METHOD_NOT_FOUND: i64 = -32_601;
const INVALID_PARAMS: i64 = -32_602;

/// Deribit's own.
const INVALID_CREDENTIALS: i64 = 13_004;

#[derive(Debug)]
pub(in super::super) struct Deribit;

impl Dialect for Deribit {
    fn read(&mut self, now: Timestamp, text: &str) -> Meaning {
        let Some(request) = object(text) else {
            return Meaning::Unknown;
        };
        let id = &request["id"];
        // The documents reject a request without an id; a capture saw one answered. The mock
        // takes the stricter side.
        if !id.is_number() && !id.is_string() {
            let reply = error(&Value::Null, INVALID_REQUEST, "request must have an id");
            return Meaning::Refused { reply };
        }
        match request["method"].as_str() {
            Some("public/test") => {
                let reply = reply(now, id, &json!({ "version": "1.2.26" }));
                Meaning::Response { token: String::new(), reply }
            }
            Some("public/set_heartbeat") => match request["params"]["interval"].as_u64() {
                Some(seconds @ INTERVAL_MIN..) => Meaning::Arm {
                    reply: reply(now, id, &json!("ok")),
                    every: Some(Duration::from_secs(seconds)),
                },
                Some(_) | None => Meaning::Refused {
                    reply: error(id, INVALID_PARAMS, "interval must be at least 10"),
                },
            },
            Some("public/disable_heartbeat") => {
                Meaning::Disarm { reply: reply(now, id, &json!("ok")) }
            }
            Some(
                method @ ("private/enable_cancel_on_disconnect"
                | "private/disable_cancel_on_disconnect"),
            ) => Meaning::CancelOnDisconnect {
                on: method == "private/enable_cancel_on_disconnect",
                reply: reply(now, id, &json!("ok")),
            },
            Some(method @ ("public/subscribe" | "private/subscribe")) => {
                subscribe(now, &request, method == "private/subscribe")
            }
            Some("public/unsubscribe" | "private/unsubscribe") => {
                let channels = texts(&request["params"]["channels"]);
                let reply = reply(now, id, &json!(channels));
                changes(false, channels.into_iter().map(str::to_owned), &reply)
            }
            Some("public/auth") => login(now, &request),
            Some("public/hello") => {
                Meaning::Query { reply: reply(now, id, &json!({ "version": "1.2.26" })) }
            }
            Some("public/get_time") => {
                Meaning::Query { reply: reply(now, id, &json!(unix_millis(now))) }
            }
            Some(_) | None => {
                Meaning::Refused { reply: error(id, METHOD_NOT_FOUND, "method not found") }
            }
        }
    }

    fn challenge(&self, _now: Timestamp, _serial: u64) -> Challenge {
        let text = r#"{"params":{"type":"test_request"},"method":"heartbeat","jsonrpc":"2.0"}"#;
        Challenge { text: text.to_owned(), token: String::new() }
    }

    fn beat(&self, _now: Timestamp, _serial: u64) -> String {
        r#"{"params":{"type":"heartbeat"},"method":"heartbeat","jsonrpc":"2.0"}"#.to_owned()
    }

    fn notice(&self, _now: Timestamp, kind: NoticeKind) -> Option<String> {
        (kind == NoticeKind::SessionExpired).then(|| {
            let data = json!({ "reason": "token has expired", "param": "access_token" });
            let error = json!({ "code": 13_009, "message": "invalid_token", "data": data });
            json!({ "jsonrpc": "2.0", "error": error, "id": 42 }).to_string()
        })
    }

    fn data(&self, now: Timestamp, serial: u64) -> String {
        self.data_of(now, serial, "ticker.BTC-PERPETUAL.100ms")
    }

    fn data_of(&self, now: Timestamp, serial: u64, stream: &str) -> String {
        let (kind, instrument) = kind_and_instrument(stream);
        let Some(quote) = quote(instrument, serial) else { return String::new() };
        let ([last, bid, ask], time) = (quote.numbers(), unix_millis(now));
        let data = match kind {
            "ticker" => json!({
                "type": "change", "timestamp": time, "instrument_name": instrument,
                "change_id": serial, "best_bid_price": bid, "best_bid_amount": 50.0,
                "best_ask_price": ask, "best_ask_amount": 25.0, "last_price": last,
                "mark_price": last, "index_price": last, "open_interest": 1000, "state": "open",
                "stats": { "volume": 100.0, "high": ask, "low": bid, "price_change": 0.1 },
            }),
            "quote" => json!({
                "timestamp": time, "instrument_name": instrument, "best_bid_price": bid,
                "best_bid_amount": 50.0, "best_ask_price": ask, "best_ask_amount": 25.0,
            }),
            "trades" => json!([{
                "trade_seq": serial, "trade_id": serial.to_string(), "timestamp": time,
                "instrument_name": instrument, "price": last, "amount": 10.0,
                "direction": "buy", "index_price": last, "mark_price": last, "tick_direction": 0,
            }]),
            "book" => json!({
                "type": "snapshot", "timestamp": time, "instrument_name": instrument,
                "change_id": serial, "bids": [["new", bid, 50.0]], "asks": [["new", ask, 25.0]],
            }),
            "deribit_price_index" => json!({
                "timestamp": time, "price": last, "index_name": instrument,
            }),
            "perpetual" => json!({ "timestamp": time, "interest": 0.0, "index_price": last }),
            "chart" => json!({
                "tick": time, "open": bid, "high": ask, "low": bid, "close": last, "volume": 1.5,
                "cost": 10.0,
            }),
            // A user's: nothing until something happens.
            _ => return String::new(),
        };
        let params = json!({ "channel": stream, "data": data });
        json!({ "jsonrpc": "2.0", "method": "subscription", "params": params }).to_string()
    }

    /// An idle connection without a heartbeat was dropped without a close frame (wire capture,
    /// 2026, three runs).
    fn close_for(&self, why: Offence) -> Option<CloseRule> {
        (why == Offence::Silence).then_some(CloseRule::Cut)
    }
}

/// The kinds of channels that are of an instrument.
const KINDS: [&str; 7] =
    ["ticker", "quote", "trades", "book", "deribit_price_index", "perpetual", "chart"];

/// Takes `ticker.BTC-PERPETUAL.100ms` and `chart.trades.BTC-PERPETUAL.1` apart.
fn kind_and_instrument(channel: &str) -> (&str, &str) {
    let mut parts = channel.split('.');
    let kind = parts.next().unwrap_or_default();
    let instrument = if kind == "chart" { parts.nth(1) } else { parts.next() };
    (kind, instrument.unwrap_or_default())
}

fn is_known(channel: &str, private: bool) -> bool {
    let (kind, instrument) = kind_and_instrument(channel);
    (KINDS.contains(&kind) && is_listed(instrument))
        // Of all instruments of a currency.
        || (kind == "trades" && matches!(instrument, "future" | "option" | "spot"))
        || (kind == "user" && private)
}

/// The reply lists the channels that there are; if there is none, it is an error.
fn subscribe(now: Timestamp, request: &Value, private: bool) -> Meaning {
    let id = &request["id"];
    let channels = texts(&request["params"]["channels"]);
    let known: Vec<_> = channels.into_iter().filter(|it| is_known(it, private)).collect();
    if known.is_empty() {
        return Meaning::Refused { reply: error(id, INVALID_PARAMS, "Invalid params") };
    }
    let reply = reply(now, id, &json!(known));
    changes(true, known.into_iter().map(str::to_owned), &reply)
}

/// Any client is well, but one.
fn login(now: Timestamp, request: &Value) -> Meaning {
    let (id, params) = (&request["id"], &request["params"]);
    let key = params["client_id"].as_str().or_else(|| params["refresh_token"].as_str());
    match key {
        Some(WRONG_KEY) | None => {
            Meaning::Refused { reply: error(id, INVALID_CREDENTIALS, "invalid_credentials") }
        }
        Some(_) => {
            let grant = json!({
                "access_token": "1.token", "refresh_token": "1.refresh", "expires_in": 900,
                "scope": "session:mock mainaccount trade:read_write", "token_type": "bearer",
            });
            Meaning::LoggedIn { reply: reply(now, id, &grant) }
        }
    }
}

fn reply(now: Timestamp, id: &Value, result: &Value) -> String {
    let micros = unix_millis(now).saturating_mul(1_000);
    json!({
        "jsonrpc": "2.0",
        "id": id,
        "result": result,
        "usIn": micros,
        "usOut": micros,
        "usDiff": 0,
        "testnet": true,
    })
    .to_string()
}

fn error(id: &Value, code: i64, message: &str) -> String {
    json!({ "jsonrpc": "2.0", "id": id, "error": { "code": code, "message": message } }).to_string()
}
