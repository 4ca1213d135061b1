//! What is wanted on a connection, and the numbers by which its silence is watched.

use std::sync::Arc;

use heartbeat_core::{Timestamp, WatchSpec};

use super::super::topic::Topic;
use super::{MEMORY, Reconciler};

impl Reconciler {
    pub(in super::super) fn want(
        &mut self,
        now: Timestamp,
        name: &Arc<str>,
        spelling: &Arc<str>,
        spec: Option<WatchSpec>,
    ) {
        self.dirty = true;
        if let Some(topic) = self.topics.get_mut(name) {
            topic.want(now, Arc::clone(spelling), spec);
            // What is expected of it may be something else now.
            self.silences.unwatch(topic.key);
            if topic.active_since.is_some()
                && let Some(spec) = spec
            {
                self.silences.watch(now, topic.key, spec);
            }
            return;
        }
        let key = self.number(name);
        let topic = Topic::new(now, Arc::clone(spelling), spec, key, self.terms.batch_max);
        self.topics.insert(Arc::clone(name), topic);
    }

    pub(in super::super) fn unwant(&mut self, now: Timestamp, name: &str) {
        self.dirty = true;
        if let Some(topic) = self.topics.get_mut(name) {
            self.silences.unwatch(topic.key);
            topic.unwant(now);
        }
        self.forget(now);
    }

    /// Gives a topic the smallest number that is free.
    fn number(&mut self, name: &Arc<str>) -> u64 {
        let free = self.names.iter().position(Option::is_none).unwrap_or(self.names.len());
        match self.names.get_mut(free) {
            Some(place) => *place = Some(Arc::clone(name)),
            None => self.names.push(Some(Arc::clone(name))),
        }
        u64::try_from(free).unwrap_or(u64::MAX)
    }

    /// Forgets what has ended long ago.
    pub(super) fn forget(&mut self, now: Timestamp) {
        let names = &mut self.names;
        self.topics.retain(|_, topic| {
            let is_over = topic.is_over(now, MEMORY);
            if is_over
                && let Some(place) =
                    usize::try_from(topic.key).ok().and_then(|index| names.get_mut(index))
            {
                *place = None;
            }
            !is_over
        });
    }
}
