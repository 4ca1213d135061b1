//! Finds out that the feed has fallen silent while the connection lives.

use core::num::NonZeroU8;
use core::time::Duration;

use heartbeat_core::{
    OnSilence, Timestamp, WatchAction, WatchError, WatchEvent, WatchSpec, Watches,
};

/// The one subscription.
const FEED: u64 = 1;

/// How much of our own lateness is not held against the feed.
const STALL_TOLERANCE: Duration = Duration::from_millis(500);

/// What to do about a feed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Quiet {
    /// Say this.
    Tell(WatchEvent),
    /// Ask for the feed again.
    Resubscribe,
    /// Asking again was in vain: try another connection.
    Rotate,
}

/// Watches the feed of one connection.
pub(crate) struct Feed {
    watches: Watches<1>,
}

impl Feed {
    /// Begins to watch: data within two seconds, then every second.
    ///
    /// # Errors
    ///
    /// [`WatchError`] if that could not be watched.
    pub(crate) fn new(now: Timestamp) -> Result<Self, WatchError> {
        let mut watches = Watches::new(STALL_TOLERANCE);
        let spec = WatchSpec {
            first_within: Some(Duration::from_secs(2)),
            then_every: Some(Duration::from_secs(1)),
            on_silence: OnSilence::Resubscribe { attempts: NonZeroU8::MIN },
        };
        watches.watch(now, FEED, spec)?;
        Ok(Self { watches })
    }

    /// Takes it that data came.
    pub(crate) fn hear(&mut self, now: Timestamp) {
        self.watches.handle_data(now, FEED);
    }

    /// Returns what to do, until there is nothing left but to look again at some time.
    pub(crate) fn poll(&mut self, now: Timestamp) -> Result<Quiet, Option<Timestamp>> {
        match self.watches.poll(now) {
            // An end is not what was asked for; a connection that must end is as good as left.
            WatchAction::Notify(WatchEvent::ResubscribedInVain { .. }) | WatchAction::End(_) => {
                Ok(Quiet::Rotate)
            }
            WatchAction::Notify(event) => Ok(Quiet::Tell(event)),
            WatchAction::Resubscribe { .. } => Ok(Quiet::Resubscribe),
            WatchAction::Wait(at) => Err(at),
        }
    }
}
