//! A venue of one's own: what it takes to add one, held to the table that our own venues pass, then
//! run against a server that speaks it.
//!
//! The venue sends `{"type":"are_you_there","nonce":"..."}` every second, demands the nonce back
//! within half a second, and drops whoever fails. It ends after three challenges.

#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use core::time::Duration;
use std::borrow::Cow;

use futures_util::{SinkExt, StreamExt};
use heartbeat_core::{
    Config, ConfigBuilder, Detector, Frame, Outbox, OutboxError, Patience, Platform, Responder,
    Session, Signal, Timestamp, Token,
};
use heartbeat_testkit::conformance::{Fixture, Report, Table, check};
use heartbeat_tokio::HeartbeatStream;
use serde::Deserialize;
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::tungstenite::Message;

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

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn core::error::Error>> {
    conforms(&Acme)?;
    let report = conforms(&Hasty).expect_err("a string that merely contains the words is data");
    println!("what is wrong with one that was written in a hurry, to begin with:");
    for violation in report.violations().iter().take(3) {
        println!("  {violation}");
    }

    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("ws://{}/", listener.local_addr()?);
    let (served, watched) = tokio::join!(serve(listener), watch(&url));
    served.and(watched)
}

/// The program: its messages, and a connection that looks after itself.
async fn watch(url: &str) -> Result<(), Box<dyn core::error::Error>> {
    let (ws, _) = tokio_tungstenite::connect_async(url).await?;
    let config = Acme.defaults().build()?;
    println!("a dead line is found within {:?}", config.detection_bound());
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

/// The venue's side.
async fn serve(listener: TcpListener) -> Result<(), Box<dyn core::error::Error>> {
    let (socket, _) = listener.accept().await?;
    let mut ws = tokio_tungstenite::accept_async(socket).await?;
    let mut rhythm = tokio::time::interval(Duration::from_secs(1));
    for round in 1..=3 {
        rhythm.tick().await;
        ws.send(Message::text(format!(r#"{{"type":"price","value":{round}}}"#))).await?;
        let challenge = format!(r#"{{"type":"are_you_there","nonce":"n-{round}"}}"#);
        ws.send(Message::text(challenge)).await?;
        let expected = format!(r#"{{"type":"here","nonce":"n-{round}"}}"#);
        if !is_answered(&mut ws, &expected).await {
            ws.close(None).await?;
            return Err("the client failed its heartbeat".into());
        }
    }
    ws.close(None).await?;
    Ok(())
}

async fn is_answered(
    ws: &mut tokio_tungstenite::WebSocketStream<TcpStream>,
    expected: &str,
) -> bool {
    let answer = tokio::time::timeout(Duration::from_millis(500), ws.next()).await;
    matches!(answer, Ok(Some(Ok(Message::Text(text)))) if text == expected)
}
