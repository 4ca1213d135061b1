//! What a fleet is made of.

use core::time::Duration;

use heartbeat_core::{
    Config, MessageLimit, Platform, RecoveryConfig, RecoveryError, RotationOrder, Timestamp,
};
use heartbeat_platforms::{Budget, Exchange, Scope};

use super::trading::Trading;
use crate::world::brake::limit_to_keep;
use crate::{Delay, MockOptions, RuleBook, WorldOptions};

/// What a [`Fleet`](crate::Fleet) is made of: clients, a venue, and lines between them.
///
/// By default: three clients on a continent away from a venue that keeps to its own rules, with
/// the default settings of a recovery, by which they leave a connection before the venue's maximum
/// age and, where a venue says how many connections may be opened or how many messages sent, keep
/// to that budget. Each has an account of its own and trades as [`Trading`] says.
#[derive(Clone, Debug)]
#[must_use = "options take effect in the fleet that is made with them"]
pub struct FleetOptions<P> {
    pub(super) platform: P,
    pub(super) config: Config,
    pub(super) venue: RuleBook,
    pub(super) recovery: RecoveryConfig,
    pub(super) budget: Option<Budget>,
    pub(super) messages: Option<(MessageLimit, Scope)>,
    pub(super) answers_pings: bool,
    pub(super) forgets_addresses: bool,
    pub(super) seed: u64,
    pub(super) clients: usize,
    pub(super) start: Timestamp,
    pub(super) mock: MockOptions,
    pub(super) delay: Delay,
    pub(super) message_max: usize,
    pub(super) trading: Trading,
}

impl FleetOptions<Exchange> {
    /// Begins with clients of `exchange`'s own platform and its default settings.
    ///
    /// # Panics
    ///
    /// If the defaults are no valid configuration, which is a bug in the platform.
    #[track_caller]
    pub fn of(exchange: Exchange, seed: u64) -> Self {
        match exchange.defaults().build() {
            Ok(config) => Self::new(exchange, config, exchange, seed),
            Err(error) => panic!("defaults of {exchange} must be valid: {error}"),
        }
    }
}

impl<P> FleetOptions<P> {
    /// How many clients there are where nothing else is said.
    pub const CLIENTS: usize = 3;

    /// The most clients.
    pub const CLIENTS_MAX: usize = 10_000;

    /// Begins with clients that speak `platform`, to a mock of `venue`.
    ///
    /// # Panics
    ///
    /// If the default settings of a recovery are not valid, which is a bug in the core.
    #[track_caller]
    pub fn new(platform: P, config: Config, venue: impl Into<RuleBook>, seed: u64) -> Self {
        let venue = venue.into();
        let recovery = match RecoveryConfig::builder().build() {
            Ok(recovery) => recovery,
            Err(error) => panic!("defaults of a recovery must be valid: {error}"),
        };
        let aging = venue.facts_of().max_age.map(|age| leaving_before(&recovery, age));
        let recovery = aging.and_then(Result::ok).unwrap_or(recovery);
        Self {
            platform,
            config,
            budget: venue.facts_of().connect_budget,
            messages: venue.facts_of().message_budget.and_then(limit_to_keep),
            answers_pings: false,
            forgets_addresses: false,
            venue,
            recovery,
            seed,
            clients: Self::CLIENTS,
            start: Timestamp::ZERO,
            mock: MockOptions::default(),
            delay: Delay::CONTINENT,
            message_max: WorldOptions::MESSAGE_MAX,
            trading: Trading::default(),
        }
    }

    /// Sets how many clients there are: at least one, at most
    /// [`CLIENTS_MAX`](Self::CLIENTS_MAX).
    pub fn clients(mut self, clients: usize) -> Self {
        self.clients = clients.clamp(1, Self::CLIENTS_MAX);
        self
    }

    /// Sets the settings of every client's recovery.
    pub const fn recovery(mut self, config: RecoveryConfig) -> Self {
        self.recovery = config;
        self
    }

    /// Has the venue end every connection at this age, and the clients leave it before.
    ///
    /// # Errors
    ///
    /// [`RecoveryError`] if the age is too short for a rotation.
    pub fn max_age(mut self, age: Duration) -> Result<Self, RecoveryError> {
        self.recovery = leaving_before(&self.recovery, age)?;
        self.mock = self.mock.max_age(age);
        Ok(self)
    }

    /// Sets how many connections may be opened, at the venue as well as for the clients.
    pub const fn budget(mut self, budget: Option<Budget>) -> Self {
        self.budget = budget;
        self
    }

    /// Sets how many messages the clients' drivers let out, and over what that counts: each
    /// connection, all of a client's, or those of all clients. `None` for no limit.
    pub const fn message_limit(mut self, limit: Option<(MessageLimit, Scope)>) -> Self {
        self.messages = limit;
        self
    }

    /// Has the clients' transports answer pings by themselves, whatever their budgets say, as
    /// tungstenite does; by default the sessions do.
    pub const fn transport_answers_pings(mut self) -> Self {
        self.answers_pings = true;
        self
    }

    /// Has the clients go by the venue's first address always, as drivers do that go by what
    /// answers a dial: to see what comes of that.
    pub const fn forgetful_of_addresses(mut self) -> Self {
        self.forgets_addresses = true;
        self
    }

    /// Has every rotation leave the old connection before it makes the new one, as keys want it
    /// that allow one session.
    ///
    /// # Errors
    ///
    /// [`RecoveryError`] as [`max_age`](Self::max_age).
    pub fn break_before_make(mut self) -> Result<Self, RecoveryError> {
        let builder = RecoveryConfig::builder().rotation_order(RotationOrder::BreakBeforeMake);
        self.recovery = match self.recovery.max_age() {
            Some(age) => builder.max_age(age).build()?,
            None => builder.build()?,
        };
        Ok(self)
    }

    /// Sets how the venue behaves on every connection.
    pub fn mock(mut self, options: MockOptions) -> Self {
        self.mock = options;
        self
    }

    /// Sets how long a frame takes, either way.
    pub const fn delay(mut self, delay: Delay) -> Self {
        self.delay = delay;
        self
    }

    /// Sets the longest message, in bytes, that the clients take.
    pub const fn message_max(mut self, bytes: usize) -> Self {
        self.message_max = bytes;
        self
    }

    /// Sets what every client does besides staying connected.
    pub const fn trading(mut self, trading: Trading) -> Self {
        self.trading = trading;
        self
    }
}

/// Returns the settings of a recovery that leaves each connection before it is so old.
fn leaving_before(
    recovery: &RecoveryConfig,
    age: Duration,
) -> Result<RecoveryConfig, RecoveryError> {
    // A rotation begins at its latest at the age that is set, and takes a few attempts.
    let margin = recovery.attempt_bound().saturating_mul(4);
    RecoveryConfig::builder().max_age(age.saturating_sub(margin)).build()
}
