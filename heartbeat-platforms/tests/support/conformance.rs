//! What every adapter must pass, ours or somebody else's: checks over a platform, its fixtures,
//! and a slow reference that says what a frame means.

use core::fmt::Display;

use heartbeat_core::{Frame, Outbox, OutboxError, Platform, ProbeId, Signal};

use super::fixtures::Fixture;
use super::tree::{Tree, escaped, plain};

/// Says what a frame means, slowly.
pub(crate) type Reference<'r> = &'r dyn for<'f> Fn(Frame<'f>) -> Signal;

/// The longest text in bytes in which a platform must see through every escape.
const ESCAPED_MAX: usize = 512;

/// What a platform writes; `None` where it has nothing to say.
pub(crate) struct Replies<'r> {
    pub(crate) arm: Option<Frame<'r>>,
    pub(crate) response: Option<Frame<'r>>,
    /// To the probe with the number 7.
    pub(crate) probe: Option<Frame<'r>>,
    pub(crate) farewell: Option<Frame<'r>>,
}

/// A signal in a few words: `challenge`, `beat 3049`, `answer 7`, `notice shutdown in 30s`.
pub(crate) fn name_of(signal: Signal) -> String {
    match signal {
        Signal::Data => "data".to_owned(),
        Signal::Beat { counter } => words("beat", counter),
        Signal::Challenge { token } => match token.as_bytes() {
            Some(b"") => "challenge".to_owned(),
            Some(bytes) => words("challenge", Some(bytes.escape_ascii())),
            None => "challenge too long".to_owned(),
        },
        Signal::Answer { probe } => words("answer", probe),
        Signal::Unsolicited => "unsolicited".to_owned(),
        Signal::Armed => "armed".to_owned(),
        Signal::ArmRefused => "arm_refused".to_owned(),
        Signal::Notice { kind, deadline } => {
            let deadline = deadline.map(|span| format!("in {span:?}"));
            format!("notice {}", words(kind.as_str(), deadline))
        }
        Signal::Close { .. } => "close".to_owned(),
        _ => panic!("{signal:?} has no name"),
    }
}

fn words(first: &str, second: Option<impl Display>) -> String {
    second.map_or_else(|| first.to_owned(), |second| format!("{first} {second}"))
}

/// Every fixture means what its list states, and so says the reference.
pub(crate) fn check_statements(
    platform: &dyn Platform,
    fixtures: &[Fixture],
    reference: Reference<'_>,
) {
    for fixture in fixtures {
        let venue = platform.name();
        let fast = name_of(platform.classify(fixture.frame()));
        assert_eq!(fast, fixture.signal, "{venue}: {}", fixture.name);
        let slow = name_of(reference(fixture.frame()));
        assert_eq!(slow, fixture.signal, "{venue}: {} by the reference", fixture.name);
    }
}

/// There are enough fixtures to mean anything: lookalikes, data, and each of `kinds`.
pub(crate) fn check_coverage(platform: &dyn Platform, fixtures: &[Fixture], kinds: &[&str]) {
    let venue = platform.name();
    let lookalikes = fixtures.iter().filter(|fixture| fixture.name.starts_with("lookalike_"));
    let lookalikes = lookalikes.inspect(|fixture| {
        assert_eq!(fixture.signal, "data", "{venue}: {}", fixture.name);
    });
    assert!(lookalikes.count() >= 3, "{venue}: too few lookalikes");
    for kind in kinds {
        let found = fixtures.iter().any(|fixture| {
            fixture.signal.starts_with(kind) && !fixture.name.starts_with("lookalike_")
        });
        assert!(found, "{venue}: no fixture for `{kind}`");
    }
}

/// Control frames mean what RFC 6455 says, and binary ones are data.
pub(crate) fn check_control_frames(platform: &dyn Platform) {
    let probe = ProbeId::from_number(7);
    for frame in [
        Frame::Ping(b""),
        Frame::Ping(&[0xff; 125]),
        Frame::Ping(b"pong"),
        Frame::Pong(b""),
        Frame::Pong(b"7"),
        Frame::Pong(probe.payload().as_bytes()),
        Frame::Close { code: None, reason: "" },
        Frame::Close { code: Some(1001), reason: "heartbeat" },
        Frame::Binary(b""),
        Frame::Binary(&[0xff, 0x00]),
    ] {
        assert_eq!(platform.classify(frame), Signal::of_control(frame), "{}", platform.name());
    }
}

/// No part of a fixture that was cut short is a challenge, and all mean what the reference says.
pub(crate) fn check_truncations(
    platform: &dyn Platform,
    fixtures: &[Fixture],
    reference: Reference<'_>,
) {
    for text in fixtures.iter().filter_map(Fixture::text) {
        for (end, _) in text.char_indices() {
            assert_agreement(platform, &text[..end], reference);
        }
    }
}

/// The bytes that play a part in JSON or in a number, and some that play none.
const TELLING: &[u8] = b"\"\\{}[],: \t\n019-+.eEunaz\x00\x1f\x7f\x80\xff";

/// No fixture with one byte changed becomes what the reference says it is not: any byte of a
/// short heartbeat by any other, any byte of the rest by those that may matter.
pub(crate) fn check_byte_changes(
    platform: &dyn Platform,
    fixtures: &[Fixture],
    reference: Reference<'_>,
) {
    let all = (0..=u8::MAX).collect::<Vec<_>>();
    for fixture in fixtures {
        // The slow reference takes seconds for the rest.
        let short = fixture.signal != "data" && fixture.payload.len() <= 128;
        let bytes = if short { &all } else { TELLING };
        let mut payload = fixture.payload.clone();
        for at in 0..payload.len() {
            let original = payload[at];
            for byte in bytes {
                payload[at] = *byte;
                match str::from_utf8(&payload) {
                    Ok(text) => assert_agreement(platform, text, reference),
                    // Such bytes can only come as a binary message.
                    Err(_) => {
                        assert_eq!(platform.classify(Frame::Binary(&payload)), Signal::Data);
                    }
                }
            }
            payload[at] = original;
        }
    }
}

/// The order of keys, white space and escapes change no meaning.
pub(crate) fn check_rewritings(
    platform: &dyn Platform,
    fixtures: &[Fixture],
    reference: Reference<'_>,
) {
    for fixture in fixtures {
        let Some(mut tree) = fixture.text().and_then(Tree::parse) else { continue };
        let expected = platform.classify(fixture.frame());
        let assert_same = |text: &str| {
            assert_agreement(platform, text, reference);
            if text.len() <= ESCAPED_MAX && fixture.payload.len() <= ESCAPED_MAX {
                assert_eq!(platform.classify(Frame::Text(text)), expected, "{text}");
            }
        };
        // As many turns as any object of any fixture has members.
        for _turn in 0..24 {
            for space in ["", " ", "\t", "\r\n"] {
                assert_same(&tree.write(space, plain));
                assert_same(&tree.write(space, escaped));
                assert_same(&format!("{space}{}{space}", tree.write("", plain)));
            }
            tree.change_members(&mut |members| {
                if !members.is_empty() {
                    members.rotate_left(1);
                }
            });
        }
        tree.change_members(&mut |members| members.reverse());
        assert_same(&tree.write("", plain));
    }
}

/// What the platform writes is exact to the byte, fits, and is JSON if it looks like it.
pub(crate) fn check_replies(platform: &dyn Platform, expected: &Replies<'_>) {
    type Write<'w> = &'w dyn Fn(&mut Outbox) -> Result<(), OutboxError>;
    let probe = ProbeId::from_number(7);
    let replies: [(&str, Write<'_>, Option<Frame<'_>>); 4] = [
        ("arm", &|out| platform.arm(out), expected.arm),
        ("respond", &|out| platform.respond(b"", out), expected.response),
        ("probe", &|out| platform.probe(probe, out), expected.probe),
        ("farewell", &|out| platform.farewell(out), expected.farewell),
    ];
    for (name, write, expected) in replies {
        let mut out = Outbox::new();
        write(&mut out).unwrap_or_else(|error| panic!("{}: {name}: {error}", platform.name()));
        assert_eq!(out.frame(), expected, "{}: {name}", platform.name());
        if let Some(Frame::Text(text)) = out.frame()
            && text.starts_with('{')
        {
            assert!(Tree::parse(text).is_some(), "{}: {name}: {text}", platform.name());
        }
        // What we send must mean nothing to us when a peer sends it back.
        if let Some(frame @ Frame::Text(_)) = out.frame() {
            assert_eq!(platform.classify(frame), Signal::Data, "{}: {name}", platform.name());
        }
    }
}

/// The platform and the reference agree on a text.
pub(crate) fn assert_agreement(platform: &dyn Platform, text: &str, reference: Reference<'_>) {
    let fast = platform.classify(Frame::Text(text));
    let slow = reference(Frame::Text(text));
    assert_eq!(fast, slow, "{}: {text:?}", platform.name());
}
