//! Paradex: ping frames, to be answered within five seconds.
//!
//! Sources, read 2026-11-23: `github.com/tradeparadex/paradex-docs` at 9b82a75, pages
//! "Introduction" and "Rate Limits" of the WebSocket API and its `openrpc.json`;
//! `github.com/tradeparadex/paradex-py` at 334a7f8.

use core::time::Duration;

use heartbeat_core::{
    ConfigBuilder, Detector, Frame, Layer, Outbox, OutboxError, Platform, Refusal, RefusalCode,
    Responder, Safeguard, Signal,
};

use super::{PROBING, Profile, RESERVED_IDS, Row, Venue, defaults};
use crate::json::Json;
use crate::sieve::{Needle, Sieve};
use crate::{
    Answered, Auth, Budget, ChallengeRule, CloseRule, Confidence, Covers, Facts, OrderSafety,
    Rules, SafeguardRule, Trigger, Via,
};

/// The id of the request to cancel on disconnect.
const CANCEL_ID: u64 = RESERVED_IDS + 1;

/// Its digits; a number cannot be escaped.
static SIEVE: Sieve<1> = Sieve::new([Needle::new("79448305041409")]);

const RULES: Rules = Rules {
    challenge: Some(ChallengeRule {
        layer: Layer::Control,
        every: Duration::from_secs(55),
        // The pong renews the connection for 60 s.
        respond_within: Duration::from_secs(5),
        misses: 1,
    }),
    // The documents name no code.
    heartbeat_close: CloseRule::Cut,
    ..Rules::NONE
};

const FACTS: Facts = Facts {
    answers_pings: Answered::Presumed {
        why: "the venue's own SDK is built on a library that pings and gives up without a pong",
    },
    // A handshake without the schema of the public data.
    refusals: &[(RefusalCode::Status(400), Refusal::Denied)],
    // Documented: 20 a second or 600 a minute. Ten a second stay within both.
    connect_budget: Some(Budget::per_address(10, Duration::from_secs(1))),
    order_safety: OrderSafety::Guarded(&[SafeguardRule {
        trigger: Trigger::Disconnect,
        via: Via::WebSocket,
        how: "`order.cancel_on_disconnect` with `enabled`, after authentication",
        covers: Covers::Connection,
        spares: &["orders of a connection that ends in good order"],
        surprises: &["off at the start of every connection"],
        ..SafeguardRule::NEW
    }]),
    sources: "tradeparadex/paradex-docs; tradeparadex/paradex-py",
    read: "2026-11-25",
    confidence: Confidence::High,
    ..Facts::UNKNOWN
};

/// Paradex's dialect.
///
/// The id `0x4842_0000_0001` is its own; an application must not use it.
///
/// The venue's SBE encoding has a heartbeat event of its own (template 40), which is data here:
/// its period is not documented.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "a dialect without settings")]
pub struct Paradex;

impl Venue for Paradex {
    const STANDARD: Self = Self;

    const PROFILE: Profile = Profile {
        name: "paradex",
        endpoints: &[
            // Public data is binary since 2026-09-21, and a connection that does not name a schema
            // is refused with HTTP 400; so is one that names a version above the venue's
            // (documented are 0 and 1).
            Row::production("wss://ws.api.prod.paradex.trade/v1?sbeSchemaId=1&sbeSchemaVersion=1")
                .auth(Auth::Optional),
            Row::test("wss://ws.api.testnet.paradex.trade/v1?sbeSchemaId=1&sbeSchemaVersion=1")
                .auth(Auth::Optional),
        ],
        rules: RULES,
        facts: FACTS,
    };
}

impl Detector for Paradex {
    fn classify(&self, frame: Frame<'_>) -> Signal {
        SIEVE.classify(frame, read)
    }
}

fn read(message: Json<'_>) -> Option<Signal> {
    let [id, result, error] = message.pick(["id", "result", "error"])?;
    if id?.as_u64()? != CANCEL_ID {
        return None;
    }
    let safeguard = Safeguard::CancelOnDisconnect;
    match (result, error) {
        (Some(result), None) => {
            let [enabled] = result.pick(["enabled"])?;
            enabled?.as_bool()?.then_some(Signal::SafeguardSet { safeguard })
        }
        (None, Some(error)) => error.is_object().then_some(Signal::SafeguardRefused { safeguard }),
        _ => None,
    }
}

impl Responder for Paradex {
    fn respond(&self, _token: &[u8], _out: &mut Outbox) -> Result<(), OutboxError> {
        Ok(()) // Ping frames are answered for every venue alike.
    }

    /// Asks once it has authenticated. Documented: off at the start of every connection.
    fn cancel_on_disconnect(&self, out: &mut Outbox) -> Result<(), OutboxError> {
        out.text(format_args!(
            r#"{{"jsonrpc":"2.0","id":{CANCEL_ID},"method":"order.cancel_on_disconnect",{}"#,
            r#""params":{"enabled":true}}"#
        ))
    }
}

impl Platform for Paradex {
    fn name(&self) -> &str {
        Self::PROFILE.name
    }

    fn defaults(&self) -> ConfigBuilder {
        // A response counts as overdue while there is still time to send it.
        defaults(&RULES).respond_within(Duration::from_secs(3)).probing(PROBING)
    }
}

#[cfg(test)]
mod tests {
    use std::string::ToString;

    use super::*;

    #[test]
    fn the_needle_is_the_id() {
        assert_eq!(CANCEL_ID.to_string(), "79448305041409");
    }
}
