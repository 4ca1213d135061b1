//! A platform that panics, and a driver that caught it: nothing that was known is lost.

#![allow(clippy::unwrap_used, reason = "a test that unwraps says what it expects")]

use core::cell::Cell;
use core::panic::AssertUnwindSafe;
use core::time::Duration;
use std::panic::catch_unwind;

use heartbeat_core::{
    Action, Cause, Config, ConfigBuilder, Detector, Disposition, Event, Failure, Frame, Initiator,
    Outbox, OutboxError, Outlet, Platform, Responder, Session, Signal, Timestamp, Token,
};

/// Panics over `panic`, and so many times when it is to respond to anything else.
struct Shaky {
    panics: Cell<u8>,
}

impl Detector for Shaky {
    fn classify(&self, frame: Frame<'_>) -> Signal {
        assert_ne!(frame, Frame::Text("panic"), "the detector panics");
        match frame {
            Frame::Text(text) => Signal::Challenge { token: Token::new(text.as_bytes()) },
            Frame::Binary(_) | Frame::Ping(_) | Frame::Pong(_) | Frame::Close { .. } => {
                Signal::of_control(frame)
            }
        }
    }
}

impl Responder for Shaky {
    fn respond(&self, token: &[u8], out: &mut Outbox) -> Result<(), OutboxError> {
        out.text_around("re:", token, "")?;
        let left = self.panics.get();
        self.panics.set(left.saturating_sub(1));
        assert_eq!(left, 0, "the responder panics");
        Ok(())
    }
}

impl Platform for Shaky {
    fn name(&self) -> &'static str {
        "shaky"
    }

    fn defaults(&self) -> ConfigBuilder {
        Config::builder().transport_limit(Duration::from_secs(10)).failure_threshold(3)
    }
}

const fn at(millis: u64) -> Timestamp {
    Timestamp::from_millis(millis)
}

fn session(panics: u8) -> Session<Shaky> {
    let platform = Shaky { panics: Cell::new(panics) };
    let config = platform.defaults().build().unwrap();
    Session::new(platform, config, at(0))
}

/// Polls as a driver does that catches panics, up to a wait. Returns what concerns panics,
/// in words.
fn drain(session: &mut Session<Shaky>, now: Timestamp) -> Vec<String> {
    let mut seen = Vec::new();
    loop {
        let polled =
            catch_unwind(AssertUnwindSafe(|| match session.poll_action(now, Outlet::Ready) {
                Action::Wait(deadline) => Err(deadline),
                Action::Notify(Event::Failure {
                    failure: Failure::Panicked,
                    in_a_row,
                    threshold,
                }) => Ok(format!("panic {in_a_row} of {threshold}")),
                Action::Respond(Frame::Text(text)) => Ok(text.to_owned()),
                Action::Disconnect(cause) => Ok(cause.to_string()),
                Action::Notify(_) => Ok(String::new()),
                other @ (Action::Respond(_) | Action::Transmit(_) | Action::RecordLatency(_)) => {
                    panic!("unexpected: {other:?}")
                }
            }));
        match polled {
            Ok(Ok(what)) => seen.push(what),
            Ok(Err(_)) => break,
            Err(_) => session.handle_panicked(now),
        }
    }
    seen.retain(|what| !what.is_empty());
    seen
}

#[test]
fn the_response_is_asked_for_again_with_its_own_token() {
    let mut session = session(2);
    assert_eq!(session.handle_frame(at(1), Frame::Text("7")), Disposition::Absorb);
    assert_eq!(drain(&mut session, at(1)), ["re:7", "panic 1 of 3", "panic 2 of 3"]);
    // It is with the transport now, and not handed out a second time.
    assert_eq!(drain(&mut session, at(2)), [""; 0]);
}

#[test]
fn as_many_as_the_threshold_are_a_verdict() {
    let mut session = session(9);
    assert_eq!(session.handle_frame(at(1), Frame::Text("7")), Disposition::Absorb);
    let seen = drain(&mut session, at(1));
    assert_eq!(seen, ["panic 1 of 3", "panic 2 of 3", "panic 3 of 3", "platform panicked 3 times"]);
    let cause = Cause::Panicked { panics: 3 };
    assert_eq!((cause.initiator(), cause.is_peer_fault()), (Initiator::Machine, false));
}

#[test]
fn a_frame_that_could_not_be_read_is_data_and_moves_its_clock() {
    let mut session = session(0);
    assert_eq!(drain(&mut session, at(0)), [""; 0]);
    let frame = Frame::Text("panic");
    let read = catch_unwind(AssertUnwindSafe(|| session.handle_frame(at(4_000), frame)));
    assert!(read.is_err());
    assert_eq!(session.handle_panicked_over(at(4_000), frame), Disposition::Deliver);
    assert_eq!(drain(&mut session, at(4_000)), ["panic 1 of 3"]);
    assert_eq!(session.health().last_read, Some(at(4_000)));
    assert_eq!(session.health().counters.data, 1);
    let deadline = Action::Wait(Some(at(14_000)));
    assert_eq!(session.poll_action(at(4_000), Outlet::Ready), deadline);
}
