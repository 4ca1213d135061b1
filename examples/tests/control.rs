//! The operator's hand: commands over the socket, and keys at a terminal.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test that unwraps says what it expects")]

mod support;

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::Stdio;

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use serde_json::Value;
use support::{Mock, Process, example};

/// A path of the test's own, with room for what is made beside it.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("hb-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn socket(&self) -> PathBuf {
        self.0.join("watch.sock")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Who sits at the other end of the socket.
struct Hand(BufReader<UnixStream>);

impl Hand {
    fn at(path: &PathBuf) -> Self {
        Self(BufReader::new(UnixStream::connect(path).unwrap()))
    }

    fn say(&mut self, line: &str) -> Value {
        self.0.get_mut().write_all(format!("{line}\n").as_bytes()).unwrap();
        self.hear()
    }

    fn hear(&mut self) -> Value {
        let mut answer = String::new();
        self.0.read_line(&mut answer).unwrap();
        serde_json::from_str(&answer).unwrap()
    }
}

fn watch(mock: &Mock, control: &str, more: &[&str]) -> Process {
    let args = ["--exchange", "okx", "--url", &mock.url, "--format", "json", "--control", control];
    Process::start("watch", &[&args[..], more].concat())
}

#[test]
fn a_connection_is_paused_resumed_made_anew_and_stopped_over_the_socket() {
    let (mock, folder) = (Mock::start(&["--exchange", "okx"]), Folder::new("orders"));
    let socket = folder.socket();
    let watch = watch(&mock, socket.to_str().unwrap(), &["--connections", "2"]);
    watch.until("live");
    watch.until("live");
    let mode = std::fs::symlink_metadata(&socket).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "for the owner alone");

    let mut hand = Hand::at(&socket);
    let told = hand.say("pause okx-2");
    assert_eq!((&told["ok"], &told["told"][0]), (&true.into(), &"okx-2".into()), "{told}");
    let order = watch.until("operator");
    assert_eq!((&order["order"], &order["name"]), (&"pause".into(), &"okx-2".into()), "{order}");
    assert_eq!(watch.until("disconnected")["name"], "okx-2");
    let listed = loop {
        let listed = hand.say("list");
        if listed["connections"][1]["paused"] == true {
            break listed;
        }
    };
    assert_eq!(listed["connections"][0]["paused"], false, "{listed}");
    assert_eq!(listed["connections"][0]["healthy"], true, "{listed}");
    assert_eq!(hand.say("resume okx-2")["ok"], true);
    assert_eq!(watch.until("operator")["order"], "resume");
    let live = watch.until("live");
    assert_eq!((&live["name"], &live["generation"]), (&"okx-2".into(), &2.into()), "{live}");

    assert_eq!(hand.say("reconnect okx-1 new key")["ok"], true);
    let order = watch.until("operator");
    assert_eq!((&order["order"], &order["reason"]), (&"reconnect".into(), &"new key".into()));
    assert_eq!(watch.until("rotated")["name"], "okx-1");

    assert_eq!(hand.say("hold okx 1h")["gates"]["okx"], "open");
    assert_eq!(hand.say("reconnect-now okx-2")["ok"], true, "whatever the gate says");
    assert_eq!(watch.until("rotated")["name"], "okx-2");
    assert_eq!(hand.say("lift okx")["ok"], true);
    assert_ne!(hand.say("gates")["gates"]["okx"], "open");

    assert_eq!(hand.say("stop *")["told"].as_array().unwrap().len(), 2);
    assert_eq!(watch.end().0, Some(0), "what was told to end has ended well");
    assert!(!socket.exists());
}

#[test]
fn what_is_no_command_is_refused_in_one_line_and_bounded() {
    let (mock, folder) = (Mock::start(&["--exchange", "okx"]), Folder::new("bounds"));
    let socket = folder.socket();
    // A program that died has left its socket.
    drop(std::os::unix::net::UnixListener::bind(&socket).unwrap());
    let watch = watch(&mock, socket.to_str().unwrap(), &[]);
    watch.until("live");
    let mut hand = Hand::at(&socket);
    for (line, error) in [
        ("dance", "unknown command; list | reconnect NAME"),
        ("pause", "pause wants a NAME"),
        ("pause okx now", "pause takes no more than that"),
        ("pause nobody", "no connection is named nobody"),
        ("hold okx soon", "hold: "),
        ("lift kraken", "no connection is to kraken"),
        (&"x".repeat(1_025), "a line has at most 1024 bytes"),
        (&"x".repeat(1 << 20), "a line has at most 1024 bytes"),
    ] {
        let answer = hand.say(line);
        assert_eq!(answer["ok"], false, "{answer}");
        let said = answer["error"].as_str().unwrap();
        assert!(said.starts_with(error), "{said}");
    }
    hand.0.get_mut().write_all(b"\n  \n\xff\n").unwrap();
    assert_eq!(hand.hear()["error"], "a line must be utf-8");
    assert!(hand.say("help")["help"].as_str().unwrap().contains("reconnect-now NAME"));

    let others: Vec<_> = (1..8).map(|_| Hand::at(&socket)).collect();
    assert_eq!(Hand::at(&socket).hear()["error"], "too many are connected");
    drop(others);

    // Where somebody answers, nobody else is let in; where a file is, nothing is removed.
    let place = socket.to_str().unwrap();
    let args = ["--exchange", "okx", "--url", &mock.url, "--control", place];
    let second = example("watch").args(args).output().unwrap();
    assert_eq!(second.status.code(), Some(1));
    assert!(str::from_utf8(&second.stderr).unwrap().contains("somebody answers there"));
    let file = folder.0.join("book.txt");
    std::fs::write(&file, "kept").unwrap();
    let args = ["--exchange", "okx", "--url", &mock.url, "--control", file.to_str().unwrap()];
    assert_eq!(example("watch").args(args).output().unwrap().status.code(), Some(1));
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "kept");
    assert_eq!(hand.say("list")["ok"], true, "the first is still there");
}

/// A terminal, as the program's standard input and output.
struct Screen {
    keyboard: File,
    output: File,
    seen: String,
}

impl Screen {
    fn until(&mut self, text: &str) {
        let mut bytes = [0; 4_096];
        while !self.seen.contains(text) {
            let read = self.output.read(&mut bytes).unwrap();
            assert!(read > 0, "no {text} in {}", self.seen);
            self.seen.push_str(&String::from_utf8_lossy(&bytes[..read]));
        }
        self.seen.clear();
    }

    fn press(&mut self, keys: &str) {
        self.keyboard.write_all(keys.as_bytes()).unwrap();
    }
}

#[test]
fn keys_choose_a_connection_and_pause_resume_and_reconnect_it() {
    let mock = Mock::start(&["--exchange", "okx"]);
    let terminal = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&terminal).unwrap();
    unlockpt(&terminal).unwrap();
    let name = ptsname(&terminal, Vec::new()).unwrap().into_string().unwrap();
    let side = || File::options().read(true).write(true).open(&name).unwrap();
    let terminal = File::from(terminal);
    let keyboard = terminal.try_clone().unwrap();
    let mut screen = Screen { keyboard, output: terminal, seen: String::new() };
    let mut child = example("watch")
        .args(["--exchange", "okx", "--url", &mock.url, "--connections", "2"])
        .stdin(Stdio::from(side()))
        .stdout(Stdio::from(side()))
        .spawn()
        .unwrap();
    screen.until("2 of 2 healthy");
    screen.until("p pause or resume");
    screen.press("\x1b[Bp");
    screen.until("1 of 2 healthy");
    screen.until("paused");
    screen.press("p");
    screen.until("2 of 2 healthy");
    // Reconnects and gaps are counted: to hand over is no reconnect.
    screen.press("kr");
    screen.until(" 0/1 ");
    screen.press("q");
    screen.until("healthy, live");
    assert_eq!(child.wait().unwrap().code(), Some(0));
}
