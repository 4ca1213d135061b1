//! What a client has asked for: the streams of which there is data.

use std::collections::VecDeque;

use heartbeat_core::{Frame, Timestamp};

use super::super::dialect::{Meaning, StreamChange};
use super::super::{Observation, Surprise};
use super::{Effect, Engine};
use crate::OwnedFrame;

/// How many streams one connection can have; one more is refused without a word.
const STREAMS_MAX: usize = 1_024;

/// How much of a message or of a stream's name observers are told, in characters.
const SHOWN_MAX: usize = 256;

/// The streams of one connection.
#[derive(Debug)]
pub(super) struct Streams {
    /// Whether there is data that nobody chose.
    usual: bool,
    /// Whether that lasts as long as the connection: it was asked for by whoever plays the venue.
    always: bool,
    chosen: Vec<String>,
    /// Which of them is next, where one is to be chosen from all.
    next: usize,
}

impl Streams {
    pub(super) const fn new(always: bool, from_opening: bool) -> Self {
        Self { usual: always || from_opening, always, chosen: Vec::new(), next: 0 }
    }

    pub(super) const fn is_any(&self) -> bool {
        self.usual || !self.chosen.is_empty()
    }

    /// Begins the data that nobody chooses.
    pub(super) const fn start_usual(&mut self) {
        self.usual = true;
    }

    pub(super) const fn stop_usual(&mut self) {
        self.usual = self.always;
    }

    /// Forgets what was asked for; tells whether there is still data.
    pub(super) fn forget(&mut self, from_opening: bool) -> bool {
        self.chosen.clear();
        self.usual = self.always || from_opening;
        self.usual
    }

    fn start(&mut self, stream: String) -> bool {
        let has_room = self.chosen.len() < STREAMS_MAX || self.chosen.contains(&stream);
        if has_room && !self.chosen.contains(&stream) {
            self.chosen.push(stream);
        }
        has_room
    }

    fn stop(&mut self, stream: &str) {
        self.chosen.retain(|chosen| chosen != stream);
    }

    /// Returns each in turn, for data that comes one message at a time; `None` is the usual.
    fn turn(&mut self) -> Option<String> {
        let len = self.chosen.len() + usize::from(self.usual);
        self.next = self.next.wrapping_add(1).checked_rem(len).unwrap_or_default();
        self.chosen.get(self.next).cloned()
    }
}

impl Engine {
    /// Takes the target of the request that opened the connection: what it asks for, and nothing
    /// else, is sent from now on.
    pub(in crate::mock) fn open_at(
        &mut self,
        now: Timestamp,
        target: &str,
        out: &mut VecDeque<Effect>,
    ) {
        let Some(streams) = self.dialect.open(target) else { return };
        self.streams.stop_usual();
        let changes = streams
            .into_iter()
            .map(|stream| StreamChange::Start { stream, reply: String::new() })
            .collect();
        self.on_streams(now, changes, out);
    }

    /// Does what a request about streams asks for, argument by argument.
    pub(super) fn on_streams(
        &mut self,
        now: Timestamp,
        changes: Vec<StreamChange>,
        out: &mut VecDeque<Effect>,
    ) {
        for change in changes {
            let reply = match change {
                StreamChange::Start { stream, reply } => {
                    let shown = shown(&stream);
                    if !self.streams.start(stream) {
                        let why = Surprise::RefusedRequest;
                        out.push_back(Effect::Observe(Observation::Unexpected { why }));
                        continue;
                    }
                    out.push_back(Effect::Observe(Observation::Subscribed { stream: shown }));
                    reply
                }
                StreamChange::Stop { stream, reply } => {
                    self.streams.stop(&stream);
                    let stream = shown(&stream);
                    out.push_back(Effect::Observe(Observation::Unsubscribed { stream }));
                    reply
                }
                StreamChange::Refuse { reply } => {
                    let why = Surprise::RefusedRequest;
                    out.push_back(Effect::Observe(Observation::Unexpected { why }));
                    reply
                }
                StreamChange::Reply { reply } => reply,
            };
            self.reply(reply, out);
        }
        self.feed(now);
    }

    /// Begins or ends market data, as there is something to send it of.
    pub(super) fn feed(&mut self, now: Timestamp) {
        if !self.streams.is_any() {
            self.next_data = None;
        } else if self.next_data.is_none() {
            self.on_subscription(now);
        }
    }

    /// Writes a message of market data of everything that was asked for.
    pub(super) fn all_data(
        &mut self,
        now: Timestamp,
        number: Option<u64>,
        out: &mut VecDeque<Effect>,
    ) {
        if self.streams.usual {
            let data = self.data_of(now, None, number);
            out.push_back(Effect::Data(data));
        }
        for at in 0..self.streams.chosen.len() {
            let stream = self.streams.chosen.get(at).cloned();
            let data = self.data_of(now, stream.as_deref(), number);
            // Of a private stream there is nothing until something happens.
            if data != OwnedFrame::text("") {
                out.push_back(Effect::Data(data));
            }
        }
    }

    /// Writes the next piece of market data, of what was asked for in turn.
    pub(in crate::mock) fn data(&mut self, now: Timestamp) -> OwnedFrame {
        let stream = self.streams.turn();
        self.data_of(now, stream.as_deref(), None)
    }

    /// Writes market data, with its number in the channel, if it has one.
    fn data_of(&mut self, now: Timestamp, stream: Option<&str>, number: Option<u64>) -> OwnedFrame {
        self.data_serial += 1;
        let (wall, serial) = (self.wall(now), self.data_serial);
        let mut text = match stream {
            Some(stream) => self.dialect.data_of(wall, serial, stream),
            None => self.dialect.data(wall, serial),
        };
        if text.is_empty() {
            return OwnedFrame::Text(text);
        }
        self.dialect.lengthen(&mut text, self.data_size);
        if let Some(number) = number {
            self.dialect.number(&mut text, number);
        }
        self.dialect.pack(text)
    }

    /// Tells observers of a message that is no heartbeat, if they are to be told.
    pub(super) fn tell_message(
        &self,
        frame: Frame<'_>,
        meaning: &Meaning,
        out: &mut VecDeque<Effect>,
    ) {
        let is_heartbeat = matches!(meaning, Meaning::Probe { .. } | Meaning::Response { .. });
        if self.tells_messages && !is_heartbeat {
            let len = frame.len();
            let text = if let Frame::Text(text) = frame { shown(text) } else { Box::default() };
            out.push_back(Effect::Observe(Observation::Message { text, len }));
        }
    }
}

/// Returns the beginning of a text, for observers.
pub(super) fn shown(text: &str) -> Box<str> {
    text.chars().take(SHOWN_MAX).collect()
}
