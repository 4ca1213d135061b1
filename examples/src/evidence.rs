//! What led to a disconnect, as it stands in the JSON lines.

use core::time::Duration;

use heartbeat_core::{Evidence, OutstandingProbe, Timestamp};
use serde::Serialize;

/// What led to a disconnect. Times are milliseconds since the command started.
#[derive(Clone, Debug, Serialize)]
pub struct EvidenceLine {
    at_ms: u64,
    inputs: Vec<InputLine>,
    /// The last of those that had no answer.
    probe: Option<ProbeLine>,
    unanswered: Vec<ProbeLine>,
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

impl From<OutstandingProbe> for ProbeLine {
    fn from(probe: OutstandingProbe) -> Self {
        Self {
            probe: probe.probe.number(),
            due_ms: at(probe.due),
            written_ms: probe.written.map(at),
        }
    }
}

impl From<&Evidence> for EvidenceLine {
    fn from(evidence: &Evidence) -> Self {
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
            probe: evidence.probe().map(ProbeLine::from),
            unanswered: evidence.unanswered().map(ProbeLine::from).collect(),
            clocks: clocks.collect(),
        }
    }
}

/// Returns a point in time as whole milliseconds.
pub fn at(at: Timestamp) -> u64 {
    millis(at.saturating_since(Timestamp::ZERO))
}

/// Returns whole milliseconds, as many as a `u64` holds.
pub fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}
