//! Probes: when they leave, what answers them, and how silence becomes a verdict.

#![allow(clippy::unwrap_used, reason = "a test that unwraps says what it expects")]

mod support;

use heartbeat_core::{
    Cause, Config, ConfigBuilder, Disposition, Event, Frame, LatencyKind, LatencySample, Outlet,
    Pace, Phase, ProbeId, Probing,
};
use support::{Out, Run, Words, acts, acts_of, events, millis, secs, transmit};

fn probing(pace: Pace) -> ConfigBuilder {
    let probing = Probing { every: secs(10), answer_within: secs(3), pace };
    Config::builder().probing(probing).failure_threshold(3)
}

fn run(pace: Pace) -> Run {
    let mut run = Run::new(Words::default(), probing(pace));
    run.flush();
    run
}

#[test]
fn a_probe_leaves_each_period_and_its_round_trip_runs_from_written_to_read() {
    let mut run = run(Pace::Unconditional);
    assert_eq!(acts(&run.run_until(9_999)), []);
    assert_eq!(acts_of(&run.at(10_000).drain().0), [transmit("probe 1")]);
    run.at(10_020).written();
    run.drain();
    assert_eq!(run.at(10_050).read(Frame::Text("answer 1")), Disposition::Absorb);
    let round_trip = millis(30);
    let outs = run.drain().0;
    assert!(outs.contains(&Out::Latency(LatencySample {
        kind: LatencyKind::RoundTrip,
        value: round_trip
    })));
    // The period runs from when the probe was due, not from its answer.
    assert_eq!(acts(&run.run_until(20_000)), [(20_000, transmit("probe 2"))]);
}

#[test]
fn an_unanswered_probe_is_followed_at_once_and_the_verdict_falls_within_the_bound() {
    let mut run = run(Pace::Unconditional);
    let bound = run.session.config().silence_bound();
    assert_eq!(bound, secs(10 + 3 * 3));
    let outs = run.run_until(18_999);
    assert_eq!(
        acts(&outs),
        [
            (10_000, transmit("probe 1")),
            (13_000, transmit("probe 2")),
            (16_000, transmit("probe 3")),
        ],
        "and no verdict before the bound"
    );
    let cause = Cause::AnswerOverdue { failures: 3, waited: secs(3) };
    assert_eq!(acts(&run.run_until(19_000)), [(19_000, Out::Disconnect(cause))]);
}

#[test]
fn a_probe_that_cannot_leave_is_the_same_silence() {
    let mut run = run(Pace::Unconditional);
    run.outlet = Outlet::Blocked;
    let outs = run.run_until(19_000);
    let cause = Cause::TransmitStalled { failures: 3, waited: secs(3) };
    assert_eq!(acts(&outs), [(19_000, Out::Disconnect(cause))]);
}

#[test]
fn a_probe_that_the_transport_never_reports_is_the_same_silence() {
    let mut run = run(Pace::Unconditional);
    assert_eq!(acts_of(&run.at(10_000).drain().0), [transmit("probe 1")]);
    let waits: Vec<_> = (10_500..19_000).step_by(500).collect();
    for at in waits {
        assert_eq!(acts_of(&run.at(at).drain().0), [], "one write at a time");
    }
    let cause = Cause::TransmitStalled { failures: 3, waited: secs(3) };
    assert_eq!(acts_of(&run.at(19_000).drain().0), [Out::Disconnect(cause)]);
}

#[test]
fn an_answer_in_time_forgives_the_failures_before_it() {
    let mut run = run(Pace::Unconditional);
    run.run_until(16_500);
    assert_eq!(run.session.health().failures_in_a_row, 2);
    run.text("answer 3");
    assert_eq!(run.session.health().failures_in_a_row, 0);
    assert_eq!(acts(&run.run_until(25_999)), []);
}

#[test]
fn an_answer_that_names_its_probe_ends_the_row_however_late_and_wrong_ones_do_not() {
    let mut run = run(Pace::Unconditional);
    run.run_until(16_500);
    // Probes 1 and 2 were given up at 13 s and 16 s, probe 3 is out; 9 was never sent.
    assert_eq!(run.read(Frame::Text("answer 9")), Disposition::Absorb);
    let ignored = |number| Event::AnswerIgnored { probe: Some(ProbeId::from_number(number)) };
    assert_eq!(events(&run.drain().0)[0], ignored(9));
    assert_eq!(run.session.health().failures_in_a_row, 2);
    run.text("answer 1");
    let probe = ProbeId::from_number(1);
    let answered = Event::Answered { probe, round_trip: Some(millis(6_500)) };
    assert_eq!(events(&run.drain().0)[0], answered);
    assert_eq!(run.session.health().failures_in_a_row, 0);

    // The row begins anew, and what was answered before ends it no more.
    run.run_until(19_500);
    run.text("answer 1");
    assert_eq!(events(&run.drain().0)[0], ignored(1));
    assert_eq!(run.session.health().failures_in_a_row, 1);
    run.text("answer 3");
    let counters = run.session.health().counters;
    assert_eq!((counters.answers, counters.answers_ignored), (2, 2));
    run.text("answer 2");
    assert_eq!(events(&run.drain().0).last(), Some(&ignored(2)), "no answer comes out of order");
}

#[test]
fn answers_without_id_settle_but_are_not_measured_while_an_older_one_is_owed() {
    let mut run = run(Pace::Unconditional);
    run.run_until(14_000);
    run.text("answer");
    let answered = Event::Answered { probe: ProbeId::from_number(2), round_trip: None };
    assert!(events(&run.drain().0).contains(&answered), "the answer to probe 1 or to probe 2?");
    assert_eq!(run.session.health().failures_in_a_row, 0, "a sign of life either way");

    run.run_until(23_000);
    run.at(23_250).text("answer");
    let answered =
        Event::Answered { probe: ProbeId::from_number(3), round_trip: Some(millis(250)) };
    assert!(events(&run.drain().0).contains(&answered), "nothing is owed any more");
}

#[test]
fn an_answer_that_nobody_waits_for_is_the_applications() {
    let mut run = run(Pace::Unconditional);
    assert_eq!(run.at(1_000).read(Frame::Text("answer")), Disposition::Deliver);
    assert_eq!(run.read(Frame::Pong(b"mine")), Disposition::Deliver);
    let health = run.session.health();
    assert_eq!((health.last_session, health.last_data), (None, None), "and proves no session");
    assert_eq!(health.last_read, Some(run.now));
}

#[test]
fn an_inbound_idle_probe_waits_for_silence() {
    let mut run = run(Pace::InboundIdle);
    for at in (5_000..100_000).step_by(5_000) {
        assert_eq!(acts(&run.run_until(at)), []);
        run.sent();
        run.text("data");
    }
    assert_eq!(acts(&run.run_until(104_999)), []);
    assert_eq!(acts(&run.run_until(105_000)), [(105_000, transmit("probe 1"))]);
}

#[test]
fn an_outbound_idle_probe_waits_for_our_own_silence() {
    let config = probing(Pace::OutboundIdle).transport_limit(secs(60));
    let mut run = Run::new(Words::default(), config);
    run.flush();
    for at in (5_000..50_000).step_by(5_000) {
        assert_eq!(acts(&run.run_until(at)), []);
        run.sent();
    }
    for at in (46_000..55_000).step_by(1_000) {
        assert_eq!(acts(&run.run_until(at)), []);
        run.text("data");
    }
    assert_eq!(acts(&run.run_until(55_000)), [(55_000, transmit("probe 1"))]);
}

#[test]
fn no_burst_follows_a_pause() {
    let mut run = run(Pace::Unconditional);
    // A whole minute without a poll: six periods, one probe.
    let outs = run.at(60_000).flush();
    assert_eq!(acts_of(&outs), [transmit("probe 1")]);
    run.text("answer 1");
    assert_eq!(acts(&run.run_until(69_999)), []);
    assert_eq!(acts(&run.run_until(70_000)), [(70_000, transmit("probe 2"))]);
}

#[test]
fn the_lateness_of_each_wake_up_does_not_add_up() {
    let mut run = run(Pace::Unconditional);
    let late = 900;
    let mut outs = Vec::new();
    for deadline in [10_000, 13_000, 16_000, 19_000] {
        assert_eq!(run.at(deadline - 1).drain().0, []);
        outs = run.at(deadline + late).flush();
    }
    let cause = Cause::AnswerOverdue { failures: 3, waited: millis(3_000 + late) };
    assert_eq!(acts_of(&outs), [Out::Disconnect(cause)], "the bound, and one wake-up late");
}

#[test]
fn until_the_application_has_sent_something_probes_can_be_ping_frames() {
    let config = probing(Pace::Unconditional).ping_until_first_send(true);
    let mut run = Run::new(Words::default(), config);
    assert_eq!(acts(&run.run_until(10_000)), [(10_000, transmit("PING hb-1"))]);
    // An answer by pong frame, and the words of the dialect from the next probe on.
    assert_eq!(run.at(10_100).read(Frame::Pong(b"hb-1")), Disposition::Absorb);
    assert_eq!(run.session.health().counters.answers, 1);
    run.sent();
    assert_eq!(acts(&run.run_until(20_000)), [(20_000, transmit("probe 2"))]);
    run.at(20_100).text("answer 2");

    // What was never sent finds a dead line by the same bound.
    let mut silent = Run::new(Words::default(), config);
    let bound = silent.session.config().silence_bound();
    let outs = acts(&silent.run_until(100_000));
    assert_eq!(secs(outs.last().unwrap().0 / 1_000), bound);
    let pings = (1..=3).map(|number| transmit(&format!("PING hb-{number}")));
    assert!(outs.iter().map(|(_, out)| out.clone()).take(3).eq(pings), "{outs:?}");
}

#[test]
fn a_pong_to_a_probe_of_ours_answers_it_and_proves_no_session() {
    let config = probing(Pace::Unconditional).ping_until_first_send(true);
    let mut run = Run::new(Words::default(), config);
    run.run_until(10_000);
    assert_eq!(run.at(10_100).read(Frame::Pong(b"hb-1")), Disposition::Absorb);
    let health = run.session.health();
    assert_eq!((health.counters.answers, health.last_session), (1, None));
    run.sent();
    run.run_until(20_000);
    run.at(20_100).text("answer 2");
    assert_eq!(run.session.health().last_session, Some(run.now));
}

#[test]
fn the_first_probe_can_be_due_at_once_whatever_the_pace() {
    for pace in [Pace::Unconditional, Pace::InboundIdle, Pace::OutboundIdle] {
        let config = probing(pace).probe_at_once(true).transport_limit(secs(60));
        let mut run = Run::new(Words::default(), config);
        assert_eq!(acts_of(&run.drain().0), [transmit("probe 1")], "{pace:?}");
        run.written();
        assert_eq!(run.session.health().phase, Phase::Ready, "{pace:?}");
        run.at(20).text("answer 1");
        assert_eq!(run.session.health().phase, Phase::Live, "{pace:?}");
        // The rhythm is that of the pace from then on.
        let second = if pace == Pace::InboundIdle { 10_020 } else { 10_000 };
        assert_eq!(acts(&run.run_until(second)), [(second, transmit("probe 2"))], "{pace:?}");
    }
}

#[test]
fn a_line_that_is_dead_from_the_beginning_is_found_a_period_sooner_than_the_bound() {
    let config = probing(Pace::Unconditional).probe_at_once(true);
    let mut run = Run::new(Words::default(), config);
    assert_eq!(run.session.config().silence_bound(), secs(10 + 3 * 3));
    let sent = [(0, "probe 1"), (3_000, "probe 2"), (6_000, "probe 3")];
    let sent = sent.map(|(at, probe)| (at, transmit(probe)));
    assert_eq!(acts(&run.run_until(8_999)), sent);
    let cause = Cause::AnswerOverdue { failures: 3, waited: secs(3) };
    assert_eq!(acts(&run.run_until(9_000)), [(9_000, Out::Disconnect(cause))]);
}

#[test]
fn a_first_probe_at_once_follows_the_arming_and_is_a_ping_where_it_has_to_be() {
    let words = Words { arms: true, ..Words::default() };
    let config = probing(Pace::Unconditional).probe_at_once(true).ping_until_first_send(true);
    let mut run = Run::new(words, config);
    let outs = acts_of(&run.flush());
    assert_eq!(outs, [transmit("arm"), transmit("PING hb-1")]);
}
