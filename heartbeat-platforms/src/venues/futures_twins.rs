//! Three that speak as others do: CoinW as Poloniex, BYDFi as MEXC's futures, Zoomex as Bybit.
//!
//! Sources, read 2026-11-25: a third party's measurements on live sockets, 2026-09, beside the
//! venues' documents ("measured" below); JKorf/CoinW.Net 920d0bf, every 5 s.

use core::time::Duration;

use super::bybit::BybitPublic;
use super::dialect::{silence, venue};
use super::mexc_futures::MexcFutures;
use super::poloniex::Poloniex;
use super::{Profile, Row};
use crate::{Auth, BrokenBy, Confidence, Facts, Rules, SilenceRule};

const FACTS: Facts = Facts { read: "2026-11-25", confidence: Confidence::High, ..Facts::UNKNOWN };

venue!(
    Coinw,
    Poloniex,
    Profile {
        name: "coinw",
        endpoints: &[Row::production("wss://ws.futurescw.com/perpum")],
        rules: Rules {
            silence: Some(SilenceRule {
                // Measured, of total silence; the documents' sample pings every 10 s.
                limit: Duration::from_secs(60),
                broken_by: BrokenBy::AnyMessage,
                counts_pings: true, // Measured: any frame counts.
            }),
            ..Rules::NONE
        },
        // A text that is no JSON, the word `ping` too, is answered by a close, 1001 `Rate Limit`.
        facts: Facts {
            hazards: &[crate::Hazard::MalformedText],
            sources: "its documents, as quoted and measured by a third party; JKorf/CoinW.Net",
            ..FACTS
        },
    }
);

venue!(
    BydfiEdge,
    MexcFutures,
    Profile {
        name: "bydfi-edge",
        // The documented `stream.bydfi.com` is retired, and this one is undocumented.
        endpoints: &[Row::production("wss://futures.bydfi.com/edge")],
        // Measured: 60.3 s to 69.9 s, on a busy line as well.
        rules: silence(Duration::from_secs(60), BrokenBy::ClientMessage),
        facts: Facts { sources: "measured by a third party, 2026-09", ..FACTS },
    }
);

venue!(
    Zoomex,
    BybitPublic,
    Profile {
        name: "zoomex",
        endpoints: &[
            Row::production("wss://stream.zoomex.com/v5/public/linear"),
            Row::real("inverse", "wss://stream.zoomex.com/v5/public/inverse"),
            Row::real("private", "wss://stream.zoomex.com/v3/private").auth(Auth::Message),
        ],
        // Measured: 10.0 s in which the venue itself has sent nothing; documented: a ping every
        // 20 s.
        rules: silence(Duration::from_secs(10), BrokenBy::ServerMessage),
        facts: Facts {
            sources: "its documents, as quoted and measured by a third party, 2026-09",
            ..FACTS
        },
    }
);
