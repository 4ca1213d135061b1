//! Brokers in India: Angel One and Fyers by the two words, the others by ping frames.
//!
//! Sources, read 2026-11-25: `marketcalls/openalgo` 60156bc, which pings each of them by frames
//! every 30 s and gives up 10 s later; the brokers' own clients where they are named. Deadlines are
//! not stated.

use super::dialect::venue;
use super::rfc6455::Rfc6455;
use super::text_ping::TextPing;
use super::{Profile, Row};
use crate::{Answered, Auth, Confidence, Facts, Rules};

const OPENALGO: &str = "openalgo pings every 30 s and gives up without a pong";

const fn facts(sources: &'static str, confidence: Confidence) -> Facts {
    Facts {
        answers_pings: Answered::Presumed { why: OPENALGO },
        sources,
        read: "2026-11-25",
        confidence,
        ..Facts::UNKNOWN
    }
}

venue!(
    Smartapi,
    TextPing,
    Profile {
        name: "smartapi",
        // The socket of orders pings by frames, with the payload `ping`.
        endpoints: &[
            Row::production("wss://smartapisocket.angelone.in/smart-stream").auth(Auth::Headers)
        ],
        rules: Rules::NONE, // The broker's client says `ping` every 10 s.
        facts: facts("angel-one/smartapi-python ff60852; openalgo 60156bc", Confidence::High),
    }
);

venue!(
    FyersTbt,
    TextPing,
    Profile {
        name: "fyers-tbt",
        endpoints: &[],
        rules: Rules::NONE,
        facts: facts("openalgo 60156bc", Confidence::Low),
    }
);

venue!(
    FyersHsm,
    Rfc6455,
    Profile {
        name: "fyers-hsm",
        endpoints: &[],
        rules: Rules::NONE,
        facts: facts("openalgo 60156bc", Confidence::Low),
    }
);

venue!(
    Dhan,
    Rfc6455,
    Profile {
        name: "dhan",
        // Frames of its own protocol with the code 0 acknowledge, and are data here.
        endpoints: &[],
        rules: Rules::NONE,
        facts: facts("openalgo 60156bc; dhan-oss/DhanHQ-py 1670f81", Confidence::Medium),
    }
);

venue!(
    Upstox,
    Rfc6455,
    Profile {
        name: "upstox",
        endpoints: &[], // Its data is protobuf.
        rules: Rules::NONE,
        facts: facts("openalgo 60156bc", Confidence::Medium),
    }
);

venue!(
    Kotak,
    Rfc6455,
    Profile {
        name: "kotak",
        endpoints: &[],
        rules: Rules::NONE,
        facts: facts("openalgo 60156bc", Confidence::Low),
    }
);

venue!(
    FivePaisa,
    Rfc6455,
    Profile {
        name: "5paisa",
        endpoints: &[],
        rules: Rules::NONE,
        facts: facts("openalgo 60156bc", Confidence::Low),
    }
);
