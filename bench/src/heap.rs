//! What lies on the heap, by the place in the code that put it there.

use std::collections::BTreeMap;
use std::error::Error;
use std::process::Command;

use heartbeat_platforms::Exchange;
use serde::Deserialize;

use crate::bare::runtime;
use crate::detect::classify;
use crate::held::{Held, Kind};
use crate::traffic;
use crate::venue::Venue;

type Outcome<T> = Result<T, Box<dyn Error>>;

/// How many connections are looked at together.
const CONNECTIONS: usize = 50;

/// Returns how often memory is asked for to tell a frame of market data from a heartbeat.
pub(crate) fn per_frame() -> Outcome<f64> {
    let program = std::env::current_exe()?.with_file_name("heap");
    let output = Command::new(program).arg("detect").output()?;
    Ok(String::from_utf8(output.stdout)?.trim().parse()?)
}

/// Runs in the process whose allocator counts.
pub(crate) fn run(words: &[&str]) -> Outcome<()> {
    match words {
        ["detect"] => {
            let samples: Vec<_> = traffic::mix().into_iter().chain(traffic::short()).collect();
            // What is made once has been made then.
            classify(&samples);
            let profiler = dhat::Profiler::builder().testing().build();
            classify(&samples);
            let blocks = dhat::HeapStats::get().total_blocks;
            drop(profiler);
            println!("{}", blocks as f64 / samples.len() as f64);
            Ok(())
        }
        [level] => idle(Kind::parse(level).ok_or("no such level")?),
        _ => Err("one of detect, stream, connection, client".into()),
    }
}

/// What dhat writes, as far as it is read.
#[derive(Deserialize)]
struct Profile {
    pps: Vec<Site>,
    ftbl: Vec<String>,
}

/// A place that asked for memory.
#[derive(Deserialize)]
struct Site {
    /// How many bytes of it are in use at the end.
    eb: u64,
    /// In how many blocks.
    ebk: u64,
    /// The way there, as places in the table of frames.
    fs: Vec<usize>,
}

fn idle(kind: Kind) -> Outcome<()> {
    let venue = Venue::start(false)?;
    let runtime = runtime();
    let mut held = Held::new(kind, venue.url("quiet"), Exchange::Rfc6455, None);
    runtime.block_on(held.open(1))?;
    let file = std::env::temp_dir().join(format!("heap-{}.json", std::process::id()));
    let profiler = dhat::Profiler::builder().file_name(&file).trim_backtraces(Some(40)).build();
    runtime.block_on(held.open(CONNECTIONS))?;
    runtime.block_on(async {
        let settled = tokio::time::Instant::from_std(crate::measure::now());
        tokio::time::sleep_until(settled + core::time::Duration::from_millis(300)).await;
    });
    drop(profiler);
    let profile: Profile = serde_json::from_slice(&std::fs::read(&file)?)?;
    std::fs::remove_file(&file)?;
    print(&profile);
    Ok(())
}

/// Prints the places by what they hold, most first.
fn print(profile: &Profile) {
    let mut places: BTreeMap<String, (u64, u64)> = BTreeMap::new();
    for site in profile.pps.iter().filter(|site| site.eb > 0) {
        let place = places.entry(place_of(site, &profile.ftbl)).or_default();
        place.0 += site.eb;
        place.1 += site.ebk;
    }
    let mut places: Vec<_> = places.into_iter().collect();
    places.sort_by_key(|(_, (bytes, _))| core::cmp::Reverse(*bytes));
    let each = |count: u64| count as f64 / CONNECTIONS as f64;
    let (mut bytes, mut blocks) = (0.0, 0.0);
    println!("| bytes | blocks | place |\n|---|---|---|");
    for (place, held) in &places {
        bytes += each(held.0);
        blocks += each(held.1);
        if each(held.0) >= 16.0 {
            println!("| {:.0} | {:.1} | {place} |", each(held.0), each(held.1));
        }
    }
    println!("| {bytes:.0} | {blocks:.1} | all |");
}

/// Names the first files on the way that are neither the allocator's nor a collection's.
fn place_of(site: &Site, frames: &[String]) -> String {
    let steps = site.fs.iter().filter_map(|at| frames.get(*at));
    // As in `0x55d2: name (folder/src/file.rs:12:3)`.
    let files = steps.filter_map(|step| step.rsplit_once('(')?.1.strip_suffix(')'));
    let files = files.filter_map(|file| file.rsplit_once(':').map(|(file, _column)| file));
    let is_plain = |file: &&str| {
        ["alloc/", "core/", "std/", "dhat", "/boxed", "raw_vec", "lib/rustlib", "bin/heap"]
            .iter()
            .all(|of_all| !file.contains(of_all))
    };
    let mut places: Vec<_> = files.filter(is_plain).collect();
    places.dedup();
    places.iter().take(2).map(|place| format!("`{place}`")).collect::<Vec<_>>().join(", from ")
}
