//! A token in the URL of `watch` comes out of it nowhere.

#![allow(clippy::unwrap_used, reason = "a test that unwraps says what it expects")]

mod support;

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Stdio};

use support::{Mock, example};

const SECRET: &str = "s3cret";

/// What user and password become in a header: base64 of `me:s3cret`.
const ENCODED: &str = "bWU6czNjcmV0";

#[track_caller]
fn assert_keeps(text: &str) {
    assert!(!text.contains(SECRET) && !text.contains(ENCODED), "{text}");
}

/// Returns a page, its head included.
fn get(address: &str, page: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "GET {page} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n").unwrap();
    let mut response = String::new();
    stream.read_to_string(&mut response).unwrap();
    response
}

/// Begins to watch a mock exchange by a URL with a secret in all of its parts.
fn watch(mock: &Mock, more: &[&str]) -> Child {
    let address = mock.address();
    let url = format!("ws://me:{SECRET}@{address}/{SECRET}?token={SECRET}#{SECRET}");
    let mut watch = example("watch");
    watch.args(["--exchange", "kraken-v2", "--url", &url]).args(more);
    watch.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

#[test]
fn neither_lines_nor_pages_nor_metrics_show_what_is_in_a_url() {
    let mock = Mock::start(&["--exchange", "kraken-v2"]);
    let mut watch = watch(&mock, &["--http", "127.0.0.1:0"]);
    let mut lines = BufReader::new(watch.stdout.take().unwrap()).lines().map(Result::unwrap);
    let serving = lines.next().unwrap();
    let address = serving.split('/').nth(2).unwrap();
    let mut told = lines.by_ref().inspect(|line| assert_keeps(line));
    let connected = told.find(|line| line.contains("connected to ")).unwrap();
    let shown = format!("connected to ws://{}/... ", mock.address());
    assert!(connected.contains(&shown), "{connected}");
    for page in ["/", "/health", "/metrics"] {
        assert_keeps(&get(address, page));
    }
    assert!(get(address, "/health").contains(&format!("ws://{}/...", mock.address())));
    // The venue goes, and what is said of that keeps it too.
    drop(mock);
    told.find(|line| line.contains("reconnecting")).unwrap();
    for page in ["/", "/health", "/metrics"] {
        assert_keeps(&get(address, page));
    }
    watch.kill().unwrap();
    let output = watch.wait_with_output().unwrap();
    assert_keeps(str::from_utf8(&output.stderr).unwrap());
}

#[test]
fn no_line_of_json_shows_what_is_in_a_url() {
    let mock = Mock::start(&["--exchange", "kraken-v2", "--fault", "http=401@300ms"]);
    let watch = watch(&mock, &["--format", "json", "--duration", "1s"]);
    let output = watch.wait_with_output().unwrap();
    let lines = str::from_utf8(&output.stdout).unwrap();
    assert!(lines.contains(r#""event":"connected""#) && lines.contains("/..."), "{lines}");
    assert_keeps(lines);
    assert_keeps(str::from_utf8(&output.stderr).unwrap());
}

#[test]
fn a_url_that_is_refused_is_not_shown_either() {
    for bad in
        ["ws://me:s3cret@127.0.0.1:99999/s3cret", "http://s3cret@v/?s3cret", "ws://v/\ns3cret"]
    {
        let mut watch = example("watch");
        let output = watch.args(["--exchange", "okx", "--url", bad]).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{output:?}");
        let complaint = str::from_utf8(&output.stderr).unwrap();
        assert_keeps(complaint);
        assert_eq!(complaint.lines().count(), 1, "{complaint}");
    }
}

#[test]
fn what_is_wrong_with_a_command_line_is_said_without_its_values() {
    let url = "ws://me:s3cret@v/s3cret?t=s3cret";
    let attached = format!("--ulr={url}");
    for (bad, said) in [
        (&["--exchange", "okx", "--url", "ws://v/", url][..], "an argument belongs to no option"),
        (&["--exchange", "okx", &attached], "unknown option --ulr"),
        (&["--exchange", url], "--exchange <NAME[/ENDPOINT]>: takes no url"),
        (&["--duration", "s3"], "--duration <DURATION>: expected number at 0"),
        (&["--format", url], "--format <FORMAT>: must be one of human, json"),
        (&["--connections", url], "--connections <N>: takes no url"),
        (&["--fault", url], "--fault <KIND@TIME[+DURATION]>: takes no url"),
        (&["--http", url], "--http <HOST:PORT>: takes no url"),
        (&["--verbose=s3cret"], "--verbose: "),
        (&["--url", url], "--exchange <NAME[/ENDPOINT]>"),
        (&["-s3cret"], "an argument belongs to no option"),
    ] {
        let output = example("watch").args(bad).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{output:?}");
        let complaint = str::from_utf8(&output.stderr).unwrap();
        assert_keeps(complaint);
        assert!(complaint.contains(said), "{bad:?}: {complaint}");
        assert_eq!(complaint.lines().count(), 1, "{complaint}");
    }
}
