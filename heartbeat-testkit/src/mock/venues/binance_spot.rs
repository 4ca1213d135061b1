//! Binance spot market streams. Shapes: binance-spot-api-docs, web-socket-streams.md, 2026.

use heartbeat_core::{NoticeKind, Timestamp};
use serde_json::json;

use super::super::calendar::unix_millis;
use super::super::dialect::{Dialect, Meaning};
use super::binance_streams::BinanceStreams;

#[derive(Debug, Default)]
pub(in super::super) struct BinanceSpot {
    streams: BinanceStreams,
}

impl Dialect for BinanceSpot {
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
        (kind == NoticeKind::Shutdown)
            .then(|| json!({ "e": "serverShutdown", "E": unix_millis(now) }).to_string())
    }

    fn data(&self, now: Timestamp, serial: u64) -> String {
        let millis = unix_millis(now);
        json!({
            "e": "trade",
            "E": millis,
            "s": "BTCUSDT",
            "t": serial,
            "p": "91000.50000000",
            "q": "0.00100000",
            "T": millis,
            "m": true,
            "M": true,
        })
        .to_string()
    }

    /// `/ws/<stream>` needs no subscription. Where there is a URL, that says which.
    fn streams_from_opening(&self) -> bool {
        true
    }
}
