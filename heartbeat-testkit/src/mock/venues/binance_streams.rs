//! What Binance's market streams of all markets have in common: how a stream is asked for, in a
//! message and in the URL, and its data. Shapes: binance-spot-api-docs, web-socket-streams.md, and
//! developers.binance.com, derivatives, 2026.

use heartbeat_core::Timestamp;
use serde_json::{Value, json};

use super::super::calendar::unix_millis;
use super::super::dialect::Meaning;
use super::super::market::{is_listed, quote};
use super::{changes, object, texts};

/// The streams of one connection.
#[derive(Debug, Default)]
pub(super) struct BinanceStreams {
    chosen: Vec<String>,
    /// Whether data comes as `{"stream":...,"data":...}`.
    combined: bool,
}

/// The kinds of stream that a symbol has, up to their parameters.
const KINDS: [&str; 14] = [
    "aggTrade",
    "trade",
    "kline",
    "miniTicker",
    "ticker",
    "bookTicker",
    "depth",
    "avgPrice",
    "markPrice",
    "forceOrder",
    "continuousKline",
    "compositeIndex",
    "assetIndex",
    "blockTrade",
];

impl BinanceStreams {
    pub(super) fn read(&mut self, text: &str) -> Meaning {
        let request = object(text).unwrap_or(Value::Null);
        let id = &request["id"];
        let params = texts(&request["params"]);
        let error = |code: i32, msg: &str| {
            let reply = json!({ "code": code, "msg": msg, "id": id });
            Meaning::Refused { reply: reply.to_string() }
        };
        match request["method"].as_str() {
            Some("SUBSCRIBE" | "UNSUBSCRIBE") if params.is_empty() => {
                error(2, "Invalid request: params must be a list of streams")
            }
            Some(method @ ("SUBSCRIBE" | "UNSUBSCRIBE")) => {
                if !params.iter().all(|stream| is_stream(stream)) {
                    return error(2, "Invalid request: unknown stream");
                }
                let starts = method == "SUBSCRIBE";
                for stream in &params {
                    self.chosen.retain(|chosen| chosen != stream);
                    self.chosen.extend(starts.then(|| (*stream).to_owned()));
                }
                let reply = json!({ "result": null, "id": id });
                changes(starts, params.into_iter().map(str::to_owned), &reply)
            }
            Some("LIST_SUBSCRIPTIONS") => {
                Meaning::Query { reply: json!({ "result": self.chosen, "id": id }).to_string() }
            }
            Some("SET_PROPERTY") => match (request["params"][0].as_str(), &request["params"][1]) {
                (Some("combined"), Value::Bool(on)) => {
                    self.combined = *on;
                    Meaning::Query { reply: json!({ "result": null, "id": id }).to_string() }
                }
                (Some("combined"), _) => error(1, "Invalid value type: expected Boolean"),
                _ => error(0, "Unknown property"),
            },
            Some("GET_PROPERTY") => {
                Meaning::Query { reply: json!({ "result": self.combined, "id": id }).to_string() }
            }
            Some(_) | None => error(2, "Invalid request: unknown method"),
        }
    }

    /// Reads `/ws/<stream>/<stream>` and `/stream?streams=<stream>/<stream>`.
    pub(super) fn open(&mut self, target: &str) -> Vec<String> {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let listed = query.split('&').find_map(|field| field.strip_prefix("streams="));
        self.combined = path.ends_with("/stream") || listed.is_some();
        let names = listed.unwrap_or_else(|| path.split_once("/ws/").map_or("", |(_, it)| it));
        let names = names.split('/').map(|name| name.replace("%40", "@"));
        self.chosen = names.filter(|name| is_stream(name)).collect();
        self.chosen.clone()
    }

    pub(super) fn data_of(&self, now: Timestamp, serial: u64, stream: &str) -> String {
        let data = data_of(now, serial, stream);
        if self.combined {
            return json!({ "stream": stream, "data": data }).to_string();
        }
        data.to_string()
    }
}

/// Tells whether there is such a stream: `<symbol>@<kind>`, or `!<kind>` of all symbols.
fn is_stream(name: &str) -> bool {
    let kind_of = |text: &str| {
        let kind = text.split(['@', '_']).next().unwrap_or_default();
        kind.trim_end_matches(|byte: char| byte.is_ascii_digit()).to_owned()
    };
    match name.split_once('@') {
        _ if name.starts_with('!') => KINDS.contains(&kind_of(&name[1..]).as_str()),
        Some((symbol, kind)) => {
            let is_lower = !symbol.bytes().any(|byte| byte.is_ascii_uppercase());
            is_lower && is_listed(symbol) && KINDS.contains(&kind_of(kind).as_str())
        }
        None => false,
    }
}

fn data_of(now: Timestamp, serial: u64, stream: &str) -> Value {
    let (symbol, kind) = match stream.split_once('@') {
        Some((symbol, kind)) if !stream.starts_with('!') => (symbol, kind),
        _ => ("btcusdt", stream.trim_start_matches('!')),
    };
    let millis = unix_millis(now);
    let upper = symbol.to_ascii_uppercase();
    let Some(quote) = quote(symbol, serial) else { return Value::Null };
    let (last, bid, ask) = (quote.last(), quote.bid(), quote.ask());
    let data = match kind.split(['@', '_']).next().unwrap_or_default() {
        "aggTrade" => json!({
            "e": "aggTrade", "E": millis, "s": upper, "a": serial, "p": last, "q": "0.001",
            "f": serial, "l": serial, "T": millis, "m": true, "M": true,
        }),
        "trade" => json!({
            "e": "trade", "E": millis, "s": upper, "t": serial, "p": last, "q": "0.001",
            "T": millis, "m": true, "M": true,
        }),
        "kline" | "continuousKline" => json!({
            "e": "kline", "E": millis, "s": upper,
            "k": {
                "t": millis / 60_000 * 60_000, "T": millis / 60_000 * 60_000 + 59_999, "s": upper,
                "i": kind.rsplit('_').next(), "f": serial, "L": serial, "o": bid, "c": last,
                "h": ask, "l": bid, "v": "1.5", "n": 1, "x": false, "q": "1.5", "V": "1", "Q": "1",
                "B": "0",
            },
        }),
        "bookTicker" => json!({
            "e": "bookTicker", "E": millis, "T": millis, "u": serial, "s": upper, "b": bid,
            "B": "0.5", "a": ask, "A": "0.25",
        }),
        "markPrice" => json!({
            "e": "markPriceUpdate", "E": millis, "s": upper, "p": last, "i": last, "P": last,
            "r": "0.0001", "T": millis,
        }),
        "forceOrder" => json!({
            "e": "forceOrder", "E": millis,
            "o": { "s": upper, "S": "SELL", "o": "LIMIT", "f": "IOC", "q": "0.001", "p": last,
                "ap": last, "X": "FILLED", "l": "0.001", "z": "0.001", "T": millis },
        }),
        "avgPrice" => json!({
            "e": "avgPrice", "E": millis, "s": upper, "i": "5m", "w": last, "T": millis,
        }),
        // A partial book has no name and no time on spot; its levels are the same everywhere.
        depth if depth.len() > "depth".len() && depth.starts_with("depth") => json!({
            "lastUpdateId": serial, "bids": [[bid, "0.5"]], "asks": [[ask, "0.25"]],
        }),
        "depth" => json!({
            "e": "depthUpdate", "E": millis, "T": millis, "s": upper, "U": serial, "u": serial,
            "pu": serial.saturating_sub(1), "b": [[bid, "0.5"]], "a": [[ask, "0.25"]],
        }),
        other => json!({
            "e": if other == "miniTicker" { "24hrMiniTicker" } else { "24hrTicker" },
            "E": millis, "s": upper, "p": "0", "P": "0", "w": last, "x": bid, "c": last,
            "Q": "0.001", "b": bid, "B": "0.5", "a": ask, "A": "0.25", "o": bid, "h": ask, "l": bid,
            "v": "100", "q": "9100050", "O": millis, "C": millis, "F": 1, "L": serial, "n": serial,
        }),
    };
    if stream.starts_with('!') && stream.ends_with("@arr") { json!([data]) } else { data }
}
