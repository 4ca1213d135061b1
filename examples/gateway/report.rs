//! What happens, a line each.

use core::fmt::Write as _;
use core::sync::atomic::{AtomicU64, Ordering};
use std::io::{self, Write as _};
use std::sync::Arc;

use heartbeat_core::Timestamp;
use heartbeat_examples::evidence::{EvidenceLine, at};
use heartbeat_tokio::MonotonicClock;
use serde::Serialize;
use tokio::sync::mpsc;

use crate::args::Format;

/// How many lines wait to be written at most; more are left out, and counted.
const LINES_MAX: usize = 1_024;

/// One line.
#[derive(Debug, Serialize)]
pub(crate) struct Line {
    #[serde(flatten)]
    event: Event,
    /// Milliseconds since the command started.
    at_ms: u64,
    /// The bot's number.
    #[serde(skip_serializing_if = "Option::is_none")]
    bot: Option<u64>,
    /// Where it came in.
    #[serde(skip_serializing_if = "Option::is_none")]
    mount: Option<String>,
}

/// What happened.
#[derive(Debug, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub(crate) enum Event {
    /// Bots can connect.
    Listening { url: String },
    /// What holds for the bots of a mount, and from when on its venue is told that one is dead.
    Mounted {
        exchange: &'static str,
        upstream: String,
        production: bool,
        resume: bool,
        farewell: bool,
        /// From the last byte of the venue's to the verdict on its line, at most.
        detection_bound_ms: u64,
        /// From a bot's last sign of life to the Close frame that the venue gets, at most.
        bot_bound_ms: u64,
    },
    /// A bot was not let in.
    Refused { status: u16, why: String },
    /// A bot is connected through to its venue.
    Connected { connect_ms: u64 },
    /// The venue's line is lost, or left.
    UpstreamDown { cause: String },
    /// It is back.
    UpstreamLive,
    /// What led to its end.
    UpstreamEnded { cause: &'static str, evidence: EvidenceLine },
    /// Something may be missing.
    Gap { cause: &'static str, span_ms: u64 },
    /// The bot gets what is so old.
    Stale { behind_ms: u64 },
    /// A loss can no longer be mended without the bot.
    ResumeOff { why: &'static str },
    /// The bot is no longer there.
    BotGone { why: String, silent_ms: u64 },
    /// What the venue was told for it.
    Farewell { written: bool },
    /// The bot's connection is over.
    Closed { code: Option<u16>, reason: String, upstream_clean: bool },
}

impl Event {
    /// Tells it to people.
    fn words(&self) -> String {
        let json = serde_json::to_value(self).unwrap_or_default();
        let fields = json.as_object().into_iter().flatten().filter(|(name, _)| *name != "event");
        let mut words = json["event"].as_str().unwrap_or_default().replace('_', " ");
        for (name, value) in fields.filter(|(name, _)| *name != "evidence") {
            let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            // Writing into a string cannot fail.
            let _ = write!(words, ", {} {value}", name.replace('_', " "));
        }
        words
    }
}

/// Where lines are handed in. Never waits.
#[derive(Clone)]
pub(crate) struct Reporter {
    lines: mpsc::Sender<Line>,
    clock: MonotonicClock,
    left_out: Arc<AtomicU64>,
}

impl Reporter {
    /// Makes one, and where its lines come out.
    pub(crate) fn new(format: Format) -> (Self, Writer) {
        let (sender, lines) = mpsc::channel(LINES_MAX);
        let clock = MonotonicClock::anchored(Timestamp::ZERO);
        let reporter = Self { lines: sender, clock, left_out: Arc::default() };
        (reporter, Writer { lines, format })
    }

    /// Returns the clock by which it tells the time.
    pub(crate) const fn clock(&self) -> MonotonicClock {
        self.clock
    }

    /// Tells what happened, to which bot of which mount.
    pub(crate) fn tell(&self, bot: Option<u64>, mount: Option<&str>, event: Event) {
        let mount = mount.map(str::to_owned);
        let line = Line { event, at_ms: at(self.clock.now()), bot, mount };
        if self.lines.try_send(line).is_err() {
            self.left_out.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Returns how many lines found nobody to write them.
    pub(crate) fn left_out(&self) -> u64 {
        self.left_out.load(Ordering::Relaxed)
    }
}

/// Writes the lines.
pub(crate) struct Writer {
    lines: mpsc::Receiver<Line>,
    format: Format,
}

impl Writer {
    /// Writes until there is nobody left to tell anything.
    ///
    /// # Errors
    ///
    /// What the system said, when whoever read the lines has gone.
    pub(crate) fn run(mut self) -> io::Result<()> {
        while let Some(line) = self.lines.blocking_recv() {
            let mut out = io::stdout().lock();
            match self.format {
                Format::Json => serde_json::to_writer(&mut out, &line)?,
                Format::Human => {
                    let bot = line.bot.map_or_else(String::new, |bot| format!(" bot {bot}"));
                    let mount = line.mount.as_deref().unwrap_or("gateway");
                    write!(out, "{mount}{bot}: {}", line.event.words())?;
                }
            }
            writeln!(out)?;
            out.flush()?;
        }
        Ok(())
    }
}
