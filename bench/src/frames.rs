//! What a frame costs at every venue, to be told from a heartbeat and to be answered if it is one.

use core::error::Error;
use core::fmt;
use core::hint::black_box;
use std::path::Path;

use heartbeat_core::{Detector, Frame, Outbox, Responder, Signal};
use heartbeat_platforms::Exchange;
use heartbeat_testkit::OwnedFrame;
use heartbeat_testkit::conformance::{Fixture, load};

use crate::measure::{Cost, Effort, medians};

/// Prints a row for each venue.
pub(crate) fn print(effort: Effort) -> Result<(), Box<dyn Error>> {
    let std = if cfg!(feature = "std") { "with" } else { "without" };
    println!("\n## Every venue, heartbeat-platforms {std} its feature `std`\n\n{HEAD}");
    let mut rows = Vec::new();
    for exchange in Exchange::all() {
        let row = Row::measure(effort, *exchange)?;
        println!("{row}");
        rows.push(row);
    }
    println!("{}", summary(&rows));
    Ok(())
}

const HEAD: &str = "\
| venue | data, bytes | classify, ns | serde_json::Value, ns | times cheaper \
| book of 1.4 kB, ns | heartbeat | classify and respond, ns |
|---|---|---|---|---|---|---|---|";

/// A book of the size that venues push most often, with numbers in quotes and no escape.
fn book() -> String {
    let level = |at: usize| format!(r#"["91{at:03}.5","0.{at:04}","0","3"]"#);
    let side = |from: usize| (from..from + 25).map(level).collect::<Vec<_>>().join(",");
    format!(r#"{{"arg":{{"channel":"books"}},"asks":[{}],"bids":[{}]}}"#, side(0), side(100))
}

/// What the frames of one venue cost.
struct Row {
    exchange: Exchange,
    bytes: usize,
    data: Cost,
    value: Option<Cost>,
    book: Cost,
    heartbeat: String,
    response: Cost,
}

impl Row {
    fn measure(effort: Effort, exchange: Exchange) -> Result<Self, Box<dyn Error>> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
        let folder = folder.join("../heartbeat-platforms/fixtures").join(exchange.name());
        let fixtures = load(folder)?;
        let is_data = |fixture: &&Fixture| fixture.signal() == "data" && !fixture.is_lookalike();
        let data = fixtures.iter().filter(is_data).map(|fixture| OwnedFrame::from(fixture.frame()));
        let data = data.collect::<Vec<_>>();
        let texts = data.iter().filter_map(|frame| match frame {
            OwnedFrame::Text(text) => Some(text.as_str()),
            _ => None,
        });
        let texts = texts.collect::<Vec<_>>();
        let (heartbeat, beat) = heartbeat(&fixtures);
        let book = book();
        let classify = |frame: &OwnedFrame| {
            black_box(exchange.classify(black_box(frame.as_frame())));
        };
        let mut out = Outbox::new();
        let [data_cost, book_cost, response, value] = medians(
            effort,
            [
                &mut || data.iter().for_each(classify),
                &mut || {
                    black_box(exchange.classify(black_box(Frame::Text(&book))));
                },
                &mut || answer(exchange, &beat, &mut out),
                &mut || texts.iter().for_each(|text| parse(text)),
            ],
        );
        let each = |cost: Cost, count: usize| cost.per(count.max(1));
        Ok(Self {
            exchange,
            bytes: data.iter().map(|frame| frame.as_frame().len()).sum::<usize>()
                / data.len().max(1),
            data: each(data_cost, data.len()),
            value: (!texts.is_empty()).then(|| each(value, texts.len())),
            book: book_cost,
            heartbeat,
            response,
        })
    }
}

fn parse(text: &str) {
    black_box(serde_json::from_str::<serde_json::Value>(black_box(text)).ok());
}

/// Reads a heartbeat and writes the response, if it wants one.
fn answer(exchange: Exchange, beat: &OwnedFrame, out: &mut Outbox) {
    let signal = black_box(exchange.classify(black_box(beat.as_frame())));
    if let Signal::Challenge { token } = signal
        && let Some(token) = token.as_bytes()
    {
        out.clear();
        let written = match beat {
            OwnedFrame::Ping(_) => out.pong(token),
            _ => exchange.respond(token, out),
        };
        black_box(written.ok());
        black_box(out.frame());
    }
}

/// The heartbeat that the venue is best known by: a challenge, or else an answer or a beat in the
/// venue's dialect, or else a ping frame.
fn heartbeat(fixtures: &[Fixture]) -> (String, OwnedFrame) {
    for kind in ["challenge", "beat", "answer"] {
        if let Some(found) = fixtures.iter().find(|fixture| fixture.signal().starts_with(kind)) {
            return (kind.to_owned(), OwnedFrame::from(found.frame()));
        }
    }
    ("ping frame".to_owned(), OwnedFrame::Ping(b"1789456354".to_vec()))
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { exchange, bytes, data, value, book, heartbeat, response } = self;
        let (value, times) = match value {
            Some(value) => (value.to_string(), format!("{:.0}", value.over(*data))),
            None => ("-".to_owned(), "-".to_owned()),
        };
        write!(
            f,
            "| `{exchange}` | {bytes} | {data} | {value} | {times} | {book} | {heartbeat} \
             | {response} |"
        )
    }
}

/// The middle of all venues, and the worst.
fn summary(rows: &[Row]) -> String {
    let of = |read: &dyn Fn(&Row) -> Option<f64>| {
        let mut all = rows.iter().filter_map(read).collect::<Vec<_>>();
        all.sort_by(f64::total_cmp);
        let at = |index: usize| all.get(index).copied().unwrap_or_default();
        (at(0), at(all.len() / 2), at(all.len().saturating_sub(1)))
    };
    let (_, data, most) = of(&|row| Some(row.data.nanos()));
    let (least, times, _) = of(&|row| row.value.map(|value| value.over(row.data)));
    let (_, book, dearest) = of(&|row| Some(row.book.nanos()));
    let (_, response, slowest) = of(&|row| Some(row.response.nanos()));
    format!(
        "\nOver {} venues, the median and the worst: data {data:.0} ns and {most:.0} ns, \
         {times:.0} and {least:.0} times cheaper than a parse; a book of 1.4 kB {book:.0} ns and \
         {dearest:.0} ns; a heartbeat {response:.0} ns and {slowest:.0} ns.",
        rows.len(),
    )
}
