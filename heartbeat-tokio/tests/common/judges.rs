//! The simulation's judges, looking on at a connection of the driver's.

use core::pin::Pin;
use core::task::{Context, Poll};
use core::time::Duration;
use std::sync::{Arc, Mutex};

use futures_util::{Sink, Stream};
use heartbeat_core::{Config, Counters, Timestamp};
use heartbeat_testkit::{
    Detection, Entry, Growth, Kicks, Oracle, OwnedFrame, Spin, Step, Verdicts, Vitals,
};
use heartbeat_tokio::tungstenite::{Error, Message};
use heartbeat_tokio::{MonotonicClock, Transport};

/// Judges who share one view of what happens.
#[derive(Debug)]
pub(crate) struct Judges {
    clock: MonotonicClock,
    bench: Mutex<Bench>,
}

#[derive(Debug)]
struct Bench {
    oracles: Vec<Box<dyn Oracle + Send>>,
    vitals: Vitals,
}

impl Judges {
    /// Begins now. What a driver responds with is for the venue to judge.
    pub(crate) fn new(config: &Config) -> Self {
        let bound = config.silence_bound();
        let speaks_within = config.probing().map_or(Duration::ZERO, |probing| probing.every);
        let oracles: Vec<Box<dyn Oracle + Send>> = vec![
            Box::new(Kicks::new(speaks_within)),
            Box::new(Detection::new(bound, config.grace())),
            Box::new(Verdicts::new(bound, config.grace())),
            Box::new(Spin::new()),
            Box::new(Growth::new()),
        ];
        let bench = Mutex::new(Bench { oracles, vitals: Vitals::default() });
        Self { clock: MonotonicClock::anchored(Timestamp::ZERO), bench }
    }

    /// Shows them what happened.
    #[track_caller]
    pub(crate) fn see(&self, what: Step) {
        let entry = Entry::new(self.clock.now(), what);
        self.ask(|oracle, vitals| {
            oracle.see(&entry)?;
            oracle.tick(entry.at, vitals)
        });
    }

    /// Shows them that the driver was at work once more.
    #[track_caller]
    fn turn(&self) {
        self.bench.lock().unwrap().vitals.drains += 1;
        let now = self.clock.now();
        self.ask(|oracle, vitals| oracle.tick(now, vitals));
    }

    /// Shows them the end.
    #[track_caller]
    pub(crate) fn finish(&self, counters: &Counters) {
        self.ask(|oracle, _| oracle.finish(counters));
    }

    #[track_caller]
    fn ask(&self, question: impl Fn(&mut dyn Oracle, Vitals) -> Result<(), String>) {
        let mut bench = self.bench.lock().unwrap();
        let vitals = bench.vitals;
        for oracle in &mut bench.oracles {
            if let Err(what) = question(oracle.as_mut(), vitals) {
                panic!("{} at {:?}: {what}", oracle.name(), self.clock.now());
            }
        }
    }
}

/// A transport that shows the judges what is read from it, and how often it is asked.
pub(crate) struct Tapped<S> {
    transport: S,
    judges: Arc<Judges>,
}

impl<S> Tapped<S> {
    pub(crate) fn new(transport: S, judges: Arc<Judges>) -> Self {
        Self { transport, judges }
    }
}

impl<S: Transport> Stream for Tapped<S> {
    type Item = Result<Message, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let read = Pin::new(&mut self.transport).poll_next(cx);
        match &read {
            Poll::Ready(Some(Ok(message))) => self.judges.see(Step::ClientReads(owned(message))),
            Poll::Ready(_) => {}
            // Once in each turn.
            Poll::Pending => self.judges.turn(),
        }
        read
    }
}

impl<S: Transport> Sink<Message> for Tapped<S> {
    type Error = Error;

    fn poll_ready(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        Pin::new(&mut self.transport).poll_ready(cx)
    }

    fn start_send(mut self: Pin<&mut Self>, message: Message) -> Result<(), Error> {
        Pin::new(&mut self.transport).start_send(message)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        Pin::new(&mut self.transport).poll_flush(cx)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        Pin::new(&mut self.transport).poll_close(cx)
    }
}

fn owned(message: &Message) -> OwnedFrame {
    match message {
        Message::Text(text) => OwnedFrame::text(text.as_str()),
        Message::Binary(bytes) => OwnedFrame::Binary(bytes.to_vec()),
        Message::Ping(payload) => OwnedFrame::Ping(payload.to_vec()),
        Message::Pong(payload) => OwnedFrame::Pong(payload.to_vec()),
        Message::Close(_) | Message::Frame(_) => {
            OwnedFrame::Close { code: None, reason: String::new() }
        }
    }
}
