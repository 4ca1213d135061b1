//! What the venue does about the orders of a connection that it no longer hears.

use std::sync::Arc;

use heartbeat_core::{DeadManStanding, Health, Phase, Standing};
use tokio::sync::watch;

use super::task::Signals;

/// What the venue does about the orders of a connection that it no longer hears, as far as it has
/// replied.
///
/// By default [nothing holds](Self::holds):
///
/// ```
/// assert!(!heartbeat_tokio::Protection::default().holds());
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Protection {
    /// How the cancelling of orders on disconnect stands.
    pub cancel_on_disconnect: Standing,
    /// How the dead-man switch stands; `None` if none is configured.
    pub dead_man: Option<DeadManStanding>,
}

impl Protection {
    /// Returns what a connection's health says of it.
    pub const fn of(health: &Health) -> Self {
        Self { cancel_on_disconnect: health.cancel_on_disconnect, dead_man: health.dead_man }
    }

    /// Tells whether the venue has confirmed at least one safeguard.
    ///
    /// A dead-man switch holds until [`until`](DeadManStanding::until) and no longer: the clock
    /// is the caller's to ask.
    pub fn holds(&self) -> bool {
        let dead_man = self.dead_man.map(|switch| switch.standing);
        self.cancel_on_disconnect == Standing::Confirmed || dead_man == Some(Standing::Confirmed)
    }

    /// Tells whether no reply is waited for.
    fn is_settled(&self) -> bool {
        let dead_man = self.dead_man.map(|switch| switch.standing);
        self.cancel_on_disconnect != Standing::Asked && dead_man != Some(Standing::Asked)
    }
}

/// What the safety of orders is asked for with.
#[derive(Clone, Debug)]
pub(crate) struct Petition {
    signals: Arc<Signals>,
    health: watch::Receiver<Health>,
}

impl Petition {
    pub(super) const fn new(signals: Arc<Signals>, health: watch::Receiver<Health>) -> Self {
        Self { signals, health }
    }

    /// Asks, and waits until nothing more is waited for; `None` if the connection ended first.
    pub(crate) async fn ask(mut self) -> Option<Protection> {
        let request = self.signals.ask_for_safety();
        let is_over = |health: &Health| {
            let replied = self.signals.has_heeded(request) && Protection::of(health).is_settled();
            replied || health.phase == Phase::Finished
        };
        let health = self.health.wait_for(is_over).await.ok()?;
        (health.phase != Phase::Finished).then(|| Protection::of(&health))
    }
}
