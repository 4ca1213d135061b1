//! Whether a probe can be answered by what is no answer to it.

use core::time::Duration;

use heartbeat_core::{Action, Outlet, Platform, Session, Timestamp};

use super::super::trial::{Trial, Tried};
use super::super::{Fixture, PROBE};

/// A dead venue behind a line that brings everything but the answer: the answers to another probe,
/// to probes of the application's, lookalikes and data. The verdict must fall all the same.
pub(super) fn try_wrong_answers(trial: &mut Trial<'_>) -> Tried {
    let is_wrong = |fixture: &&Fixture| {
        let named = format!("answer {PROBE}");
        fixture.signal() == named || matches!(fixture.signal(), "data" | "unsolicited")
    };
    let wrong = trial.fixtures().iter().filter(is_wrong).collect::<Vec<_>>();
    let armed = trial.fixtures().iter().find(|fixture| fixture.signal() == "armed");
    let lived = trial.call("a session", None, |platform| live_with(platform, armed, &wrong))?;
    let Some(Lived { answers, judged, bound }) = lived.flatten() else { return Ok(()) };
    if answers > 0 {
        let got = format!("{answers} answered");
        trial.found("a session", None, "no probe answered by a wrong answer", got)?;
    }
    if !judged {
        let expected = format!("a verdict within {bound:?}");
        trial.found("a session", None, expected, "none")?;
    }
    Ok(())
}

struct Lived {
    answers: u64,
    judged: bool,
    bound: Duration,
}

/// Lives until the verdict or the bound, with every wrong answer right behind every probe; `None`
/// where nothing is probed.
fn live_with(
    platform: &dyn Platform,
    armed: Option<&Fixture>,
    wrong: &[&Fixture],
) -> Option<Lived> {
    let config = platform.defaults().build().ok().filter(|config| config.probing().is_some())?;
    let bound = config.silence_bound();
    let mut now = Timestamp::ZERO;
    let end = now.checked_add(bound)?;
    let mut session = Session::new(platform, config, now);
    let (mut armed, mut judged) = (armed, false);
    loop {
        match session.poll_action(now, Outlet::Ready) {
            Action::Respond(_) => session.handle_transmitted(now),
            Action::Transmit(_) => {
                session.handle_transmitted(now);
                // Whatever was sent first: before it is armed, a session need not probe.
                for fixture in armed.take().iter().chain(wrong) {
                    let _whose = session.handle_frame(now, fixture.frame());
                }
            }
            Action::RecordLatency(_) | Action::Notify(_) => {}
            Action::Disconnect(_) => judged = true,
            Action::Wait(Some(deadline)) if deadline <= end && !judged => now = deadline,
            Action::Wait(_) => break,
        }
    }
    Some(Lived { answers: session.health().counters.answers, judged, bound })
}
