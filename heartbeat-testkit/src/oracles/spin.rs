//! A client sleeps when there is nothing to do.

use core::time::Duration;

use heartbeat_core::{Outlet, Timestamp};

use super::Oracle;
use crate::{Entry, Step, Vitals};

/// Complains of a client that acts, or wakes, more often in a second of virtual time than a
/// heartbeat has reason to. What it reads is a reason, and so is what its own budget held back.
#[derive(Clone, Debug, Default)]
pub struct Spin {
    began: Timestamp,
    actions: u64,
    /// What was read, and what our own brake held back and let go.
    reads: u64,
    is_held: bool,
    /// Drains up to the beginning of the second, and up to now.
    drains: (u64, u64),
}

impl Spin {
    /// How many actions a second may have for no frame read.
    pub const ACTIONS: u64 = 48;

    /// How many more for each frame read.
    pub const ACTIONS_PER_READ: u64 = 4;

    /// How many drains a second may have for no frame read; each frame read is worth one more.
    pub const DRAINS: u64 = 24;

    /// Begins with a new connection.
    pub fn new() -> Self {
        Self::default()
    }

    fn roll(&mut self, now: Timestamp) {
        if now.saturating_since(self.began) >= Duration::from_secs(1) {
            let drains = (self.drains.1, self.drains.1);
            *self = Self { began: now, actions: 0, reads: 0, is_held: self.is_held, drains };
        }
    }
}

const fn is_written(what: &Step) -> bool {
    matches!(what, Step::ClientResponds(_) | Step::ClientSends(_) | Step::ApplicationSends(_))
}

impl Oracle for Spin {
    fn name(&self) -> &'static str {
        "spin"
    }

    fn see(&mut self, entry: &Entry) -> Result<(), String> {
        self.roll(entry.at);
        if self.is_held && is_written(&entry.what) {
            self.reads += 1;
        }
        match &entry.what {
            Step::Outlet(outlet) => {
                self.is_held = *outlet == Outlet::Held;
                self.reads += 1;
            }
            Step::ClientReads(_) | Step::ClientReceives => self.reads += 1,
            Step::ClientResponds(_)
            | Step::ClientSends(_)
            | Step::ClientNotes(_)
            | Step::ClientMeasures(_)
            | Step::Verdict(_) => self.actions += 1,
            Step::ApplicationSends(_)
            | Step::ClientFreezes
            | Step::ClientThaws
            | Step::VenueSends(_)
            | Step::VenueReads(_)
            | Step::VenueNotes(_)
            | Step::VenueCuts
            | Step::Line(_) => {}
        }
        let (actions, reads) = (self.actions, self.reads);
        let most = Self::ACTIONS + Self::ACTIONS_PER_READ * reads;
        if actions <= most {
            return Ok(());
        }
        Err(format!(
            "{actions} actions in a second after {reads} reads, at most {most} have a reason"
        ))
    }

    fn tick(&mut self, now: Timestamp, vitals: Vitals) -> Result<(), String> {
        self.roll(now);
        self.drains.1 = vitals.drains;
        let (drains, reads) = (self.drains.1 - self.drains.0, self.reads);
        let most = Self::DRAINS + reads;
        if drains <= most {
            return Ok(());
        }
        Err(format!(
            "{drains} drains in a second after {reads} reads, at most {most} have a reason"
        ))
    }
}

#[cfg(test)]
mod tests {
    use heartbeat_core::Event;

    use super::super::tests::judge;
    use super::*;
    use crate::OwnedFrame;

    #[test]
    fn a_client_that_talks_to_itself_is_found() {
        let busy = |pause: u64| {
            let note = |index| (index * pause, Step::ClientNotes(Event::Live));
            judge(Spin::new(), &(0..200).map(note).collect::<Vec<_>>())
        };
        assert!(busy(1).is_err());
        assert_eq!(busy(25), Ok(()), "forty a second");
        let read = |index| {
            let what = if index % 2 == 0 {
                Step::ClientReads(OwnedFrame::text("beat"))
            } else {
                Step::ClientNotes(Event::Live)
            };
            (index, what)
        };
        assert_eq!(judge(Spin::new(), &(0..500).map(read).collect::<Vec<_>>()), Ok(()));
    }

    #[test]
    fn a_client_that_wakes_for_nothing_is_found() {
        let mut spin = Spin::new();
        let mut wake = |millis: u64, drains| {
            spin.tick(Timestamp::from_millis(millis), Vitals { drains, ..Vitals::default() })
        };
        for second in 0..10 {
            assert_eq!(wake(second * 1_000, second * Spin::DRAINS), Ok(()));
        }
        assert!(wake(9_500, 11 * Spin::DRAINS).is_err());
    }
}
