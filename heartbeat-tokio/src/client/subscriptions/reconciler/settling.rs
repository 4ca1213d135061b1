//! What follows from a reply, from its absence, and from silence.

use heartbeat_core::{Timestamp, WatchEvent};
use heartbeat_platforms::subscriptions::Ask;

use super::super::event::SubscriptionEvent;
use super::super::topic::{Belief, News, Verdict};
use super::{Reconciler, Request, WHY_MAX};

impl Reconciler {
    /// Settles what a request asked of the topics that are meant.
    pub(super) fn settle(
        &mut self,
        now: Timestamp,
        id: u64,
        verdict: Verdict,
        is_meant: impl Fn(&str) -> bool,
        why: &str,
    ) {
        self.settle_with(now, id, verdict, is_meant, why, false);
    }

    /// Settles what is left of a request, as if each topic had been asked for alone.
    pub(super) fn settle_one_by_one(
        &mut self,
        now: Timestamp,
        id: u64,
        verdict: Verdict,
        why: &str,
    ) {
        self.settle_with(now, id, verdict, |_| true, why, true);
    }

    fn settle_with(
        &mut self,
        now: Timestamp,
        id: u64,
        verdict: Verdict,
        is_meant: impl Fn(&str) -> bool,
        why: &str,
        alone: bool,
    ) {
        let Some(index) = self.requests.iter().position(|request| request.id == id) else { return };
        let request = &mut self.requests[index];
        let ask = request.ask;
        let meant: Vec<_> = request.names.extract_if(.., |name| is_meant(name)).collect();
        // A refusal of one that was named blames no other.
        let is_whole = meant.len() == request.size;
        let others = if alone || !is_whole { 0 } else { request.size.saturating_sub(1) };
        if request.names.is_empty() {
            self.requests.swap_remove(index);
        }
        for name in meant {
            if let Some(topic) = self.topics.get_mut(&*name) {
                let news = topic.settle(now, ask, verdict, others);
                self.tell(now, &name, news, why);
            }
        }
        self.forget(now);
    }

    pub(super) fn expire(&mut self, now: Timestamp, id: u64) {
        let Some(index) = self.requests.iter().position(|request| request.id == id) else { return };
        let Request { ask, names, size, .. } = self.requests.swap_remove(index);
        for name in names {
            if let Some(topic) = self.topics.get_mut(&*name) {
                let news = topic.expire(now, ask, size.saturating_sub(1));
                self.tell(now, &name, news, "");
            }
        }
    }

    /// Takes a list of all that the venue sends on this connection.
    pub(super) fn compare(&mut self, now: Timestamp, is_listed: impl Fn(&str) -> bool) {
        let asked: Vec<_> = self.requests.iter().map(|it| (it.id, it.ask)).collect();
        for (id, ask) in asked {
            match ask {
                Ask::Subscribe => self.settle(now, id, Verdict::Granted, &is_listed, ""),
                Ask::Unsubscribe => {
                    self.settle(now, id, Verdict::Granted, |name| !is_listed(name), "");
                }
            }
        }
        let listed: Vec<_> = self.topics.keys().filter(|name| is_listed(name)).cloned().collect();
        for name in listed {
            if let Some(topic) = self.topics.get_mut(&*name)
                && topic.belief == Belief::Unsure
                && topic.request.is_none()
            {
                let news = topic.settle(now, Ask::Subscribe, Verdict::Granted, 0);
                self.tell(now, &name, news, "");
            }
        }
    }

    /// Returns the request that is under way, if it is the only one.
    pub(super) fn only_request(&self) -> Option<u64> {
        match self.requests.as_slice() {
            [request] => Some(request.id),
            _ => None,
        }
    }

    // ------------------------------------------------------------------ telling

    pub(super) fn tell(&mut self, now: Timestamp, name: &str, news: News, why: &str) {
        let Some(topic) = self.topics.get(name) else { return };
        let spelling = || topic.spelling.to_string();
        let event = match news {
            News::None => return,
            News::Active { after } => {
                if let Some(spec) = topic.spec {
                    self.silences.watch(now, topic.key, spec);
                }
                SubscriptionEvent::Active { topic: spelling(), after }
            }
            News::Ended => SubscriptionEvent::Ended { topic: spelling() },
            News::Refused => {
                self.silences.unwatch(topic.key);
                let end = (0..=why.len().min(WHY_MAX)).rfind(|end| why.is_char_boundary(*end));
                let why = why.get(..end.unwrap_or_default()).unwrap_or_default().to_owned();
                SubscriptionEvent::Refused { topic: spelling(), why }
            }
            News::Unanswered { requests } => {
                SubscriptionEvent::Unanswered { topic: spelling(), requests }
            }
        };
        self.events.push_back(event);
    }

    pub(super) fn event_of(&self, event: WatchEvent) -> Option<SubscriptionEvent> {
        let topic = |key| {
            let name = self.names.get(usize::try_from(key).ok()?)?.as_ref()?;
            self.topics.get(name).map(|topic| topic.spelling.to_string())
        };
        Some(match event {
            WatchEvent::FirstDataOverdue { key, waited: silent_for }
            | WatchEvent::DataOverdue { key, silent_for } => {
                SubscriptionEvent::Silent { topic: topic(key)?, silent_for }
            }
            WatchEvent::Recovered { key, silent_for } => {
                SubscriptionEvent::Recovered { topic: topic(key)?, silent_for }
            }
            WatchEvent::ResubscribedInVain { key, attempts } => {
                SubscriptionEvent::RenewedInVain { topic: topic(key)?, attempts }
            }
            _ => return None,
        })
    }

    /// Ends a topic that has fallen silent, to ask for it again: many venues do nothing about a
    /// request for what they believe to send.
    pub(super) fn renew(&mut self, key: u64) {
        let index = usize::try_from(key).unwrap_or(usize::MAX);
        let Some(Some(name)) = self.names.get(index) else { return };
        if let Some(topic) = self.topics.get_mut(name)
            && topic.wanted
        {
            topic.renew = true;
        }
    }
}
