//! The session once more, slow and obvious, to be run beside the real one.

use core::time::Duration;

use heartbeat_core::{Config, Pace, Timestamp};

/// What a venue says, as far as the model cares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Said {
    /// Application data.
    Data,
    /// A beat.
    Beat,
    /// A challenge that can be answered.
    Challenge,
    /// The answer to the probe of this number, as a message.
    Answer(u32),
    /// The answer to the probe of this number, as a pong.
    Pong(u32),
    /// That the heartbeat is armed.
    Armed,
}

/// What a session must do then.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Does {
    /// Arm the venue's heartbeat.
    Arm,
    /// Respond to a challenge.
    Respond,
    /// Send the probe of this number.
    Probe(u32),
    /// End the connection, for one of these causes (see
    /// [`Cause::as_str`](heartbeat_core::Cause::as_str)); more than one where several
    /// deadlines fall together.
    End(Vec<&'static str>),
}

/// A session that looks at everything once every millisecond.
///
/// It has no timers, only conditions that either hold now or do not, and it knows the world at
/// its simplest: the transport takes everything at once, the clock never stalls, every time
/// is a whole number of milliseconds.
#[derive(Clone, Debug)]
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
    /// When the last probe became due.
    last_due: Timestamp,
    probes: u32,
    probes_failed: u32,
    over: bool,
}

impl Model {
    /// Begins at `start`.
    pub const fn new(config: Config, must_arm: bool, start: Timestamp) -> Self {
        Self {
            config,
            start,
            arming: must_arm,
            ack_owed: must_arm,
            moved: [start; 3],
            written: start,
            out: None,
            last_due: start,
            probes: 0,
            probes_failed: 0,
            over: false,
        }
    }

    /// Looks at everything at `now`, when the venue says `said` and the application may have
    /// written something. To be called for every millisecond, the start included.
    pub fn tick(&mut self, now: Timestamp, said: &[Said], application_wrote: bool) -> Vec<Does> {
        let mut does = Vec::new();
        if self.over {
            return does;
        }
        if application_wrote {
            self.written = now;
        }
        for said in said {
            self.hear(now, *said);
        }
        // What we owe leaves before anything is judged.
        does.extend(said.iter().filter(|said| **said == Said::Challenge).map(|_| Does::Respond));
        if now == self.start && self.arming {
            does.push(Does::Arm);
        }
        if !does.is_empty() {
            self.written = now;
        }

        let mut causes = self.silent_clocks(now);
        if self.arming && since(self.start, now) >= self.config.arm_within() {
            causes.push("arm_overdue");
        }
        let probe = self.probe(now, &mut causes);
        if !causes.is_empty() {
            self.over = true;
            does.push(Does::End(causes));
        } else if let Some(number) = probe {
            self.written = now;
            does.push(Does::Probe(number));
        }
        does
    }

    fn hear(&mut self, now: Timestamp, said: Said) {
        let [transport, session, data] = &mut self.moved;
        *transport = now;
        match said {
            Said::Data => *data = now,
            // The heartbeat itself proves that it is armed.
            Said::Beat | Said::Challenge => {
                *session = now;
                self.arming = false;
            }
            // The first acknowledgement is ours, any other the application's.
            Said::Armed => {
                if self.ack_owed {
                    *session = now;
                }
                self.ack_owed = false;
                self.arming = false;
            }
            Said::Answer(probe) | Said::Pong(probe) => {
                let is_ours = (1..=self.probes).contains(&probe);
                // A pong proves the transport alone.
                if is_ours && said == Said::Answer(probe) {
                    *session = now;
                }
                if is_ours && probe == self.probes && self.out.is_some() {
                    self.out = None;
                    self.probes_failed = 0;
                }
            }
        }
    }

    /// A clock is exceeded when it has stood still for its limit as many times over as may
    /// fail in a row.
    fn silent_clocks(&self, now: Timestamp) -> Vec<&'static str> {
        let clocks = [
            ("transport_silent", self.config.transport_limit()),
            ("session_silent", self.config.session_limit()),
            ("data_silent", self.config.data_limit()),
        ];
        let times = u32::from(self.config.failure_threshold());
        let is_silent = |moved: Timestamp, limit: Option<Duration>| {
            limit.is_some_and(|limit| since(moved, now) >= limit * times)
        };
        clocks
            .into_iter()
            .zip(self.moved)
            .filter(|((_, limit), moved)| is_silent(*moved, *limit))
            .map(|((name, _), _)| name)
            .collect()
    }

    /// Decides whether a probe is to leave now: because the last one failed, or because a
    /// period is over.
    fn probe(&mut self, now: Timestamp, causes: &mut Vec<&'static str>) -> Option<u32> {
        let plan = self.config.probing()?;
        if let Some(due) = self.out {
            if since(due, now) < plan.answer_within {
                return None;
            }
            self.probes_failed += 1;
            if self.probes_failed == u32::from(self.config.failure_threshold()) {
                causes.push("answer_overdue");
            }
        } else {
            let idle_since = match plan.pace {
                Pace::Unconditional => self.last_due,
                Pace::InboundIdle => self.last_due.max(self.moved[0]),
                Pace::OutboundIdle => self.last_due.max(self.written),
            };
            if since(idle_since, now) < plan.every {
                return None;
            }
        }
        self.probes += 1;
        self.out = Some(now);
        self.last_due = now;
        Some(self.probes)
    }
}

fn since(earlier: Timestamp, now: Timestamp) -> Duration {
    now.saturating_since(earlier)
}
