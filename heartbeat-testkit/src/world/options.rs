//! What a world is made of.

use heartbeat_core::{MessageLimit, Timestamp};

use super::brake::Brake;
use super::client::Habits;
use crate::{Delay, MockOptions};

/// What a [`World`](super::World) is made of: a seed, a venue, a line.
#[derive(Clone, Debug)]
#[must_use = "options take effect in the world that is made with them"]
pub struct WorldOptions {
    pub(super) seed: u64,
    pub(super) start: Timestamp,
    pub(super) mock: MockOptions,
    pub(super) up: Delay,
    pub(super) down: Delay,
    pub(super) window: usize,
    message_max: usize,
    message_limit: Option<MessageLimit>,
    tells_brake: bool,
    answers_pings: bool,
}

impl WorldOptions {
    /// How many frames can be under way in one direction where nothing else is said.
    pub const WINDOW: usize = 65_536;

    /// The longest message that the client's transport takes where nothing else is said, in
    /// bytes: that of heartbeat-tokio.
    pub const MESSAGE_MAX: usize = 16 << 20;

    /// Begins with a line across a continent, a venue by its own rules, and this seed.
    pub fn seeded(seed: u64) -> Self {
        Self {
            seed,
            start: Timestamp::ZERO,
            mock: MockOptions::default(),
            up: Delay::CONTINENT,
            down: Delay::CONTINENT,
            window: Self::WINDOW,
            message_max: Self::MESSAGE_MAX,
            message_limit: None,
            tells_brake: true,
            answers_pings: false,
        }
    }

    /// Sets the true time at which the connection is opened; zero where nothing else is said.
    pub const fn start(mut self, start: Timestamp) -> Self {
        self.start = start;
        self
    }

    /// Sets how the venue behaves.
    pub fn mock(mut self, options: MockOptions) -> Self {
        self.mock = options;
        self
    }

    /// Sets how long a frame takes, either way.
    pub const fn delay(mut self, delay: Delay) -> Self {
        self.up = delay;
        self.down = delay;
        self
    }

    /// Sets how many frames can be under way in one direction before its sender must wait.
    pub const fn window(mut self, frames: usize) -> Self {
        self.window = frames;
        self
    }

    /// Sets the longest message, in bytes, that the client's transport takes: a longer one ends
    /// the connection.
    pub const fn message_max(mut self, bytes: usize) -> Self {
        self.message_max = bytes;
        self
    }

    /// Sets how many messages the client's driver lets out: all that the client says counts, and
    /// the application waits for a share of its own, as a
    /// [`MessageWindow`](heartbeat_core::MessageWindow) has it. Without a limit where nothing else
    /// is said.
    pub const fn message_limit(mut self, limit: MessageLimit) -> Self {
        self.message_limit = Some(limit);
        self
    }

    /// Has the driver take its own brake for a line that takes nothing, as one does that does not
    /// know [`Outlet::Held`](heartbeat_core::Outlet::Held): to see what comes of that.
    pub const fn untold_brake(mut self) -> Self {
        self.tells_brake = false;
        self
    }

    /// Has the client's transport answer pings by itself, whatever its brake says, as tungstenite
    /// does; by default the session does.
    pub const fn transport_answers_pings(mut self) -> Self {
        self.answers_pings = true;
        self
    }

    pub(super) fn habits(&self) -> Habits {
        Habits {
            message_max: self.message_max,
            brake: self.message_limit.map(|limit| Brake::new(limit, self.tells_brake)),
            answers_pings: self.answers_pings,
        }
    }
}
