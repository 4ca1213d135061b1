//! What the core adds to a frame, by one venue whose challenges are messages.

use core::hint::black_box;
use core::time::Duration;

use heartbeat_core::{
    Action, Detector, Frame, Outbox, Outlet, Responder, Session, Signal, Timestamp,
};
use heartbeat_platforms::Exchange;

use crate::line::ARMED;
use crate::measure::{Effort, medians};
use crate::report::Report;
use crate::rivals;
use crate::traffic;

/// As many frames as a driver reads in a turn.
const BATCH: usize = 32;

const CHALLENGE: &str =
    r#"{"jsonrpc":"2.0","method":"heartbeat","params":{"type":"test_request"}}"#;

pub(crate) fn measure(effort: Effort, report: &mut Report) {
    let texts = batch();
    let mut busy = Pace::new();
    let mut asked = Pace::new();
    let mut out = Outbox::new();
    let [batch, answer, typed, cycle] = medians(
        effort,
        [
            &mut || busy.batch(&texts),
            &mut || respond(&mut out),
            &mut || drop(black_box(serde_json::from_str::<Asked<'_>>(black_box(CHALLENGE)))),
            &mut || asked.challenge(),
        ],
    );
    let frame = batch.per(BATCH);
    println!("\n## The core, by Deribit, ns\n\n| work | ns |\n|---|---|");
    println!("| a data frame through session and drain, {BATCH} at a time | {frame} |");
    println!("| a challenge recognised and its response written | {answer} |");
    println!("| the same challenge recognised by typed serde | {typed} |");
    println!("| a challenge through the session to its response reported | {cycle} |");
    report.note("session_ns_frame", frame.nanos());
    report.note("answer_ns", answer.nanos());
}

/// Makes as many messages as a driver reads in a turn.
pub(crate) fn batch() -> Vec<String> {
    (0..BATCH).map(|at| traffic::deribit(120 + at * 40)).collect()
}

#[derive(serde::Deserialize)]
struct Asked<'a> {
    #[serde(rename = "method", borrow)]
    _method: &'a str,
    #[serde(rename = "params", borrow)]
    _params: Params<'a>,
}

#[derive(serde::Deserialize)]
struct Params<'a> {
    #[serde(rename = "type", borrow)]
    _kind: &'a str,
}

pub(crate) fn respond(out: &mut Outbox) {
    let signal = black_box(Exchange::Deribit.classify(black_box(Frame::Text(CHALLENGE))));
    if let Signal::Challenge { token } = signal
        && let Some(token) = token.as_bytes()
    {
        out.clear();
        black_box(Exchange::Deribit.respond(token, out).ok());
        black_box(out.frame());
    }
}

/// An armed session, and its time.
pub(crate) struct Pace {
    session: Session<Exchange>,
    now: Timestamp,
}

impl Pace {
    pub(crate) fn new() -> Self {
        let mut pace = Self { session: rivals::session(Exchange::Deribit), now: Timestamp::ZERO };
        pace.drain();
        pace.feed(ARMED);
        pace.drain();
        pace
    }

    fn feed(&mut self, text: &str) {
        let whose = self.session.handle_frame(self.now, black_box(Frame::Text(text)));
        black_box(&whose);
    }

    pub(crate) fn batch(&mut self, texts: &[String]) {
        self.now = self.now.saturating_add(Duration::from_nanos(1));
        texts.iter().for_each(|text| self.feed(text));
        self.drain();
    }

    pub(crate) fn challenge(&mut self) {
        self.now = self.now.saturating_add(Duration::from_nanos(1));
        self.feed(CHALLENGE);
        self.drain();
    }

    fn drain(&mut self) {
        loop {
            match self.session.poll_action(self.now, Outlet::Ready) {
                Action::Respond(frame) | Action::Transmit(frame) => {
                    black_box(frame);
                    self.session.handle_transmitted(self.now);
                }
                Action::RecordLatency(_) | Action::Notify(_) => {}
                Action::Disconnect(cause) => panic!("the bench lost its session: {cause:?}"),
                Action::Wait(_) => return,
            }
        }
    }
}
