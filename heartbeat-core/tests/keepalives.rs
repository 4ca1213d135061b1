//! What is sent that nobody answers, and ping frames that do harm.

#![allow(clippy::unwrap_used, reason = "a test that unwraps says what it expects")]

mod support;

use heartbeat_core::{
    Action, Cause, Config, ConfigBuilder, ConfigError, Detector, Event, Failure, Frame, Outbox,
    OutboxError, Outlet, Pace, Patience, PingFrames, Platform, Probing, Responder, Session, Signal,
    Timestamp,
};
use support::{Out, Run, Words, acts, acts_of, events, secs, transmit};

fn keepalive() -> ConfigBuilder {
    Config::builder().keepalive_every(secs(4)).transport_limit(secs(30)).failure_threshold(1)
}

fn probing() -> ConfigBuilder {
    let probing = Probing { every: secs(10), answer_within: secs(3), pace: Pace::Unconditional };
    Config::builder().probing(probing)
}

#[test]
fn a_keepalive_leaves_each_period_and_is_never_waited_for() {
    let mut run = Run::new(Words::default(), keepalive());
    let outs = run.run_until(29_999);
    let expected = (1..=7).map(|turn| (turn * 4_000, transmit("keepalive")));
    assert!(acts(&outs).into_iter().eq(expected), "{outs:?}");
    let health = run.session.health();
    assert_eq!((health.counters.keepalives, health.counters.probes), (7, 0));
    assert_eq!(health.failures_in_a_row, 0);
    assert_eq!(run.session.evidence().probe(), None, "nothing is outstanding");
    assert_eq!(health.last_read, None, "and it moves no clock");
    // However often we speak, a venue that does not is dead.
    assert_eq!(acts(&run.run_until(30_000)).len(), 1);
}

#[test]
fn a_keepalive_is_no_way_to_notice_a_dead_line() {
    let only = Config::builder().keepalive_every(secs(4));
    assert_eq!(only.build(), Err(ConfigError::NoDetection));
    let config = keepalive().build().unwrap();
    assert_eq!(config.silence_bound(), secs(30));
}

#[test]
fn what_the_application_writes_does_not_put_a_keepalive_off() {
    let mut run = Run::new(Words::default(), keepalive());
    for at in (1_000..4_000).step_by(1_000) {
        assert_eq!(acts(&run.run_until(at)), []);
        run.sent();
    }
    assert_eq!(acts(&run.run_until(4_000)), [(4_000, transmit("keepalive"))]);
}

#[test]
fn a_keepalive_that_cannot_leave_is_a_stuck_transport() {
    for outlet in [Outlet::Blocked, Outlet::Ready] {
        let config =
            keepalive().transport_limit(secs(90)).respond_within(secs(5)).failure_threshold(2);
        let mut run = Run::new(Words::default(), config);
        run.outlet = outlet;
        run.at(4_000).drain();
        for at in (5_000..14_000).step_by(1_000) {
            let outs = run.at(at).drain().0;
            assert_eq!(acts_of(&outs), [], "at {at}");
            let timeout = Event::Timeout { failure: Failure::TransmitStalled };
            assert_eq!(events(&outs).contains(&timeout), at == 9_000, "at {at}");
            run.text("data");
        }
        let cause = Cause::TransmitStalled { failures: 2, waited: secs(10) };
        assert_eq!(acts_of(&run.at(14_000).drain().0), [Out::Disconnect(cause)], "{outlet:?}");
    }
}

#[test]
fn a_keepalive_that_our_own_brake_holds_back_is_not_judged() {
    let config = keepalive().transport_limit(secs(900)).respond_within(secs(5));
    let mut run = Run::new(Words::default(), config);
    run.outlet = Outlet::Held;
    for at in (1_000..600_000).step_by(1_000) {
        assert_eq!(acts_of(&run.at(at).drain().0), []);
    }
    run.outlet = Outlet::Ready;
    assert_eq!(acts_of(&run.at(600_000).flush()), [transmit("keepalive")]);
    assert_eq!(run.session.health().counters.failures, 0);
}

#[test]
fn no_burst_of_keepalives_follows_a_pause() {
    let mut run = Run::new(Words::default(), keepalive().transport_limit(secs(900)));
    run.flush();
    assert_eq!(acts_of(&run.at(60_000).flush()), [transmit("keepalive")]);
    assert_eq!(acts(&run.run_until(63_999)), []);
    assert_eq!(acts(&run.run_until(64_000)), [(64_000, transmit("keepalive"))]);
}

#[test]
fn keepalives_rarer_than_the_venue_bears_are_refused() {
    let patience = Patience { response: None, silence: Some(secs(4)) };
    let config = keepalive().transport_limit(secs(2)).patience(patience).build();
    let error = "keepalive_every (4s) must be shorter than the venue's patience with silence (4s)";
    assert_eq!(config.unwrap_err().to_string(), error);
    // Where keepalives are what the venue counts, probes may be rarer.
    let patience = Patience { response: None, silence: Some(secs(20)) };
    assert!(probing().keepalive_every(secs(4)).patience(patience).build().is_ok());
}

// -------------------------------------------------------------- harmful pings

/// A dialect of ping frames alone.
#[derive(Clone, Copy, Debug)]
struct Pings;

impl Detector for Pings {
    fn classify(&self, frame: Frame<'_>) -> Signal {
        Signal::of_control(frame)
    }
}

impl Responder for Pings {
    fn respond(&self, _token: &[u8], _out: &mut Outbox) -> Result<(), OutboxError> {
        Ok(())
    }
}

impl Platform for Pings {
    fn name(&self) -> &'static str {
        "pings"
    }

    fn defaults(&self) -> ConfigBuilder {
        probing()
    }
}

/// Drains a session of ping frames at `at`, writing what leaves, and counts the pings.
fn pings(session: &mut Session<Pings>, at: u64) -> usize {
    let now = Timestamp::from_millis(at);
    let mut pings = 0;
    loop {
        match session.poll_action(now, Outlet::Ready) {
            Action::Transmit(Frame::Ping(_)) => {
                pings += 1;
                session.handle_transmitted(now);
            }
            Action::Respond(_) => session.handle_transmitted(now),
            Action::Wait(_) => return pings,
            Action::Disconnect(cause) => panic!("{cause}"),
            Action::Transmit(_) | Action::Notify(_) | Action::RecordLatency(_) => {}
        }
    }
}

#[test]
fn a_ping_frame_that_must_not_come_first_waits_for_a_message_and_is_not_judged() {
    let config = probing().probe_at_once(true).ping_frames(PingFrames::HarmfulFirst);
    let mut session = Session::new(Pings, config.build().unwrap(), Timestamp::ZERO);
    for at in (0..600_000).step_by(1_000) {
        assert_eq!(pings(&mut session, at), 0, "at {at}");
    }
    // A pong of ours is no message.
    let _ = session.handle_frame(Timestamp::from_millis(600_000), Frame::Ping(b"1"));
    assert_eq!(pings(&mut session, 600_000), 0);
    session.handle_sent(Timestamp::from_millis(601_000));
    assert_eq!(pings(&mut session, 601_000), 1, "the first message has left");
    let answer = Frame::Pong(b"hb-1");
    let _ = session.handle_frame(Timestamp::from_millis(601_100), answer);
    assert_eq!(pings(&mut session, 601_100), 0);
    assert_eq!(pings(&mut session, 610_999), 0);
    assert_eq!(pings(&mut session, 611_000), 1, "and the rhythm is the usual one");
}

#[test]
fn a_message_of_ours_lets_the_ping_frame_follow() {
    let words = Words { arms: true, ..Words::default() };
    let config = probing().keepalive_every(secs(4)).ping_frames(PingFrames::HarmfulFirst);
    let mut run = Run::new(words, config);
    assert_eq!(acts_of(&run.flush()), [transmit("arm")]);
    run.at(100).text("armed");
    assert_eq!(acts(&run.run_until(4_000)), [(4_000, transmit("keepalive"))]);
}

#[test]
fn a_probe_that_is_a_ping_frame_is_never_sent_where_it_does_harm() {
    let config = probing().ping_frames(PingFrames::Harmful);
    let mut session = Session::new(Pings, config.build().unwrap(), Timestamp::ZERO);
    assert_eq!(pings(&mut session, 0), 0);
    let now = Timestamp::from_millis(10_000);
    let verdict = loop {
        match session.poll_action(now, Outlet::Ready) {
            Action::Disconnect(cause) => break cause,
            Action::Transmit(frame) => panic!("{frame:?} was sent"),
            Action::Respond(_) | Action::Notify(_) | Action::RecordLatency(_) | Action::Wait(_) => {
            }
        }
    };
    assert_eq!(verdict, Cause::TransmitFailed, "there is nothing to probe by");
    // A dialect that probes in words is not touched.
    let mut run = Run::new(Words::default(), config);
    assert_eq!(acts(&run.run_until(10_000)), [(10_000, transmit("probe 1"))]);
}

#[test]
fn settings_that_would_begin_with_a_harmful_ping_are_refused() {
    for (effect, name) in
        [(PingFrames::Harmful, "Harmful"), (PingFrames::HarmfulFirst, "HarmfulFirst")]
    {
        let config = probing().ping_until_first_send(true).ping_frames(effect).build();
        let error = format!(
            "ping_until_first_send (true) must not be set with ping_frames ({name}): the first \
             frame would be one",
        );
        assert_eq!(config.unwrap_err().to_string(), error);
    }
}
