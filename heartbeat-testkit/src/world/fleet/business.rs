//! What a client's application does with its connections, and what the venue does with its orders.

use core::time::Duration;

use heartbeat_core::{Generation, Platform, Timestamp};

use super::member::{Member, Shared};
use super::request::Request;
use super::site::Site;
use super::step::{FleetStep, OrderStep, VenueStep};
use crate::{CancelledBy, OwnedFrame, SimulatedConnection};

/// How long a rotation reads both connections, where messages are known apart: what the old one has
/// under way arrives within it over any line that is not disturbed.
const OVERLAP: Duration = Duration::from_secs(2);

/// The number of the requests to which no reply is needed.
const NO_REPLY: u64 = 0;

impl<P: Platform + Clone> Member<P> {
    /// Notes what has happened on one connection, and has the application read what is its own.
    pub(super) fn attend(&mut self, now: Timestamp, index: usize, shared: &mut Shared) {
        let client = self.index;
        let Some(site) = self.sites.get_mut(index) else {
            return;
        };
        let generation = site.generation;
        let departure = site.connection_mut().and_then(SimulatedConnection::take_departure);
        if let Some(why) = departure {
            let what = VenueStep::Leaves(why);
            shared.trace.push(now, FleetStep::Venue { client, generation, what });
        }
        let is_followed = self.follows == Some(generation);
        if is_followed && site.desk.take_read() {
            self.heard_at = Some(now);
        }
        if is_followed {
            while let Some(reply) = site.desk.take_reply() {
                self.trader.on_reply(&reply);
            }
        }
        if is_followed || self.leaving.is_some_and(|(leaving, _)| leaving == generation) {
            while let Some(number) = site.desk.take_number() {
                self.feed.read(number);
            }
        }
        if site.desk.subscribes() {
            self.subscribe(now, index, shared);
        }
        self.note_orders(now, Some(generation), shared);
        self.note_feed(now, shared);
    }

    /// Logs in and subscribes.
    pub(super) fn subscribe(&mut self, now: Timestamp, index: usize, shared: &mut Shared) {
        let client = self.index;
        let Some(site) = self.sites.get_mut(index) else {
            return;
        };
        let generation = site.generation;
        if let Some(connection) = site.connection_mut() {
            for request in [Request::Login, Request::Subscribe] {
                connection.send(now, &self.host, OwnedFrame::Text(request.write(NO_REPLY)));
            }
            shared.trace.push(now, FleetStep::Subscribes { client, generation });
        }
    }

    /// Does what the application wants; tells whether that was anything.
    pub(super) fn trade(&mut self, now: Timestamp, shared: &mut Shared) -> bool {
        let local = self.host.clock.read(now);
        if let Some((left, _)) = self.leaving.take_if(|(_, until)| *until <= local) {
            self.feed.end_overlap();
            self.note_feed(now, shared);
            self.retire(now, left);
            return true;
        }
        if self.trader.next_at().is_none_or(|at| at > local) {
            return false;
        }
        let request = self.trader.next_request(local);
        self.note_orders(now, None, shared);
        let Some((id, request)) = request else {
            return false;
        };
        let followed = self.follows;
        let site = self.sites.iter_mut().find(|site| Some(site.generation) == followed);
        let connection = site.and_then(Site::connection_mut);
        let frame = OwnedFrame::Text(request.write(id));
        if connection.is_some_and(|it| it.send(now, &self.host, frame)) {
            self.trader.on_said(local, id, request);
            self.note_orders(now, None, shared);
        }
        true
    }

    /// Lets the venue's dead-man timer run out, whoever is connected.
    pub(super) fn lapse(&mut self, now: Timestamp, shared: &mut Shared) {
        if self.trading.dead_man_timeout().is_some() {
            // Which orders it cost is asked for below.
            let _ = self.kit.account.poll(now);
            self.note_orders(now, None, shared);
        }
    }
}

impl<P: Platform> Member<P> {
    /// Hands the application over to the connection that is live, if it is another one.
    pub(super) fn follow(&mut self, now: Timestamp, shared: &mut Shared) {
        let live = self.recovery().status().live;
        if live == self.follows {
            return;
        }
        self.follows = live;
        let Some(generation) = live else {
            self.trader.lose();
            self.note_orders(now, None, shared);
            return;
        };
        self.trader.follow(self.host.clock.read(now));
        self.note_orders(now, None, shared);
        let client = self.index;
        if let Some(since) = self.heard_at.replace(now) {
            shared.trace.push(now, FleetStep::Gap { client, generation, since });
        }
        shared.trace.push(now, FleetStep::Follows { client, generation });
    }

    /// Leaves a connection that another has replaced. Its orders are to stay, and what it has under
    /// way is still read if that can be known from what the other one brings.
    pub(super) fn leave(&mut self, now: Timestamp, generation: Generation) {
        for site in self.sites.iter_mut().filter(|site| site.generation == generation) {
            site.is_old = true;
            if self.trading.cancel_on_disconnect
                && let Some(connection) = site.connection_mut()
            {
                let request = Request::CancelOnDisconnect(false).write(NO_REPLY);
                connection.send(now, &self.host, OwnedFrame::Text(request));
            }
        }
        if !self.feed.is_keyed() {
            self.retire(now, generation);
            return;
        }
        // Whatever was left before is left for good.
        if let Some((left, _)) = self.leaving.take() {
            self.feed.end_overlap();
            self.retire(now, left);
        }
        self.feed.begin_overlap();
        let until = self.host.clock.read(now).checked_add(OVERLAP).unwrap_or(now);
        self.leaving = Some((generation, until));
    }

    /// Tells of what has become of orders: as the client believes, then as the venue knows.
    fn note_orders(&mut self, now: Timestamp, generation: Option<Generation>, shared: &mut Shared) {
        if !self.trader.has_changed() && !self.trading.is_safeguarded() {
            return;
        }
        let client = self.index;
        for (order, vouches) in self.trader.changes() {
            let what = if vouches { OrderStep::Vouched } else { OrderStep::Disowned };
            shared.trace.push(now, FleetStep::Order { client, order, what });
        }
        if !self.trading.is_safeguarded() {
            return;
        }
        for (name, by) in self.kit.account.take_cancelled() {
            let generation = generation.filter(|_| by == CancelledBy::Disconnect);
            let what = OrderStep::Lost { by, generation };
            self.lost += 1;
            // A name is the number that the client gave.
            let order = name.parse().unwrap_or_default();
            shared.trace.push(now, FleetStep::Order { client, order, what });
        }
    }

    fn note_feed(&mut self, now: Timestamp, shared: &mut Shared) {
        if self.feed.is_quiet() {
            return;
        }
        let client = self.index;
        for what in self.feed.steps() {
            shared.trace.push(now, FleetStep::Channel { client, what });
        }
    }
}
