//! Spot exchanges elsewhere, by ping frames: Bit2Me, Bitkub's public data, Indodax's private data.
//!
//! Sources, read 2026-11-25: a third party's measurements on live sockets, 2026-09, beside the
//! venues' documents ("measured" below); `bitkub/bitkub-official-api-docs` def4bbe;
//! `btcid/indodax-official-api-docs` 83bbc86.

use core::time::Duration;

use super::dialect::{pings, venue};
use super::rfc6455::Rfc6455;
use super::{ITS_OWN, Profile, Row};
use crate::{
    Answered, Auth, Budget, CloseRule, Confidence, Covers, Facts, MessageBudget, OrderSafety,
    Rules, SafeguardRule, Timer, TimerUnit, Trigger, Via,
};

const FACTS: Facts = Facts {
    answers_pings: Answered::Presumed { why: ITS_OWN },
    read: "2026-11-25",
    confidence: Confidence::High,
    ..Facts::UNKNOWN
};

venue!(
    Bit2me,
    Rfc6455,
    Profile {
        name: "bit2me",
        endpoints: &[Row::production("wss://ws.bit2me.com/v1/trading").auth(Auth::Optional)],
        // Measured: every 20 s; nobody was cut in 100 s. `{"event":"ping"}` is answered besides.
        rules: pings(Duration::from_secs(20), Duration::from_secs(20)),
        facts: Facts {
            // More are closed with 4001. Whether control frames count is not said: taken to.
            message_budget: Some(MessageBudget {
                budget: Budget::per_connection(50, Duration::from_secs(1)),
                counts_control_frames: true,
            }),
            order_safety: OrderSafety::Guarded(&[SafeguardRule {
                trigger: Trigger::Disconnect,
                via: Via::WebSocket,
                how: "`auto-cancel-orders-on-disconnection`, which is the application's to send",
                covers: Covers::Connection,
                ..SafeguardRule::NEW
            }]),
            assumed: &[
                "the time for the pong",
                "that ping and pong frames count as messages",
                "whose orders are cancelled",
            ],
            sources: "its documents, as quoted and measured by a third party, 2026-09",
            ..FACTS
        },
    }
);

venue!(
    BitkubPublic,
    Rfc6455,
    Profile {
        name: "bitkub-public",
        // The stream follows.
        endpoints: &[Row::production("wss://api.bitkub.com/websocket-api")],
        // Measured: a ping frame every 5 s on the ticker, none on the book, and nobody was cut.
        rules: Rules::NONE,
        facts: Facts {
            order_safety: OrderSafety::NoOrders,
            sources: "bitkub/bitkub-official-api-docs def4bbe; measured",
            ..FACTS
        },
    }
);

venue!(
    IndodaxPrivate,
    Rfc6455,
    Profile {
        name: "indodax-private",
        // The query has the server of Centrifugo ping by frames and not by `{}`.
        endpoints: &[Row::production("wss://pws.indodax.com/ws/?cf_ws_frame_ping_pong=true")
            .auth(Auth::Message)],
        rules: Rules {
            heartbeat_close: CloseRule::Code { code: 3012, reason: "no pong" },
            ..pings(Duration::from_secs(25), Duration::from_secs(10))
        },
        facts: Facts {
            order_safety: OrderSafety::Guarded(&[SafeguardRule {
                trigger: Trigger::Timer(Timer::new(
                    TimerUnit::Millis,
                    Duration::from_secs(120),
                    Duration::from_secs(30),
                )),
                via: Via::Rest,
                how: "`countdownCancelAll` with the time; 0 stops it; ten requests in 10 s per \
                      address",
                covers: Covers::Account,
                ..SafeguardRule::NEW
            }]),
            heartbeat_failure_codes: &[3012],
            assumed: &["the times and the close code, which are the defaults of its server"],
            sources: "btcid/indodax-official-api-docs 83bbc86; centrifugal/centrifuge 1d8f99f",
            ..FACTS
        },
    }
);
