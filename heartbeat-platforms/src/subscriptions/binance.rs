//! Binance market streams: spot, USD-M and COIN-M.
//!
//! Sources, read 2026-11-25: `binance-spot-api-docs`, `web-socket-streams.md`; "Live Subscribing"
//! of the derivatives' documents. A raw stream (`/ws`) does not name itself in every message;
//! what it says then is told from its event and symbol, and of what has neither nothing can be
//! told: connect to `/stream`.

use core::fmt::{self, Write as _};

use heartbeat_core::Frame;

use super::words::{Read, Scratch, id_of, name, reply, strings};
use super::{Ask, ReplyScope, Said, SubscriptionLimits, SubscriptionProtocol, SubscriptionRequest};
use crate::json::{Json, Text};

pub(super) struct Streams;

impl SubscriptionProtocol for Streams {
    fn limits(&self) -> SubscriptionLimits {
        SubscriptionLimits {
            // How many a message takes is not documented; hundreds are known to work.
            topics_per_message: 100,
            bytes_per_message: 4_096,
            // Documented for all three.
            topics_per_connection: Some(1_024),
        }
    }

    fn check(&self, topic: &str) -> Result<(), &'static str> {
        // A stream in capitals is acknowledged, and never says anything.
        let (symbol, _) = topic.split_once('@').unwrap_or_default();
        let is_lower = !symbol.chars().any(|it| it.is_ascii_uppercase());
        if is_lower && topic.contains('@') && !topic.contains(' ') {
            Ok(())
        } else {
            Err("must be a stream, its symbol in small letters: `btcusdt@trade`")
        }
    }

    fn write(&self, request: &SubscriptionRequest<'_>, out: &mut dyn fmt::Write) -> fmt::Result {
        let method = match request.ask {
            Ask::Subscribe => "SUBSCRIBE",
            Ask::Unsubscribe => "UNSUBSCRIBE",
        };
        write!(out, r#"{{"method":"{method}","params":["#)?;
        strings(out, request.topics.iter().copied())?;
        write!(out, r#"],"id":{}}}"#, request.id)
    }

    fn read(&self, frame: Frame<'_>, names: &mut dyn fmt::Write) -> Said {
        let Frame::Text(text) = frame else { return Said::Other };
        Json::parse(text).and_then(|it| read(it, names)).unwrap_or(Said::Other)
    }
}

fn read(message: Json<'_>, names: &mut dyn fmt::Write) -> Read {
    let keys = ["stream", "data", "id", "result", "error", "code", "msg"];
    let [stream, data, id, result, error, code, says] = message.pick(keys)?;
    if let (Some(stream), Some(_)) = (stream, data) {
        name(names, stream.text()?)?;
        return Some(Said::Data);
    }
    if id.is_some() || error.is_some() || (code.is_some() && says.is_some()) {
        let done = result.is_some() && error.is_none();
        return Some(reply(done, None, id_of(id), ReplyScope::Request));
    }
    read_raw(message, names)
}

/// Names the stream of a message of `/ws`, where its event is the stream's own name.
fn read_raw(message: Json<'_>, names: &mut dyn fmt::Write) -> Read {
    let [event, symbol, candle] = message.pick(["e", "s", "k"])?;
    let (event, symbol) = (event?.text()?, symbol?.text()?);
    for letter in symbol.chars() {
        names.write_char(letter.to_ascii_lowercase()).ok()?;
    }
    names.write_char('@').ok()?;
    let word = word_of(event);
    names.write_str(word.as_str()).ok()?;
    if word.as_str() == "kline" {
        let interval = candle?.get("i")?.text()?;
        names.write_char('_').ok()?;
        interval.write_to(names).ok()?;
    }
    Some(Said::Data)
}

/// Returns the word that the streams of an event have in their names.
fn word_of(event: Text<'_>) -> Scratch<32> {
    let mut word = Scratch::new();
    // What is longer than any event names no stream that anybody wants.
    let _ = if event.is("24hrTicker") {
        word.write_str("ticker")
    } else if event.is("24hrMiniTicker") {
        word.write_str("miniTicker")
    } else if event.is("depthUpdate") {
        word.write_str("depth")
    } else if event.is("markPriceUpdate") {
        word.write_str("markPrice")
    } else {
        event.write_to(&mut word)
    };
    word
}
