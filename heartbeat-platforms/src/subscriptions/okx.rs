//! OKX and Bitget: objects of fields, acknowledged one by one.
//!
//! Sources, read 2026-11-25: OKX API guide v5, "Subscribe" and "Unsubscribe" of the WebSocket
//! overview; Bitget API v2, "Websocket API".

use core::fmt;

use heartbeat_core::Frame;

use super::fields::Fields;
use super::words::{Read, id_of, list, reply};
use super::{Ask, ReplyScope, Said, SubscriptionLimits, SubscriptionProtocol, SubscriptionRequest};
use crate::json::Json;

/// `{"op":"subscribe","args":[{...}]}`, replied to by `{"event":"subscribe","arg":{...}}`.
pub(super) struct ByArguments {
    fields: Fields,
    /// Whether requests have ids.
    has_ids: bool,
    limits: SubscriptionLimits,
}

pub(super) static OKX: ByArguments = ByArguments {
    fields: Fields {
        heads: &["channel"],
        bare: "instId",
        rest: &["instType", "instFamily", "ccy", "instId"],
        spelling: "must be a channel, then instType=, instFamily=, ccy= and the instrument, \
                   each if it has one: `tickers BTC-USDT`",
    },
    has_ids: true,
    limits: SubscriptionLimits {
        // Documented: 64 KB for all channels of a message; 480 requests an hour. A hundred keep
        // a refusal cheap to trace.
        topics_per_message: 100,
        bytes_per_message: 64_000,
        topics_per_connection: None,
    },
};

pub(super) static BITGET: ByArguments = ByArguments {
    fields: Fields {
        heads: &["instType", "channel"],
        bare: "instId",
        rest: &["coin", "instId"],
        spelling: "must be the kind of instrument, the channel, and coin= or the instrument: \
                   `SPOT ticker BTCUSDT`",
    },
    has_ids: false,
    limits: SubscriptionLimits {
        // Documented: at most 4,096 bytes a message, 1,000 channels a connection. Third party,
        // 2026: a message of 25 order books and more failed as a whole.
        topics_per_message: 20,
        bytes_per_message: 4_096,
        topics_per_connection: Some(1_000),
    },
};

impl SubscriptionProtocol for ByArguments {
    fn limits(&self) -> SubscriptionLimits {
        self.limits
    }

    fn check(&self, topic: &str) -> Result<(), &'static str> {
        self.fields.check(topic)
    }

    fn write(&self, request: &SubscriptionRequest<'_>, out: &mut dyn fmt::Write) -> fmt::Result {
        out.write_char('{')?;
        if self.has_ids {
            write!(out, r#""id":"{}","#, request.id)?;
        }
        write!(out, r#""op":"{}","args":["#, request.ask.verb())?;
        list(out, request.topics, |out, topic| self.fields.write(topic, out))?;
        out.write_str("]}")
    }

    fn read(&self, frame: Frame<'_>, names: &mut dyn fmt::Write) -> Said {
        let Frame::Text(text) = frame else { return Said::Other };
        Json::parse(text).and_then(|it| self.read_message(it, names)).unwrap_or(Said::Other)
    }
}

impl ByArguments {
    fn read_message(&self, message: Json<'_>, names: &mut dyn fmt::Write) -> Read {
        let [event, arg, data, id] = message.pick(["event", "arg", "data", "id"])?;
        let Some(event) = event else {
            data?;
            self.fields.read(arg?, names)?;
            return Some(Said::Data);
        };
        let id = id_of(id);
        if event.is("error") {
            let topic = arg.and_then(|arg| self.fields.read(arg, names));
            let covers = if topic.is_some() { ReplyScope::Named } else { ReplyScope::Request };
            return Some(reply(false, None, id, covers));
        }
        let ask = Ask::of(event)?;
        self.fields.read(arg?, names)?;
        Some(reply(true, Some(ask), id, ReplyScope::Named))
    }
}
