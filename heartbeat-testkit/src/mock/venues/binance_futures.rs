//! Binance futures market streams, of both margins. Shapes: developers.binance.com, derivatives,
//! 2026.

use heartbeat_core::{NoticeKind, Timestamp};
use serde_json::json;

use super::super::calendar::unix_millis;
use super::super::dialect::{Dialect, Meaning};
use super::binance_streams::BinanceStreams;

#[derive(Debug)]
pub(in super::super) struct BinanceFutures {
    /// The symbol that it streams.
    symbol: &'static str,
    streams: BinanceStreams,
}

impl BinanceFutures {
    pub(in super::super) fn usdm() -> Self {
        Self { symbol: "BTCUSDT", streams: BinanceStreams::default() }
    }

    pub(in super::super) fn coinm() -> Self {
        Self { symbol: "BTCUSD_PERP", streams: BinanceStreams::default() }
    }
}

impl Dialect for BinanceFutures {
    fn read(&mut self, _now: Timestamp, text: &str) -> Meaning {
        self.streams.read(text)
    }

    fn open(&mut self, target: &str) -> Option<Vec<String>> {
        Some(self.streams.open(target))
    }

    fn data_of(&self, now: Timestamp, serial: u64, stream: &str) -> String {
        self.streams.data_of(now, serial, stream)
    }

    fn notice(&self, now: Timestamp, kind: NoticeKind) -> Option<String> {
        (kind == NoticeKind::SessionExpired).then(|| {
            json!({ "e": "listenKeyExpired", "E": unix_millis(now), "listenKey": "KEY" })
                .to_string()
        })
    }

    fn data(&self, now: Timestamp, serial: u64) -> String {
        let millis = unix_millis(now);
        json!({
            "e": "aggTrade",
            "E": millis,
            "s": self.symbol,
            "a": serial,
            "p": "91000.5",
            "q": "0.001",
            "f": serial,
            "l": serial,
            "T": millis,
            "m": true,
        })
        .to_string()
    }

    /// `/ws/<stream>` needs no subscription. Where there is a URL, that says which.
    fn streams_from_opening(&self) -> bool {
        true
    }
}
