//! What a client wants, and what each of its connections has of it. Without clock and socket.

use std::collections::BTreeMap;
use std::sync::Arc;

use heartbeat_core::{Timestamp, WatchSpec};

use super::event::{SubscriptionError, SubscriptionState, SubscriptionStatus};
use super::reconciler::{Reconciler, Terms};

/// The set of what is wanted, and the connections that follow it. Each follows by itself, so that
/// nothing can be lost between two of them. Connections are told apart by their `G`enerations.
#[derive(Debug)]
pub(super) struct SubscriptionSet<G> {
    terms: Terms,
    topics_max: usize,
    wanted: BTreeMap<Arc<str>, Wanted>,
    /// Two, and a few that are being left.
    connections: Vec<(G, Reconciler)>,
    live: Option<G>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Wanted {
    spelling: Arc<str>,
    spec: Option<WatchSpec>,
}

impl<G: Copy + PartialEq> SubscriptionSet<G> {
    pub(super) const fn new(terms: Terms, topics_max: usize) -> Self {
        Self { terms, topics_max, wanted: BTreeMap::new(), connections: Vec::new(), live: None }
    }

    // ------------------------------------------------------------------- wishes

    /// Wants a topic from now on, on every connection. Tells whether that is news.
    pub(super) fn add(
        &mut self,
        now: Timestamp,
        name: &str,
        spelling: &str,
        spec: Option<WatchSpec>,
    ) -> Result<bool, SubscriptionError> {
        let is_known = self.wanted.contains_key(name);
        if !is_known && self.wanted.len() >= self.topics_max {
            let (topic, topics_max) = (spelling.to_owned(), self.topics_max);
            return Err(SubscriptionError::Full { topic, topics_max });
        }
        let (name, spelling): (Arc<str>, Arc<str>) = (name.into(), spelling.into());
        for (_, connection) in &mut self.connections {
            connection.want(now, &name, &spelling, spec);
        }
        let wanted = Wanted { spelling, spec };
        let before = self.wanted.insert(name, wanted.clone());
        Ok(before != Some(wanted))
    }

    /// Wants a topic no more. Tells whether it was wanted.
    pub(super) fn remove(&mut self, now: Timestamp, name: &str) -> bool {
        let was_wanted = self.wanted.remove(name).is_some();
        if was_wanted {
            for (_, connection) in &mut self.connections {
                connection.unwant(now, name);
            }
        }
        was_wanted
    }

    pub(super) fn spellings(&self) -> impl Iterator<Item = &str> {
        self.wanted.values().map(|wanted| &*wanted.spelling)
    }

    pub(super) fn wants(&self, name: &str) -> bool {
        self.wanted.contains_key(name)
    }

    pub(super) fn len(&self) -> usize {
        self.wanted.len()
    }

    // -------------------------------------------------------------- connections

    /// Follows the set on a new connection, which may not ask yet.
    pub(super) fn open(&mut self, now: Timestamp, generation: G) {
        let mut connection = Reconciler::new(self.terms);
        for (name, Wanted { spelling, spec }) in &self.wanted {
            connection.want(now, name, spelling, *spec);
        }
        self.connections.push((generation, connection));
    }

    pub(super) fn close(&mut self, generation: G) {
        self.connections.retain(|(open, _)| *open != generation);
        self.live = self.live.filter(|live| *live != generation);
    }

    /// A connection is the one that the application sees.
    pub(super) const fn set_live(&mut self, generation: G) {
        self.live = Some(generation);
    }

    pub(super) fn connection(&mut self, generation: G) -> Option<&mut Reconciler> {
        let mut connections = self.connections.iter_mut();
        connections.find(|(open, _)| *open == generation).map(|(_, connection)| connection)
    }

    // -------------------------------------------------------------------- asking

    /// Returns how a topic is doing on the live connection, if it is wanted.
    pub(super) fn status(&self, name: &str) -> Option<SubscriptionStatus> {
        self.wanted.get(name)?;
        let nothing = SubscriptionStatus {
            state: SubscriptionState::Pending,
            active_since: None,
            last_data: None,
        };
        let live = self.live_connection();
        Some(live.and_then(|connection| connection.status(name)).unwrap_or(nothing))
    }

    /// Returns the topics that are active on the live connection.
    pub(super) fn active(&self) -> impl Iterator<Item = &str> {
        let live = self.live_connection();
        self.wanted.iter().filter_map(move |(name, wanted)| {
            let status = live?.status(name)?;
            status.active_since.map(|_| &*wanted.spelling)
        })
    }

    /// Tells whether the venue has had its say about everything on the live connection.
    pub(super) fn is_settled(&self) -> bool {
        self.live_connection().is_some_and(Reconciler::is_settled)
    }

    fn live_connection(&self) -> Option<&Reconciler> {
        let live = self.live?;
        self.connections.iter().find(|(open, _)| *open == live).map(|(_, connection)| connection)
    }
}
