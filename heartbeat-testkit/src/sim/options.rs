//! What a simulation is made of.

use core::time::Duration;

use heartbeat_core::{Config, Platform};
use heartbeat_platforms::Exchange;

use super::FaultKinds;
use crate::{FleetOptions, RuleBook};

/// What a [`simulate`](super::simulate) run is made of: clients, a venue, a time, and what may
/// go wrong.
///
/// By default: three clients, a day, every kind of fault, one every ten minutes on average.
#[derive(Clone, Debug)]
#[must_use = "options take effect in the simulation that is run with them"]
pub struct SimOptions<P> {
    pub(super) platform: P,
    pub(super) config: Config,
    pub(super) venue: RuleBook,
    pub(super) span: Duration,
    pub(super) kinds: FaultKinds,
    pub(super) fault_every: Duration,
    pub(super) clients: usize,
}

impl SimOptions<Exchange> {
    /// Begins with a client of `exchange`'s own platform and its default settings.
    ///
    /// # Panics
    ///
    /// If the defaults are no valid configuration, which is a bug in the platform.
    #[track_caller]
    pub fn of(exchange: Exchange) -> Self {
        match exchange.defaults().build() {
            Ok(config) => Self::new(exchange, config, exchange),
            Err(error) => panic!("defaults of {exchange} must be valid: {error}"),
        }
    }
}

impl<P: Platform + Clone> SimOptions<P> {
    /// Begins with a client that speaks `platform`, to a mock of `venue`.
    pub fn new(platform: P, config: Config, venue: impl Into<RuleBook>) -> Self {
        Self {
            platform,
            config,
            venue: venue.into(),
            span: Duration::from_secs(24 * 3_600),
            kinds: FaultKinds::all(),
            fault_every: Duration::from_secs(600),
            clients: FleetOptions::<P>::CLIENTS,
        }
    }

    /// Sets for how long the simulation runs, in its own time.
    pub const fn span(mut self, span: Duration) -> Self {
        self.span = span;
        self
    }

    /// Sets which kinds of faults the seed may choose from.
    pub const fn faults(mut self, kinds: FaultKinds) -> Self {
        self.kinds = kinds;
        self
    }

    /// Sets how many clients there are, as [`FleetOptions::clients`] does.
    pub const fn clients(mut self, clients: usize) -> Self {
        self.clients = clients;
        self
    }

    /// Sets the average time from one fault to the next, at least a second.
    pub fn fault_every(mut self, every: Duration) -> Self {
        self.fault_every = every.max(Duration::from_secs(1));
        self
    }
}
