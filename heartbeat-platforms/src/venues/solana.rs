//! Solana's nodes: they want to hear a ping that they never answer, and Helius', one that they do.
//!
//! Sources: `github.com/anza-xyz/kit` 56cfbe2, which sends `ping` as a notification after 5 s of
//! quiet, and web3.js, which does every 5 s; helius.dev, "Pings" of its parsed streams; read
//! 2026-11-25.

use core::time::Duration;

use heartbeat_core::{
    ConfigBuilder, Detector, Frame, Layer, Outbox, OutboxError, ProbeId, Responder, Signal,
};

use super::dialect::{Dialect, by_ping_frames, by_probes, venue};
use super::{Profile, Row, rpc};
use crate::json::Json;
use crate::sieve::{Needle, Sieve};
use crate::{
    Answered, Auth, BrokenBy, ChallengeRule, CloseRule, Confidence, Facts, OrderSafety, Rules,
    SilenceRule,
};

/// A JSON-RPC notification, which by its specification nobody answers. What it says of the line is
/// nothing, so that ping frames are the probes.
#[derive(Clone, Copy, Debug)]
pub(super) struct SolanaRpcDialect;

impl Dialect for SolanaRpcDialect {
    const NAME: &'static str = "solana-rpc";

    fn settings(&self, rules: &Rules, facts: &Facts) -> ConfigBuilder {
        by_ping_frames(rules, facts).keepalive_every(Duration::from_secs(5))
    }
}

impl Detector for SolanaRpcDialect {
    fn classify(&self, frame: Frame<'_>) -> Signal {
        Signal::of_control(frame)
    }
}

impl Responder for SolanaRpcDialect {
    fn respond(&self, _token: &[u8], _out: &mut Outbox) -> Result<(), OutboxError> {
        Ok(()) // Challenged is by ping frames alone.
    }

    fn keepalive(&self, out: &mut Outbox) -> Result<(), OutboxError> {
        out.text(format_args!(r#"{{"jsonrpc":"2.0","method":"ping"}}"#))
    }
}

static SIEVE: Sieve<1> = Sieve::new([Needle::new("result")]);

/// The same with an id, which the current slot answers.
#[derive(Clone, Copy, Debug)]
pub(super) struct HeliusDialect;

impl Dialect for HeliusDialect {
    const NAME: &'static str = "helius-streams";

    fn settings(&self, rules: &Rules, _facts: &Facts) -> ConfigBuilder {
        by_probes(rules)
    }
}

impl Detector for HeliusDialect {
    fn classify(&self, frame: Frame<'_>) -> Signal {
        SIEVE.classify(frame, read)
    }
}

/// Reads `{"jsonrpc":"2.0","id":7,"result":351200000}`: any reply may look so, so that the id
/// decides.
fn read(message: Json<'_>) -> Option<Signal> {
    let [id, result, error] = message.pick(["id", "result", "error"])?;
    result?.as_u64()?;
    let probe = rpc::numbered(id?).filter(|_| error.is_none())?;
    Some(Signal::Answer { probe: Some(probe) })
}

impl Responder for HeliusDialect {
    fn respond(&self, _token: &[u8], _out: &mut Outbox) -> Result<(), OutboxError> {
        Ok(()) // Challenged is by ping frames alone.
    }

    fn probe(&self, id: ProbeId, out: &mut Outbox) -> Result<(), OutboxError> {
        let id = rpc::number_of(id);
        out.text(format_args!(r#"{{"jsonrpc":"2.0","id":{id},"method":"ping"}}"#))
    }
}

const SOLANA: Facts = Facts {
    answers_pings: Answered::Presumed {
        why: "agave serves by the library soketto, which answers them",
    },
    order_safety: OrderSafety::NoOrders,
    sources: "anza-xyz/kit 56cfbe2; web3.js",
    read: "2026-11-25",
    confidence: Confidence::Medium,
    ..Facts::UNKNOWN
};

venue!(
    SolanaRpc,
    SolanaRpcDialect,
    Profile {
        name: "solana-rpc",
        endpoints: &[
            Row::production("wss://api.mainnet-beta.solana.com"),
            Row::demo("devnet", "wss://api.devnet.solana.com"),
            Row::demo("testnet", "wss://api.testnet.solana.com"),
        ],
        rules: Rules::NONE,
        facts: SOLANA,
    }
);

const HELIUS_RULES: Rules = Rules {
    challenge: Some(ChallengeRule {
        layer: Layer::Control,
        every: Duration::from_secs(15),
        respond_within: Duration::from_secs(15),
        misses: 1,
    }),
    silence: Some(SilenceRule {
        // Documented: only JSON-RPC counts, and ping frames do not.
        limit: Duration::from_secs(600),
        broken_by: BrokenBy::ClientMessage,
        counts_pings: false,
    }),
    heartbeat_close: CloseRule::Code { code: 1000, reason: "" },
    ..Rules::NONE
};

const HELIUS: Facts = Facts {
    order_safety: OrderSafety::NoOrders,
    heartbeat_failure_codes: &[1000],
    assumed: &["how long it waits for a pong"],
    sources: "helius.dev, Pings",
    read: "2026-11-25",
    confidence: Confidence::High,
    ..Facts::UNKNOWN
};

venue!(
    HeliusStreams,
    HeliusDialect,
    Profile {
        name: "helius-streams",
        endpoints: &[Row::production("wss://mainnet.helius-rpc.com/").auth(Auth::Url)],
        rules: HELIUS_RULES,
        facts: Facts { assumed: &["how long it waits for a pong", "the host"], ..HELIUS },
    }
);
