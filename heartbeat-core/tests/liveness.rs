//! The three clocks, arming, stalls of our own, the end, and what is told about it all.

#![allow(clippy::unwrap_used, reason = "a test that unwraps says what it expects")]

mod support;

use heartbeat_core::{
    Cause, Clock, Config, ConfigBuilder, Disposition, Event, Failure, Frame, Initiator, Level,
    Outlet, Pace, Phase, Probing, SignalClass, Timestamp, Unreadable,
};
use support::{Out, Run, Words, acts, acts_of, events, millis, respond, secs, transmit};

const ARMS: Words = Words { arms: true, bids_farewell: false, cancels: false };

fn run(config: ConfigBuilder) -> Run {
    let mut run = Run::new(Words::default(), config);
    run.flush();
    run
}

fn probing(every: u64, answer_within: u64) -> Probing {
    Probing { every: secs(every), answer_within: secs(answer_within), pace: Pace::Unconditional }
}

// ------------------------------------------------------------------- clocks

#[test]
fn each_clock_is_moved_by_its_own_evidence_alone() {
    let mut run = run(Config::builder().transport_limit(secs(60)));
    let mut moved = |frame: Frame<'_>| {
        let before = run.session.health();
        run.at(run.now.as_nanos() / 1_000_000 + 10).sent();
        let _ = run.read(frame);
        let after = run.session.health();
        [
            before.last_read != after.last_read,
            before.last_session != after.last_session,
            before.last_data != after.last_data,
        ]
    };
    assert_eq!(moved(Frame::Text("data")), [true, false, true]);
    assert_eq!(moved(Frame::Binary(b"data")), [true, false, true]);
    assert_eq!(moved(Frame::Text("beat")), [true, true, false]);
    assert_eq!(moved(Frame::Text("challenge 1")), [true, true, false]);
    assert_eq!(moved(Frame::Ping(b"")), [true, true, false]);
    assert_eq!(moved(Frame::Pong(b"hb-1")), [true, false, false], "a pong proves no session");
    assert_eq!(moved(Frame::Text("answer 1")), [true, false, false], "no probe was sent");
    assert_eq!(moved(Frame::Text("notice")), [true, false, false]);
}

#[test]
fn a_clock_in_its_limit_fails_once_a_limit_and_evidence_forgives() {
    let mut run = run(Config::builder().session_limit(secs(10)));
    run.at(1_000).text("beat");
    let failure = Failure::ClockExceeded { clock: Clock::Session };
    let outs = run.run_until(21_500);
    let timeouts: Vec<_> = outs
        .iter()
        .filter(|(_, out)| *out == Out::Event(Event::Timeout { failure }))
        .map(|(at, _)| *at)
        .collect();
    assert_eq!(timeouts, [11_000, 21_000]);
    run.text("data");
    assert_eq!(run.session.health().failures_in_a_row, 2, "data is not the venue's session");
    run.text("beat");
    assert_eq!(run.session.health().failures_in_a_row, 0);

    assert_eq!(acts(&run.run_until(51_499)), []);
    let cause =
        Cause::ClockExceeded { clock: Clock::Session, limit: secs(10), silent_for: secs(30) };
    assert_eq!(acts(&run.run_until(51_500)), [(51_500, Out::Disconnect(cause))]);
}

#[test]
fn a_zombie_that_answers_but_sends_no_data_is_found_by_the_data_clock() {
    let config = Config::builder().data_limit(secs(20)).failure_threshold(1);
    let mut run = run(config.probing(probing(5, 2)));
    for (second, probe) in [(5, 1), (10, 2), (15, 3)] {
        assert_eq!(acts(&run.run_until(second * 1_000)).len(), 1);
        run.text(&format!("answer {probe}"));
    }
    let cause = Cause::ClockExceeded { clock: Clock::Data, limit: secs(20), silent_for: secs(20) };
    let outs = acts(&run.run_until(20_000));
    assert_eq!(outs.last(), Some(&(20_000, Out::Disconnect(cause))));
}

// ------------------------------------------------------------------- arming

#[test]
fn an_acknowledged_arming_makes_the_connection_live() {
    let mut run = Run::new(ARMS, Config::builder().transport_limit(secs(60)));
    assert_eq!(acts_of(&run.flush()), [transmit("arm")]);
    assert_eq!(run.session.health().phase, Phase::Arming);
    run.at(50).text("data");
    assert_eq!(run.session.health().phase, Phase::Arming, "data proves no heartbeat");
    assert_eq!(run.at(100).read(Frame::Text("armed")), Disposition::Absorb);
    assert_eq!(events(&run.drain().0), [Event::Armed, Event::Live]);
    assert_eq!(run.session.health().live_since, Some(run.now));
    assert_eq!(run.read(Frame::Text("armed")), Disposition::Deliver, "the application's own");
    assert_eq!(acts(&run.run_until(59_000)), [], "and the deadline of arming is gone");
}

#[test]
fn the_heartbeat_itself_proves_the_arming() {
    for proof in ["beat", "challenge 1"] {
        let mut run = Run::new(ARMS, Config::builder().transport_limit(secs(60)));
        run.flush();
        run.at(100).ping(b"");
        assert_eq!(run.session.health().phase, Phase::Arming, "any server pings");
        run.text(proof);
        assert_eq!(run.session.health().phase, Phase::Live);
        assert_eq!(run.read(Frame::Text("armed")), Disposition::Absorb, "still ours when late");
    }
}

#[test]
fn an_arming_that_is_refused_or_never_acknowledged_is_a_verdict() {
    let mut run = Run::new(ARMS, Config::builder().transport_limit(secs(60)));
    run.flush();
    assert_eq!(run.read(Frame::Text("refused")), Disposition::Absorb);
    assert_eq!(acts_of(&run.drain().0), [Out::Disconnect(Cause::ArmRefused)]);

    for outlet in [Outlet::Ready, Outlet::Blocked] {
        let mut run = Run::new(ARMS, Config::builder().transport_limit(secs(60)));
        run.outlet = outlet;
        for at in (1_000..10_000).step_by(1_000) {
            run.run_until(at);
            run.text("data");
        }
        assert_ne!(run.session.health().phase, Phase::Finished);
        let cause = Cause::ArmOverdue { arm_within: secs(10) };
        assert_eq!(acts(&run.run_until(10_000)), [(10_000, Out::Disconnect(cause))]);
    }
}

#[test]
fn with_nothing_to_arm_the_first_frame_makes_the_connection_live() {
    let mut run = Run::new(Words::default(), Config::builder().transport_limit(secs(60)));
    assert_eq!(events(&run.drain().0), [Event::Started, Event::Armed]);
    assert_eq!(run.session.health().phase, Phase::Ready);
    run.text("data");
    assert_eq!(events(&run.drain().0), [Event::Live]);
    assert_eq!(run.session.health().phase, Phase::Live);
    assert_eq!(run.read(Frame::Text("refused")), Disposition::Deliver, "nothing was asked");
}

// ------------------------------------------------------------------- stalls

#[test]
fn a_late_wake_up_is_our_own_stall_and_the_peer_gets_a_fresh_chance() {
    let config = Config::builder().probing(probing(10, 3)).failure_threshold(1);
    let mut run = run(config);
    run.run_until(10_000);
    // Due at 13 s; we wake at 20 s with the answer still unread.
    let outs = run.at(20_000).flush();
    assert_eq!(events(&outs), [Event::LocalStall { late: secs(7) }]);
    assert_eq!(acts_of(&outs), [], "no verdict, and the probe that is out is enough");
    // The venue has not heard from us since 10 s: the answer read, we speak at once.
    run.at(20_001).text("answer 1");
    assert_eq!(acts_of(&run.flush()), [transmit("probe 2")]);
    run.at(20_050).text("answer 2");
    assert_eq!(acts(&run.run_until(30_000)), [], "once, and then in the usual rhythm");
    assert_eq!(acts(&run.run_until(30_001)), [(30_001, transmit("probe 3"))]);
}

#[test]
fn after_a_stall_an_idle_line_is_probed_before_it_is_judged() {
    let config = Config::builder().probing(probing(10, 3)).transport_limit(secs(20));
    let mut run = run(config.failure_threshold(1));
    let outs = run.at(60_000).flush();
    assert_eq!(acts_of(&outs), [transmit("probe 1")]);
    let cause = Cause::AnswerOverdue { failures: 1, waited: secs(3) };
    assert_eq!(acts(&run.run_until(62_999)), []);
    assert_eq!(acts(&run.run_until(63_000)), [(63_000, Out::Disconnect(cause))]);
}

#[test]
fn a_dead_peer_does_not_live_on_because_we_keep_stumbling() {
    let mut run = run(Config::builder().transport_limit(secs(10)).failure_threshold(1));
    assert_eq!(acts_of(&run.at(20_000).flush()), [], "the first stall is forgiven");
    let outs = run.at(40_000).flush();
    let cause =
        Cause::ClockExceeded { clock: Clock::Transport, limit: secs(10), silent_for: secs(40) };
    assert_eq!(acts_of(&outs), [Out::Disconnect(cause)], "the second is not");

    // What was read in between earns a new pardon.
    let mut run = self::run(Config::builder().transport_limit(secs(10)).failure_threshold(1));
    for at in (20_000..200_000).step_by(20_000) {
        assert_eq!(acts_of(&run.at(at).flush()), []);
        run.text("data");
    }
}

#[test]
fn a_wake_up_within_the_tolerance_is_punctual() {
    let config = Config::builder().transport_limit(secs(10)).failure_threshold(1);
    let mut run = run(config.stall_tolerance(millis(500)));
    let outs = run.at(10_500).flush();
    assert!(matches!(acts_of(&outs)[..], [Out::Disconnect(_)]));
}

#[test]
fn a_clock_that_steps_back_is_clamped_and_counted() {
    let mut run = run(Config::builder().transport_limit(secs(10)));
    run.at(5_000).text("data");
    run.at(2_000).text("challenge 1");
    let outs = run.flush();
    assert_eq!(acts_of(&outs), [respond("response 1")]);
    let response_time = millis(0);
    let layer = heartbeat_core::Layer::Dialect;
    assert!(events(&outs).contains(&Event::Responded { layer, response_time }));
    assert_eq!(run.session.now(), Timestamp::from_millis(5_000));
    assert!(run.session.health().counters.clock_regressions > 0);
    assert_eq!(run.drain().1, Some(Timestamp::from_millis(15_000)));
}

#[test]
fn polling_early_or_twice_does_nothing() {
    let mut run = run(Config::builder().probing(probing(10, 3)));
    let deadline = Some(Timestamp::from_millis(10_000));
    for at in (0..10_000).step_by(100) {
        assert_eq!(run.at(at).drain(), (vec![], deadline));
        assert_eq!(run.drain(), (vec![], deadline));
    }
}

// ------------------------------------------------------------------ the end

#[test]
fn a_verdict_is_final_whatever_follows() {
    let mut run = run(Config::builder().transport_limit(secs(10)));
    let _ = run.read(Frame::Close { code: Some(4000), reason: "heartbeat close" });
    let cause = Cause::PeerClosed { code: Some(4000) };
    let (outs, deadline) = run.drain();
    assert_eq!(outs, [Out::Event(Event::Stopped { cause }), Out::Disconnect(cause)]);
    assert_eq!(deadline, None);
    for at in (0..100_000).step_by(1_000) {
        run.at(at).text("challenge 1");
        run.ping(b"");
        run.written();
        run.refused();
        run.pongs_written();
        run.session.stop(run.now);
        run.session.handle_transport_closed(run.now);
        assert_eq!(run.drain(), (vec![], None));
    }
    assert_eq!(run.read(Frame::Text("data")), Disposition::Deliver, "what was read is not lost");
}

#[test]
fn a_transport_that_ends_is_a_verdict() {
    let mut run = run(Config::builder().transport_limit(secs(10)));
    run.session.handle_transport_closed(run.now);
    assert_eq!(acts_of(&run.drain().0), [Out::Disconnect(Cause::TransportLost)]);
}

/// Each has a cause of its own, and only what the venue did wrong is told as the venue's fault.
#[test]
fn what_cannot_be_read_is_told_as_what_it_is() {
    let too_long = Unreadable::MessageTooLong { bytes: 17_000_000, bytes_max: 16_777_216 };
    let text = "message (17000000 bytes) must be at most message_max (16777216) long";
    for (why, code, is_peer_fault, text) in [
        (too_long, 1009, false, text),
        (Unreadable::ProtocolViolated, 1002, true, "venue broke the WebSocket protocol"),
        (Unreadable::InvalidUtf8, 1007, true, "venue sent text that is no UTF-8"),
    ] {
        let mut run = run(Config::builder().transport_limit(secs(10)));
        run.session.handle_unreadable(run.now, why);
        let acts = acts_of(&run.drain().0);
        let [Out::Disconnect(cause)] = acts[..] else { panic!("{acts:?}") };
        assert_eq!((cause.unreadable(), why.close_code()), (Some(why), code));
        assert_eq!((cause.is_peer_fault(), cause.to_string().as_str()), (is_peer_fault, text));
        assert_eq!(cause.initiator(), Initiator::Machine);
    }
}

#[test]
fn a_write_of_the_applications_that_is_stuck_is_a_verdict_with_its_own_cause() {
    let mut run = run(Config::builder().transport_limit(secs(10)));
    run.at(5_000).text("data");
    run.session.handle_write_overdue(run.now, secs(4));
    let cause = Cause::WriteOverdue { waited: secs(4) };
    assert_eq!(acts_of(&run.drain().0), [Out::Disconnect(cause)]);
    assert_eq!(
        cause.to_string(),
        "transport takes nothing: a message of the application's waited for 4s"
    );
}

#[test]
fn stopping_says_farewell_where_there_is_one_and_never_hangs() {
    let config = Config::builder().transport_limit(secs(60)).respond_within(secs(2));
    for outlet in [Outlet::Ready, Outlet::Blocked] {
        let mut plain = run(config);
        plain.outlet = outlet;
        plain.session.stop(plain.now);
        assert_eq!(acts_of(&plain.drain().0), [Out::Disconnect(Cause::Stopped)], "at once");
    }

    let polite = Words { arms: false, bids_farewell: true, cancels: false };
    let mut run = Run::new(polite, config);
    run.at(1_000).session.stop(Timestamp::from_millis(1_000));
    assert_eq!(acts_of(&run.drain().0), [transmit("farewell")]);
    run.written();
    assert_eq!(acts_of(&run.drain().0), [Out::Disconnect(Cause::Stopped)]);

    let mut run = Run::new(polite, config);
    run.outlet = Outlet::Blocked;
    run.session.stop(run.now);
    assert_eq!(acts(&run.run_until(1_999)), []);
    assert_eq!(acts(&run.run_until(2_000)), [(2_000, Out::Disconnect(Cause::Stopped))]);
}

// ------------------------------------------------------------------ reports

#[test]
fn monitoring_off_silences_reports_and_changes_nothing_else() {
    let config = Config::builder().probing(probing(10, 3)).respond_within(secs(2));
    let story = |config: ConfigBuilder| {
        let mut run = Run::new(Words::default(), config);
        let mut outs = run.run_until(1_000);
        run.text("challenge 1");
        run.text("beat 1");
        run.text("beat 3");
        run.text("notice");
        outs.extend(run.run_until(10_000));
        run.text("answer 1");
        outs.extend(run.run_until(60_000));
        outs
    };
    let on = story(config);
    let off = story(config.monitoring(false));
    assert_eq!(acts(&on), acts(&off));
    assert!(matches!(acts(&off).last(), Some((_, Out::Disconnect(_)))));
    let told: Vec<_> = off
        .iter()
        .filter_map(|(_, out)| match out {
            Out::Event(event) => Some(*event),
            Out::Latency(sample) => panic!("{sample:?} with monitoring off"),
            Out::Respond(_) | Out::Transmit(_) | Out::Disconnect(_) => None,
        })
        .collect();
    let notice = Event::Notice { kind: heartbeat_core::NoticeKind::Shutdown, deadline: None };
    let cause = Cause::AnswerOverdue { failures: 3, waited: secs(3) };
    let jump = Event::CounterJump { expected: 2, got: 3 };
    assert_eq!(told, [jump, notice, Event::Stopped { cause }]);
}

#[test]
fn the_level_follows_the_response_times_with_hysteresis() {
    let mut run = run(Config::builder().transport_limit(secs(600)).respond_within(secs(30)));
    let mut changes = Vec::new();
    for (number, latency) in [2_500, 2_500, 2_500, 10, 2_500, 10, 10, 10].into_iter().enumerate() {
        let start = 20_000 * (number as u64 + 1);
        run.at(start).text("challenge 1");
        run.drain();
        run.at(start + latency).written();
        let outs = events(&run.drain().0);
        changes.extend(outs.into_iter().filter(|out| matches!(out, Event::LevelChanged { .. })));
    }
    assert_eq!(
        changes,
        [
            Event::LevelChanged { from: Level::Target, to: Level::Critical },
            Event::LevelChanged { from: Level::Critical, to: Level::Target },
        ]
    );
}

#[test]
fn a_verdict_comes_with_its_evidence() {
    let mut run = run(Config::builder().probing(probing(10, 3)).transport_limit(secs(30)));
    for at in 1..=40 {
        run.at(100 * at).text("data 123");
    }
    run.at(5_000).ping(b"x");
    run.run_until(60_000);
    let evidence = run.session.evidence();
    assert_eq!(evidence.inputs().count(), 32);
    let last = evidence.inputs().last().unwrap();
    assert_eq!((last.class, last.len), (SignalClass::Challenge, 1));
    assert_eq!(last.at, Timestamp::from_millis(5_000));
    assert_eq!(evidence.at(), Timestamp::from_millis(19_000));
    let transport = evidence.clocks()[0];
    assert_eq!((transport.moved, transport.misses), (Some(last.at), 0));
    let probe = evidence.probe().unwrap();
    let at = Timestamp::from_millis(16_000);
    assert_eq!((probe.due, probe.written), (at, Some(at)), "the last of three, and no fourth");
}
