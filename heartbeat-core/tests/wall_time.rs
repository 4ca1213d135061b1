//! What the wall clock reads reaches the platform with everything that it is asked to write.

#![allow(clippy::unwrap_used, reason = "a test that unwraps says what it expects")]

use core::time::Duration;

use heartbeat_core::{
    Action, Config, ConfigBuilder, Detector, Frame, Outbox, OutboxError, Outlet, Pace, Platform,
    ProbeId, Probing, Responder, Session, Signal, Timestamp, Token, WallTime,
};

/// A venue that wants the time, in milliseconds, in whatever it is sent.
struct Punctual;

fn write(what: &str, out: &mut Outbox) -> Result<(), OutboxError> {
    let time = out.wall_time().ok_or(OutboxError::NoWallTime)?;
    out.text(format_args!("{what} {}", time.as_unix_millis()))
}

impl Detector for Punctual {
    fn classify(&self, frame: Frame<'_>) -> Signal {
        if frame == Frame::Text("challenge") {
            return Signal::Challenge { token: Token::default() };
        }
        Signal::of_control(frame)
    }
}

impl Responder for Punctual {
    fn respond(&self, _token: &[u8], out: &mut Outbox) -> Result<(), OutboxError> {
        write("response", out)
    }

    fn probe(&self, _id: ProbeId, out: &mut Outbox) -> Result<(), OutboxError> {
        write("probe", out)
    }

    fn farewell(&self, out: &mut Outbox) -> Result<(), OutboxError> {
        write("farewell", out)
    }
}

impl Platform for Punctual {
    fn name(&self) -> &'static str {
        "punctual"
    }

    fn defaults(&self) -> ConfigBuilder {
        let secs = Duration::from_secs;
        let probing = Probing { every: secs(5), answer_within: secs(3), pace: Pace::Unconditional };
        Config::builder().probing(probing).failure_threshold(3).monitoring(false)
    }
}

fn at(millis: u64) -> Timestamp {
    Timestamp::from_millis(millis)
}

fn session() -> Session<Punctual> {
    Session::new(Punctual, Punctual.defaults().build().unwrap(), at(0))
}

/// What the session writes at `now`, as far as its end.
fn written(session: &mut Session<Punctual>, now: Timestamp) -> Vec<String> {
    let mut texts = Vec::new();
    loop {
        let action = session.poll_action(now, Outlet::Ready);
        if let Action::Respond(Frame::Text(text)) | Action::Transmit(Frame::Text(text)) = action {
            texts.push(text.to_owned());
            session.handle_transmitted(now);
        } else if matches!(action, Action::Wait(_)) {
            return texts;
        }
    }
}

#[test]
fn the_wall_time_is_reckoned_from_where_it_was_said_and_moves_no_deadline() {
    let mut session = session();
    session.set_wall_clock(at(0), WallTime::from_unix_millis(1_767_225_600_000));
    assert!(written(&mut session, at(4_999)).is_empty());
    assert_eq!(written(&mut session, at(5_000)), ["probe 1767225605000"]);
    let _ = session.handle_frame(at(6_000), Frame::Text("challenge"));
    assert_eq!(written(&mut session, at(6_250)), ["response 1767225606250"]);
    // The clock was set back by a day; the next probe is due when it would have been.
    session.set_wall_clock(at(6_500), WallTime::from_unix_millis(1_767_139_206_500));
    assert!(written(&mut session, at(7_999)).is_empty());
    assert_eq!(written(&mut session, at(8_000)), ["probe 1767139208000"]);
    session.stop(at(8_100));
    assert_eq!(written(&mut session, at(8_200)), ["farewell 1767139208200"]);
}

/// It fails as any probe does that cannot be written, and so by name.
#[test]
fn a_venue_that_cannot_do_without_fails_where_nobody_says_the_time() {
    let mut session = session();
    assert!(written(&mut session, at(5_000)).is_empty());
    assert_eq!(
        OutboxError::NoWallTime.to_string(),
        "wall time must be known to be written into a frame",
    );
}
