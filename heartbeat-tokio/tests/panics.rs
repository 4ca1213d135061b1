//! Platforms that panic: the connection outlives a few of them, and then says why it does not.

#![allow(clippy::unwrap_used, reason = "a test that unwraps says what it expects")]
#![allow(clippy::wildcard_enum_match_arm, reason = "a test names what it looks for")]

mod common;

use core::sync::atomic::{AtomicU8, Ordering};

use common::{Toy, at_secs, just_before, nothing_within, pair, quiet, right_now, secs, soon, text};
use common::{half_pair, write_text};
use futures_util::{SinkExt as _, StreamExt as _};
use heartbeat_core::{
    Cause, ConfigBuilder, Detector, Event, Failure, Frame, Outbox, OutboxError, Platform, ProbeId,
    Responder, Session, Signal, Timestamp,
};
use heartbeat_tokio::tungstenite::Message;
use heartbeat_tokio::{CloseReport, Connection, ConnectionOptions, HeartbeatStream, Incoming};

/// The toy venue in the hands of somebody who did not test their adapter. The toy's detector
/// panics over `panic`; this one's responder panics so many times, before it works.
#[derive(Debug, Default)]
struct Shaky {
    response_panics: AtomicU8,
    probe_panics: AtomicU8,
    panics_over_pings: bool,
    panics_at_farewell: bool,
}

fn panic_if_any(left: &AtomicU8) {
    let took = left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1));
    assert!(took.is_err(), "the platform panics");
}

impl Detector for Shaky {
    fn classify(&self, frame: Frame<'_>) -> Signal {
        assert!(!(self.panics_over_pings && matches!(frame, Frame::Ping(_))), "pings panic");
        Toy::default().classify(frame)
    }
}

impl Responder for Shaky {
    fn respond(&self, token: &[u8], out: &mut Outbox) -> Result<(), OutboxError> {
        Toy::default().respond(token, out)?;
        panic_if_any(&self.response_panics);
        Ok(())
    }

    fn probe(&self, id: ProbeId, out: &mut Outbox) -> Result<(), OutboxError> {
        panic_if_any(&self.probe_panics);
        Toy::default().probe(id, out)
    }

    fn farewell(&self, _: &mut Outbox) -> Result<(), OutboxError> {
        assert!(!self.panics_at_farewell, "goodbyes panic");
        Ok(())
    }
}

impl Platform for Shaky {
    fn name(&self) -> &'static str {
        "shaky"
    }

    fn defaults(&self) -> ConfigBuilder {
        Toy::default().defaults()
    }
}

fn session(platform: Shaky) -> Session<Shaky> {
    let config = platform.defaults().build().unwrap();
    Session::new(platform, config, Timestamp::ZERO)
}

/// Reads to the end. Returns the texts, the panics that were told, and the report.
async fn read_to_end(mut connection: Connection) -> (Vec<String>, Vec<u8>, CloseReport) {
    let (mut texts, mut panics) = (Vec::new(), Vec::new());
    loop {
        match soon(connection.next()).await.unwrap() {
            Incoming::Message(Message::Text(text)) => texts.push(text.to_string()),
            Incoming::Event(Event::Failure { failure: Failure::Panicked, in_a_row, threshold }) => {
                assert_eq!(threshold, 3);
                panics.push(in_a_row);
            }
            Incoming::Closed(report) => return (texts, panics, *report),
            _ => {}
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_waits_to_be_answered_is_answered_all_the_same() {
    let (ours, mut raw) = half_pair(64 << 10).await;
    for message in ["challenge:1", "panic", "challenge:2"] {
        write_text(&mut raw, message).await;
    }
    let connection =
        Connection::spawn(ours, session(Shaky::default()), ConnectionOptions::default());
    let mut venue = common::server(raw).await;
    for response in ["response:1", "response:2"] {
        assert_eq!(right_now(venue.next()).await.unwrap().unwrap(), text(response));
    }
    venue.close(None).await.unwrap();
    // What nobody could read is data: the application sees it.
    let (texts, panics, report) = read_to_end(connection).await;
    assert_eq!((texts, panics), (vec!["panic".to_owned()], vec![1]));
    assert_eq!((report.cause, report.clean), (Cause::PeerClosed { code: None }, true));
}

#[tokio::test(start_paused = true)]
async fn the_third_panic_is_a_verdict_however_far_apart() {
    let (ours, mut venue) = pair().await;
    let config = quiet().transport_limit(secs(600)).failure_threshold(3);
    let session = Session::new(Shaky::default(), config.build().unwrap(), Timestamp::ZERO);
    let connection = Connection::spawn(ours, session, ConnectionOptions::default());
    for _ in 0..2 {
        venue.send(text("panic")).await.unwrap();
        venue.send(text("challenge:1")).await.unwrap();
        assert_eq!(right_now(venue.next()).await.unwrap().unwrap(), text("response:1"));
        nothing_within(secs(60), venue.next()).await;
    }
    venue.send(text("panic")).await.unwrap();
    assert!(right_now(venue.next()).await.unwrap().unwrap().is_close());
    soon(async { while let Some(Ok(_)) = venue.next().await {} }).await;
    let (_, panics, report) = read_to_end(connection).await;
    assert_eq!(panics, [1, 2, 3]);
    assert_eq!((report.cause, report.clean), (Cause::Panicked { panics: 3 }, true));
    assert_eq!(report.to_string(), "platform panicked 3 times, closed cleanly");
}

#[tokio::test(start_paused = true)]
async fn a_response_that_panics_is_made_once_more() {
    for (panics, answers) in [(2, true), (3, false)] {
        let (ours, mut venue) = pair().await;
        let platform = Shaky { response_panics: panics.into(), ..Shaky::default() };
        let connection = Connection::spawn(ours, session(platform), ConnectionOptions::default());
        venue.send(text("challenge:1")).await.unwrap();
        let first = right_now(venue.next()).await.unwrap().unwrap();
        assert_eq!(first == text("response:1"), answers, "{first}");
        drop(venue);
        let (_, told, report) = read_to_end(connection).await;
        assert_eq!(told.len(), usize::from(panics));
        assert_eq!(matches!(report.cause, Cause::Panicked { .. }), !answers, "{report}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_panic_hides_no_dead_line() {
    let (ours, _dead) = half_pair(64 << 10).await;
    let platform = Shaky { probe_panics: 2.into(), ..Shaky::default() };
    let session = session(platform);
    let bound = session.config().silence_bound();
    let mut connection = Connection::spawn(ours, session, ConnectionOptions::default());
    let stopped = async {
        loop {
            if let Some(Incoming::Closed(report)) = connection.next().await {
                return report;
            }
        }
    };
    let mut stopped = core::pin::pin!(stopped);
    nothing_within(just_before(bound), &mut stopped).await;
    let report = right_now(stopped).await;
    assert!(matches!(report.cause, Cause::AnswerOverdue { failures: 3, .. }), "{report}");
    assert_eq!(report.evidence.at(), at_secs(15));
}

#[tokio::test(start_paused = true)]
async fn a_ping_that_makes_the_detector_panic_is_a_ping_all_the_same() {
    let (ours, mut venue) = pair().await;
    let platform = Shaky { panics_over_pings: true, ..Shaky::default() };
    let connection = Connection::spawn(ours, session(platform), ConnectionOptions::default());
    venue.send(Message::Ping("7".into())).await.unwrap();
    assert_eq!(right_now(venue.next()).await.unwrap().unwrap(), Message::Pong("7".into()));
    assert_eq!(connection.health().counters.responses, 1);
    assert_eq!(connection.health().counters.failures, 1);
}

#[tokio::test(start_paused = true)]
async fn a_farewell_that_panics_is_left_out() {
    let (ours, mut venue) = pair().await;
    let platform = Shaky { panics_at_farewell: true, ..Shaky::default() };
    let connection = Connection::spawn(ours, session(platform), ConnectionOptions::default());
    connection.stop();
    assert!(right_now(venue.next()).await.unwrap().unwrap().is_close());
    soon(async { while let Some(Ok(_)) = venue.next().await {} }).await;
    let (_, _, report) = read_to_end(connection).await;
    assert_eq!((report.cause, report.clean), (Cause::Stopped, true));
}

#[tokio::test(start_paused = true)]
async fn a_stream_outlives_a_panic_too() {
    let (ours, mut venue) = pair().await;
    let mut stream = HeartbeatStream::new(ours, session(Shaky::default()));
    venue.send(text("panic")).await.unwrap();
    venue.send(text("book")).await.unwrap();
    for expected in ["panic", "book"] {
        assert_eq!(right_now(stream.next()).await.unwrap().unwrap(), text(expected));
    }
    assert_eq!(stream.health().counters.failures, 1);
}
