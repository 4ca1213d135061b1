//! What the platform writes.

use core::time::Duration;

use heartbeat_core::{Frame, ProbeId, Signal, Token};

use super::super::trial::{Trial, Tried, Written, is_sound};
use super::super::{DEAD_MAN, PROBE};
use crate::OwnedFrame;

pub(super) fn try_defaults(trial: &mut Trial<'_>) -> Tried {
    let named = trial.call("name", None, |platform| platform.name().is_empty())?;
    if named == Some(true) {
        trial.found("name", None, "a name", "none")?;
    }
    let built = trial.call("defaults", None, |platform| platform.defaults().build().err())?;
    match built.flatten() {
        Some(error) => trial.found("defaults", None, "settings that build", error.to_string()),
        None => Ok(()),
    }
}

pub(super) fn try_replies(trial: &mut Trial<'_>) -> Tried {
    let probe = ProbeId::from_number(PROBE);
    let (token, response) = match trial.table.response {
        Some((token, frame)) => (token, Some(frame)),
        None => (&b""[..], None),
    };
    let (arm, stated, farewell) = (trial.table.arm, trial.table.probe, trial.table.farewell);
    let written = trial.write("arm", |platform, out| platform.arm(out))?;
    try_reply(trial, "arm", written, arm)?;
    let written = trial.write("respond", |platform, out| platform.respond(token, out))?;
    try_reply(trial, "respond", written, response)?;
    let written = trial.write("probe", |platform, out| platform.probe(probe, out))?;
    try_reply(trial, "probe", written, stated)?;
    let stated = trial.table.keepalive;
    let written = trial.write("keepalive", |platform, out| platform.keepalive(out))?;
    try_reply(trial, "keepalive", written, stated)?;
    for (of, timeout, expected) in [
        ("dead_man", DEAD_MAN, trial.table.dead_man[0]),
        ("dead_man off", Duration::ZERO, trial.table.dead_man[1]),
    ] {
        let written = trial.write(of, |platform, out| platform.dead_man(timeout, out))?;
        try_reply(trial, of, written, expected)?;
    }
    let of = "cancel_on_disconnect";
    let expected = trial.table.cancel_on_disconnect;
    let written = trial.write(of, |platform, out| platform.cancel_on_disconnect(out))?;
    try_reply(trial, of, written, expected)?;
    let written = trial.write("farewell", |platform, out| platform.farewell(out))?;
    try_reply(trial, "farewell", written, farewell)?;
    try_extremes(trial)
}

fn try_reply(
    trial: &mut Trial<'_>,
    of: &str,
    written: Option<Written>,
    expected: Option<Frame<'_>>,
) -> Tried {
    let frame = match written {
        None => return Ok(()),
        Some(Err(error)) => return trial.found(of, None, "a frame", error.to_string()),
        Some(Ok(frame)) => frame,
    };
    let expected = expected.map(OwnedFrame::from);
    if frame != expected {
        let show = |frame: &Option<OwnedFrame>| {
            frame.as_ref().map_or_else(|| "nothing".to_owned(), ToString::to_string)
        };
        trial.found(of, None, show(&expected), show(&frame))?;
    }
    let Some(frame) = frame else { return Ok(()) };
    if !is_sound(&frame) {
        trial.found(of, None, "what parses", frame.to_string())?;
    }
    let is_message = matches!(frame, OwnedFrame::Text(_) | OwnedFrame::Binary(_));
    if is_message && !trial.table.mirrored {
        trial.expect(of, frame.as_frame(), Signal::Data)?;
    }
    Ok(())
}

/// The first probe and the last parse as well, and where answers name their probe, no two probes
/// are alike.
fn try_extremes(trial: &mut Trial<'_>) -> Tried {
    let mut written = Vec::new();
    for number in [0, u32::MAX] {
        let probe = ProbeId::from_number(number);
        let of = format!("probe {number}");
        match trial.write(&of, |platform, out| platform.probe(probe, out))? {
            Some(Ok(Some(frame))) if is_sound(&frame) => written.push(frame),
            Some(Ok(Some(frame))) => trial.found(&of, None, "what parses", frame.to_string())?,
            Some(Err(error)) => trial.found(&of, None, "a probe", error.to_string())?,
            Some(Ok(None)) | None => {}
        }
    }
    let answer = format!("answer {PROBE}");
    let names = trial.fixtures().iter().any(|fixture| fixture.signal() == answer);
    if let [first, last] = &written[..]
        && names
        && first == last
    {
        trial.found("probe", None, "probes that differ by their number", first.to_string())?;
    }
    Ok(())
}

/// Tokens that no venue sends, but that a peer might.
pub(super) fn try_tokens(trial: &mut Trial<'_>) -> Tried {
    let digits = |len: usize| vec![b'1'; len];
    let tokens = [
        ("an empty token", Vec::new()),
        ("a token of 125 bytes", digits(Token::CAPACITY)),
        ("a token of 126 bytes", digits(Token::CAPACITY + 1)),
        ("a token of 100000 bytes", digits(100_000)),
        ("a token that is not UTF-8", vec![0xff; Token::CAPACITY]),
        ("a token that ends a string", br#"","x":""#.to_vec()),
        ("a token that begins an escape", b"\\".to_vec()),
        ("a token that is a control character", b"\n".to_vec()),
    ];
    for (of, token) in &tokens {
        let written = trial.write(of, |platform, out| platform.respond(token, out))?;
        // What the detector lets through is asked of it on every frame; digits it may always.
        let may_come =
            (1..=Token::CAPACITY).contains(&token.len()) && token.iter().all(u8::is_ascii_digit);
        match written {
            Some(Ok(Some(frame))) if may_come && !is_sound(&frame) => {
                trial.found(of, None, "a response that parses", frame.to_string())?;
            }
            Some(Err(error)) if may_come => {
                trial.found(of, None, "a response, or none", error.to_string())?;
            }
            Some(_) | None => {}
        }
    }
    Ok(())
}
