//! What frames mean that nobody has changed.

use heartbeat_core::{Frame, Outbox, ProbeId, Signal};

use super::super::trial::{Full, Trial, Tried};
use super::super::{Fixture, PROBE, name_of};

/// How many lookalikes a table must have.
const LOOKALIKES_MIN: usize = 3;

pub(super) fn try_statements(trial: &mut Trial<'_>) -> Tried {
    for fixture in trial.fixtures() {
        let (of, frame) = (fixture.name(), fixture.frame());
        if let Some(got) = trial.classify(of, frame)?.map(name_of)
            && got != fixture.signal()
        {
            trial.found(of, Some(frame), fixture.signal(), got)?;
        }
        if let Some(reference) = trial.table.reference {
            let slow = name_of(reference(frame));
            if slow != fixture.signal() {
                let slow = format!("{slow} by the reference");
                trial.found(of, Some(frame), fixture.signal(), slow)?;
            }
        }
    }
    Ok(())
}

pub(super) fn try_coverage(trial: &mut Trial<'_>) -> Tried {
    let fixtures = trial.fixtures();
    let lookalikes = fixtures.iter().filter(|fixture| fixture.is_lookalike());
    for lookalike in lookalikes.clone().filter(|fixture| fixture.signal() != "data") {
        trial.found(lookalike.name(), None, "a lookalike that is data", lookalike.signal())?;
    }
    let found = lookalikes.count();
    if found < LOOKALIKES_MIN {
        let expected = format!("at least {LOOKALIKES_MIN} lookalikes");
        trial.found("the fixtures", None, expected, found.to_string())?;
    }
    let mut kinds = trial.table.kinds.to_vec();
    kinds.extend(spoken(trial)?);
    kinds.extend(trial.table.response.map(|_| "challenge"));
    for kind in kinds {
        // Terms may accept an arming as well.
        let is_kind = |signal: &str| {
            signal.starts_with(kind) || (kind == "armed" && signal.starts_with("agreed"))
        };
        let shows = |fixture: &Fixture| !fixture.is_lookalike() && is_kind(fixture.signal());
        if !fixtures.iter().any(shows) {
            trial.found("the fixtures", None, format!("one for `{kind}`"), "none")?;
        }
    }
    let Some(longest) = trial.table.longest else { return Ok(()) };
    for fixture in fixtures.iter().filter(|fixture| fixture.signal() != "data") {
        let len = fixture.payload().len();
        if len > longest {
            let got = format!("{len} bytes");
            trial.found(fixture.name(), None, format!("{longest} bytes at most"), got)?;
        }
    }
    Ok(())
}

/// The meanings without which what the platform writes in messages is for nothing.
fn spoken(trial: &mut Trial<'_>) -> Result<Vec<&'static str>, Full> {
    let is_message = |out: &Outbox| matches!(out.frame(), Some(Frame::Text(_) | Frame::Binary(_)));
    let spoken = trial.call("arm, probe", None, |platform| {
        let mut kinds = vec!["data"];
        let mut out = Outbox::new();
        if platform.arm(&mut out).is_ok() && is_message(&out) {
            kinds.push("armed");
        }
        out.clear();
        if platform.probe(ProbeId::from_number(PROBE), &mut out).is_ok() && is_message(&out) {
            kinds.push("answer");
        }
        kinds
    })?;
    Ok(spoken.unwrap_or_default())
}

pub(super) fn try_control_frames(trial: &mut Trial<'_>) -> Tried {
    let probe = ProbeId::from_number(PROBE).payload();
    let fixed = [
        Frame::Ping(b""),
        Frame::Ping(&[0xff; 125]),
        Frame::Ping(b"pong"),
        Frame::Pong(b""),
        Frame::Pong(b"7"),
        Frame::Pong(&[0xff; 125]),
        Frame::Pong(probe.as_bytes()),
        Frame::Close { code: None, reason: "" },
        Frame::Close { code: Some(1001), reason: "heartbeat" },
        Frame::Binary(b""),
        Frame::Binary(&[0xff, 0x00]),
    ];
    for frame in fixed {
        trial.expect("a control frame or noise", frame, Signal::of_control(frame))?;
    }
    // A heartbeat's bytes in a control frame are a payload like any other.
    for fixture in trial.fixtures() {
        let payload = fixture.payload();
        for frame in [Frame::Ping(payload), Frame::Pong(payload)] {
            if payload.len() <= Outbox::CONTROL_MAX {
                trial.expect(fixture.name(), frame, Signal::of_control(frame))?;
            }
        }
    }
    Ok(())
}
