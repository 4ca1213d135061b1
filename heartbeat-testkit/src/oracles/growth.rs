//! Nothing piles up.

use heartbeat_core::{Counters, Timestamp};

use super::Oracle;
use crate::{Entry, Step, Vitals};

/// Complains of a client that writes ever more to a venue that reads nothing, and of one whose
/// own reports were lost for want of room. The session itself cannot grow: it is one value of
/// a fixed size.
///
/// A venue that reads nothing and goes on asking gets a response to everything that it asks, and
/// has nobody but itself to blame for those: they do not count.
#[derive(Clone, Copy, Debug, Default)]
pub struct Growth {
    responses: usize,
}

impl Growth {
    /// How many frames of a heartbeat's, beside responses, may be under way at once.
    pub const UNREAD: usize = 64;

    /// Begins with a new connection.
    pub const fn new() -> Self {
        Self { responses: 0 }
    }
}

impl Oracle for Growth {
    fn name(&self) -> &'static str {
        "growth"
    }

    fn see(&mut self, entry: &Entry) -> Result<(), String> {
        if matches!(entry.what, Step::ClientResponds(_)) {
            self.responses += 1;
        }
        Ok(())
    }

    fn tick(&mut self, _now: Timestamp, vitals: Vitals) -> Result<(), String> {
        // What is under way was written last.
        self.responses = self.responses.min(vitals.unread);
        let (unread, most) = (vitals.unread - self.responses, Self::UNREAD);
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
    use crate::OwnedFrame;

    #[test]
    fn what_piles_up_is_found() {
        let unread = |unread| Vitals { unread, ..Vitals::default() };
        let mut growth = Growth::new();
        assert_eq!(growth.tick(Timestamp::ZERO, unread(Growth::UNREAD)), Ok(()));
        assert!(growth.tick(Timestamp::ZERO, unread(Growth::UNREAD + 1)).is_err());
        // Had one of them been a response, none would be too many.
        let responds = Step::ClientResponds(OwnedFrame::Pong(Vec::new()));
        assert_eq!(growth.see(&Entry { at: Timestamp::ZERO, what: responds }), Ok(()));
        assert_eq!(growth.tick(Timestamp::ZERO, unread(Growth::UNREAD + 1)), Ok(()));
        // It was read long ago, and excuses nothing any more.
        assert_eq!(growth.tick(Timestamp::ZERO, unread(0)), Ok(()));
        assert!(growth.tick(Timestamp::ZERO, unread(Growth::UNREAD + 1)).is_err());
        let mut counters = Counters::default();
        assert_eq!(growth.finish(&counters), Ok(()));
        counters.events_dropped = 1;
        assert!(growth.finish(&counters).is_err());
    }
}
