//! Measures an exchange's heartbeat on real connections, and holds it against what is documented:
//! the work of `cargo xtask probe`.

#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test that unwraps says what it expects"))]

mod args;
mod target;

use std::io::{self, Write as _};
use std::process::ExitCode;

use args::Args;
use heartbeat_examples::{BAD_ARGUMENTS, complain};
use heartbeat_testkit::net::probe;
use heartbeat_testkit::probe::{End, ProbeReport, Recording, run_over};
use heartbeat_testkit::{Delay, MockOptions};
use heartbeat_tokio::{ConnectOptions, connect_unframed};
use serde_json::{Value, json};
use target::Target;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let args = match heartbeat_examples::arguments::<Args>() {
        Ok(args) => args,
        Err(code) => return code,
    };
    let prepared = Target::choose(&args).and_then(|target| Ok((target, args.connect()?)));
    let (target, connect) = match prepared {
        Ok(prepared) => prepared,
        Err(why) => {
            complain("probe", &why);
            return ExitCode::from(BAD_ARGUMENTS);
        }
    };
    if !args.prints_json() {
        // Whoever does not read it will not miss it.
        let _ = say(&target.introduction(&args));
    }
    let report = measure(&args, &target, &connect).await;
    match finish(&args, &target, &report) {
        Ok(()) if report.recordings().iter().any(|it| was_open(it.end())) => ExitCode::SUCCESS,
        Ok(()) => {
            complain("probe", "no connection could be opened");
            ExitCode::FAILURE
        }
        Err(error) => {
            complain("probe", &error.to_string());
            ExitCode::FAILURE
        }
    }
}

async fn measure(args: &Args, target: &Target, connect: &ConnectOptions) -> ProbeReport {
    let observe = |recording: &Recording| {
        if !args.prints_json() {
            let _ = say(&line(recording));
        }
    };
    let subject = target.subject.clone();
    if args.rehearse {
        let played = MockOptions::default();
        let report = run_over(Delay::CONTINENT, subject, &target.book, &played, args.options());
        report.recordings().iter().for_each(observe);
        return report;
    }
    let open = || {
        let (url, options) = (target.url.clone(), connect.clone());
        async move { connect_unframed(&url, &options).await }
    };
    let interrupted = heartbeat_examples::interrupted();
    probe(subject, args.options(), open, observe, interrupted).await
}

const fn was_open(end: &End) -> bool {
    !matches!(end, End::NotOpened { .. })
}

/// Prints what was found, and writes it where it is wanted.
fn finish(args: &Args, target: &Target, report: &ProbeReport) -> io::Result<()> {
    let json = || {
        let mut json = report.to_json();
        json["endpoint"] = json!(target.label);
        json["url"] = json!(target.shown);
        json["stage"] = json!(target.stage);
        json
    };
    if args.prints_json() {
        return say(&pretty(&json()));
    }
    say(&format!("\n{report}"))?;
    let Some(path) = &args.json else { return Ok(()) };
    let named = |error: io::Error| {
        io::Error::new(error.kind(), format!("--json {}: {error}", path.display()))
    };
    std::fs::write(path, pretty(&json()) + "\n").map_err(named)
}

fn pretty(json: &Value) -> String {
    format!("{json:#}")
}

/// Says what came of one connection.
fn line(recording: &Recording) -> String {
    let end = match recording.end() {
        End::Ours => "kept to the end".to_owned(),
        End::Closed { code: Some(code), reason } => {
            format!("closed by {code} {}", reason.escape_debug())
        }
        End::Cut => "cut".to_owned(),
        End::Broken { why } | End::NotOpened { why } => why.to_string(),
        End::Closed { code: None, .. } | _ => "closed without a code".to_owned(),
    };
    let (experiment, lasted) = (recording.experiment(), recording.lasted());
    let (name, about) = (experiment.as_str(), experiment.about());
    format!("{name:<12} {about}: {}.{:01} s, {end}", lasted.as_secs(), lasted.subsec_millis() / 100)
}

fn say(line: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()
}
