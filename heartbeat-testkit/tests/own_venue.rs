//! A venue that is none of ours, with rules of its own: enforced over a stream of bytes, in the
//! world of one connection and in a fleet.

#![allow(clippy::unwrap_used, reason = "a test that unwraps says what it expects")]

use core::time::Duration;

use futures_util::{SinkExt, StreamExt};
use heartbeat_core::{
    Config, ConfigBuilder, Detector, Frame, Layer, Outbox, OutboxError, Platform, Responder,
    Signal, Timestamp, Token,
};
use heartbeat_platforms::{Budget, ChallengeRule, CloseRule, Facts, Rules};
use heartbeat_testkit::net::MockServer;
use heartbeat_testkit::{
    Challenge, DataFrom, Dialect, Fleet, FleetOptions, Meaning, MockOptions, Observation, Offence,
    RuleBook, Step, StreamChange, World, WorldOptions,
};
use tokio::net::TcpStream;
use tokio_tungstenite::client_async;
use tokio_tungstenite::tungstenite::{Error, Message};

const SECOND: Duration = Duration::from_secs(1);

/// Answers `?7` by `!7`, or by something else.
#[derive(Clone, Copy, Debug)]
struct Acme {
    answers: &'static str,
}

const GOOD: Acme = Acme { answers: "!" };
const BAD: Acme = Acme { answers: "!0" };

impl Detector for Acme {
    fn classify(&self, frame: Frame<'_>) -> Signal {
        match frame {
            Frame::Text(text) if text.len() <= 8 => match text.strip_prefix('?') {
                Some(token) => Signal::Challenge { token: Token::new(token.as_bytes()) },
                None => Signal::Data,
            },
            Frame::Text(_)
            | Frame::Binary(_)
            | Frame::Ping(_)
            | Frame::Pong(_)
            | Frame::Close { .. } => Signal::of_control(frame),
        }
    }
}

impl Responder for Acme {
    fn respond(&self, token: &[u8], out: &mut Outbox) -> Result<(), OutboxError> {
        out.text_around(self.answers, token, "")
    }
}

impl Platform for Acme {
    fn name(&self) -> &'static str {
        "acme"
    }

    fn defaults(&self) -> ConfigBuilder {
        Config::builder()
            .respond_within(SECOND)
            .session_limit(12 * SECOND)
            .stall_tolerance(SECOND / 2)
    }
}

#[derive(Clone, Debug)]
struct AcmeVenue;

impl Dialect for AcmeVenue {
    fn read(&mut self, _: Timestamp, text: &str) -> Meaning {
        if let Some(token) = text.strip_prefix('!') {
            return Meaning::Response { token: token.to_owned(), reply: String::new() };
        }
        let change = |stream: &str, starts: bool| {
            let (stream, reply) = (stream.to_owned(), format!("ok {text}"));
            if starts {
                StreamChange::Start { stream, reply }
            } else {
                StreamChange::Stop { stream, reply }
            }
        };
        match text.split_once(' ') {
            Some(("want", stream)) => Meaning::Streams(vec![change(stream, true)]),
            Some(("enough", stream)) => Meaning::Streams(vec![change(stream, false)]),
            _ => Meaning::Unknown,
        }
    }

    fn challenge(&self, _: Timestamp, serial: u64) -> Challenge {
        Challenge { text: format!("?{serial}"), token: serial.to_string() }
    }

    fn data(&self, _: Timestamp, serial: u64) -> String {
        format!("price {serial}")
    }

    fn data_of(&self, _: Timestamp, serial: u64, stream: &str) -> String {
        format!("{stream} {serial}")
    }
}

/// A challenge each five seconds, two for the response, and two connections an hour.
fn acme() -> RuleBook {
    let mut rules = Rules::NONE;
    rules.challenge = Some(ChallengeRule::new(Layer::Dialect, 5 * SECOND, 2 * SECOND));
    rules.heartbeat_close = CloseRule::Code { code: 4321, reason: "no answer" };
    let mut facts = Facts::UNKNOWN;
    facts.connect_budget = Some(Budget::per_address(2, 3_600 * SECOND));
    RuleBook::new(GOOD, AcmeVenue).rules(rules).facts(facts)
}

fn world(platform: Acme) -> World<Acme> {
    let config = platform.defaults().build().unwrap();
    World::new(platform, config, acme(), WorldOptions::seeded(5))
}

#[test]
fn in_the_world_who_keeps_its_rules_stays_and_who_breaks_them_is_thrown_out() {
    let mut well = world(GOOD);
    well.run_for(3_600 * SECOND);
    assert!(well.verdict().is_none());
    let counters = well.venue().counters();
    assert!(counters.answered >= 719, "{counters:?}");
    assert_eq!((counters.wrong_echoes, well.venue().rule_book().name()), (0, "acme"));

    let mut ill = world(BAD);
    ill.run_for(10 * SECOND);
    let kicked = Observation::Kicked { why: Offence::WrongEcho, code: Some(4321) };
    let kicked = Step::VenueNotes(kicked);
    assert!(ill.trace().entries().any(|entry| entry.what == kicked), "{}", ill.trace());
}

#[test]
fn a_fleet_of_its_clients_comes_back_within_its_budget() {
    let config = GOOD.defaults().build().unwrap();
    let options = FleetOptions::new(GOOD, config, acme(), 9).clients(1);
    let mut fleet = Fleet::new(options);
    fleet.run_for(600 * SECOND);
    assert_eq!(fleet.rule_book().name(), "acme");
    assert_eq!(fleet.live(), 1);
}

#[tokio::test]
async fn over_a_socket_its_rules_its_budget_and_its_streams_are_enforced() {
    let options = MockOptions::default().data_every(Some(SECOND / 100));
    let mut server = MockServer::bind("127.0.0.1:0", acme(), options).await.unwrap();
    let connect = || async {
        let stream = TcpStream::connect(server.local_addr()).await.unwrap();
        client_async(server.url(), stream).await
    };
    let (mut client, _) = connect().await.unwrap();
    for (says, hears) in [("want tea", "ok want tea"), ("enough tea", "ok enough tea")] {
        client.send(Message::text(says)).await.unwrap();
        loop {
            let heard = client.next().await.unwrap().unwrap().into_text().unwrap();
            if heard == hears {
                break;
            }
            assert!(heard.starts_with("tea "), "{heard}");
        }
        // Data of what was asked for, until it is not.
        if says == "want tea" {
            let heard = client.next().await.unwrap().unwrap().into_text().unwrap();
            assert!(heard.starts_with("tea "), "{heard}");
        }
    }
    // A second and no third in an hour; a wrong answer is one too many.
    let (second, _) = connect().await.unwrap();
    assert!(matches!(connect().await, Err(Error::Http(refusal)) if refusal.status() == 429));
    drop(second);
    let challenge = client.next().await.unwrap().unwrap();
    assert_eq!(challenge, Message::text("?1"), "and no tea any more");
    client.send(Message::text("!2")).await.unwrap();
    let Some(Ok(Message::Close(Some(close)))) = client.next().await else {
        panic!("no close frame");
    };
    assert_eq!((u16::from(close.code), close.reason.as_str()), (4321, "no answer"));
    drop(client);
    server.stop();
    let mut lines = Vec::new();
    while let Some(observed) = server.observed().await {
        assert_eq!(&*observed.venue, "acme");
        lines.push(observed.observation.to_json());
    }
    for line in [
        r#"{"event":"subscribed","stream":"tea"}"#,
        r#"{"event":"unsubscribed","stream":"tea"}"#,
        r#"{"event":"kicked","code":4321,"why":"wrong_echo"}"#,
    ] {
        assert!(lines.iter().any(|told| told == line), "{line}: {lines:?}");
    }
}

#[test]
fn it_sends_its_usual_data_where_that_is_wished_for() {
    let options = MockOptions::default().data_from(DataFrom::Opening);
    let config = GOOD.defaults().build().unwrap();
    let mut world = World::new(GOOD, config, acme(), WorldOptions::seeded(1).mock(options));
    world.run_for(10 * SECOND);
    assert!(world.venue().counters().data >= 19, "{:?}", world.venue().counters());
}
