//! What every venue's facts must be, and that its defaults keep to them.

use std::collections::BTreeSet;
use std::string::ToString;

use heartbeat_core::{Frame, Layer, Outbox, Pace, ProbeId, Responder};

use super::*;
use crate::venues::tests::config_of;
use crate::{Begins, BrokenBy, ChallengeRule, CloseRule, Exchange, ExchangeEndpoint};

/// Everything that the venue's platform writes unasked or asked, one at a time.
fn for_each_reply(exchange: Exchange, mut check: impl FnMut(Frame<'_>)) {
    let mut out = Outbox::new();
    let write: [fn(Exchange, &mut Outbox); 5] = [
        |exchange, out| exchange.keepalive(out).unwrap(),
        |exchange, out| exchange.arm(out).unwrap(),
        |exchange, out| exchange.respond(b"1", out).unwrap(),
        |exchange, out| exchange.probe(ProbeId::from_number(u32::MAX), out).unwrap(),
        |exchange, out| exchange.farewell(out).unwrap(),
    ];
    for write in write {
        out.clear();
        write(exchange, &mut out);
        if let Some(frame) = out.frame() {
            check(frame);
        }
    }
}

fn probes_by_ping_frame(exchange: Exchange) -> bool {
    let mut out = Outbox::new();
    exchange.probe(ProbeId::from_number(7), &mut out).unwrap();
    matches!(out.frame(), Some(Frame::Ping(_)))
}

/// That there is a source and a date the compiler sees to.
#[test]
fn a_source_is_no_assumption_and_every_cell_fits_its_table() {
    let of_endpoint = |endpoint: ExchangeEndpoint| endpoint.differs().then_some(endpoint.facts());
    for exchange in Exchange::all() {
        for facts in exchange.endpoints().filter_map(of_endpoint).chain([exchange.facts()]) {
            assert!(!facts.sources.contains("assum"), "{exchange}: no source says what is assumed");
            assert!(facts.assumed.iter().all(|what| !what.is_empty()), "{exchange}");
            let mut text = facts.sources.to_string() + &facts.assumed.concat();
            for rule in facts.order_safety.safeguards() {
                text += &rule.to_string();
                text += &[rule.spares, rule.requires, rule.surprises].concat().concat();
            }
            assert!(!text.contains(['|', '\n']), "{exchange}: breaks a row of the table");
        }
    }
}

#[test]
fn pings_are_sent_only_to_who_answers_them() {
    for exchange in Exchange::all() {
        let config = config_of(*exchange);
        if config.probing().is_some() && probes_by_ping_frame(*exchange) {
            let answers = exchange.facts().answers_pings;
            assert!(answers.is_likely(), "{exchange} is probed by pings; answers: {answers}");
        }
    }
}

/// The worst a client does by itself: a probe each period, and a response to each challenge.
#[test]
fn a_heartbeat_costs_less_than_half_of_the_venues_budget() {
    for exchange in Exchange::all() {
        let Some(MessageBudget { budget, counts_control_frames }) = exchange.facts().message_budget
        else {
            continue;
        };
        let config = config_of(*exchange);
        let is_counted = counts_control_frames || !probes_by_ping_frame(*exchange);
        let probes = config.probing().filter(|_| is_counted).map(|probing| probing.every);
        let probes = probes.min(config.keepalive_every()).or(config.keepalive_every());
        let is_message = |rule: &ChallengeRule| rule.layer == Layer::Dialect;
        let challenges = exchange.rules().challenge;
        let challenges = challenges.filter(|rule| counts_control_frames || is_message(rule));
        let challenges = challenges.map(|rule| rule.every);
        for period in [probes, challenges].into_iter().flatten() {
            // Half for each of the two.
            let each = Budget { count: budget.count / 2, ..budget };
            assert!(each.bears_one_every(period), "{exchange}: every {period:?} of {budget}");
        }
    }
}

#[test]
fn what_we_send_meets_no_hazard() {
    for exchange in Exchange::all() {
        for hazard in exchange.facts().hazards {
            match hazard {
                Hazard::FrameLongerThan(bytes) => for_each_reply(*exchange, |frame| {
                    assert!(frame.len() <= *bytes as usize, "{exchange}: {frame:?}");
                }),
                // By what is written these cannot be told: the mock exchange enforces them.
                Hazard::PingFrame => {
                    for_each_reply(*exchange, |frame| {
                        assert!(!matches!(frame, Frame::Ping(_)), "{exchange}");
                    });
                }
                Hazard::MalformedText
                | Hazard::PingFrameFirst
                | Hazard::PingBeforeSubscribe
                | Hazard::SlowReader
                | Hazard::RepeatedErrors => {}
            }
        }
    }
}

/// A fact that no code goes by would protect nobody.
#[test]
fn ping_frames_that_do_harm_are_known_to_the_session() {
    for exchange in Exchange::all() {
        let config = config_of(*exchange);
        assert_eq!(config.ping_frames(), exchange.facts().ping_frames(), "{exchange}");
    }
}

#[test]
fn keepalives_are_sent_where_the_platform_has_words_for_them_alone() {
    for exchange in Exchange::all() {
        let mut out = Outbox::new();
        exchange.keepalive(&mut out).unwrap();
        let has_words = out.frame().is_some();
        assert_eq!(config_of(*exchange).keepalive_every().is_some(), has_words, "{exchange}");
    }
}

#[test]
fn the_close_of_a_failed_heartbeat_is_known_as_one() {
    for exchange in Exchange::all() {
        if let CloseRule::Code { code, .. } = exchange.rules().heartbeat_close {
            let codes = exchange.facts().heartbeat_failure_codes;
            assert!(codes.contains(&code), "{exchange}: {code} is not in {codes:?}");
        }
    }
}

#[test]
fn a_connection_outlives_its_heartbeat_and_a_timer_its_refresh() {
    for exchange in Exchange::all() {
        let facts = exchange.facts();
        let bound = config_of(*exchange).silence_bound();
        assert!(facts.max_age.is_none_or(|age| age > bound), "{exchange}");
        for rule in facts.order_safety.safeguards() {
            if let Trigger::Timer(timer) = rule.trigger {
                assert!(timer.refresh * 3 <= timer.timeout, "{exchange}: {timer}");
            }
        }
    }
}

/// A response that is merely late by our own clock leaves two fifths of the venue's time for the
/// way, and a silence is broken four times before the venue has had enough of it.
#[test]
fn our_deadlines_leave_a_margin_to_the_venues() {
    for exchange in Exchange::all() {
        let config = config_of(*exchange);
        let rules = exchange.rules();
        if let Some(rule) = rules.challenge {
            let (ours, theirs) = (config.respond_within(), rule.respond_within);
            assert!(ours * 5 <= theirs * 3, "{exchange}: {ours:?} of {theirs:?}");
        }
        let spoken = config.keepalive_every().or(config.probing().map(|probing| probing.every));
        if let (Some(silence), Some(ours)) = (rules.silence, spoken) {
            let theirs = silence.limit;
            assert!(ours * 4 <= theirs, "{exchange}: {ours:?} of {theirs:?}");
        }
    }
}

/// A client that only listens is kept by its probes, by its responses, or by what the venue sends
/// unasked.
#[test]
fn silence_is_broken_by_what_the_venue_counts() {
    for exchange in Exchange::all() {
        let rules = exchange.rules();
        let Some(silence) = rules.silence else { continue };
        let by_message = |rule: ChallengeRule| rule.layer == Layer::Dialect;
        let speaks = rules.beat_every.is_some() || rules.challenge.is_some_and(by_message);
        let is_spoken_to = speaks && rules.begins != Begins::Subscription;
        if is_spoken_to && silence.broken_by != BrokenBy::ClientMessage {
            continue;
        }
        let often = |rule: ChallengeRule| by_message(rule) && rule.every * 2 <= silence.limit;
        if rules.begins != Begins::Subscription && rules.challenge.is_some_and(often) {
            continue;
        }
        let config = config_of(*exchange);
        if config.keepalive_every().is_some_and(|every| every < silence.limit) {
            assert_eq!(silence.broken_by, BrokenBy::ClientMessage, "{exchange}: nobody answers");
            continue;
        }
        let probing = config.probing();
        let probing =
            probing.unwrap_or_else(|| panic!("{exchange} must hear us: it is to be probed"));
        assert!(probing.every < silence.limit, "{exchange}");
        assert!(silence.counts_pings || !probes_by_ping_frame(*exchange), "{exchange}");
        let is_by_client = silence.broken_by == BrokenBy::ClientMessage;
        assert!(!is_by_client || probing.pace != Pace::InboundIdle, "{exchange}");
    }
}

#[test]
fn facts_read_as_a_person_would_say_them() {
    let secs = Duration::from_secs;
    let budget = Budget::per_address(5, secs(1));
    let messages = MessageBudget { budget, counts_control_frames: true };
    assert_eq!(messages.to_string(), "5 in 1 s per address, pings and pongs too");
    let frames_are_free = MessageBudget { counts_control_frames: false, ..messages };
    assert_eq!(frames_are_free.to_string(), "5 in 1 s per address");
    let ban = Ban { scope: Scope::Key, lasts: Some(secs(600)) };
    assert_eq!(ban.to_string(), "the key is shut out for 10 min");
    assert_eq!(AtOnce { count: 16, scope: Scope::Key }.to_string(), "16 per key");
    let timer = Timer::new(TimerUnit::Seconds, secs(30), secs(10)).within(secs(10), secs(120));
    assert_eq!(
        timer.to_string(),
        "a timer in seconds: 30 s, again every 10 s; it takes 10 s to 2 min",
    );
    let rule = SafeguardRule {
        trigger: Trigger::Timer(timer),
        how: "`cancel-all-after`",
        ..SafeguardRule::NEW
    };
    assert_eq!(rule.to_string(), "dead-man switch, by REST: `cancel-all-after`");
    let by_url = SafeguardRule { via: Via::Url, how: "`?cancel=true`", ..SafeguardRule::NEW };
    assert_eq!(by_url.to_string(), "cancel on disconnect, by URL: `?cancel=true`");
    let first = Facts { hazards: &[Hazard::SlowReader, Hazard::PingFrameFirst], ..Facts::UNKNOWN };
    assert_eq!(first.ping_frames(), PingFrames::HarmfulFirst);
    let hazards = [Hazard::PingBeforeSubscribe, Hazard::FrameLongerThan(512)];
    assert_eq!(
        hazards.map(|hazard| hazard.to_string()),
        ["a ping before the first subscription", "a message longer than 512 bytes"],
    );
}

#[test]
fn a_code_has_one_meaning_and_one_that_ends_it_for_good_says_nothing_else() {
    let mut stated = 0;
    for exchange in Exchange::all() {
        let facts = exchange.facts();
        let mut seen = BTreeSet::new();
        for (code, meaning) in facts.refusals {
            assert!(seen.insert(code), "{exchange}: {code} is stated twice");
            if let (RefusalCode::Close(code), Refusal::Credentials) = (code, meaning) {
                // RFC 6455, section 7.4.2: what a venue may define for itself.
                assert!((4_000..5_000).contains(code), "{exchange}: {code}");
                assert!(!facts.heartbeat_failure_codes.contains(code), "{exchange}: {code}");
                stated += 1;
            }
        }
    }
    assert!(stated > 0, "no venue states one");
}
