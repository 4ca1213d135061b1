//! The commands as a person runs them: what they print, and how they end.

#![allow(clippy::unwrap_used, reason = "a test that unwraps says what it expects")]

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;

/// An example that was built beside this test.
fn example(name: &str) -> Command {
    let deps = std::env::current_exe().unwrap();
    let target: PathBuf = deps.parent().and_then(|deps| deps.parent()).unwrap().into();
    Command::new(target.join("examples").join(name))
}

fn run(name: &str, args: &[&str]) -> Output {
    example(name).args(args).output().unwrap()
}

fn json_lines(output: &Output) -> Vec<Value> {
    let text = str::from_utf8(&output.stdout).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// A mock exchange that ends with the test.
struct Mock {
    process: Child,
    url: String,
}

impl Mock {
    fn start(args: &[&str]) -> Self {
        let mut process =
            example("mock-exchange").args(args).stdout(Stdio::piped()).spawn().unwrap();
        let mut first = String::new();
        BufReader::new(process.stdout.as_mut().unwrap()).read_line(&mut first).unwrap();
        let listening: Value = serde_json::from_str(&first).unwrap();
        assert_eq!(listening["event"], "listening");
        Self { process, url: listening["url"].as_str().unwrap().to_owned() }
    }
}

impl Drop for Mock {
    fn drop(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

#[test]
fn with_no_arguments_six_venues_are_armed_live_and_answered() {
    let output = run("watch", &["--duration", "4s", "--format", "json"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let mut events: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for line in json_lines(&output) {
        let text = |key: &str| line[key].as_str().unwrap().to_owned();
        assert!(line["at_ms"].is_u64() && line["connection"].is_u64(), "{line}");
        events.entry(text("exchange")).or_default().insert(text("event"));
    }
    assert_eq!(events.len(), 6, "one venue of each shape");
    for (exchange, events) in events {
        for event in ["connected", "armed", "live", "disconnected", "summary"] {
            assert!(events.contains(event), "{exchange}: no {event}");
        }
        let heartbeats = [["challenge", "responded"], ["probe", "answer"], ["beat", "live"]];
        let alive = |pair: &[&str; 2]| pair.iter().all(|event| events.contains(*event));
        assert!(heartbeats.iter().any(alive), "{exchange}: {events:?}");
        assert!(!events.contains("missed"), "{exchange}");
    }
}

#[test]
fn a_line_that_breaks_is_told_with_its_evidence_and_fails_the_command() {
    let mock = Mock::start(&["--exchange", "coinbase-advanced", "--fault", "cut@1500ms"]);
    let output =
        run("watch", &["--exchange", "coinbase-advanced", "--url", &mock.url, "--format", "json"]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let lines = json_lines(&output);
    let of = |event: &str| lines.iter().find(|line| line["event"] == event).unwrap();
    assert_eq!(of("connected")["detection_bound_ms"], 15_000);
    assert_eq!(of("disconnected")["cause"], "transport_lost");
    assert_eq!(of("disconnected")["clean"], false);
    assert!(!of("disconnected")["evidence"]["inputs"].as_array().unwrap().is_empty());
    assert_eq!(of("summary")["healthy"], false);
}

#[test]
fn a_mock_exchange_over_tls_is_trusted_by_whoever_has_its_certificate() {
    let path = std::env::temp_dir().join(format!("mock-exchange-{}.pem", std::process::id()));
    let ca = path.to_str().unwrap();
    let mock = Mock::start(&["--exchange", "binance-spot", "--tls", "--tls-cert-out", ca]);
    assert!(mock.url.starts_with("wss://"), "{}", mock.url);
    let watch =
        ["--exchange", "binance-spot", "--url", &mock.url, "--duration", "1s", "--format", "json"];
    let trusting = run("watch", &[&watch[..], &["--ca", ca]].concat());
    assert_eq!(trusting.status.code(), Some(0), "{trusting:?}");
    assert!(json_lines(&trusting).iter().any(|line| line["event"] == "live"));
    let doubting = run("watch", &watch);
    assert_eq!(doubting.status.code(), Some(1), "{doubting:?}");
    std::fs::remove_file(&path).unwrap();
    let lost = run("watch", &[&watch[..], &["--ca", ca]].concat());
    assert_eq!(lost.status.code(), Some(2), "{lost:?}");
    assert!(str::from_utf8(&lost.stderr).unwrap().contains("--ca"), "{lost:?}");
}

#[test]
fn a_mock_exchange_says_what_it_saw_and_ends_cleanly_when_it_is_told() {
    let args = ["--exchange", "okx", "--time-scale", "100", "--fault", "http=503@300ms"];
    let mut mock = example("mock-exchange").args(args).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(mock.stdout.take().unwrap())
        .lines()
        .map(|line| serde_json::from_str::<Value>(&line.unwrap()).unwrap());
    let listening = lines.next().unwrap();
    assert_eq!((&listening["event"], &listening["time_scale"]), (&"listening".into(), &100.into()));

    // A client that says nothing is thrown out after thirty seconds, a hundred times faster.
    let address = listening["url"].as_str().unwrap().trim_matches(&['w', 's', ':', '/'][..]);
    let stream = std::net::TcpStream::connect(address).unwrap();
    let (mut client, _) = tungstenite::client(format!("ws://{address}/"), stream).unwrap();
    while client.read().is_ok() {}
    let mut event = |name: &str| lines.find(|line| line["event"] == name).unwrap();
    let kicked = event("kicked");
    assert_eq!((&kicked["why"], &kicked["code"]), (&"silence".into(), &4004.into()));
    assert!(kicked["at_ms"].as_u64().unwrap() >= 300, "{kicked}");
    assert_eq!((&kicked["connection"], &kicked["exchange"]), (&1.into(), &"okx".into()));

    // By then the venue lets nobody in any more.
    let stream = std::net::TcpStream::connect(address).unwrap();
    let refused = tungstenite::client(format!("ws://{address}/"), stream).unwrap_err();
    assert!(refused.to_string().contains("503"), "{refused}");
    assert_eq!(event("turned_away")["status"], 503);

    let told = Command::new("kill").args(["-TERM", &mock.id().to_string()]).status().unwrap();
    assert!(told.success());
    assert_eq!(lines.last().unwrap(), serde_json::json!({ "event": "stopped" }));
    assert_eq!(mock.wait().unwrap().code(), Some(0));
}

#[test]
fn the_guide_has_every_fault_and_every_option() {
    let guide = include_str!("../../docs/mock-exchange.md");
    for form in heartbeat_testkit::Fault::FORMS.split(", ") {
        assert!(guide.contains(&format!("\n| `{form}` |")), "no row for {form}");
    }
    let help = run("mock-exchange", &["--help"]);
    let help = str::from_utf8(&help.stdout).unwrap();
    let options = help.split_whitespace().filter(|word| word.starts_with("--"));
    for option in options.filter(|option| *option != "--help") {
        assert!(guide.contains(option), "{option} is not mentioned");
    }
}

#[test]
fn what_cannot_be_done_is_said_in_one_line() {
    for (args, code, message) in [
        (&["--exchange", "okex"][..], 2, "unknown exchange, did you mean okx?"),
        (&["--exchange", "okx", "--url", "http://x"], 2, "scheme must be ws or wss"),
        (&["--exchange", "rfc6455"], 2, "--url is needed"),
        (&["--url", "ws://x"], 2, "--exchange"),
        (&["--duration", "soon"], 2, "--duration"),
        (&["--exchange", "okx", "--url", "ws://127.0.0.1:1/"], 1, "refused the connection"),
    ] {
        let output = run("watch", args);
        let said = str::from_utf8(&output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{args:?}: {said}");
        assert_eq!(said.lines().count(), 1, "{args:?}: {said}");
        assert!(said.starts_with("watch: ") && said.contains(message), "{args:?}: {said}");
        assert!(output.stdout.is_empty(), "{args:?}");
    }
    let output = run("mock-exchange", &["--exchange", "okx", "--fault", "tired@1s"]);
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(str::from_utf8(&output.stderr).unwrap().lines().count(), 1, "{output:?}");
}
