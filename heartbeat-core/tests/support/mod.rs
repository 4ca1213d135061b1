//! A dialect in plain words and a driver in ten lines, for the tests of the machine.

#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    reason = "shared by test crates that each use a part"
)]

pub mod run;

use core::time::Duration;

use heartbeat_core::{
    Action, Cause, Clock, Config, ConfigBuilder, Detector, Disposition, Event, Frame, Heard,
    Heartbeat, LatencySample, NoticeKind, Outbox, OutboxError, Outlet, Patience, Platform, ProbeId,
    Responder, Safeguard, Session, Signal, Terms, Timestamp, Token,
};

/// A venue whose every message says what it is.
#[derive(Clone, Copy, Debug, Default)]
pub struct Words {
    /// Whether the heartbeat must be armed.
    pub arms: bool,
    /// Whether a farewell is said.
    pub bids_farewell: bool,
    /// Whether it can be asked to cancel on disconnect.
    pub cancels: bool,
}

impl Detector for Words {
    fn classify(&self, frame: Frame<'_>) -> Signal {
        let Frame::Text(text) = frame else { return Signal::of_control(frame) };
        let (word, rest) = text.split_once(' ').unwrap_or((text, ""));
        match word {
            "beat" => Signal::Beat { counter: rest.parse().ok() },
            "challenge" => Signal::Challenge { token: Token::new(rest.as_bytes()) },
            "answer" => Signal::Answer { probe: rest.parse().ok().map(ProbeId::from_number) },
            "armed" => Signal::Armed,
            "refused" => Signal::ArmRefused,
            "mixed" => {
                Signal::Mixed { heartbeat: Heartbeat::Challenge { token: Token::new(b"7") } }
            }
            "terms" | "agreed" => Signal::Terms { terms: terms(rest), arms: word == "agreed" },
            "granted" => Signal::SafeguardSet { safeguard: safeguard(rest) },
            "denied" => Signal::SafeguardRefused { safeguard: safeguard(rest) },
            "notice" => Signal::Notice { kind: NoticeKind::Shutdown, deadline: None },
            _ => Signal::Data,
        }
    }
}

/// Reads `session 9000 5000 -`: what will be heard within 9 s, and that responses have 5 s.
fn terms(words: &str) -> Terms {
    let mut words = words.split(' ');
    let clock = if words.next() == Some("transport") { Clock::Transport } else { Clock::Session };
    let mut span = || words.next()?.parse().ok().map(Duration::from_millis);
    let heard = span().map(|within| Heard { clock, within });
    Terms { heard, patience: Patience { response: span(), silence: span() } }
}

fn safeguard(word: &str) -> Safeguard {
    if word == "dead-man" { Safeguard::DeadMan } else { Safeguard::CancelOnDisconnect }
}

impl Responder for Words {
    fn respond(&self, token: &[u8], out: &mut Outbox) -> Result<(), OutboxError> {
        out.text_around("response ", token, "")
    }

    fn arm(&self, out: &mut Outbox) -> Result<(), OutboxError> {
        if self.arms { out.text(format_args!("arm")) } else { Ok(()) }
    }

    fn probe(&self, id: ProbeId, out: &mut Outbox) -> Result<(), OutboxError> {
        out.text(format_args!("probe {id}"))
    }

    fn keepalive(&self, out: &mut Outbox) -> Result<(), OutboxError> {
        out.text(format_args!("keepalive"))
    }

    fn dead_man(&self, timeout: Duration, out: &mut Outbox) -> Result<(), OutboxError> {
        out.text(format_args!("dead-man {}", timeout.as_millis()))
    }

    fn cancel_on_disconnect(&self, out: &mut Outbox) -> Result<(), OutboxError> {
        if self.cancels { out.text(format_args!("cancel")) } else { Ok(()) }
    }

    fn farewell(&self, out: &mut Outbox) -> Result<(), OutboxError> {
        if self.bids_farewell { out.text(format_args!("farewell")) } else { Ok(()) }
    }
}

impl Platform for Words {
    fn name(&self) -> &'static str {
        "words"
    }

    fn defaults(&self) -> ConfigBuilder {
        Config::builder().transport_limit(secs(60))
    }
}

/// What a drain brought, with frames as text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Out {
    Respond(String),
    Transmit(String),
    Latency(LatencySample),
    Event(Event),
    Disconnect(Cause),
}

/// A session and the time it is fed.
pub struct Run {
    pub session: Session<Words>,
    pub now: Timestamp,
    pub outlet: Outlet,
}

impl Run {
    pub fn new(platform: Words, config: ConfigBuilder) -> Self {
        let session = Session::new(platform, config.build().unwrap(), Timestamp::ZERO);
        Self { session, now: Timestamp::ZERO, outlet: Outlet::Ready }
    }

    /// Moves time to `millis` without polling.
    pub fn at(&mut self, millis: u64) -> &mut Self {
        self.now = Timestamp::from_millis(millis);
        self
    }

    /// Feeds a frame in.
    pub fn read(&mut self, frame: Frame<'_>) -> Disposition {
        self.session.handle_frame(self.now, frame)
    }

    /// Feeds a text frame in, whoever it is for.
    pub fn text(&mut self, text: &str) {
        let _ = self.read(Frame::Text(text));
    }

    /// Feeds a ping in.
    pub fn ping(&mut self, payload: &[u8]) {
        assert_eq!(self.read(Frame::Ping(payload)), Disposition::Absorb);
    }

    /// Reports that a part of a message was read.
    pub fn receiving(&mut self) {
        self.session.handle_receiving(self.now);
    }

    /// Reports what was handed out last as written.
    pub fn written(&mut self) {
        self.session.handle_transmitted(self.now);
    }

    /// Reports what was handed out last as refused.
    pub fn refused(&mut self) {
        self.session.handle_transmit_failed(self.now);
    }

    /// Reports the transport's own pongs as written.
    pub fn pongs_written(&mut self) {
        self.session.handle_pongs_written(self.now);
    }

    /// Reports that the application wrote something.
    pub fn sent(&mut self) {
        self.session.handle_sent(self.now);
    }

    /// Drains, without any report of what became of a write, and returns the deadline.
    #[track_caller]
    pub fn drain(&mut self) -> (Vec<Out>, Option<Timestamp>) {
        let mut outs = Vec::new();
        for _ in 0..64 {
            let out = match self.session.poll_action(self.now, self.outlet) {
                Action::Respond(frame) => Out::Respond(words(frame)),
                Action::Transmit(frame) => Out::Transmit(words(frame)),
                Action::RecordLatency(sample) => Out::Latency(sample),
                Action::Notify(event) => Out::Event(event),
                Action::Disconnect(cause) => Out::Disconnect(cause),
                Action::Wait(deadline) => return (outs, deadline),
            };
            outs.push(out);
        }
        panic!("a drain did not end: {outs:?}");
    }

    /// Drains and reports every frame as written at once.
    #[track_caller]
    pub fn flush(&mut self) -> Vec<Out> {
        let mut outs = self.drain().0;
        for _ in 0..64 {
            self.written();
            let (more, _) = self.drain();
            if more.is_empty() {
                return outs;
            }
            outs.extend(more);
        }
        panic!("writes did not end: {outs:?}");
    }

    /// Moves from deadline to deadline up to `millis`, reporting every write as done, and
    /// returns all that came with its time. The drain at `millis` is included.
    #[track_caller]
    pub fn run_until(&mut self, millis: u64) -> Vec<(u64, Out)> {
        let end = Timestamp::from_millis(millis);
        let mut outs = Vec::new();
        for _ in 0..10_000 {
            let at = self.now.as_nanos() / 1_000_000;
            outs.extend(self.flush().into_iter().map(|out| (at, out)));
            let (_, deadline) = self.drain();
            let Some(deadline) = deadline.filter(|deadline| *deadline <= end) else {
                self.now = end;
                return outs;
            };
            self.now = deadline;
        }
        panic!("time did not pass: {outs:?}");
    }
}

/// Keeps of a run's outcome the frames and the verdict, and drops the reports.
pub fn acts(outs: &[(u64, Out)]) -> Vec<(u64, Out)> {
    outs.iter()
        .filter(|(_, out)| !matches!(out, Out::Event(_) | Out::Latency(_)))
        .cloned()
        .collect()
}

/// Keeps of a drain the frames and the verdict, and drops the reports.
pub fn acts_of(outs: &[Out]) -> Vec<Out> {
    outs.iter().filter(|out| !matches!(out, Out::Event(_) | Out::Latency(_))).cloned().collect()
}

pub fn events(outs: &[Out]) -> Vec<Event> {
    let event = |out: &Out| if let Out::Event(event) = out { Some(*event) } else { None };
    outs.iter().filter_map(event).collect()
}

pub fn respond(text: &str) -> Out {
    Out::Respond(text.to_owned())
}

pub fn transmit(text: &str) -> Out {
    Out::Transmit(text.to_owned())
}

pub const fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

pub const fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

fn words(frame: Frame<'_>) -> String {
    match frame {
        Frame::Text(text) => text.to_owned(),
        Frame::Ping(payload) => format!("PING {}", String::from_utf8_lossy(payload)),
        Frame::Pong(payload) => format!("PONG {}", String::from_utf8_lossy(payload)),
        Frame::Binary(_) | Frame::Close { .. } => format!("{frame:?}"),
    }
}
