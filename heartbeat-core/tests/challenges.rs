//! Challenges: answered once, in time, first of all; and what follows when they are not.

#![allow(clippy::unwrap_used, reason = "a test that unwraps says what it expects")]

mod support;

use heartbeat_core::{
    CHALLENGES_MAX, Cause, Clock, Config, ConfigBuilder, Disposition, Event, Failure, Frame,
    LatencyKind, LatencySample, Layer, Outlet,
};
use support::{Out, Run, Words, acts, acts_of, events, millis, respond, secs};

/// Nothing but the deadline of a response can end this within the first minutes.
fn config() -> ConfigBuilder {
    Config::builder().respond_within(secs(2)).transport_limit(secs(600))
}

fn run() -> Run {
    let mut run = Run::new(Words::default(), config());
    run.flush();
    run
}

#[test]
fn a_challenge_is_answered_once_with_its_token_and_measured() {
    let mut run = run();
    assert_eq!(run.at(1_000).read(Frame::Text("challenge abc")), Disposition::Absorb);
    let (outs, deadline) = run.drain();
    assert_eq!(outs.first(), Some(&respond("response abc")), "the response leaves first of all");
    assert_eq!(deadline.unwrap().as_nanos(), 3_000_000_000);

    run.at(1_030).written();
    let (outs, _) = run.drain();
    let response_time = millis(30);
    assert_eq!(
        outs,
        [
            Out::Event(Event::Responded { layer: Layer::Dialect, response_time }),
            Out::Latency(LatencySample { kind: LatencyKind::ResponseTime, value: response_time }),
        ]
    );
    assert_eq!(acts(&run.run_until(500_000)), [], "and never again");
}

#[test]
fn a_ping_is_answered_with_its_payload_whatever_the_dialect() {
    let mut run = run();
    assert_eq!(run.at(5).read(Frame::Ping(b"\x00\xff")), Disposition::Absorb);
    assert_eq!(acts_of(&run.flush()), [respond("PONG \0\u{fffd}")]);
}

#[test]
fn challenges_are_answered_in_the_order_they_came_one_at_a_time() {
    let mut run = run();
    run.at(10).text("challenge 1");
    run.text("challenge 2");
    assert_eq!(acts_of(&run.drain().0), [respond("response 1")]);
    assert_eq!(acts_of(&run.drain().0), [], "the transport has one of ours and has not reported");
    run.written();
    assert_eq!(acts_of(&run.drain().0), [respond("response 2")]);
}

#[test]
fn a_blocked_transport_is_a_verdict_after_as_many_deadlines_as_the_threshold() {
    let mut run = run();
    run.outlet = Outlet::Blocked;
    run.at(1_000).text("challenge abc");
    let outs = run.run_until(6_999);
    assert_eq!(acts(&outs), [], "nothing before the third deadline");
    let outs = run.run_until(7_000);
    let cause = Cause::TransmitStalled { failures: 3, waited: secs(6) };
    assert_eq!(acts(&outs), [(7_000, Out::Disconnect(cause))]);
}

#[test]
fn a_response_that_the_transport_never_reports_is_overdue() {
    let mut run = run();
    run.at(0).text("challenge abc");
    run.drain();
    for (deadline, failures) in [(2_000, 1), (4_000, 2)] {
        assert_eq!(run.at(deadline - 1).drain().0, []);
        let failure = Failure::ResponseOverdue;
        assert_eq!(
            events(&run.at(deadline).drain().0),
            [
                Event::Timeout { failure },
                Event::Failure { failure, in_a_row: failures, threshold: 3 },
            ]
        );
    }
    let cause = Cause::ResponseOverdue { failures: 3, respond_within: secs(2) };
    assert_eq!(acts_of(&run.at(6_000).drain().0), [Out::Disconnect(cause)]);
}

#[test]
fn a_late_response_is_sent_and_measured_but_resets_nothing() {
    let mut run = run();
    for start in [0, 10_000] {
        run.at(start).text("challenge abc");
        run.drain();
        run.at(start + 2_500).written();
        let outs = run.drain().0;
        let response_time = millis(2_500);
        assert!(events(&outs).contains(&Event::Responded { layer: Layer::Dialect, response_time }));
    }
    // A late report comes before the poll that would have counted the deadline, so count both.
    assert_eq!(run.session.health().counters.responses, 2);

    run.at(20_000).text("challenge abc");
    run.drain();
    run.at(22_000).drain();
    assert_eq!(run.session.health().failures_in_a_row, 1);
    run.at(22_001).written();
    assert_eq!(run.session.health().failures_in_a_row, 1, "late is no success");
    run.at(30_000).text("challenge abc");
    run.flush();
    assert_eq!(run.session.health().failures_in_a_row, 0, "in time is one");
}

#[test]
fn a_failed_send_is_retried_once_at_once_and_then_is_a_verdict() {
    let mut run = run();
    run.at(1_000).text("challenge abc");
    run.drain();
    run.refused();
    assert_eq!(acts_of(&run.drain().0), [respond("response abc")], "at once, the same bytes");
    run.refused();
    assert_eq!(acts_of(&run.drain().0), [Out::Disconnect(Cause::TransmitFailed)]);
}

#[test]
fn a_retry_that_succeeds_is_forgotten() {
    let mut run = run();
    for start in [1_000, 2_000, 3_000, 4_000] {
        run.at(start).text("challenge abc");
        run.drain();
        run.refused();
        assert_eq!(acts_of(&run.flush()), [respond("response abc")]);
    }
    assert_eq!(run.session.health().counters.responses, 4);
}

#[test]
fn a_transport_that_answers_pings_is_never_doubled_but_held_to_the_deadline() {
    let mut run = Run::new(Words::default(), config());
    run.session.set_transport_answers_pings();
    run.flush();
    run.at(1_000).ping(b"x");
    assert_eq!(acts_of(&run.drain().0), [], "the transport answers");
    run.at(1_004).pongs_written();
    let response_time = millis(4);
    let responded = Event::Responded { layer: Layer::Control, response_time };
    assert_eq!(events(&run.drain().0), [responded]);

    // Dialect challenges are ours to answer all the same.
    run.at(1_010).text("challenge abc");
    assert_eq!(acts_of(&run.flush()), [respond("response abc")]);

    // And a pong that never leaves is a verdict.
    run.at(2_000).ping(b"y");
    let outs = run.run_until(8_000);
    let cause = Cause::ResponseOverdue { failures: 3, respond_within: secs(2) };
    assert_eq!(acts(&outs), [(8_000, Out::Disconnect(cause))]);
}

#[test]
fn the_ring_is_bounded_and_a_flood_cannot_push_out_the_oldest_deadline() {
    let mut run = run();
    run.outlet = Outlet::Blocked;
    for number in 0..100 {
        run.at(10 * number).text(&format!("challenge {number}"));
        run.drain();
    }
    let health = run.session.health();
    assert_eq!(health.counters.unanswerable, 100 - CHALLENGES_MAX as u64, "the rest is refused");
    assert_eq!(health.failures_in_a_row, 0, "which is no failure: the first deadline decides");
    assert_eq!(run.drain().1.unwrap().as_nanos(), 2_000_000_000);
    run.outlet = Outlet::Ready;
    let answered = acts_of(&run.flush());
    let expected: Vec<_> =
        (0..CHALLENGES_MAX).map(|number| respond(&format!("response {number}"))).collect();
    assert_eq!(answered, expected);
}

/// RFC 6455, section 5.5.3: who has not answered yet may answer the most recent ping alone.
#[test]
fn the_last_of_more_pings_than_can_wait_is_answered_and_the_oldest_deadline_stays() {
    let mut run = run();
    run.outlet = Outlet::Blocked;
    for number in 0..100 {
        run.at(10 * number).ping(format!("{number}").as_bytes());
        run.drain();
    }
    let health = run.session.health();
    assert_eq!(health.counters.unanswerable, 0, "none goes without an answer");
    assert_eq!(health.counters.superseded, 100 - CHALLENGES_MAX as u64);
    assert_eq!(run.drain().1.unwrap().as_nanos(), 2_000_000_000);
    run.outlet = Outlet::Ready;
    let numbers = (0..CHALLENGES_MAX as u64 - 1).chain([99]);
    let pongs: Vec<_> = numbers.map(|number| respond(&format!("PONG {number}"))).collect();
    assert_eq!(acts_of(&run.flush()), pongs);
}

#[test]
fn a_token_that_fits_nowhere_is_unanswerable_and_enough_of_them_are_a_verdict() {
    let mut run = run();
    let long = format!("challenge {}", "x".repeat(126));
    for failures in 1..=2 {
        run.at(failures * 1_000).text(&long);
        let outs = run.drain().0;
        assert!(events(&outs).contains(&Event::Unanswerable { layer: Layer::Dialect }));
        assert_eq!(acts_of(&outs), []);
    }
    run.at(3_000).text(&long);
    let cause = Cause::ResponseOverdue { failures: 3, respond_within: secs(2) };
    assert_eq!(acts_of(&run.drain().0), [Out::Disconnect(cause)]);
}

#[test]
fn answering_moves_no_clock() {
    let config = Config::builder().transport_limit(secs(10)).respond_within(secs(20));
    let mut run = Run::new(Words::default(), config);
    run.at(0).text("challenge abc");
    run.drain();
    run.at(9_000).written();
    run.sent();
    let failure = Failure::ClockExceeded { clock: Clock::Transport };
    assert!(events(&run.at(10_000).drain().0).contains(&Event::Timeout { failure }));
}

#[test]
fn a_heartbeat_beside_data_is_answered_and_the_data_is_delivered() {
    let mut run = Run::new(Words::default(), Config::builder().transport_limit(secs(60)));
    run.flush();
    assert_eq!(run.at(1_000).read(Frame::Text("mixed 7")), Disposition::Deliver);
    assert_eq!(acts_of(&run.flush()), [respond("response 7")]);
    let health = run.session.health();
    assert_eq!((health.counters.challenges, health.counters.data), (1, 1));
    assert_eq!((health.last_session, health.last_data), (Some(run.now), Some(run.now)));
    // After the verdict the data is still the application's.
    run.session.handle_transport_closed(run.now);
    run.drain();
    assert_eq!(run.read(Frame::Text("mixed 7")), Disposition::Deliver);
}
