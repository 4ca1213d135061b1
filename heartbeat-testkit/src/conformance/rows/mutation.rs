//! Frames that were damaged: cut short, or changed in one byte.

use super::super::trial::{Trial, Tried};

pub(super) fn try_truncations(trial: &mut Trial<'_>) -> Tried {
    for fixture in trial.fixtures() {
        for end in 0..fixture.payload().len() {
            trial.agree(fixture, fixture.frame_of(&fixture.payload()[..end]))?;
        }
    }
    Ok(())
}

/// The bytes that play a part in JSON or in a number, and some that play none.
const TELLING: &[u8] = b"\"\\{}[],: \t\n019-+.eEunaz\x00\x1f\x7f\x80\xff";

/// How many other bytes are tried in each place. The next place has the next ones, so that over a
/// few dozen places every byte has its turn.
const TURNS: usize = 8;

/// How many changes are tried on a fixture that means something or nearly does, and on any other:
/// all of a short one, evenly spread ones of a long one.
const CHANGES_MAX: [usize; 2] = [2048, 256];

/// Changes any byte to those that may matter, and to a few of all.
pub(super) fn try_byte_changes(trial: &mut Trial<'_>) -> Tried {
    let mut others = (0..=u8::MAX).cycle();
    for fixture in trial.fixtures() {
        let len = fixture.payload().len();
        let changes = (0..len).flat_map(|at| {
            let bytes = TELLING.iter().copied().chain(others.by_ref().take(TURNS));
            bytes.map(move |byte| (at, byte)).collect::<Vec<_>>()
        });
        let step = step_for(len, CHANGES_MAX[usize::from(!fixture.is_telling())]);
        let mut payload = fixture.payload().to_vec();
        for (at, byte) in changes.step_by(step) {
            let original = core::mem::replace(&mut payload[at], byte);
            trial.agree(fixture, fixture.frame_of(&payload))?;
            payload[at] = original;
        }
    }
    Ok(())
}

/// Returns a step that leaves about `most` changes of a payload of `len` bytes. One that has a
/// divisor in common with the number of changes in a place would try the same bytes everywhere.
fn step_for(len: usize, most: usize) -> usize {
    let in_a_place = TELLING.len() + TURNS;
    let step = len.saturating_mul(in_a_place).div_ceil(most).max(1);
    (step..=step.saturating_add(in_a_place))
        .find(|step| gcd(*step, in_a_place) == 1)
        .unwrap_or(step)
}

const fn gcd(a: usize, b: usize) -> usize {
    if b == 0 { a } else { gcd(b, a % b) }
}
