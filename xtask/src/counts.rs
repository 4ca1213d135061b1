//! `cargo xtask counts`: how many instructions the work of each message takes, and whether it has
//! become more.

use core::fmt::Write as _;
use std::fs;

use crate::bench;
use crate::process::{capture, root};
use crate::{Command, Failed};

pub(crate) const COMMAND: Command = Command {
    name: "counts",
    about: "Counts the instructions of a message, and fails if they have become more",
    help: "\
Runs the hot paths under valgrind, twice with different numbers of messages, and compares the
difference with bench/instructions.txt. More than 3 % above that fails; with another compiler than
the one that it was recorded with, more than 15 %. Unlike times, counts are the same on a busy
machine.

  --record   writes the file anew, with the commit that makes it dearer or cheaper",
    takes_options: true,
    run: |words| match words {
        [] => check(),
        [word] if word == "--record" => record(),
        [word, ..] => Err(Failed(format!("unexpected argument `{word}`"))),
    },
};

/// What is counted, and how many messages the shorter run has; the other has twice as many.
const WORK: [(&str, u32); 6] = [
    ("detect", 2_000),
    ("session", 6_400),
    ("answer", 2_000),
    ("stream", 6_400),
    ("connection", 6_400),
    ("client", 6_400),
];

const FILE: &str = "bench/instructions.txt";

/// By how many percent a count may grow.
const TOLERANCE: f64 = 3.0;

/// By how many with another compiler, which may be to blame.
const TOLERANCE_ELSEWHERE: f64 = 15.0;

fn check() -> Result<(), Failed> {
    let recorded = fs::read_to_string(root().join(FILE));
    let recorded = recorded.map_err(|error| Failed(format!("{FILE}: {error}")))?;
    let compiler = compiler()?;
    let is_same = recorded.lines().next() == Some(&*compiler);
    let tolerance = if is_same { TOLERANCE } else { TOLERANCE_ELSEWHERE };
    let mut dearer = Vec::new();
    for (work, now) in measure()? {
        let line = recorded.lines().find_map(|line| line.strip_prefix(work));
        let Some(before) = line.and_then(|count| count.trim().parse::<f64>().ok()) else {
            return Err(Failed(format!("{FILE} has no count of {work}")));
        };
        let percent = (now / before - 1.0) * 100.0;
        println!("  {work:<10} {now:>7.0}  {percent:>+5.1} %");
        if percent > tolerance {
            dearer.push(work);
        }
    }
    if dearer.is_empty() {
        return Ok(());
    }
    let dearer = dearer.join(", ");
    Err(Failed(format!("{dearer}: more than {tolerance} % dearer than in {FILE}")))
}

fn record() -> Result<(), Failed> {
    let mut text = compiler()?;
    for (work, count) in measure()? {
        // Writing to a string cannot fail.
        let _ = write!(text, "\n{work} {count:.0}");
    }
    text.push('\n');
    print!("{text}");
    fs::write(root().join(FILE), text).map_err(|error| Failed(format!("{FILE}: {error}")))
}

fn compiler() -> Result<String, Failed> {
    let mut command = std::process::Command::new("rustc");
    let said = capture(command.arg("--version"))?.stdout;
    Ok(said.trim().to_owned())
}

/// Returns the instructions that each message takes.
fn measure() -> Result<Vec<(&'static str, f64)>, Failed> {
    let program = bench::build(&[])?;
    let count = |work: &str, messages: u32| -> Result<f64, Failed> {
        let mut command = std::process::Command::new("valgrind");
        command.args(["--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null"]);
        command.arg(&program).args(["count", work, &messages.to_string()]);
        let ended = capture(&mut command)?;
        let refs = ended.stderr.lines().find_map(|line| line.split_once(" refs:"));
        let refs = refs.map(|(_, number)| number.trim().replace(',', ""));
        let refs = refs.filter(|_| ended.success).and_then(|number| number.parse().ok());
        refs.ok_or_else(|| Failed(format!("valgrind: {}", ended.stderr)))
    };
    let each = |(work, messages): (&'static str, u32)| {
        let (once, twice) = (count(work, messages)?, count(work, messages * 2)?);
        Ok((work, (twice - once) / f64::from(messages)))
    };
    WORK.into_iter().map(each).collect()
}
