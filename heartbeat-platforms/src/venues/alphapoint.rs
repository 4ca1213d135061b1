//! AlphaPoint's gateways, Bitazza and NDAX: the client pings by a function call, and what comes
//! back is JSON within a JSON string.
//!
//! Sources: a third party's measurements on live sockets of Bitazza's, 2026-09 ("measured" below);
//! hummingbot 2bfaccc (NDAX); ccxt 4.5.90, which sends nothing; read 2026-11-25.

use heartbeat_core::{
    ConfigBuilder, Detector, Frame, Outbox, OutboxError, ProbeId, Responder, Signal,
};

use super::dialect::{Dialect, by_probes, venue};
use super::{Profile, Row};
use crate::json::{Json, Text};
use crate::sieve::{Needle, Sieve};
use crate::{Auth, Confidence, Facts, Rules};

static SIEVE: Sieve<1> = Sieve::new([Needle::new("PONG")]);

/// What an `i` is ours by: even, as a client's has to be, and as large as 32 bits with a sign
/// allow. The 2^29 even numbers from here on are ours.
const FIRST: u64 = 0x4000_0000;
const COUNT: u32 = 0x2000_0000;

/// The longest answer within a string that is looked into, in bytes; `{"msg":"PONG"}` has 14.
const LONGEST: usize = 64;

/// AlphaPoint's dialect.
#[derive(Clone, Copy, Debug)]
pub(super) struct AlphaPoint;

impl Dialect for AlphaPoint {
    const NAME: &'static str = "alphapoint";

    fn settings(&self, rules: &Rules, _facts: &Facts) -> ConfigBuilder {
        by_probes(rules)
    }
}

impl Detector for AlphaPoint {
    fn classify(&self, frame: Frame<'_>) -> Signal {
        SIEVE.classify(frame, read)
    }
}

fn read(message: Json<'_>) -> Option<Signal> {
    let [kind, number, name, object] = message.pick(["m", "i", "n", "o"])?;
    // 1 is a reply; 0 is what we send.
    if kind?.as_u64()? != 1 || !name?.is("Ping") || !is_pong(object?.text()?) {
        return None;
    }
    Some(match numbered(number?) {
        Some(probe) => Signal::Answer { probe: Some(probe) },
        None => Signal::Unsolicited,
    })
}

/// Tells whether a string holds `{"msg":"PONG"}`, however it is written.
fn is_pong(object: Text<'_>) -> bool {
    let mut bytes = [0; LONGEST];
    let mut len = 0usize;
    for letter in object.chars() {
        let Some(room) = len.checked_add(letter.len_utf8()).and_then(|end| bytes.get_mut(len..end))
        else {
            return false;
        };
        letter.encode_utf8(room);
        len = len.saturating_add(room.len());
    }
    let inner = bytes.get(..len).and_then(|bytes| core::str::from_utf8(bytes).ok());
    let said = inner.and_then(|inner| Json::unchecked(inner).get("msg"));
    said.is_some_and(|said| said.is("PONG"))
}

fn numbered(number: Json<'_>) -> Option<ProbeId> {
    let offset = number.as_u64()?.checked_sub(FIRST)?;
    let probe = u32::try_from(offset / 2).ok().filter(|probe| *probe < COUNT)?;
    (offset % 2 == 0).then(|| ProbeId::from_number(probe))
}

impl Responder for AlphaPoint {
    fn respond(&self, _token: &[u8], _out: &mut Outbox) -> Result<(), OutboxError> {
        Ok(()) // The venue challenges nobody.
    }

    fn probe(&self, id: ProbeId, out: &mut Outbox) -> Result<(), OutboxError> {
        let number = FIRST.saturating_add(u64::from(id.number() % COUNT).saturating_mul(2));
        out.text(format_args!(r#"{{"m":0,"i":{number},"n":"Ping","o":"{{}}"}}"#))
    }
}

const FACTS: Facts = Facts {
    // Measured: a socket on which nobody spoke was open after 120 s.
    sources: "measured by a third party, 2026-09; hummingbot 2bfaccc",
    read: "2026-11-25",
    confidence: Confidence::High,
    ..Facts::UNKNOWN
};

venue!(
    Bitazza,
    AlphaPoint,
    Profile {
        name: "bitazza",
        endpoints: &[Row::production("wss://apexapi.bitazza.com/WSGateway/").auth(Auth::Optional)],
        rules: Rules::NONE,
        facts: FACTS,
    }
);

venue!(
    Ndax,
    AlphaPoint,
    Profile {
        name: "ndax",
        endpoints: &[Row::production("wss://api.ndax.io/WSGateway/").auth(Auth::Optional)],
        rules: Rules::NONE,
        facts: Facts { assumed: &["the URL"], confidence: Confidence::Medium, ..FACTS },
    }
);
