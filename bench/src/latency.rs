//! How long the venue waits for an answer, as the venue measures it.

use std::error::Error;

use heartbeat_platforms::Exchange;
use heartbeat_tokio::{ConnectOptions, Connection, ConnectionOptions, IoThread, connect};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_tungstenite::client_async_with_config;

use crate::bare::runtime;
use crate::measure::{Effort, median, pin_to, unpin};
use crate::report::Report;
use crate::rivals;
use crate::venue::Venue;

type Outcome<T> = Result<T, Box<dyn Error>>;

pub(crate) fn measure(effort: Effort, report: &mut Report, venue: &Venue) -> Outcome<()> {
    let rounds = effort.pick(300, 700);
    let (mut raw, mut ours) = (Vec::new(), Vec::new());
    for _ in 0..effort.pick(3, 9) {
        raw.push(echo(venue, rounds)?.p50);
        ours.push(respond(venue, rounds)?.p50);
    }
    let (raw, ours) = (median(raw), median(ours));
    println!("\n## From the venue's question to the answer read there, us\n");
    println!("| who answers | p50 |\n|---|---|");
    println!("| a loop that writes the same bytes back | {raw:.0} |\n| `Connection` | {ours:.0} |");
    report.note("reply_rtt_vs_raw", ours / raw);
    let stalled = stall(venue, effort.pick(100, 300))?;
    println!("| `Connection`, its application stalled and its queue full | {:.0} |", stalled.p50);
    report.note("stall_pong_us_p50", stalled.p50);
    report.note("stall_pong_us_max", stalled.max);
    Ok(())
}

/// What the venue measured, in microseconds.
struct Answers {
    p50: f64,
    p99: f64,
    max: f64,
}

fn answers(venue: &Venue) -> Outcome<Answers> {
    let said = venue.hear()?;
    let numbers: Vec<f64> = said.split(' ').filter_map(|word| word.parse().ok()).collect();
    match numbers[..] {
        [_, 0.0, p50, p99, max] => Ok(Answers { p50, p99, max }),
        _ => Err(format!("the venue says `{said}`").into()),
    }
}

/// Answers from a buffer that was written before: as quick as it can be.
fn echo(venue: &Venue, rounds: usize) -> Outcome<Answers> {
    runtime().block_on(async {
        let tcp = TcpStream::connect(("127.0.0.1", venue.port)).await?;
        tcp.set_nodelay(true)?;
        let url = venue.url(&format!("ask/{rounds}"));
        let (ws, _) = client_async_with_config(url, tcp, None).await?;
        let mut tcp = ws.into_inner();
        let text = br#"{"jsonrpc":"2.0","id":79448305041410,"method":"public/test"}"#;
        let mut answer = vec![0x81, 0x80 | text.len() as u8, 0, 0, 0, 0];
        answer.extend(text);
        tcp.write_all(&answer).await?;
        let mut buffer = [0; 4_096];
        while tcp.read(&mut buffer).await.is_ok_and(|read| read > 0) {
            if tcp.write_all(&answer).await.is_err() {
                break;
            }
        }
        Ok::<_, Box<dyn Error>>(())
    })?;
    answers(venue)
}

fn respond(venue: &Venue, rounds: usize) -> Outcome<Answers> {
    let url = venue.url(&format!("ask/{rounds}"));
    runtime().block_on(async {
        let ws = connect(&url, &ConnectOptions::default()).await?;
        let session = rivals::session(Exchange::Deribit);
        let mut connection = Connection::spawn(ws, session, ConnectionOptions::default());
        while connection.next().await.is_some() {}
        Ok::<_, Box<dyn Error>>(())
    })?;
    answers(venue)
}

/// The application takes nothing at all.
fn stall(venue: &Venue, pings: usize) -> Outcome<Answers> {
    let url = venue.url(&format!("flood/{pings}"));
    runtime().block_on(async {
        let ws = connect(&url, &ConnectOptions::default()).await?;
        let session = rivals::session(Exchange::Deribit);
        let connection = Connection::spawn(ws, session, ConnectionOptions::default());
        let mut health = connection.watch_health();
        while health.changed().await.is_ok() {}
        Ok::<_, Box<dyn Error>>(())
    })?;
    answers(venue)
}

/// Measures what a trading desk can turn: where the connection runs, and whether it ever sleeps.
pub(crate) fn tuning(effort: Effort, venue: &Venue) -> Outcome<()> {
    let rounds = effort.pick(300, 700);
    let url = venue.url(&format!("ask/{rounds}"));
    let ways: [(&str, &dyn Fn() -> Outcome<()>); 4] = [
        ("one thread, on a core of its own", &|| runtime().block_on(hold(url.clone(), false))),
        ("two threads, on any core", &|| {
            unpin();
            let mut builder = tokio::runtime::Builder::new_multi_thread();
            let runtime = builder.worker_threads(2).enable_all().build()?;
            let held = runtime.block_on(hold(url.clone(), false));
            pin_to(0);
            held
        }),
        ("an `IoThread`, the application elsewhere", &|| {
            let (thread, url) = (IoThread::new("io")?, url.clone());
            let held = async move { hold(url, false).await.map_err(|error| error.to_string()) };
            runtime().block_on(async { Ok(thread.run(held).await?) })
        }),
        ("one thread that never sleeps", &|| runtime().block_on(hold(url.clone(), true))),
    ];
    println!("\n## Where a connection runs, us from a question to its answer\n");
    println!("| where | p50 | p99 |\n|---|---|---|");
    let mut measured = vec![(Vec::new(), Vec::new()); ways.len()];
    for _ in 0..effort.pick(3, 7) {
        for ((_, way), measured) in ways.iter().zip(&mut measured) {
            way()?;
            let answers = answers(venue)?;
            measured.0.push(answers.p50);
            measured.1.push(answers.p99);
        }
    }
    for ((name, _), (p50, p99)) in ways.iter().zip(measured) {
        println!("| {name} | {:.0} | {:.0} |", median(p50), median(p99));
    }
    Ok(())
}

/// Holds a connection to its end.
async fn hold(url: String, is_awake: bool) -> Outcome<()> {
    let ws = connect(&url, &ConnectOptions::default()).await?;
    let session = rivals::session(Exchange::Deribit);
    let mut connection = Connection::spawn(ws, session, ConnectionOptions::default());
    let mut awake = tokio::task::JoinSet::new();
    if is_awake {
        awake.spawn(async {
            loop {
                tokio::task::yield_now().await;
            }
        });
    }
    while connection.next().await.is_some() {}
    Ok(())
}
