//! BTSE, the order books and all else: the client says `ping`, and any message keeps the line.
//!
//! Sources, read 2026-11-25: a third party's measurements on live sockets, 2026-09, beside the
//! venue's documents ("measured" below); gocryptotrader 7417b81. Older documents have the venue
//! send a ping frame every 3 min, with 10 min for the pong; none was seen.

use core::time::Duration;

use super::dialect::{silence, venue};
use super::text_ping::TextPing;
use super::{ITS_OWN, Profile, Row};
use crate::{Answered, AtOnce, BrokenBy, Confidence, Facts, Hazard, Rules, Scope};

/// Documented: a ping every 15 s. Measured: cut 60.3 s after the last message.
const RULES: Rules = silence(Duration::from_secs(60), BrokenBy::AnyMessage);

const FACTS: Facts = Facts {
    answers_pings: Answered::Presumed { why: ITS_OWN },
    connections_at_once: &[AtOnce { count: 50, scope: Scope::Address }],
    // A full buffer closes with 1007.
    hazards: &[Hazard::SlowReader],
    sources: "its documents, as quoted and measured by a third party; gocryptotrader",
    read: "2026-11-25",
    confidence: Confidence::High,
    ..Facts::UNKNOWN
};

venue!(
    BtseOss,
    TextPing,
    Profile {
        name: "btse-oss",
        endpoints: &[Row::production("wss://ws.btse.com/ws/oss/futures")],
        rules: RULES,
        facts: FACTS,
    }
);

venue!(
    BtseMain,
    TextPing,
    Profile {
        name: "btse-main",
        endpoints: &[Row::production("wss://ws.btse.com/ws/spot")],
        rules: RULES,
        facts: FACTS,
    }
);
