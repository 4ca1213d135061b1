//! Telling market data from a heartbeat, beside a search for one word and beside a parse.

use core::hint::black_box;

use heartbeat_core::{Detector, Frame};
use serde::Deserialize;

use crate::measure::{Cost, Effort, medians};
use crate::report::Report;
use crate::traffic::{self, Sample};

/// What a program reads that wants to know no more than we do.
#[derive(Deserialize)]
struct Typed<'a> {
    #[serde(borrow)]
    method: Option<&'a str>,
    #[serde(borrow)]
    channel: Option<&'a str>,
}

pub(crate) fn measure(effort: Effort, report: &mut Report) {
    println!("\n## Market data told from a heartbeat, ns a frame\n");
    println!(
        "| traffic | bytes | ours | one word by memmem | typed serde | `Value` | `Value`/ours |"
    );
    println!("|---|---|---|---|---|---|---|");
    let short = row("short", effort, &traffic::short());
    let mix = row("mix", effort, &traffic::mix());
    report.note("detect_ns_short", short.ours.nanos());
    report.note("detect_ns_mix", mix.ours.nanos());
    report.note("detect_vs_value", mix.value.over(mix.ours));
}

struct Row {
    ours: Cost,
    value: Cost,
}

fn row(name: &str, effort: Effort, samples: &[Sample]) -> Row {
    let word = "\"heartbeat\"";
    // All of them in each call: a few would come from the nearest cache, and be foreseen.
    let [ours, memmem, typed, value] = medians(
        effort,
        [
            &mut || classify(samples),
            &mut || {
                for sample in samples {
                    black_box(black_box(&sample.text).contains(word));
                }
            },
            &mut || samples.iter().for_each(|it| parse(&it.text)),
            &mut || {
                for sample in samples {
                    black_box(serde_json::from_str::<serde_json::Value>(&sample.text).ok());
                }
            },
        ],
    )
    .map(|cost| cost.per(samples.len()));
    let bytes = samples.iter().map(|it| it.text.len()).sum::<usize>() / samples.len();
    let times = value.over(ours);
    println!("| {name} | {bytes} | {ours} | {memmem} | {typed} | {value} | {times:.0} |");
    Row { ours, value }
}

pub(crate) fn classify(samples: &[Sample]) {
    for Sample { venue, text } in samples {
        black_box(venue.classify(black_box(Frame::Text(text))));
    }
}

fn parse(text: &str) {
    let typed = serde_json::from_str::<Typed<'_>>(black_box(text)).ok();
    black_box(typed.map(|it| (it.method.map(str::len), it.channel.map(str::len))));
}
