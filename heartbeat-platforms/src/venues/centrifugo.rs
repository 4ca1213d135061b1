//! Centrifugo, in JSON: the venue says on connecting how often it pings, and pings by an empty
//! object.
//!
//! A frame may hold several messages, one a line: a challenge among data is both, and is read as
//! both. The application connects, since that needs its token; no other message may come before.
//!
//! Sources: `github.com/centrifugal/centrifuge` 1d8f99f (`client.go`, `config.go`,
//! `disconnect.go`), the server's own code; `github.com/centrifugal/protocol`, client.proto; ccxt
//! 4.5.90, prediction; read 2026-11-25. A pong to a ping that wants none is taken without harm
//! (`client.go`), so that each is answered.
//!
//! Not meant here: EVEDEX, whose clients send another shape (`{"ping":{}}`) that nobody verified;
//! and connections with `cf_ws_frame_ping_pong=true`, which go by ping frames alone.

use core::time::Duration;

use heartbeat_core::{
    Clock, ConfigBuilder, Detector, Frame, Heard, Heartbeat, Layer, Outbox, OutboxError, Patience,
    Refusal, RefusalCode, Responder, Signal, Terms, TermsRange, Token,
};
use memchr::memchr;

use super::dialect::{Dialect, by_ping_frames, venue};
use super::{Profile, Row};
use crate::json::Json;
use crate::{Answered, Auth, Begins, ChallengeRule, CloseRule, Confidence, Facts, Rules};

/// The longest line in bytes in which a reply to `connect` is looked for; publications that come
/// with it make one longer.
const LONGEST: usize = 4_096;

/// The longest line in bytes in which an escape is seen through.
const ESCAPED_MAX: usize = 512;

/// How much later than it says the venue may ping: what its own clients bear
/// (`maxServerPingDelay`).
const DELAY: Duration = Duration::from_secs(10);

/// What the reply to `connect` may say; its own default is 25 s.
const TERMS: TermsRange =
    TermsRange { shortest: Duration::from_secs(2), longest: Duration::from_secs(130) };

/// Centrifugo's current dialect, since version 3.
#[derive(Clone, Copy, Debug)]
pub(super) struct Centrifugo;

impl Dialect for Centrifugo {
    const NAME: &'static str = "centrifugo";

    fn settings(&self, rules: &Rules, facts: &Facts) -> ConfigBuilder {
        by_ping_frames(rules, facts).terms(TERMS)
    }
}

impl Detector for Centrifugo {
    fn classify(&self, frame: Frame<'_>) -> Signal {
        if let Frame::Text(text) = frame
            && let Some(signal) = read(text)
        {
            signal
        } else {
            Signal::of_control(frame)
        }
    }
}

fn read(text: &str) -> Option<Signal> {
    if let Some(said) = message(text) {
        return Some(said.alone());
    }
    memchr(b'\n', text.as_bytes())?;
    let lines = || text.split('\n').map(str::trim_ascii).filter(|line| !line.is_empty());
    let mut found = None;
    let mut is_all = true;
    for line in lines() {
        match message(line) {
            // What must be answered comes before what is only said.
            Some(said) if !matches!(found, Some(Said::Challenge)) => found = Some(said),
            Some(_) => {}
            None => is_all = false,
        }
    }
    let said = found?;
    // Rare enough to look at all of it: beside what is no message, nothing is one.
    if !lines().all(|line| Json::parse(line).is_some_and(Json::is_object)) {
        return None;
    }
    Some(match said {
        Said::Challenge if is_all => said.alone(),
        Said::Challenge | Said::Terms(_) => said.among_others(),
    })
}

/// A message of the venue's own.
#[derive(Clone, Copy, Debug)]
enum Said {
    Challenge,
    Terms(Terms),
}

impl Said {
    fn alone(self) -> Signal {
        match self {
            Self::Challenge => Signal::Challenge { token: Token::default() },
            Self::Terms(terms) => Signal::Terms { terms, arms: false },
        }
    }

    fn among_others(self) -> Signal {
        let heartbeat = match self {
            Self::Challenge => Heartbeat::Challenge { token: Token::default() },
            Self::Terms(terms) => Heartbeat::Terms { terms, arms: false },
        };
        Signal::Mixed { heartbeat }
    }
}

/// Reads one message.
fn message(text: &str) -> Option<Said> {
    let text = text.trim_ascii();
    if text.len() > LONGEST || !text.starts_with('{') {
        return None;
    }
    let inner = text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
    if inner.is_some_and(|inner| inner.trim_ascii().is_empty()) {
        return Some(Said::Challenge);
    }
    // An escape may hide the word; what is long is not written so.
    if !text.contains("connect") && (text.len() > ESCAPED_MAX || !text.contains('\\')) {
        return None;
    }
    let [id, connect] = Json::unchecked(text).pick(["id", "connect"])?;
    id?.as_u64()?;
    let [client, ping] = connect?.pick(["client", "ping"])?;
    client?.text()?;
    let heard = match ping.map(Json::as_u64) {
        None | Some(Some(0)) => None,
        Some(seconds) => {
            let within = Duration::from_secs(seconds?).saturating_add(DELAY);
            Some(Heard { clock: Clock::Session, within })
        }
    };
    Some(Said::Terms(Terms { heard, patience: Patience::default() }))
}

impl Responder for Centrifugo {
    fn respond(&self, _token: &[u8], out: &mut Outbox) -> Result<(), OutboxError> {
        out.text(format_args!("{{}}"))
    }
}

const RULES: Rules = Rules {
    challenge: Some(ChallengeRule {
        layer: Layer::Dialect,
        // The server's defaults. What counts is what it says on connecting.
        every: Duration::from_secs(25),
        respond_within: Duration::from_secs(10),
        misses: 1,
    }),
    begins: Begins::Arming,
    // The server's default.
    authenticate_within: Some(Duration::from_secs(15)),
    heartbeat_close: CloseRule::Code { code: 3012, reason: "no pong" },
    ..Rules::NONE
};

const FACTS: Facts = Facts {
    answers_pings: Answered::Presumed {
        why: "centrifuge serves by gorilla/websocket, which answers them",
    },
    heartbeat_failure_codes: &[3012],
    // The server's own; from 3500 on it tells a client not to come back.
    refusals: &[
        (RefusalCode::Close(3001), Refusal::Restarting),
        (RefusalCode::Close(3005), Refusal::SessionExpired),
        (RefusalCode::Close(3500), Refusal::Denied),
        (RefusalCode::Close(3503), Refusal::Denied),
        (RefusalCode::Close(3504), Refusal::RateLimited),
        (RefusalCode::Close(3507), Refusal::Denied),
    ],
    assumed: &["that the venue runs the server with its defaults"],
    sources: "centrifugal/centrifuge 1d8f99f; ccxt 4.5.90",
    read: "2026-11-25",
    confidence: Confidence::Medium,
    ..Facts::UNKNOWN
};

venue!(
    SxBet,
    Centrifugo,
    Profile {
        name: "sx-bet",
        // ccxt lists a REST call `heartbeat/v3` and orders that it cancels: nobody read how that
        // goes.
        endpoints: &[
            Row::production("wss://realtime.sx.bet/connection/websocket").auth(Auth::Message),
        ],
        rules: RULES,
        facts: FACTS,
    }
);

venue!(
    Myriad,
    Centrifugo,
    Profile {
        name: "myriad",
        endpoints: &[Row::production("wss://ws.myriadprotocol.com/ws").auth(Auth::Message)],
        rules: RULES,
        facts: FACTS,
    }
);
