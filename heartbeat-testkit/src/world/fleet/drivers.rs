//! What the drivers of a fleet's connections are like, and what they keep together.

use heartbeat_core::MessageLimit;
use heartbeat_platforms::Scope;

use super::options::FleetOptions;
use crate::world::brake::Brake;
use crate::world::client::Habits;

/// What drives the connections of one client.
#[derive(Clone, Debug)]
pub(super) struct Drivers {
    message_max: usize,
    answers_pings: bool,
    brakes: Brakes,
}

/// The message budgets that they keep.
#[derive(Clone, Debug)]
enum Brakes {
    None,
    /// Each connection has one of its own.
    Each(MessageLimit),
    /// Each client has one.
    Client(MessageLimit),
    /// There is one.
    Shared(Brake),
}

impl Drivers {
    pub(super) fn new<P>(options: &FleetOptions<P>) -> Self {
        let brakes = match options.messages {
            None => Brakes::None,
            Some((limit, Scope::Connection | Scope::Channel)) => Brakes::Each(limit),
            // Each client has an account of its own.
            Some((limit, Scope::Key | Scope::Account)) => Brakes::Client(limit),
            Some((limit, _)) => Brakes::Shared(Brake::new(limit, true)),
        };
        let (message_max, answers_pings) = (options.message_max, options.answers_pings);
        Self { message_max, answers_pings, brakes }
    }

    /// Returns those of one client.
    pub(super) fn for_client(&self) -> Self {
        let mut drivers = self.clone();
        if let Brakes::Client(limit) = drivers.brakes {
            drivers.brakes = Brakes::Shared(Brake::new(limit, true));
        }
        drivers
    }

    /// Returns that of one connection.
    pub(super) fn habits(&self) -> Habits {
        let brake = match &self.brakes {
            Brakes::None => None,
            Brakes::Each(limit) | Brakes::Client(limit) => Some(Brake::new(*limit, true)),
            Brakes::Shared(brake) => Some(brake.clone()),
        };
        let (message_max, answers_pings) = (self.message_max, self.answers_pings);
        Habits { message_max, brake, answers_pings }
    }
}
