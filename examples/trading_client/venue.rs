//! A mock exchange of its own, under faults.

use core::num::NonZeroU32;
use std::io;

use heartbeat_platforms::Exchange;
use heartbeat_testkit::net::MockServer;
use heartbeat_testkit::{FaultError, FaultPlan, MockOptions};

/// What befalls the venue: bursts, a feed that freezes while the heartbeat goes on, a line that is
/// cut by a venue that is then out of order, one that dies without a word, a restart, noise.
const FAULTS: [&str; 8] = [
    "burst=2000@1s",
    "zombie@2s+3s",
    "cut@6s",
    "http=503@6s+1s",
    "half-open@9s+2s",
    "close=1012@14s",
    "protocol-error@16s",
    "garbage@17s+1s",
];

/// How much faster than the real one it runs.
const FASTER: NonZeroU32 = NonZeroU32::new(10).unwrap();

/// A mock exchange that this command runs.
pub(crate) struct Embedded {
    server: MockServer,
}

impl Embedded {
    /// Starts it on loopback.
    ///
    /// # Errors
    ///
    /// What the system said to a socket on loopback.
    pub(crate) async fn start(exchange: Exchange) -> io::Result<Self> {
        let faults: Result<Vec<FaultPlan>, FaultError> =
            FAULTS.iter().map(|fault| fault.parse()).collect();
        let faults = faults.map_err(io::Error::other)?;
        let options = MockOptions::default().time_scale(FASTER).venue_faults(faults);
        let server = MockServer::bind("127.0.0.1:0", exchange, options).await?;
        Ok(Self { server })
    }

    pub(crate) fn url(&self) -> String {
        self.server.url()
    }

    pub(crate) async fn stop(self) {
        self.server.shutdown().await;
    }
}
