//! Phemex: the client pings in JSON-RPC or by ping frames, and market data does not help it.
//!
//! Sources: `github.com/phemex/phemex-api-docs`, three files of which agree, and a third party's
//! measurements on a live socket, 2026-09-22 ("measured" below).

use core::time::Duration;

use heartbeat_core::{
    ConfigBuilder, Detector, Frame, Outbox, OutboxError, Platform, ProbeId, Responder, Signal,
};

use super::dialect::{Dialect, by_probes};
use super::{PROBING, Profile, Row, Venue, defaults, rpc};
use crate::sieve::{Needle, Sieve};
use crate::{
    Answered, AtOnce, Auth, BrokenBy, Budget, CloseRule, Confidence, Facts, MessageBudget, Rules,
    Scope, SilenceRule,
};

static SIEVE: Sieve<1> = Sieve::new([Needle::new("pong")]);

const RULES: Rules = Rules {
    silence: Some(SilenceRule {
        // Documented: "less than 30 seconds" between pings. Measured: 31.4 s to 32.4 s, while
        // 660 frames of data arrived.
        limit: Duration::from_secs(30),
        broken_by: BrokenBy::ClientMessage,
        // Documented and measured.
        counts_pings: true,
    }),
    heartbeat_close: CloseRule::Cut,
    ..Rules::NONE
};

const FACTS: Facts = Facts {
    // Measured, every time.
    answers_pings: Answered::Yes,
    // Six were measured.
    connections_at_once: &[AtOnce { count: 5, scope: Scope::Address }],
    connect_budget: Some(Budget::per_address(200, Duration::from_secs(300))),
    message_budget: Some(MessageBudget {
        budget: Budget::per_connection(20, Duration::from_secs(1)),
        // Not stated: the stricter reading.
        counts_control_frames: true,
    }),
    assumed: &["that ping frames count as messages"],
    sources: "phemex/phemex-api-docs; measured",
    read: "2026-11-23",
    confidence: Confidence::High,
    ..Facts::UNKNOWN
};

/// Phemex's dialect.
///
/// The 2^32 request ids from `0x4842_0000_0000` on are its own; an application must not use
/// them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "a dialect without settings")]
pub struct Phemex;

impl Venue for Phemex {
    const STANDARD: Self = Self;

    const PROFILE: Profile = Profile {
        name: "phemex",
        endpoints: &[
            // An older document has `wss://phemex.com/ws`.
            Row::production("wss://ws.phemex.com").auth(Auth::Optional),
            Row::real("high-rate", "wss://vapi.phemex.com/ws").auth(Auth::Optional),
            // An older document has `wss://testnet.phemex.com/ws`.
            Row::test("wss://testnet-api.phemex.com/ws").auth(Auth::Optional),
        ],
        rules: RULES,
        facts: FACTS,
    };
}

impl Dialect for Phemex {
    const NAME: &'static str = Self::PROFILE.name;

    fn settings(&self, rules: &Rules, _facts: &Facts) -> ConfigBuilder {
        by_probes(rules)
    }
}

impl Detector for Phemex {
    fn classify(&self, frame: Frame<'_>) -> Signal {
        SIEVE.classify(frame, rpc::read_result)
    }
}

impl Responder for Phemex {
    fn respond(&self, _token: &[u8], _out: &mut Outbox) -> Result<(), OutboxError> {
        Ok(()) // The venue challenges nobody.
    }

    fn probe(&self, id: ProbeId, out: &mut Outbox) -> Result<(), OutboxError> {
        let id = rpc::number_of(id);
        out.text(format_args!(r#"{{"id":{id},"method":"server.ping","params":[]}}"#))
    }
}

impl Platform for Phemex {
    fn name(&self) -> &str {
        Self::PROFILE.name
    }

    fn defaults(&self) -> ConfigBuilder {
        // Every five seconds, as the venue recommends. The message and not the frame: behind a
        // proxy the frame may prove the proxy alone.
        defaults(&RULES).probing(PROBING)
    }
}
