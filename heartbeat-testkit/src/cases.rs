//! Whole test cases, one string of bytes each: what fuzzers, seeds and properties run.
//!
//! A case that panics has found a bug, and its bytes are all that it takes to see it again. The
//! fuzz targets in `heartbeat-testkit/fuzz` are these functions and nothing else, and
//! [`from_seed`] makes bytes for those without a fuzzer.
//!
//! ```
//! use heartbeat_testkit::cases;
//!
//! for seed in 0..20 {
//!     cases::session(&cases::from_seed(seed));
//! }
//! ```

use std::io::Read as _;

use flate2::read::GzDecoder;
use heartbeat_core::{Frame, Outlet, PingFrames, Platform, Signal, Timestamp};
use heartbeat_platforms::{Exchange, gzip};

use crate::generate::{self, Input};
use crate::{Choices, Contract, MockAction, MockExchange, MockOptions, OwnedFrame, Rng};

/// How many inputs a case has at most.
const INPUTS_MAX: usize = 400;

/// How many bytes a seed makes at most.
const SEED_BYTES_MAX: u64 = 1_024;

/// Not at the start of the axis, so that the clock has room to step back.
const START: Timestamp = Timestamp::from_millis(100_000);

/// Makes the bytes of a case.
pub fn from_seed(seed: u64) -> Vec<u8> {
    let mut rng = Rng::from_seed(seed);
    let len = rng.below(SEED_BYTES_MAX + 1);
    (0..len).map(|_| rng.next_u64().to_le_bytes()[0]).collect()
}

/// Does anything to a session of the [`Phrasebook`](crate::Phrasebook), with any settings.
///
/// # Panics
///
/// If the session breaks its [`Contract`].
pub fn session(bytes: &[u8]) {
    let choices = &mut Choices::new(bytes);
    let platform = generate::phrasebook(choices);
    let Some(config) = generate::config(choices) else { return };
    let effect =
        choices.pick(&[PingFrames::Harmless, PingFrames::HarmfulFirst, PingFrames::Harmful]);
    // Where pings do harm, settings that begin with one are refused.
    let config = config.to_builder().ping_frames(effect).build().unwrap_or(config);
    let mut contract = Contract::new(platform, config, START);
    if choices.flag() {
        contract = contract.transport_answers_pings();
    }
    for input in generate::inputs(choices, INPUTS_MAX) {
        contract.apply(&input);
    }
    contract.finish();
}

/// Does anything to a session of some venue, whose frames come whole, damaged, or not at all
/// like the venue's. Returns whose turn it was.
///
/// # Panics
///
/// If the session breaks its [`Contract`].
pub fn venue(bytes: &[u8]) -> Exchange {
    let choices = &mut Choices::new(bytes);
    let exchange = choices.pick(Exchange::all());
    let Ok(config) = exchange.defaults().build() else { return exchange };
    let mut contract = Contract::new(exchange, config, START);
    let mut mock = MockExchange::new(exchange, MockOptions::default(), START);
    for _ in 0..INPUTS_MAX {
        if choices.is_spent() {
            break;
        }
        let input = match choices.weigh(&[6, 3, 3, 2, 2]) {
            0 => generate::input(choices),
            1 => spoken(&mut mock, &mut contract).map_or(Input::Drain(Outlet::Ready), Input::Read),
            2 => match spoken(&mut mock, &mut contract) {
                Some(frame) => Input::Read(damaged(frame, choices)),
                None => Input::Transmitted,
            },
            3 => Input::Read(OwnedFrame::Binary(noise(choices))),
            _ => Input::Read(OwnedFrame::text(String::from_utf8_lossy(&noise(choices)))),
        };
        contract.apply(&input);
    }
    contract.finish();
    exchange
}

/// Inflates anything, and compares with a decoder that allocates what it likes.
///
/// # Panics
///
/// If the two disagree about what is in a whole member.
pub fn inflate(bytes: &[u8]) {
    let mut ours = [0; gzip::INFLATED_MAX];
    let ours = gzip::inflate(bytes, &mut ours);
    if let Some(ours) = ours {
        let mut theirs = Vec::new();
        let read = GzDecoder::new(bytes).read_to_end(&mut theirs);
        assert!(read.is_ok() && theirs == ours, "{read:?}: {theirs:?} is not {ours:?}");
    }
    let seen =
        gzip::classify(Frame::Binary(bytes), usize::MAX, |_| Some(Signal::Beat { counter: None }));
    let is_text = ours.is_some_and(|text| str::from_utf8(text).is_ok());
    assert_eq!(seen != Signal::Data, is_text, "only a whole member of text is looked at");
}

/// What the venue says next, once its time has come.
fn spoken(mock: &mut MockExchange, contract: &mut Contract<Exchange>) -> Option<OwnedFrame> {
    for _ in 0..16 {
        match mock.poll(contract.now()) {
            MockAction::Send(frame) => return Some(frame),
            MockAction::Observe(_) => {}
            MockAction::Close { code, reason } => return Some(OwnedFrame::Close { code, reason }),
            MockAction::Wait(Some(at)) => {
                contract.apply(&Input::Elapse(at.saturating_since(contract.now())));
            }
            MockAction::Wait(None) | MockAction::SendInvalid | MockAction::Cut => return None,
        }
    }
    None
}

/// Changes one byte, or cuts the frame short.
fn damaged(frame: OwnedFrame, choices: &mut Choices<'_>) -> OwnedFrame {
    let mut harm = |mut bytes: Vec<u8>| {
        let place = usize::try_from(choices.below(512)).unwrap_or(0).min(bytes.len());
        match bytes.get_mut(place) {
            Some(byte) if choices.flag() => *byte = byte.wrapping_add(1),
            _ => bytes.truncate(place),
        }
        bytes
    };
    match frame {
        OwnedFrame::Text(text) => {
            OwnedFrame::text(String::from_utf8_lossy(&harm(text.into_bytes())))
        }
        OwnedFrame::Binary(bytes) => OwnedFrame::Binary(harm(bytes)),
        OwnedFrame::Ping(bytes) => OwnedFrame::Ping(harm(bytes)),
        OwnedFrame::Pong(bytes) => OwnedFrame::Pong(harm(bytes)),
        close @ OwnedFrame::Close { .. } => close,
    }
}

fn noise(choices: &mut Choices<'_>) -> Vec<u8> {
    (0..choices.below(48)).map(|_| choices.below(256).to_le_bytes()[0]).collect()
}
