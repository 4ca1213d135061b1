//! The venue: a server in a process of its own, so that its work is not ours.

mod lines;
mod serve;

use std::io::{self, BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, sync_channel};

pub(crate) use serve::{run, words};

/// A venue that runs. Ends with its handle.
pub(crate) struct Venue {
    child: Child,
    orders: ChildStdin,
    /// What it says.
    words: Receiver<String>,
    pub(crate) port: u16,
    /// The certificate that it shows, in hexadecimal digits.
    pub(crate) certificate: String,
}

impl Venue {
    /// Starts one, on the last core.
    pub(crate) fn start(tls: bool) -> io::Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        command.arg("venue").args(tls.then_some("--tls"));
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let orders = child.stdin.take().ok_or(io::ErrorKind::BrokenPipe)?;
        let stdout = child.stdout.take().ok_or(io::ErrorKind::BrokenPipe)?;
        let (sender, words) = sync_channel(64);
        std::thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
        let mut venue = Self { child, orders, words, port: 0, certificate: String::new() };
        venue.port = venue.hear()?.parse().map_err(|_| io::ErrorKind::InvalidData)?;
        if tls {
            venue.certificate = venue.hear()?;
        }
        Ok(venue)
    }

    /// Returns where it listens.
    pub(crate) fn url(&self, path: &str) -> String {
        let scheme = if self.certificate.is_empty() { "ws" } else { "wss" };
        format!("{scheme}://localhost:{}/{path}", self.port)
    }

    /// Waits for the next thing that it says.
    pub(crate) fn hear(&self) -> io::Result<String> {
        self.words.recv().map_err(|_| io::ErrorKind::UnexpectedEof.into())
    }

    /// Tells it to do something.
    pub(crate) fn tell(&mut self, what: &str) -> io::Result<()> {
        writeln!(self.orders, "{what}")
    }
}

impl Drop for Venue {
    fn drop(&mut self) {
        // Whatever it is at, nobody waits for it any more.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
