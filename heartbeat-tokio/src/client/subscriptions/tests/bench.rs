//! A venue that does its worst, and a client that it does it to.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use heartbeat_platforms::subscriptions::{Ask, ReplyScope};

use super::super::event::SubscriptionEvent;
use super::super::reconciler::{Outgoing, Reply, Sent, Step};
use super::super::set::SubscriptionSet;
use super::{TERMS, at};

/// How a venue words its replies.
#[derive(Clone, Copy, Debug)]
pub(super) enum Style {
    /// One for all of a request, by its id.
    Id,
    /// One for all of a request, by its id; and nothing says which it refuses.
    Bare,
    /// One for each topic, by its name.
    Names,
    /// One for all, which lists those that were accepted.
    Accepted,
    /// One for all, which lists everything that is subscribed to.
    Everything,
}

pub(super) const STYLES: [Style; 5] =
    [Style::Id, Style::Bare, Style::Names, Style::Accepted, Style::Everything];

/// A reply on its way.
#[derive(Clone, Debug)]
pub(super) struct Letter {
    done: bool,
    ask: Option<Ask>,
    id: Option<u64>,
    covers: ReplyScope,
    names: String,
}

/// What a venue does on one connection. It carries requests out in their order; what it refuses,
/// and how it replies, is its own.
#[derive(Debug)]
pub(super) struct Venue {
    pub(super) style: Style,
    pub(super) streams: BTreeSet<String>,
    pub(super) letters: VecDeque<Letter>,
}

/// The topics that no venue has.
pub(super) fn is_bad(topic: &str) -> bool {
    topic.ends_with('x')
}

impl Venue {
    pub(super) fn new(style: Style) -> Self {
        Self { style, streams: BTreeSet::new(), letters: VecDeque::new() }
    }

    /// Carries a request out, and perhaps replies.
    pub(super) fn take(&mut self, outgoing: &Outgoing, replies: bool) {
        let Outgoing { ask, id, topics } = outgoing;
        let all: Vec<String> = topics.iter().map(ToString::to_string).collect();
        let each = matches!(self.style, Style::Names | Style::Accepted);
        let any_bad = all.iter().any(|topic| is_bad(topic));
        let refuses = |topic: &String| *ask == Ask::Subscribe && is_bad(topic);
        let done: Vec<_> = match *ask {
            Ask::Subscribe if any_bad && !each => Vec::new(),
            Ask::Subscribe | Ask::Unsubscribe => {
                all.iter().filter(|topic| !refuses(topic)).cloned().collect()
            }
        };
        for topic in &done {
            match ask {
                Ask::Subscribe => self.streams.insert(topic.clone()),
                Ask::Unsubscribe => self.streams.remove(topic),
            };
        }
        if !replies {
            return;
        }
        let letter = |done, covers, names: &[String]| Letter {
            done,
            ask: Some(*ask),
            id: Some(*id),
            covers,
            names: names.join("\n"),
        };
        match self.style {
            Style::Id => self.letters.push_back(letter(!done.is_empty(), ReplyScope::Request, &[])),
            Style::Bare => {
                let letter = letter(!done.is_empty(), ReplyScope::Request, &[]);
                let id = letter.id.filter(|_| letter.done);
                self.letters.push_back(Letter { ask: None, id, ..letter });
            }
            Style::Names => {
                for topic in all {
                    let letter = letter(!refuses(&topic), ReplyScope::Named, &[topic]);
                    self.letters.push_back(Letter { id: None, ..letter });
                }
            }
            Style::Accepted => self.letters.push_back(letter(true, ReplyScope::NamedAlone, &done)),
            Style::Everything if any_bad && *ask == Ask::Subscribe => {
                let letter = letter(false, ReplyScope::Request, &[]);
                self.letters.push_back(Letter { ask: None, id: None, ..letter });
            }
            Style::Everything => {
                let all: Vec<_> = self.streams.iter().cloned().collect();
                let letter = letter(true, ReplyScope::Everything, &all);
                self.letters.push_back(Letter { ask: None, id: None, ..letter });
            }
        }
    }
}

/// A client and the venue, step by step.
pub(super) struct Bench {
    pub(super) now: u64,
    pub(super) style: Style,
    pub(super) set: SubscriptionSet<u64>,
    pub(super) venues: BTreeMap<u64, Venue>,
    pub(super) events: Vec<(u64, SubscriptionEvent)>,
}

impl Bench {
    pub(super) fn new(style: Style) -> Self {
        let (set, venues) = (SubscriptionSet::new(TERMS, 40), BTreeMap::new());
        Self { now: 0, style, set, venues, events: Vec::new() }
    }

    pub(super) fn open(&mut self, generation: u64) {
        self.set.open(at(self.now), generation);
        self.venues.insert(generation, Venue::new(self.style));
        self.set.connection(generation).unwrap().begin();
    }

    pub(super) fn close(&mut self, generation: u64) {
        self.set.close(generation);
        self.venues.remove(&generation);
    }

    pub(super) fn add(&mut self, topic: &str) {
        self.set.add(at(self.now), topic, topic, None).unwrap();
    }

    /// Lets a connection say what it has to say, of which the venue hears what `hears` says, and
    /// replies to what `replies` says.
    pub(super) fn talk(
        &mut self,
        generation: u64,
        mut hears: impl FnMut() -> bool,
        mut replies: impl FnMut() -> bool,
    ) {
        let now = at(self.now);
        let (Some(connection), Some(venue)) =
            (self.set.connection(generation), self.venues.get_mut(&generation))
        else {
            return;
        };
        loop {
            match connection.poll(now) {
                Step::Tell(event) => self.events.push((generation, event)),
                Step::End(_) => panic!("nothing asks for an end"),
                Step::Wait(due) => {
                    assert!(due.is_none_or(|due| due > now), "it would spin");
                    break;
                }
            }
        }
        while let Some(outgoing) = connection.next_outgoing(now, |_, _| true) {
            assert!(outgoing.topics.len() <= TERMS.batch_max && !outgoing.topics.is_empty());
            assert!(connection.next_outgoing(now, |_, _| true).is_none(), "one is being written");
            connection.handle_sent(now, outgoing.id, Sent::Written);
            if hears() {
                venue.take(&outgoing, replies());
            }
        }
    }

    pub(super) fn deliver(&mut self, generation: u64) {
        let Some(letter) = self.venues.get_mut(&generation).and_then(|it| it.letters.pop_front())
        else {
            return;
        };
        let Letter { done, ask, id, covers, names } = &letter;
        let (done, ask, id, covers) = (*done, *ask, *id, *covers);
        let reply = Reply { done, ask, id, covers, names, text: "no" };
        self.set.connection(generation).unwrap().handle_reply(at(self.now), reply);
    }

    pub(super) fn data(&mut self, generation: u64, pick: usize) {
        let Some(venue) = self.venues.get(&generation) else { return };
        let Some(topic) = venue.streams.iter().nth(pick % venue.streams.len().max(1)) else {
            return;
        };
        let topic = topic.clone();
        self.set.connection(generation).unwrap().handle_data(at(self.now), &topic);
    }

    /// Lets everybody behave, until nothing happens any more.
    pub(super) fn rest(&mut self) {
        for _ in 0..100 {
            self.now += 4_000;
            let generations: Vec<_> = self.venues.keys().copied().collect();
            for generation in generations {
                self.talk(generation, || true, || true);
                while self.venues[&generation].letters.front().is_some() {
                    self.deliver(generation);
                }
                for pick in 0..self.venues[&generation].streams.len() {
                    self.data(generation, pick);
                }
                self.talk(generation, || true, || true);
            }
        }
    }

    pub(super) fn wanted(&self) -> BTreeSet<String> {
        self.set.spellings().filter(|topic| !is_bad(topic)).map(str::to_owned).collect()
    }
}
