//! A venue in memory, for several connections.

use heartbeat_core::Timestamp;
use tokio::io::{AsyncRead, AsyncWrite};

use super::clock::Clock;
use super::door::{Entrance, Passage};
use super::error::ServeError;
use super::serve::{Venue, serve};
use crate::{Account, MockCounters, MockOptions, Observation, RuleBook};

/// A venue in memory: one clock and one [`Account`] for as many connections as are made to it.
///
/// A clone is the same venue.
#[derive(Clone, Debug)]
pub struct MockVenue {
    clock: Clock,
    venue: Venue,
}

impl MockVenue {
    /// Opens a venue; its clock begins with the call.
    pub fn new(venue: impl Into<RuleBook>, options: MockOptions) -> Self {
        let clock = Clock::start();
        let options = options.venue_since_or(clock.now()).clock_or(clock.wall());
        Self { clock, venue: Venue { book: venue.into(), options, account: Account::new() } }
    }

    /// Returns the account whose orders all its clients place.
    pub const fn account(&self) -> &Account {
        &self.venue.account
    }

    /// Returns the time since it was opened.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Plays the venue over `stream`, as [`serve_stream`](super::serve_stream) does. `observe` is
    /// called with the time since the venue was opened.
    ///
    /// # Errors
    ///
    /// As [`serve_stream`](super::serve_stream).
    ///
    /// # Cancel safety
    ///
    /// Not safe to repeat: dropping the future drops the stream, without a Close frame. The venue
    /// stays.
    pub async fn serve<S>(
        &self,
        stream: S,
        observe: impl FnMut(Timestamp, Observation),
        stop: impl Future<Output = ()>,
    ) -> Result<MockCounters, ServeError>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let passage = Passage { entrance: Entrance::default(), evicted: None };
        serve(self.clock, stream, self.venue.clone(), passage, observe, stop).await
    }
}
