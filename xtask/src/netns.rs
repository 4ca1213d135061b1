//! `cargo xtask netns`: a line that dies without a word, in a kernel's own network.
//!
//! Every other proof plays the dead line in software of our own. Here the kernel drops the
//! packets, retransmits, and fills its buffers, as it does when a cable is pulled.

use core::time::Duration;
use std::env;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command as Process, Stdio};
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread;

use crate::process::{capture, cargo, quietly, root, run as run_process};
use crate::stopwatch::Stopwatch;
use crate::{Command, Failed};

pub(crate) const COMMAND: Command = Command {
    name: "netns",
    about: "Pulls the cable between two network namespaces; needs root, and is no part of ci",
    help: "\
Makes two network namespaces with a cable between them, a mock exchange in one and a client in
the other, and has nft drop every packet on the way. Twice: on a connection that is at rest, and
on one whose writes pile up in a send buffer of 4 KiB. Each must get its verdict within the
detection bound that the client printed before, and be back when the packets pass again.

Needs root, Linux, `ip` and `nft`, and says so. The namespaces `heartbeat-venue` and
`heartbeat-client` are deleted afterwards, also on failure; those of a run that was killed, at the
beginning of the next. Nothing outside of them is changed. Not part of `cargo xtask ci`.",
    takes_options: false,
    run: |_| run(),
};

const VENUE: &str = "heartbeat-venue";
const CLIENT: &str = "heartbeat-client";

/// The cable's two ends. Nobody else can see these addresses.
const VENUE_ADDRESS: &str = "10.231.7.1";
const CLIENT_ADDRESS: &str = "10.231.7.2";

/// The bound that the default settings for Deribit state.
const BOUND: Duration = Duration::from_secs(14);

/// The most that a verdict may lie beyond the bound: a process has to be scheduled, and a line
/// read.
const SLACK: Duration = Duration::from_millis(500);

/// What is waited for longer than this does not come.
const LINE_WITHIN: Duration = Duration::from_secs(60);

/// How many lines may wait to be read; a client that says more waits.
const LINES_MAX: usize = 1 << 16;

/// Which client loses its line, and how one reads what it says.
struct Case {
    name: &'static str,
    example: &'static str,
    args: &'static [&'static str],
    /// What a line holds when the line can be cut, when the connection is given up, and when it
    /// is live again.
    busy: &'static str,
    live: &'static str,
    down: &'static str,
    /// How large a send buffer the kernel gives: least, at first and most, in bytes.
    send_buffer: &'static str,
}

const CASES: [Case; 2] = [
    Case {
        name: "at rest",
        example: "watch",
        args: &["--format", "json"],
        busy: r#""event":"live""#,
        live: r#""event":"live""#,
        down: r#""event":"disconnected""#,
        send_buffer: "4096 16384 4194304",
    },
    Case {
        name: "with a stuck write",
        example: "trading-client",
        args: &["--time-scale", "1", "--duration", "300s", "--orders", "200", "--every", "2ms"],
        // From here on it sends five hundred messages a second.
        busy: "book is full",
        live: " is live",
        down: " down: ",
        send_buffer: "4096 4096 4096",
    },
];

fn run() -> Result<(), Failed> {
    check_means()?;
    let examples = ["mock-exchange", "watch", "trading-client"];
    let words = ["build", "--quiet", "--package", "heartbeat-examples"];
    let examples = examples.iter().flat_map(|name| ["--example", name]);
    run_process(cargo(&words).args(examples))?;
    let _network = Network::make()?;
    CASES.iter().try_for_each(Case::run)
}

/// Tells what is missing, before anything is touched.
fn check_means() -> Result<(), Failed> {
    let who = capture(Process::new("id").arg("-u"))?;
    if who.stdout.trim() != "0" {
        return Err(Failed("must be run as root: it makes network namespaces".to_owned()));
    }
    for (program, argument) in [("ip", "-V"), ("nft", "--version")] {
        if !quietly(Process::new(program).arg(argument)).unwrap_or(false) {
            return Err(Failed(format!("{program} is not installed")));
        }
    }
    Ok(())
}

impl Case {
    fn run(&self) -> Result<(), Failed> {
        println!("-- a connection {}", self.name);
        let buffer = format!("net.ipv4.tcp_wmem={}", self.send_buffer);
        inside(CLIENT, &["sysctl", "-q", "-w", &buffer])?;
        let listen = format!("{VENUE_ADDRESS}:0");
        let venue = ["--exchange", "deribit", "--listen", &listen];
        let mock = Running::start(VENUE, "mock-exchange", &venue)?;
        let listening = mock.until(r#""event":"listening""#)?;
        let url = field(&listening, "url").ok_or_else(|| Failed(listening.clone()))?;
        let client = Running::start(
            CLIENT,
            self.example,
            &[self.args, &["--exchange", "deribit", "--url", url]].concat(),
        )?;
        client.until(self.busy)?;

        set_cable(Cable::Pulled)?;
        let since = Stopwatch::start();
        let down = client.until(self.down)?;
        let took = since.elapsed();
        println!("   given up {took:.1?} after the last packet, of {BOUND:?}: {}", short(&down));
        let sockets = inside(VENUE, &["ss", "-Htn", "state", "established"])?;
        let unaware = sockets.lines().count();
        println!("   the venue's kernel still has {unaware} established");

        set_cable(Cable::Plugged)?;
        let since = Stopwatch::start();
        client.until(self.live)?;
        println!("   live again {:.1?} after the cable was plugged in", since.elapsed());
        if took > BOUND + SLACK {
            return Err(Failed(format!("{}: {took:.1?} is beyond {BOUND:?}", self.name)));
        }
        Ok(())
    }
}

/// Both namespaces and the cable between them. Gone with this.
struct Network;

impl Network {
    fn make() -> Result<Self, Failed> {
        remove_namespaces();
        // From here on they are removed, whatever fails.
        let network = Self;
        for line in [
            format!("ip netns add {VENUE}"),
            format!("ip netns add {CLIENT}"),
            format!("ip -n {VENUE} link add cable type veth peer name cable netns {CLIENT}"),
            format!("ip -n {VENUE} addr add {VENUE_ADDRESS}/30 dev cable"),
            format!("ip -n {CLIENT} addr add {CLIENT_ADDRESS}/30 dev cable"),
            format!("ip -n {VENUE} link set cable up"),
            format!("ip -n {CLIENT} link set cable up"),
        ] {
            let mut words = line.split(' ');
            let program = words.next().unwrap_or_default();
            run_process(Process::new(program).args(words))?;
        }
        Ok(network)
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        remove_namespaces();
    }
}

fn remove_namespaces() {
    for name in [VENUE, CLIENT] {
        // It may not exist.
        let _ = quietly(Process::new("ip").args(["netns", "del", name]));
    }
}

/// What becomes of packets.
#[derive(Clone, Copy)]
enum Cable {
    /// Each is dropped, both ways, and nobody is told.
    Pulled,
    Plugged,
}

fn set_cable(cable: Cable) -> Result<(), Failed> {
    let rules: &[&str] = match cable {
        Cable::Plugged => &["delete table inet cable"],
        Cable::Pulled => &[
            "add table inet cable",
            "add chain inet cable in { type filter hook input priority 0; policy drop; }",
            "add chain inet cable out { type filter hook output priority 0; policy drop; }",
        ],
    };
    inside(CLIENT, &["nft", &rules.join("; ")]).map(drop)
}

/// Runs a command in a namespace, and returns what it says.
fn inside(namespace: &str, words: &[&str]) -> Result<String, Failed> {
    let said = capture(Process::new("ip").args(["netns", "exec", namespace]).args(words))?;
    if said.success { Ok(said.stdout) } else { Err(Failed(said.stderr)) }
}

/// An example that runs in a namespace, and ends with this.
struct Running {
    child: Child,
    lines: Receiver<String>,
}

impl Running {
    fn start(namespace: &str, example: &str, args: &[&str]) -> Result<Self, Failed> {
        let program = target().join("debug/examples").join(example);
        let failed = |error| Failed(format!("{example} could not be started: {error}"));
        let mut command = Process::new("ip");
        command.args(["netns", "exec", namespace]).arg(program).args(args);
        let mut child = command.stdout(Stdio::piped()).spawn().map_err(failed)?;
        let (sender, lines) = sync_channel(LINES_MAX);
        if let Some(stdout) = child.stdout.take() {
            thread::spawn(move || {
                let lines = BufReader::new(stdout).lines().map_while(Result::ok);
                lines.map(|line| sender.send(line)).take_while(Result::is_ok).for_each(drop);
            });
        }
        Ok(Self { child, lines })
    }

    /// Waits for a line that holds this.
    fn until(&self, what: &str) -> Result<String, Failed> {
        loop {
            match self.lines.recv_timeout(LINE_WITHIN) {
                Ok(line) if line.contains(what) => return Ok(line),
                Ok(_) => {}
                Err(error) => return Err(Failed(format!("no line with {what}: {error}"))),
            }
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended already. `ip netns exec` has become the program itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Returns a field of a JSON object on one line, without its quotes: ours hold no escapes.
fn field<'l>(line: &'l str, name: &str) -> Option<&'l str> {
    let (_, rest) = line.split_once(&format!("\"{name}\":\""))?;
    rest.split('"').next()
}

/// Returns what a line says of the reason.
fn short(line: &str) -> &str {
    field(line, "reason").unwrap_or_else(|| line.trim())
}

/// Returns where cargo builds.
fn target() -> PathBuf {
    env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| root().join("target"), |folder| root().join(Path::new(&folder)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reason_is_found_in_json_and_in_words() {
        let json = r#"{"event":"disconnected","reason":"3 probes in a row","clean":false}"#;
        assert_eq!(short(json), "3 probes in a row");
        assert_eq!(short("   5.906 down: transport stalled"), "5.906 down: transport stalled");
    }
}
