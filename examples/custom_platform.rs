//! A venue of one's own: what it takes to add one, held to the table that our own venues pass, then
//! played by the mock exchange, for a day in the simulated world and on a socket.
//!
//! The venue sends `{"type":"are_you_there","nonce":"..."}` every second, demands the nonce back
//! within half a second, and drops whoever fails.

#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use core::time::Duration;
use std::borrow::Cow;

use futures_util::StreamExt;
use heartbeat_core::{
    Config, ConfigBuilder, Detector, Frame, Layer, Outbox, OutboxError, Patience, Platform,
    Responder, Session, Signal, Timestamp, Token,
};
use heartbeat_platforms::{ChallengeRule, Rules};
use heartbeat_testkit::conformance::{Fixture, Report, Table, check};
use heartbeat_testkit::net::MockServer;
use heartbeat_testkit::{
    Challenge as VenueChallenge, DataFrom, Delay, Dialect, Meaning, MockOptions, RuleBook, World,
    WorldOptions,
};
use heartbeat_tokio::HeartbeatStream;
use serde::Deserialize;

/// The venue. It needs no state: what a frame means never depends on the frame before it.
struct Acme;

/// The only shape that matters; any other message is the application's. Borrowed, unless the venue
/// wrote an escape.
#[derive(Deserialize)]
struct Challenge<'f> {
    #[serde(borrow)]
    r#type: Cow<'f, str>,
    #[serde(borrow)]
    nonce: Cow<'f, str>,
}

impl Detector for Acme {
    fn classify(&self, frame: Frame<'_>) -> Signal {
        // Pings, pongs and the close mean the same everywhere.
        let Frame::Text(text) = frame else { return Signal::of_control(frame) };
        // The length first: market data is longer and is never parsed.
        if text.len() > 96 {
            return Signal::Data;
        }
        // Then strictly: whatever is not exactly a challenge is data.
        match serde_json::from_str::<Challenge<'_>>(text) {
            Ok(Challenge { r#type, nonce }) if r#type == "are_you_there" && is_plain(&nonce) => {
                Signal::Challenge { token: Token::new(nonce.as_bytes()) }
            }
            Ok(_) | Err(_) => Signal::Data,
        }
    }
}

/// What has to be escaped could not be echoed byte for byte; the venue's nonces never do.
fn is_plain(nonce: &str) -> bool {
    nonce.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

impl Responder for Acme {
    fn respond(&self, token: &[u8], out: &mut Outbox) -> Result<(), OutboxError> {
        out.text_around(r#"{"type":"here","nonce":""#, token, r#""}"#)
    }
}

impl Platform for Acme {
    fn name(&self) -> &'static str {
        "acme"
    }

    fn defaults(&self) -> ConfigBuilder {
        Config::builder()
            .respond_within(Duration::from_millis(250))
            .session_limit(Duration::from_millis(1_500))
            .stall_tolerance(Duration::from_millis(100))
            .failure_threshold(2)
            // With the venue's rule stated, settings that would break it are refused.
            .patience(Patience { response: Some(Duration::from_millis(500)), silence: None })
    }
}

/// What is known of the venue. A second reading of every message (`Table::reference`) would make
/// the check stricter still.
fn conforms(platform: &impl Platform) -> Result<(), Report> {
    let challenge = r#"{"type":"are_you_there","nonce":"n-1"}"#;
    let price = r#"{"type":"price","value":91000}"#;
    let table = Table::new(vec![
        Fixture::text("challenge", challenge, Signal::Challenge { token: Token::new(b"n-1") }),
        Fixture::text("price", price, Signal::Data),
        Fixture::lookalike("no nonce", r#"{"type":"are_you_there"}"#),
        Fixture::lookalike("talk", r#"{"type":"chat","text":"are_you_there","nonce":"n-1"}"#),
        Fixture::lookalike("a list", r#"[{"type":"are_you_there","nonce":"n-1"}]"#),
    ])
    .response(b"n-1", Frame::Text(r#"{"type":"here","nonce":"n-1"}"#))
    .longest(96);
    check(platform, &table)
}

/// The same venue, read in a hurry.
struct Hasty;

impl Detector for Hasty {
    fn classify(&self, frame: Frame<'_>) -> Signal {
        if let Frame::Text(text) = frame
            && text.contains("are_you_there")
        {
            let nonce = text.split('"').nth(7).unwrap_or_default();
            return Signal::Challenge { token: Token::new(nonce.as_bytes()) };
        }
        Signal::of_control(frame)
    }
}

impl Responder for Hasty {
    fn respond(&self, token: &[u8], out: &mut Outbox) -> Result<(), OutboxError> {
        Acme.respond(token, out)
    }
}

impl Platform for Hasty {
    fn name(&self) -> &'static str {
        "hasty"
    }

    fn defaults(&self) -> ConfigBuilder {
        Acme.defaults()
    }
}

/// The venue's side, for the mock exchange to play: how it speaks. What it demands is in the rules.
#[derive(Clone, Debug)]
struct AcmeVenue;

impl Dialect for AcmeVenue {
    fn read(&mut self, _: Timestamp, text: &str) -> Meaning {
        let nonce = text.strip_prefix(r#"{"type":"here","nonce":""#);
        match nonce.and_then(|rest| rest.strip_suffix(r#""}"#)) {
            Some(nonce) => Meaning::Response { token: nonce.to_owned(), reply: String::new() },
            None => Meaning::Unknown,
        }
    }

    fn challenge(&self, _: Timestamp, serial: u64) -> VenueChallenge {
        VenueChallenge {
            text: format!(r#"{{"type":"are_you_there","nonce":"n-{serial}"}}"#),
            token: format!("n-{serial}"),
        }
    }

    fn data(&self, _: Timestamp, serial: u64) -> String {
        format!(r#"{{"type":"price","value":{serial}}}"#)
    }
}

/// A challenge each second, and half a second for the response.
fn rule_book() -> RuleBook {
    let (every, within) = (Duration::from_secs(1), Duration::from_millis(500));
    let mut rules = Rules::NONE;
    rules.challenge = Some(ChallengeRule::new(Layer::Dialect, every, within));
    RuleBook::new(Acme, AcmeVenue).rules(rules)
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn core::error::Error>> {
    conforms(&Acme)?;
    let report = conforms(&Hasty).expect_err("a string that merely contains the words is data");
    println!("what is wrong with one that was written in a hurry, to begin with:");
    for violation in report.violations().iter().take(3) {
        println!("  {violation}");
    }
    simulated()?;

    let options = MockOptions::default()
        .data_from(DataFrom::Opening)
        .data_every(Some(Duration::from_secs(1)))
        .fault("close=1000@3500ms".parse()?);
    let mut server = MockServer::bind("127.0.0.1:0", rule_book(), options).await?;
    watch(&server.url()).await?;
    server.stop();
    while let Some(observed) = server.observed().await {
        println!("the venue: {}", observed.observation);
    }
    Ok(())
}

/// A day in the simulated world: ours keeps the venue's rules for as long as the line lives.
fn simulated() -> Result<(), Box<dyn core::error::Error>> {
    let options = WorldOptions::seeded(7).delay(Delay::CONTINENT);
    let mut world = World::new(Acme, Acme.defaults().build()?, rule_book(), options);
    world.run_for(Duration::from_secs(86_400));
    let counters = world.venue().counters();
    println!("a day: {} of {} challenges answered", counters.answered, counters.challenges);
    world.half_open(true);
    let bound = world.client().config().detection_bound();
    let verdict = world.run_until_verdict(bound).ok_or("a dead line must be found in time")?;
    println!("a dead line is found: {}", verdict.cause);
    Ok(())
}

/// The program: its messages, and a connection that looks after itself.
async fn watch(url: &str) -> Result<(), Box<dyn core::error::Error>> {
    let (ws, _) = tokio_tungstenite::connect_async(url).await?;
    let config = Acme.defaults().build()?;
    println!("a dead line is found within {:?}", config.silence_bound());
    let session = Session::new(Acme, config, Timestamp::ZERO);
    let mut ws = HeartbeatStream::new(ws, session)
        .with_observer(|observation| println!("  {observation:?}"));
    while let Some(message) = ws.next().await {
        match message {
            Ok(message) => println!("for the application: {message}"),
            Err(error) => println!("{error}"),
        }
    }
    Ok(())
}
