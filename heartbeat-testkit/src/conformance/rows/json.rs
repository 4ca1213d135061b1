//! The same JSON in other words, and other JSON in nearly the same.

use heartbeat_core::Signal;

use super::super::trial::{Full, Trial, Tried};
use super::super::{Fixture, Members, Packing, Tree, escaped, plain};
use crate::OwnedFrame;

/// The longest text in bytes in which a platform must see through every escape.
const ESCAPED_MAX: usize = 512;

/// A fixture that is JSON.
struct Document {
    packing: Packing,
    text: String,
    tree: Tree,
    /// What it means, if the platform says so without a panic.
    meaning: Signal,
}

/// Reads a fixture that is a JSON object or list; `None` if it is not, or if the platform panics on
/// it, which another row reports.
fn document(trial: &mut Trial<'_>, fixture: &Fixture) -> Result<Option<Document>, Full> {
    let Some((packing, text)) = fixture.document() else { return Ok(None) };
    // A lone number or string may well be a word of a dialect that is not JSON.
    let Some(tree @ (Tree::Object(_) | Tree::List(_))) = Tree::parse(&text) else {
        return Ok(None);
    };
    let frame = fixture.frame();
    let meaning = trial.call(fixture.name(), Some(frame), |platform| platform.classify(frame))?;
    Ok(meaning.map(|meaning| Document { packing, text, tree, meaning }))
}

/// Tells whether a rewriting of so many bytes must mean the same.
fn is_short(trial: &Trial<'_>, len: usize) -> bool {
    len <= ESCAPED_MAX && trial.table.longest.is_none_or(|longest| len <= longest)
}

pub(super) fn try_rewritings(trial: &mut Trial<'_>) -> Tried {
    for fixture in trial.fixtures() {
        let Some(Document { packing, text: original, mut tree, meaning }) =
            document(trial, fixture)?
        else {
            continue;
        };
        let mut try_same = |text: &str| {
            let frame = packing.pack(text);
            trial.agree(fixture, frame.as_frame())?;
            // Escapes make a compressed message longer as well, up to its own bound.
            let are_short = is_short(trial, text.len()) && is_short(trial, original.len());
            if are_short && packing != Packing::Gzip {
                trial.expect(fixture.name(), frame.as_frame(), meaning)?;
            }
            Ok(())
        };
        for _turn in 0..tree.most_members() {
            for space in ["", " ", "\t", "\r\n"] {
                try_same(&tree.write(space, plain))?;
                try_same(&tree.write(space, escaped))?;
                try_same(&format!("{space}{}{space}", tree.write("", plain)))?;
            }
            tree.change_members(&mut |members| {
                if !members.is_empty() {
                    members.rotate_left(1);
                }
            });
        }
        tree.change_members(&mut |members| members.reverse());
        try_same(&tree.write("", plain))?;
    }
    Ok(())
}

/// What a key that decides is made to say as well.
const OTHER: &str = "another value";

pub(super) fn try_repetitions(trial: &mut Trial<'_>) -> Tried {
    for fixture in trial.fixtures() {
        let Some(Document { packing, tree, meaning, .. }) = document(trial, fixture)? else {
            continue;
        };
        if meaning == Signal::Data {
            continue;
        }
        for at in 0..tree.members_in_all() {
            let changed = |change: &dyn Fn(&mut Members, usize)| {
                let mut tree = tree.clone();
                tree.change_member(at, change);
                packing.pack(&tree.write("", plain))
            };
            let other = || Tree::Text(OTHER.to_owned());
            let replaced = changed(&|members, at| members[at].1 = other());
            let without = trial.classify(fixture.name(), replaced.as_frame())?;
            if without == Some(meaning) {
                continue; // A key that decides nothing may say so twice.
            }
            let before = |members: &mut Members, at: usize| {
                members.insert(at, (members[at].0.clone(), other()));
            };
            let after = |members: &mut Members, at: usize| {
                members.push((members[at].0.clone(), other()));
            };
            for frame in [changed(&before), changed(&after)] {
                trial.agree(fixture, frame.as_frame())?;
                trial.expect(fixture.name(), frame.as_frame(), Signal::Data)?;
            }
        }
    }
    Ok(())
}

pub(super) fn try_wrappings(trial: &mut Trial<'_>) -> Tried {
    for fixture in trial.fixtures().iter().filter(|fixture| fixture.signal() != "data") {
        let Some((packing, text)) = fixture.document() else { continue };
        let quoted = plain(&text);
        let mut wrapped = vec![
            quoted.clone(),
            format!(r#"{{"text":{quoted}}}"#),
            format!(r#"{{"text":{quoted},"by":"somebody"}}"#),
            format!("{text}{text}"),
            format!("{text} x"),
            format!("x {text}"),
            format!("\u{feff}{text}"),
        ];
        if Tree::parse(&text).is_some() {
            wrapped.push(format!(r#"{{"said":{text}}}"#));
            wrapped.push(format!("{text},"));
        }
        // Where a frame may hold several messages, two that are the same are one as well.
        let twice = trial.table.several.then(|| format!("{text}{text}"));
        for text in &wrapped {
            let frame = packing.pack(text);
            trial.agree(fixture, frame.as_frame())?;
            if twice.as_ref() == Some(text) {
                continue;
            }
            trial.expect(fixture.name(), frame.as_frame(), Signal::Data)?;
        }
    }
    Ok(())
}

/// White space behind a document changes no meaning up to the bound, and makes it data past it.
pub(super) fn try_bound(trial: &mut Trial<'_>) -> Tried {
    let Some(longest) = trial.table.longest else { return Ok(()) };
    for fixture in trial.fixtures() {
        let Some(Document { packing, text, meaning, .. }) = document(trial, fixture)? else {
            continue;
        };
        for len in lengths(packing, text.len(), longest) {
            let spaces = white_noise().take(len - text.len());
            let packed = packing.pack(&text.chars().chain(spaces).collect::<String>());
            try_length(trial, fixture, &packed, len, meaning)?;
        }
    }
    Ok(())
}

fn try_length(
    trial: &mut Trial<'_>,
    fixture: &Fixture,
    packed: &OwnedFrame,
    len: usize,
    meaning: Signal,
) -> Tried {
    let frame = packed.as_frame();
    trial.agree(fixture, frame)?;
    if trial.table.longest.is_some_and(|longest| frame.len() > longest) {
        trial.expect(fixture.name(), frame, Signal::Data)
    } else if len <= ESCAPED_MAX {
        trial.expect(fixture.name(), frame, meaning)
    } else {
        Ok(())
    }
}

/// The lengths around which a meaning may change, from `len` on. Where compression has the last
/// word on what is too long, it is any of them.
fn lengths(packing: Packing, len: usize, longest: usize) -> Vec<usize> {
    let bounds = match packing {
        Packing::Text | Packing::Binary => vec![len, ESCAPED_MAX, longest],
        Packing::Gzip => (len..ESCAPED_MAX).step_by(5).collect(),
    };
    // A bound beyond what is worth building is no bound.
    let bounds = bounds.into_iter().filter(|bound| *bound <= LENGTH_MAX);
    let around = |bound: usize| bound.saturating_sub(2)..bound.saturating_add(3);
    bounds.flat_map(around).filter(|around| *around >= len).collect()
}

/// The longest message that is built, in bytes.
const LENGTH_MAX: usize = 1 << 20;

/// White space that compression does not make short.
fn white_noise() -> impl Iterator<Item = char> {
    let mut state = 1u32;
    core::iter::repeat_with(move || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        [' ', '\t', '\n', '\r'][(state >> 30) as usize]
    })
}
