//! The instrument over real sockets: against mock exchanges on loopback, and as a command.

#![allow(clippy::unwrap_used, reason = "a test that unwraps says what it expects")]

mod support;

use core::num::NonZeroU32;
use core::time::Duration;

use heartbeat_platforms::{CloseRule, Exchange};
use heartbeat_testkit::net::{MockServer, probe};
use heartbeat_testkit::probe::{
    Fact, FactVerdict, Finding, Measure, Options, ProbeReport, Subject,
};
use heartbeat_testkit::{MockOptions, RuleBook};
use heartbeat_tokio::{ConnectOptions, connect_unframed};
use support::{Mock, example};

/// How many times faster than the venues client and mock are.
const FASTER: NonZeroU32 = NonZeroU32::new(40).unwrap();

/// Subscribes at every mock exchange.
const SUBSCRIBE: &str = r#"{"mock":"subscribe","id":1,"channel":"book"}"#;

fn options() -> Options {
    Options::default()
        .subscribe(SUBSCRIBE)
        .time_scale(FASTER)
        .repetitions(1)
        .longest(Duration::from_secs(30))
        .at_once(4)
        // A machine that is busy is late.
        .resolution(Duration::from_millis(200))
}

/// Measures what is played by `book`, against what is documented of the venue.
async fn measure(exchange: Exchange, book: RuleBook) -> ProbeReport {
    let played =
        MockOptions::default().time_scale(FASTER).data_every(Some(Duration::from_millis(100)));
    let server = MockServer::bind("127.0.0.1:0", book, played).await.unwrap();
    let connect = || {
        let url = server.url();
        async move { connect_unframed(&url, &ConnectOptions::default()).await }
    };
    let never = core::future::pending();
    let report = probe(Subject::from(exchange), options(), connect, |_| {}, never).await;
    server.shutdown().await;
    report
}

fn assert_differs(report: &ProbeReport, facts: &[Fact]) {
    let differ: Vec<_> = report.differences().map(Finding::fact).collect();
    assert_eq!(differ, facts, "{report}");
}

fn assert_agrees(report: &ProbeReport, fact: Fact) {
    let finding = report.finding(fact).unwrap_or_else(|| panic!("{fact}: {report}"));
    assert_eq!(finding.verdict(), FactVerdict::Agrees, "{report}");
}

#[tokio::test]
async fn what_an_okx_does_not_forgive_is_seen_on_a_socket() {
    let report = measure(Exchange::Okx, Exchange::Okx.into()).await;
    assert_differs(&report, &[]);
    for fact in [
        Fact::SilenceLimit,
        Fact::DataKeepsAlive,
        Fact::MessagesKeepAlive,
        Fact::PingsKeepAlive,
        Fact::HeartbeatClose,
        Fact::AnswersPings,
        Fact::AnswersProbes,
    ] {
        assert_agrees(&report, fact);
    }
}

#[tokio::test]
async fn pings_go_unanswered_and_wrongly_answered_as_no_library_would_let_them() {
    // Documented: a ping each 30 s, 10 s for its pong, close 1011.
    let mut rules = *Exchange::Dydx.rules();
    rules.challenge.as_mut().unwrap().respond_within = Duration::from_secs(25);
    rules.heartbeat_close = CloseRule::Code { code: 4321, reason: "changed" };
    let report = measure(Exchange::Dydx, RuleBook::from(Exchange::Dydx).rules(rules)).await;
    assert_differs(&report, &[Fact::EndsAfter, Fact::HeartbeatClose]);
    assert_agrees(&report, Fact::ChallengeEvery);
    let wrong_echo = report.finding(Fact::WrongEcho).unwrap();
    assert!(
        matches!(wrong_echo.observed(), Some(Measure::Close { code: Some(4321), .. })),
        "{report}"
    );
    // What comes with the answer to the handshake is read as well.
    assert!(report.recordings().iter().all(|it| it.data() > 0), "{report}");
}

#[test]
fn what_the_guide_shows_is_what_a_rehearsal_prints() {
    let args = ["--exchange", "kraken-v2", "--rehearse", "--repetitions", "1"];
    let output = example("probe").args(args).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let printed = str::from_utf8(&output.stdout).unwrap().trim();
    let guide = include_str!("../../docs/probing-a-venue.md");
    assert!(guide.contains(printed), "docs/probing-a-venue.md is to show this:\n{printed}");
}

#[test]
fn the_command_prints_its_report_and_refuses_what_is_private() {
    let mock = Mock::start(&["--exchange", "kalshi", "--time-scale", "40"]);
    let fast =
        ["--time-scale", "40", "--resolution-ms", "200", "--connections", "4", "--minutes", "1"];
    let args = ["--exchange", "kalshi", "--url", &mock.url, "--repetitions", "1", "--json", "-"];
    let output = example("probe").args(args).args(fast).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&report["exchange"], &report["stage"]), (&"kalshi".into(), &"given".into()));
    let every = &report["findings"][0];
    assert_eq!((&every["fact"], &every["verdict"]), (&"challenge_every".into(), &"agrees".into()));

    let output = example("probe").args(["--exchange", "kalshi"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let said = str::from_utf8(&output.stderr).unwrap();
    assert_eq!(said, "probe: kalshi/production is private: --i-have-permission is needed\n");
}
