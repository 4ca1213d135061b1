//! The rules that no venue of the enforcement tests has.

use heartbeat_platforms::{BrokenBy, Exchange};

use super::*;

const SECOND: Duration = Duration::from_secs(1);

fn at(secs: u64) -> Timestamp {
    Timestamp::from_millis(secs * 1_000)
}

/// OKX without market data, its rules changed.
fn okx(change: impl FnOnce(&mut Engine)) -> Engine {
    let options = MockOptions::default().data_every(None);
    let mut engine = Engine::new(Exchange::Okx.into(), &options, Account::new(), at(0));
    change(&mut engine);
    engine
}

fn says(engine: &mut Engine, secs: u64, frame: Frame<'_>) -> Option<Offence> {
    let mut effects = VecDeque::new();
    engine.handle(at(secs), frame, &mut effects);
    effects.iter().find_map(
        |effect| {
            if let Effect::Kick(why, _) = effect { Some(*why) } else { None }
        },
    )
}

fn broken_by(broken_by: BrokenBy) -> impl FnOnce(&mut Engine) {
    move |engine| {
        if let Some(silence) = &mut engine.rules.silence {
            silence.broken_by = broken_by;
        }
    }
}

#[test]
fn silence_is_broken_by_whom_the_rule_names() {
    for (rule, by_client, by_server) in [
        (BrokenBy::ClientMessage, 40, 30),
        (BrokenBy::ServerMessage, 30, 40),
        (BrokenBy::AnyMessage, 40, 40),
    ] {
        let mut engine = okx(broken_by(rule));
        assert_eq!(says(&mut engine, 10, Frame::Text("ping")), None);
        assert_eq!(engine.next_at(), Some(at(by_client)), "{rule:?}");
        let mut engine = okx(broken_by(rule));
        engine.handle_sent(at(10));
        assert_eq!(engine.next_at(), Some(at(by_server)), "{rule:?}");
    }
}

#[test]
fn a_ping_frame_breaks_silence_where_it_counts() {
    for (counts, deadline) in [(false, 30), (true, 40)] {
        let mut engine = okx(|engine| {
            if let Some(silence) = &mut engine.rules.silence {
                silence.counts_pings = counts;
            }
        });
        assert_eq!(says(&mut engine, 10, Frame::Ping(b"7")), None);
        assert_eq!(engine.next_at(), Some(at(deadline)));
    }
}

const SUBSCRIBE: Frame<'_> = Frame::Text(r#"{"op":"subscribe","args":[{"channel":"tickers"}]}"#);

#[test]
fn what_begins_with_a_subscription_begins_with_the_first() {
    let mut engine = okx(|engine| {
        engine.rules.beat_every = Some(4 * SECOND);
        engine.rules.begins = Begins::Subscription;
        engine.begun = false;
    });
    assert_eq!(engine.next_beat, None);
    says(&mut engine, 10, SUBSCRIBE);
    assert_eq!(engine.next_beat, Some(at(14)));
    says(&mut engine, 12, SUBSCRIBE);
    assert_eq!(engine.next_beat, Some(at(14)), "the second begins nothing");
}

#[test]
fn a_probe_is_no_subscription() {
    let mut engine = okx(|engine| engine.rules.subscribe_within = Some(5 * SECOND));
    says(&mut engine, 1, Frame::Text("ping"));
    assert_eq!(engine.offence(at(5)), Some(Offence::NoSubscription));
    says(&mut engine, 4, SUBSCRIBE);
    assert_eq!(engine.offence(at(5)), None);
}

#[test]
fn errors_are_borne_up_to_a_number_at_a_venue_that_does_not_bear_many() {
    for (hazards, borne) in [(&[][..], u64::MAX), (&[Hazard::RepeatedErrors][..], 20)] {
        let mut engine = okx(|engine| engine.hazards = hazards);
        assert_eq!(says(&mut engine, 1, SUBSCRIBE), None, "it is no error");
        for number in 1..=30 {
            let kicked = says(&mut engine, 1, Frame::Text(r#"{"op":"?"}"#));
            let expected = (number > borne).then_some(Offence::RepeatedErrors);
            assert_eq!(kicked, expected, "{number}");
            if kicked.is_some() {
                break;
            }
        }
    }
}

#[test]
fn a_hazard_ends_the_connection_at_a_venue_that_has_it() {
    let long = "x".repeat(513);
    // It parses, and means nothing.
    let fits = format!("\"{}\"", "x".repeat(510));
    for (hazards, frame, offence) in [
        (&[Hazard::PingBeforeSubscribe][..], Frame::Text("ping"), Offence::EarlyPing),
        (&[Hazard::PingFrame], Frame::Ping(b"hb-1"), Offence::HarmfulPing),
        (&[Hazard::PingFrameFirst], Frame::Ping(b"hb-1"), Offence::HarmfulPing),
        (&[Hazard::MalformedText], Frame::Binary(b"\x00"), Offence::MalformedText),
        // This venue answers it with an error, as it does what parses and means nothing.
        (&[Hazard::MalformedText], Frame::Text("{"), Offence::MalformedText),
        (&[Hazard::FrameLongerThan(512)], Frame::Text(&long), Offence::FrameTooLong),
        (&[Hazard::FrameLongerThan(512)], Frame::Binary(long.as_bytes()), Offence::FrameTooLong),
    ] {
        assert_eq!(says(&mut okx(|_| ()), 1, frame), None, "{offence:?}");
        let mut engine = okx(|engine| engine.hazards = hazards);
        assert_eq!(says(&mut engine, 1, frame), Some(offence));
        // A ping after a subscription, and a message of just the length, are well.
        let mut engine = okx(|engine| engine.hazards = hazards);
        assert_eq!(says(&mut engine, 1, SUBSCRIBE), None);
        assert_eq!(says(&mut engine, 2, Frame::Text("ping")), None);
        assert_eq!(says(&mut engine, 3, Frame::Text(&fits)), None);
        let harms = hazards == [Hazard::PingFrame];
        assert_eq!(says(&mut engine, 4, Frame::Ping(b"hb-2")).is_some(), harms, "{offence:?}");
    }
}
