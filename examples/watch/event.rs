//! What is reported, as it stands in the JSON lines.

use core::fmt;
use core::time::Duration;

use heartbeat_core::{Evidence, Health, LatencySummary, Timestamp};
use serde::Serialize;

/// One line of the report.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Line {
    #[serde(flatten)]
    pub(crate) event: Event,
    /// Milliseconds since the command started.
    pub(crate) at_ms: u64,
    /// The connection's number.
    pub(crate) connection: usize,
    /// The venue's name.
    pub(crate) exchange: &'static str,
}

/// What happened to a connection.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub(crate) enum Event {
    Connected {
        url: String,
        detection_bound_ms: u64,
    },
    Armed,
    Live,
    Challenge {
        layer: &'static str,
    },
    Responded {
        layer: &'static str,
        response_us: u64,
    },
    Probe {
        probe: u32,
    },
    Answer {
        probe: u32,
        round_trip_us: Option<u64>,
    },
    Beat {
        counter: Option<u64>,
    },
    Missed {
        failure: &'static str,
        in_a_row: u8,
        threshold: u8,
    },
    Health(HealthLine),
    LocalStall {
        late_ms: u64,
    },
    Lagged {
        frames: u64,
        bytes: u64,
    },
    Gap {
        cause: &'static str,
        expected: u64,
        got: u64,
    },
    Notice {
        kind: &'static str,
        deadline_ms: Option<u64>,
    },
    Disconnected {
        cause: String,
        reason: String,
        clean: bool,
        unsent: usize,
        evidence: EvidenceLine,
    },
    Summary {
        healthy: bool,
        uptime_ms: u64,
        #[serde(flatten)]
        health: HealthLine,
    },
}

/// How a connection is doing.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct HealthLine {
    pub(crate) phase: &'static str,
    pub(crate) level: &'static str,
    pub(crate) failures_in_a_row: u8,
    pub(crate) frames: u64,
    pub(crate) data: u64,
    pub(crate) beats: u64,
    pub(crate) challenges: u64,
    pub(crate) responses: u64,
    pub(crate) probes: u64,
    pub(crate) answers: u64,
    pub(crate) missed: u64,
    pub(crate) stalls: u64,
    /// The last hundred.
    pub(crate) response_time: Option<LatencyLine>,
    /// The last hundred.
    pub(crate) round_trip: Option<LatencyLine>,
}

impl From<&Health> for HealthLine {
    fn from(health: &Health) -> Self {
        let counters = &health.counters;
        Self {
            phase: health.phase.as_str(),
            level: health.level.as_str(),
            failures_in_a_row: health.failures_in_a_row,
            frames: counters.frames,
            data: counters.data,
            beats: counters.beats,
            challenges: counters.challenges,
            responses: counters.responses,
            probes: counters.probes,
            answers: counters.answers,
            missed: counters.failures,
            stalls: counters.stalls,
            response_time: health.response_time.as_ref().map(LatencyLine::from),
            round_trip: health.round_trip.as_ref().map(LatencyLine::from),
        }
    }
}

/// The shape of the last hundred measurements.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct LatencyLine {
    pub(crate) count: usize,
    pub(crate) p50_us: u64,
    pub(crate) p99_us: u64,
    pub(crate) max_us: u64,
}

impl From<&LatencySummary> for LatencyLine {
    fn from(summary: &LatencySummary) -> Self {
        Self {
            count: summary.count,
            p50_us: micros(summary.median),
            p99_us: micros(summary.p99),
            max_us: micros(summary.max),
        }
    }
}

/// What led to a disconnect. Times are milliseconds since the connection was opened.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct EvidenceLine {
    at_ms: u64,
    inputs: Vec<InputLine>,
    probe: Option<ProbeLine>,
    clocks: Vec<ClockLine>,
}

#[derive(Clone, Debug, Serialize)]
struct InputLine {
    at_ms: u64,
    kind: &'static str,
    class: &'static str,
    len: u32,
}

#[derive(Clone, Debug, Serialize)]
struct ProbeLine {
    probe: u32,
    due_ms: u64,
    written_ms: Option<u64>,
}

#[derive(Clone, Debug, Serialize)]
struct ClockLine {
    clock: &'static str,
    moved_ms: Option<u64>,
    limit_ms: Option<u64>,
    misses: u8,
}

impl From<&Evidence> for EvidenceLine {
    fn from(evidence: &Evidence) -> Self {
        let at = |at: Timestamp| millis(at.saturating_since(Timestamp::ZERO));
        let inputs = evidence.inputs().map(|input| InputLine {
            at_ms: at(input.at),
            kind: input.kind.as_str(),
            class: input.class.as_str(),
            len: input.len,
        });
        let clocks = evidence.clocks().iter().map(|reading| ClockLine {
            clock: reading.clock.as_str(),
            moved_ms: reading.moved.map(at),
            limit_ms: reading.limit.map(millis),
            misses: reading.misses,
        });
        Self {
            at_ms: at(evidence.at()),
            inputs: inputs.collect(),
            probe: evidence.probe().map(|probe| ProbeLine {
                probe: probe.probe.number(),
                due_ms: at(probe.due),
                written_ms: probe.written.map(at),
            }),
            clocks: clocks.collect(),
        }
    }
}

/// Returns whole milliseconds, as many as a `u64` holds.
pub(crate) fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}

/// Returns whole microseconds, as many as a `u64` holds.
pub(crate) fn micros(span: Duration) -> u64 {
    u64::try_from(span.as_micros()).unwrap_or(u64::MAX)
}

impl Event {
    /// Translates what a session tells; `None` for what another line says already.
    pub(crate) fn of(event: &heartbeat_core::Event) -> Option<Self> {
        use heartbeat_core::Event as Core;
        Some(match *event {
            Core::Armed => Self::Armed,
            Core::Live => Self::Live,
            Core::ChallengeReceived { layer } => Self::Challenge { layer: layer.as_str() },
            Core::Responded { layer, response_time } => {
                Self::Responded { layer: layer.as_str(), response_us: micros(response_time) }
            }
            Core::ProbeSent { probe } => Self::Probe { probe: probe.number() },
            Core::Answered { probe, round_trip } => {
                Self::Answer { probe: probe.number(), round_trip_us: round_trip.map(micros) }
            }
            Core::BeatReceived { counter } => Self::Beat { counter },
            Core::Failure { failure, in_a_row, threshold } => {
                Self::Missed { failure: failure.as_str(), in_a_row, threshold }
            }
            Core::LocalStall { late } => Self::LocalStall { late_ms: millis(late) },
            Core::CounterJump { expected, got } => {
                Self::Gap { cause: "counter_jump", expected, got }
            }
            Core::Notice { kind, deadline } => {
                Self::Notice { kind: kind.as_str(), deadline_ms: deadline.map(millis) }
            }
            _ => return None,
        })
    }
}

/// For people: one line without the time and the venue.
impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connected { url, detection_bound_ms } => write!(
                f,
                "connected to {url}; a dead line is found within {}",
                seconds(*detection_bound_ms)
            ),
            Self::Armed => f.write_str("armed"),
            Self::Live => f.write_str("live"),
            Self::Challenge { layer } => write!(f, "challenged ({layer})"),
            Self::Responded { response_us, .. } => write!(f, "responded after {response_us} us"),
            Self::Probe { probe } => write!(f, "probe {probe} sent"),
            Self::Answer { probe, round_trip_us: Some(micros) } => {
                write!(f, "probe {probe} answered after {micros} us")
            }
            Self::Answer { probe, round_trip_us: None } => write!(f, "probe {probe} answered"),
            Self::Beat { counter: Some(counter) } => write!(f, "beat {counter}"),
            Self::Beat { counter: None } => f.write_str("beat"),
            Self::Missed { failure, in_a_row, threshold } => {
                write!(f, "MISSED: {failure}, {in_a_row} in a row of {threshold}")
            }
            Self::Health(health) => write!(f, "{}: {health}", health.phase),
            Self::LocalStall { late_ms } => write!(f, "we slept: {late_ms} ms late"),
            Self::Lagged { frames, bytes } => {
                write!(f, "lagged: lost {frames} frames, {bytes} bytes")
            }
            Self::Gap { cause, expected, got } => {
                write!(f, "gap ({cause}): expected {expected}, got {got}")
            }
            Self::Notice { kind, deadline_ms: Some(millis) } => {
                write!(f, "notice: {kind} within {}", seconds(*millis))
            }
            Self::Notice { kind, deadline_ms: None } => write!(f, "notice: {kind}"),
            Self::Disconnected { cause, reason, clean, unsent, .. } => {
                let what = if cause == "stopped" { "closed" } else { "DISCONNECTED" };
                let how = if *clean { "cleanly" } else { "not cleanly" };
                write!(f, "{what} {how}: {reason}; {unsent} messages unsent")
            }
            Self::Summary { healthy, uptime_ms, health } => {
                let state = if *healthy { "healthy" } else { "NOT HEALTHY" };
                write!(f, "{state} after {}: {health}", seconds(*uptime_ms))
            }
        }
    }
}

impl fmt::Display for HealthLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} beats, {} of {} challenges answered, {} of {} probes answered, {} missed",
            self.beats, self.responses, self.challenges, self.answers, self.probes, self.missed
        )?;
        for (name, latency) in
            [("response time", self.response_time), ("round trip", self.round_trip)]
        {
            if let Some(LatencyLine { p50_us, p99_us, max_us, .. }) = latency {
                write!(f, ", {name} p50 {p50_us} us, p99 {p99_us} us, max {max_us} us")?;
            }
        }
        Ok(())
    }
}

fn seconds(millis: u64) -> humantime::FormattedDuration {
    humantime::format_duration(Duration::from_millis(millis))
}
