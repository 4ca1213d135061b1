//! Nothing piles up.

use heartbeat_core::{Counters, Timestamp};

use super::Oracle;
use crate::{Entry, Vitals};

/// Complains of a client that writes ever more to a venue that reads nothing, and of one whose
/// own reports were lost for want of room. The session itself cannot grow: it is one value of
/// a fixed size.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct Growth;

impl Growth {
    /// How many frames of a heartbeat's may be under way at once.
    pub const UNREAD: usize = 64;

    /// Begins with a new connection.
    pub const fn new() -> Self {
        Self
    }
}

impl Oracle for Growth {
    fn name(&self) -> &'static str {
        "growth"
    }

    fn see(&mut self, _entry: &Entry) -> Result<(), String> {
        Ok(())
    }

    fn tick(&mut self, _now: Timestamp, vitals: Vitals) -> Result<(), String> {
        let (unread, most) = (vitals.unread, Self::UNREAD);
        if unread <= most {
            return Ok(());
        }
        Err(format!("{unread} frames of the client's are under way, at most {most} have a reason"))
    }

    fn finish(&mut self, counters: &Counters) -> Result<(), String> {
        match counters.events_dropped {
            0 => Ok(()),
            dropped => Err(format!("{dropped} events were lost, none may be")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_piles_up_is_found() {
        let unread = |unread| Vitals { unread, ..Vitals::default() };
        let mut growth = Growth::new();
        assert_eq!(growth.tick(Timestamp::ZERO, unread(Growth::UNREAD)), Ok(()));
        assert!(growth.tick(Timestamp::ZERO, unread(Growth::UNREAD + 1)).is_err());
        let mut counters = Counters::default();
        assert_eq!(growth.finish(&counters), Ok(()));
        counters.events_dropped = 1;
        assert!(growth.finish(&counters).is_err());
    }
}
