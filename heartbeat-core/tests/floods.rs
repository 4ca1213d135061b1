//! Peers that say more than anybody has reason to, and how much we say about it.

#![allow(clippy::unwrap_used, reason = "a test that unwraps says what it expects")]

mod support;

use heartbeat_core::{
    Cause, Config, ConfigBuilder, ConfigError, Event, FloodLimit, NoticeKind, Phase,
};
use support::{Out, Run, Words, events, secs};

fn run(config: ConfigBuilder) -> Run {
    let mut run = Run::new(Words::default(), config.transport_limit(secs(60)));
    run.flush();
    run
}

/// Has the venue send the words `each` times a millisecond for so many, each answered at once.
fn flood(run: &mut Run, millis: u64, each: u64, word: impl Fn(u64) -> String) -> Vec<Out> {
    let begin = run.now.as_nanos() / 1_000_000;
    let mut outs = Vec::new();
    for at in begin..begin + millis {
        run.at(at);
        for number in 0..each {
            run.text(&word(at * each + number));
            outs.extend(run.flush());
        }
    }
    outs
}

#[test]
fn a_hundred_thousand_challenges_a_second_are_answered_up_to_the_limit() {
    let mut run = run(Config::builder());
    let outs = flood(&mut run, 1_000, 100, |number| format!("challenge {number}"));
    let responses = outs.iter().filter(|out| matches!(out, Out::Respond(_))).count();
    assert_eq!(responses, 100_000);
    let dropped = run.session.health().counters.events_dropped;
    assert_eq!((run.session.health().phase, dropped), (Phase::Live, 0));
    run.at(1_000).text("challenge x");
    let FloodLimit { heartbeats, within } = FloodLimit::DEFAULT;
    let cause = Cause::Flood { heartbeats: heartbeats + 1, within };
    assert_eq!(run.drain().0.last(), Some(&Out::Disconnect(cause)));
    assert_eq!(cause.to_string(), "venue sent 100001 heartbeats within 10s");
}

#[test]
fn a_limit_is_per_span_and_can_be_set_and_switched_off() {
    let limit = FloodLimit { heartbeats: 10, within: secs(1) };
    let mut limited = run(Config::builder().flood_limit(limit));
    for second in 0..20 {
        limited.at(second * 1_000);
        (0..10).for_each(|_| limited.text("beat"));
        limited.text("data");
        limited.flush();
        assert_eq!(limited.session.health().phase, Phase::Live, "at {second} s");
    }
    limited.ping(b"");
    assert_eq!(limited.session.health().phase, Phase::Finished, "of whatever kind it is");

    let mut unlimited = run(Config::builder().flood_limit(limit).no_flood_limit());
    flood(&mut unlimited, 100, 10, |_| "beat".to_owned());
    assert_eq!(unlimited.session.health().phase, Phase::Live);
    for (limit, field) in [
        (FloodLimit { heartbeats: 0, ..limit }, "flood_limit.heartbeats"),
        (FloodLimit { within: secs(0), ..limit }, "flood_limit.within"),
    ] {
        let refused = Config::builder().transport_limit(secs(60)).flood_limit(limit).build();
        assert_eq!(refused, Err(ConfigError::Zero { field }));
    }
}

#[test]
fn what_is_said_of_a_flood_is_bounded_and_says_how_much_was_left_out() {
    let mut run = run(Config::builder());
    let outs = flood(&mut run, 3_001, 10, |number| format!("challenge {number}"));
    let told = outs.iter().filter(|out| matches!(out, Out::Event(_) | Out::Latency(_))).count();
    assert!((3 * 256..4 * 256).contains(&told), "{told} reports in three seconds");
    let left_out: u64 = events(&outs)
        .iter()
        .map(|event| if let Event::Coalesced { reports } = event { *reports } else { 0 })
        .sum();
    // Each was read, answered and measured; and the session began, was armed and went live.
    let counters = run.session.health().counters;
    assert_eq!(counters.responses, 30_010);
    assert_eq!(left_out, 3 * (10_000 * 3 - 256));
    assert_eq!(counters.events_coalesced, left_out);
    assert_eq!(counters.events_dropped, 0);
}

#[test]
fn a_rhythm_that_a_venue_could_have_is_told_one_by_one() {
    let mut run = run(Config::builder());
    let outs: Vec<_> = (0..100)
        .flat_map(|tenth| flood(run.at(tenth * 100), 1, 8, |_| "challenge 1".into()))
        .collect();
    let is_told = |out: &&Out| matches!(out, Out::Event(Event::Responded { .. }));
    assert_eq!(outs.iter().filter(is_told).count(), 800);
}

#[test]
fn counters_that_jump_all_the_time_are_told_once_a_second_with_first_and_last() {
    let mut run = run(Config::builder());
    let outs = flood(&mut run, 2_500, 10, |number| format!("beat {}", number * 2));
    let jumps = |outs: &[Out]| -> Vec<(u64, u64)> {
        let jump = |event: &Event| {
            let Event::CounterJump { expected, got } = event else { return None };
            Some((*expected, *got))
        };
        events(outs).iter().filter_map(jump).collect()
    };
    // The first beat makes no jump, the second one does; then what each second left out.
    assert_eq!(jumps(&outs), [(1, 2), (3, 19_998), (19_999, 39_998)]);
    // And what the last one left out is told in time, though nothing more comes.
    let (outs, deadline) = run.drain();
    assert_eq!((outs.len(), deadline.unwrap().as_nanos()), (0, 3_000_000_000));
    let outs = run.at(3_000).drain().0;
    assert_eq!(jumps(&outs), [(39_999, 49_998)]);
    let (_, deadline) = run.drain();
    assert!(deadline.unwrap() > run.now, "and only once");
}

#[test]
fn notices_in_masses_are_told_eight_times_a_second() {
    let mut run = run(Config::builder());
    let outs = flood(&mut run, 100, 10, |_| "notice".to_owned());
    let notice = Event::Notice { kind: NoticeKind::Shutdown, deadline: None };
    assert_eq!(events(&outs).iter().filter(|event| **event == notice).count(), 8);
}
