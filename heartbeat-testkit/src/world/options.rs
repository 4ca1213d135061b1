//! What a world is made of.

use heartbeat_core::Timestamp;

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
    pub(super) message_max: usize,
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
}
