//! The checks see through compression: they pass on a dialect whose messages are gzip in binary
//! frames, and fail on one that reads it wrongly.

use heartbeat_core::{
    Config, ConfigBuilder, Detector, Frame, Outbox, OutboxError, Pace, Platform, Probing,
    Responder, Signal, Token,
};
use heartbeat_platforms::gzip;
use heartbeat_platforms::json::Json;

use super::support::checks::{self, Replies};
use super::support::fixtures::Fixture;
use super::support::packing::{Packing, gunzip};
use super::support::reference;
use super::support::tree::Tree;

/// A venue that sends `{"ping":N}` compressed, and wants `{"pong":N}` as text.
struct Zipped {
    /// The longest message that is inflated, in bytes.
    longest: usize,
    key: &'static str,
}

const ZIPPED: Zipped = Zipped { longest: 96, key: "ping" };

impl Detector for Zipped {
    fn classify(&self, frame: Frame<'_>) -> Signal {
        gzip::classify(frame, self.longest, |text| {
            let [number] = Json::parse(text)?.pick([self.key])?;
            let number = number?.as_u64()?.to_string();
            Some(Signal::Challenge { token: Token::new(number.as_bytes()) })
        })
    }
}

impl Responder for Zipped {
    fn respond(&self, token: &[u8], out: &mut Outbox) -> Result<(), OutboxError> {
        out.text_around(r#"{"pong":"#, token, "}")
    }
}

impl Platform for Zipped {
    fn name(&self) -> &'static str {
        "zipped"
    }

    fn defaults(&self) -> ConfigBuilder {
        let second = core::time::Duration::from_secs(1);
        let pace = Pace::Unconditional;
        Config::builder().probing(Probing { every: 5 * second, answer_within: 3 * second, pace })
    }
}

fn read(frame: Frame<'_>) -> Option<Signal> {
    let Frame::Binary(member) = frame else { return None };
    let text = gunzip(member).filter(|_| member.len() <= ZIPPED.longest)?;
    let number = Tree::parse(&text)?.only("ping")?.number()?;
    Some(Signal::Challenge { token: Token::new(number.to_string().as_bytes()) })
}

fn fixtures() -> Vec<Fixture> {
    let number = 1_492_420_473_027_u64;
    let fixture = |name: &str, signal: &str, packing: Packing, text: &str| {
        let packed = packing.pack(text);
        let (Frame::Text(_) | Frame::Binary(_)) = packed.frame() else { panic!("{name}") };
        let payload = match packed.frame() {
            Frame::Text(text) => text.as_bytes().to_vec(),
            Frame::Binary(bytes) => bytes.to_vec(),
            Frame::Ping(_) | Frame::Pong(_) | Frame::Close { .. } => panic!("{name}"),
        };
        Fixture { name: name.to_owned(), signal: signal.to_owned(), payload }
    };
    let ping = format!(r#"{{"ping":{number}}}"#);
    let data = format!(r#"{{"ch":"trade","tick":[{}0]}}"#, "1492420473027,".repeat(30));
    vec![
        fixture("ping.bin", &format!("challenge {number}"), Packing::Gzip, &ping),
        fixture("trade.bin", "data", Packing::Gzip, &data),
        fixture("lookalike_text.txt", "data", Packing::Text, &ping),
        fixture("lookalike_plain.bin", "data", Packing::Binary, &ping),
        fixture("lookalike_string.bin", "data", Packing::Gzip, r#"{"ping":"1"}"#),
    ]
}

fn check(zipped: &Zipped) {
    let fixtures = fixtures();
    let reference = |frame: Frame<'_>| reference::classify(read, frame);
    checks::check_statements(zipped, &fixtures, &reference);
    checks::check_coverage(zipped, &fixtures, &["challenge", "data"], ZIPPED.longest);
    checks::check_control_frames(zipped);
    checks::check_replies(
        zipped,
        &Replies { token: b"7", response: Some(Frame::Text(r#"{"pong":7}"#)), ..Replies::PINGS },
    );
    checks::check_truncations(zipped, &fixtures, &reference);
    checks::check_byte_changes(zipped, &fixtures, &reference);
    checks::check_rewritings(zipped, &fixtures, &reference);
    checks::check_bound(zipped, &fixtures, ZIPPED.longest, &reference);
}

#[test]
fn a_compressed_dialect_passes_every_check() {
    check(&ZIPPED);
}

#[test]
#[should_panic(expected = "ping.bin")]
fn one_that_inflates_too_little_does_not() {
    check(&Zipped { longest: 20, ..ZIPPED });
}

#[test]
#[should_panic(expected = "zipped: Binary")]
fn one_that_inflates_too_much_does_not() {
    check(&Zipped { longest: 512, ..ZIPPED });
}
