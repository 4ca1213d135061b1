//! What a frame means, decided slowly and obviously: every text is parsed whole by `serde_json`
//! into a tree, and the venue's sentences are looked up in it.

use core::time::Duration;

use heartbeat_core::{Frame, NoticeKind, ProbeId, Signal, Token};
use heartbeat_platforms::Exchange;

use super::tree::Tree;

/// Gives `frame` its meaning at `exchange`.
pub(crate) fn classify(exchange: Exchange, frame: Frame<'_>) -> Signal {
    let Frame::Text(text) = frame else { return Signal::of_control(frame) };
    let read = match exchange {
        Exchange::Deribit => deribit,
        Exchange::BinanceSpot => binance_spot,
        Exchange::Okx if text == "pong" => return Signal::Answer { probe: None },
        Exchange::Okx => okx,
        Exchange::KrakenV2 => kraken_v2,
        Exchange::CoinbaseAdvanced => coinbase_advanced,
        Exchange::Rfc6455 => return Signal::Data,
        _ => panic!("{exchange} has no reference"),
    };
    // The longest that is looked into at all, unless an escape is all that speaks for it.
    let has_needle = text.contains("heartbeats") || text.contains("error");
    let longest =
        if exchange == Exchange::CoinbaseAdvanced && has_needle { 16 * 1024 } else { 512 };
    let searched = text.len() <= longest;
    let tree = if searched { Tree::parse(text) } else { None };
    tree.and_then(|tree| read(&tree)).unwrap_or(Signal::Data)
}

impl Tree {
    /// This, if it is an object in which none of `keys` occurs twice.
    fn clear_in(&self, keys: &[&str]) -> Option<&Self> {
        let Self::Object(members) = self else { return None };
        let count = |key: &str| members.iter().filter(|(name, _)| name == key).count();
        keys.iter().all(|key| count(key) <= 1).then_some(self)
    }

    fn get(&self, key: &str) -> Option<&Self> {
        let Self::Object(members) = self else { return None };
        members.iter().find(|(name, _)| name == key).map(|(_, value)| value)
    }

    /// The member with this key, if there is exactly one.
    fn only(&self, key: &str) -> Option<&Self> {
        self.clear_in(&[key])?.get(key)
    }

    fn is(&self, expected: &str) -> bool {
        matches!(self, Self::Text(text) if text == expected)
    }

    fn number(&self) -> Option<u64> {
        if let Self::Number(number) = self { number.as_u64() } else { None }
    }

    fn items(&self) -> Option<&[Self]> {
        if let Self::List(items) = self { Some(items) } else { None }
    }
}

fn deribit(tree: &Tree) -> Option<Signal> {
    let tree = tree.clear_in(&["method", "params", "id", "result", "error"])?;
    if let Some(method) = tree.get("method") {
        let kind = tree.get("params")?.only("type")?;
        return match method.is("heartbeat") {
            true if kind.is("test_request") => Some(Signal::Challenge { token: Token::default() }),
            true if kind.is("heartbeat") => Some(Signal::Beat { counter: None }),
            _ => None,
        };
    }
    match (tree.get("id")?.number()?, tree.get("result"), tree.get("error")) {
        (79_448_305_041_409, Some(ok), None) if ok.is("ok") => Some(Signal::Armed),
        (79_448_305_041_409, None, Some(Tree::Object(_))) => Some(Signal::ArmRefused),
        (79_448_305_041_410, Some(_), None) => Some(Signal::Beat { counter: None }),
        _ => None,
    }
}

fn binance_spot(tree: &Tree) -> Option<Signal> {
    let keys = ["e", "stream", "data", "event"];
    let tree = tree.clear_in(&keys)?;
    let present = keys.into_iter().filter(|key| tree.get(key).is_some()).collect::<Vec<_>>();
    let kind = match present[..] {
        ["e"] => tree.get("e")?,
        ["event"] => tree.get("event")?.only("e")?,
        ["stream", "data"] if tree.get("stream")?.is("!serverShutdown") => {
            tree.get("data")?.only("e")?
        }
        _ => return None,
    };
    let notice = Signal::Notice { kind: NoticeKind::Shutdown, deadline: None };
    kind.is("serverShutdown").then_some(notice)
}

fn okx(tree: &Tree) -> Option<Signal> {
    let tree = tree.clear_in(&["event", "code"])?;
    let deadline = Some(Duration::from_secs(30));
    let notice = Signal::Notice { kind: NoticeKind::Shutdown, deadline };
    (tree.get("event")?.is("notice") && tree.get("code")?.is("64008")).then_some(notice)
}

fn kraken_v2(tree: &Tree) -> Option<Signal> {
    let tree = tree.clear_in(&["method", "channel"])?;
    match (tree.get("method"), tree.get("channel")) {
        (Some(method), None) if method.is("pong") => kraken_pong(tree),
        (None, Some(channel)) if channel.is("heartbeat") => Some(Signal::Beat { counter: None }),
        (None, Some(channel)) if channel.is("status") => {
            let system = tree.only("data")?.items()?.first()?.only("system")?;
            let kind = NoticeKind::MaintenanceStarted;
            system.is("maintenance").then_some(Signal::Notice { kind, deadline: None })
        }
        _ => None,
    }
}

fn kraken_pong(tree: &Tree) -> Option<Signal> {
    let tree = tree.clear_in(&["req_id", "success"])?;
    if !matches!(tree.get("success"), None | Some(Tree::Bool(true))) {
        return None;
    }
    let first = 79_448_305_041_408;
    let id = tree.get("req_id").and_then(Tree::number);
    let Some(id) = id.filter(|id| (first..first + (1 << 32)).contains(id)) else {
        return Some(Signal::Unsolicited);
    };
    let number = u32::try_from(id - first).expect("below 2^32");
    Some(Signal::Answer { probe: Some(ProbeId::from_number(number)) })
}

fn coinbase_advanced(tree: &Tree) -> Option<Signal> {
    let tree = tree.clear_in(&["type", "channel", "events"])?;
    match (tree.get("type"), tree.get("channel")) {
        (Some(kind), None) if kind.is("error") => Some(Signal::ArmRefused),
        (None, Some(channel)) if channel.is("heartbeats") => {
            let counter = tree.get("events")?.items()?.first()?.only("heartbeat_counter")?;
            let digits = |text: &&String| text.bytes().all(|byte| byte.is_ascii_digit());
            let in_text = if let Tree::Text(text) = counter { Some(text) } else { None };
            let in_text = in_text.filter(digits).and_then(|text| text.parse().ok());
            Some(Signal::Beat { counter: Some(counter.number().or(in_text)?) })
        }
        (None, Some(channel)) if channel.is("subscriptions") => {
            let listed = |event: &Tree| {
                let list = event.only("subscriptions");
                list.is_some_and(|list| list.only("heartbeats").is_some())
            };
            tree.get("events")?.items()?.iter().any(listed).then_some(Signal::Armed)
        }
        _ => None,
    }
}
