//! The safety of orders: wound up while the line is beyond doubt, and never without being asked.

#![allow(clippy::unwrap_used, reason = "a test that unwraps says what it expects")]

mod support;

use heartbeat_core::{
    AtStop, Cause, Config, ConfigBuilder, DeadMan, DeadManRange, Disposition, Event, Frame, Outlet,
    Pace, Probing, Safeguard, Standing, Timestamp,
};
use support::{Out, Run, Words, acts, acts_of, events, secs, transmit};

const CANCELS: Words = Words { arms: false, bids_farewell: false, cancels: true };

const RANGE: DeadManRange = DeadManRange { shortest: secs(1), longest: None, step: secs(1) };

const SWITCH: DeadMan = DeadMan { timeout: secs(60), refresh: secs(15), at_stop: AtStop::LetRun };

/// A bound of ten seconds by one probe, which is due each seven.
fn config() -> ConfigBuilder {
    let probing = Probing { every: secs(7), answer_within: secs(3), pace: Pace::Unconditional };
    Config::builder().probing(probing).failure_threshold(1).dead_man_range(RANGE).dead_man(SWITCH)
}

/// A session that is live and whose dead-man switch was asked for at one second.
fn guarded(config: ConfigBuilder) -> Run {
    let mut run = Run::new(Words::default(), config);
    run.flush();
    run.at(1_000).text("data");
    run.flush();
    run.session.request_order_safety(run.now);
    run
}

/// Goes on until `end`, with every probe answered and every refresh acknowledged at once.
fn healthy_until(run: &mut Run, end: u64) -> Vec<(u64, Out)> {
    let mut outs = Vec::new();
    for at in (run.now.as_nanos() / 1_000_000..=end).step_by(500) {
        let done = run.run_until(at);
        for (_, out) in acts(&done) {
            let Out::Transmit(text) = &out else { panic!("{out:?}") };
            match text.split_once(' ') {
                Some(("probe", number)) => run.text(&format!("answer {number}")),
                _ => run.text("granted dead-man"),
            }
        }
        outs.extend(done);
    }
    outs.extend(run.run_until(end));
    outs
}

fn refreshes(outs: &[(u64, Out)]) -> Vec<u64> {
    let is_refresh = |out: &Out| *out == transmit("dead-man 60000");
    outs.iter().filter(|(_, out)| is_refresh(out)).map(|(at, _)| *at).collect()
}

fn standing(run: &Run) -> (Standing, Option<u64>, bool) {
    let dead_man = run.session.health().dead_man.unwrap();
    let until = dead_man.until.map(|until| until.as_nanos() / 1_000_000);
    (dead_man.standing, until, dead_man.withheld)
}

const DEAD_MAN: Safeguard = Safeguard::DeadMan;
const CANCEL: Safeguard = Safeguard::CancelOnDisconnect;

// ---------------------------------------------------------------- the rhythm

#[test]
fn nothing_is_wound_up_before_the_application_asks() {
    let mut run = Run::new(CANCELS, config());
    run.text("data");
    let outs = healthy_until(&mut run, 100_000);
    assert_eq!(refreshes(&outs), []);
    assert!(!outs.contains(&(0, transmit("cancel"))));
    assert_eq!(standing(&run), (Standing::NotAsked, None, false));
    assert_eq!(run.session.health().cancel_on_disconnect, Standing::NotAsked);
    // What the application asks for itself is its own business.
    assert_eq!(run.read(Frame::Text("granted dead-man")), Disposition::Deliver);
    assert_eq!(run.read(Frame::Text("denied dead-man")), Disposition::Deliver);
    assert_eq!(run.read(Frame::Text("granted cancel")), Disposition::Deliver);
    assert_eq!(run.read(Frame::Text("denied cancel")), Disposition::Deliver);
}

#[test]
fn it_is_wound_up_at_once_and_then_every_period_while_all_is_well() {
    let mut run = guarded(config());
    let outs = healthy_until(&mut run, 50_000);
    assert_eq!(refreshes(&outs), [1_000, 16_000, 31_000, 46_000]);
    assert_eq!(standing(&run), (Standing::Confirmed, Some(106_000), false));
    let set = Event::SafeguardSet { safeguard: DEAD_MAN };
    let until = |millis| Event::DeadManRefreshed { until: Timestamp::from_millis(millis) };
    let told: Vec<_> = outs
        .iter()
        .filter_map(|(_, out)| if let Out::Event(event) = out { Some(*event) } else { None })
        .filter(|event| *event == set || matches!(event, Event::DeadManRefreshed { .. }))
        .collect();
    assert_eq!(told, [until(61_000), set, until(76_000), until(91_000), until(106_000)]);
}

#[test]
fn it_waits_for_the_connection_to_be_heard_from() {
    let mut run = Run::new(Words::default(), config());
    run.flush();
    run.session.request_order_safety(run.now);
    assert_eq!(acts(&run.run_until(2_000)), []);
    assert_eq!(standing(&run), (Standing::Asked, None, true));
    run.text("data");
    assert_eq!(acts_of(&run.flush()), [transmit("dead-man 60000")]);
}

// ------------------------------------------------------------------ in doubt

#[test]
fn a_probe_that_is_out_must_be_answered_first() {
    let mut run = guarded(config());
    healthy_until(&mut run, 13_000);
    // The probe of 14 s is answered at 16.5 s; the refresh was due at 16 s.
    let outs = run.run_until(16_499);
    assert_eq!(acts(&outs), [(14_000, transmit("probe 2"))]);
    assert_eq!(standing(&run), (Standing::Confirmed, Some(61_000), true));
    run.at(16_500).text("answer 2");
    assert_eq!(acts_of(&run.flush()), [transmit("dead-man 60000")]);
}

#[test]
fn a_probe_of_the_same_moment_goes_first_and_the_refresh_waits_for_its_answer() {
    let mut run =
        Run::new(Words::default(), config().dead_man(DeadMan { refresh: secs(14), ..SWITCH }));
    run.text("data");
    run.session.request_order_safety(run.now);
    let outs = healthy_until(&mut run, 13_000);
    assert_eq!(refreshes(&outs), [0]);
    assert_eq!(acts(&run.run_until(14_000)), [(14_000, transmit("probe 2"))]);
    run.at(14_050).text("answer 2");
    assert_eq!(acts_of(&run.flush()), [transmit("dead-man 60000")]);
}

#[test]
fn a_dead_line_is_never_refreshed() {
    let mut run =
        guarded(config().failure_threshold(3).dead_man(DeadMan { timeout: secs(40), ..SWITCH }));
    // Written and acknowledged by nobody; nothing is read any more.
    let acts = acts(&run.run_until(100_000));
    assert_eq!(acts[0], (1_000, transmit("dead-man 40000")));
    assert!(matches!(acts.last(), Some((16_000, Out::Disconnect(_)))), "{acts:?}");
    let is_refresh = |out: &Out| matches!(out, Out::Transmit(text) if text.contains("dead-man"));
    assert_eq!(acts.iter().filter(|(_, out)| is_refresh(out)).count(), 1, "{acts:?}");
}

#[test]
fn a_failure_withholds_refreshes_until_it_is_cured_and_data_that_cures_is_enough() {
    let base = config().failure_threshold(3).no_probing().data_limit(secs(5));
    let mut run = guarded(base);
    run.flush();
    run.text("granted dead-man");
    // The data clock fails at 6 s, 11 s; the refresh is due at 16 s, when it fails again.
    let outs = run.run_until(15_000);
    assert_eq!(acts(&outs), []);
    assert_eq!(standing(&run), (Standing::Confirmed, Some(61_000), true));
    run.text("data");
    assert_eq!(
        run.drain().1,
        Some(Timestamp::from_millis(16_000)),
        "a doubt less, a deadline more"
    );
    assert_eq!(acts(&run.run_until(16_000)), [(16_000, transmit("dead-man 60000"))]);
}

#[test]
fn a_refresh_that_could_not_leave_before_the_line_came_into_doubt_waits_for_its_end() {
    let mut run = guarded(config().failure_threshold(2).stall_tolerance(secs(2)));
    run.outlet = Outlet::Blocked;
    assert_eq!(acts(&run.run_until(10_500)), [], "queued, and then a probe is overdue");
    run.outlet = Outlet::Ready;
    assert_eq!(acts_of(&run.flush()), [transmit("probe 2")], "and no refresh");
    run.text("answer 2");
    assert_eq!(acts_of(&run.flush()), [transmit("dead-man 60000")]);
}

#[test]
fn a_response_that_is_late_or_was_withholds_refreshes_until_one_is_in_time() {
    // The transport owes the pongs, so that nothing else keeps a refresh from leaving.
    let config = config().no_probing().transport_limit(secs(20)).respond_within(secs(2));
    let mut run = Run::new(Words::default(), config.failure_threshold(2));
    run.session.set_transport_answers_pings();
    run.at(1_000).text("data");
    run.session.request_order_safety(run.now);
    assert_eq!(acts_of(&run.flush()), [transmit("dead-man 60000")]);
    run.text("granted dead-man");
    run.at(13_500).ping(b"1");
    assert_eq!(acts(&run.run_until(15_600)), [], "overdue at 15.5 s");
    // A challenge answered in time ends the row, but the pong is still owed.
    run.text("challenge 1");
    assert_eq!(acts_of(&run.flush()), [support::respond("response 1")]);
    assert_eq!(run.session.health().failures_in_a_row, 0);
    assert_eq!(acts(&run.run_until(16_500)), []);
    run.pongs_written();
    assert_eq!(acts_of(&run.flush()), [transmit("dead-man 60000")]);

    // Late, and nothing in time since.
    run.text("granted dead-man");
    run.at(29_000).ping(b"2");
    run.run_until(31_100);
    run.pongs_written();
    assert_eq!(run.session.health().failures_in_a_row, 1);
    assert_eq!(acts(&run.run_until(32_000)), []);
    run.ping(b"3");
    run.pongs_written();
    assert_eq!(acts_of(&run.flush()), [transmit("dead-man 60000")]);
}

#[test]
fn after_a_stall_of_ours_the_venue_is_heard_before_it_is_refreshed() {
    let mut run = guarded(config());
    healthy_until(&mut run, 12_000);
    let outs = run.at(80_000).flush();
    assert_eq!(acts_of(&outs), [transmit("probe 2")], "the switch ran out at 61 s");
    run.at(80_100).text("answer 2");
    let outs = run.flush();
    assert_eq!(acts_of(&outs), [transmit("dead-man 60000")]);
    let lapsed = Event::DeadManLapsed { at: Timestamp::from_millis(61_000) };
    assert!(events(&outs).contains(&lapsed), "{outs:?}");
    assert_eq!(standing(&run).1, None);
    run.text("granted dead-man");
    assert_eq!(standing(&run).1, Some(140_100));
}

#[test]
fn without_probes_a_stall_is_a_doubt_until_something_is_read() {
    let mut run = guarded(config().no_probing().transport_limit(secs(20)));
    run.flush();
    run.text("granted dead-man");
    assert_eq!(acts_of(&run.at(18_000).flush()), [], "two seconds after it was due");
    run.text("data");
    assert_eq!(acts_of(&run.flush()), [transmit("dead-man 60000")]);
}

// ------------------------------------------------------------------- replies

#[test]
fn a_refresh_without_a_reply_is_told_when_the_next_is_due_and_counts_from_the_first() {
    let mut run = guarded(config().no_probing().transport_limit(secs(40)));
    let outs = run.run_until(30_999);
    assert_eq!(refreshes(&outs), [1_000, 16_000]);
    let overdue = Out::Event(Event::SafeguardOverdue { safeguard: DEAD_MAN });
    let told: Vec<_> = outs.iter().filter(|(_, out)| *out == overdue).collect();
    assert_eq!(told, [&(16_000, overdue)]);
    assert_eq!(standing(&run).0, Standing::Overdue);
    // To the first refresh or to the second? Only the earlier time is certain.
    run.text("granted dead-man");
    assert_eq!(standing(&run), (Standing::Confirmed, Some(61_000), false));
    let set = Event::SafeguardSet { safeguard: DEAD_MAN };
    assert!(events(&run.drain().0).contains(&set), "in force again");
    assert_eq!(run.read(Frame::Text("granted dead-man")), Disposition::Absorb, "the other one");
    assert_eq!(standing(&run).1, Some(61_000));
}

#[test]
fn a_refusal_is_told_and_the_next_refresh_is_tried_all_the_same() {
    let mut run = guarded(config().no_probing().transport_limit(secs(40)));
    run.flush();
    assert_eq!(run.read(Frame::Text("denied dead-man")), Disposition::Absorb);
    let refused = Event::SafeguardRefused { safeguard: DEAD_MAN };
    assert_eq!(events(&run.drain().0), [refused]);
    assert_eq!(standing(&run), (Standing::Refused, None, false));
    assert_eq!(refreshes(&run.run_until(16_000)), [16_000]);
}

#[test]
fn an_acknowledgement_proves_the_session() {
    let mut run = guarded(config());
    run.flush();
    assert_eq!(run.session.health().last_session, None);
    run.at(1_100).text("granted dead-man");
    assert_eq!(run.session.health().last_session, Some(run.now));
}

// ---------------------------------------------------------------------- stop

#[test]
fn at_the_end_it_is_switched_off_before_the_farewell_or_runs_on_as_was_chosen() {
    let polite = Words { bids_farewell: true, ..CANCELS };
    let stopped = Out::Disconnect(Cause::Stopped);
    for (at_stop, farewell, expected) in [
        (AtStop::SwitchOff, true, vec![transmit("dead-man 0"), transmit("farewell")]),
        (AtStop::SwitchOff, false, vec![transmit("dead-man 0")]),
        (AtStop::LetRun, true, vec![transmit("farewell")]),
        (AtStop::LetRun, false, vec![]),
    ] {
        let words = if farewell { polite } else { Words::default() };
        let mut run = Run::new(words, config().dead_man(DeadMan { at_stop, ..SWITCH }));
        run.text("data");
        run.session.request_order_safety(run.now);
        run.flush();
        run.session.stop(run.now);
        let outs = acts_of(&run.flush());
        let (last, said) = outs.split_last().unwrap();
        assert_eq!((last, said), (&stopped, &expected[..]), "{at_stop:?}");
    }
}

#[test]
fn one_that_was_never_wound_up_is_not_switched_off() {
    let mut run = Run::new(
        Words::default(),
        config().dead_man(DeadMan { at_stop: AtStop::SwitchOff, ..SWITCH }),
    );
    run.session.request_order_safety(run.now);
    run.flush();
    run.session.stop(run.now);
    assert_eq!(acts_of(&run.flush()), [Out::Disconnect(Cause::Stopped)]);
}

#[test]
fn switching_off_follows_the_refresh_that_is_under_way_and_never_hangs() {
    let switch = DeadMan { at_stop: AtStop::SwitchOff, ..SWITCH };
    let config = config().dead_man(switch).respond_within(secs(5));
    let mut run = guarded(config);
    assert_eq!(acts_of(&run.drain().0), [transmit("dead-man 60000")]);
    run.session.stop(run.now);
    assert_eq!(acts_of(&run.drain().0), [], "a refresh behind it would wind it up again");
    run.written();
    assert_eq!(acts_of(&run.drain().0), [transmit("dead-man 0")]);
    assert_eq!(acts_of(&run.at(5_999).drain().0), []);
    assert_eq!(acts_of(&run.at(6_000).drain().0), [Out::Disconnect(Cause::Stopped)]);
}

#[test]
fn nothing_winds_it_up_once_the_end_has_begun() {
    let polite = Words { bids_farewell: true, ..Words::default() };
    let mut run = Run::new(polite, config().no_probing().transport_limit(secs(40)));
    run.at(1_000).text("data");
    run.session.request_order_safety(run.now);
    run.flush();
    run.text("granted dead-man");
    // The next refresh is due at 16 s, while the farewell waits for the transport.
    run.run_until(15_500);
    run.outlet = Outlet::Blocked;
    run.session.stop(run.now);
    assert_eq!(acts(&run.run_until(17_000)), []);
    run.outlet = Outlet::Ready;
    assert_eq!(acts_of(&run.flush()), [transmit("farewell"), Out::Disconnect(Cause::Stopped)]);
}

// ------------------------------------------------------ cancel on disconnect

fn canceller() -> Run {
    let mut run = Run::new(CANCELS, config().no_dead_man().arm_within(secs(4)));
    run.flush();
    run
}

fn cancel_standing(run: &Run) -> Standing {
    run.session.health().cancel_on_disconnect
}

#[test]
fn cancelling_on_disconnect_is_asked_for_once_and_confirmed() {
    let mut run = canceller();
    run.at(1_000).session.request_order_safety(Timestamp::from_millis(1_000));
    assert_eq!(cancel_standing(&run), Standing::Asked);
    run.session.request_order_safety(run.now);
    assert_eq!(acts_of(&run.flush()), [transmit("cancel")]);
    assert_eq!(run.read(Frame::Text("granted cancel")), Disposition::Absorb);
    assert_eq!(cancel_standing(&run), Standing::Confirmed);
    assert!(events(&run.drain().0).contains(&Event::SafeguardSet { safeguard: CANCEL }));
    assert_eq!(run.read(Frame::Text("granted cancel")), Disposition::Deliver, "nobody asked");
    assert!(!events(&run.drain().0).contains(&Event::SafeguardOverdue { safeguard: CANCEL }));
    assert_eq!(run.session.health().dead_man, None);
}

#[test]
fn a_refusal_is_no_verdict_and_the_application_may_ask_again() {
    let mut run = canceller();
    run.session.request_order_safety(run.now);
    run.flush();
    assert_eq!(run.read(Frame::Text("denied cancel")), Disposition::Absorb);
    assert_eq!(cancel_standing(&run), Standing::Refused);
    let outs = run.drain().0;
    assert!(events(&outs).contains(&Event::SafeguardRefused { safeguard: CANCEL }));
    assert_eq!(acts_of(&outs), []);
    run.session.request_order_safety(run.now);
    assert_eq!(acts_of(&run.flush()), [transmit("cancel")]);
}

#[test]
fn a_reply_that_does_not_come_in_time_is_told_and_counts_when_it_comes() {
    for outlet in [Outlet::Ready, Outlet::Blocked] {
        let mut run = canceller();
        run.outlet = outlet;
        run.session.request_order_safety(run.now);
        let overdue = Out::Event(Event::SafeguardOverdue { safeguard: CANCEL });
        assert!(!run.run_until(3_999).contains(&(3_999, overdue.clone())));
        assert_eq!(cancel_standing(&run), Standing::Asked);
        assert!(run.run_until(4_000).contains(&(4_000, overdue)));
        assert_eq!(cancel_standing(&run), Standing::Overdue);
        let is_late = run.read(Frame::Text("granted cancel")) == Disposition::Absorb;
        assert_eq!(is_late, outlet == Outlet::Ready, "what was never asked gets no reply");
        let expected = if is_late { Standing::Confirmed } else { Standing::Overdue };
        assert_eq!(cancel_standing(&run), expected);
    }
}

#[test]
fn asking_where_there_is_nothing_to_ask_for_is_told_at_once() {
    let mut run = Run::new(Words::default(), config().no_dead_man().monitoring(false));
    run.session.request_order_safety(run.now);
    assert_eq!(events(&run.drain().0), [Event::NoSafeguard]);
    assert_eq!(cancel_standing(&run), Standing::NotAsked);
}

#[test]
fn a_sleep_of_our_own_is_not_held_against_the_reply_to_cancelling() {
    let words = Words { cancels: true, ..Words::default() };
    let config = Config::builder().transport_limit(secs(60)).arm_within(secs(4));
    let mut run = Run::new(words, config);
    run.session.request_order_safety(run.now);
    run.flush();
    let overdue = |outs: &[(u64, Out)]| {
        let safeguard = Safeguard::CancelOnDisconnect;
        outs.iter()
            .filter(|(_, out)| *out == Out::Event(Event::SafeguardOverdue { safeguard }))
            .map(|(at, _)| *at)
            .collect::<Vec<_>>()
    };
    // Due at 4 s, and we slept until 10 s.
    run.at(10_000);
    assert_eq!(overdue(&run.run_until(13_999)), []);
    assert_eq!(overdue(&run.run_until(14_000)), [14_000]);
}

#[test]
fn nothing_is_asked_for_after_the_end_or_in_the_middle_of_it() {
    let words = Words { cancels: true, bids_farewell: true, ..Words::default() };
    let mut run = Run::new(words, Config::builder().transport_limit(secs(60)));
    run.flush();
    run.session.stop(run.now);
    run.session.request_order_safety(run.now);
    assert_eq!(acts_of(&run.drain().0), [transmit("farewell")]);
    run.written();
    run.session.request_order_safety(run.now);
    assert_eq!(acts_of(&run.drain().0), [Out::Disconnect(Cause::Stopped)]);
    assert_eq!(run.session.health().cancel_on_disconnect, Standing::NotAsked);
}
