//! `cargo xtask clients`: WebSocket clients that are not ours against the mock exchange.
//!
//! The mock exchange and our driver were written by the same people, so that they could share a
//! mistake. The libraries that most of its users have were not. The same goes for the gateway.

mod frozen;

use std::env;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command as Process, Stdio};

use crate::process::{capture, cargo, root, run as run_process};
use crate::{Command, Failed};

pub(crate) const COMMAND: Command = Command {
    name: "clients",
    about: "Tries WebSocket clients in Python and JavaScript against the mock exchange",
    help: "\
Starts a mock exchange for each of four venues, with and without TLS, twice: for a client that
behaves, which must stay, and for one that does not, which must be thrown out with the venue's
code. Judges by what the mock exchanges print. Then freezes bots in both languages for a while,
connected directly and through the gateway. Needs python3 with websockets, and node with ws;
`.ci/run` installs both into target/ci-tools. Installs nothing itself.",
    takes_options: false,
    run: |_| match Tools::find() {
        Ok(tools) => run(&tools),
        Err(missing) => Err(Failed(format!("{missing} is not installed"))),
    },
};

/// How much faster than the real venues the mock exchanges run.
const TIME_SCALE: &str = "20";

/// A mock exchange that nobody stopped ends by itself.
const DURATION: &str = "120s";

/// How many heartbeats a client that behaves must have had.
const HEARTBEATS: usize = 4;

/// The close code that a client reports when the transport ended without a close frame.
const NO_CLOSE_FRAME: u16 = 1006;

/// A venue, one for each shape of heartbeat.
struct Venue {
    name: &'static str,
    /// What the mock exchange prints for a heartbeat that the client did its part of.
    heartbeat: &'static str,
    /// The code with which it throws a client out; `None` if it cuts the line.
    code: Option<u16>,
    why: &'static str,
}

const VENUES: [Venue; 4] = [
    Venue { name: "deribit", heartbeat: "answered", code: Some(4000), why: "unanswered_challenge" },
    Venue { name: "okx", heartbeat: "probe_received", code: Some(4004), why: "silence" },
    Venue {
        name: "binance-spot",
        heartbeat: "answered",
        code: Some(1008),
        why: "unanswered_challenge",
    },
    Venue { name: "kraken-v2", heartbeat: "probe_received", code: None, why: "silence" },
];

/// What is needed and was found.
pub(crate) struct Tools {
    python: PathBuf,
    node_modules: PathBuf,
}

impl Tools {
    /// Looks where `.ci/run` installs, and then where the machine has its own.
    pub(crate) fn find() -> Result<Self, &'static str> {
        let ours = root().join("target/ci-tools");
        let own_python = ours.join("bin/python");
        let python = if own_python.exists() { own_python } else { "python3".into() };
        if !succeeds(Process::new(&python).args(["-c", "import websockets"])) {
            return Err("python3 with websockets");
        }
        let node_modules = ours.join("node/node_modules");
        if !node_modules.join("ws").exists() || !succeeds(Process::new("node").arg("--version")) {
            return Err("node with ws");
        }
        Ok(Self { python, node_modules })
    }

    fn clients(&self) -> [(&'static str, Process); 2] {
        [("python", "client.py"), ("node", "client.cjs")]
            .map(|(language, script)| (language, self.client(language, script)))
    }

    /// Returns how a script of ours is run.
    fn client(&self, language: &str, script: &str) -> Process {
        let mut command = if language == "python" {
            Process::new(&self.python)
        } else {
            let mut node = Process::new("node");
            node.env("NODE_PATH", &self.node_modules);
            node
        };
        command.arg(root().join("examples/clients").join(script));
        command
    }
}

fn succeeds(command: &mut Process) -> bool {
    let quiet = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    quiet.status().is_ok_and(|status| status.success())
}

pub(crate) fn run(tools: &Tools) -> Result<(), Failed> {
    let words = ["build", "--quiet", "--package", "heartbeat-examples", "--example"];
    let programs = ["mock-exchange", "--example", "gateway"];
    run_process(&mut cargo(&[&words[..], &programs].concat()))?;
    for (language, client) in tools.clients() {
        let failures = try_client(client)?;
        if failures.is_empty() {
            let count = VENUES.len() * 4;
            println!("{language}: {count} connections ended as they should");
        } else {
            println!("{language}:\n  {}", failures.join("\n  "));
            return Err(Failed(format!("the client in {language} was not judged as expected")));
        }
    }
    frozen::run(tools)
}

/// Gives a client all its connections at once, and returns what was not as it should be.
fn try_client(mut client: Process) -> Result<Vec<String>, Failed> {
    let mut mocks = Vec::new();
    for venue in &VENUES {
        for (tls, behaves) in [(false, true), (false, false), (true, true), (true, false)] {
            mocks.push(Mock::start(venue, tls, behaves, mocks.len())?);
        }
    }
    client.arg(TIME_SCALE).args(mocks.iter().map(Mock::job));
    let printed = capture(&mut client)?;
    let mut failures = Vec::new();
    if !printed.success {
        failures.push(format!("the client failed: {}", printed.stderr.trim()));
    }
    for (number, mock) in mocks.into_iter().enumerate() {
        let what = mock.description();
        let wanted = format!("{number} {}", mock.close_code());
        if !printed.stdout.lines().any(|line| line == wanted) {
            failures.push(format!("{what}: the client did not see code {}", mock.close_code()));
        }
        failures.extend(mock.judge()?.map(|failure| format!("{what}: {failure}")));
    }
    Ok(failures)
}

/// A mock exchange with one client. It ends with this value.
struct Mock {
    venue: &'static Venue,
    behaves: bool,
    url: String,
    certificate: Option<PathBuf>,
    process: Child,
    output: BufReader<ChildStdout>,
}

impl Mock {
    fn start(
        venue: &'static Venue,
        tls: bool,
        behaves: bool,
        number: usize,
    ) -> Result<Self, Failed> {
        let certificate = tls.then(|| target().join(format!("mock-exchange-{number}.pem")));
        let mut command = Process::new(target().join("debug/examples/mock-exchange"));
        command.args(["--exchange", venue.name, "--time-scale", TIME_SCALE]);
        command.args(["--duration", DURATION]);
        if let Some(path) = &certificate {
            command.arg("--tls").arg("--tls-cert-out").arg(path);
        }
        let failed = |what| Failed(format!("mock exchange of {}: {what}", venue.name));
        let spawned = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn();
        let mut process = spawned.map_err(|error| failed(error.to_string()))?;
        let Some(output) = process.stdout.take() else {
            return Err(failed("has no output".into()));
        };
        let mut output = BufReader::new(output);
        let mut listening = String::new();
        output.read_line(&mut listening).map_err(|error| failed(error.to_string()))?;
        let url = field(&listening, "url").map(str::to_owned);
        let url = url.ok_or_else(|| failed(format!("said `{}`", listening.trim())))?;
        Ok(Self { venue, behaves, url, certificate, process, output })
    }

    /// Returns what the client is told, in one word.
    fn job(&self) -> String {
        let manner = if self.behaves { "behave" } else { "misbehave" };
        let job = format!("{},{manner},{}", self.venue.name, self.url);
        match &self.certificate {
            Some(path) => format!("{job},{}", path.display()),
            None => job,
        }
    }

    fn description(&self) -> String {
        let manner = if self.behaves { "behaves" } else { "does not behave" };
        format!("{} at {}, a client that {manner}", self.venue.name, self.url)
    }

    /// Returns the code that the client must have seen.
    fn close_code(&self) -> u16 {
        if self.behaves { 1000 } else { self.venue.code.unwrap_or(NO_CLOSE_FRAME) }
    }

    /// Ends the mock exchange, and returns what is wrong with what it printed.
    fn judge(mut self) -> Result<Option<String>, Failed> {
        let told = succeeds(Process::new("kill").arg(self.process.id().to_string()));
        let mut lines = String::new();
        let read = self.output.read_to_string(&mut lines);
        if !told || read.is_err() || !self.process.wait().is_ok_and(|ended| ended.success()) {
            return Err(Failed(format!("{}: it did not end cleanly", self.description())));
        }
        Ok(judge(self.venue, self.behaves, &lines))
    }
}

impl Drop for Mock {
    fn drop(&mut self) {
        // It has ended long since, unless something went wrong.
        let _ = self.process.kill();
        let _ = self.process.wait();
        if let Some(path) = &self.certificate {
            let _ = std::fs::remove_file(path);
        }
    }
}

/// Returns what is wrong with the lines of a mock exchange that had one client.
fn judge(venue: &Venue, behaves: bool, lines: &str) -> Option<String> {
    let events =
        |name: &str| lines.lines().filter(|line| field(line, "event") == Some(name)).count();
    let kicks = lines.lines().filter(|line| field(line, "event") == Some("kicked"));
    let kicks: Vec<&str> = kicks.collect();
    if events("connected") != 1 {
        return Some(format!("{} clients connected", events("connected")));
    }
    if behaves {
        let heartbeats = events(venue.heartbeat);
        if heartbeats < HEARTBEATS {
            let name = venue.heartbeat;
            return Some(format!("{heartbeats} times {name}, at least {HEARTBEATS} are needed"));
        }
        let odd = ["kicked", "unexpected", "wrong_echo"].into_iter().find(|name| events(name) > 0);
        return odd.map(|name| format!("{name}, which it must not be"));
    }
    let code = venue.code.map_or_else(|| "null".into(), |code| code.to_string());
    match kicks[..] {
        [kick] if field(kick, "why") == Some(venue.why) && field(kick, "code") == Some(&code) => {
            None
        }
        [kick] => Some(format!("`{kick}`, and not for {} with code {code}", venue.why)),
        _ => Some(format!("kicked {} times, must be once", kicks.len())),
    }
}

/// Returns a field of a JSON object on one line, without its quotes: ours hold no escapes.
fn field<'l>(line: &'l str, name: &str) -> Option<&'l str> {
    let (_, rest) = line.split_once(&format!("\"{name}\":"))?;
    match rest.strip_prefix('"') {
        Some(text) => text.split('"').next(),
        None => rest.split([',', '}']).next(),
    }
}

/// Returns where cargo builds.
fn target() -> PathBuf {
    env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| root().join("target"), |folder| root().join(Path::new(&folder)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONNECTED: &str = r#"{"event":"connected","at_ms":1,"connection":1,"exchange":"okx"}"#;
    const PROBED: &str = r#"{"event":"probe_received","at_ms":2,"connection":1}"#;
    const KICKED: &str = r#"{"event":"kicked","at_ms":3,"code":4004,"why":"silence"}"#;

    #[test]
    fn a_client_is_judged_by_what_the_mock_exchange_printed() {
        let okx = &VENUES[1];
        let stayed = [CONNECTED, PROBED, PROBED, PROBED, PROBED].join("\n");
        assert_eq!(judge(okx, true, &stayed), None);
        assert!(judge(okx, false, &stayed).is_some_and(|what| what.starts_with("kicked 0 times")));
        let left_early = [CONNECTED, PROBED, PROBED, PROBED].join("\n");
        assert!(
            judge(okx, true, &left_early)
                .is_some_and(|what| what.starts_with("3 times probe_received"))
        );
        let kicked = [CONNECTED, KICKED].join("\n");
        assert_eq!(judge(okx, false, &kicked), None);
        assert!(
            judge(okx, true, &[&stayed, KICKED].join("\n"))
                .is_some_and(|what| what.starts_with("kicked"))
        );
        let otherwise = kicked.replace("4004", "null");
        assert!(judge(okx, false, &otherwise).is_some_and(|what| what.contains("with code 4004")));
        assert!(judge(okx, true, "").is_some_and(|what| what.starts_with("0 clients")));
    }
}
