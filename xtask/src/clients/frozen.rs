//! Bots whose event loop stands still, at a mock exchange and through the gateway.

use core::time::Duration;
use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, ChildStdout, Command as Process, Stdio};
use std::sync::mpsc;
use std::thread;

use super::{DURATION, TIME_SCALE, Tools, field, succeeds, target};
use crate::Failed;
use crate::process::root;

/// How long a bot stands still: longer than the venue bears a client that does not ping, which is
/// 30 s, and 1.5 s where it runs twenty times faster.
const FROZEN: Duration = Duration::from_secs(4);

/// How a bot comes to stand still.
#[derive(Clone, Copy, Debug)]
enum Frozen {
    /// Its own code blocks the loop.
    Blocked,
    /// Its process is stopped.
    Stopped,
}

/// Freezes a bot in each language, in each way, all at once.
pub(super) fn run(tools: &Tools) -> Result<(), Failed> {
    let bots = [("python", "frozen.py"), ("node", "frozen.cjs")];
    let ways = [Frozen::Blocked, Frozen::Stopped];
    let bots = bots.into_iter().flat_map(|bot| ways.map(|how| (bot, how)));
    thread::scope(|threads| {
        let frozen: Vec<_> = bots
            .map(|((language, script), how)| {
                let bot = tools.client(language, script);
                (language, how, threads.spawn(move || freeze(bot, how)))
            })
            .collect();
        frozen.into_iter().try_for_each(|(language, how, thread)| {
            let tried = thread.join().unwrap_or_else(|_| Err("panicked".to_owned()));
            let behind = tried
                .map_err(|what| Failed(format!("the frozen bot in {language}, {how:?}: {what}")))?;
            println!(
                "{language}, {how:?} for {FROZEN:?}: thrown out without the gateway, and with it \
                 told that what it gets is {behind} ms old"
            );
            Ok(())
        })
    })
}

/// Returns how old the bot was told that its data is.
fn freeze(mut bot: Process, how: Frozen) -> Result<u64, String> {
    let common = ["--time-scale", TIME_SCALE, "--duration", DURATION];
    let venue = ["--exchange", "bitget", "--data-every", "200ms"];
    let mock = Server::start("mock-exchange", &[&venue[..], &common].concat())?;
    let venue = format!("bitget={}", mock.url);
    let gateway = ["--listen", "127.0.0.1:0", "--format", "json", "--stale-after", "1s"];
    let gateway = [&gateway[..], &["--exchange", &venue], &common].concat();
    let gateway = Server::start("gateway", &gateway)?;

    let blocks_for = if matches!(how, Frozen::Blocked) { FROZEN.as_secs() } else { 0 };
    bot.args([&mock.url, &format!("{}bitget", gateway.url), &blocks_for.to_string()]);
    let mut bot = Server::spawn(bot)?;
    if !bot.next_line()?.starts_with("subscribed") {
        return Err("it did not subscribe".to_owned());
    }
    if matches!(how, Frozen::Stopped) {
        bot.signal("STOP")?;
        // Nobody sends: a wait for as long as it takes.
        let (_sender, never) = mpsc::sync_channel::<()>(0);
        let _ = never.recv_timeout(FROZEN);
        bot.signal("CONT")?;
    }
    judge(&bot.rest()?)
}

/// Reads what a bot printed.
fn judge(lines: &str) -> Result<u64, String> {
    let said = |word: &str| lines.lines().find_map(|line| line.strip_prefix(word));
    if said("direct ").is_none() {
        return Err(format!("its direct connection lived on: {lines:?}"));
    }
    let behind = said("stale ").and_then(|millis| millis.parse().ok());
    let behind = behind.ok_or_else(|| format!("it was not told how old its data is: {lines:?}"))?;
    if said("alive").is_none() {
        return Err(format!("it got no data after that: {lines:?}"));
    }
    Ok(behind)
}

/// A process of ours that ends with this value.
struct Server {
    process: Child,
    output: BufReader<ChildStdout>,
    /// Where it listens, if it does.
    url: String,
}

impl Server {
    fn start(example: &str, args: &[&str]) -> Result<Self, String> {
        let mut command = Process::new(target().join("debug/examples").join(example));
        command.args(args);
        let mut server = Self::spawn(command)?;
        let listening = server.next_line()?;
        let url = field(&listening, "url").ok_or_else(|| format!("{example} said {listening}"))?;
        url.clone_into(&mut server.url);
        Ok(server)
    }

    fn spawn(mut command: Process) -> Result<Self, String> {
        command.current_dir(root()).stdin(Stdio::null()).stdout(Stdio::piped());
        let mut process = command.spawn().map_err(|error| error.to_string())?;
        let output = process.stdout.take().ok_or("no output")?;
        Ok(Self { process, output: BufReader::new(output), url: String::new() })
    }

    fn next_line(&mut self) -> Result<String, String> {
        let mut line = String::new();
        self.output.read_line(&mut line).map_err(|error| error.to_string())?;
        Ok(line)
    }

    /// Returns all that it prints until it ends.
    fn rest(&mut self) -> Result<String, String> {
        let mut rest = String::new();
        self.output.read_to_string(&mut rest).map_err(|error| error.to_string())?;
        Ok(rest)
    }

    fn signal(&self, name: &str) -> Result<(), String> {
        let id = self.process.id().to_string();
        let sent = succeeds(Process::new("kill").args(["-s", name, &id]));
        if sent { Ok(()) } else { Err(format!("signal {name} was not sent")) }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bot_is_judged_by_what_it_printed() {
        assert_eq!(judge("direct 1006\nstale 2900\nalive\n"), Ok(2_900));
        assert!(judge("stale 2900\nalive\n").is_err_and(|what| what.contains("direct")));
        assert!(judge("direct 1006\nalive\n").is_err_and(|what| what.contains("how old")));
        assert!(judge("direct 1006\nstale 2900\n").is_err_and(|what| what.contains("no data")));
    }
}
