//! What stood in a client's way, as far as the trace tells.

use core::time::Duration;

use heartbeat_core::{Generation, NoticeKind, Outcome, RecoveryAction, Timestamp};

use crate::{Entry, FleetStep, LineChange, VenueStep};

/// What every client of a fleet goes through: never which fault it was that ended.
#[derive(Clone, Debug)]
pub(super) struct Circumstances {
    clients: Vec<Standing>,
    /// When an attempt last failed, or a connection was lost, of anybody: all share a gate.
    failed_at: Option<Timestamp>,
}

#[derive(Clone, Debug, Default)]
struct Standing {
    line: Carries,
    is_asleep: bool,
    in_maintenance: bool,
    /// From when on nothing has been wrong, or will be.
    clear_from: Timestamp,
    thawed_at: Option<Timestamp>,
    live: Option<Generation>,
    live_since: Timestamp,
    /// When it was last told to leave, the latest last.
    told_at: [Option<Timestamp>; 3],
}

/// What keeps a line from carrying as it should: all may.
#[derive(Clone, Copy, Debug, Default)]
struct Carries {
    nothing: bool,
    slowly: bool,
    little: bool,
}

impl Carries {
    const fn well(self) -> bool {
        !(self.nothing || self.slowly || self.little)
    }
}

impl Circumstances {
    /// How long what was late may still come after its cause is gone.
    pub(super) const SETTLED: Duration = Duration::from_secs(16);

    pub(super) fn new(clients: usize) -> Self {
        Self { clients: vec![Standing::default(); clients], failed_at: None }
    }

    pub(super) fn see(&mut self, entry: &Entry<FleetStep>) {
        let at = entry.at;
        let troubled = match &entry.what {
            FleetStep::Outage { plan } => plan.lasts(),
            // Who came at the end of it is in it for a moment more.
            FleetStep::Troubled { lasts, .. } => Some(lasts.saturating_add(Self::SETTLED)),
            _ => None,
        };
        if let Some(lasts) = troubled {
            self.clients.iter_mut().for_each(|client| client.troubled_until(at, lasts));
        }
        let Some(client) = entry.what.client().and_then(|index| self.clients.get_mut(index)) else {
            return;
        };
        match &entry.what {
            FleetStep::Line { change, .. } => client.line(at, *change),
            FleetStep::Freezes { .. } => client.is_asleep = true,
            FleetStep::Thaws { .. } => {
                client.is_asleep = false;
                client.thawed_at = Some(at);
                client.troubled_until(at, Duration::ZERO);
            }
            FleetStep::Suffers { plan, .. } => {
                client.troubled_until(at, plan.lasts().unwrap_or_default());
            }
            FleetStep::Venue { what: VenueStep::Announces(kind), .. } => {
                client.in_maintenance = match kind {
                    NoticeKind::MaintenanceStarted => true,
                    NoticeKind::MaintenanceEnded => false,
                    NoticeKind::Shutdown | _ => client.in_maintenance,
                };
                client.troubled_until(at, Duration::ZERO);
            }
            FleetStep::Hears { generation, outcome, .. } => match outcome {
                Outcome::Live => client.goes_live(at, *generation),
                Outcome::Notice {
                    kind: NoticeKind::Shutdown | NoticeKind::SessionExpired, ..
                } => {
                    client.is_told_to_leave(at);
                }
                Outcome::Failed(_) | Outcome::Ended(_) => {
                    self.failed_at = Some(at);
                    client.live = client.live.filter(|live| live != generation);
                }
                _ => {}
            },
            FleetStep::Does { action, .. } => {
                if matches!(action, RecoveryAction::Abandon { .. }) {
                    self.failed_at = Some(at);
                } else if let RecoveryAction::Leave { generation, .. } = action {
                    client.live = client.live.filter(|live| live != generation);
                }
            }
            _ => {}
        }
    }

    /// Returns from when on nothing has been wrong with a client's line, with the venue towards it
    /// and with itself.
    pub(super) fn clear_since(&self, client: usize, now: Timestamp) -> Option<Timestamp> {
        let it = self.clients.get(client)?;
        let is_clear = it.line.well() && !it.is_asleep && it.clear_from <= now;
        is_clear.then_some(it.clear_from)
    }

    /// Tells whether a client has been clear, and had a connection, for `span` and what settles.
    pub(super) fn well_for(&self, client: usize, now: Timestamp, span: Duration) -> bool {
        let since = self.clear_since(client, now).max(self.live_since(client));
        let due = span.saturating_add(Self::SETTLED);
        self.clear_since(client, now).is_some()
            && self.live(client).is_some()
            && since.is_some_and(|since| now.saturating_since(since) >= due)
    }

    /// Tells whether a client is asleep, or was within `span`.
    pub(super) fn slept_within(&self, client: usize, now: Timestamp, span: Duration) -> bool {
        let recently = |at: Timestamp| now.saturating_since(at) <= span;
        self.clients
            .get(client)
            .is_some_and(|it| it.is_asleep || it.thawed_at.is_some_and(recently))
    }

    /// Tells whether market data is held back.
    pub(super) fn in_maintenance(&self, client: usize) -> bool {
        self.clients.get(client).is_some_and(|it| it.in_maintenance)
    }

    /// Returns the connection that a client has.
    pub(super) fn live(&self, client: usize) -> Option<Generation> {
        self.clients.get(client)?.live
    }

    /// Returns since when a client has had one connection or another without a break.
    pub(super) fn live_since(&self, client: usize) -> Option<Timestamp> {
        self.clients.get(client).filter(|it| it.live.is_some()).map(|it| it.live_since)
    }

    /// Tells whether nothing failed for `span`: no breaker is open, and no pause runs.
    pub(super) fn unfailing_for(&self, now: Timestamp, span: Duration) -> bool {
        self.failed_at.is_none_or(|at| now.saturating_since(at) >= span)
    }
}

impl Standing {
    fn troubled_until(&mut self, at: Timestamp, lasts: Duration) {
        let until = at.checked_add(lasts).unwrap_or(Timestamp::from_nanos(u64::MAX));
        self.clear_from = self.clear_from.max(until);
    }

    /// Whoever is told again and again is in no hurry any more.
    fn is_told_to_leave(&mut self, at: Timestamp) {
        const OFTEN: Duration = Duration::from_secs(2 * 3_600);
        const PAUSE_MAX: Duration = Duration::from_secs(900);
        self.told_at.rotate_left(1);
        if let Some(last) = self.told_at.last_mut() {
            *last = Some(at);
        }
        let first = self.told_at.first().copied().flatten();
        if first.is_some_and(|first| at.saturating_since(first) < OFTEN) {
            self.troubled_until(at, PAUSE_MAX);
        }
    }

    fn line(&mut self, at: Timestamp, change: LineChange) {
        match change {
            LineChange::HalfOpen => self.line.nothing = true,
            LineChange::Healed => self.line.nothing = false,
            LineChange::Disturbed => self.line.slowly = true,
            LineChange::Calm => self.line.slowly = false,
            LineChange::Narrow => self.line.little = true,
            LineChange::Wide => self.line.little = false,
            LineChange::Cut | LineChange::Ended => {}
        }
        self.troubled_until(at, Duration::ZERO);
    }

    fn goes_live(&mut self, at: Timestamp, generation: Generation) {
        if self.live.replace(generation).is_none() {
            self.live_since = at;
        }
    }
}
