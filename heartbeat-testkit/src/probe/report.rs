//! What is to be known of a venue, for people and for programs.

use core::fmt::{self, Write as _};
use core::time::Duration;
use std::collections::BTreeMap;

use heartbeat_core::WallTime;
use serde_json::{Value, json};

use super::judge::Evidence;
use super::measure::shown;
use super::{End, Experiment, Fact, FactVerdict, Finding, Measure, Recording, Rhythm};
use crate::OwnedFrame;

/// No venue beats faster.
const RHYTHM_MIN: Duration = Duration::from_millis(900);

/// What is to be known of a venue: for people by [`Display`](fmt::Display), for programs by
/// [`to_json`](Self::to_json).
///
/// It holds what the venue sent for a heartbeat, the reasons of its closes and the beginnings of
/// messages that came in a rhythm; of what the client sent, of its subscription and of the URL it
/// holds nothing.
#[derive(Clone, Debug)]
pub struct ProbeReport {
    name: Box<str>,
    findings: Vec<Finding>,
    samples: Vec<(&'static str, OwnedFrame)>,
    rhythms: Vec<Rhythm>,
    recordings: Vec<Recording>,
    skipped: BTreeMap<Experiment, &'static str>,
    gave_up: bool,
    /// What the wall clock read at the beginning, if anybody said.
    began: Option<WallTime>,
    took: Duration,
    resolution: Duration,
}

impl ProbeReport {
    pub(super) fn new(
        evidence: &Evidence<'_>,
        skipped: BTreeMap<Experiment, &'static str>,
        gave_up: bool,
        took: Duration,
    ) -> Self {
        let recordings = evidence.recordings;
        let made = |experiment| recordings.iter().any(|it| it.experiment() == experiment);
        let first = |of: fn(&Recording) -> Option<&OwnedFrame>| recordings.iter().find_map(of);
        let challenge = first(|it| it.challenges.sample.as_ref());
        let beat = first(|it| it.beats.sample.as_ref());
        let terms = first(|it| it.terms.as_ref());
        let samples = [("challenge", challenge), ("beat", beat), ("statement of terms", terms)];
        let with_frame = |(kind, frame): (_, Option<&OwnedFrame>)| Some((kind, frame?.clone()));
        Self {
            name: evidence.subject.name().into(),
            findings: evidence.findings(),
            samples: samples.into_iter().filter_map(with_frame).collect(),
            rhythms: rhythms(recordings, RHYTHM_MIN / evidence.options.time_scale.get()),
            recordings: recordings.to_vec(),
            skipped: skipped.into_iter().filter(|(experiment, _)| !made(*experiment)).collect(),
            gave_up,
            began: evidence.options.wall_time,
            took,
            resolution: evidence.options.resolution,
        }
    }

    /// Returns what is known of each fact, in the order of the facts.
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// Returns what is known of a fact; `None` if it is neither documented nor was observed.
    pub fn finding(&self, fact: Fact) -> Option<&Finding> {
        self.findings.iter().find(|finding| finding.fact() == fact)
    }

    /// Returns what is not as documented.
    pub fn differences(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| finding.verdict() == FactVerdict::Differs)
    }

    /// Returns the messages that came in a rhythm and that the dialect takes for data: each may be
    /// a heartbeat that it does not know.
    pub fn rhythms(&self) -> &[Rhythm] {
        &self.rhythms
    }

    /// Returns what was recorded, one connection after the other.
    pub fn recordings(&self) -> &[Recording] {
        &self.recordings
    }

    /// Returns the experiments that were not made, and why.
    pub fn skipped(&self) -> impl Iterator<Item = (Experiment, &'static str)> {
        self.skipped.iter().map(|(experiment, why)| (*experiment, *why))
    }

    /// Returns it as one JSON object: `findings` for a change of facts, each with the field it
    /// belongs to; `samples` for fixtures; `rhythms`, `connections` and `skipped`.
    pub fn to_json(&self) -> Value {
        let skipped = self
            .skipped
            .iter()
            .map(|(experiment, why)| json!({ "experiment": experiment.as_str(), "why": why }));
        let samples = self.samples.iter().map(|(kind, frame)| {
            let mut sample = frame_json(frame);
            sample["means"] = json!(kind);
            sample
        });
        let rhythms = self.rhythms.iter().map(|rhythm| {
            let mut value = frame_json(&rhythm.sample);
            value["every_ms"] = json!(millis(rhythm.every));
            value["count"] = json!(rhythm.count);
            value
        });
        json!({
            "exchange": self.name,
            "began_unix_ms": self.began.map(WallTime::as_unix_millis),
            "took_ms": millis(self.took),
            "resolution_ms": millis(self.resolution),
            "gave_up": self.gave_up,
            "findings": self.findings.iter().map(finding_json).collect::<Vec<_>>(),
            "samples": samples.collect::<Vec<_>>(),
            "rhythms": rhythms.collect::<Vec<_>>(),
            "connections": self.recordings.iter().map(recording_json).collect::<Vec<_>>(),
            "skipped": skipped.collect::<Vec<_>>(),
        })
    }
}

/// Returns the rhythms of connections on which nothing was amiss, each once: that of the
/// connection on which most came.
fn rhythms(recordings: &[Recording], every_min: Duration) -> Vec<Rhythm> {
    let fair = [Experiment::Attend, Experiment::Listen, Experiment::Idle];
    let mut all: Vec<Rhythm> = Vec::new();
    for recording in recordings.iter().filter(|it| fair.contains(&it.experiment())) {
        for rhythm in recording.rhythms().into_iter().filter(|it| it.every >= every_min) {
            let is_same = |it: &&mut Rhythm| {
                core::mem::discriminant(&it.sample) == core::mem::discriminant(&rhythm.sample)
                    && it.sample.as_frame().len() == rhythm.sample.as_frame().len()
            };
            match all.iter_mut().find(is_same) {
                Some(known) if known.count >= rhythm.count => {}
                Some(known) => *known = rhythm,
                None => all.push(rhythm),
            }
        }
    }
    all
}

fn finding_json(finding: &Finding) -> Value {
    json!({
        "fact": finding.fact().as_str(),
        "field": finding.fact().field(),
        "documented": finding.documented().map(Measure::to_json),
        "observed": finding.observed().map(Measure::to_json),
        "verdict": finding.verdict().as_str(),
        "confidence": finding.trust().as_str(),
        "agreed": finding.agreement().0,
        "of": finding.agreement().1,
        "note": finding.note(),
    })
}

fn recording_json(recording: &Recording) -> Value {
    let end = match recording.end() {
        End::Ours => json!("ours"),
        End::Closed { code, reason } => json!({ "code": code, "reason": reason }),
        End::Cut => json!("cut"),
        End::Broken { why } => json!({ "broken": why }),
        End::NotOpened { why } => json!({ "not_opened": why }),
    };
    json!({
        "experiment": recording.experiment().as_str(),
        "subscribed": recording.is_subscribed(),
        "lasted_ms": millis(recording.lasted()),
        "end": end,
        "challenges": recording.challenges(),
        "beats": recording.beats(),
        "receipts": recording.receipts,
        "data": recording.data(),
        "pings": [recording.pings.sent, recording.pings.answered],
        "probes": [recording.probes.sent, recording.probes.answered],
        "arm_refused": recording.arm_refused,
        "notices": recording.notices,
    })
}

fn frame_json(frame: &OwnedFrame) -> Value {
    let hex = |bytes: &[u8]| {
        bytes.iter().fold(String::new(), |mut hex, byte| {
            // Writing into a string cannot fail.
            let _ = write!(hex, "{byte:02x}");
            hex
        })
    };
    match frame {
        OwnedFrame::Text(text) => json!({ "kind": "text", "text": text }),
        OwnedFrame::Binary(bytes) => json!({ "kind": "binary", "hex": hex(bytes) }),
        OwnedFrame::Ping(bytes) => json!({ "kind": "ping", "hex": hex(bytes) }),
        OwnedFrame::Pong(bytes) => json!({ "kind": "pong", "hex": hex(bytes) }),
        OwnedFrame::Close { code, reason } => {
            json!({ "kind": "close", "code": code, "reason": reason })
        }
    }
}

fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}

impl fmt::Display for ProbeReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let connections = self.recordings.len();
        writeln!(f, "{}: {connections} connections in {}\n", self.name, shown(self.took))?;
        writeln!(f, "{:<44} {:<22} {:<22} verdict", "", "documented", "observed")?;
        for finding in &self.findings {
            fmt_finding(f, finding)?;
        }
        for (kind, frame) in &self.samples {
            writeln!(f, "\na {kind}: {}", escaped(frame))?;
        }
        for rhythm in &self.rhythms {
            let (every, sample) = (shown(rhythm.every), escaped(&rhythm.sample));
            writeln!(f, "\nin a rhythm, perhaps a heartbeat, each {every}: {sample}")?;
        }
        writeln!(f)?;
        for (experiment, why) in &self.skipped {
            writeln!(f, "not made: {} ({}): {why}", experiment.as_str(), experiment.about())?;
        }
        for recording in &self.recordings {
            if let End::NotOpened { why } | End::Broken { why } = recording.end() {
                writeln!(f, "{}: {}", recording.experiment().as_str(), why.escape_debug())?;
            }
        }
        if self.gave_up {
            writeln!(f, "gave up: connection after connection could not be opened")?;
        }
        Ok(())
    }
}

fn fmt_finding(f: &mut fmt::Formatter<'_>, finding: &Finding) -> fmt::Result {
    let cell = |measure: Option<&Measure>| {
        measure.map_or_else(|| "-".to_owned(), |measure| cut(&measure.to_string()))
    };
    let (documented, observed) = (cell(finding.documented()), cell(finding.observed()));
    write!(f, "{:<44} {documented:<22} {observed:<22} ", finding.fact().about())?;
    match (finding.verdict(), finding.agreement()) {
        (FactVerdict::NotObserved, _) => writeln!(f, "not observed: {}", finding.note()),
        (verdict, (agreed, of)) => {
            let trust = finding.trust().as_str();
            writeln!(f, "{}, {agreed} of {of}, confidence {trust}", verdict.as_str())
        }
    }
}

/// Cuts what is too long for its column; the JSON has the whole.
fn cut(text: &str) -> String {
    const COLUMN: usize = 22;
    if text.chars().count() <= COLUMN {
        return text.to_owned();
    }
    text.chars().take(COLUMN - 3).chain("...".chars()).collect()
}

fn escaped(frame: &OwnedFrame) -> String {
    // What a peer says may not move the cursor.
    frame.to_string().chars().filter(|letter| !letter.is_control()).collect()
}
