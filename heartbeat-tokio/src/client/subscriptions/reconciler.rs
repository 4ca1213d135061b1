//! One connection's subscriptions: makes the venue do what is wanted, whatever it did before.
//!
//! It asks for what is wanted and not there, for the end of what is there and not wanted, and never
//! for both of a topic at once: the next request for it waits for the reply to the last. What a
//! topic does now follows from evidence alone: a reply, data, or their absence.

mod settling;
mod wishes;

use core::time::Duration;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use heartbeat_core::{Silence, Timestamp};
use heartbeat_platforms::subscriptions::{Ask, FIRST_ID, ReplyScope};

use super::event::{SubscriptionEvent, SubscriptionState, SubscriptionStatus};
use super::silence::{Heard, Silences};
use super::topic::{Topic, Verdict};

/// How long what has ended is remembered, so that it is noticed if it has not.
const MEMORY: Duration = Duration::from_secs(60);

/// How many requests may be under way while all goes well; one while it does not, so that a
/// refusal that names nothing is understood.
const REQUESTS_MAX: usize = 8;

/// The longest explanation of the venue's that is kept, in bytes.
const WHY_MAX: usize = 256;

/// What all connections of a client have in common.
#[derive(Clone, Copy, Debug)]
pub(super) struct Terms {
    /// Topics in one message, at least one.
    pub(super) batch_max: usize,
    /// How long a reply may take.
    pub(super) reply_within: Duration,
    pub(super) stall_tolerance: Duration,
}

/// A message to be written and sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Outgoing {
    pub(super) ask: Ask,
    pub(super) id: u64,
    pub(super) topics: Vec<Arc<str>>,
}

/// What became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sent {
    Written,
    /// It is longer than anything that can be sent.
    TooLong,
    /// The connection has ended.
    Gone,
}

/// What a reply says, by the names of topics.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reply<'m> {
    pub(super) done: bool,
    pub(super) ask: Option<Ask>,
    pub(super) id: Option<u64>,
    pub(super) covers: ReplyScope,
    /// The names, one a line.
    pub(super) names: &'m str,
    /// The message itself, for a refusal.
    pub(super) text: &'m str,
}

/// The next thing to heed.
#[derive(Debug)]
pub(super) enum Step {
    Tell(SubscriptionEvent),
    End(Silence),
    Wait(Option<Timestamp>),
}

/// A request that is under way.
#[derive(Debug)]
struct Request {
    id: u64,
    ask: Ask,
    names: Vec<Arc<str>>,
    /// How many there were to begin with.
    size: usize,
    /// When the reply is overdue; `None` until it was written.
    due: Option<Timestamp>,
    /// Whether a stall of our own was forgiven; once, or who stumbles on and on would wait for
    /// ever.
    forgiven: bool,
}

/// The subscriptions of one connection.
#[derive(Debug)]
pub(super) struct Reconciler {
    terms: Terms,
    topics: BTreeMap<Arc<str>, Topic>,
    requests: Vec<Request>,
    last_id: u64,
    silences: Silences,
    /// The names of topics by their numbers.
    names: Vec<Option<Arc<str>>>,
    events: VecDeque<SubscriptionEvent>,
    /// Whether it may ask: not before the connection was made ready.
    begun: bool,
    /// What the last wait promised.
    promised: Option<Timestamp>,
    /// Whether anything happened since then that may have made work or moved a deadline closer.
    dirty: bool,
    /// Whether something that is wanted was overdue then.
    overdue: bool,
}

impl Reconciler {
    pub(super) const fn new(terms: Terms) -> Self {
        Self {
            terms,
            topics: BTreeMap::new(),
            requests: Vec::new(),
            last_id: FIRST_ID,
            silences: Silences::new(terms.stall_tolerance),
            names: Vec::new(),
            events: VecDeque::new(),
            begun: false,
            promised: None,
            dirty: true,
            overdue: false,
        }
    }

    /// May ask from now on.
    pub(super) const fn begin(&mut self) {
        self.begun = true;
        self.dirty = true;
    }

    // ------------------------------------------------------------------ sending

    /// Returns the next message to send, if there is one. It has to be
    /// [reported](Self::handle_sent) before there is another.
    pub(super) fn next_outgoing(
        &mut self,
        now: Timestamp,
        may_share: impl Fn(&str, &str) -> bool,
    ) -> Option<Outgoing> {
        if !self.may_ask() {
            return None;
        }
        // What ends makes room for what begins.
        let ask = [Ask::Unsubscribe, Ask::Subscribe]
            .into_iter()
            .find(|ask| self.topics.values().any(|topic| topic.need(now) == Some(*ask)))?;
        let needy = || self.topics.iter().filter(|(_, topic)| topic.need(now) == Some(ask));
        let (first, rest) = (needy().next()?.1, needy().skip(1));
        let alike = rest.filter(|(_, topic)| {
            topic.batch_max == first.batch_max && may_share(&first.spelling, &topic.spelling)
        });
        let batch = needy().take(1).chain(alike).take(first.batch_max.max(1));
        let names: Vec<_> = batch.map(|(name, _)| Arc::clone(name)).collect();
        self.last_id = self.last_id.saturating_add(1);
        let (id, size) = (self.last_id, names.len());
        let mut topics = Vec::with_capacity(size);
        for name in &names {
            if let Some(topic) = self.topics.get_mut(name) {
                topic.request = Some(id);
                topics.push(Arc::clone(&topic.spelling));
            }
        }
        self.requests.push(Request { id, ask, names, size, due: None, forgiven: false });
        Some(Outgoing { ask, id, topics })
    }

    /// Tells whether [`next_outgoing`](Self::next_outgoing) would return something.
    pub(super) fn has_outgoing(&self, now: Timestamp) -> bool {
        self.may_ask() && self.topics.values().any(|topic| topic.need(now).is_some())
    }

    fn may_ask(&self) -> bool {
        let is_writing = self.requests.iter().any(|request| request.due.is_none());
        let in_trouble = self.topics.values().any(Topic::is_in_trouble);
        let room = if in_trouble { 1 } else { REQUESTS_MAX };
        self.begun && !is_writing && self.requests.len() < room
    }

    /// Takes what became of a message.
    pub(super) fn handle_sent(&mut self, now: Timestamp, id: u64, sent: Sent) {
        self.dirty = true;
        let due = now.checked_add(self.terms.reply_within);
        let request = self.requests.iter_mut().find(|request| request.id == id);
        match (sent, request) {
            (Sent::Written, Some(request)) => request.due = due.or(Some(now)),
            (Sent::TooLong, Some(_)) => {
                self.settle(
                    now,
                    id,
                    Verdict::Refused,
                    |_| true,
                    "it is longer than a message may be",
                );
            }
            (Sent::Gone, _) | (_, None) => {}
        }
    }

    // ------------------------------------------------------------------ hearing

    /// Takes a reply. Tells whether it is one to a request of ours.
    pub(super) fn handle_reply(&mut self, now: Timestamp, reply: Reply<'_>) -> bool {
        self.dirty = true;
        let mut names = reply.names.lines().filter(|name| !name.is_empty());
        let is_named = |name: &str| reply.names.lines().any(|line| line == name);
        if reply.covers == ReplyScope::Everything {
            self.compare(now, is_named);
            return true;
        }
        let request = match reply.id {
            Some(id) if id <= FIRST_ID || id > self.last_id => return false,
            Some(id) => Some(id),
            None => match reply.covers {
                ReplyScope::Request => self.only_request(),
                ReplyScope::Named
                | ReplyScope::NamedAlone
                | ReplyScope::Ending
                | ReplyScope::Everything => names.find_map(|name| self.topics.get(name)?.request),
            },
        };
        let found = request.and_then(|id| self.requests.iter().find(|request| request.id == id));
        let Some(&Request { id, ask, .. }) = found else {
            // One of ours that comes too late says nothing that is still asked.
            return reply.id.is_some()
                || reply.names.lines().any(|it| self.topics.contains_key(it));
        };
        if reply.ask.is_some_and(|said| said != ask) {
            return true;
        }
        let text = reply.text;
        let is_certain = reply.id.is_some() || reply.covers != ReplyScope::Request;
        let verdict = match reply.done {
            true => Verdict::Granted,
            false if is_certain => Verdict::Refused,
            false => Verdict::RefusedPerhaps,
        };
        match reply.covers {
            ReplyScope::Request | ReplyScope::Everything => {
                self.settle(now, id, verdict, |_| true, text);
            }
            ReplyScope::Named => self.settle(now, id, verdict, is_named, text),
            ReplyScope::Ending => {
                let end = reply.names;
                self.settle(now, id, verdict, |name| name.ends_with(end), text);
            }
            ReplyScope::NamedAlone => {
                self.settle(now, id, verdict, is_named, text);
                let opposite = if reply.done { Verdict::Refused } else { Verdict::Granted };
                self.settle_one_by_one(now, id, opposite, text);
            }
        }
        true
    }

    /// Takes data. Tells whether anything follows but a deadline further away.
    pub(super) fn handle_data(&mut self, now: Timestamp, name: &str) -> bool {
        let Some((name, topic)) = self.topics.get_key_value(name) else { return false };
        let (name, key, belief) = (Arc::clone(name), topic.key, topic.belief);
        let asking = topic.request.and_then(|id| self.requests.iter().find(|it| it.id == id));
        let asking = asking.map(|request| request.ask);
        let was_first = topic.last_data.is_none();
        let was_overdue = self.silences.hear(now, key);
        let Some(topic) = self.topics.get_mut(&*name) else { return false };
        let news = topic.hear(now, asking);
        let changed = topic.belief != belief;
        self.tell(now, &name, news, "");
        let is_news = was_first || was_overdue || changed;
        self.dirty |= is_news;
        is_news
    }

    // -------------------------------------------------------------------- time

    /// Tells whether [`poll`](Self::poll) would do no more than to repeat its last wait.
    pub(super) fn is_quiet(&self, now: Timestamp) -> bool {
        !self.dirty && self.promised.is_none_or(|due| now < due)
    }

    /// Returns the next thing to heed. Ends with [`Step::Wait`]. Costs nothing between two
    /// deadlines while nothing but data comes.
    pub(super) fn poll(&mut self, now: Timestamp) -> Step {
        if self.is_quiet(now) {
            return Step::Wait(self.promised);
        }
        self.forgive_own_stall(now);
        loop {
            if let Some(event) = self.events.pop_front() {
                return Step::Tell(event);
            }
            let overdue = self.requests.iter().find(|it| it.due.is_some_and(|due| due <= now));
            if let Some(request) = overdue {
                let id = request.id;
                self.expire(now, id);
                continue;
            }
            match self.silences.poll(now) {
                Heard::Event(event) => self.events.extend(self.event_of(event)),
                Heard::Renew(key) => self.renew(key),
                Heard::End(silence) => return Step::End(silence),
                Heard::Wait(silent_by) => {
                    let replies = self.requests.iter().filter_map(|request| request.due);
                    let retries = self.topics.values().filter_map(Topic::due);
                    let due = replies.chain(retries.filter(|at| *at > now)).chain(silent_by);
                    self.promised = due.min();
                    self.dirty = false;
                    self.overdue =
                        self.silences.any_overdue() || self.topics.values().any(Topic::is_overdue);
                    return Step::Wait(self.promised);
                }
            }
        }
    }

    /// A wake-up that comes late says that we slept, and that replies may be unread.
    fn forgive_own_stall(&mut self, now: Timestamp) {
        let limit = self.promised.and_then(|at| at.checked_add(self.terms.stall_tolerance));
        if limit.is_some_and(|limit| now > limit) {
            self.promised = None;
            let due = now.checked_add(self.terms.reply_within);
            let waiting = |request: &&mut Request| request.due.is_some() && !request.forgiven;
            for request in self.requests.iter_mut().filter(waiting) {
                request.due = due;
                request.forgiven = true;
            }
        }
    }

    // ------------------------------------------------------------------ asking

    /// Returns how a topic is doing here.
    pub(super) fn status(&self, name: &str) -> Option<SubscriptionStatus> {
        let topic = self.topics.get(name).filter(|topic| topic.wanted)?;
        let state = if topic.active_since.is_some() {
            let is_silent = self.silences.is_overdue(topic.key);
            if is_silent { SubscriptionState::Silent } else { SubscriptionState::Active }
        } else if topic.refused {
            SubscriptionState::Refused
        } else if topic.is_overdue() {
            SubscriptionState::Unanswered
        } else {
            SubscriptionState::Pending
        };
        let (active_since, last_data) = (topic.active_since, topic.last_data);
        Some(SubscriptionStatus { state, active_since, last_data })
    }

    /// Tells whether something that is wanted was overdue when it was last polled to its end.
    pub(super) const fn any_overdue(&self) -> bool {
        self.overdue
    }

    /// Tells whether the venue has had its say about everything.
    pub(super) fn is_settled(&self) -> bool {
        self.begun && self.topics.values().all(|topic| topic.is_settled() || topic.unanswered > 0)
    }
}
