//! What a frame costs: at every venue to be told from a heartbeat, to be answered if it is one, and
//! in the core.
//!
//! An own harness of two files and not divan or criterion: what is asked for is one table with
//! ratios of the same run, in which the rivals take turns, and neither prints that; either takes
//! minutes to build. Medians over rounds; on a machine that does other things besides, look at the
//! ratios and not at the nanoseconds.

mod measure;

use core::error::Error;
use core::fmt;
use core::hint::black_box;
use core::time::Duration;
use std::path::Path;

use heartbeat_core::{
    Action, Detector, Frame, Outbox, Outlet, Platform, Responder, Session, Signal, Timestamp,
};
use heartbeat_platforms::Exchange;
use heartbeat_testkit::OwnedFrame;
use heartbeat_testkit::conformance::{Fixture, load};

use measure::{Cost, medians};

fn main() -> Result<(), Box<dyn Error>> {
    let std = if cfg!(feature = "std") { "with" } else { "without" };
    let rounds = measure::ROUNDS;
    println!("Medians of {rounds} rounds, heartbeat-platforms {std} its feature `std`.\n\n{HEAD}");
    let mut rows = Vec::new();
    for exchange in Exchange::all() {
        let row = Row::measure(*exchange)?;
        println!("{row}");
        rows.push(row);
    }
    println!("{}", summary(&rows));
    session();
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
    fn measure(exchange: Exchange) -> Result<Self, Box<dyn Error>> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
        let folder = folder.join("../../heartbeat-platforms/fixtures").join(exchange.name());
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
        let [data_cost, book_cost, response, value] = medians([
            &mut || data.iter().for_each(classify),
            &mut || {
                black_box(exchange.classify(black_box(Frame::Text(&book))));
            },
            &mut || answer(exchange, &beat, &mut out),
            &mut || texts.iter().for_each(|text| parse(text)),
        ]);
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

/// What the core adds to a frame, by one venue whose data costs little and whose challenges are
/// messages.
fn session() {
    let exchange = Exchange::Deribit;
    let config = exchange.defaults().build().expect("the defaults build");
    let mut now = Timestamp::ZERO;
    let mut session = Session::new(exchange, config, now);
    let mut tick = || {
        now = now.checked_add(Duration::from_nanos(1)).unwrap_or(now);
        now
    };
    drain(&mut session, tick());
    let armed = Frame::Text(r#"{"jsonrpc":"2.0","id":79448305041409,"result":"ok"}"#);
    let _whose = session.handle_frame(tick(), armed);
    drain(&mut session, tick());
    let book = book();
    let challenge = r#"{"jsonrpc":"2.0","method":"heartbeat","params":{"type":"test_request"}}"#;
    let mut other = session.clone();
    let mut at = Timestamp::ZERO;
    let mut tock = || {
        at = at.checked_add(Duration::from_nanos(1)).unwrap_or(at);
        at
    };
    let [alone, data, cycle] = medians([
        &mut || {
            black_box(exchange.classify(black_box(Frame::Text(&book))));
        },
        &mut || {
            let now = tick();
            let whose = session.handle_frame(now, black_box(Frame::Text(&book)));
            black_box(&whose);
            drain(&mut session, now);
        },
        &mut || {
            let now = tock();
            let whose = other.handle_frame(now, black_box(Frame::Text(challenge)));
            black_box(&whose);
            drain(&mut other, now);
        },
    ]);
    println!(
        "\nThe core, by `{exchange}`: a book of 1.4 kB through the session and the drain {data} ns \
         (classification alone {alone} ns); a challenge to its response written and reported \
         {cycle} ns."
    );
}

fn drain(session: &mut Session<Exchange>, now: Timestamp) {
    loop {
        match session.poll_action(now, Outlet::Ready) {
            Action::Respond(frame) | Action::Transmit(frame) => {
                black_box(frame);
                session.handle_transmitted(now);
            }
            Action::RecordLatency(_) | Action::Notify(_) => {}
            Action::Disconnect(cause) => panic!("the bench lost its session: {cause:?}"),
            Action::Wait(_) => return,
        }
    }
}
