//! One bot, connected through to its venue.

use core::time::Duration;

use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt as _, StreamExt as _};
use heartbeat_core::Timestamp;
use heartbeat_examples::evidence::{EvidenceLine, millis};
use heartbeat_testkit::OwnedFrame;
use heartbeat_tokio::client::{Gap, Received, Update};
use heartbeat_tokio::tungstenite::Message;
use heartbeat_tokio::{MonotonicClock, NotWritten, Receipt};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::watch;

use crate::bot::{Bot, FromBot};
use crate::end::End;
use crate::face::{Face, Heard};
use crate::front::Limits;
use crate::mount::Mount;
use crate::pulse::{Next, Pulse};
use crate::recorded::Recorded;
use crate::report::{Event, Reporter};
use crate::upstream::Upstream;

/// How long a bot may take for its part of a closing handshake.
const BOT_CLOSES_WITHIN: Duration = Duration::from_secs(2);

/// Who tells of a session, and as whose.
#[derive(Clone)]
pub(crate) struct Teller {
    pub(crate) reporter: Reporter,
    pub(crate) bot: u64,
    pub(crate) mount: String,
}

impl Teller {
    pub(crate) fn tell(&self, event: Event) {
        self.reporter.tell(Some(self.bot), Some(&self.mount), event);
    }
}

/// A bot and its upstream.
pub(crate) struct Session<S> {
    bot: Bot<S>,
    upstream: Upstream,
    face: Face,
    pulse: Pulse,
    limits: Limits,
    teller: Teller,
    clock: MonotonicClock,
    resume: bool,
    is_live: bool,
    /// Whether the bot has been told that what it gets is old.
    is_stale: bool,
    /// When the venue was heard last, by what the bot gets.
    fresh_at: Timestamp,
    sent: FuturesUnordered<Sent>,
}

type Sent = core::pin::Pin<Box<dyn Future<Output = Receipt> + Send>>;

/// What woke a session.
enum Woken {
    Stopped,
    Bot(FromBot),
    Sent(Receipt),
    Upstream(Option<Update>),
    Due,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Session<S> {
    pub(crate) fn new(
        bot: Bot<S>,
        upstream: Upstream,
        mount: &Mount,
        limits: Limits,
        teller: Teller,
    ) -> Self {
        let clock = upstream.client.clock();
        let mut face = Face::new(&mount.rule_book(), limits.time_scale.get());
        face.wake(wall(&clock));
        if !mount.resume {
            upstream.shared.recorded(|it| it.end("a loss ends the bot's connection"));
        }
        Self {
            bot,
            upstream,
            face,
            pulse: Pulse::new(limits.bot_within, clock.now()),
            limits,
            teller,
            clock,
            resume: mount.resume,
            is_live: true,
            is_stale: false,
            fresh_at: clock.now(),
            sent: FuturesUnordered::new(),
        }
    }

    /// Runs until either side ends, or `stop` says so, and ends the other.
    pub(crate) async fn run(mut self, stop: watch::Receiver<bool>) {
        let end = self.until_end(stop).await;
        let Self { bot, upstream, teller, .. } = self;
        if let Some((why, silent)) = end.is_bot_gone() {
            upstream.shared.bot_is_gone();
            teller.tell(Event::BotGone { why, silent_ms: millis(silent) });
        }
        let frame = end.close_frame();
        let (code, reason) = frame.as_ref().map_or((end.code(), String::new()), |frame| {
            (Some(frame.code.into()), frame.reason.to_string())
        });
        let shared = upstream.shared.clone();
        let close_bot = async {
            if let Some(frame) = frame {
                let _ = tokio::time::timeout(BOT_CLOSES_WITHIN, bot.close(frame)).await;
            }
        };
        let (report, ()) = tokio::join!(upstream.client.close(), close_bot);
        if end.is_bot_gone().is_some() {
            teller.tell(Event::Farewell { written: shared.is_farewell_written() });
        }
        let upstream_clean = report.is_some_and(|report| report.clean);
        teller.tell(Event::Closed { code, reason, upstream_clean });
    }

    async fn until_end(&mut self, mut stop: watch::Receiver<bool>) -> End {
        loop {
            let now = self.clock.now();
            let due = match self.pulse.poll(now) {
                Next::Dead(silent) => return End::BotDead { silent },
                Next::Ask => {
                    self.bot.ask();
                    continue;
                }
                Next::Wait(until) => until,
            };
            let wall = wall(&self.clock);
            while let Some(frame) = self.face.poll(wall) {
                self.bot.push(message(frame));
            }
            let ahead = due.saturating_since(now);
            let said = self.face.next().map_or(ahead, |next| next.saturating_since(wall));
            let takes = self.bot.has_caught_up() && !self.pulse.is_late(now);
            let woken = tokio::select! {
                biased;
                _ = stop.wait_for(|stopped| *stopped) => Woken::Stopped,
                Some(receipt) = self.sent.next() => Woken::Sent(receipt),
                event = self.bot.next() => Woken::Bot(event),
                update = self.upstream.client.next(), if takes => Woken::Upstream(update),
                () = pass(ahead.min(said)) => Woken::Due,
            };
            let ended = match woken {
                Woken::Stopped => Err(End::Stopped),
                Woken::Sent(Receipt::NotWritten(why)) => Err(not_sent(&why)),
                Woken::Sent(_) | Woken::Due => Ok(()),
                Woken::Bot(event) => self.on_bot(event),
                Woken::Upstream(update) => self.on_updates(update),
            };
            if let Err(end) = ended {
                return end;
            }
        }
    }

    fn on_bot(&mut self, event: FromBot) -> Result<(), End> {
        match event {
            FromBot::Caught => return Ok(()),
            FromBot::Closed(frame) => {
                return Err(End::BotLeft { code: frame.map(|it| it.code.into()) });
            }
            FromBot::Lost(why) => {
                let silent = self.pulse.silent_for(self.clock.now());
                return Err(End::BotLost { why, silent });
            }
            FromBot::SignOfLife => self.pulse.heard(self.clock.now()),
            FromBot::Message(message) => {
                self.pulse.heard(self.clock.now());
                return self.on_message(message);
            }
        }
        Ok(())
    }

    fn on_message(&mut self, said: Message) -> Result<(), End> {
        let Message::Text(text) = &said else {
            self.upstream.shared.recorded(|it| it.end("the bot has sent a binary message"));
            return self.send(said);
        };
        match self.face.hear(wall(&self.clock), text) {
            Heard::Heartbeat(reply) => {
                if let Some(frame) = reply {
                    self.bot.push(message(frame));
                }
                Ok(())
            }
            Heard::ForVenue(meaning) => {
                let is_recorded = self.note(|it| it.note(text, &meaning));
                // It is asked for when the line is back.
                if !self.is_live && is_recorded { Ok(()) } else { self.send(said) }
            }
        }
    }

    /// Records something; returns whether all that the bot has said can be said again.
    fn note(&mut self, record: impl FnOnce(&mut Recorded)) -> bool {
        let (before, after) = self.upstream.shared.recorded(|it| {
            let before = it.ended();
            record(it);
            (before, it.ended())
        });
        if let (None, Some(why)) = (before, after) {
            self.teller.tell(Event::ResumeOff { why });
        }
        after.is_none()
    }

    fn send(&mut self, message: Message) -> Result<(), End> {
        match self.upstream.client.sender().try_send(message) {
            Ok(ticket) => {
                self.sent.push(Box::pin(ticket));
                Ok(())
            }
            Err(why) => Err(not_sent(&why)),
        }
    }

    /// Takes an update, and as many as come at once and fit into what is written at once.
    fn on_updates(&mut self, first: Option<Update>) -> Result<(), End> {
        let mut next = Some(first);
        while let Some(update) = next {
            self.on_update(update.ok_or(End::UpstreamEnded)?)?;
            if !self.bot.has_room() {
                break;
            }
            next = self.upstream.client.next().now_or_never();
        }
        Ok(())
    }

    fn on_update(&mut self, update: Update) -> Result<(), End> {
        match update {
            Update::Message(received) => self.on_data(received),
            Update::Gap(gap) => return self.on_gap(&gap),
            Update::Down(down) => {
                self.face.rest();
                self.is_live = false;
                let cause = down.cause.to_string();
                self.teller.tell(Event::UpstreamDown { cause: cause.clone() });
                if !self.can_resume() {
                    return Err(End::UpstreamLost { cause, span: self.stale_for() });
                }
            }
            Update::Left { why, .. } => {
                self.face.rest();
                self.is_live = false;
                self.teller.tell(Event::UpstreamDown { cause: why.as_str().to_owned() });
            }
            Update::Live { .. } => {
                self.face.wake(wall(&self.clock));
                self.is_live = true;
                self.teller.tell(Event::UpstreamLive);
                return self.say_the_rest();
            }
            Update::Rotated { .. } => return self.say_the_rest(),
            Update::Ended { report, .. } => self.teller.tell(Event::UpstreamEnded {
                cause: report.cause.as_str(),
                evidence: EvidenceLine::from(&report.evidence),
            }),
            Update::GivenUp(why) => return Err(End::GivenUp { why: why.to_string() }),
            _ => {}
        }
        Ok(())
    }

    fn on_data(&mut self, received: Received) {
        let now = self.clock.now();
        let behind = received.age(now);
        if behind >= self.limits.stale_after && !self.is_stale {
            self.is_stale = true;
            let behind_ms = millis(behind);
            self.teller.tell(Event::Stale { behind_ms });
            if let Some(text) = self.limits.stale_message(behind_ms) {
                self.bot.push(text.into());
            }
        }
        self.is_stale &= behind >= self.limits.stale_after / 2;
        self.fresh_at = received.received_at();
        self.bot.push(received.into_message());
    }

    fn on_gap(&mut self, gap: &Gap) -> Result<(), End> {
        let (cause, span) = (gap.cause.as_str(), gap.span());
        self.teller.tell(Event::Gap { cause, span_ms: millis(span) });
        if !self.can_resume() {
            return Err(End::UpstreamLost { cause: gap.cause.to_string(), span });
        }
        let times = gap.wall_times(&self.clock);
        let times = times.map(|(from, to)| (from.as_unix_millis(), to.as_unix_millis()));
        let text = self.limits.gap_message(cause, times.unwrap_or_default(), millis(span));
        self.bot.push(text.into());
        Ok(())
    }

    /// Tells whether the bot can be kept through a loss.
    fn can_resume(&self) -> bool {
        self.resume && self.upstream.shared.recorded(|it| it.ended().is_none())
    }

    /// Asks for what the bot has subscribed to while the connection was made ready.
    fn say_the_rest(&mut self) -> Result<(), End> {
        if !self.can_resume() {
            return Ok(());
        }
        let rest = self.upstream.shared.recorded(Recorded::rest_of_replay);
        rest.into_iter().try_for_each(|text| self.send(text.into()))
    }

    fn stale_for(&self) -> Duration {
        self.clock.now().saturating_since(self.fresh_at)
    }
}

/// Waits for a deadline that is so far ahead.
async fn pass(ahead: Duration) {
    let _ = tokio::time::timeout(ahead, core::future::pending::<()>()).await;
}

/// A message of the bot's that did not reach the venue is not passed over in silence.
fn not_sent(why: &NotWritten) -> End {
    match why {
        NotWritten::Full { .. } => End::TooFast { why: why.to_string() },
        _ => End::NotSent { why: why.to_string() },
    }
}

/// Returns what a venue's clock reads.
fn wall(clock: &MonotonicClock) -> Timestamp {
    clock.wall_time().map_or(Timestamp::ZERO, |wall| Timestamp::from_millis(wall.as_unix_millis()))
}

fn message(frame: OwnedFrame) -> Message {
    match frame {
        OwnedFrame::Text(text) => Message::Text(text.into()),
        OwnedFrame::Binary(bytes) => Message::Binary(bytes.into()),
        OwnedFrame::Ping(bytes) => Message::Ping(bytes.into()),
        OwnedFrame::Pong(bytes) => Message::Pong(bytes.into()),
        OwnedFrame::Close { .. } => Message::Close(None),
    }
}
