//! KuCoin, the classic endpoints. Shapes: Kucoin/kucoin-api-docs, 2023, and a wire capture of
//! 2026.

use heartbeat_core::{NoticeKind, Timestamp};
use serde_json::{Value, json};

use super::super::calendar::unix_millis;
use super::super::dialect::{Dialect, Meaning};
use super::super::market::{is_listed, quote};
use super::{changes, object};

#[derive(Debug)]
pub(in super::super) struct Kucoin;

impl Dialect for Kucoin {
    fn read(&mut self, now: Timestamp, text: &str) -> Meaning {
        let request = object(text).unwrap_or(Value::Null);
        let id = request["id"].as_str().unwrap_or_default();
        // The capture has a timestamp that the documents have not.
        let micros = unix_millis(now).saturating_mul(1_000);
        let pong = |id| json!({ "id": id, "type": "pong", "timestamp": micros }).to_string();
        match request["type"].as_str() {
            Some("ping") => Meaning::Probe { answer: pong(id), wrong: pong(&format!("{id}0")) },
            Some(kind @ ("subscribe" | "unsubscribe")) => {
                let topic = request["topic"].as_str().unwrap_or_default();
                let Some(streams) = streams_of(topic) else {
                    let data = format!("topic {topic} is not found");
                    let reply = json!({ "id": id, "type": "error", "code": 404, "data": data });
                    return Meaning::Refused { reply: reply.to_string() };
                };
                // Who wants no acknowledgement says so.
                let is_quiet = request["response"] == false;
                let ack = json!({ "id": id, "type": "ack" }).to_string();
                let reply = if is_quiet { String::new() } else { ack };
                changes(kind == "subscribe", streams, &reply)
            }
            Some(_) | None => Meaning::Refused {
                reply: json!({
                    "id": id,
                    "type": "error",
                    "code": 415,
                    "data": "type is not supported",
                })
                .to_string(),
            },
        }
    }

    fn greeting(&self) -> Option<String> {
        Some(json!({ "id": "hQvf8jkno", "type": "welcome" }).to_string())
    }

    fn notice(&self, _now: Timestamp, kind: NoticeKind) -> Option<String> {
        (kind == NoticeKind::SessionExpired).then(|| {
            let said = "token is expired";
            json!({ "type": "error", "code": 401, "data": said }).to_string()
        })
    }

    fn data(&self, now: Timestamp, serial: u64) -> String {
        self.data_of(now, serial, "/market/ticker:BTC-USDT")
    }

    fn data_of(&self, now: Timestamp, serial: u64, stream: &str) -> String {
        let (prefix, symbol) = stream.split_once(':').unwrap_or((stream, ""));
        let symbol = symbol.split('_').next().unwrap_or_default();
        let Some(quote) = quote(symbol, serial) else { return String::new() };
        let (last, bid, ask, time) = (quote.last(), quote.bid(), quote.ask(), unix_millis(now));
        let sequence = serial.to_string();
        let (subject, data) = match prefix.rsplit('/').next().unwrap_or_default() {
            "match" | "execution" => (
                "trade.l3match",
                json!({
                    "sequence": sequence, "symbol": symbol, "side": "buy", "size": "0.001",
                    "price": last, "tradeId": sequence, "takerOrderId": "1", "makerOrderId": "2",
                    "time": (time * 1_000_000).to_string(), "type": "match",
                }),
            ),
            "level2" => (
                "trade.l2update",
                json!({
                    "symbol": symbol, "sequenceStart": serial, "sequenceEnd": serial, "time": time,
                    "changes": { "asks": [[ask, "0.25", sequence]],
                    "bids": [[bid, "0.5", sequence]] },
                }),
            ),
            depth if depth.starts_with("level") => (
                "level2",
                json!({
                    "asks": [[ask, "0.25"]], "bids": [[bid, "0.5"]], "timestamp": time,
                }),
            ),
            "candles" => (
                "trade.candles.update",
                json!({
                    "symbol": symbol, "time": time * 1_000_000,
                    "candles": [(time / 1_000).to_string(), bid, last, ask, bid, "1.5", "1.5"],
                }),
            ),
            _ => (
                "trade.ticker",
                json!({
                    "sequence": sequence, "price": last, "size": "0.001", "bestBid": bid,
                    "bestBidSize": "0.5", "bestAsk": ask, "bestAskSize": "0.25", "time": time,
                }),
            ),
        };
        let message =
            json!({ "type": "message", "topic": stream, "subject": subject, "data": data });
        message.to_string()
    }
}

/// The topics of symbols, spot and futures, that are played.
const TOPICS: [&str; 13] = [
    "/market/ticker",
    "/market/snapshot",
    "/market/level2",
    "/market/match",
    "/market/candles",
    "/spotMarket/level1",
    "/spotMarket/level2Depth5",
    "/spotMarket/level2Depth50",
    "/contractMarket/ticker",
    "/contractMarket/tickerV2",
    "/contractMarket/level2",
    "/contractMarket/execution",
    "/contractMarket/level2Depth5",
];

/// Returns the stream of each symbol that a topic names; `None` if one of them is unknown. Private
/// topics have no symbol, and nothing is said in them until something happens.
fn streams_of(topic: &str) -> Option<Vec<String>> {
    let Some((prefix, symbols)) = topic.split_once(':') else {
        let is_private = topic.starts_with("/spotMarket/trade")
            || topic.starts_with("/account/")
            || topic.starts_with("/contractMarket/trade")
            || topic.starts_with("/contractAccount/");
        return is_private.then(|| vec![topic.to_owned()]);
    };
    if prefix == "/market/ticker" && symbols == "all" {
        return Some(vec![format!("{prefix}:BTC-USDT")]);
    }
    let mut symbols = symbols.split(',');
    let is_known = TOPICS.contains(&prefix) && symbols.clone().all(is_listed);
    is_known.then(|| symbols.by_ref().map(|symbol| format!("{prefix}:{symbol}")).collect())
}
