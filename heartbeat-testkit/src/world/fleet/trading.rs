//! What a fleet's clients do besides staying connected.

use core::time::Duration;

/// What each client's application does: it logs in, subscribes, places orders and cancels them, in
/// the mock's own protocol, and asks for what is to save its orders from an outage.
///
/// By default an order every ten minutes on average, no safeguard, and messages that are known
/// apart by their numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "it takes effect in the fleet that is made with it"]
pub struct Trading {
    pub(super) order_every: Duration,
    pub(super) dead_man: Option<Duration>,
    pub(super) cancel_on_disconnect: bool,
    pub(super) is_keyed: bool,
}

impl Trading {
    /// The most orders that a client keeps open.
    pub const ORDERS_MAX: usize = 8;

    /// The shortest timeout of a dead-man switch: a machine that sleeps for a minute does not
    /// lose its orders.
    pub const DEAD_MAN_MIN: Duration = Duration::from_secs(120);

    /// How often in its timeout a dead-man switch is wound up.
    pub(crate) const WINDS: u32 = 4;

    /// How often a client asks which orders are open.
    pub const LISTS_EVERY: Duration = Duration::from_secs(600);

    /// Sets the average time from one order, placed or cancelled, to the next; at least a second.
    pub fn order_every(mut self, every: Duration) -> Self {
        self.order_every = every.max(Duration::from_secs(1));
        self
    }

    /// Sets the timeout of the dead-man switch that each client winds up, at least
    /// [`DEAD_MAN_MIN`](Self::DEAD_MAN_MIN); `None` for none.
    pub fn dead_man(mut self, timeout: Option<Duration>) -> Self {
        self.dead_man = timeout.map(|timeout| timeout.max(Self::DEAD_MAN_MIN));
        self
    }

    /// Sets whether each client has the venue cancel its orders when their connection ends.
    pub const fn cancel_on_disconnect(mut self, on: bool) -> Self {
        self.cancel_on_disconnect = on;
        self
    }

    /// Sets whether messages are known apart by their numbers. If so, a rotation reads both
    /// connections for a while and shows each message once; if not, what it shows may repeat.
    pub const fn keyed(mut self, is_keyed: bool) -> Self {
        self.is_keyed = is_keyed;
        self
    }

    /// Returns the timeout of the dead-man switch, if there is one.
    pub const fn dead_man_timeout(&self) -> Option<Duration> {
        self.dead_man
    }

    /// Tells whether messages are known apart by their numbers.
    pub const fn is_keyed(&self) -> bool {
        self.is_keyed
    }

    /// Tells whether the venue may cancel orders by itself.
    pub(super) const fn is_safeguarded(&self) -> bool {
        self.dead_man.is_some() || self.cancel_on_disconnect
    }
}

impl Default for Trading {
    fn default() -> Self {
        Self {
            order_every: Duration::from_secs(600),
            dead_man: None,
            cancel_on_disconnect: false,
            is_keyed: true,
        }
    }
}
