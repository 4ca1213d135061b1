//! Remembers which ways to a venue have failed, so that the next attempt begins with another.
//!
//! A place that accepts TCP may yet be sick: answer 502, hang in TLS, or upgrade and say nothing.
//! Whoever chooses by TCP alone goes there again and again, beside one that is well.

use core::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{ConnectStage, Destination};

/// How many places are remembered; beyond that those are forgotten that failed first.
const PLACES_MAX: usize = 64;

/// Which places have failed, and in which order. There is no time in it: a place that failed is
/// tried again when all others have failed since.
#[derive(Debug, Default)]
pub(crate) struct Routes(Mutex<Vec<Place>>);

/// One of several that lead to a venue.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Place {
    /// A host of several that serve the same, by name and port.
    Host(String, u16),
    /// An address of a host.
    Address(SocketAddr),
}

impl Place {
    fn of(destination: &Destination) -> Self {
        Self::Host(destination.host().to_ascii_lowercase(), destination.port())
    }
}

impl Routes {
    /// Puts those first that have not failed, and the others in the order in which they did.
    pub(crate) fn sort_destinations(&self, destinations: &mut [Destination]) {
        let failed = self.lock();
        destinations.sort_by_key(|destination| rank(&failed, &Place::of(destination)));
    }

    fn sort_addresses(&self, addresses: &mut [SocketAddr]) {
        let failed = self.lock();
        addresses.sort_by_key(|addr| rank(&failed, &Place::Address(*addr)));
    }

    fn blame(&self, place: Place) {
        let mut failed = self.lock();
        failed.retain(|other| *other != place);
        if failed.len() >= PLACES_MAX {
            failed.remove(0);
        }
        failed.push(place);
    }

    fn absolve(&self, place: &Place) {
        self.lock().retain(|other| other != place);
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Place>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn rank(failed: &[Place], place: &Place) -> Option<usize> {
    failed.iter().position(|other| other == place)
}

/// One attempt: how far it has come, and by which way.
#[derive(Debug)]
pub(crate) struct Trial {
    routes: Arc<Routes>,
    at: Mutex<At>,
}

#[derive(Debug)]
struct At {
    stage: ConnectStage,
    host: Option<Place>,
    address: Option<Place>,
}

impl Trial {
    pub(crate) fn new(routes: &Arc<Routes>) -> Self {
        let at = At { stage: ConnectStage::Endpoint, host: None, address: None };
        Self { routes: Arc::clone(routes), at: Mutex::new(at) }
    }

    /// Begins with this stage.
    pub(crate) fn enter(&self, stage: ConnectStage) {
        self.lock().stage = stage;
    }

    /// Returns what it is at, or was when it ended.
    pub(crate) fn stage(&self) -> ConnectStage {
        self.lock().stage
    }

    /// Goes there.
    pub(crate) fn head_for(&self, destination: &Destination) {
        let mut at = self.lock();
        at.stage = ConnectStage::Transport;
        at.host = Some(Place::of(destination));
        at.address = None;
    }

    /// Puts those first that have not failed.
    pub(super) fn sort(&self, addresses: &mut [SocketAddr]) {
        self.routes.sort_addresses(addresses);
    }

    /// Tries this address. The one before it has failed, or has taken too long.
    pub(super) fn try_address(&self, addr: SocketAddr) {
        let before = self.lock().address.replace(Place::Address(addr));
        if let Some(before) = before {
            self.routes.blame(before);
        }
    }

    /// Has reached this address.
    pub(super) fn reach(&self, addr: SocketAddr) {
        self.lock().address = Some(Place::Address(addr));
    }

    /// The attempt led to nothing.
    pub(crate) fn blame(&self) {
        for place in self.places() {
            self.routes.blame(place);
        }
    }

    /// The attempt led to a connection that works.
    pub(crate) fn absolve(&self) {
        for place in self.places() {
            self.routes.absolve(&place);
        }
    }

    fn places(&self) -> impl Iterator<Item = Place> {
        let at = self.lock();
        [at.host.clone(), at.address.clone()].into_iter().flatten()
    }

    fn lock(&self) -> MutexGuard<'_, At> {
        self.at.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addr(number: u16) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], number))
    }

    fn order(routes: &Routes, numbers: impl IntoIterator<Item = u16>) -> Vec<u16> {
        let mut addresses: Vec<_> = numbers.into_iter().map(addr).collect();
        routes.sort_addresses(&mut addresses);
        addresses.iter().map(SocketAddr::port).collect()
    }

    #[test]
    fn what_failed_is_tried_again_when_all_others_have_failed_since() {
        let routes = Arc::new(Routes::default());
        let trial = || Trial::new(&routes);
        let fail = |number| {
            let trial = trial();
            trial.try_address(addr(number));
            trial.blame();
        };
        assert_eq!(order(&routes, 1..=3), [1, 2, 3]);
        fail(1);
        assert_eq!(order(&routes, 1..=3), [2, 3, 1]);
        fail(2);
        assert_eq!(order(&routes, 1..=3), [3, 1, 2]);
        fail(3);
        assert_eq!(order(&routes, 1..=3), [1, 2, 3]);
        fail(1);
        assert_eq!(order(&routes, 1..=3), [2, 3, 1]);
        let works = trial();
        works.try_address(addr(3));
        works.absolve();
        assert_eq!(order(&routes, 1..=3), [3, 2, 1]);
    }

    #[test]
    fn an_address_that_was_overtaken_has_failed_and_one_that_won_has_not() {
        let routes = Arc::new(Routes::default());
        let trial = Trial::new(&routes);
        trial.try_address(addr(1));
        trial.try_address(addr(2));
        assert_eq!(order(&routes, 1..=3), [2, 3, 1]);
        trial.reach(addr(1));
        trial.absolve();
        assert_eq!(order(&routes, 1..=3), [1, 2, 3]);
    }

    #[test]
    fn a_host_of_several_fails_as_an_address_does() {
        let routes = Arc::new(Routes::default());
        let urls = ["ws://a.example/", "wss://b.example/", "wss://A.example:80/"];
        let mut mirrors = urls.map(|url| Destination::parse(url).unwrap());
        let trial = Trial::new(&routes);
        trial.head_for(&mirrors[0]);
        trial.blame();
        routes.sort_destinations(&mut mirrors);
        let shown = mirrors.map(|it| it.to_string());
        assert_eq!(shown, ["wss://b.example/", "ws://a.example/", "wss://A.example:80/"]);
    }

    #[test]
    fn no_more_is_remembered_than_the_bound_says() {
        let routes = Routes::default();
        for number in 1..=1_000 {
            routes.blame(Place::Address(addr(number)));
        }
        assert_eq!(routes.lock().len(), PLACES_MAX);
        assert_eq!(order(&routes, [1_000, 1, 999]), [1, 999, 1_000]);
    }
}
