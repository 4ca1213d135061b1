//! What the venue states of its heartbeat on the connection: what is taken, and what is refused.

#![allow(clippy::unwrap_used, reason = "a test that unwraps says what it expects")]

mod support;

use core::num::NonZeroU32;
use core::time::Duration;

use heartbeat_core::{
    Cause, Clock, Config, ConfigBuilder, ConfigError, Disposition, Event, Frame, Pace, Phase,
    Probing, Term, TermsRange, Timestamp,
};
use support::{Out, Run, Words, acts, acts_of, events, millis, respond, secs, transmit};

const RANGE: TermsRange = TermsRange { shortest: secs(2), longest: secs(60) };

const ARMS: Words = Words { arms: true, bids_farewell: false, cancels: false };

/// Nothing but the venue's word.
fn alone() -> ConfigBuilder {
    Config::builder().terms(RANGE)
}

fn probing() -> ConfigBuilder {
    let probing = Probing { every: secs(5), answer_within: secs(3), pace: Pace::Unconditional };
    Config::builder().probing(probing)
}

/// A connection at 100 ms, on which the venue has said this.
fn after(words: Words, config: ConfigBuilder, said: &str) -> Run {
    let mut run = Run::new(words, config);
    run.flush();
    run.at(100).text(said);
    run
}

fn refused(term: Term, offered: Duration, limit: Duration) -> Out {
    Out::Disconnect(Cause::TermsRefused { term, offered, limit })
}

#[test]
fn the_bound_is_the_worst_that_may_be_taken_and_then_the_venues_word() {
    let mut run = Run::new(Words::default(), alone());
    run.flush();
    assert_eq!(run.session.silence_bound(), secs(60), "before a word is said");
    assert_eq!(run.session.config().silence_bound(), secs(60));
    run.at(100).text("terms session 45000 - -");
    let told = events(&run.flush());
    assert!(told.contains(&Event::TermsTaken { silence_bound: secs(45) }), "{told:?}");
    assert_eq!(run.session.silence_bound(), secs(45));
    let grace = run.session.config().grace();
    assert_eq!(run.session.detection_bound(), secs(45) + grace);
    // Data is no beat: the venue's word was to beat whatever else it sends.
    for at in (5_000..45_000).step_by(5_000) {
        assert_eq!(acts(&run.run_until(at)), []);
        run.text("data");
    }
    assert_eq!(acts(&run.run_until(45_099)), []);
    let (clock, limit) = (Clock::Session, secs(45));
    let cause = Cause::ClockExceeded { clock, limit, silent_for: secs(45) };
    assert_eq!(acts(&run.run_until(45_100)), [(45_100, Out::Disconnect(cause))], "at once");
}

#[test]
fn a_beat_keeps_the_venues_word_and_data_does_where_it_beats_only_in_silence() {
    for (said, kept_by) in
        [("terms session 9000 - -", "beat"), ("terms transport 9000 - -", "data")]
    {
        let mut run = after(Words::default(), alone(), said);
        for at in (8_000..80_000).step_by(8_000) {
            assert_eq!(acts(&run.run_until(at)), [], "{said}");
            run.text(kept_by);
        }
        assert_eq!(acts(&run.run_until(80_999)), []);
        assert_eq!(acts(&run.run_until(81_000)).len(), 1, "{said}: nine seconds after the last");
    }
}

#[test]
fn terms_that_never_come_are_a_verdict_where_nothing_else_notices_a_dead_line() {
    let mut run = Run::new(Words::default(), alone().arm_within(secs(10)));
    run.flush();
    for at in (1_000..10_000).step_by(1_000) {
        assert_eq!(acts(&run.run_until(at)), []);
        run.text("data");
    }
    assert_eq!(run.session.health().phase, Phase::Arming, "unprotected as yet");
    let cause = Cause::TermsOverdue { arm_within: secs(10) };
    assert_eq!(acts(&run.run_until(10_000)), [(10_000, Out::Disconnect(cause))]);
    assert_eq!(cause.to_string(), "venue did not state its terms within 10s");

    // Who probes can do without, for a venue that is asked by the application.
    let mut run = Run::new(Words::default(), probing().terms(RANGE));
    run.flush();
    assert_eq!(run.session.silence_bound(), secs(5 + 3 * 3));
    run.at(100).text("data");
    assert_eq!(run.session.health().phase, Phase::Live);
}

const FOREVER: Duration = Duration::from_millis(u64::MAX);

/// What is said, and what is refused of it, in numbers and in words.
const ABSURD: [(&str, Term, Duration, Duration, &str); 8] = [
    (
        "terms session 0 - -",
        Term::Heard,
        secs(0),
        secs(2),
        "heard.within (0ns) must be at least 2s",
    ),
    (
        "terms session 1999 - -",
        Term::Heard,
        millis(1_999),
        secs(2),
        "heard.within (1.999s) must be at least 2s",
    ),
    (
        "terms session 60001 - -",
        Term::Heard,
        millis(60_001),
        secs(60),
        "heard.within (60.001s) must be at most 60s",
    ),
    (
        "terms transport 18446744073709551615 - -",
        Term::Heard,
        FOREVER,
        secs(60),
        "heard.within (18446744073709551.615s) must be at most 60s",
    ),
    (
        "terms session 9000 0 -",
        Term::Response,
        secs(0),
        secs(2),
        "patience.response (0ns) must be at least 2s",
    ),
    (
        "terms session 9000 - 0",
        Term::Silence,
        secs(0),
        secs(2),
        "patience.silence (0ns) must be at least 2s",
    ),
    (
        "terms session 9000 - 9000",
        Term::Silence,
        secs(9),
        secs(9),
        "patience.silence (9s) must be at least 9s",
    ),
    (
        "terms session - 9000 -",
        Term::Heard,
        Duration::MAX,
        secs(60),
        "heard.within (none) must be at most 60s",
    ),
];

#[test]
fn absurd_terms_are_refused_with_both_numbers_and_disarm_nothing() {
    for (said, term, offered, limit, reads) in ABSURD {
        // At first, and where good ones were taken before.
        for before in ["data", "terms session 20000 - -"] {
            let mut run = after(Words::default(), alone(), before);
            assert_eq!(acts(&run.run_until(3_000)), []);
            run.text(said);
            let out = refused(term, offered, limit);
            assert_eq!(acts(&run.run_until(3_000)), [(3_000, out)], "{said}");
        }
        let cause = Cause::TermsRefused { term, offered, limit };
        assert_eq!(cause.to_string(), format!("venue's {reads}"));
        assert!(cause.is_peer_fault());
    }
}

#[test]
fn patience_without_end_is_taken_and_changes_nothing() {
    let said = "terms session 9000 18446744073709551615 18446744073709551615";
    let mut run = after(Words::default(), alone().keepalive_every(secs(4)), said);
    assert_eq!(acts(&run.run_until(4_000)), [(4_000, transmit("keepalive"))]);
    run.text("challenge 7");
    run.drain();
    assert_eq!(run.drain().1, Some(moment(8_000)), "a keepalive, before 5 s for a response");
}

fn moment(millis: u64) -> Timestamp {
    Timestamp::from_millis(millis)
}

#[test]
fn terms_said_again_and_again_move_no_deadline_of_keepalives_and_make_no_spin() {
    let mut run =
        after(Words::default(), alone().keepalive_every(secs(4)), "terms session 9000 - -");
    let mut sent = 0;
    for at in (100..12_100).step_by(100) {
        let outs = acts(&run.run_until(at));
        assert!(outs.iter().all(|(_, out)| *out == transmit("keepalive")), "{outs:?}");
        sent += outs.len();
        run.text(if at % 200 == 0 {
            "terms session 9000 - 13000"
        } else {
            "terms session 9000 - -"
        });
    }
    assert_eq!(sent, 3, "one each four seconds");
}

#[test]
fn terms_said_again_replace_those_before_and_a_limit_of_ours_that_is_shorter_stays() {
    let mut run = after(Words::default(), alone(), "terms session 9000 - -");
    run.at(5_000).text("terms transport 20000 - -");
    assert_eq!(run.session.silence_bound(), secs(20));
    assert_eq!(acts(&run.run_until(24_999)), [], "what was promised of the session is over");
    assert_eq!(acts(&run.run_until(25_000)).len(), 1);

    let ours = alone().session_limit(secs(3)).failure_threshold(2);
    let mut run = after(Words::default(), ours, "terms session 9000 - -");
    assert_eq!(run.session.silence_bound(), secs(6));
    assert_eq!(acts(&run.run_until(6_099)), []);
    assert_eq!(acts(&run.run_until(6_100)).len(), 1, "ours is noticed sooner");
}

#[test]
fn a_response_counts_as_overdue_while_the_venue_still_waits() {
    let config = || probing().respond_within(secs(5)).terms(RANGE);
    for (said, fails_at) in [("terms session - 20000 -", 6_000), ("terms session - 5000 -", 4_000)]
    {
        let mut run = after(Words::default(), config(), said);
        run.flush();
        run.at(1_000).text("challenge 7");
        assert_eq!(acts_of(&run.drain().0), [respond("response 7")]);
        run.at(fails_at);
        let failed = |out: &Out| matches!(out, Out::Event(Event::Timeout { .. }));
        assert!(run.drain().0.iter().any(failed), "{said}");
    }
}

#[test]
fn keepalives_leave_three_times_in_the_venues_patience_and_no_less_often_than_set() {
    for (said, every) in
        [("terms session 9000 - 12000", 4_000), ("terms session 9000 - 90000", 6_000)]
    {
        let mut run = after(Words::default(), alone().keepalive_every(secs(6)), said);
        let sent = acts(&run.run_until(every - 1));
        assert_eq!(sent, [], "{said}");
        assert_eq!(acts(&run.run_until(every)), [(every, transmit("keepalive"))], "{said}");
    }
}

#[test]
fn a_venue_that_has_less_patience_than_our_probes_is_refused() {
    let run = || after(Words::default(), probing().terms(RANGE), "terms session - - 5000");
    let limit = secs(5);
    let term = Term::Silence;
    assert_eq!(acts(&run().run_until(100)), [(100, refused(term, secs(5), limit))]);
    // And so is one that would notice a dead line before we do.
    let mut run = after(Words::default(), probing().terms(RANGE), "terms session - - 14000");
    assert_eq!(acts(&run.run_until(100)), [(100, refused(term, secs(14), secs(14)))]);
}

#[test]
fn terms_that_arm_are_the_reply_to_our_arming_and_else_the_applications() {
    let mut run = Run::new(ARMS, alone());
    run.flush();
    assert_eq!(run.session.health().phase, Phase::Arming);
    let said = Frame::Text("agreed session 9000 - -");
    assert_eq!(run.at(100).read(said), Disposition::Absorb);
    assert_eq!(run.session.health().phase, Phase::Live);
    assert_eq!(run.read(said), Disposition::Deliver, "the second answers a request of its own");
    let opening = Frame::Text("terms session 9000 - -");
    assert_eq!(run.read(opening), Disposition::Deliver);
}

#[test]
fn settings_that_take_no_terms_go_by_none() {
    let mut run = after(Words::default(), probing(), "terms session 0 0 0");
    assert_eq!(run.session.health().phase, Phase::Live);
    assert_eq!(run.session.silence_bound(), secs(14));
    let no_terms = Config::builder().terms(RANGE).no_terms().build();
    assert_eq!(no_terms, Err(ConfigError::NoDetection));
    run.flush();
}

#[test]
fn a_range_of_terms_must_hold_something_and_nothing_shorter_than_our_stalls() {
    let with = |shortest, longest| {
        let range = TermsRange { shortest, longest };
        probing()
            .stall_tolerance(secs(1))
            .terms(range)
            .build()
            .map(|_| ())
            .map_err(|it| it.to_string())
    };
    assert_eq!(with(secs(2), secs(2)), Ok(()));
    let order = "terms.shortest (3s) must be at most terms.longest (2s)";
    assert_eq!(with(secs(3), secs(2)), Err(order.to_owned()));
    let short = "terms.shortest (1.999s) must be at least twice stall_tolerance (1s)";
    assert_eq!(with(millis(1_999), secs(9)), Err(short.to_owned()));
}

#[test]
fn a_faster_venue_still_says_the_real_times() {
    let ten = NonZeroU32::new(10).unwrap();
    let config = alone().stall_tolerance(secs(1)).build().unwrap().faster(ten).unwrap();
    assert_eq!(config.silence_bound(), secs(6));
    let mut run = after(Words::default(), config.to_builder(), "terms session 45000 - -");
    assert_eq!(run.session.silence_bound(), millis(4_500));
    assert_eq!(acts(&run.run_until(4_599)), []);
    assert_eq!(acts(&run.run_until(4_600)).len(), 1);
}

#[test]
fn a_message_that_grows_holds_the_terms_up_and_not_for_ever() {
    let mut run = Run::new(Words::default(), alone().arm_within(secs(10)).grace(secs(5)));
    run.flush();
    for at in (1_000..15_000).step_by(1_000) {
        assert_eq!(acts(&run.run_until(at)), [], "at {at}");
        run.receiving();
    }
    assert_eq!(acts(&run.run_until(14_999)), []);
    let cause = Cause::TermsOverdue { arm_within: secs(10) };
    assert_eq!(acts(&run.run_until(15_000)), [(15_000, Out::Disconnect(cause))]);
}
