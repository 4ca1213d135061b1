//! Many connections in one process: what they hold, and whether all are kept alive.

use core::time::Duration;
use std::error::Error;
use std::io::{BufRead, Write};
use std::process::{Command, Stdio};
use std::sync::Arc;

use heartbeat_platforms::Exchange;
use rustls::pki_types::CertificateDer;

use crate::held::{Held, Kind};
use crate::measure::{Effort, now, pin_to, process_nanos, resident_kib};
use crate::report::Report;
use crate::venue::Venue;

type Outcome<T> = Result<T, Box<dyn Error>>;

/// How many are open before the memory is looked at: what the first cost alone is not theirs.
const WARM: usize = 8;

/// How often each connection is asked.
const ASKED_EVERY: Duration = Duration::from_secs(2);

/// What was asked for on the command line.
struct Args {
    connections: usize,
    duration: Duration,
    kind: Kind,
    tls: bool,
}

impl Args {
    fn parse(words: &[&str]) -> Outcome<Self> {
        let mut args = Self {
            connections: 1_000,
            duration: Duration::from_secs(20),
            kind: Kind::Connection,
            tls: false,
        };
        let mut words = words.iter();
        while let Some(word) = words.next() {
            let mut value = || words.next().ok_or_else(|| format!("{word} must have a value"));
            match *word {
                "--connections" => args.connections = value()?.parse()?,
                "--duration" => args.duration = seconds(value()?)?,
                "--level" => {
                    let level = value()?;
                    let known = Kind::parse(level).ok_or_else(|| format!("no level `{level}`"));
                    args.kind = known?;
                }
                "--tls" => args.tls = true,
                // What is printed is the same; the caller looks at its last line.
                "--format" if matches!(*value()?, "human" | "json") => {}
                other => return Err(format!("unexpected argument `{other}`").into()),
            }
        }
        Ok(args)
    }
}

fn seconds(word: &str) -> Outcome<Duration> {
    let (number, unit) = match word.strip_suffix('m') {
        Some(minutes) => (minutes, 60),
        None => (word.strip_suffix('s').unwrap_or(word), 1),
    };
    let number: u64 = number.parse().map_err(|error| format!("`{word}`: {error}"))?;
    Ok(Duration::from_secs(number * unit))
}

pub(crate) fn run(words: &[&str]) -> Outcome<()> {
    let args = Args::parse(words)?;
    let mut venue = Venue::start(args.tls)?;
    let mut holder = Holder::start(args.kind, &venue, Exchange::Deribit)?;
    holder.open(WARM)?;
    let before = holder.look()?;
    let started = now();
    holder.open(args.connections - WARM)?;
    let connect_s = (now() - started).as_secs_f64();
    let opened = holder.look()?;
    let each = (opened.resident_kib - before.resident_kib) / (args.connections - WARM) as f64;
    let rounds = (args.duration.as_millis() / ASKED_EVERY.as_millis()).max(1);
    venue.tell(&format!("ask {rounds} {}", ASKED_EVERY.as_millis()))?;
    let started = now();
    assert_eq!(venue.hear()?, "done");
    let lasted = (now() - started).as_secs_f64();
    let after = holder.look()?;
    venue.tell("report")?;
    let said = venue.hear()?;
    let [asked, missed, p50, p99, _] = numbers(&said)?[..] else { return Err(said.into()) };
    let busy = (after.cpu_s - opened.cpu_s) / lasted;
    let mut report = Report::default();
    report.note("connections", args.connections as f64);
    report.note("rss_kib_per_connection", each);
    report.note("challenges", asked);
    report.note("missed", missed + after.ended);
    report.note("response_us_p50", p50);
    report.note("response_us_p99", p99);
    report.note("cpu_percent_per_connection", 100.0 * busy / args.connections as f64);
    report.note("threads", after.threads);
    report.note("connect_s", connect_s);
    println!("{}", report.to_json());
    if missed + after.ended > 0.0 { Err("not all were kept alive".into()) } else { Ok(()) }
}

/// What memory an idle connection takes, plain and with TLS, and after a burst.
pub(crate) fn memory(effort: Effort, report: &mut Report) -> Outcome<()> {
    let count = effort.pick(200, 1_000);
    println!("\n## Memory of an idle connection that is resident, KiB\n");
    println!("| level | plain | TLS | 5 s after a burst of 4 x 16 KiB each |\n|---|---|---|---|");
    for (kind, key) in [
        (Kind::Tt0, ""),
        (Kind::Stream, ""),
        (Kind::Connection, "rss_kib_conn"),
        (Kind::Client, "rss_kib_client"),
    ] {
        let (plain, burst) = resident(kind, count, false)?;
        let tls = if kind == Kind::Tt0 { f64::NAN } else { resident(kind, count / 2, true)?.0 };
        println!("| {} | {plain:.1} | {tls:.1} | {burst:.1} |", kind.name());
        if !key.is_empty() {
            report.note(key, plain);
        }
    }
    Ok(())
}

fn resident(kind: Kind, count: usize, tls: bool) -> Outcome<(f64, f64)> {
    let mut venue = Venue::start(tls)?;
    let mut holder = Holder::start(kind, &venue, Exchange::Rfc6455)?;
    holder.open(WARM)?;
    let before = holder.look()?.resident_kib;
    holder.open(count)?;
    let each = |kib: f64| (kib - before) / count as f64;
    let idle = each(holder.look()?.resident_kib);
    if tls {
        return Ok((idle, f64::NAN));
    }
    venue.tell("burst 16000 4")?;
    assert_eq!(venue.hear()?, "done");
    let burst = each(holder.rest()?.resident_kib);
    Ok((idle, burst))
}

/// A process that holds connections and does what its standard input says.
struct Holder {
    child: std::process::Child,
    words: std::io::Lines<std::io::BufReader<std::process::ChildStdout>>,
}

/// How it is doing.
struct Look {
    resident_kib: f64,
    cpu_s: f64,
    threads: f64,
    ended: f64,
}

impl Holder {
    fn start(kind: Kind, venue: &Venue, exchange: Exchange) -> Outcome<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["hold", kind.name(), &venue.url("quiet"), exchange.name()]);
        command.arg(&venue.certificate).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn()?;
        let stdout = child.stdout.take().ok_or("no output")?;
        Ok(Self { child, words: std::io::BufReader::new(stdout).lines() })
    }

    fn ask(&mut self, what: &str) -> Outcome<Look> {
        writeln!(self.child.stdin.as_mut().ok_or("no input")?, "{what}")?;
        let said = self.words.next().ok_or("the holder has ended")??;
        match numbers(&said)?[..] {
            [resident_kib, cpu_s, threads, ended] => {
                Ok(Look { resident_kib, cpu_s, threads, ended })
            }
            _ => Err(said.into()),
        }
    }

    fn open(&mut self, count: usize) -> Outcome<Look> {
        self.ask(&format!("open {count}"))
    }

    fn look(&mut self) -> Outcome<Look> {
        self.ask("look")
    }

    /// Looks five seconds later.
    fn rest(&mut self) -> Outcome<Look> {
        self.ask("rest 5")
    }
}

impl Drop for Holder {
    fn drop(&mut self) {
        // Nobody waits for it any more.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn numbers(said: &str) -> Outcome<Vec<f64>> {
    Ok(said.split(' ').map(str::parse).collect::<Result<_, _>>()?)
}

/// What the process of a [`Holder`] does.
pub(crate) fn hold(words: &[&str]) -> Outcome<()> {
    let [kind, url, exchange, certificate] = words else { return Err("hold what?".into()) };
    let kind = Kind::parse(kind).ok_or("no such kind")?;
    pin_to(0);
    let runtime = crate::bare::runtime();
    let tls = if certificate.is_empty() { None } else { Some(trusting(certificate)?) };
    let mut held = Held::new(kind, (*url).to_owned(), exchange.parse()?, tls);
    let mut orders = crate::venue::words();
    // Between two orders the connections are kept alive.
    runtime.block_on(async {
        while let Some(order) = orders.recv().await {
            let (order, number) = order.split_once(' ').unwrap_or((&order, "0"));
            let number: usize = number.parse()?;
            if order == "open" {
                held.open(number).await?;
            }
            // What was begun settles: arming, health, and what was borrowed for the handshake.
            let settled = Duration::from_millis(if order == "rest" { 5_000 } else { 300 });
            tokio::time::sleep_until(tokio::time::Instant::from_std(now()) + settled).await;
            let cpu = process_nanos() as f64 / 1e9;
            println!("{} {cpu} {} {}", resident_kib(), threads(), held.ended());
        }
        Ok(())
    })
}

fn threads() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("Threads:"));
    line.and_then(|count| count.trim().parse().ok()).unwrap_or(f64::NAN)
}

fn trusting(certificate: &str) -> Outcome<Arc<rustls::ClientConfig>> {
    let digits = certificate.as_bytes().chunks(2);
    let bytes = digits.map(|pair| Ok(u8::from_str_radix(str::from_utf8(pair)?, 16)?));
    let mut roots = rustls::RootCertStore::empty();
    roots.add(CertificateDer::from(bytes.collect::<Outcome<Vec<u8>>>()?))?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider);
    let config = config.with_safe_default_protocol_versions()?.with_root_certificates(roots);
    Ok(Arc::new(config.with_no_client_auth()))
}
