//! The board in the exposition format of Prometheus, made afresh for every scrape.

use core::fmt;
use core::time::Duration;

use heartbeat_core::{Health, LatencySummary};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::text::encode as encode_text;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric, MetricEncoder};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::{Registry, Unit};

use crate::board::{Board, Entry};

/// Encodes everything known now.
///
/// # Errors
///
/// Never in practice: writing into a string does not fail.
pub(crate) fn encode(board: Board) -> Result<String, fmt::Error> {
    let mut registry = Registry::with_prefix("heartbeat");
    registry.register_collector(Box::new(Connections(board)));
    let mut text = String::new();
    encode_text(&mut text, &registry)?;
    Ok(text)
}

/// The labels are bounded: one set for each connection, which the command line fixes.
#[derive(Debug)]
struct Connections(Board);

type CounterOf = fn(&Health) -> u64;
type SummaryOf = fn(&Health) -> Option<LatencySummary>;
type FigureOf = fn(&LatencySummary) -> Duration;

/// Name, meaning and source of each counter; the encoder adds `_total`.
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

impl Collector for Connections {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let entries = self.0.snapshot();
        let up = |entry: &Entry| Some(ConstGauge::new(i64::from(entry.is_healthy())));
        family(&mut encoder, &entries, "up", "Whether the connection works", None, up)?;
        let bound = |entry: &Entry| Some(seconds(entry.detection_bound));
        let help = "Longest time from the death of the line to the verdict";
        family(&mut encoder, &entries, "detection_bound", help, Some(&Unit::Seconds), bound)?;
        for (name, help, read) in COUNTERS {
            let counter = |entry: &Entry| entry.health.as_ref().map(read).map(ConstCounter::new);
            family(&mut encoder, &entries, name, help, None, counter)?;
        }
        for (name, help, read) in LATENCIES {
            for (suffix, pick) in FIGURES {
                let gauge = |entry: &Entry| {
                    entry.health.as_ref().and_then(read).map(|summary| seconds(pick(&summary)))
                };
                let name = format!("{name}_{suffix}");
                let help = format!("{help}, {suffix} of the last hundred");
                family(&mut encoder, &entries, &name, &help, Some(&Unit::Seconds), gauge)?;
            }
        }
        Ok(())
    }
}

/// Name and source of each figure of a latency.
const FIGURES: [(&str, FigureOf); 3] = [
    ("p50", |summary| summary.median),
    ("p99", |summary| summary.p99),
    ("max", |summary| summary.max),
];

fn seconds(span: Duration) -> ConstGauge<f64> {
    ConstGauge::new(span.as_secs_f64())
}

/// Writes one metric for every connection that has it.
fn family<M: EncodeMetric>(
    encoder: &mut DescriptorEncoder<'_>,
    entries: &[Entry],
    name: &str,
    help: &str,
    unit: Option<&Unit>,
    value: impl Fn(&Entry) -> Option<M>,
) -> Result<(), fmt::Error> {
    let values: Vec<(usize, &Entry, M)> = entries
        .iter()
        .enumerate()
        .filter_map(|(connection, entry)| Some((connection, entry, value(entry)?)))
        .collect();
    let Some((_, _, first)) = values.first() else { return Ok(()) };
    let kind: MetricType = first.metric_type();
    let mut family: MetricEncoder<'_> = encoder.encode_descriptor(name, help, unit, kind)?;
    for (connection, entry, metric) in values {
        let labels =
            [("connection", connection.to_string()), ("exchange", entry.exchange.to_owned())];
        metric.encode(family.encode_family(&labels)?)?;
    }
    Ok(())
}
