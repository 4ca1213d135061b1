//! What can be done to a fleet.

use core::num::NonZeroU32;
use core::time::Duration;

use heartbeat_core::{NoticeKind, Platform, Timestamp};

use super::member::Member;
use super::site::Site;
use super::{Fleet, FleetStep, OperatorStep, Trouble, VenueStep};
use crate::world::{Freeze, LineChange, Step};
use crate::{Delay, FaultPlan};

impl<P: Platform + Clone> Fleet<P> {
    /// Does something to a client, and lets it act on it; unknown clients bear everything.
    #[track_caller]
    fn befall(&mut self, client: usize, what: impl FnOnce(&mut Member<P>, Timestamp)) {
        let now = self.now;
        if let Some(member) = self.members.get_mut(client) {
            what(member, now);
            self.settle(client);
        }
    }

    /// Freezes a client's process for `span`.
    pub fn freeze(&mut self, client: usize, span: Duration) {
        self.stand_still(client, span, Freeze::Process);
    }

    /// Suspends the machine that all run on for `span`, with its clock.
    pub fn suspend(&mut self, span: Duration) {
        for client in 0..self.members.len() {
            self.stand_still(client, span, Freeze::Machine);
        }
    }

    fn stand_still(&mut self, client: usize, span: Duration, freeze: Freeze) {
        self.shared.trace.push(self.now, FleetStep::Freezes { client });
        self.befall(client, |member, now| {
            member.host.freeze(now, span, freeze);
            member.note(now, &Step::ClientFreezes);
        });
    }

    /// Makes their clock run `ppm` millionths too fast, or too slow if negative.
    pub fn drift(&mut self, ppm: i32) {
        for client in 0..self.members.len() {
            self.befall(client, |member, now| member.host.clock.drift(now, ppm));
        }
    }

    /// Makes a client's line half-open, so that nothing arrives and nobody is told, or heals it.
    pub fn half_open(&mut self, client: usize, half_open: bool) {
        let change = if half_open { LineChange::HalfOpen } else { LineChange::Healed };
        self.shared.trace.push(self.now, FleetStep::Line { client, change });
        self.befall(client, |member, now| {
            member.kit.line.set_dead(half_open);
            for connection in member.sites.iter_mut().filter_map(Site::connection_mut) {
                connection.half_open(now, half_open);
            }
        });
    }

    /// Makes a client's line carry what is sent from now on with this delay, or, without one, as
    /// it did when the fleet was made.
    pub fn disturb(&mut self, client: usize, delay: Option<Delay>) {
        let change = if delay.is_some() { LineChange::Disturbed } else { LineChange::Calm };
        self.shared.trace.push(self.now, FleetStep::Line { client, change });
        self.befall(client, |member, now| {
            member.kit.line.disturb(delay);
            for connection in member.sites.iter_mut().filter_map(Site::connection_mut) {
                connection.disturb(now, delay);
            }
        });
    }

    /// Makes a client's line carry so many bytes a second of what the venue sends from now on, so
    /// that a long message comes in in parts, or, without a number, any message at once.
    pub fn narrow(&mut self, client: usize, bandwidth: Option<NonZeroU32>) {
        let change = if bandwidth.is_some() { LineChange::Narrow } else { LineChange::Wide };
        self.shared.trace.push(self.now, FleetStep::Line { client, change });
        self.befall(client, |member, now| {
            member.kit.line.narrow(bandwidth);
            for connection in member.sites.iter_mut().filter_map(Site::connection_mut) {
                connection.narrow(now, bandwidth);
            }
        });
    }

    /// Cuts a client's connections.
    pub fn cut(&mut self, client: usize) {
        let change = LineChange::Cut;
        self.shared.trace.push(self.now, FleetStep::Line { client, change });
        self.befall(client, |member, now| {
            for connection in member.sites.iter_mut().filter_map(Site::connection_mut) {
                connection.cut(now);
            }
        });
    }

    /// Plans a fault of the venue's on the connections that a client has now, from now.
    pub fn plan(&mut self, client: usize, plan: FaultPlan) {
        self.shared.trace.push(self.now, FleetStep::Suffers { client, plan });
        self.befall(client, |member, now| {
            for connection in member.sites.iter_mut().filter_map(Site::connection_mut) {
                connection.plan(now, plan);
            }
        });
    }

    /// Plans a fault of the venue's towards everybody, also on connections that are opened while
    /// it is on; its time counts from now. An earlier one is over.
    pub fn outage(&mut self, plan: FaultPlan) {
        self.shared.trace.push(self.now, FleetStep::Outage { plan });
        self.shared.venue.suffer(self.now, plan);
        for client in 0..self.members.len() {
            self.befall(client, |member, now| {
                for connection in member.sites.iter_mut().filter_map(Site::connection_mut) {
                    connection.plan(now, plan);
                }
            });
        }
    }

    /// Has the venue trouble those who come from now on, for so long.
    pub fn trouble(&mut self, trouble: Trouble, lasts: Duration) {
        self.shared.trace.push(self.now, FleetStep::Troubled { trouble, lasts });
        self.shared.venue.trouble(self.now, trouble, lasts);
    }

    /// Has the venue announce something on every connection; `false` if it has no words for it.
    pub fn announce(&mut self, kind: NoticeKind) -> bool {
        let mut announced = Vec::new();
        for client in 0..self.members.len() {
            self.befall(client, |member, now| {
                for site in &mut member.sites {
                    let generation = site.generation;
                    if site.connection_mut().is_some_and(|it| it.announce(now, kind)) {
                        announced.push((client, generation));
                    }
                }
            });
        }
        for (client, generation) in &announced {
            let (client, generation, what) = (*client, *generation, VenueStep::Announces(kind));
            self.shared.trace.push(self.now, FleetStep::Venue { client, generation, what });
        }
        !announced.is_empty()
    }

    /// Has the operator ask for another connection of a client's.
    pub fn rotate(&mut self, client: usize) {
        self.befall(client, Member::rotate);
    }

    /// Has the operator do this to a client's recovery.
    pub fn operate(&mut self, client: usize, does: OperatorStep) {
        self.shared.trace.push(self.now, FleetStep::Operator { client, does });
        self.befall(client, |member, now| member.operate(now, does));
    }

    /// Has the application end a client.
    pub fn stop(&mut self, client: usize) {
        self.shared.trace.push(self.now, FleetStep::Stops { client });
        self.befall(client, |member, now| member.stop(now, false));
    }

    /// Ends a client as one ends that forgets its connections: to see what comes of that.
    pub fn forsake(&mut self, client: usize) {
        self.shared.trace.push(self.now, FleetStep::Stops { client });
        self.befall(client, |member, now| member.stop(now, true));
    }

    /// Forgets what happened but for the last hundred steps of each part, for a run of days.
    pub fn trim_traces(&mut self) {
        self.shared.trace.trim();
        let Self { members, touched, .. } = self;
        for client in touched.iter() {
            let sites = members.get_mut(*client).into_iter().flat_map(|it| &mut it.sites);
            for connection in sites.filter_map(Site::connection_mut) {
                connection.trim();
            }
        }
    }
}
