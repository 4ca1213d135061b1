//! LBank spot: either side may ping, in JSON, with an id that the pong must repeat.
//!
//! Source: `github.com/LBank-exchange/lbank-official-api-docs`, 411055c, "WebSocket API",
//! read 2026-11-23. The endpoint of the perpetuals is undocumented and another dialect: it
//! answers these pings with an error.

use core::time::Duration;

use heartbeat_core::{
    ConfigBuilder, Detector, Frame, Layer, Outbox, OutboxError, Platform, ProbeId, Responder,
    Signal, Token,
};

use super::{PROBING, Profile, Row, Venue, defaults};
use crate::json::{Json, Text};
use crate::sieve::{Needle, Sieve};
use crate::{Answered, ChallengeRule, CloseRule, Confidence, Facts, Rules};

/// What the ids of our pings begin with. The venue's own are random UUIDs, and it is not
/// documented that it takes anything else: ours have the form, and the number of the probe in
/// the last of their groups.
const ID_PREFIX: &str = "48420000-0000-4000-8000-";

/// How many hexadecimal digits the last group of a UUID has.
const ID_DIGITS: usize = 12;

// The key that pings and pongs have in common.
static SIEVE: Sieve<1> = Sieve::new([Needle::new("action")]);

const RULES: Rules = Rules {
    challenge: Some(ChallengeRule {
        layer: Layer::Dialect,
        // Documented: "periodically". The number is an assumption that no setting rests on.
        every: Duration::from_secs(30),
        // Documented: closed if for a minute no ping was answered.
        respond_within: Duration::from_secs(60),
        misses: 1,
    }),
    heartbeat_close: CloseRule::Cut,
    ..Rules::NONE
};

const FACTS: Facts = Facts {
    // A comment in ccxt 4.5.90: not reliably.
    answers_pings: Answered::No,
    assumed: &["the period of its pings"],
    sources: "github.com/LBank-exchange, WebSocket V2",
    read: "2026-11-23",
    confidence: Confidence::High,
    ..Facts::UNKNOWN
};

/// LBank's dialect on its spot endpoint.
///
/// Ping ids that begin with `48420000-0000-4000-8000-` are its own; an application must not use
/// them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "a dialect without settings")]
pub struct Lbank;

impl Venue for Lbank {
    const STANDARD: Self = Self;

    const PROFILE: Profile = Profile {
        name: "lbank",
        endpoints: &[Row::production("wss://www.lbkex.net/ws/V2/")],
        rules: RULES,
        facts: FACTS,
    };
}

impl Detector for Lbank {
    fn classify(&self, frame: Frame<'_>) -> Signal {
        SIEVE.classify(frame, read)
    }
}

fn read(message: Json<'_>) -> Option<Signal> {
    let [action, challenge, answer] = message.pick(["action", "ping", "pong"])?;
    let action = action?;
    match (challenge, answer) {
        (Some(id), None) if action.is("ping") => {
            Some(Signal::Challenge { token: token_of(id.text()?)? })
        }
        (None, Some(id)) if action.is("pong") => Some(match probe_of(id.text()?) {
            Some(probe) => Signal::Answer { probe: Some(probe) },
            // To a ping of the application's.
            None => Signal::Unsolicited,
        }),
        _ => None,
    }
}

/// Copies the id of a ping; `None` if it is empty, longer than [`Token::CAPACITY`], or holds
/// what no UUID does, so that it needs no escape where it is repeated.
fn token_of(id: Text<'_>) -> Option<Token> {
    let mut bytes = [0; Token::CAPACITY];
    let mut len = 0usize;
    for letter in id.chars() {
        if !letter.is_ascii_alphanumeric() && letter != '-' {
            return None;
        }
        *bytes.get_mut(len)? = u8::try_from(letter).ok()?;
        len = len.checked_add(1)?;
    }
    bytes.get(..len).filter(|id| !id.is_empty()).map(Token::new)
}

/// Reads the number of the probe out of an id; `None` unless it is to the byte what
/// [`probe`](Responder::probe) writes.
fn probe_of(id: Text<'_>) -> Option<ProbeId> {
    let mut chars = id.chars();
    if !ID_PREFIX.chars().all(|expected| chars.next() == Some(expected)) {
        return None;
    }
    let mut number = 0u32;
    for _ in 0..ID_DIGITS {
        let digit = chars.next().filter(|digit| !digit.is_ascii_uppercase())?;
        number = number.checked_mul(16)?.checked_add(digit.to_digit(16)?)?;
    }
    chars.next().is_none().then(|| ProbeId::from_number(number))
}

impl Responder for Lbank {
    fn respond(&self, token: &[u8], out: &mut Outbox) -> Result<(), OutboxError> {
        out.text_around(r#"{"action":"pong","pong":""#, token, r#""}"#)
    }

    fn probe(&self, id: ProbeId, out: &mut Outbox) -> Result<(), OutboxError> {
        let number = id.number();
        out.text(format_args!(r#"{{"action":"ping","ping":"{ID_PREFIX}{number:0ID_DIGITS$x}"}}"#))
    }
}

impl Platform for Lbank {
    fn name(&self) -> &str {
        Self::PROFILE.name
    }

    fn defaults(&self) -> ConfigBuilder {
        defaults(&RULES).probing(PROBING)
    }
}

#[cfg(test)]
mod tests {
    use std::format;
    use std::string::String;

    use super::*;

    fn text(json: &str) -> Text<'_> {
        Json::parse(json).unwrap().text().unwrap()
    }

    #[test]
    fn an_id_of_ours_is_its_probe_and_no_other_id_is_one() {
        let probe = |number| Some(ProbeId::from_number(number));
        for (id, expected) in [
            (r#""48420000-0000-4000-8000-000000000007""#, probe(7)),
            (r#""48420000-0000-4000-8000-0000ffffffff""#, probe(u32::MAX)),
            (r#""48420000-0000-4000-8000-00000000000\u0037""#, probe(7)),
            (r#""48420000-0000-4000-8000-000100000000""#, None),
            (r#""48420000-0000-4000-8000-0000FFFFFFFF""#, None),
            (r#""48420000-0000-4000-8000-00000000007""#, None),
            (r#""48420000-0000-4000-8000-0000000000007""#, None),
            (r#""48420000-0000-4000-8000-00000000000g""#, None),
            (r#""48420001-0000-4000-8000-000000000007""#, None),
            (r#""48420000""#, None),
            (r#""""#, None),
        ] {
            assert_eq!(probe_of(text(id)), expected, "{id}");
        }
    }

    #[test]
    fn an_id_is_repeated_only_if_it_needs_no_escape() {
        let longest = "f".repeat(Token::CAPACITY);
        let token = |id: &str| token_of(text(&format!("\"{id}\"")));
        for id in ["0ca8f854-7ba7-4341-9d86-d3327e52804e", "7", &longest] {
            assert_eq!(token(id), Some(Token::new(id.as_bytes())));
        }
        assert_eq!(token(r"\u0037"), Some(Token::new(b"7")));
        let too_long = longest.clone() + "f";
        for id in ["", r#"a\"b"#, r"a\\b", r"a\nb", "a b", "\u{e9}", &too_long] {
            assert_eq!(token(id), None, "{id}");
        }
    }

    #[test]
    fn the_response_fits_whatever_the_token() {
        let mut out = Outbox::new();
        let longest: String = "f".repeat(Token::CAPACITY);
        Lbank.respond(longest.as_bytes(), &mut out).unwrap();
        let expected = format!(r#"{{"action":"pong","pong":"{longest}"}}"#);
        assert_eq!(out.frame(), Some(Frame::Text(&expected)));
    }
}
