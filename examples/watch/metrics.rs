//! The board in the text format of Prometheus, made afresh for every scrape.

use core::time::Duration;

use heartbeat_core::BreakerState;
use prometheus::TextEncoder;
use prometheus::proto::{Counter, Gauge, LabelPair, Metric, MetricFamily, MetricType};

use crate::board::{Board, Entry};
use crate::tally::LatencyLine;

/// The content type of what [`encode`] returns.
pub(crate) const CONTENT_TYPE: &str = prometheus::TEXT_FORMAT;

/// Encodes everything known now. The labels are bounded: one set for each connection, and the
/// command line fixes those.
///
/// # Errors
///
/// Never in practice: writing into a string does not fail.
pub(crate) fn encode(board: &Board) -> prometheus::Result<String> {
    TextEncoder::new().encode_to_string(&families(&board.snapshot()))
}

type CounterOf = fn(&Entry) -> u64;
type LatencyOf = fn(&Entry) -> Option<LatencyLine>;
type FigureOf = fn(&LatencyLine) -> u64;

/// Name, meaning and source of each counter.
const COUNTERS: [(&str, &str, CounterOf); 10] = [
    ("frames", "Frames read", |entry| entry.health.frames),
    ("beats", "Beats read", |entry| entry.health.beats),
    ("challenges", "Challenges read", |entry| entry.health.challenges),
    ("responses", "Challenges answered", |entry| entry.health.responses),
    ("probes", "Probes written", |entry| entry.health.probes),
    ("answers", "Probes answered in time", |entry| entry.health.answers),
    ("failures", "Heartbeat failures of every kind", |entry| entry.health.missed),
    ("stalls", "Local stalls", |entry| entry.health.stalls),
    ("reconnects", "Times that it was lost and has come back", |entry| entry.reconnects),
    ("gaps", "Times that messages may have been missed", |entry| entry.gaps),
];

/// Name, meaning and source of each latency.
const LATENCIES: [(&str, &str, LatencyOf); 2] = [
    ("response_time", "From challenge read to response written", |entry| {
        entry.health.response_time
    }),
    ("round_trip", "From probe written to answer read", |entry| entry.health.round_trip),
];

/// Name and source of each figure of a latency.
const FIGURES: [(&str, FigureOf); 3] = [
    ("p50", |latency| latency.p50_us),
    ("p99", |latency| latency.p99_us),
    ("max", |latency| latency.max_us),
];

fn families(entries: &[Entry]) -> Vec<MetricFamily> {
    let mut families = vec![
        gauges(entries, "up", "Whether the connection works", |entry| {
            Some(f64::from(u8::from(entry.healthy)))
        }),
        gauges(
            entries,
            "breaker_open",
            "Whether the venue's breaker lets nobody connect: 1 if so, 0.5 while it tries one",
            |entry| {
                Some(match entry.breaker {
                    BreakerState::Closed => 0.0,
                    BreakerState::HalfOpen => 0.5,
                    BreakerState::Open { .. } => 1.0,
                })
            },
        ),
        gauges(
            entries,
            "detection_bound_seconds",
            "Longest time from the death of the line to the verdict",
            |entry| Some(entry.detection_bound.as_secs_f64()),
        ),
    ];
    for (name, help, read) in COUNTERS {
        let name = format!("{name}_total");
        families.push(family(entries, &name, help, MetricType::COUNTER, |entry, metric| {
            let mut counter = Counter::default();
            #[expect(clippy::cast_precision_loss, reason = "the format has doubles alone")]
            counter.set_value(read(entry) as f64);
            metric.set_counter(counter);
            Some(())
        }));
    }
    for (name, help, read) in LATENCIES {
        for (suffix, pick) in FIGURES {
            let name = format!("{name}_{suffix}_seconds");
            let help = format!("{help}, {suffix} since the start");
            families.push(gauges(entries, &name, &help, |entry| {
                Some(Duration::from_micros(pick(&read(entry)?)).as_secs_f64())
            }));
        }
    }
    families.retain(|family| !family.get_metric().is_empty());
    families
}

fn gauges(
    entries: &[Entry],
    name: &str,
    help: &str,
    value: impl Fn(&Entry) -> Option<f64>,
) -> MetricFamily {
    family(entries, name, help, MetricType::GAUGE, |entry, metric| {
        let mut gauge = Gauge::default();
        gauge.set_value(value(entry)?);
        metric.set_gauge(gauge);
        Some(())
    })
}

/// Makes one metric for every connection that has it.
fn family(
    entries: &[Entry],
    name: &str,
    help: &str,
    kind: MetricType,
    fill: impl Fn(&Entry, &mut Metric) -> Option<()>,
) -> MetricFamily {
    let mut metrics = Vec::new();
    for entry in entries {
        let mut metric = Metric::default();
        if fill(entry, &mut metric).is_some() {
            let labels =
                [("connection", entry.name.clone()), ("exchange", entry.exchange.to_owned())];
            metric.set_label(labels.into_iter().map(|(name, value)| label(name, value)).collect());
            metrics.push(metric);
        }
    }
    let mut family = MetricFamily::default();
    family.set_name(format!("heartbeat_{name}"));
    family.set_help(help.to_owned());
    family.set_field_type(kind);
    family.set_metric(metrics);
    family
}

fn label(name: &str, value: String) -> LabelPair {
    let mut label = LabelPair::default();
    label.set_name(name.to_owned());
    label.set_value(value);
    label
}
