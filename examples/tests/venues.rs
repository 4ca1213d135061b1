//! Every venue over real sockets: the driver against the mock exchange, both ten times faster.

#![allow(clippy::unwrap_used, reason = "a test that unwraps says what it expects")]

use core::num::NonZeroU32;
use core::time::Duration;

use heartbeat_core::{Cause, Event, Phase, Platform as _, Session, Timestamp};
use heartbeat_platforms::Exchange;
use heartbeat_testkit::net::MockServer;
use heartbeat_testkit::{DataFrom, MockOptions};
use heartbeat_tokio::{ConnectOptions, Connection, ConnectionOptions, Incoming, connect};
use tokio::task::JoinSet;

const FASTER: NonZeroU32 = NonZeroU32::new(10).unwrap();

/// Six seconds are a minute at the venue: several periods of every heartbeat, and as long as
/// most venues bear silence.
const WATCHED: Duration = Duration::from_secs(6);

/// Keeps one connection for as long as it is watched, and returns how it ended.
async fn keep(exchange: Exchange) -> (Exchange, heartbeat_tokio::CloseReport) {
    let options = MockOptions::default().time_scale(FASTER).data_from(DataFrom::Opening);
    let server = MockServer::bind("127.0.0.1:0", exchange, options).await.unwrap();
    let config = exchange.defaults().build().unwrap().faster(FASTER).unwrap();
    let ws = connect(&server.url(), &ConnectOptions::default()).await.unwrap();
    let session = Session::new(exchange, config, Timestamp::ZERO);
    let mut connection = Connection::spawn(ws, session, ConnectionOptions::default());
    let stopped = tokio::time::timeout(WATCHED, async {
        while let Some(incoming) = connection.next().await {
            if let Incoming::Event(Event::Stopped { .. }) = incoming {
                return;
            }
        }
    });
    let ended_early = stopped.await.is_ok();
    let live = connection.health().phase;
    let report = connection.close().await.expect("nobody else read the report");
    assert!(!ended_early, "{exchange}: {report}");
    assert_eq!(live, Phase::Live, "{exchange}");
    server.shutdown().await;
    (exchange, report)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_venue_is_kept_alive_over_loopback() {
    let mut connections = JoinSet::new();
    for exchange in Exchange::all() {
        connections.spawn(keep(*exchange));
    }
    let mut venues = 0;
    while let Some(kept) = connections.join_next().await {
        let (exchange, report) = kept.unwrap();
        assert_eq!(report.cause, Cause::Stopped, "{exchange}: {report}");
        let counters = report.health.counters;
        assert_eq!(counters.unanswerable, 0, "{exchange}: {counters:?}");
        let alive = counters.responses + counters.answers + counters.beats;
        assert!(alive > 0, "{exchange} showed no heartbeat: {counters:?}");
        venues += 1;
    }
    assert_eq!(venues, Exchange::all().len());
}
