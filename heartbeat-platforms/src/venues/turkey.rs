//! Turkey: BtcTurk and Paribu, by ping frames.
//!
//! Source, read 2026-11-25: a third party's measurements on live sockets, 2026-09, beside the
//! venues' documents ("measured" below).

use core::time::Duration;

use heartbeat_core::Layer;

use super::dialect::{pings, venue};
use super::rfc6455::Rfc6455;
use super::{ITS_OWN, Profile, Row};
use crate::{Answered, Auth, Budget, ChallengeRule, CloseRule, Confidence, Facts, Hazard, Rules};

const FACTS: Facts = Facts {
    answers_pings: Answered::Presumed { why: ITS_OWN },
    read: "2026-11-25",
    confidence: Confidence::High,
    ..Facts::UNKNOWN
};

venue!(
    Btcturk,
    Rfc6455,
    Profile {
        name: "btcturk",
        endpoints: &[Row::production("wss://ws-feed-pro.btcturk.com/").auth(Auth::Optional)],
        rules: Rules {
            challenge: Some(ChallengeRule {
                // Measured: a client without pongs is closed at 45.4 s, as the third is due.
                misses: 2,
                ..ChallengeRule::new(
                    Layer::Control,
                    Duration::from_secs(15),
                    Duration::from_secs(15),
                )
            }),
            heartbeat_close: CloseRule::Code { code: 1000, reason: "" },
            ..Rules::NONE
        },
        facts: Facts {
            connect_budget: Some(Budget::per_address(15, Duration::from_secs(60))),
            heartbeat_failure_codes: &[1000],
            sources: "its documents, as quoted and measured by a third party, 2026-09",
            ..FACTS
        },
    }
);

venue!(
    Paribu,
    Rfc6455,
    Profile {
        name: "paribu",
        endpoints: &[
            Row::production("wss://api.paribu.com/v1/wapi/stream"),
            Row::real("user", "wss://api.paribu.com/v1/wapi/user").auth(Auth::Message),
        ],
        // Documented: every 20 s, 30 s for the pong, close 4002. Measured: every 30 s, 11 s, cut. A
        // still book has beats of its own besides, for whoever keeps it.
        rules: pings(Duration::from_secs(20), Duration::from_secs(11)),
        facts: Facts {
            heartbeat_failure_codes: &[4002],
            // Told by 5002; 5003 says that the server goes away.
            hazards: &[Hazard::SlowReader],
            sources: "its documents, as quoted and measured by a third party, 2026-09",
            ..FACTS
        },
    }
);
