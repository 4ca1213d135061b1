//! The board in the text format of Prometheus, made afresh for every scrape.

use core::time::Duration;

use heartbeat_core::{Health, LatencySummary};
use prometheus::TextEncoder;
use prometheus::proto::{Counter, Gauge, LabelPair, Metric, MetricFamily, MetricType};

use crate::board::{Board, Entry};

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

type CounterOf = fn(&Health) -> u64;
type SummaryOf = fn(&Health) -> Option<LatencySummary>;
type FigureOf = fn(&LatencySummary) -> Duration;

/// Name, meaning and source of each counter.
const COUNTERS: [(&str, &str, CounterOf); 8] = [
    ("frames", "Frames read", |health| health.counters.frames),
    ("beats", "Beats read", |health| health.counters.beats),
    ("challenges", "Challenges read", |health| health.counters.challenges),
    ("responses", "Challenges answered", |health| health.counters.responses),
    ("probes", "Probes written", |health| health.counters.probes),
    ("answers", "Probes answered in time", |health| health.counters.answers),
    ("failures", "Heartbeat failures of every kind", |health| health.counters.failures),
    ("stalls", "Local stalls", |health| health.counters.stalls),
];

/// Name, meaning and source of each latency.
const LATENCIES: [(&str, &str, SummaryOf); 2] = [
    ("response_time", "From challenge read to response written", |health| health.response_time),
    ("round_trip", "From probe written to answer read", |health| health.round_trip),
];

/// Name and source of each figure of a latency.
const FIGURES: [(&str, FigureOf); 3] = [
    ("p50", |summary| summary.median),
    ("p99", |summary| summary.p99),
    ("max", |summary| summary.max),
];

fn families(entries: &[Entry]) -> Vec<MetricFamily> {
    let mut families = vec![
        gauges(entries, "up", "Whether the connection works", |entry| {
            Some(f64::from(u8::from(entry.is_healthy())))
        }),
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
            let value = read(entry.health.as_ref()?);
            #[expect(clippy::cast_precision_loss, reason = "the format has doubles alone")]
            counter.set_value(value as f64);
            metric.set_counter(counter);
            Some(())
        }));
    }
    for (name, help, read) in LATENCIES {
        for (suffix, pick) in FIGURES {
            let name = format!("{name}_{suffix}_seconds");
            let help = format!("{help}, {suffix} of the last hundred");
            families.push(gauges(entries, &name, &help, |entry| {
                Some(pick(&entry.health.as_ref().and_then(read)?).as_secs_f64())
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
    for (connection, entry) in entries.iter().enumerate() {
        let mut metric = Metric::default();
        if fill(entry, &mut metric).is_some() {
            let labels =
                [("connection", connection.to_string()), ("exchange", entry.exchange.into())];
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
