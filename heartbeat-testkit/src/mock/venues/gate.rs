//! Gate v4, spot and futures. Shapes: copies of its documentation, and captures, 2026.

use heartbeat_core::{NoticeKind, Timestamp};
use serde_json::{Value, json};

use super::super::calendar::unix_millis;
use super::super::dialect::{Dialect, Meaning};
use super::super::market::{is_listed, quote};
use super::{WRONG_KEY, changes, object, texts};

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
                let starts = event == "subscribe";
                let mut reply = self.message(now, channel, event, &json!({ "status": "success" }));
                for field in ["id", "payload"] {
                    if let Some(value) = request.get(field) {
                        reply[field] = value.clone();
                    }
                }
                match streams_of(channel, &request) {
                    Ok(streams) => changes(starts, streams, &reply),
                    Err((code, message)) => {
                        reply["error"] = json!({ "code": code, "message": message });
                        reply["result"] = Value::Null;
                        Meaning::Refused { reply: reply.to_string() }
                    }
                }
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
        self.data_of(now, serial, "book_ticker:BTC_USDT")
    }

    fn data_of(&self, now: Timestamp, serial: u64, stream: &str) -> String {
        let (channel, symbol) = stream.split_once(':').unwrap_or((stream, ""));
        let Some(quote) = quote(symbol, serial) else { return String::new() };
        let (last, bid, ask, millis) = (quote.last(), quote.bid(), quote.ask(), unix_millis(now));
        let is_spot = self.market == "spot";
        let level = |price: &str, size: u64| {
            if is_spot { json!([price, "0.5"]) } else { json!({ "p": price, "s": size }) }
        };
        let (bids, asks) = ([level(&bid, 5)], [level(&ask, 3)]);
        let result = match channel {
            "book_ticker" => json!({
                "t": millis, "u": serial, "s": symbol, "b": bid, "B": "0.5", "a": ask, "A": "0.25",
            }),
            "trades" | "trades_v2" if is_spot => json!({
                "id": serial, "create_time": millis / 1_000, "create_time_ms": millis.to_string(),
                "side": "buy", "currency_pair": symbol, "amount": "0.001", "price": last,
            }),
            "trades" => json!([{
                "id": serial, "create_time": millis / 1_000, "create_time_ms": millis, "size": 1,
                "price": last, "contract": symbol,
            }]),
            "order_book_update" | "obu" => json!({
                "t": millis, "e": "depthUpdate", "E": millis / 1_000, "s": symbol, "U": serial,
                "u": serial, "b": bids, "a": asks,
            }),
            "order_book" => json!({
                "t": millis, "lastUpdateId": serial, "id": serial, "s": symbol, "contract": symbol,
                "bids": bids, "asks": asks,
            }),
            "candlesticks" => json!({
                "t": (millis / 1_000).to_string(), "v": "1.5", "c": last, "h": ask, "l": bid,
                "o": bid, "n": format!("1m_{symbol}"), "a": "1.5", "w": false,
            }),
            "tickers" if is_spot => json!({
                "currency_pair": symbol, "last": last, "lowest_ask": ask, "highest_bid": bid,
                "change_percentage": "0.1", "base_volume": "100", "quote_volume": "9100050",
                "high_24h": ask, "low_24h": bid,
            }),
            "tickers" => json!([{
                "contract": symbol, "last": last, "change_percentage": "0.1", "mark_price": last,
                "index_price": last, "funding_rate": "0.0001", "volume_24h": "100",
                "lowest_ask": ask, "highest_bid": bid, "high_24h": ask, "low_24h": bid,
            }]),
            _ => return String::new(),
        };
        let event = if channel == "order_book" && !is_spot { "all" } else { "update" };
        self.message(now, channel, event, &result).to_string()
    }
}

/// The channels of symbols, and those in which something is said when something happens.
const OF_SYMBOLS: [&str; 8] = [
    "tickers",
    "trades",
    "trades_v2",
    "candlesticks",
    "book_ticker",
    "order_book",
    "order_book_update",
    "obu",
];
const PRIVATE: [&str; 11] = [
    "orders",
    "orders_v2",
    "usertrades",
    "usertrades_v2",
    "balances",
    "positions",
    "autoorders",
    "liquidates",
    "auto_deleverages",
    "position_closes",
    "margin_balances",
];

/// Returns the streams of a request: its symbols stand among the other words of its payload.
fn streams_of(channel: &str, request: &Value) -> Result<Vec<String>, (u8, String)> {
    if PRIVATE.contains(&channel) {
        return match request["auth"]["KEY"].as_str() {
            Some(WRONG_KEY) | None => Err((4, "authentication fail".to_owned())),
            Some(_) => Ok(vec![channel.to_owned()]),
        };
    }
    if !OF_SYMBOLS.contains(&channel) {
        return Err((2, format!("unknown channel {channel}")));
    }
    let symbol_in = |word: &str| {
        // `ob.BTC_USDT.50` in the channel of updates by its newer name.
        let symbol = word.split('.').find(|part| part.contains('_'))?;
        Some(symbol.to_owned())
    };
    let symbols: Vec<_> = texts(&request["payload"]).into_iter().filter_map(symbol_in).collect();
    if symbols.is_empty() {
        return Err((2, "payload must name a currency pair".to_owned()));
    }
    match symbols.iter().find(|symbol| !is_listed(symbol)) {
        Some(unknown) => Err((2, format!("unknown currency pair {unknown}"))),
        None => Ok(symbols.iter().map(|symbol| format!("{channel}:{symbol}")).collect()),
    }
}
