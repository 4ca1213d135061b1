//! What goes wrong when, all from a seed.

use core::num::NonZeroU32;
use core::time::Duration;

use heartbeat_core::{NoticeKind, Timestamp};

use super::{FaultKind, FaultKinds};
use crate::{Address, Delay, Fault, FaultPlan, Freeze, Rng, Sickness, Trouble};

/// How slow a line may become, and how late an answer.
const LATENESS_MAX: Duration = Duration::from_secs(8);

/// What the client's transport takes, in bytes, and what is too long for it: small, because a
/// simulation keeps what was sent.
pub(super) const MESSAGE_MAX: usize = 64 << 10;
const OVERSIZE: u32 = (64 << 10) + 1;

/// The close codes that venues use without anybody's fault.
const CODES: [u16; 6] = [1000, 1001, 1011, 1012, 1013, 4000];

/// What a venue announces, half of it that it will be gone.
const NOTICES: [NoticeKind; 4] = [
    NoticeKind::Shutdown,
    NoticeKind::MaintenanceStarted,
    NoticeKind::MaintenanceEnded,
    NoticeKind::Shutdown,
];

/// One thing that goes wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Incident {
    pub(super) at: Timestamp,
    pub(super) kind: FaultKind,
    pub(super) what: Interference,
}

/// How it is done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Interference {
    /// The line carries nothing for a while.
    Sever(Duration),
    /// The line carries so for a while.
    Disturb(Delay, Duration),
    /// The line carries so many bytes a second for a while, and the venue sends something long.
    Narrow { bandwidth: NonZeroU32, message: FaultPlan, span: Duration },
    /// The line is cut.
    Cut,
    /// The venue misbehaves towards one client.
    Venue(FaultPlan),
    /// The venue misbehaves towards everybody, those who come meanwhile included; first it ends
    /// all connections, with this code or without any, if it is to.
    Outage(FaultPlan, Option<Fault>),
    /// The venue troubles those who come, for a while; first it ends one client's connection, or
    /// another is asked for in its place, if it is to.
    Trouble(Trouble, Duration, Provoked),
    /// Another connection is asked for.
    Rotate,
    /// The operator wants another connection at once.
    Reconnect,
    /// The operator stops the client for a while.
    Pause(Duration),
    /// The venue announces this to everybody.
    Announce(NoticeKind),
    /// The client stands still for a while.
    Freeze(Duration, Freeze),
    /// The client's clock is wrong by this many millionths from now on.
    Drift(i32),
}

/// What has a client meet a trouble.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Provoked {
    Cut,
    Rotation,
}

/// Incidents without end, in the order of their times.
#[derive(Debug)]
pub(super) struct Plan {
    rng: Rng,
    kinds: Vec<FaultKind>,
    every: Duration,
    at: Timestamp,
}

impl Plan {
    /// Begins at `from`. Each of the kinds takes part with an even chance.
    pub(super) fn new(mut rng: Rng, allowed: FaultKinds, every: Duration, from: Timestamp) -> Self {
        let kinds = allowed.iter().filter(|_| rng.below(2) == 0).collect();
        Self { rng, kinds, every, at: from }
    }

    /// Draws a span from `shortest` to `longest` milliseconds.
    fn span(&mut self, shortest: u64, longest: u64) -> Duration {
        Duration::from_millis(shortest + self.rng.below(longest - shortest + 1))
    }

    fn draw(&mut self, kind: FaultKind) -> Interference {
        let lasting = |fault, span| {
            // A fault that has no duration keeps none.
            let plan = FaultPlan::new(fault, Duration::ZERO);
            Interference::Venue(plan.lasting(span).unwrap_or(plan))
        };
        let at_once = |fault| Interference::Venue(FaultPlan::new(fault, Duration::ZERO));
        match kind {
            FaultKind::Delay => self.delay(),
            FaultKind::Jitter => self.jitter(),
            FaultKind::Narrow => self.narrow(),
            FaultKind::Stall => Interference::Sever(self.span(200, 8_000)),
            FaultKind::HalfOpen => Interference::Sever(self.span(20_000, 180_000)),
            FaultKind::Cut => self.cut(),
            FaultKind::Silent => lasting(Fault::Silent, self.span(1_000, 120_000)),
            FaultKind::Zombie => lasting(Fault::Zombie, self.span(5_000, 300_000)),
            FaultKind::LateAnswer => {
                let lateness = self.rng.span_up_to(LATENESS_MAX);
                lasting(Fault::LateAnswer(lateness), self.span(10_000, 120_000))
            }
            FaultKind::WrongEcho => lasting(Fault::WrongEcho, self.span(5_000, 120_000)),
            FaultKind::DuplicateAnswer => {
                lasting(Fault::DuplicateAnswer, self.span(5_000, 300_000))
            }
            FaultKind::Close => at_once(self.close()),
            FaultKind::Burst => at_once(Fault::Burst(self.count(100, 900))),
            FaultKind::Freeze => Interference::Freeze(self.span(100, 60_000), Freeze::Process),
            FaultKind::Suspend => Interference::Freeze(self.span(100, 60_000), Freeze::Machine),
            FaultKind::Drift => self.drift(),
            FaultKind::AckThenSilence => lasting(Fault::AckThenSilence, self.span(1_000, 120_000)),
            FaultKind::Slow => {
                let lateness = self.rng.span_up_to(LATENESS_MAX);
                lasting(Fault::Slow(lateness), self.span(5_000, 120_000))
            }
            FaultKind::ZeroWindow => lasting(Fault::ZeroWindow, self.span(1_000, 120_000)),
            FaultKind::VenueStall => lasting(Fault::Stall, self.span(200, 60_000)),
            FaultKind::Flood => lasting(Fault::Flood(self.count(5, 45)), self.span(1_000, 20_000)),
            FaultKind::Garbage => lasting(Fault::Garbage, self.span(1_000, 30_000)),
            FaultKind::ProtocolError => at_once(Fault::ProtocolError),
            FaultKind::Oversize => at_once(Fault::Oversize(OVERSIZE)),
            FaultKind::Refuse => self.outage(Fault::Refuse, None),
            FaultKind::Http => self.busy(),
            FaultKind::Outage => self.restart(),
            FaultKind::Jumps => lasting(Fault::Jumps, self.span(5_000, 60_000)),
            FaultKind::Rotate | FaultKind::BreakFirst => Interference::Rotate,
            FaultKind::Reconnect => Interference::Reconnect,
            FaultKind::Pause => Interference::Pause(self.span(1_000, 300_000)),
            FaultKind::Notice => self.announcement(),
            FaultKind::Denied
            | FaultKind::RateLimit
            | FaultKind::ClosedYoung
            | FaultKind::WarnedYoung
            | FaultKind::SickAddress
            | FaultKind::OneSession => self.trouble(kind),
            FaultKind::Expiry => Interference::Announce(NoticeKind::SessionExpired),
        }
    }

    /// Draws a number from `least` to below `least` and `more`.
    fn count(&mut self, least: u32, more: u64) -> u32 {
        least.saturating_add(u32::try_from(self.rng.below(more)).unwrap_or_default())
    }

    /// Draws a venue that sends everybody away for a while.
    fn busy(&mut self) -> Interference {
        let status = [503, 429, 418].get(self.index(3)).copied().unwrap_or(503);
        let ends = (self.rng.below(2) == 0).then_some(Fault::Cut);
        self.outage(Fault::Http(status), ends)
    }

    /// Draws a venue that ends all connections and is gone for a while.
    fn restart(&mut self) -> Interference {
        let ends = if self.rng.below(2) == 0 { Fault::Cut } else { self.close() };
        self.outage(Fault::Refuse, Some(ends))
    }

    fn cut(&mut self) -> Interference {
        let by_line = self.rng.below(2) == 0;
        let by_venue = Interference::Venue(FaultPlan::new(Fault::Cut, Duration::ZERO));
        if by_line { Interference::Cut } else { by_venue }
    }

    fn jitter(&mut self) -> Interference {
        let delay = Delay { base: Duration::ZERO, jitter: self.span(300, 3_000) };
        Interference::Disturb(delay, self.span(5_000, 120_000))
    }

    fn delay(&mut self) -> Interference {
        let base = self.span(300, 1_000).max(self.rng.span_up_to(LATENESS_MAX));
        let delay = Delay { base, jitter: Duration::ZERO };
        Interference::Disturb(delay, self.span(5_000, 120_000))
    }

    /// Draws a message that takes up to 15 s to come in.
    fn narrow(&mut self) -> Interference {
        let bandwidth = self.count(4_000, 4_000);
        let seconds = self.count(2, 13);
        let message = Fault::Oversize(bandwidth.saturating_mul(seconds));
        let message = FaultPlan::new(message, Duration::ZERO);
        let bandwidth = NonZeroU32::new(bandwidth).unwrap_or(NonZeroU32::MIN);
        Interference::Narrow { bandwidth, message, span: self.span(5_000, 60_000) }
    }

    fn drift(&mut self) -> Interference {
        let ppm = i32::try_from(self.rng.below(1_001)).unwrap_or_default();
        Interference::Drift(ppm - 500)
    }

    /// Draws what a venue does to those who come.
    fn trouble(&mut self, kind: FaultKind) -> Interference {
        let (trouble, lasts, provoked) = if kind == FaultKind::Denied {
            (self.denial(), self.span(1_000, 60_000), Provoked::Cut)
        } else if kind == FaultKind::RateLimit {
            (self.rate_limit(), self.span(1_000, 60_000), Provoked::Cut)
        } else if kind == FaultKind::ClosedYoung {
            let after = self.span(0, 5_000);
            let trouble = Trouble::Closes { code: self.young_code(), after };
            (trouble, self.span(5_000, 60_000), Provoked::Cut)
        } else if kind == FaultKind::WarnedYoung {
            let trouble = Trouble::Warns { after: self.span(0, 2_000) };
            (trouble, self.span(5_000, 60_000), Provoked::Rotation)
        } else if kind == FaultKind::SickAddress {
            (self.sickness(), self.span(10_000, 300_000), Provoked::Cut)
        } else {
            (Trouble::OneSession, self.span(30_000, 300_000), Provoked::Rotation)
        };
        Interference::Trouble(trouble, lasts, provoked)
    }

    /// Draws an address that takes dials and comes to nothing.
    fn sickness(&mut self) -> Trouble {
        const KINDS: [Sickness; 4] =
            [Sickness::BadGateway, Sickness::Hangs, Sickness::Resets, Sickness::Mute];
        let address = Address::of(self.rng.below(2));
        let how = KINDS.get(self.index(KINDS.len())).copied().unwrap_or(Sickness::Hangs);
        Trouble::Sick { address, how }
    }

    /// Draws a firewall that turns one handshake away.
    fn denial(&mut self) -> Trouble {
        let status = [401, 403, 404, 451].get(self.index(4)).copied().unwrap_or(403);
        Trouble::Turns { status, retry_after: None, times: 1 }
    }

    /// Draws a rate limit whose number says nothing.
    fn rate_limit(&mut self) -> Trouble {
        let status = [429, 418].get(self.index(2)).copied().unwrap_or(429);
        let retry_after = (self.rng.below(2) == 0).then_some(Duration::ZERO);
        let times = self.count(1, 3);
        Trouble::Turns { status, retry_after, times }
    }

    /// Draws a code by which a venue shows the door.
    fn young_code(&mut self) -> u16 {
        [1000, 1001, 1008, 4000].get(self.index(4)).copied().unwrap_or(1008)
    }

    fn announcement(&mut self) -> Interference {
        let kind = NOTICES.get(self.index(NOTICES.len())).copied();
        Interference::Announce(kind.unwrap_or(NoticeKind::Shutdown))
    }

    fn outage(&mut self, fault: Fault, ends: Option<Fault>) -> Interference {
        let plan = FaultPlan::new(fault, Duration::ZERO);
        let span = self.span(5_000, 120_000);
        Interference::Outage(plan.lasting(span).unwrap_or(plan), ends)
    }

    fn close(&mut self) -> Fault {
        let index = self.index(CODES.len());
        Fault::Close(CODES.get(index).copied().unwrap_or(1000))
    }

    fn index(&mut self, len: usize) -> usize {
        usize::try_from(self.rng.below(len as u64)).unwrap_or_default()
    }

    /// Tells whether a kind takes part.
    pub(super) fn has(&self, kind: FaultKind) -> bool {
        self.kinds.contains(&kind)
    }
}

impl Iterator for Plan {
    type Item = Incident;

    /// Returns the next incident; none ever if no kind takes part, or the axis ends.
    fn next(&mut self) -> Option<Incident> {
        let gap = self.rng.span_up_to(self.every.saturating_mul(2));
        let chosen = self.rng.below(self.kinds.len() as u64);
        let kind = self.kinds.get(usize::try_from(chosen).ok()?).copied()?;
        self.at = self.at.checked_add(gap)?;
        Some(Incident { at: self.at, kind, what: self.draw(kind) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(seed: u64, kinds: FaultKinds) -> Plan {
        let every = Duration::from_secs(60);
        Plan::new(Rng::from_seed(seed), kinds, every, Timestamp::ZERO)
    }

    #[test]
    fn a_plan_is_all_in_its_seed_and_keeps_its_pace() {
        let incidents = |seed| plan(seed, FaultKinds::all()).take(1_000).collect::<Vec<_>>();
        let (one, other) = (incidents(1), incidents(2));
        assert_eq!(one, incidents(1));
        assert_ne!(one, other);
        let last = one.last().unwrap().at.saturating_since(Timestamp::ZERO);
        assert!((54_000..66_000).contains(&last.as_secs()), "{last:?}");
        assert!(one.is_sorted_by_key(|incident| incident.at));
    }

    #[test]
    fn each_seed_turns_off_some_kinds_and_all_take_part_somewhere() {
        let mut seen = FaultKinds::none();
        for seed in 0..20 {
            let kinds = plan(seed, FaultKinds::all()).kinds;
            assert!(kinds.len() < FaultKind::ALL.len(), "seed {seed}");
            seen = kinds.into_iter().fold(seen, FaultKinds::with);
        }
        assert_eq!(seen, FaultKinds::all());
        assert_eq!(plan(1, FaultKinds::none()).next(), None);
    }

    #[test]
    fn nothing_is_later_than_the_oracles_allow_for() {
        let seeds = 0..20;
        let incidents = seeds.flat_map(|seed| plan(seed, FaultKinds::all()).take(500));
        for incident in incidents {
            match incident.what {
                Interference::Disturb(delay, _) => assert!(delay.longest() <= LATENESS_MAX),
                Interference::Venue(plan) => {
                    if let Fault::LateAnswer(lateness) | Fault::Slow(lateness) = plan.fault() {
                        assert!(lateness <= LATENESS_MAX);
                    }
                    assert_eq!(plan.lasts().is_none(), plan.fault().is_momentary());
                }
                Interference::Narrow { .. }
                | Interference::Sever(_)
                | Interference::Cut
                | Interference::Outage(..)
                | Interference::Trouble(..)
                | Interference::Rotate
                | Interference::Reconnect
                | Interference::Pause(_)
                | Interference::Announce(_)
                | Interference::Freeze(..)
                | Interference::Drift(_) => {}
            }
        }
    }
}
