//! OKX v5, the JSON endpoints: the client sends the text `ping` and gets the text `pong`.
//!
//! Sources: copies of the official documentation, "WebSocket / Connect" and "Notification",
//! read 2026-11-23; its table of close codes as of 2026-07-20. The SBE endpoint, where the
//! venue pings, is another venue.

use core::time::Duration;

use heartbeat_core::{
    ConfigBuilder, Detector, Frame, NoticeKind, Outbox, OutboxError, Platform, ProbeId, Responder,
    Signal,
};

use super::{PROBING, Profile, Venue, defaults};
use crate::json::Json;
use crate::sieve::{Needle, Sieve};
use crate::{BrokenBy, CloseRule, Rules, SilenceRule};

/// The code of the notice that the connection is about to be closed for an upgrade.
const UPGRADE: &str = "64008";

/// How long the venue gives us then. Documented: 60 s in English, 30 s in Chinese and in older
/// copies.
const UPGRADE_IN: Duration = Duration::from_secs(30);

static SIEVE: Sieve<1> = Sieve::new([Needle::new(UPGRADE)]);

const RULES: Rules = Rules {
    challenge: None,
    beat_every: None,
    must_arm: false,
    first_message_within: None,
    silence: Some(SilenceRule {
        // Nothing subscribed, or nothing pushed: the venue's keepalive on a still book comes
        // after 60 s, too late.
        limit: Duration::from_secs(30),
        broken_by: BrokenBy::AnyMessage,
    }),
    heartbeat_close: CloseRule::Code { code: 4004, reason: "No data received in 30s" },
};

/// OKX's dialect on its JSON endpoints.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "a dialect without settings")]
pub struct Okx;

impl Venue for Okx {
    const STANDARD: Self = Self;

    const PROFILE: Profile = Profile {
        name: "okx",
        production_url: Some("wss://ws.okx.com:8443/ws/v5/public"),
        test_url: Some("wss://wspap.okx.com:8443/ws/v5/public"),
        rules: RULES,
    };
}

impl Detector for Okx {
    fn classify(&self, frame: Frame<'_>) -> Signal {
        if frame == Frame::Text("pong") {
            return Signal::Answer { probe: None };
        }
        SIEVE.classify(frame, read)
    }
}

fn read(message: Json<'_>) -> Option<Signal> {
    let [event, code] = message.pick(["event", "code"])?;
    (event?.is("notice") && code?.is(UPGRADE))
        .then_some(Signal::Notice { kind: NoticeKind::Shutdown, deadline: Some(UPGRADE_IN) })
}

impl Responder for Okx {
    fn respond(&self, _token: &[u8], _out: &mut Outbox) -> Result<(), OutboxError> {
        Ok(()) // The venue challenges nobody.
    }

    fn probe(&self, _id: ProbeId, out: &mut Outbox) -> Result<(), OutboxError> {
        out.text(format_args!("ping"))
    }
}

impl Platform for Okx {
    fn name(&self) -> &str {
        Self::PROFILE.name
    }

    fn defaults(&self) -> ConfigBuilder {
        defaults(&RULES).probing(PROBING)
    }
}
