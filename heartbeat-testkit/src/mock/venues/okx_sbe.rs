//! OKX v5, the SBE endpoint: requests in JSON, market data in SBE. Shapes: OKX API guide, SBE
//! market data, 2026.

use heartbeat_core::{NoticeKind, Timestamp};

use super::super::dialect::{Dialect, Meaning};
use super::okx::Okx;

#[derive(Debug)]
pub(in super::super) struct OkxSbe;

impl Dialect for OkxSbe {
    fn read(&mut self, now: Timestamp, text: &str) -> Meaning {
        // The text `ping` is of the JSON endpoints.
        if text == "ping" { Meaning::Unknown } else { Okx.read(now, text) }
    }

    fn notice(&self, now: Timestamp, kind: NoticeKind) -> Option<String> {
        Okx.notice(now, kind)
    }

    /// In JSON, for want of a schema: no client of ours looks into market data.
    fn data(&self, now: Timestamp, serial: u64) -> String {
        Okx.data(now, serial)
    }
}
