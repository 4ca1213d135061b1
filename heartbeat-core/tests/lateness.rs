//! What is late and not gone: messages that take long to come in, and answers that come after
//! their time.

#![allow(clippy::unwrap_used, reason = "a test that unwraps says what it expects")]

mod support;

use heartbeat_core::{
    Cause, Clock, Config, ConfigBuilder, Event, Failure, Frame, Level, Outlet, Pace, ProbeId,
    Probing,
};
use support::{Out, Run, Words, acts, acts_of, events, millis, secs, transmit};

fn probing() -> ConfigBuilder {
    let probing = Probing { every: secs(10), answer_within: secs(3), pace: Pace::Unconditional };
    Config::builder().probing(probing).failure_threshold(3)
}

fn run(config: ConfigBuilder) -> Run {
    let mut run = Run::new(Words::default(), config);
    run.flush();
    run
}

/// Runs on with a part of a message read every half second, from `from` up to `until`.
fn receive(run: &mut Run, from: u64, until: u64) -> Vec<(u64, Out)> {
    let mut outs = Vec::new();
    for at in (from..=until).step_by(500) {
        outs.extend(run.run_until(at));
        run.receiving();
    }
    outs
}

#[test]
fn a_large_message_on_a_slow_line_is_waited_for_and_costs_no_failure() {
    // 4 MB at 200 kB/s: twenty seconds in which nobody can answer.
    let mut run = run(probing());
    let outs = receive(&mut run, 9_000, 29_000);
    let sent = [(10_000, transmit("probe 1")), (20_000, transmit("probe 2"))];
    assert_eq!(acts(&outs), sent, "the venue hears from us in the usual rhythm");
    assert_eq!(run.session.health().counters.failures, 0);
    run.text("snapshot");
    run.text("answer 1");
    run.text("answer 2");
    assert_eq!(acts(&run.run_until(29_999)), []);
    assert_eq!(run.session.health().counters.failures, 0);
}

#[test]
fn a_message_that_stops_growing_is_found_as_silence_is() {
    let mut run = run(probing());
    receive(&mut run, 9_000, 15_000);
    // Twelve seconds after its last byte, of a bound of nineteen.
    let sent = [(18_000, transmit("probe 2")), (21_000, transmit("probe 3"))];
    assert_eq!(acts(&run.run_until(23_999)), sent);
    let cause = Cause::AnswerOverdue { failures: 3, waited: secs(14) };
    let outs = acts(&run.run_until(24_000));
    let [(24_000, Out::Disconnect(Cause::AnswerOverdue { failures: 3, .. }))] = outs[..] else {
        panic!("{outs:?}, not {cause:?}");
    };
}

#[test]
fn a_message_that_never_ends_is_found_within_the_stated_bound() {
    for grace in [0, 5, 20] {
        let mut run = run(probing().grace(secs(grace)));
        let config = *run.session.config();
        assert_eq!(config.detection_bound(), secs(19 + grace));
        let bound = u64::try_from(config.detection_bound().as_millis()).unwrap();
        let outs = acts(&receive(&mut run, 0, bound));
        let (at, verdict) = outs.last().unwrap();
        assert!(matches!(verdict, Out::Disconnect(Cause::AnswerOverdue { .. })), "{verdict:?}");
        assert!((bound - 3_000..=bound).contains(at), "{at} of {bound}");
    }
}

#[test]
fn parts_of_a_message_hold_back_every_clock_for_the_grace_and_move_none() {
    for (config, clock) in [
        (Config::builder().transport_limit(secs(10)), Clock::Transport),
        (Config::builder().session_limit(secs(10)), Clock::Session),
        (Config::builder().data_limit(secs(10)), Clock::Data),
    ] {
        let mut run = run(config.failure_threshold(2).grace(secs(7)));
        assert_eq!(acts(&receive(&mut run, 1_000, 26_500)), [], "{clock:?}");
        assert_eq!(run.session.health().last_read, None, "a part is no frame");
        let cause = Cause::ClockExceeded { clock, limit: secs(10), silent_for: secs(27) };
        assert_eq!(acts(&run.run_until(27_000)), [(27_000, Out::Disconnect(cause))]);
    }
}

#[test]
fn an_acknowledgement_can_stand_behind_a_snapshot() {
    let words = Words { arms: true, ..Words::default() };
    let config = Config::builder().transport_limit(secs(60)).arm_within(secs(4)).grace(secs(9));
    let mut run = Run::new(words, config);
    run.flush();
    assert_eq!(acts(&receive(&mut run, 0, 12_500)), []);
    let outs = acts(&run.run_until(13_000));
    let cause = Cause::ArmOverdue { arm_within: secs(4) };
    assert_eq!(outs, [(13_000, Out::Disconnect(cause))]);
}

#[test]
fn a_whole_frame_between_two_parts_ends_the_message_that_grew() {
    let mut run = run(probing());
    run.run_until(10_000);
    run.at(10_500).receiving();
    run.at(11_000).text("data");
    // A part of the next; how long that has been under way nobody knows.
    run.at(12_900).receiving();
    assert_eq!(acts(&run.run_until(13_000)), [(13_000, transmit("probe 2"))]);
    assert_eq!(run.session.health().failures_in_a_row, 1);
}

// --------------------------------------------------------------- late answers

/// A minute of a venue with fresh data that answers each probe so late.
fn a_minute_of_late_answers(late: u64) -> Run {
    let probing = Probing { every: secs(5), answer_within: secs(3), pace: Pace::Unconditional };
    let mut run = run(Config::builder().probing(probing).failure_threshold(3));
    let mut owed = Vec::new();
    for at in (50..60_000).step_by(50) {
        for (sent, out) in run.run_until(at) {
            if let Out::Transmit(words) = out {
                owed.push((sent + late, words.replace("probe", "answer")));
            }
        }
        run.text("data");
        for (_, answer) in owed.extract_if(.., |(due, _)| *due <= at) {
            run.text(&answer);
        }
    }
    run
}

#[test]
fn answers_four_seconds_late_with_fresh_data_lose_no_line_and_are_told_as_slow() {
    let run = a_minute_of_late_answers(4_000);
    let health = run.session.health();
    assert_ne!(health.phase, heartbeat_core::Phase::Finished);
    assert_eq!(health.level, Level::Critical, "the venue is slow, and the level says so");
    let round_trip = health.round_trip.unwrap();
    assert!(round_trip.min >= secs(4) && round_trip.max < millis(4_100), "{round_trip:?}");
}

#[test]
fn answers_a_whole_row_late_are_waited_for_while_data_is_fresh() {
    let run = a_minute_of_late_answers(14_000);
    assert_ne!(run.session.health().phase, heartbeat_core::Phase::Finished);
}

#[test]
fn answers_that_never_come_are_a_verdict_within_the_stated_bound_though_data_is_fresh() {
    let mut run = run(probing());
    let mut outs = Vec::new();
    for at in (500..=39_000).step_by(500) {
        outs.extend(acts(&run.run_until(at)));
        run.text("data");
    }
    let cause = Cause::AnswerOverdue { failures: 9, waited: secs(3) };
    assert_eq!(outs.last(), Some(&(37_000, Out::Disconnect(cause))));
}

#[test]
fn beats_and_frames_that_are_nobodys_are_no_fresh_data() {
    let mut run = run(probing());
    let mut outs = Vec::new();
    for at in (500..=19_000).step_by(500) {
        outs.extend(acts(&run.run_until(at)));
        run.text("beat");
        let _ = run.read(Frame::Pong(b"mine"));
    }
    let cause = Cause::AnswerOverdue { failures: 3, waited: secs(3) };
    assert_eq!(outs.last(), Some(&(19_000, Out::Disconnect(cause))));
}

#[test]
fn a_probe_that_cannot_leave_is_not_waited_for_longer_though_data_is_fresh() {
    let mut run = run(probing());
    run.outlet = Outlet::Blocked;
    let mut outs = Vec::new();
    for at in (500..=19_000).step_by(500) {
        outs.extend(acts(&run.run_until(at)));
        run.text("data");
        run.receiving();
    }
    let cause = Cause::TransmitStalled { failures: 3, waited: secs(3) };
    assert_eq!(outs.last(), Some(&(19_000, Out::Disconnect(cause))));
}

// ------------------------------------------------------------------- evidence

#[test]
fn evidence_names_every_probe_of_the_row_and_when_it_was_written() {
    let mut run = run(probing());
    run.at(4_000).text("data");
    for due in [10_000, 13_000, 16_000] {
        assert_eq!(acts_of(&run.at(due).drain().0).len(), 1);
        run.at(due + 20).written();
        run.drain();
    }
    let outs = run.at(19_000).drain().0;
    assert!(matches!(outs.last(), Some(Out::Disconnect(Cause::AnswerOverdue { .. }))));
    assert!(!acts_of(&outs).iter().any(|out| matches!(out, Out::Transmit(_))), "no fourth");
    // Whatever comes and goes until somebody asks.
    run.at(25_000).text("data");
    run.drain();
    let evidence = run.session.evidence();
    assert_eq!(evidence.at().as_nanos(), 19_000_000_000);
    let row: Vec<_> = evidence
        .unanswered()
        .map(|it| (it.probe.number(), it.due.as_nanos(), it.written.unwrap().as_nanos()))
        .collect();
    let nanos = |millis: u64| millis * 1_000_000;
    assert_eq!(
        row,
        [
            (1, nanos(10_000), nanos(10_020)),
            (2, nanos(13_000), nanos(13_020)),
            (3, nanos(16_000), nanos(16_020)),
        ]
    );
    assert_eq!(evidence.probe().unwrap().probe, ProbeId::from_number(3));
    assert_eq!(evidence.clocks()[0].moved.unwrap().as_nanos(), nanos(4_000));
}

#[test]
fn evidence_of_a_long_row_keeps_the_last_eight() {
    let mut run = run(probing().failure_threshold(11));
    run.run_until(40_500);
    let row: Vec<_> =
        run.session.evidence().unanswered().map(|probe| probe.probe.number()).collect();
    assert_eq!(row, [4, 5, 6, 7, 8, 9, 10, 11]);
}

// -------------------------------------------------------------- our own brake

#[test]
fn a_probe_that_our_own_budget_holds_back_is_no_failure() {
    let mut run = run(probing());
    run.outlet = Outlet::Held;
    for at in (500..=30_000).step_by(500) {
        assert_eq!(acts(&run.run_until(at)), []);
    }
    assert_eq!(run.session.health().counters.failures, 0);
    // It leaves when the budget opens, and has its full span then.
    run.outlet = Outlet::Ready;
    assert_eq!(acts(&run.run_until(32_999)), [(30_000, transmit("probe 1"))]);
    let outs = run.run_until(33_000);
    let failure = Failure::AnswerOverdue { probe: ProbeId::from_number(1) };
    assert!(outs.contains(&(33_000, Out::Event(Event::Timeout { failure }))), "{outs:?}");
}

#[test]
fn a_response_that_our_own_budget_holds_back_is_no_failure_and_one_that_left_is_judged() {
    let mut run = run(Config::builder().respond_within(secs(2)).transport_limit(secs(60)));
    run.at(1_000).text("challenge 1");
    run.drain();
    run.text("challenge 2");
    run.outlet = Outlet::Held;
    let (_, deadline) = run.drain();
    assert_eq!(deadline.unwrap().as_nanos(), 3_000_000_000, "the first was handed out");
    let failures = |outs: &[Out]| {
        let is_failure = |event: &&Event| matches!(event, Event::Failure { .. });
        events(outs).iter().filter(is_failure).count()
    };
    assert_eq!(failures(&run.at(3_000).drain().0), 1);
    run.at(3_500).written();
    assert_eq!(failures(&run.at(9_000).drain().0), 0);
    run.outlet = Outlet::Ready;
    let outs = run.drain().0;
    assert!(outs.contains(&Out::Respond("response 2".to_owned())), "{outs:?}");
    assert_eq!(failures(&outs), 0);
}
