//! What is reported, as it stands in the JSON lines and as it is said to people.

use core::fmt;
use core::time::Duration;

use heartbeat_examples::evidence::{EvidenceLine, millis};
use heartbeat_tokio::CloseReport;
use serde::Serialize;

use crate::tally::LatencyLine;

/// One line of the report.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Line {
    #[serde(flatten)]
    pub(crate) event: Event,
    /// Milliseconds since the command started.
    pub(crate) at_ms: u64,
    /// The connection's number, which stays when it is made anew.
    pub(crate) connection: usize,
    /// The connection's name.
    pub(crate) name: String,
    /// The venue's name.
    pub(crate) exchange: &'static str,
}

/// What happened to a connection. Where there is a `generation`, it counts how often the
/// connection was made, from one.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub(crate) enum Event {
    Connected {
        generation: u64,
        /// Without what may be a secret.
        url: String,
        endpoint: &'static str,
        /// From the last byte of a line that shows no life any more to the verdict.
        silence_bound_ms: u64,
        /// Whatever life it shows.
        detection_bound_ms: u64,
    },
    Armed,
    Live {
        generation: u64,
    },
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
        from_ms: u64,
        to_ms: u64,
    },
    Notice {
        kind: &'static str,
        deadline_ms: Option<u64>,
    },
    Disconnected {
        generation: u64,
        cause: &'static str,
        reason: String,
        clean: bool,
        unsent: usize,
        evidence: EvidenceLine,
    },
    Reconnecting {
        in_ms: u64,
        reason: String,
    },
    Breaker {
        state: &'static str,
        until_ms: Option<u64>,
    },
    Rotated {
        from: u64,
        to: u64,
        reason: &'static str,
    },
    GivenUp {
        reason: String,
    },
    /// The operator has given an order.
    Operator {
        order: &'static str,
        reason: Option<String>,
    },
    /// So many lines of this kind would have been too many.
    LeftOut {
        kind: &'static str,
        lines: u64,
        span_ms: u64,
    },
    Summary {
        healthy: bool,
        /// How long it was live, of how long it was watched.
        uptime_ms: u64,
        watched_ms: u64,
        reconnects: u64,
        gaps: u64,
        #[serde(flatten)]
        health: HealthLine,
    },
}

/// How a connection is doing; the counts and latencies are those of all its generations.
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
    pub(crate) response_time: Option<LatencyLine>,
    pub(crate) round_trip: Option<LatencyLine>,
}

/// Returns whole microseconds, as many as a `u64` holds.
pub(crate) fn micros(span: Duration) -> u64 {
    u64::try_from(span.as_micros()).unwrap_or(u64::MAX)
}

impl Event {
    /// Returns the kind of the line, as it stands in JSON.
    pub(crate) const fn kind(&self) -> &'static str {
        match self {
            Self::Connected { .. } => "connected",
            Self::Armed => "armed",
            Self::Live { .. } => "live",
            Self::Challenge { .. } => "challenge",
            Self::Responded { .. } => "responded",
            Self::Probe { .. } => "probe",
            Self::Answer { .. } => "answer",
            Self::Beat { .. } => "beat",
            Self::Missed { .. } => "missed",
            Self::Health(_) => "health",
            Self::LocalStall { .. } => "local_stall",
            Self::Lagged { .. } => "lagged",
            Self::Gap { .. } => "gap",
            Self::Notice { .. } => "notice",
            Self::Disconnected { .. } => "disconnected",
            Self::Reconnecting { .. } => "reconnecting",
            Self::Breaker { .. } => "breaker",
            Self::Rotated { .. } => "rotated",
            Self::GivenUp { .. } => "given_up",
            Self::Operator { .. } => "operator",
            Self::LeftOut { .. } => "left_out",
            Self::Summary { .. } => "summary",
        }
    }

    /// Tells whether it is the ordinary run of things, of which people need not hear.
    pub(crate) fn is_routine(&self) -> bool {
        let kind = if let Self::LeftOut { kind, .. } = self { kind } else { self.kind() };
        matches!(kind, "challenge" | "responded" | "probe" | "answer" | "beat" | "health")
    }

    /// Says how a connection ended.
    pub(crate) fn disconnected(generation: u64, report: &CloseReport) -> Self {
        let reason = match &report.transport {
            Some(error) => format!("{}: {error}", report.cause),
            None => report.cause.to_string(),
        };
        Self::Disconnected {
            generation,
            cause: report.cause.as_str(),
            reason,
            clean: report.clean,
            unsent: report.unsent,
            evidence: (&report.evidence).into(),
        }
    }

    /// Translates what a session tells; `None` for what another line says already.
    pub(crate) fn of(event: &heartbeat_core::Event) -> Option<Self> {
        use heartbeat_core::Event as Core;
        Some(match *event {
            Core::Armed => Self::Armed,
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
            Core::Notice { kind, deadline } => {
                Self::Notice { kind: kind.as_str(), deadline_ms: deadline.map(millis) }
            }
            _ => return None,
        })
    }
}

/// For people: one line without the time and the name.
impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connected { url, endpoint, silence_bound_ms, detection_bound_ms, .. } => write!(
                f,
                "connected to {url} ({endpoint}); a dead line is found within {}, one that half \
                 lives within {}",
                seconds(*silence_bound_ms),
                seconds(*detection_bound_ms)
            ),
            Self::Armed => f.write_str("armed"),
            Self::Live { .. } => f.write_str("live"),
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
            Self::Notice { kind, deadline_ms: Some(millis) } => {
                write!(f, "notice: {kind} within {}", seconds(*millis))
            }
            Self::Notice { kind, deadline_ms: None } => write!(f, "notice: {kind}"),
            change => change.fmt_change(f),
        }
    }
}

impl Event {
    /// Says what changes which connection there is, and what was lost by that.
    fn fmt_change(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Gap { cause, from_ms, to_ms } => {
                let span = seconds(to_ms.saturating_sub(*from_ms));
                write!(f, "GAP of {span} ({cause}): messages may be missing")
            }
            Self::Disconnected { cause, reason, clean, unsent, .. } => {
                let what = if *cause == "stopped" { "closed" } else { "DISCONNECTED" };
                let how = if *clean { "cleanly" } else { "not cleanly" };
                write!(f, "{what} {how}: {reason}; {unsent} messages unsent")
            }
            Self::Reconnecting { in_ms, reason } => {
                write!(f, "reconnecting in {in_ms} ms: {reason}")
            }
            Self::Breaker { state, until_ms: Some(until) } => {
                write!(f, "breaker {state} until {}.{:03}", until / 1_000, until % 1_000)
            }
            Self::Breaker { state, until_ms: None } => write!(f, "breaker {state}"),
            Self::Rotated { from, to, reason } => {
                write!(f, "rotated from connection {from} to {to}: {reason}")
            }
            Self::GivenUp { reason } => write!(f, "GIVEN UP: {reason}"),
            Self::Operator { order, reason: Some(reason) } => {
                write!(f, "operator: {order} ({reason})")
            }
            Self::Operator { order, reason: None } => write!(f, "operator: {order}"),
            Self::LeftOut { kind, lines, span_ms } => {
                write!(f, "{lines} more lines `{kind}` left out in {}", seconds(*span_ms))
            }
            Self::Summary { healthy, uptime_ms, watched_ms, reconnects, gaps, health } => {
                let state = if *healthy { "healthy" } else { "NOT HEALTHY" };
                let (up, watched) = (seconds(*uptime_ms), seconds(*watched_ms));
                write!(f, "{state}, live {up} of {watched}, ")?;
                write!(f, "reconnects {reconnects}, gaps {gaps}: {health}")
            }
            other => write!(f, "{other:?}"),
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
