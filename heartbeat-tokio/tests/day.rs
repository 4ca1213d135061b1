//! A day at every venue, in virtual time: the driver against the mock exchange, with the judges
//! of the simulation looking on.

#![allow(clippy::unwrap_used, reason = "a test that unwraps says what it expects")]
#![allow(clippy::wildcard_enum_match_arm, reason = "a test names what it looks for")]

mod common;
#[path = "common/judges.rs"]
mod judges;

use core::time::Duration;
use std::sync::Arc;

use common::{Background, at_secs, background, secs, soon};
use heartbeat_core::{Cause, Event, Initiator, Phase, Platform as _, Session, Timestamp};
use heartbeat_platforms::Exchange;
use heartbeat_testkit::net::{ServeError, serve_stream};
use heartbeat_testkit::{DataFrom, FaultPlan, MockCounters, MockOptions, Step};
use heartbeat_tokio::{CloseReport, Connection, ConnectionOptions, Incoming};
use judges::{Judges, Tapped};
use tokio::io::duplex;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::oneshot;

/// A day less a minute, since some venues end a connection when it is a day old; half an hour
/// where the code is not optimized: what takes seconds then takes minutes.
const DAY: Duration = secs(if cfg!(debug_assertions) { 1_800 } else { 24 * 3_600 - 60 });

/// Data now and then, so that heartbeats come among it and most of the time alone.
const DATA_EVERY: Duration = secs(97);

/// A connection with its judges, and the venue at the other end.
struct Ends {
    connection: Connection,
    judges: Arc<Judges>,
    venue: Background<Result<MockCounters, ServeError>>,
    bound: Duration,
    /// The venue goes away when this does.
    _open: oneshot::Sender<()>,
}

async fn connected(exchange: Exchange, faults: &[FaultPlan]) -> Ends {
    let (ours, theirs) = duplex(16 << 10);
    let config = exchange.defaults().build().unwrap();
    let bound = config.silence_bound();
    let judges = Arc::new(Judges::new(&config));
    let options = MockOptions::default()
        .data_from(DataFrom::Opening)
        .data_every(Some(DATA_EVERY))
        .faults(faults.iter().copied());
    let looking_on = Arc::clone(&judges);
    let observe = move |_, observation| looking_on.see(Step::VenueNotes(observation));
    let (open, gone) = oneshot::channel::<()>();
    let stop = async {
        let _gone = gone.await;
    };
    let venue = background(serve_stream(theirs, exchange, options, observe, stop));
    let (ws, _) = tokio_tungstenite::client_async("ws://mock/", ours).await.unwrap();
    let tapped = Tapped::new(ws, Arc::clone(&judges));
    let session = Session::new(exchange, config, Timestamp::ZERO);
    let connection = Connection::spawn(tapped, session, ConnectionOptions::default());
    Ends { connection, judges, venue, bound, _open: open }
}

/// Reads until the connection has ended, and shows the judges what it tells.
async fn read_to_end(connection: &mut Connection, judges: &Judges) -> CloseReport {
    loop {
        match connection.next().await.unwrap() {
            // What the other side did is no judgement.
            Incoming::Event(Event::Stopped { cause })
                if cause.initiator() == Initiator::Machine =>
            {
                judges.see(Step::Verdict(cause));
            }
            Incoming::Event(event) => judges.see(Step::ClientNotes(event)),
            Incoming::Latency(sample) => judges.see(Step::ClientMeasures(sample)),
            Incoming::Closed(report) => return *report,
            Incoming::Lagged(lagged) => panic!("{lagged:?}"),
            _ => {}
        }
    }
}

/// Keeps one connection for a day, and closes it.
async fn day(exchange: Exchange) {
    let mut ends = connected(exchange, &[]).await;
    let ended = tokio::time::timeout(DAY, read_to_end(&mut ends.connection, &ends.judges)).await;
    assert!(ended.is_err(), "{exchange}: {ended:?}");
    assert_eq!(ends.connection.health().phase, Phase::Live, "{exchange}");
    let report = soon(ends.connection.close()).await.unwrap();
    ends.judges.finish(&report.health.counters);
    assert_eq!((report.cause, report.clean), (Cause::Stopped, true), "{exchange}: {report}");
    assert_eq!((report.unsent, report.unconfirmed), (0, 0), "{exchange}");
    let counters = report.health.counters;
    assert_eq!((counters.failures, counters.stalls), (0, 0), "{exchange}: {counters:?}");

    let venue = soon(ends.venue).await.unwrap();
    let open = venue.challenges - venue.answered - venue.superseded;
    assert!(open <= 1, "{exchange}: {venue:?}");
    assert_eq!((venue.extra_answers, venue.wrong_echoes), (0, 0), "{exchange}: {venue:?}");
    let heartbeats = venue.answered + venue.probes + venue.beats;
    assert!(heartbeats >= DAY.as_secs() / 1_800, "{exchange} showed no heartbeat: {venue:?}");
}

/// Waits for a connection to end by a fault that begins after five minutes.
async fn ended_by(exchange: Exchange, fault: &str) -> (CloseReport, Duration) {
    let mut ends = connected(exchange, &[fault.parse().unwrap()]).await;
    let report = soon(read_to_end(&mut ends.connection, &ends.judges)).await;
    assert!(report.evidence.at() >= at_secs(300), "{exchange} before {fault}: {report}");
    (report, ends.bound)
}

/// Runs a future at every venue, each in a time of its own.
fn at_every_venue<F: Future<Output = ()>>(run: impl Fn(Exchange) -> F) {
    for exchange in Exchange::all() {
        paused().block_on(run(*exchange));
    }
}

fn paused() -> Runtime {
    Builder::new_current_thread().enable_all().start_paused(true).build().unwrap()
}

#[test]
fn a_venue_that_falls_silent_is_given_up_within_the_bound() {
    at_every_venue(async |exchange| {
        for fault in ["silent@300s", "half-open@300s"] {
            let (report, bound) = ended_by(exchange, fault).await;
            let last_read = report.health.last_read.unwrap();
            let silent_for = report.evidence.at().saturating_since(last_read);
            assert!(silent_for <= bound, "{exchange} {fault}: {silent_for:?}, not {bound:?}");
            assert_eq!(report.cause.initiator(), Initiator::Machine, "{exchange}: {report}");
            assert!(!report.clean, "{exchange} {fault}: {report}");
        }
    });
}

#[test]
fn a_line_that_is_cut_and_a_venue_that_restarts_are_told_at_once() {
    at_every_venue(async |exchange| {
        let (report, _) = ended_by(exchange, "cut@300s").await;
        assert_eq!((report.cause, report.evidence.at()), (Cause::TransportLost, at_secs(300)));
        let (report, _) = ended_by(exchange, "close=1012@300s").await;
        assert_eq!(report.cause, Cause::PeerClosed { code: Some(1_012) }, "{exchange}");
        assert_eq!((report.evidence.at(), report.clean), (at_secs(300), true), "{exchange}");
    });
}

/// Days at every eighth venue, so that test runners share the venues between them.
fn days(from: usize) {
    let mut venues = Exchange::all().iter().skip(from).step_by(PARTS).peekable();
    assert!(venues.peek().is_some());
    for exchange in venues {
        paused().block_on(day(*exchange));
    }
}

const PARTS: usize = 8;

macro_rules! parts {
    ($($name:ident: $part:literal),* $(,)?) => {
        $(#[test]
        fn $name() {
            const { assert!($part < PARTS) };
            days($part);
        })*
    };
}

parts! {
    a_day_at_the_1st_of_eight_venues: 0,
    a_day_at_the_2nd_of_eight_venues: 1,
    a_day_at_the_3rd_of_eight_venues: 2,
    a_day_at_the_4th_of_eight_venues: 3,
    a_day_at_the_5th_of_eight_venues: 4,
    a_day_at_the_6th_of_eight_venues: 5,
    a_day_at_the_7th_of_eight_venues: 6,
    a_day_at_the_8th_of_eight_venues: 7,
}
