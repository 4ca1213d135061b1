//! Mock exchanges of several venues, for a first look that needs no network.

use core::num::NonZeroU32;
use core::time::Duration;
use std::io;

use heartbeat_platforms::Exchange;
use heartbeat_testkit::net::MockServer;
use heartbeat_testkit::{DataFrom, FaultPlan, MockOptions};

use crate::target::{Target, default_config};

/// One venue of each shape: a challenge in JSON that must be armed, a ping frame, a bare text, a
/// ping in JSON beside beats, counted beats on a channel, and the RFC alone.
pub(crate) const SHOWN: [Exchange; 6] = [
    Exchange::Deribit,
    Exchange::BinanceSpot,
    Exchange::Okx,
    Exchange::KrakenV2,
    Exchange::CoinbaseAdvanced,
    Exchange::Rfc6455,
];

/// How much faster than the real ones both sides run, so that the first seconds show every
/// kind of heartbeat.
const FASTER: NonZeroU32 = NonZeroU32::new(10).unwrap();

/// How long a closing handshake may take: a tenth of what it may take with a real one.
const CLOSE_WITHIN: Duration = Duration::from_millis(200);

/// Says so.
pub(crate) const NOTICE: &str = "No --exchange named: mock exchanges of several venues run \
     on loopback. They and the client run ten times faster than real ones.";

/// The mock exchanges that this command runs.
#[derive(Default)]
pub(crate) struct Embedded {
    servers: Vec<MockServer>,
}

impl Embedded {
    /// Starts the mock exchanges, each with the same faults, and returns where to connect.
    ///
    /// # Errors
    ///
    /// What the system said to a socket on loopback.
    pub(crate) async fn start(faults: &[FaultPlan]) -> io::Result<(Vec<Target>, Self)> {
        let mut targets = Vec::new();
        let mut servers = Vec::new();
        for exchange in SHOWN {
            let options = MockOptions::default()
                .time_scale(FASTER)
                .data_from(DataFrom::Opening)
                .venue_faults(faults.iter().copied());
            let server = MockServer::bind("127.0.0.1:0", exchange, options).await?;
            let config = default_config(exchange)
                .and_then(|config| config.faster(FASTER))
                .map_err(io::Error::other)?;
            let target = Target::new(exchange, server.url(), config).map_err(io::Error::other)?;
            let connection = target.connection.close_within(CLOSE_WITHIN);
            targets.push(Target { connection, ..target });
            servers.push(server);
        }
        Ok((targets, Self { servers }))
    }

    /// Stops them all.
    pub(crate) async fn stop(self) {
        for server in self.servers {
            server.shutdown().await;
        }
    }
}
