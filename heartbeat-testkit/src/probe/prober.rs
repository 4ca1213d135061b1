//! One connection of an experiment, without IO.

use core::time::Duration;
use std::collections::VecDeque;

use heartbeat_core::{
    Frame, Layer, Outbox, OutboxError, Platform, ProbeId, Signal, Timestamp, WallTime,
};

use super::experiment::{Answers, Job, Says};
use super::recording::Times;
use super::{End, Experiment, Options, Recording, Subject};
use crate::OwnedFrame;

/// A text that no venue can take for a message.
const MALFORMED: &str = "{";

/// A message that asks for nothing, where the dialect has no probe that is one.
const NOTHING: &str = "{}";

/// How many probes and pings are waited for at once; an answer to an older one is not counted.
const OPEN_MAX: usize = 64;

/// One connection of an experiment: says what it is to say, answers or does not, and records what
/// comes.
///
/// Made by a [`Plan`](super::Plan) when the connection is to be opened. Whoever drives it opens a
/// WebSocket, calls [`handle_opened`](Self::handle_opened), hands over every frame as it is read,
/// pings and closes among them, and polls until it waits. Nobody else may answer pings on this
/// connection.
///
/// Bounds: two frames waiting for each frame read, and those of a [`Recording`].
#[derive(Debug)]
#[must_use = "a client that nobody drives records nothing"]
pub struct Prober {
    subject: Subject,
    subscribe: Vec<Box<str>>,
    wall_time: Option<WallTime>,
    outbox: Outbox,
    outgoing: VecDeque<OwnedFrame>,
    state: State,
    next_say: Option<Timestamp>,
    ends: Timestamp,
    /// How often something was said unasked.
    turns: u32,
    /// What waits for an answer: the number of each, and when it left.
    probes: VecDeque<(u32, Timestamp)>,
    pings: VecDeque<(u32, Timestamp)>,
    /// Until when a beat is taken for the receipt of an answer, and how long one may take.
    receipt_by: Option<Timestamp>,
    receipt_within: Duration,
    recording: Recording,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Opening,
    Open,
    Over,
}

/// One thing that whoever drives a [`Prober`] must do.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "a driver must not overlook a new kind of action")]
#[must_use = "a client whose actions are not carried out measures nothing"]
pub enum ProberAction {
    /// Send this frame; a close among them.
    Send(OwnedFrame),
    /// Nothing is left to do before this point in time, or without an input.
    Wait(Option<Timestamp>),
    /// The experiment is over: the transport can be dropped, once what was sent is written.
    Over,
}

impl Prober {
    pub(super) fn new(subject: Subject, job: Job, options: &Options, now: Timestamp) -> Self {
        Self {
            subject,
            subscribe: options.subscribe.clone(),
            wall_time: options.wall_time,
            outbox: Outbox::new(),
            outgoing: VecDeque::new(),
            state: State::Opening,
            next_say: None,
            ends: now,
            turns: 0,
            probes: VecDeque::new(),
            pings: VecDeque::new(),
            receipt_by: None,
            receipt_within: options.resolution,
            recording: Recording::begin(job, now),
        }
    }

    /// Returns which experiment it makes.
    pub const fn experiment(&self) -> Experiment {
        self.recording.experiment()
    }

    /// Returns what was recorded.
    pub fn into_recording(self) -> Recording {
        self.recording
    }

    // ------------------------------------------------------------------ inputs

    /// Notes that the opening handshake is done.
    pub fn handle_opened(&mut self, now: Timestamp) {
        if self.state != State::Opening {
            return;
        }
        let job = self.recording.job;
        self.state = State::Open;
        self.recording = Recording::begin(job, now);
        self.ends = now.saturating_add(job.lasts);
        if job.experiment.says() != Says::Nothing {
            self.next_say = now.checked_add(job.first);
        }
        if job.arms {
            self.write(now, |platform, out| platform.arm(out));
        }
        if job.subscribes {
            for message in self.subscribe.clone() {
                self.say(now, OwnedFrame::Text(message.into()));
            }
        }
    }

    /// Notes that there will be no connection.
    pub fn handle_refused(&mut self, now: Timestamp, why: impl Into<Box<str>>) {
        self.finish(now, End::NotOpened { why: why.into() });
    }

    /// Notes that the transport ended.
    pub fn handle_closed(&mut self, now: Timestamp) {
        self.finish(now, End::Cut);
    }

    /// Notes that what came is no frame of RFC 6455.
    pub fn handle_broken(&mut self, now: Timestamp, why: impl Into<Box<str>>) {
        self.finish(now, End::Broken { why: why.into() });
    }

    /// Takes a frame that the venue sent.
    pub fn handle_frame(&mut self, now: Timestamp, frame: Frame<'_>) {
        if self.state != State::Open {
            return;
        }
        match frame {
            Frame::Ping(payload) => {
                self.note_challenge(now, Layer::Control, frame, !payload.is_empty());
                self.pong(now, payload);
            }
            Frame::Pong(payload) => {
                let id = ProbeId::from_payload(payload).map(ProbeId::number);
                if let Some(at) = id.and_then(|id| take(&mut self.pings, Some(id))) {
                    self.recording.pings.answer(now.saturating_since(at));
                }
            }
            Frame::Close { code, reason } => {
                self.outgoing.push_back(OwnedFrame::Close { code, reason: String::new() });
                self.finish(now, End::Closed { code, reason: reason.into() });
            }
            Frame::Text(_) | Frame::Binary(_) => {
                self.recording.heard.note(now);
                self.recording.any.note(now);
                self.on_message(now, frame);
            }
        }
    }

    fn on_message(&mut self, now: Timestamp, frame: Frame<'_>) {
        match self.subject.platform.classify(frame) {
            Signal::Challenge { token } => {
                let token = token.as_bytes().unwrap_or_default();
                self.note_challenge(now, Layer::Dialect, frame, !token.is_empty());
                self.respond(now, token);
            }
            // What comes right behind an answer acknowledges it.
            Signal::Beat { .. } if self.receipt_by.take().is_some_and(|by| now <= by) => {
                self.recording.receipts += 1;
            }
            Signal::Beat { .. } => self.recording.beats.add(now, || frame.into()),
            Signal::Answer { probe } => {
                if let Some(at) = take(&mut self.probes, probe.map(ProbeId::number)) {
                    self.recording.probes.answer(now.saturating_since(at));
                }
            }
            Signal::Notice { .. } => self.recording.notices += 1,
            Signal::Terms { .. } => {
                self.recording.terms.get_or_insert_with(|| frame.into());
            }
            Signal::ArmRefused => self.recording.arm_refused = true,
            Signal::Armed => {}
            Signal::Data | Signal::Unsolicited | _ => {
                self.recording.data += 1;
                self.recording.rhythms.add(now, frame);
            }
        }
    }

    fn note_challenge(&mut self, now: Timestamp, layer: Layer, frame: Frame<'_>, has_token: bool) {
        self.recording.layer.get_or_insert(layer);
        self.recording.has_token |= has_token;
        Times::add(&mut self.recording.challenges, now, || frame.into());
    }

    fn pong(&mut self, now: Timestamp, payload: &[u8]) {
        let echo = match self.recording.experiment().answers() {
            Answers::Never => return,
            Answers::Rightly => payload.to_vec(),
            Answers::Wrongly => self.spoil(now, payload),
        };
        self.outgoing.push_back(OwnedFrame::Pong(echo));
    }

    fn respond(&mut self, now: Timestamp, token: &[u8]) {
        let echo = match self.recording.experiment().answers() {
            Answers::Never => return,
            Answers::Rightly => token.to_vec(),
            Answers::Wrongly => self.spoil(now, token),
        };
        self.receipt_by = now.checked_add(self.receipt_within);
        self.write(now, |platform, out| platform.respond(&echo, out));
    }

    /// Returns another echo of the same length and kind; of nothing there is none.
    fn spoil(&mut self, now: Timestamp, token: &[u8]) -> Vec<u8> {
        if !token.is_empty() {
            self.recording.first_wrong.get_or_insert(now);
        }
        spoilt(token)
    }

    // ----------------------------------------------------------------- outputs

    /// Returns the next thing to do at `now`. Polling early or twice does nothing.
    pub fn poll(&mut self, now: Timestamp) -> ProberAction {
        if self.state == State::Open {
            if self.next_say.is_some_and(|at| at <= now) {
                self.say_next(now);
            }
            if self.ends <= now {
                self.outgoing
                    .push_back(OwnedFrame::Close { code: Some(1000), reason: String::new() });
                self.finish(now, End::Ours);
            }
        }
        if let Some(frame) = self.outgoing.pop_front() {
            return ProberAction::Send(frame);
        }
        match self.state {
            State::Opening => ProberAction::Wait(None),
            State::Open => {
                ProberAction::Wait([self.next_say, Some(self.ends)].into_iter().flatten().min())
            }
            State::Over => ProberAction::Over,
        }
    }

    fn say_next(&mut self, now: Timestamp) {
        let job = self.recording.job;
        self.turns += 1;
        self.next_say = now.checked_add(job.every);
        self.recording.first_said.get_or_insert(now);
        let is_odd = self.turns % 2 == 1;
        let has_probe = self.subject.has_text_probe();
        match job.experiment.says() {
            Says::Pings => self.ping(now),
            Says::ProbesAndPings if is_odd && job.pings => self.ping(now),
            Says::Probes | Says::ProbesAndPings if has_probe => self.probe(now),
            Says::Probes | Says::ProbesAndPings if self.subject.has_keepalive() => {
                self.write(now, |platform, out| platform.keepalive(out));
            }
            // Where the dialect's probe is a ping frame, it has been one already.
            Says::ProbesAndPings | Says::Nothing => {
                let silent = now.saturating_since(self.recording.said.last);
                if job.speaks_after.is_some_and(|after| silent >= after) {
                    self.say(now, OwnedFrame::text(NOTHING));
                }
            }
            Says::Probes => self.say(now, OwnedFrame::text(NOTHING)),
            Says::Malformed => {
                self.next_say = None;
                self.say(now, OwnedFrame::text(MALFORMED));
            }
            Says::TooLong => {
                let len = job.len_max + usize::from(!is_odd);
                self.next_say = self.next_say.filter(|_| is_odd);
                let probe = self.subject.text_probe().unwrap_or_default();
                // White space after a value is no part of it.
                self.say(now, OwnedFrame::Text(format!("{probe:len$}")));
            }
        }
    }

    fn ping(&mut self, now: Timestamp) {
        let id = ProbeId::from_number(self.turns);
        self.recording.pings.sent += 1;
        wait_for(&mut self.pings, self.turns, now);
        self.outgoing.push_back(OwnedFrame::Ping(id.payload().as_bytes().to_vec()));
    }

    fn probe(&mut self, now: Timestamp) {
        let id = ProbeId::from_number(self.turns);
        self.recording.probes.sent += 1;
        wait_for(&mut self.probes, self.turns, now);
        self.write(now, |platform, out| platform.probe(id, out));
    }

    /// Says what the platform writes; nothing if it cannot.
    fn write(
        &mut self,
        now: Timestamp,
        write: impl FnOnce(&dyn Platform, &mut Outbox) -> Result<(), OutboxError>,
    ) {
        let since = now.saturating_since(Timestamp::ZERO);
        let wall = self.wall_time.map(|at| {
            let millis = u64::try_from(since.as_millis()).unwrap_or(u64::MAX);
            WallTime::from_unix_millis(at.as_unix_millis().saturating_add(millis))
        });
        self.outbox.set_wall_time(wall);
        self.outbox.clear();
        let written = write(&*self.subject.platform, &mut self.outbox);
        if let (Ok(()), Some(frame)) = (written, self.outbox.frame().map(OwnedFrame::from)) {
            self.say(now, frame);
        }
    }

    fn say(&mut self, now: Timestamp, frame: OwnedFrame) {
        if matches!(frame, OwnedFrame::Text(_) | OwnedFrame::Binary(_)) {
            self.recording.said.note(now);
            self.recording.any.note(now);
        }
        self.outgoing.push_back(frame);
    }

    fn finish(&mut self, now: Timestamp, end: End) {
        if self.state != State::Over {
            self.state = State::Over;
            self.next_say = None;
            if !matches!(end, End::Ours | End::Closed { .. }) {
                self.outgoing.clear();
            }
            self.recording.finish(now, end);
        }
    }
}

fn wait_for(open: &mut VecDeque<(u32, Timestamp)>, id: u32, now: Timestamp) {
    if open.len() >= OPEN_MAX {
        open.pop_front();
    }
    open.push_back((id, now));
}

/// Takes out when the one that an answer names left; the oldest if it names none.
fn take(open: &mut VecDeque<(u32, Timestamp)>, id: Option<u32>) -> Option<Timestamp> {
    let at = match id {
        Some(id) => open.iter().position(|(number, _)| *number == id)?,
        None => 0,
    };
    open.remove(at).map(|(_, at)| at)
}

/// Returns another token of the same length, and of the same kind of bytes.
fn spoilt(token: &[u8]) -> Vec<u8> {
    let mut spoilt = token.to_vec();
    if let Some(last) = spoilt.last_mut() {
        *last = match *last {
            b'9' => b'0',
            b'z' => b'a',
            b'Z' => b'A',
            byte if byte.is_ascii_alphanumeric() => byte + 1,
            byte => byte ^ 1,
        };
    }
    spoilt
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_echo_is_as_long_and_of_the_same_kind() {
        for token in ["7", "1790000000001", "cafe9", "z", "\u{1}"] {
            let other = spoilt(token.as_bytes());
            assert_eq!(other.len(), token.len());
            assert_ne!(other, token.as_bytes());
            assert!(str::from_utf8(&other).is_ok());
        }
        assert_eq!(spoilt(b""), b"");
    }
}
