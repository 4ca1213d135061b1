//! Engine.IO, protocol 4, below Socket.IO: the venue names its periods in its first message, and
//! challenges by one digit.
//!
//! The messages are packets: a digit for the kind, then what it carries. `0` opens and names the
//! periods; `2` is the challenge, and the whole of its message; `3` the response. `40` connects to
//! a namespace, without which a venue closes however well its challenges are answered; the
//! platform sends it as the arming message, so an application must not.
//!
//! Sources: `github.com/socketio/engine.io-protocol` f21de7b, README; a third party's measurements
//! on live sockets of bitbank, CoinDCX and ZebPay, 2026-09 ("measured" below); read 2026-11-25.
//! In protocol 3 (`EIO=3`) it is the client who challenges; no venue here speaks that.

use core::time::Duration;

use heartbeat_core::{
    Clock, ConfigBuilder, Detector, Frame, Heard, Layer, Outbox, OutboxError, Patience, Responder,
    Signal, Terms, TermsRange, Token,
};

use super::dialect::{Dialect, by_ping_frames, venue};
use super::{Profile, Row};
use crate::json::Json;
use crate::{Answered, ChallengeRule, CloseRule, Confidence, Facts, Hazard, Rules};

/// The longest packet that is looked into, in bytes; one that opens has about 110.
const LONGEST: usize = 512;

/// What an opening packet may name: bitFlyer's names 3 s, the protocol's own are 25 s and 20 s.
const TERMS: TermsRange =
    TermsRange { shortest: Duration::from_secs(2), longest: Duration::from_secs(120) };

/// The dialect, in a namespace: `""` is the main one, any other begins with a slash.
#[derive(Clone, Copy, Debug)]
pub(super) struct EngineIo {
    namespace: &'static str,
}

impl EngineIo {
    const MAIN: Self = Self { namespace: "" };

    const fn within(namespace: &'static str) -> Self {
        Self { namespace }
    }

    fn read(self, packet: &str) -> Option<Signal> {
        match packet.as_bytes() {
            [b'2'] => Some(Signal::Challenge { token: Token::default() }),
            [b'0', ..] => opening(packet.get(1..)?),
            [b'4', b'0', ..] => self.in_namespace(packet.get(2..)?, "sid").then_some(Signal::Armed),
            [b'4', b'4', ..] => {
                self.in_namespace(packet.get(2..)?, "message").then_some(Signal::ArmRefused)
            }
            _ => None,
        }
    }

    /// Tells whether a packet is of our namespace and carries an object with a text under `key`.
    fn in_namespace(self, packet: &str, key: &str) -> bool {
        let object = match self.namespace {
            "" => Some(packet),
            namespace => packet.strip_prefix(namespace).and_then(|rest| rest.strip_prefix(',')),
        };
        let member = object.and_then(|object| Json::unchecked(object).get(key));
        member.is_some_and(|member| member.text().is_some())
    }
}

/// Reads `{"sid":"x","pingInterval":25000,"pingTimeout":20000}`, whatever else is in it.
fn opening(object: &str) -> Option<Signal> {
    let [sid, interval, timeout] =
        Json::unchecked(object).pick(["sid", "pingInterval", "pingTimeout"])?;
    sid?.text()?;
    let [interval, timeout] =
        [interval?, timeout?].map(|span| span.as_u64().map(Duration::from_millis));
    let (interval, timeout) = (interval?, timeout?);
    // As the protocol has it: dead is who has not challenged for both together.
    let heard = Heard { clock: Clock::Session, within: interval.saturating_add(timeout) };
    let patience = Patience { response: Some(timeout), silence: None };
    Some(Signal::Terms { terms: Terms { heard: Some(heard), patience }, arms: false })
}

impl Dialect for EngineIo {
    const NAME: &'static str = "engine-io";

    fn settings(&self, rules: &Rules, facts: &Facts) -> ConfigBuilder {
        by_ping_frames(rules, facts).terms(TERMS)
    }
}

impl Detector for EngineIo {
    fn classify(&self, frame: Frame<'_>) -> Signal {
        if let Frame::Text(packet) = frame
            && packet.len() <= LONGEST
            && let Some(signal) = self.read(packet)
        {
            signal
        } else {
            Signal::of_control(frame)
        }
    }
}

impl Responder for EngineIo {
    fn respond(&self, _token: &[u8], out: &mut Outbox) -> Result<(), OutboxError> {
        out.text(format_args!("3"))
    }

    fn arm(&self, out: &mut Outbox) -> Result<(), OutboxError> {
        match self.namespace {
            "" => out.text(format_args!("40")),
            namespace => out.text(format_args!("40{namespace},")),
        }
    }
}

const RULES: Rules = Rules {
    challenge: Some(ChallengeRule {
        layer: Layer::Dialect,
        // Measured: the first after 25.3 s to 26.1 s. What counts is what the first packet says.
        every: Duration::from_secs(25),
        respond_within: Duration::from_secs(20),
        misses: 1,
    }),
    // Measured: joined to nothing, a client that answers is closed all the same.
    subscribe_within: Some(Duration::from_secs(45)),
    // Measured, as 1005: a close frame without a code.
    heartbeat_close: CloseRule::Bare,
    ..Rules::NONE
};

const FACTS: Facts = Facts {
    answers_pings: Answered::Presumed {
        why: "engine.io serves by the library ws, which answers them",
    },
    // Measured: what is no packet of Engine.IO's closes the socket within half a second.
    hazards: &[Hazard::MalformedText],
    sources: "engine.io-protocol f21de7b; measured by a third party, 2026-09",
    read: "2026-11-25",
    confidence: Confidence::High,
    ..Facts::UNKNOWN
};

/// Nobody measured these.
const UNMEASURED: Facts = Facts {
    assumed: &["periods and the close, which are those of the protocol's defaults"],
    sources: "engine.io-protocol f21de7b; clients of the venue",
    confidence: Confidence::Medium,
    ..FACTS
};

venue!(
    Bitbank,
    EngineIo = EngineIo::MAIN,
    Profile {
        name: "bitbank",
        // Documented: 25 s and 60 s; the wire says 25 s and 20 s. What is private comes by another
        // way than WebSocket.
        endpoints: &[Row::production(
            "wss://stream.bitbank.cc/socket.io/?EIO=4&transport=websocket"
        )],
        rules: RULES,
        facts: FACTS,
    }
);

venue!(
    Coindcx,
    EngineIo = EngineIo::MAIN,
    Profile {
        name: "coindcx",
        endpoints: &[Row::production(
            "wss://stream.coindcx.com/socket.io/?EIO=4&transport=websocket"
        )],
        rules: RULES,
        facts: FACTS,
    }
);

venue!(
    Zebpay,
    EngineIo = EngineIo::MAIN,
    Profile {
        name: "zebpay",
        endpoints: &[Row::production(
            "wss://futuresws.zebpay.com/socket.io/?EIO=4&transport=websocket"
        )],
        rules: RULES,
        facts: FACTS,
    }
);

venue!(
    Ethereal,
    EngineIo = EngineIo::within("/v1/stream"),
    Profile {
        name: "ethereal",
        // Beside it, since 2026, a plain socket at `wss://ws2.ethereal.trade`, of another dialect.
        endpoints: &[Row::production(
            "wss://ws.ethereal.trade/socket.io/?EIO=4&transport=websocket"
        )],
        rules: RULES,
        facts: UNMEASURED,
    }
);

venue!(
    Limitless,
    EngineIo = EngineIo::within("/markets"),
    Profile {
        name: "limitless",
        endpoints: &[Row::production(
            "wss://ws.limitless.exchange/socket.io/?EIO=4&transport=websocket"
        )],
        rules: RULES,
        facts: UNMEASURED,
    }
);
