//! The session once more, slow and obvious, to be run beside the real one.

use core::time::Duration;

use heartbeat_core::{Config, Pace, PingFrames, Timestamp};

mod agreement;
mod safety;
mod watches;
mod words;

use agreement::{Agreement, remainder};
use safety::Safety;
pub use watches::{WatchDoes, WatchModel};
pub use words::{Does, Says};

/// A session that looks at everything once every millisecond.
///
/// It has no timers, only conditions that either hold now or do not, and it knows the world at
/// its simplest: the transport takes everything at once, the clock never stalls, every time
/// is a whole number of milliseconds.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "a condition each, and obvious")]
pub struct Model {
    config: Config,
    start: Timestamp,
    /// Whether the venue has yet to show that its heartbeat is armed.
    arming: bool,
    /// Whether the venue has yet to acknowledge the arming.
    ack_owed: bool,
    /// When each clock last moved: transport, session, data. At first, the start.
    moved: [Timestamp; 3],
    /// When a frame of ours last left.
    written: Timestamp,
    /// When the probe that is out became due.
    out: Option<Timestamp>,
    /// How long the venue has been excused from answering it, and the whole row before it: the
    /// time in which a message grew, and in which data came instead of answers.
    out_excused: Duration,
    row_excused: Duration,
    /// How long each clock has been excused from moving, and the arming from being accepted.
    excused: [Duration; 3],
    arm_excused: Duration,
    /// When a part of a message last came, if nothing whole came after it.
    part: Option<Timestamp>,
    /// When data last came.
    data_at: Option<Timestamp>,
    /// The probes that were given up since the last answer.
    missed: Vec<u32>,
    /// When the last probe became due.
    last_due: Timestamp,
    probes: u32,
    probes_failed: u32,
    /// Whether anything was heard.
    heard: bool,
    /// Whether the application has sent anything.
    spoke: bool,
    /// Whether a message has left, ours or the application's.
    message_left: bool,
    /// Whether probes are ping frames, whatever was sent.
    by_frames: bool,
    /// Whether the last probe waits for the first message.
    withheld: bool,
    agreement: Agreement,
    safety: Safety,
    over: bool,
}

impl Model {
    /// Begins at `start`.
    pub fn new(config: Config, must_arm: bool, start: Timestamp) -> Self {
        Self {
            config,
            start,
            arming: must_arm,
            ack_owed: must_arm,
            moved: [start; 3],
            written: start,
            out: None,
            out_excused: Duration::ZERO,
            row_excused: Duration::ZERO,
            excused: [Duration::ZERO; 3],
            arm_excused: Duration::ZERO,
            part: None,
            data_at: None,
            missed: Vec::new(),
            last_due: start,
            probes: 0,
            probes_failed: 0,
            heard: false,
            spoke: false,
            message_left: false,
            by_frames: false,
            withheld: false,
            agreement: Agreement::new(&config, start),
            safety: Safety::new(config.dead_man()),
            over: false,
        }
    }

    /// Has the dialect probe by ping frames.
    #[must_use]
    pub const fn probing_by_frames(mut self) -> Self {
        self.by_frames = true;
        self
    }

    /// Has the application ask for the safety of its orders at `now`, in a dialect that has
    /// words for cancelling on disconnect or has none. Before the [`tick`](Self::tick) of then.
    pub fn request_order_safety(&mut self, now: Timestamp, can_cancel: bool) {
        if !self.over {
            self.safety.request(now, can_cancel);
        }
    }

    /// Returns the earliest time at which the venue cancels the orders, by what it acknowledged.
    pub const fn orders_live_until(&self) -> Option<Timestamp> {
        self.safety.until()
    }

    /// Looks at everything at `now`, when the venue says `said` and the application may have
    /// written something. To be called for every millisecond, the start included.
    pub fn tick(&mut self, now: Timestamp, said: &[Says], application_wrote: bool) -> Vec<Does> {
        let mut does = Vec::new();
        if self.over {
            return does;
        }
        if application_wrote {
            self.written = now;
            self.spoke = true;
            self.message_left = true;
        }
        for said in said {
            self.hear(now, *said);
        }
        if self.agreement.is_refused() {
            self.over = true;
            return vec![Does::End(vec!["terms_refused"])];
        }
        // What we owe leaves before anything is judged.
        self.owe(now, said, &mut does);
        let mut causes = self.causes(now);
        let probe = self.probe(now, &mut causes);
        if !causes.is_empty() {
            self.over = true;
            does.push(Does::End(causes));
            return does;
        }
        if let Some(number) = probe {
            self.written = now;
            let until_spoken = self.config.ping_until_first_send() && !self.spoke;
            let by_ping = self.by_frames || until_spoken;
            does.push(if by_ping { Does::Ping(number) } else { Does::Probe(number) });
        }
        if self.agreement.keeps_alive(now, self.config.stall_tolerance()) {
            self.written = now;
            self.message_left = true;
            does.push(Does::Keepalive);
            if self.withheld {
                does.push(Does::Ping(self.send_withheld(now)));
            }
        }
        self.safety.lose_patience(now, self.config.arm_within());
        if !self.is_in_doubt(now) && self.safety.refreshes(now, self.config.stall_tolerance()) {
            self.written = now;
            does.push(Does::DeadMan);
        }
        does
    }

    fn owe(&mut self, now: Timestamp, said: &[Says], does: &mut Vec<Does>) {
        let is_challenge = |said: &&Says| matches!(said, Says::Challenge | Says::Mixed);
        does.extend(said.iter().filter(is_challenge).map(|_| Does::Respond));
        if now == self.start && self.arming {
            does.push(Does::Arm);
        }
        if self.safety.asks_to_cancel() {
            does.push(Does::Cancel);
        }
        if !does.is_empty() {
            self.written = now;
            self.message_left = true;
        }
    }

    fn causes(&self, now: Timestamp) -> Vec<&'static str> {
        let mut causes = self.silent_clocks(now);
        let arm_within = self.config.arm_within() + self.arm_excused;
        if self.arming && since(self.start, now) >= arm_within {
            causes.push("arm_overdue");
        }
        if self.agreement.is_overdue(now, &self.config) {
            causes.push("terms_overdue");
        }
        causes
    }

    fn hear(&mut self, now: Timestamp, said: Says) {
        if said == Says::Part {
            return self.hear_part(now);
        }
        self.part = None;
        self.heard = true;
        self.move_clock(0, now);
        match said {
            Says::Data => {
                self.move_clock(2, now);
                self.data_at = Some(now);
            }
            Says::Mixed => {
                self.hear(now, Says::Challenge);
                self.hear(now, Says::Data);
            }
            // The heartbeat itself proves that it is armed.
            Says::Beat | Says::Challenge => {
                self.move_clock(1, now);
                self.arming = false;
            }
            // The first acknowledgement is ours, any other the application's.
            Says::Armed => {
                if self.ack_owed {
                    self.move_clock(1, now);
                }
                self.ack_owed = false;
                self.arming = false;
            }
            Says::Terms { terms, arms } => {
                self.move_clock(1, now);
                self.agreement.hear(&self.config, &terms);
                if arms && self.ack_owed {
                    self.ack_owed = false;
                    self.arming = false;
                }
            }
            Says::Granted(safeguard) => {
                if self.safety.is_granted(safeguard) {
                    self.move_clock(1, now);
                }
            }
            Says::Denied(safeguard) => {
                if self.safety.is_denied(safeguard) {
                    self.move_clock(1, now);
                }
            }
            Says::Answer(probe) | Says::Pong(probe) => {
                let is_ours = (1..=self.probes).contains(&probe);
                // A pong proves the transport alone.
                if is_ours && said == Says::Answer(probe) {
                    self.move_clock(1, now);
                }
                self.hear_answer(probe);
            }
            Says::Part => {}
        }
    }

    fn move_clock(&mut self, clock: usize, now: Timestamp) {
        self.moved[clock] = now;
        self.excused[clock] = Duration::ZERO;
    }

    /// Whoever is in the middle of a message can say nothing else: the time since the part before
    /// is no silence, as long as it is excused.
    fn hear_part(&mut self, now: Timestamp) {
        let Some(before) = self.part.replace(now) else { return };
        let span = since(before, now);
        let grace = self.config.grace();
        for (clock, excused) in self.excused.iter_mut().enumerate() {
            // What was missed already stays missed.
            let limit = self.agreement.limit(&self.config, clock).map(|(limit, _)| limit);
            let silent = since(self.moved[clock], now).saturating_sub(*excused);
            let current = limit.map_or(silent, |limit| remainder(silent, limit));
            *excused += span.min(grace.saturating_sub(*excused)).min(current);
        }
        if self.arming {
            let waited = since(self.start, now).saturating_sub(self.arm_excused);
            self.arm_excused += span.min(grace.saturating_sub(self.arm_excused)).min(waited);
        }
        self.agreement.excuse(now, span, grace);
        if let Some(due) = self.out {
            let waited = since(due, now).saturating_sub(self.out_excused);
            let more = span.min(grace.saturating_sub(self.row_excused)).min(waited);
            self.out_excused += more;
            self.row_excused += more;
        }
    }

    /// An answer to a probe that had none settles it, and all before it, however late.
    fn hear_answer(&mut self, probe: u32) {
        let is_in_time = probe == self.probes && self.out.is_some();
        if is_in_time {
            self.out = None;
        }
        if is_in_time || self.missed.contains(&probe) {
            self.missed.retain(|missed| *missed > probe);
            self.probes_failed = 0;
            self.row_excused = Duration::ZERO;
        }
    }

    /// Nothing may speak against a line on which the dead-man switch is wound up.
    fn is_in_doubt(&self, now: Timestamp) -> bool {
        self.over
            || !self.heard
            || self.arming
            || self.agreement.is_owed()
            || self.withheld
            || self.out.is_some()
            || self.probes_failed > 0
            || !self.clocks_beyond(now, 1).is_empty()
    }

    /// A clock is exceeded when it has stood still for its limit as many times over as may
    /// fail in a row.
    fn silent_clocks(&self, now: Timestamp) -> Vec<&'static str> {
        self.clocks_beyond(now, u32::from(self.config.failure_threshold()))
    }

    /// Returns the clocks that have stood still for so many of their limits.
    fn clocks_beyond(&self, now: Timestamp, times: u32) -> Vec<&'static str> {
        let is_silent = |clock: usize| {
            let silent = since(self.moved[clock], now).saturating_sub(self.excused[clock]);
            // The venue's own word is broken once and for all.
            self.agreement.limit(&self.config, clock).is_some_and(|(limit, is_promised)| {
                silent >= limit * if is_promised { 1 } else { times }
            })
        };
        let clocks = ["transport_silent", "session_silent", "data_silent"].into_iter().enumerate();
        clocks.filter(|(clock, _)| is_silent(*clock)).map(|(_, name)| name).collect()
    }

    /// Decides whether a probe is to leave now: because the last one failed, or because a
    /// period is over.
    fn probe(&mut self, now: Timestamp, causes: &mut Vec<&'static str>) -> Option<u32> {
        let plan = self.config.probing()?;
        if self.withheld {
            return self.message_left.then(|| self.send_withheld(now));
        }
        if let Some(due) = self.out {
            let waited = since(due, now).saturating_sub(self.out_excused);
            let is_covered = |span| self.row_excused + span <= self.config.grace();
            if waited >= plan.answer_within {
                self.missed.push(self.probes);
                self.probes_failed += 1;
                // Late is not never, while the venue speaks.
                let is_fresh = self.part.max(self.data_at).is_some_and(|at| at > due);
                if self.probes_failed >= u32::from(self.config.failure_threshold()) {
                    if is_fresh && is_covered(plan.answer_within) {
                        self.row_excused += plan.answer_within;
                    } else {
                        causes.push("answer_overdue");
                    }
                }
            } else if !self.out_excused.is_zero()
                && since(due, now) >= plan.every
                && is_covered(waited)
            {
                // The venue hears from us in the usual rhythm all the same.
                self.missed.push(self.probes);
                self.row_excused += waited;
            } else {
                return None;
            }
        } else {
            if self.probes == 0 && self.config.probe_at_once() {
                return self.send_probe(now);
            }
            let idle_since = match plan.pace {
                Pace::Unconditional => self.last_due,
                Pace::InboundIdle => self.last_due.max(self.moved[0]),
                Pace::OutboundIdle => self.last_due.max(self.written),
            };
            if since(idle_since, now) < plan.every {
                return None;
            }
        }
        self.send_probe(now)
    }

    fn send_probe(&mut self, now: Timestamp) -> Option<u32> {
        self.probes += 1;
        self.out = None;
        self.last_due = now;
        let is_early = self.by_frames && !self.message_left;
        self.withheld = is_early && self.config.ping_frames() == PingFrames::HarmfulFirst;
        (!self.withheld).then(|| self.send_withheld(now))
    }

    const fn send_withheld(&mut self, now: Timestamp) -> u32 {
        self.withheld = false;
        self.out = Some(now);
        self.out_excused = Duration::ZERO;
        self.last_due = now;
        self.probes
    }
}

fn since(earlier: Timestamp, now: Timestamp) -> Duration {
    now.saturating_since(earlier)
}
