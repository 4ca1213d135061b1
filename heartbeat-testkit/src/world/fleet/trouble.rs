//! What a venue does to those who come, beside its faults: whom it turns away, and how soon it
//! shows the door.

use core::fmt;
use core::time::Duration;

use heartbeat_core::{AttemptFailure, NoticeKind, Timestamp};

use super::routes::Address;
use crate::{Fault, FaultPlan, MockOptions};

/// What a venue does to those who come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Trouble {
    /// It answers so many handshakes with a status: a firewall's, a rate limit's.
    Turns {
        /// The status.
        status: u16,
        /// What its `Retry-After` says.
        retry_after: Option<Duration>,
        /// How many.
        times: u32,
    },
    /// It closes each new connection a while after it was opened: for too many requests, or for
    /// another with the same key.
    Closes {
        /// The close code.
        code: u16,
        /// The while.
        after: Duration,
    },
    /// It tells each new connection a while after it was opened that it will be gone.
    Warns {
        /// The while.
        after: Duration,
    },
    /// It refuses the login of a client that has another connection: one session a key.
    OneSession,
    /// One of its addresses takes the dial and comes to nothing.
    Sick {
        /// Which.
        address: Address,
        /// How.
        how: Sickness,
    },
}

/// How an address is sick that takes a dial.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Sickness {
    /// It answers the handshake with 502.
    BadGateway,
    /// It never answers the handshake.
    Hangs,
    /// It resets in the handshake.
    Resets,
    /// It upgrades, and says nothing.
    Mute,
}

impl Sickness {
    /// Returns the sickness in words, after "an address that".
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::BadGateway => "answers by 502",
            Self::Hangs => "hangs",
            Self::Resets => "resets",
            Self::Mute => "is mute",
        }
    }
}

/// The troubles that are on.
#[derive(Clone, Debug, Default)]
pub(super) struct Troubles {
    on: Vec<(Trouble, Timestamp)>,
}

impl Troubles {
    /// How many may be on at once; the oldest makes way.
    const MAX: usize = 8;

    pub(super) fn begin(&mut self, now: Timestamp, trouble: Trouble, lasts: Duration) {
        self.on.retain(|(_, until)| *until > now);
        if self.on.len() >= Self::MAX {
            self.on.remove(0);
        }
        self.on.push((trouble, now.checked_add(lasts).unwrap_or(Timestamp::from_nanos(u64::MAX))));
    }

    /// Turns a handshake away, if that is on.
    pub(super) fn turn_away(&mut self, now: Timestamp) -> Option<AttemptFailure> {
        for (trouble, until) in &mut self.on {
            if let Trouble::Turns { status, retry_after, times } = trouble
                && *until > now
                && let Some(left) = times.checked_sub(1)
            {
                *times = left;
                let (status, retry_after) = (*status, *retry_after);
                let with_credentials = false;
                return Some(AttemptFailure::Http { status, retry_after, with_credentials });
            }
        }
        None
    }

    /// Adds to how a connection is treated that is opened now.
    pub(super) fn treat(&self, now: Timestamp, options: MockOptions) -> MockOptions {
        let on = self.on.iter().filter(|(_, until)| *until > now);
        on.fold(options, |options, (trouble, _)| match *trouble {
            Trouble::Closes { code, after } => {
                options.fault(FaultPlan::new(Fault::Close(code), after))
            }
            Trouble::Warns { after } => options.notice(NoticeKind::Shutdown, after),
            Trouble::Turns { .. } | Trouble::OneSession | Trouble::Sick { .. } => options,
        })
    }

    /// Returns how an address is sick, if it is.
    pub(super) fn sickness(&self, now: Timestamp, of: Address) -> Option<Sickness> {
        let on = self.on.iter().filter(|(_, until)| *until > now);
        on.filter_map(|(trouble, _)| match trouble {
            Trouble::Sick { address, how } => Some((*address, *how)),
            Trouble::Turns { .. }
            | Trouble::Closes { .. }
            | Trouble::Warns { .. }
            | Trouble::OneSession => None,
        })
        .find_map(|(address, how)| (address == of).then_some(how))
    }

    pub(super) fn allows_one_session(&self, now: Timestamp) -> bool {
        self.on.iter().any(|(trouble, until)| *trouble == Trouble::OneSession && *until > now)
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Turns { status, retry_after: Some(span), times } => {
                write!(f, "{times} handshakes answered by {status} for {} s", span.as_secs_f64())
            }
            Self::Turns { status, retry_after: None, times } => {
                write!(f, "{times} handshakes answered by {status}")
            }
            Self::Closes { code, after } => {
                write!(f, "connections closed by {code} after {} s", after.as_secs_f64())
            }
            Self::Warns { after } => {
                write!(f, "connections told to leave after {} s", after.as_secs_f64())
            }
            Self::OneSession => f.write_str("one session a key"),
            Self::Sick { address, how } => write!(f, "{address} {}", how.as_str()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_are_turned_away_as_was_said_and_not_after_the_end() {
        let (at, second) = (Timestamp::from_millis, Duration::from_secs(1));
        let mut troubles = Troubles::default();
        let turns = Trouble::Turns { status: 403, retry_after: None, times: 2 };
        troubles.begin(at(0), turns, second);
        assert!(troubles.turn_away(at(0)).is_some());
        assert!(troubles.turn_away(at(10)).is_some());
        assert_eq!(troubles.turn_away(at(20)), None);
        troubles.begin(at(20), turns, second);
        assert_eq!(troubles.turn_away(at(1_020)), None);
        troubles.begin(at(20), Trouble::OneSession, second);
        assert!(troubles.allows_one_session(at(1_019)) && !troubles.allows_one_session(at(1_020)));
    }
}
