//! The commands as processes of their own, that end with the test.

#![allow(dead_code, reason = "every test binary uses its own part of this")]

use core::net::SocketAddr;
use core::time::Duration;
use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread;

use serde_json::Value;

/// How long a line is waited for; a test that waits longer has failed.
const LINE_WITHIN: Duration = Duration::from_secs(30);

/// How many lines may wait to be read; a process that prints more waits.
const LINES_MAX: usize = 1 << 16;

/// An example that was built beside this test.
pub(crate) fn example(name: &str) -> Command {
    let deps = std::env::current_exe().unwrap();
    let target: PathBuf = deps.parent().and_then(|deps| deps.parent()).unwrap().into();
    Command::new(target.join("examples").join(name))
}

/// A process that prints one JSON object a line.
pub(crate) struct Process {
    child: Child,
    lines: Receiver<Value>,
}

impl Process {
    pub(crate) fn start(name: &str, args: &[&str]) -> Self {
        let mut child = example(name).args(args).stdout(Stdio::piped()).spawn().unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        let (sender, lines) = sync_channel(LINES_MAX);
        // Whoever does not read what a process prints stops it when the pipe is full.
        thread::spawn(move || {
            for line in stdout.lines().map_while(Result::ok) {
                // A line may be torn by the end of the process that writes it.
                let Ok(line) = serde_json::from_str(&line) else { continue };
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
        Self { child, lines }
    }

    /// Waits for the next line of an event, skipping others.
    pub(crate) fn until(&self, event: &str) -> Value {
        loop {
            let line = self.lines.recv_timeout(LINE_WITHIN).unwrap_or_else(|error| {
                panic!("no {event} within {LINE_WITHIN:?}: {error}");
            });
            if line["event"] == event {
                return line;
            }
        }
    }

    /// Returns what was printed and not read yet.
    pub(crate) fn printed(&self) -> impl Iterator<Item = Value> {
        self.lines.try_iter()
    }

    /// Sends a signal, by its name.
    pub(crate) fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        let sent = Command::new("kill").args(["-s", name, &id]).status().unwrap();
        assert!(sent.success(), "kill -s {name} {id}");
    }

    /// Ends it at once.
    pub(crate) fn kill(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Waits for the end, and returns the exit code and all that was not read yet.
    pub(crate) fn end(mut self) -> (Option<i32>, Vec<Value>) {
        let code = self.child.wait().unwrap().code();
        (code, self.lines.iter().collect())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A mock exchange.
pub(crate) struct Mock {
    pub(crate) process: Process,
    pub(crate) url: String,
}

impl Mock {
    pub(crate) fn start(args: &[&str]) -> Self {
        let process = Process::start("mock-exchange", args);
        let url = process.until("listening")["url"].as_str().unwrap().to_owned();
        Self { process, url }
    }

    /// Returns where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.url.trim_matches(&['w', 's', ':', '/'][..]).parse().unwrap()
    }
}
