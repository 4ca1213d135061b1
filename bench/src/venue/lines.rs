//! What the venue does on one line.

use core::time::Duration;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use futures_util::{SinkExt, StreamExt};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::sync::broadcast;
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;

use super::serve::say;
use crate::line::{ARMED, frame};
use crate::measure::now;
use crate::traffic;

pub(crate) trait Io: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> Io for T {}

/// What a line is for: the path of its URL says so.
#[derive(Clone, Copy, Debug)]
pub(super) enum Duty {
    /// So many messages of so many bytes, as fast as they can be written.
    Blast { bytes: usize, count: usize },
    /// Nothing but what is ordered.
    Quiet,
    /// So many challenges, one after the other, each a message or a ping.
    Ask { ping: bool, rounds: usize },
    /// Twenty thousand messages a second, and so many pings among them.
    Flood { pings: usize },
}

impl Duty {
    pub(super) fn parse(path: &str) -> Option<Self> {
        let mut words = path.trim_matches('/').split('/');
        let name = words.next()?;
        let mut number = || words.next().and_then(|word| word.parse().ok());
        Some(match name {
            "blast" => Self::Blast { bytes: number()?, count: number()? },
            "quiet" => Self::Quiet,
            "ask" => Self::Ask { ping: false, rounds: number()? },
            "ping" => Self::Ask { ping: true, rounds: number()? },
            "flood" => Self::Flood { pings: number()? },
            _ => return None,
        })
    }
}

/// What all quiet lines are told to do.
#[derive(Clone, Copy, Debug)]
pub(super) enum Order {
    /// Send one message.
    Send { bytes: usize },
    /// Send so many messages of so many bytes at once.
    Burst { bytes: usize, count: usize },
    /// Ask so often, so far apart.
    Ask { rounds: u32, every: Duration },
    /// Say how the answers came.
    Report,
}

impl Order {
    pub(super) fn parse(word: &str) -> Option<Self> {
        let mut words = word.split(' ');
        let name = words.next()?;
        let mut number = || words.next().and_then(|word| word.parse::<usize>().ok());
        Some(match name {
            "send" => Self::Send { bytes: number()? },
            "burst" => Self::Burst { bytes: number()?, count: number()? },
            "ask" => Self::Ask {
                rounds: u32::try_from(number()?).ok()?,
                every: Duration::from_millis(number()? as u64),
            },
            "report" => Self::Report,
            _ => return None,
        })
    }
}

/// How long an answer may take.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);

/// What all lines have done together.
#[derive(Default)]
pub(super) struct Ledger {
    left: AtomicUsize,
    /// How many have begun to ask.
    askers: AtomicUsize,
    asked: AtomicUsize,
    missed: AtomicUsize,
    /// In microseconds.
    took: Mutex<Vec<u32>>,
}

impl Ledger {
    /// Begins an order that so many lines carry out.
    pub(super) fn begin(&self, lines: usize) {
        self.left.store(lines, Ordering::SeqCst);
    }

    fn done(&self) {
        if self.left.fetch_sub(1, Ordering::SeqCst) == 1 {
            say("done");
        }
    }

    fn note(&self, took: Option<Duration>) {
        self.asked.fetch_add(1, Ordering::SeqCst);
        match took {
            None => drop(self.missed.fetch_add(1, Ordering::SeqCst)),
            Some(took) => {
                let micros = u32::try_from(took.as_micros()).unwrap_or(u32::MAX);
                self.took.lock().unwrap_or_else(PoisonError::into_inner).push(micros);
            }
        }
    }

    /// Says how many were asked and missed, and the middle, the 99th of a hundred and the last.
    pub(super) fn report(&self) -> String {
        let mut took =
            core::mem::take(&mut *self.took.lock().unwrap_or_else(PoisonError::into_inner));
        took.sort_unstable();
        let at = |share: usize| took.get(took.len() * share / 100).or(took.last()).unwrap_or(&0);
        let (asked, missed) =
            (self.asked.swap(0, Ordering::SeqCst), self.missed.swap(0, Ordering::SeqCst));
        format!("{asked} {missed} {} {} {}", at(50), at(99), took.last().unwrap_or(&0))
    }
}

const QUESTION: &str = r#"{"jsonrpc":"2.0","method":"heartbeat","params":{"type":"test_request"}}"#;

pub(super) async fn serve<S: Io>(
    ws: WebSocketStream<S>,
    duty: Duty,
    orders: broadcast::Receiver<Order>,
    ledger: &Ledger,
) {
    let mut line = Line { ws };
    match duty {
        Duty::Quiet => {
            line.quiet(orders, ledger).await;
        }
        Duty::Blast { bytes, count } => {
            drop(orders);
            line.blast(bytes, count).await;
        }
        Duty::Ask { ping, rounds } => {
            drop(orders);
            line.ask_often(ping, rounds, ledger).await;
        }
        Duty::Flood { pings } => {
            drop(orders);
            line.flood(pings, ledger).await;
        }
    }
}

struct Line<S> {
    ws: WebSocketStream<S>,
}

impl<S: Io> Line<S> {
    /// Waits for the first message, which may be an arming, and answers it.
    async fn armed(&mut self) -> Option<()> {
        loop {
            let message = self.ws.next().await?.ok()?;
            if self.heed(&message).await? || message.is_text() {
                return Some(());
            }
        }
    }

    /// Answers an arming. Tells whether it was one.
    async fn heed(&mut self, message: &Message) -> Option<bool> {
        let is_arming = message.to_text().is_ok_and(|text| text.contains("set_heartbeat"));
        if is_arming {
            self.ws.send(ARMED.into()).await.ok()?;
        }
        Some(is_arming)
    }

    async fn blast(&mut self, bytes: usize, count: usize) -> Option<()> {
        self.armed().await?;
        let frame = frame(&traffic::deribit(bytes));
        let batch = frame.repeat((65_536 / frame.len()).max(1));
        let mut left = frame.len() * count;
        while left > 0 {
            let piece = left.min(batch.len());
            self.ws.get_mut().write_all(&batch[..piece]).await.ok()?;
            left -= piece;
        }
        while self.ws.next().await?.is_ok() {}
        None
    }

    /// Asks once, and returns how long the answer took.
    async fn ask(&mut self, ping: bool) -> Option<Duration> {
        let asked_at = now();
        let question =
            if ping { Message::Ping(b"1789456354".to_vec().into()) } else { QUESTION.into() };
        self.ws.send(question).await.ok()?;
        loop {
            let message = self.ws.next().await?.ok()?;
            let is_answer = match &message {
                Message::Pong(_) => ping,
                Message::Text(text) => !ping && text.contains("public/test"),
                _ => false,
            };
            if is_answer {
                return Some(now() - asked_at);
            }
            self.heed(&message).await?;
        }
    }

    async fn ask_often(&mut self, ping: bool, rounds: usize, ledger: &Ledger) -> Option<()> {
        self.armed().await?;
        let mut pause = tokio::time::interval(Duration::from_millis(1));
        for _ in 0..rounds {
            pause.tick().await;
            ledger.note(timeout(ANSWER_WITHIN, self.ask(ping)).await.ok().flatten());
        }
        say(&ledger.report());
        None
    }

    async fn flood(&mut self, pings: usize, ledger: &Ledger) -> Option<()> {
        self.armed().await?;
        let frames = frame(&traffic::deribit(1_000)).repeat(20);
        let mut millis = tokio::time::interval(Duration::from_millis(1));
        // Until then the queue is full.
        for _ in 0..500 {
            millis.tick().await;
            self.ws.get_mut().write_all(&frames).await.ok()?;
        }
        for _ in 0..pings {
            for _ in 0..10 {
                millis.tick().await;
                self.ws.get_mut().write_all(&frames).await.ok()?;
            }
            ledger.note(timeout(ANSWER_WITHIN, self.ask(true)).await.ok().flatten());
        }
        say(&ledger.report());
        None
    }

    async fn quiet(
        &mut self,
        mut orders: broadcast::Receiver<Order>,
        ledger: &Ledger,
    ) -> Option<()> {
        loop {
            tokio::select! {
                order = orders.recv() => {
                    match order.ok()? {
                        Order::Send { bytes } => self.send(bytes, 1).await?,
                        Order::Burst { bytes, count } => self.send(bytes, count).await?,
                        Order::Ask { rounds, every } => {
                            self.ask_spread(rounds, every, ledger).await?;
                        }
                        Order::Report => {}
                    }
                    ledger.done();
                }
                message = self.ws.next() => {
                    let message = message?.ok()?;
                    self.heed(&message).await?;
                }
            }
        }
    }

    async fn send(&mut self, bytes: usize, count: usize) -> Option<()> {
        let frames = frame(&traffic::deribit(bytes)).repeat(count);
        self.ws.get_mut().write_all(&frames).await.ok()
    }

    /// The lines do not ask all at once: each begins where the golden ratio has it.
    async fn ask_spread(&mut self, rounds: u32, every: Duration, ledger: &Ledger) -> Option<()> {
        let asker = ledger.askers.fetch_add(1, Ordering::SeqCst);
        let offset = every.mul_f64((asker as f64 * 0.618_034).fract());
        let begin = tokio::time::Instant::from_std(now()) + offset;
        let mut at = tokio::time::interval_at(begin, every);
        for _ in 0..rounds {
            at.tick().await;
            ledger.note(timeout(ANSWER_WITHIN, self.ask(false)).await.ok().flatten());
        }
        Some(())
    }
}
