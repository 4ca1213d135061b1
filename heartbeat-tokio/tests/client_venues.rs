//! Level 3 at every venue that is known: with nothing but its name, a client is live and stays so.

#![allow(clippy::unwrap_used, reason = "a test that unwraps says what it expects")]
#![allow(clippy::wildcard_enum_match_arm, reason = "a test names what it looks for")]

mod client_common;

use core::future::pending;
use core::time::Duration;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use client_common::{secs, until, word};
use heartbeat_core::Timestamp;
use heartbeat_platforms::Exchange;
use heartbeat_testkit::MockOptions;
use heartbeat_testkit::net::serve_stream;
use heartbeat_tokio::client::{BoxIo, Connector, Destination, Update};
use heartbeat_tokio::{Client, ConnectError, ConnectOptions};
use tokio::io::duplex;
use tokio::task::JoinSet;

/// A mock of the venue that enforces its rules.
struct Mock {
    exchange: Exchange,
    served: Mutex<JoinSet<()>>,
}

impl Mock {
    fn cut(&self) {
        self.served.lock().unwrap().abort_all();
    }
}

/// Leads to a mock.
struct Wire(Arc<Mock>);

#[async_trait]
impl Connector for Wire {
    async fn dial(
        &self,
        _: &Destination,
        _: &ConnectOptions,
        _: Duration,
    ) -> Result<BoxIo, ConnectError> {
        let (ours, theirs) = duplex(64 << 10);
        let exchange = self.0.exchange;
        self.0.served.lock().unwrap().spawn(async move {
            let options = MockOptions::default();
            // What the client did wrong, it sees.
            let _ = serve_stream(theirs, exchange, options, |_, _| {}, pending()).await;
        });
        Ok(Box::new(ours))
    }
}

/// What the mock does not send by itself before it is probed comes within a probe's period; for
/// a day's rest see `day.rs`. Here the line is cut as well, and everything done once more.
#[tokio::test(start_paused = true)]
async fn each_venue_is_live_by_its_name_alone_and_again_after_a_cut() {
    for exchange in Exchange::all().iter().copied() {
        let mock = Arc::new(Mock { exchange, served: Mutex::default() });
        let client = Client::builder(exchange).endpoint("ws://venue/");
        let client = client.connector(Wire(Arc::clone(&mock))).seed(1).start();
        let mut client = client.unwrap();
        let first = until(&mut client, |update| word(&update)).await;
        assert_eq!(first, "live 1", "{exchange}");
        let took = client.clock().now().saturating_since(Timestamp::ZERO);
        assert!(took <= secs(20), "{exchange}: {took:?}");

        mock.cut();
        let lifecycle = |update| match update {
            Update::Message(_) => None,
            update => word(&update),
        };
        for wanted in ["down 1 transport_lost", "gap reconnected", "live 2"] {
            assert_eq!(until(&mut client, lifecycle).await, wanted, "{exchange}");
        }
    }
}
