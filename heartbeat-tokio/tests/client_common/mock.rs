//! A mock exchange that enforces its venue's rules, at the other end of in-memory connections.

use core::future::pending;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use heartbeat_core::Timestamp;
use heartbeat_platforms::Exchange;
use heartbeat_testkit::net::MockVenue;
use heartbeat_testkit::{Account, MockOptions, Observation};
use heartbeat_tokio::ConnectError;
use heartbeat_tokio::client::{BoxIo, Connector, Dial};
use tokio::io::duplex;
use tokio::task::JoinSet;

/// The way to a mock exchange. A clone leads to the same one.
#[derive(Clone)]
pub(crate) struct Mock(Arc<Inner>);

struct Inner {
    venue: MockVenue,
    served: Mutex<JoinSet<()>>,
    seen: Mutex<Vec<(Timestamp, Observation)>>,
}

impl Mock {
    pub(crate) fn new(exchange: Exchange, options: MockOptions) -> Self {
        let venue = MockVenue::new(exchange, options);
        Self(Arc::new(Inner { venue, served: Mutex::default(), seen: Mutex::default() }))
    }

    /// Drops every connection.
    pub(crate) fn cut(&self) {
        self.0.served.lock().unwrap().abort_all();
    }

    pub(crate) fn account(&self) -> &Account {
        self.0.venue.account()
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.0.venue.now()
    }

    /// Returns what it saw on all of its connections that `wanted` makes something of.
    pub(crate) fn seen<T>(&self, wanted: impl Fn(Timestamp, &Observation) -> Option<T>) -> Vec<T> {
        let seen = self.0.seen.lock().unwrap();
        seen.iter().filter_map(|(at, observation)| wanted(*at, observation)).collect()
    }
}

#[async_trait]
impl Connector for Mock {
    async fn dial(&self, _: &Dial<'_>) -> Result<BoxIo, ConnectError> {
        let (ours, theirs) = duplex(64 << 10);
        let mock = Arc::clone(&self.0);
        self.0.served.lock().unwrap().spawn(async move {
            let observe = |at, observation| mock.seen.lock().unwrap().push((at, observation));
            // What the client did wrong, it sees.
            let _ = mock.venue.serve(theirs, observe, pending()).await;
        });
        Ok(Box::new(ours))
    }
}
