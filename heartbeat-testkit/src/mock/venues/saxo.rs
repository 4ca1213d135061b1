//! Saxo Bank's streams. Shapes: SaxoBank/openapi-samples-js 9c49118.

use heartbeat_core::{NoticeKind, Timestamp};
use serde_json::json;

use super::super::dialect::{Dialect, Meaning};
use crate::OwnedFrame;

/// How long an envelope around data is without it.
const ENVELOPE: usize = 8 + 2 + 1 + "quotes".len() + 1 + 4;

#[derive(Debug)]
pub(in super::super) struct Envelopes;

impl Dialect for Envelopes {
    /// Everything is asked for by REST; what comes here is not read.
    fn read(&mut self, _now: Timestamp, _text: &str) -> Meaning {
        Meaning::Unknown
    }

    fn beat(&self, _now: Timestamp, _serial: u64) -> String {
        r#"[{"ReferenceId":"_heartbeat","Heartbeats":[]}]"#.to_owned()
    }

    fn notice(&self, _now: Timestamp, kind: NoticeKind) -> Option<String> {
        let end = r#"[{"ReferenceId":"_disconnect"}]"#.to_owned();
        (kind == NoticeKind::Shutdown).then_some(end)
    }

    fn data(&self, _now: Timestamp, serial: u64) -> String {
        json!({ "Quote": { "Bid": 1.0851, "Ask": 1.0852, "Serial": serial } }).to_string()
    }

    fn lengthen(&self, data: &mut String, size: usize) {
        let (opens, closes) = (r#","pad":""#, "\"}");
        let size = size.saturating_sub(ENVELOPE);
        if let Some(missing) = size.checked_sub(data.len()) {
            data.pop();
            data.push_str(opens);
            let fill = missing.saturating_sub(opens.len() + closes.len() - 1);
            data.extend(core::iter::repeat_n('x', fill));
            data.push_str(closes);
        }
    }

    fn streams_from_opening(&self) -> bool {
        true
    }

    fn pack(&self, text: String) -> OwnedFrame {
        let name: &[u8] = if text.contains("\"_heartbeat\"") {
            b"_heartbeat"
        } else if text.contains("\"_disconnect\"") {
            b"_disconnect"
        } else {
            b"quotes"
        };
        let mut bytes = 7_u64.to_le_bytes().to_vec();
        bytes.extend([0, 0, u8::try_from(name.len()).unwrap_or(0)]);
        bytes.extend(name);
        bytes.push(0);
        bytes.extend(u32::try_from(text.len()).unwrap_or(0).to_le_bytes());
        bytes.extend(text.into_bytes());
        OwnedFrame::Binary(bytes)
    }
}
