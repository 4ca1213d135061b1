//! The commands as a person runs them: what they print, and how they end.

#![allow(clippy::unwrap_used, reason = "a test that unwraps says what it expects")]

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use support::{Mock, Process, example};

fn run(name: &str, args: &[&str]) -> Output {
    example(name).args(args).output().unwrap()
}

fn json_lines(output: &Output) -> Vec<Value> {
    let text = str::from_utf8(&output.stdout).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
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
fn a_line_that_breaks_is_told_with_its_evidence_and_is_made_anew() {
    let mock = Mock::start(&["--exchange", "coinbase-advanced", "--fault", "cut@1500ms"]);
    let url = ["--exchange", "coinbase-advanced", "--url", &mock.url, "--format", "json"];
    let watch = Process::start("watch", &url);
    let connected = watch.until("connected");
    assert_eq!(connected["silence_bound_ms"], 15_000);
    assert_eq!(connected["detection_bound_ms"], 35_000, "with the grace of a line that shows life");
    assert_eq!(watch.until("live")["generation"], 1);
    let disconnected = watch.until("disconnected");
    assert_eq!(disconnected["cause"], "transport_lost");
    assert_eq!(disconnected["clean"], false);
    assert!(!disconnected["evidence"]["inputs"].as_array().unwrap().is_empty());
    assert!(watch.until("reconnecting")["in_ms"].as_u64().unwrap() <= 500);
    let gap = watch.until("gap");
    assert_eq!(gap["cause"], "reconnected");
    assert!(gap["from_ms"].as_u64() <= gap["to_ms"].as_u64(), "{gap}");
    assert_eq!(watch.until("live")["generation"], 2);
}

#[test]
fn a_venue_that_dies_and_comes_back_is_told_and_reconnected_and_the_end_is_good() {
    let mock = Mock::start(&["--exchange", "kraken-v2"]);
    let (url, address) = (mock.url.clone(), mock.address().to_string());
    let subscription = r#"{"mock":"subscribe","id":1,"channel":"book"}"#;
    let args = ["--exchange", "kraken-v2", "--format", "json", "--send", subscription];
    let watch = Process::start("watch", &[&args[..], &["--url", &url]].concat());
    let bound = watch.until("connected")["detection_bound_ms"].as_u64().unwrap();
    let live = watch.until("live")["at_ms"].as_u64().unwrap();
    drop(mock);
    let dead = watch.until("disconnected")["at_ms"].as_u64().unwrap();
    assert!(dead - live <= bound, "dead after {} ms of {bound}", dead - live);
    watch.until("reconnecting");

    let mock = Mock::start(&["--exchange", "kraken-v2", "--listen", &address]);
    assert_eq!(watch.until("gap")["cause"], "reconnected");
    watch.until("live");
    // What was subscribed to is subscribed to again.
    mock.process.until("subscribed");
    watch.signal("TERM");
    let (code, lines) = watch.end();
    assert_eq!(code, Some(0), "{lines:?}");
    let of = |event: &str| lines.iter().filter(|line| line["event"] == event).collect::<Vec<_>>();
    assert!(of("gap").is_empty(), "told twice: {lines:?}");
    assert_eq!(of("disconnected")[0]["clean"], true);
    let summary = of("summary")[0];
    assert_eq!((&summary["reconnects"], &summary["gaps"]), (&1.into(), &1.into()), "{summary}");
    assert_eq!(summary["healthy"], true);
}

#[test]
fn a_venue_that_is_gone_at_the_end_fails_the_command() {
    let mock = Mock::start(&["--exchange", "kraken-v2"]);
    let args = ["--exchange", "kraken-v2", "--url", &mock.url, "--connections", "2"];
    let watch = Process::start("watch", &[&args[..], &["--format", "json"]].concat());
    let names = [watch.until("live")["name"].clone(), watch.until("live")["name"].clone()];
    assert!(names.contains(&"kraken-v2-1".into()) && names.contains(&"kraken-v2-2".into()));
    drop(mock);
    watch.until("disconnected");
    watch.until("disconnected");
    watch.signal("INT");
    let (code, lines) = watch.end();
    assert_eq!(code, Some(1));
    assert!(lines.iter().any(|line| line["event"] == "summary" && line["healthy"] == false));
}

/// Asks for a page over HTTP, and returns the response as it came.
fn get(address: &str, page: &str) -> String {
    let mut stream = std::net::TcpStream::connect(address).unwrap();
    ask(&mut stream, page, "localhost");
    let mut response = String::new();
    stream.read_to_string(&mut response).unwrap();
    response
}

fn ask(stream: &mut std::net::TcpStream, page: &str, host: &str) {
    write!(stream, "GET {page} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n").unwrap();
}

#[test]
fn over_http_only_who_asks_under_a_name_of_ours_is_answered() {
    let mock = Mock::start(&["--exchange", "okx"]);
    let secret = format!("{}ws?token=s3cret", mock.url);
    let mut watch = example("watch");
    let watch = watch.args(["--exchange", "okx", "--url", &secret, "--http", "localhost:0"]);
    let watch = watch.args(["--http-host", "desk-1"]).stdout(Stdio::piped());
    let mut watch = watch.spawn().unwrap();
    let mut lines = BufReader::new(watch.stdout.take().unwrap()).lines().map(Result::unwrap);
    let serving = lines.next().unwrap();
    let address = serving.split('/').nth(2).unwrap();
    for (host, status) in [
        ("localhost", "503"),
        ("127.0.0.1:1", "503"),
        ("desk-1:9100", "503"),
        ("rebound.example", "403"),
        ("localhost.rebound.example", "403"),
        ("localhost\r\nhost: rebound.example", "403"),
    ] {
        let mut stream = std::net::TcpStream::connect(address).unwrap();
        ask(&mut stream, "/health", host);
        let mut response = String::new();
        stream.read_to_string(&mut response).unwrap();
        // Whether it is live yet or not.
        let is_let_in = status == "503" && response.starts_with("HTTP/1.1 200");
        assert!(
            is_let_in || response.starts_with(&format!("HTTP/1.1 {status}")),
            "{host}: {response}"
        );
        assert!(!response.contains("s3cret"), "{response}");
    }
    // Half a request has five seconds.
    let mut half = std::net::TcpStream::connect(address).unwrap();
    write!(half, "GET /health HTTP/1.1\r\nhost:").unwrap();
    let mut answer = String::new();
    let _ = half.read_to_string(&mut answer);
    assert!(!answer.starts_with("HTTP/1.1 200"), "{answer}");
    watch.kill().unwrap();
    watch.wait().unwrap();
    assert!(lines.all(|line| !line.contains("s3cret")));
}

#[test]
fn idle_http_clients_cost_the_venues_no_open_file() {
    let mock = Mock::start(&["--exchange", "coinbase-advanced", "--fault", "cut@3s"]);
    let args = ["--exchange", "coinbase-advanced", "--url", &mock.url, "--http", "127.0.0.1:0"];
    let program = example("watch").get_program().to_owned();
    let mut watch = Command::new("sh");
    let watch = watch.args(["-c", "ulimit -n 100 && exec \"$0\" \"$@\""]).arg(program);
    let mut watch = watch.args(args).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(watch.stdout.take().unwrap()).lines().map(Result::unwrap);
    let serving = lines.next().unwrap();
    let address = serving.split('/').nth(2).unwrap();
    let mut live = lines.by_ref().filter(|line| line.ends_with(" live"));
    live.next().unwrap();
    let idle: Vec<_> = (0..200).map(|_| std::net::TcpStream::connect(address).unwrap()).collect();
    // Twice as many as there are files, and still the line comes back, and the newest is answered.
    live.next().unwrap();
    assert!((0..1_000).any(|_| get(address, "/health").starts_with("HTTP/1.1 200")));
    drop(idle);
    watch.kill().unwrap();
    watch.wait().unwrap();
}

#[test]
fn a_flood_is_told_by_a_few_lines_and_counted_to_the_last() {
    let flood = ["--exchange", "binance-spot", "--no-budgets", "--fault", "flood=5000@500ms"];
    let mock = Mock::start(&flood);
    let args = ["--exchange", "binance-spot", "--url", &mock.url, "--duration", "4s"];
    let output = run("watch", &[&args[..], &["--format", "json"]].concat());
    let lines = json_lines(&output);
    let of = |kind: &str| lines.iter().filter(|line| line["event"] == kind).collect::<Vec<_>>();
    let summary = of("summary")[0];
    let challenges = summary["challenges"].as_u64().unwrap();
    assert!(challenges >= 5_000, "{summary}");
    let told = of("challenge").len();
    assert!((10..=60).contains(&told), "{told} lines of {challenges}");
    let left_out = of("left_out");
    let left_out = left_out.iter().filter(|line| line["kind"] == "challenge");
    let left_out: u64 = left_out.map(|line| line["lines"].as_u64().unwrap()).sum();
    assert!(left_out > 0 && left_out <= challenges, "{left_out} of {challenges}");
    assert!(lines.len() < 300, "{}", lines.len());
}

#[test]
fn a_pipe_for_people_is_told_what_changes_and_each_heartbeat_only_if_it_asks() {
    let mock = Mock::start(&["--exchange", "okx"]);
    let args = ["--exchange", "okx", "--url", &mock.url, "--duration", "1s"];
    for (more, is_told) in [(&[][..], false), (&["--verbose"], true)] {
        let output = run("watch", &[&args[..], more].concat());
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(text.contains(" live\n") && text.contains(" healthy, live "), "{text}");
        assert_eq!(text.contains("probe 1 sent"), is_told, "{text}");
    }
}

#[test]
fn how_each_connection_is_doing_can_be_asked_over_http() {
    let mock = Mock::start(&["--exchange", "kraken-v2", "--fault", "refuse@0s+1s"]);
    let args = ["--exchange", "kraken-v2", "--url", &mock.url, "--connections", "2"];
    let mut watch = example("watch");
    let watch = watch.args(args).args(["--http", "127.0.0.1:0"]).stdout(Stdio::piped());
    let mut watch = watch.spawn().unwrap();
    let mut lines = BufReader::new(watch.stdout.take().unwrap()).lines().map(Result::unwrap);
    let serving = lines.next().unwrap();
    let address = serving.split('/').nth(2).unwrap();
    assert!(get(address, "/health").starts_with("HTTP/1.1 503"), "nobody is live yet");
    assert_eq!(lines.by_ref().filter(|line| line.ends_with(" live")).take(2).count(), 2);
    // What is asked for may lie a moment behind what was printed.
    assert!((0..1_000).any(|_| get(address, "/health").starts_with("HTTP/1.1 200")));
    let metrics = get(address, "/metrics");
    for name in ["up", "reconnects_total", "gaps_total", "breaker_open", "probes_total"] {
        let series = |line: &&str| line.starts_with(&format!("heartbeat_{name}{{"));
        let told: Vec<_> = metrics.lines().filter(series).collect();
        assert_eq!(told.len(), 2, "{name}: {metrics}");
        assert!(told[1].contains(r#"connection="kraken-v2-2",exchange="kraken-v2""#), "{told:?}");
    }
    assert!(get(address, "/").contains("<td>kraken-v2-1"));
    watch.kill().unwrap();
    watch.wait().unwrap();
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
        (&["--exchange", "rfc6455"], 2, "has no test endpoint: --url is needed"),
        (&["--exchange", "upbit"], 2, "--production or --url is needed"),
        (&["--exchange", "okx/private"], 2, "is no test endpoint: --production or --url is needed"),
        (&["--exchange", "okx", "--production", "--url", "ws://x"], 2, "--production"),
        (&["--production"], 2, "--exchange"),
        (&["--http", "9100"], 2, "must be a host and a port"),
        (&["--http-host", "desk-1"], 2, "--http"),
        (&["--url", "ws://x"], 2, "--exchange"),
        (&["--duration", "soon"], 2, "--duration"),
        (&["--exchange", "okx", "--fault", "cut@1s"], 2, "--fault"),
        (&["--connections", "0"], 2, "must be a number from 1 to 1000"),
    ] {
        let output = run("watch", args);
        let said = str::from_utf8(&output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{args:?}: {said}");
        assert_eq!(said.lines().count(), 1, "{args:?}: {said}");
        assert!(said.starts_with("watch: ") && said.contains(message), "{args:?}: {said}");
        assert!(output.stdout.is_empty(), "{args:?}");
    }
    let refused = ["--exchange", "okx", "--url", "ws://127.0.0.1:1/", "--duration", "100ms"];
    let output = run("watch", &refused);
    let said = str::from_utf8(&output.stderr).unwrap();
    assert!(said.starts_with("watch: okx: ") && said.contains("refused the connection"), "{said}");
    assert_eq!((output.status.code(), said.lines().count()), (Some(1), 1), "{said}");
    let output = run("mock-exchange", &["--exchange", "okx", "--fault", "tired@1s"]);
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(str::from_utf8(&output.stderr).unwrap().lines().count(), 1, "{output:?}");
}
