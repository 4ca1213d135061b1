//! The instrument against mock exchanges whose rules are known: it finds them, it finds a rule that
//! was changed by a number, and what it cannot find it does not claim.

#![allow(clippy::unwrap_used, reason = "a test that unwraps says what it expects")]

use core::time::Duration;

use heartbeat_core::{Platform, Timestamp};
use heartbeat_platforms::{Answered, Begins, BrokenBy, CloseRule, Exchange, Facts, Hazard, Rules};
use heartbeat_testkit::probe::{
    Experiment, Fact, FactVerdict, Finding, Measure, Next, Options, Plan, ProbeReport, Subject,
    Trust, run, run_over,
};
use heartbeat_testkit::{Admission, Delay, MockOptions, OwnedFrame, RuleBook};

/// Subscribes at every mock exchange.
const SUBSCRIBE: &str = r#"{"mock":"subscribe","id":1,"channel":"book"}"#;

fn options() -> Options {
    Options::default()
        .subscribe(SUBSCRIBE)
        .longest(Duration::from_secs(48 * 3_600))
        .repetitions(1)
        .resolution(Duration::from_millis(100))
}

/// Long enough for the venue's patience, and no longer: the less is listened to, the sooner a test
/// is over.
fn options_for(exchange: Exchange) -> Options {
    let rules = exchange.rules();
    let answer = rules.challenge.map(|rule| rule.every + rule.ends_after());
    let is_slow = answer.max(rules.silence.map(|rule| rule.limit)) > Some(Duration::from_secs(120));
    if is_slow { options() } else { options().longest(Duration::from_secs(20 * 60)) }
}

/// Data several times within any silence that is borne.
fn mock_of(exchange: Exchange) -> MockOptions {
    let borne = exchange.rules().silence.map(|rule| rule.limit / 6);
    let every = borne.unwrap_or(Duration::MAX).min(Duration::from_secs(5));
    MockOptions::default().demand_login().data_every(Some(every))
}

/// Measures a mock exchange that goes by these rules and facts, against what is documented.
fn measure(exchange: Exchange, rules: Rules, facts: Facts) -> ProbeReport {
    let book = RuleBook::from(exchange).rules(rules).facts(facts);
    run(Subject::from(exchange), &book, &mock_of(exchange), options_for(exchange))
}

fn as_documented(exchange: Exchange) -> ProbeReport {
    measure(exchange, *exchange.rules(), *exchange.facts())
}

fn fears_pings(exchange: Exchange) -> bool {
    let hazards = exchange.facts().hazards;
    hazards.contains(&Hazard::PingFrame) || hazards.contains(&Hazard::PingFrameFirst)
}

/// Why a fact may go unobserved at a mock exchange that is as documented.
fn may_be_hidden(exchange: Exchange, fact: Fact, why: &str) -> bool {
    match fact {
        Fact::MessageBudget
        | Fact::ConnectBudget
        | Fact::ConnectionsAtOnce
        | Fact::SlowReader
        | Fact::RepeatedErrors => why == "not tried: one would have to do it",
        Fact::MaxAge => why.starts_with("the oldest was "),
        Fact::WrongEcho => why == "no challenge came that holds anything to echo",
        Fact::ChallengeEvery | Fact::BeatEvery | Fact::Begins => {
            why.starts_with("it has to be armed, and the dialect does not")
        }
        // Where nobody is kept who asks for nothing, and whoever asks is spoken to all the time.
        Fact::SilenceLimit => {
            let rules = exchange.rules();
            why.starts_with("no connection was ended for it")
                && rules.subscribe_within.is_some()
                && rules.silence.is_some_and(|rule| rule.broken_by != BrokenBy::ClientMessage)
        }
        Fact::DataKeepsAlive => {
            why == "no silent client got data all the time and might have been ended"
                && exchange.rules().subscribe_within.is_some()
        }
        Fact::AnswersPings => {
            why.starts_with("ping frames are said to do harm") && fears_pings(exchange)
        }
        Fact::PingsKeepAlive if why.starts_with("the first of them was fatal") => {
            fears_pings(exchange)
        }
        Fact::MessagesKeepAlive | Fact::PingsKeepAlive => {
            let rules = exchange.rules();
            let is_lethal = exchange.facts().hazards.contains(&Hazard::MalformedText);
            (why == "no connection was ended for its silence" && rules.subscribe_within.is_some())
                || (why == "nobody did so and nothing else" && is_lethal)
        }
        Fact::ChallengeLayer
        | Fact::EndsAfter
        | Fact::FirstRequestWithin
        | Fact::HeartbeatClose
        | Fact::SilenceClose
        | Fact::FirstRequestClose
        | Fact::PingRoundTrip
        | Fact::AnswersProbes
        | Fact::ProbeRoundTrip
        | Fact::PingBeforeSubscribe
        | Fact::PingFrame
        | Fact::MalformedText
        | Fact::LongestMessage
        | _ => false,
    }
}

/// Every venue but those whose clients say something unasked that is no probe, or go by what the
/// venue states: the instrument does neither, so that several rules end its connections at once.
fn measurable() -> impl Iterator<Item = &'static Exchange> {
    Exchange::all().iter().filter(|exchange| {
        let config = exchange.defaults().build().unwrap();
        let rules = exchange.rules();
        let first = rules.challenge.map(|rule| rule.every);
        // Who is ended for saying nothing just when the first challenge comes never sees one.
        let is_too_soon = first.is_some() && rules.authenticate_within == first;
        config.terms().is_none() && config.keepalive_every().is_none() && !is_too_soon
    })
}

/// Sees to it that each rule is found, or that there is a reason why it cannot be.
fn assert_found(exchange: Exchange, report: &ProbeReport) {
    for finding in report.findings() {
        let fact = finding.fact();
        let is_right = match finding.verdict() {
            FactVerdict::Agrees | FactVerdict::New => true,
            FactVerdict::NotObserved => may_be_hidden(exchange, fact, finding.note()),
            FactVerdict::Differs | _ => false,
        };
        assert!(is_right, "{exchange}: {finding:?}\n{report}");
    }
    let is_found = |fact: Fact| report.finding(fact).is_some();
    let rules = exchange.rules();
    assert_eq!(is_found(Fact::EndsAfter), rules.challenge.is_some(), "{exchange}");
    assert!(is_found(Fact::SilenceLimit) && is_found(Fact::AnswersPings), "{exchange}");
    let is_bounded = rules.subscribe_within.or(rules.authenticate_within).is_some();
    assert_eq!(is_found(Fact::FirstRequestWithin), is_bounded, "{exchange}");
}

#[test]
fn the_rules_of_every_mock_exchange_are_found() {
    for exchange in measurable() {
        assert_found(*exchange, &as_documented(*exchange));
    }
}

#[test]
fn they_are_found_over_a_line_that_takes_its_time() {
    let ms = Duration::from_millis;
    for exchange in measurable() {
        let options = options_for(*exchange).resolution(ms(500));
        let delay = Delay { base: ms(40), jitter: ms(60) };
        let book = RuleBook::from(*exchange);
        let report = run_over(delay, Subject::from(*exchange), &book, &mock_of(*exchange), options);
        assert_found(*exchange, &report);
    }
}

/// A rule that is changed by a number: which fact shows it, and how.
type Change = fn(&mut Rules, &mut Facts) -> Option<(Fact, Measure)>;

/// Half as much again.
fn longer(span: &mut Duration) -> Measure {
    *span = *span * 3 / 2;
    Measure::Span(*span)
}

const CHANGES: &[Change] = &[
    |rules, _| {
        // Who arms says how often.
        let is_chosen = rules.begins == Begins::Arming;
        let rule = rules.challenge.as_mut().filter(|_| !is_chosen)?;
        Some((Fact::ChallengeEvery, longer(&mut rule.every)))
    },
    |rules, _| {
        let rule = rules.challenge.as_mut()?;
        longer(&mut rule.respond_within);
        Some((Fact::EndsAfter, Measure::Span(rule.ends_after())))
    },
    |rules, _| {
        let rule = rules.challenge.as_mut()?;
        rule.misses += 1;
        Some((Fact::EndsAfter, Measure::Span(rule.ends_after())))
    },
    |rules, _| {
        let is_chosen = rules.begins == Begins::Arming && rules.challenge.is_some();
        let every = rules.beat_every.as_mut().filter(|_| !is_chosen)?;
        Some((Fact::BeatEvery, longer(every)))
    },
    |rules, _| Some((Fact::SilenceLimit, longer(&mut rules.silence.as_mut()?.limit))),
    |rules, _| {
        let rule = rules.silence.as_mut()?;
        rule.counts_pings = !rule.counts_pings;
        let counts = rule.counts_pings && rule.broken_by != BrokenBy::ServerMessage;
        Some((Fact::PingsKeepAlive, Measure::Flag(counts)))
    },
    |rules, _| {
        let rule = rules.silence.as_mut()?;
        let by_data = rule.broken_by != BrokenBy::ClientMessage;
        rule.broken_by = if by_data { BrokenBy::ClientMessage } else { BrokenBy::AnyMessage };
        Some((Fact::DataKeepsAlive, Measure::Flag(!by_data)))
    },
    |rules, _| {
        let close = CloseRule::Code { code: 4321, reason: "changed" };
        rules.heartbeat_close = close;
        let reason = "changed".into();
        Some((Fact::HeartbeatClose, Measure::Close { code: Some(4321), reason }))
    },
    |rules, _| {
        rules.heartbeat_close = match rules.heartbeat_close {
            CloseRule::Bare | CloseRule::Cut => return None,
            CloseRule::Code { .. } => CloseRule::Cut,
        };
        Some((Fact::HeartbeatClose, Measure::Close { code: None, reason: "".into() }))
    },
    |rules, _| {
        let within = rules.subscribe_within.as_mut().or(rules.authenticate_within.as_mut())?;
        Some((Fact::FirstRequestWithin, longer(within)))
    },
    |_, facts| {
        let answers = facts.answers_pings.is_likely();
        facts.answers_pings = if answers { Answered::No } else { Answered::Yes };
        Some((Fact::AnswersPings, Measure::Flag(!answers)))
    },
    |_, facts| {
        let age = Duration::from_secs(90);
        facts.max_age = Some(age);
        Some((Fact::MaxAge, Measure::Span(age)))
    },
    |_, facts| {
        facts.hazards.contains(&Hazard::MalformedText).then_some(())?;
        facts.hazards = &[];
        Some((Fact::MalformedText, Measure::Flag(false)))
    },
    |_, facts| {
        facts.hazards.contains(&Hazard::PingBeforeSubscribe).then_some(())?;
        facts.hazards = &[];
        Some((Fact::PingBeforeSubscribe, Measure::Flag(false)))
    },
];

/// At a venue at which nothing harmless can be said, some things cannot be told apart, and must
/// not be claimed.
fn cannot_talk(report: &ProbeReport) -> bool {
    let why = "the dialect has no message that asks for nothing";
    report.skipped().any(|skipped| skipped == (Experiment::Talk, why))
}

/// Where everybody is fed from the opening on and data keeps them, nobody is ever silent: all that
/// shows is that the documented limit does not hold.
fn is_otherwise_told(fact: Fact, report: &ProbeReport) -> bool {
    let limit = report.finding(Fact::SilenceLimit);
    fact == Fact::DataKeepsAlive
        && limit.is_some_and(|limit| limit.verdict() == FactVerdict::Differs)
}

#[test]
fn a_rule_that_is_changed_by_a_number_is_found() {
    let mut found = [0; CHANGES.len()];
    for exchange in measurable() {
        let before = as_documented(*exchange);
        for (change, found) in CHANGES.iter().zip(&mut found) {
            let (mut rules, mut facts) = (*exchange.rules(), *exchange.facts());
            let Some((fact, expected)) = change(&mut rules, &mut facts) else { continue };
            // What cannot be seen as it is cannot be seen when it is changed.
            let was = before.finding(fact);
            let is_visible = was.is_some_and(|it| it.observed().is_some());
            if (!is_visible && fact != Fact::MaxAge)
                || was.and_then(|it| it.observed()) == Some(&expected)
            {
                continue;
            }
            let report = measure(*exchange, rules, facts);
            let finding = report.finding(fact).unwrap_or_else(|| panic!("{exchange}: {fact}"));
            if finding.verdict() == FactVerdict::NotObserved
                && (cannot_talk(&report) || is_otherwise_told(fact, &report))
            {
                continue;
            }
            assert_eq!(finding.observed(), Some(&expected), "{exchange}: {finding:?}\n{report}");
            let is_news = matches!(finding.verdict(), FactVerdict::Differs | FactVerdict::New);
            assert!(is_news, "{exchange}: {finding:?}");
            // How long challenges can go unanswered is a multiple of their period.
            let follows = |it: &Fact| fact == Fact::ChallengeEvery && *it == Fact::EndsAfter;
            let mut others = report.differences().map(Finding::fact);
            assert!(others.all(|it| it == fact || follows(&it)), "{exchange}: {fact}\n{report}");
            *found += 1;
        }
    }
    assert!(found.iter().all(|times| *times > 0), "{found:?}");
}

#[test]
fn a_venue_that_contradicts_our_facts_is_reported_with_both() {
    // Documented: every 20 s, a minute for the answer, close 1008. Played: as it was until 2025.
    let (mut rules, mut facts) = (*Exchange::BinanceSpot.rules(), *Exchange::BinanceSpot.facts());
    let challenge = rules.challenge.as_mut().unwrap();
    challenge.every = Duration::from_secs(180);
    challenge.respond_within = Duration::from_secs(600);
    rules.heartbeat_close = CloseRule::Cut;
    facts.answers_pings = Answered::No;
    let book = RuleBook::from(Exchange::BinanceSpot).rules(rules).facts(facts);
    let report = run(
        Subject::from(Exchange::BinanceSpot),
        &book,
        &mock_of(Exchange::BinanceSpot),
        options(),
    );
    let facts: Vec<_> = report.differences().map(Finding::fact).collect();
    let expected =
        [Fact::ChallengeEvery, Fact::EndsAfter, Fact::HeartbeatClose, Fact::AnswersPings];
    assert_eq!(facts, expected, "{report}");
    for (fact, documented, observed) in
        [(Fact::ChallengeEvery, 20, 180), (Fact::EndsAfter, 60, 600)]
    {
        let finding = report.finding(fact).unwrap();
        let span = |secs| Measure::Span(Duration::from_secs(secs));
        assert_eq!(finding.documented(), Some(&span(documented)));
        assert_eq!(finding.observed(), Some(&span(observed)));
    }
}

#[test]
fn a_heartbeat_that_the_dialect_does_not_know_is_reported_with_its_period() {
    // A subject that knows ping frames alone, at a venue that beats each second.
    let book = RuleBook::from(Exchange::KrakenV2);
    let report =
        run(Subject::from(Exchange::Rfc6455), &book, &mock_of(Exchange::KrakenV2), options());
    let beat = OwnedFrame::text(r#"{"channel":"heartbeat"}"#);
    let rhythm = report.rhythms().iter().find(|rhythm| rhythm.sample == beat).unwrap();
    assert_eq!(rhythm.every, Duration::from_secs(1));
    let silence = report.finding(Fact::SilenceLimit).unwrap();
    assert_eq!(silence.verdict(), FactVerdict::New);
    assert_eq!(silence.observed(), Some(&Measure::Span(Duration::from_secs(60))));
    // It is documented to challenge, and does not.
    let challenge = report.finding(Fact::ChallengeEvery).unwrap();
    assert_eq!(
        (challenge.verdict(), challenge.observed()),
        (FactVerdict::Differs, Some(&Measure::None))
    );
}

#[test]
fn what_there_was_no_time_for_is_not_claimed() {
    let book = RuleBook::from(Exchange::BinanceUsdm);
    let hurried = options().longest(Duration::from_secs(60));
    let report =
        run(Subject::from(Exchange::BinanceUsdm), &book, &mock_of(Exchange::BinanceUsdm), hurried);
    let every = report.finding(Fact::ChallengeEvery).unwrap();
    assert_eq!(every.verdict(), FactVerdict::NotObserved);
    assert_eq!(every.note(), "nobody listened for more than 60 s");
    assert_eq!(report.differences().count(), 0, "{report}");
}

#[test]
fn repetitions_that_agree_are_trusted_and_ones_that_do_not_are_told() {
    let report = run(
        Subject::from(Exchange::Okx),
        &RuleBook::from(Exchange::Okx),
        &mock_of(Exchange::Okx),
        options().repetitions(3),
    );
    let silence = report.finding(Fact::SilenceLimit).unwrap();
    assert_eq!((silence.agreement(), silence.trust()), ((3, 3), Trust::High));
    // One connection is cut while it is silent, for nothing that it did.
    let cut = mock_of(Exchange::Okx)
        .venue_fault("cut@410s".parse().unwrap())
        .venue_since(Timestamp::ZERO);
    let book = RuleBook::from(Exchange::Okx);
    let report = run(Subject::from(Exchange::Okx), &book, &cut, options().repetitions(3));
    let silence = report.finding(Fact::SilenceLimit).unwrap();
    assert_eq!((silence.agreement(), silence.trust()), ((2, 3), Trust::None), "{report}");
    assert_eq!(silence.observed(), Some(&Measure::Span(Duration::from_secs(30))));
}

#[test]
fn a_venue_that_lets_nobody_in_is_left_alone() {
    let refusing = mock_of(Exchange::Okx).venue_fault("http=403@0s".parse().unwrap());
    let subject = Subject::from(Exchange::Okx);
    let mut plan = Plan::new(subject, options(), Timestamp::ZERO);
    assert_ne!(refusing.admission(Timestamp::ZERO), Admission::Admitted);
    let (mut now, mut opened) = (Timestamp::ZERO, 0);
    loop {
        match plan.next(now) {
            Next::Begin(mut client) => {
                opened += 1;
                client.handle_refused(now, "status 403");
                plan.handle_recording(client.into_recording());
            }
            Next::Wait(at) => now = at.unwrap(),
            Next::Done => break,
        }
    }
    assert_eq!(opened, 3);
    let report = plan.report();
    assert!(report.findings().iter().all(|it| it.observed().is_none()), "{report}");
    assert_eq!(report.to_json()["gave_up"], true);
}

#[test]
fn the_report_holds_what_a_fixture_and_a_change_of_facts_need_and_no_secret() {
    let mut rules = *Exchange::HtxMarket.rules();
    rules.challenge.as_mut().unwrap().every = Duration::from_secs(7);
    let book = RuleBook::from(Exchange::HtxMarket).rules(rules);
    let secret = r#"{"mock":"subscribe","id":1,"channel":"s3cret"}"#;
    let options = options().subscribe(secret);
    let json =
        run(Subject::from(Exchange::HtxMarket), &book, &mock_of(Exchange::HtxMarket), options)
            .to_json();
    let findings = json["findings"].as_array().unwrap();
    let every = findings.iter().find(|it| it["fact"] == "challenge_every").unwrap();
    assert_eq!(every["field"], "rules.challenge.every");
    assert_eq!(
        (&every["documented"]["ms"], &every["observed"]["ms"]),
        (&5_000.into(), &7_000.into())
    );
    assert_eq!(every["verdict"], "differs");
    let sample = &json["samples"][0];
    assert_eq!((&sample["means"], &sample["kind"]), (&"challenge".into(), &"binary".into()));
    assert!(sample["hex"].as_str().unwrap().starts_with("1f8b"), "as it came, compressed");
    assert!(!json.to_string().contains("s3cret"));
}
