//! Pings of one member: `{"type":"ping"}` and `{"type":"pong"}`, under whatever key and word.
//!
//! The family of Lighter, Reya, Mercado Bitcoin, VALR, Coinone, HollaEx, CEX.IO and Deriv; some of
//! them ask in the same way, and want to be answered in it. Sources, read 2026-11-25: for Lighter
//! `nautilus_trader` a95c804 (its notes on the venue's limits), JKorf/Lighter.Net c492160,
//! hummingbot 2bfaccc and ccxt 4.5.90; for Reya `Reya-Labs/reya-python-sdk` e889b9c, made from its
//! `AsyncAPI`; for HollaEx its server, `hollaex/hollaex-kit` e99d9ed; for Deriv
//! `developers.deriv.com/docs`, System, ping; for the others a third party's measurements on live
//! sockets, 2026-09, beside the venues' documents ("measured" below).

use core::time::Duration;

use heartbeat_core::{
    ConfigBuilder, Detector, Frame, Outbox, OutboxError, ProbeId, Refusal, RefusalCode, Responder,
    Signal, Token,
};

use super::dialect::{Dialect, by_probes, silence, venue};
use super::{CONNECTORS, Profile, Row};
use crate::json::Json;
use crate::sieve::{Needle, Sieve};
use crate::{
    Answered, AtOnce, Auth, BrokenBy, Budget, CloseRule, Confidence, Facts, MessageBudget, Rules,
    Scope, SilenceRule,
};

/// The longest message that may be a ping or a pong, in bytes; the longest known has 71.
const LONGEST: usize = 256;

static LOWER: Sieve<2> =
    Sieve::with_longest(Some(LONGEST), [Needle::new("pong"), Needle::new("ping")]);

static UPPER: Sieve<1> = Sieve::with_longest(Some(LONGEST), [Needle::new("PONG")]);

/// A dialect whose heartbeats are told by one member.
#[derive(Clone, Copy, Debug)]
pub(super) struct TypedPing {
    /// What the client says, whole.
    ping: &'static str,
    /// The key that tells what a message is.
    key: &'static str,
    /// What stands under it in an answer.
    pong: &'static str,
    /// What stands under it when the venue asks, and what the client answers, whole.
    asks: Option<(&'static str, &'static str)>,
}

impl TypedPing {
    const LIGHTER: Self = Self {
        ping: r#"{"type":"ping"}"#,
        key: "type",
        pong: "pong",
        asks: Some(("ping", r#"{"type":"pong"}"#)),
    };

    const MERCADO: Self = Self { asks: None, ..Self::LIGHTER };

    const VALR: Self = Self { ping: r#"{"type":"PING"}"#, pong: "PONG", ..Self::MERCADO };

    const COINONE: Self =
        Self { ping: r#"{"request_type":"PING"}"#, key: "response_type", pong: "PONG", asks: None };

    const HOLLAEX: Self =
        Self { ping: r#"{"op":"ping"}"#, key: "message", pong: "pong", asks: None };

    const CEX: Self = Self { ping: r#"{"e":"ping"}"#, key: "e", pong: "pong", asks: None };

    const DERIV: Self = Self { ping: r#"{"ping":1}"#, key: "ping", pong: "pong", asks: None };

    fn read(&self, message: Json<'_>) -> Option<Signal> {
        let [word] = message.pick([self.key])?;
        let word = word?;
        if word.is(self.pong) {
            return Some(Signal::Answer { probe: None });
        }
        let (asks, _) = self.asks?;
        word.is(asks).then(|| Signal::Challenge { token: Token::default() })
    }
}

impl Dialect for TypedPing {
    const NAME: &'static str = "typed-ping";

    fn settings(&self, rules: &Rules, _facts: &Facts) -> ConfigBuilder {
        by_probes(rules)
    }
}

impl Detector for TypedPing {
    fn classify(&self, frame: Frame<'_>) -> Signal {
        if self.pong == "PONG" {
            return UPPER.classify(frame, |message| self.read(message));
        }
        LOWER.classify(frame, |message| self.read(message))
    }
}

impl Responder for TypedPing {
    fn respond(&self, _token: &[u8], out: &mut Outbox) -> Result<(), OutboxError> {
        match self.asks {
            Some((_, response)) => out.text(format_args!("{response}")),
            None => Ok(()), // The venue challenges nobody.
        }
    }

    fn probe(&self, _id: ProbeId, out: &mut Outbox) -> Result<(), OutboxError> {
        out.text(format_args!("{}", self.ping))
    }
}

const MINUTE: Duration = Duration::from_secs(60);

const FACTS: Facts = Facts {
    answers_pings: Answered::Presumed { why: CONNECTORS },
    read: "2026-11-25",
    confidence: Confidence::High,
    ..Facts::UNKNOWN
};

const MEASURED: Facts = Facts {
    answers_pings: Answered::Unknown,
    sources: "its documents, as quoted and measured by a third party, 2026-09",
    ..FACTS
};

venue!(
    Lighter,
    TypedPing = TypedPing::LIGHTER,
    Profile {
        name: "lighter",
        endpoints: &[
            Row::production("wss://mainnet.zklighter.elliot.ai/stream").auth(Auth::Optional),
            Row::real("read-only", "wss://mainnet.zklighter.elliot.ai/stream?readonly=true"),
            Row::test("wss://testnet.zklighter.elliot.ai/stream").auth(Auth::Optional),
        ],
        rules: Rules {
            silence: Some(SilenceRule {
                // Any frame of the client's will do, and however much flows it must come.
                limit: Duration::from_secs(120),
                broken_by: BrokenBy::ClientMessage,
                counts_pings: true,
            }),
            ..Rules::NONE
        },
        facts: Facts {
            // A token lives for 8 h.
            connections_at_once: &[AtOnce { count: 200, scope: Scope::Address }],
            connect_budget: Some(Budget::per_address(80, MINUTE)),
            message_budget: Some(MessageBudget {
                budget: Budget::per_address(200, MINUTE),
                counts_control_frames: true,
            }),
            assumed: &["that ping frames count as messages, and all connections together"],
            sources: "nautilus_trader a95c804; JKorf/Lighter.Net; hummingbot; ccxt 4.5.90",
            confidence: Confidence::Medium,
            ..FACTS
        },
    }
);

venue!(
    Reya,
    TypedPing = TypedPing::LIGHTER,
    Profile {
        name: "reya",
        endpoints: &[
            Row::production("wss://ws.reya.xyz/"),
            Row::test("wss://websocket-testnet.reya.xyz/"),
        ],
        rules: Rules::NONE,
        facts: Facts {
            answers_pings: Answered::Presumed {
                why: "its own client pings every 30 s and gives up 10 s later",
            },
            sources: "Reya-Labs/reya-python-sdk e889b9c",
            confidence: Confidence::Medium,
            ..FACTS
        },
    }
);

venue!(
    MercadoBitcoin,
    TypedPing = TypedPing::MERCADO,
    Profile {
        name: "mercado-bitcoin",
        endpoints: &[Row::production("wss://ws.mercadobitcoin.net/ws")],
        rules: silence(MINUTE, BrokenBy::AnyMessage), // Measured.
        facts: MEASURED,
    }
);

venue!(
    Valr,
    TypedPing = TypedPing::VALR,
    Profile {
        name: "valr",
        endpoints: &[
            // Who has not authenticated is let go after 15 min (documented).
            Row::production("wss://api.valr.com/ws/trade").auth(Auth::Headers),
            Row::real("account", "wss://api.valr.com/ws/account").auth(Auth::Headers),
        ],
        rules: silence(MINUTE, BrokenBy::AnyMessage), // Measured; documented: a ping each 30 s.
        facts: MEASURED,
    }
);

venue!(
    Coinone,
    TypedPing = TypedPing::COINONE,
    Profile {
        name: "coinone",
        endpoints: &[
            Row::production("wss://stream.coinone.co.kr"),
            Row::real("private", "wss://stream.coinone.co.kr/v1/private").auth(Auth::Headers),
        ],
        // Measured: 60.7 s with nothing subscribed to; documented: 30 min.
        rules: silence(MINUTE, BrokenBy::AnyMessage),
        facts: Facts {
            answers_pings: Answered::Presumed { why: CONNECTORS },
            connections_at_once: &[AtOnce { count: 20, scope: Scope::Address }],
            refusals: &[(RefusalCode::Close(4290), Refusal::RateLimited)],
            ..MEASURED
        },
    }
);

venue!(
    Hollaex,
    TypedPing = TypedPing::HOLLAEX,
    Profile {
        name: "hollaex",
        endpoints: &[
            Row::production("wss://api.hollaex.com/stream").auth(Auth::Optional),
            Row::test("wss://api.sandbox.hollaex.com/stream").auth(Auth::Optional),
        ],
        rules: silence(MINUTE, BrokenBy::ClientMessage), // The server's code.
        facts: Facts { sources: "hollaex/hollaex-kit e99d9ed; ccxt 4.5.90", ..FACTS },
    }
);

venue!(
    CexIo,
    TypedPing = TypedPing::CEX,
    Profile {
        name: "cex-io",
        endpoints: &[
            Row::production("wss://trade.cex.io/api/spot/ws-public"),
            Row::real("private", "wss://trade.cex.io/api/spot/ws").auth(Auth::Message),
        ],
        rules: Rules {
            // Said before by `{"e":"disconnected"}`.
            heartbeat_close: CloseRule::Code { code: 1000, reason: "" },
            // Measured: 60.6 s, however much flows; documented: a message each 10 s.
            ..silence(MINUTE, BrokenBy::ClientMessage)
        },
        facts: Facts {
            // Points, of which most requests cost one.
            message_budget: Some(MessageBudget {
                budget: Budget::per_address(100, MINUTE),
                counts_control_frames: false,
            }),
            heartbeat_failure_codes: &[1000],
            ..MEASURED
        },
    }
);

venue!(
    Deriv,
    TypedPing = TypedPing::DERIV,
    Profile {
        name: "deriv",
        endpoints: &[],
        rules: Rules::NONE, // Advised: every 30 s to 60 s.
        facts: Facts {
            answers_pings: Answered::Unknown,
            sources: "developers.deriv.com, System, ping",
            confidence: Confidence::Medium,
            ..FACTS
        },
    }
);
