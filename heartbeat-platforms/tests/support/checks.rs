//! What every adapter must pass, ours or somebody else's: checks over a platform, its fixtures,
//! and a slow reference that says what a frame means.

use core::fmt::Display;
use core::time::Duration;

use heartbeat_core::{Frame, Outbox, OutboxError, Platform, ProbeId, Signal};

use super::fixtures::Fixture;
use super::packing::Packing;
use super::tree::{Tree, escaped, plain};

/// Says what a frame means, slowly.
pub(crate) type Reference<'r> = &'r dyn for<'f> Fn(Frame<'f>) -> Signal;

/// The longest text in bytes in which a platform must see through every escape.
const ESCAPED_MAX: usize = 512;

/// What a platform writes; `None` where it has nothing to say.
#[derive(Clone, Copy)]
pub(crate) struct Replies<'r> {
    pub(crate) arm: Option<Frame<'r>>,
    /// The token of the challenge that the response is to.
    pub(crate) token: &'r [u8],
    pub(crate) response: Option<Frame<'r>>,
    /// To the probe with the number 7.
    pub(crate) probe: Option<Frame<'r>>,
    /// To have 15 s on the dead-man switch.
    pub(crate) dead_man: Option<Frame<'r>>,
    /// To have none on it.
    pub(crate) dead_man_off: Option<Frame<'r>>,
    pub(crate) cancel_on_disconnect: Option<Frame<'r>>,
    pub(crate) farewell: Option<Frame<'r>>,
    /// Whether the venue may say the same to us, and mean something by it. Else what we write
    /// must mean nothing to us when it comes back.
    pub(crate) mirrored: bool,
}

impl Replies<'_> {
    /// Probes by ping frames, and nothing else.
    pub(crate) const PINGS: Self = Replies {
        arm: None,
        token: b"",
        response: None,
        probe: Some(Frame::Ping(b"hb-7")),
        dead_man: None,
        dead_man_off: None,
        cancel_on_disconnect: None,
        farewell: None,
        mirrored: false,
    };
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
        Signal::SafeguardSet { safeguard } => words("set", Some(safeguard.as_str())),
        Signal::SafeguardRefused { safeguard } => words("refused", Some(safeguard.as_str())),
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

/// There are enough fixtures to mean anything: lookalikes, data, and each of `kinds`; and none that
/// means something is longer than `longest` bytes.
pub(crate) fn check_coverage(
    platform: &dyn Platform,
    fixtures: &[Fixture],
    kinds: &[&str],
    longest: usize,
) {
    let venue = platform.name();
    let (lookalikes, others): (Vec<_>, Vec<_>) =
        fixtures.iter().partition(|fixture| fixture.is_lookalike());
    assert!(lookalikes.len() >= 3, "{venue}: too few lookalikes");
    for lookalike in lookalikes {
        assert_eq!(lookalike.signal, "data", "{venue}: {}", lookalike.name);
    }
    for kind in kinds {
        let found = others.iter().any(|fixture| fixture.signal.starts_with(kind));
        assert!(found, "{venue}: no fixture for `{kind}`");
    }
    for fixture in others.iter().filter(|fixture| fixture.signal != "data") {
        assert!(fixture.payload.len() <= longest, "{venue}: {} is too long", fixture.name);
    }
}

/// Control frames mean what RFC 6455 says, and binary noise is data.
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

/// No part of a fixture that was cut short is what the reference says it is not.
pub(crate) fn check_truncations(
    platform: &dyn Platform,
    fixtures: &[Fixture],
    reference: Reference<'_>,
) {
    for fixture in fixtures {
        for end in 0..fixture.payload.len() {
            assert_agreement(platform, fixture.frame_of(&fixture.payload[..end]), reference);
        }
    }
}

/// The bytes that play a part in JSON or in a number, and some that play none.
const TELLING: &[u8] = b"\"\\{}[],: \t\n019-+.eEunaz\x00\x1f\x7f\x80\xff";

/// How many other bytes are tried in each place. The next place has the next ones, so that over a
/// few dozen places every byte has its turn.
const TURNS: usize = 8;

/// How many changes are tried on a fixture that means something or nearly does, and on any other:
/// all of a short one, evenly spread ones of a long one.
const CHANGES_MAX: [usize; 2] = [2048, 256];

/// No fixture with one byte changed becomes what the reference says it is not: any byte by those
/// that may matter, and by a few of all.
pub(crate) fn check_byte_changes(
    platform: &dyn Platform,
    fixtures: &[Fixture],
    reference: Reference<'_>,
) {
    let mut others = (0..=u8::MAX).cycle();
    for fixture in fixtures {
        let len = fixture.payload.len();
        let changes = (0..len).flat_map(|at| {
            let bytes = TELLING.iter().copied().chain(others.by_ref().take(TURNS));
            bytes.map(move |byte| (at, byte)).collect::<Vec<_>>()
        });
        let most = CHANGES_MAX[usize::from(!fixture.is_telling())];
        let in_a_place = TELLING.len() + TURNS;
        // A step that has a divisor in common with it would try the same bytes in every place.
        let step = (len * in_a_place).div_ceil(most).max(1);
        let step = (step..=step + in_a_place).find(|step| gcd(*step, in_a_place) == 1);
        let step = step.expect("one of so many in a row has none");
        let mut payload = fixture.payload.clone();
        for (at, byte) in changes.step_by(step) {
            let original = core::mem::replace(&mut payload[at], byte);
            assert_agreement(platform, fixture.frame_of(&payload), reference);
            payload[at] = original;
        }
    }
}

const fn gcd(a: usize, b: usize) -> usize {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// The order of keys, white space and escapes change no meaning.
pub(crate) fn check_rewritings(
    platform: &dyn Platform,
    fixtures: &[Fixture],
    reference: Reference<'_>,
) {
    for fixture in fixtures {
        let Some((packing, original)) = fixture.text() else { continue };
        let Some(mut tree) = Tree::parse(&original) else { continue };
        let expected = platform.classify(fixture.frame());
        let assert_same = |text: &str| {
            let packed = packing.pack(text);
            assert_agreement(platform, packed.frame(), reference);
            // Escapes make a compressed message longer as well, up to its own bound.
            let is_short = text.len() <= ESCAPED_MAX && original.len() <= ESCAPED_MAX;
            if is_short && packing != Packing::Gzip {
                assert_eq!(platform.classify(packed.frame()), expected, "{text}");
            }
        };
        for _turn in 0..tree.most_members() {
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

/// White space behind a document changes no meaning up to the bound, and makes it data past it.
pub(crate) fn check_bound(
    platform: &dyn Platform,
    fixtures: &[Fixture],
    longest: usize,
    reference: Reference<'_>,
) {
    for fixture in fixtures {
        let Some((packing, text)) = fixture.text() else { continue };
        if Tree::parse(&text).is_none() {
            continue;
        }
        let expected = platform.classify(fixture.frame());
        for len in lengths(packing, text.len(), longest) {
            let spaces = white_noise().take(len - text.len());
            let packed = packing.pack(&text.chars().chain(spaces).collect::<String>());
            let frame = packed.frame();
            assert_agreement(platform, frame, reference);
            if frame.len() > longest {
                assert_eq!(platform.classify(frame), Signal::Data, "{}", fixture.name);
            } else if len <= ESCAPED_MAX {
                assert_eq!(platform.classify(frame), expected, "{}", fixture.name);
            }
        }
    }
}

/// The lengths around which a meaning may change, from `len` on. Where compression has the last
/// word on what is too long, it is any of them.
fn lengths(packing: Packing, len: usize, longest: usize) -> Vec<usize> {
    let bounds = match packing {
        Packing::Text | Packing::Binary => vec![len, ESCAPED_MAX, longest],
        Packing::Gzip => (len..ESCAPED_MAX).step_by(5).collect(),
    };
    let around = |bound: usize| bound.saturating_sub(2)..bound.saturating_add(3);
    bounds.into_iter().flat_map(around).filter(|around| *around >= len).collect()
}

/// White space that compression does not make short.
fn white_noise() -> impl Iterator<Item = char> {
    let mut state = 1u32;
    core::iter::repeat_with(move || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        [' ', '\t', '\n', '\r'][(state >> 30) as usize]
    })
}

/// What the platform writes is exact to the byte, fits, and is JSON if it looks like it.
pub(crate) fn check_replies(platform: &dyn Platform, replies: &Replies<'_>) {
    type Write<'w> = &'w dyn Fn(&mut Outbox) -> Result<(), OutboxError>;
    let probe = ProbeId::from_number(7);
    let wound_up = Duration::from_secs(15);
    let written: [(&str, Write<'_>, Option<Frame<'_>>); 7] = [
        ("arm", &|out| platform.arm(out), replies.arm),
        ("respond", &|out| platform.respond(replies.token, out), replies.response),
        ("probe", &|out| platform.probe(probe, out), replies.probe),
        ("dead_man", &|out| platform.dead_man(wound_up, out), replies.dead_man),
        ("dead_man", &|out| platform.dead_man(Duration::ZERO, out), replies.dead_man_off),
        ("cancel", &|out| platform.cancel_on_disconnect(out), replies.cancel_on_disconnect),
        ("farewell", &|out| platform.farewell(out), replies.farewell),
    ];
    for (name, write, expected) in written {
        let mut out = Outbox::new();
        write(&mut out).unwrap_or_else(|error| panic!("{}: {name}: {error}", platform.name()));
        assert_eq!(out.frame(), expected, "{}: {name}", platform.name());
        if let Some(Frame::Text(text)) = out.frame()
            && text.starts_with('{')
        {
            assert!(Tree::parse(text).is_some(), "{}: {name}: {text}", platform.name());
        }
        if let Some(frame @ Frame::Text(_)) = out.frame().filter(|_| !replies.mirrored) {
            assert_eq!(platform.classify(frame), Signal::Data, "{}: {name}", platform.name());
        }
    }
}

/// The platform and the reference agree on a frame.
pub(crate) fn assert_agreement(
    platform: &dyn Platform,
    frame: Frame<'_>,
    reference: Reference<'_>,
) {
    assert_eq!(platform.classify(frame), reference(frame), "{}: {frame:?}", platform.name());
}
