//! Polymarket's sports results. Shapes: docs.polymarket.com, sports WebSocket, 2026.

use heartbeat_core::Timestamp;
use serde_json::json;

use super::super::dialect::{Challenge, Dialect, Meaning};

#[derive(Debug)]
pub(in super::super) struct PolymarketSports;

impl Dialect for PolymarketSports {
    fn read(&mut self, _now: Timestamp, text: &str) -> Meaning {
        if matches!(text, "pong" | "PONG") {
            Meaning::Response { token: text.to_owned(), reply: String::new() }
        } else {
            Meaning::Unknown
        }
    }

    /// In small letters as on the wire and in capitals as in the documents, by turns: the
    /// response has to follow.
    fn challenge(&self, _now: Timestamp, serial: u64) -> Challenge {
        let (text, token) =
            if serial.is_multiple_of(2) { ("PING", "PONG") } else { ("ping", "pong") };
        Challenge { text: text.to_owned(), token: token.to_owned() }
    }

    fn data(&self, _now: Timestamp, serial: u64) -> String {
        json!({
            "gameId": 19_439,
            "leagueAbbreviation": "nfl",
            "homeTeam": "LAC",
            "awayTeam": "BUF",
            "status": "InProgress",
            "score": format!("3-{serial}"),
            "live": true,
            "ended": false,
        })
        .to_string()
    }

    /// It streams every game to everybody.
    fn streams_from_opening(&self) -> bool {
        true
    }
}
