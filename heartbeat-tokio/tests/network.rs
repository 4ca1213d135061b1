//! A network that fails between the driver and a venue: parted, held up, crashed, restarted.
//!
//! Every byte goes through simulated TCP in virtual time, a step of twenty milliseconds at a time.

#![allow(clippy::unwrap_used, reason = "a test that unwraps says what it expects")]
#![allow(clippy::wildcard_enum_match_arm, reason = "a test names what it looks for")]

mod common;

use core::net::Ipv4Addr;
use core::time::Duration;
use std::sync::{Arc, Mutex};

use common::{Background, at_secs, background, millis, secs};
use heartbeat_core::{Cause, Event, Initiator, Platform as _, Session, Timestamp};
use heartbeat_platforms::Exchange;
use heartbeat_testkit::net::serve_stream;
use heartbeat_testkit::{DataFrom, MockOptions};
use heartbeat_tokio::{CloseReport, Connection, ConnectionOptions, Incoming};
use turmoil::net::{TcpListener, TcpStream};
use turmoil::{Builder, Sim};

type Outcome = Result<(), Box<dyn core::error::Error>>;

/// What is seen from outside of the simulation.
#[derive(Debug, Default)]
struct Seen {
    report: Option<CloseReport>,
    stalls: usize,
}

/// A port of the simulated network, where nobody else is.
const PORT: u16 = 80;

const STEP: Duration = millis(20);
const EXCHANGES: [Exchange; 4] =
    [Exchange::Okx, Exchange::Deribit, Exchange::BinanceSpot, Exchange::KrakenV2];

/// A network of a client and a venue that sends data every two seconds.
fn network(exchange: Exchange) -> (Sim<'static>, Arc<Mutex<Seen>>) {
    let mut sim = Builder::new()
        .simulation_duration(secs(3_600))
        .tick_duration(STEP)
        .min_message_latency(millis(5))
        .max_message_latency(millis(40))
        .rng_seed(7)
        .build();
    sim.host("venue", move || async move {
        let listener = TcpListener::bind((Ipv4Addr::UNSPECIFIED, PORT)).await?;
        let mut served: Vec<Background<()>> = Vec::new();
        loop {
            let (stream, _) = listener.accept().await?;
            served.push(background(async move {
                let options =
                    MockOptions::default().data_from(DataFrom::Opening).data_every(Some(secs(2)));
                let never = core::future::pending();
                let _lost = serve_stream(stream, exchange, options, |_, _| {}, never).await;
            }));
        }
    });
    let seen = Arc::new(Mutex::new(Seen::default()));
    let looking_on = Arc::clone(&seen);
    sim.client("client", async move {
        let stream = TcpStream::connect(("venue", PORT)).await?;
        let (ws, _) = tokio_tungstenite::client_async("ws://venue/", stream).await?;
        let session = Session::new(exchange, exchange.defaults().build()?, Timestamp::ZERO);
        let mut connection = Connection::spawn(ws, session, ConnectionOptions::default());
        while let Some(incoming) = connection.next().await {
            match incoming {
                Incoming::Event(Event::LocalStall { .. }) => {
                    looking_on.lock().unwrap().stalls += 1;
                }
                Incoming::Closed(report) => looking_on.lock().unwrap().report = Some(*report),
                _ => {}
            }
        }
        Ok(())
    });
    (sim, seen)
}

/// Lets the network run for so long. Returns whether the client has ended.
fn run(sim: &mut Sim<'static>, span: Duration) -> Result<bool, Box<dyn core::error::Error>> {
    let until = sim.elapsed() + span;
    while sim.elapsed() < until {
        if sim.step()? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn bound(exchange: Exchange) -> Duration {
    exchange.defaults().build().unwrap().silence_bound()
}

#[test]
fn a_partition_is_found_within_the_bound() -> Outcome {
    for exchange in EXCHANGES {
        let (mut sim, seen) = network(exchange);
        assert!(!run(&mut sim, secs(60))?, "{exchange}: {seen:?}");
        sim.partition("client", "venue");
        run(&mut sim, bound(exchange) + 2 * STEP)?;
        let seen = seen.lock().unwrap();
        let report = seen.report.as_ref().unwrap();
        assert_eq!(report.cause.initiator(), Initiator::Machine, "{exchange}: {report}");
        let silent_for = report.evidence.at().saturating_since(report.health.last_read.unwrap());
        assert!(silent_for <= bound(exchange) + 2 * STEP, "{exchange}: {silent_for:?}");
        assert!(report.evidence.at() >= at_secs(59), "{exchange}: {report}");
        assert_eq!(seen.stalls, 0, "{exchange}: nobody slept");
    }
    Ok(())
}

#[test]
fn a_line_that_is_held_up_for_less_than_that_is_forgiven() -> Outcome {
    for exchange in EXCHANGES {
        let (mut sim, seen) = network(exchange);
        for _ in 0..3 {
            assert!(!run(&mut sim, secs(20))?, "{exchange}: {seen:?}");
            sim.hold("client", "venue");
            assert!(!run(&mut sim, secs(3))?, "{exchange}: {seen:?}");
            sim.release("client", "venue");
        }
        assert!(!run(&mut sim, secs(30))?, "{exchange}: {seen:?}");
    }
    Ok(())
}

#[test]
fn a_venue_that_crashes_is_told() -> Outcome {
    for exchange in EXCHANGES {
        for restarts in [false, true] {
            let (mut sim, seen) = network(exchange);
            assert!(!run(&mut sim, secs(60))?, "{exchange}: {seen:?}");
            if restarts {
                sim.bounce("venue");
            } else {
                sim.crash("venue");
            }
            run(&mut sim, bound(exchange) + secs(1))?;
            let seen = seen.lock().unwrap();
            let report = seen.report.as_ref().unwrap();
            assert_ne!(report.cause, Cause::Stopped, "{exchange}: {report}");
            assert!(!report.clean, "{exchange}: {report}");
        }
    }
    Ok(())
}
