//! A trader knows which of its orders may exist, whatever befalls the venue.

#![allow(clippy::unwrap_used, reason = "a test that unwraps says what it expects")]

mod support;

use std::process::{Child, Output, Stdio};

use heartbeat_testkit::Fault;
use support::{Mock, example};

fn trade(args: &[&str]) -> Child {
    let mut trader = example("trading-client");
    trader.args(args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

/// Asserts that the book was the venue's in the end, and returns the line that says so.
fn balance(fault: &str, output: &Output) -> String {
    let said = str::from_utf8(&output.stdout).unwrap();
    let last = said.lines().next_back().unwrap_or_default();
    assert!(last.starts_with("book equals the venue's"), "{fault}: {output:?}");
    assert_eq!(output.status.code(), Some(0), "{fault}: {said}");
    last.to_owned()
}

/// Makes a plan of each kind of fault: from 700 ms on, for a second if it lasts.
fn plans() -> Vec<String> {
    let plan = |form: &str| {
        let fault = match form {
            "close=CODE" => "close=1012",
            "http=STATUS" => "http=503",
            "slow=SPAN" => "slow=200ms",
            "flood=N" => "flood=100",
            "burst=N" => "burst=5000",
            form => form.split('[').next().unwrap(),
        };
        let lasting = format!("{fault}@700ms+1s");
        match lasting.parse::<heartbeat_testkit::FaultPlan>() {
            Ok(_) => lasting,
            Err(_) => format!("{fault}@700ms"),
        }
    };
    Fault::FORMS.split(", ").map(plan).collect()
}

#[test]
fn its_book_is_the_venues_after_every_kind_of_fault() {
    let mut runs = Vec::new();
    for plan in plans() {
        let venue = ["--exchange", "deribit", "--time-scale", "10", "--fault", &plan];
        let mock = Mock::start(&venue);
        let trader = trade(&["--url", &mock.url, "--duration", "4s"]);
        runs.push((plan, mock, trader));
    }
    assert!(runs.len() >= 19, "a fault is not tried");
    let mut gaps = 0;
    for (plan, mock, trader) in runs {
        let last = balance(&plan, &trader.wait_with_output().unwrap());
        let began = mock.process.printed().any(|line| line["event"] == "fault_began");
        assert!(began || plan.starts_with("refuse") || plan.starts_with("http"), "{plan}");
        assert!(!last.contains(" 0 placed"), "{plan}: {last}");
        gaps += usize::from(!last.contains(" 0 gaps"));
    }
    // Silence, ends and breaches: most kinds cost the connection.
    assert!(gaps >= 8, "only {gaps} kinds of fault made a gap");
}

#[test]
fn with_no_arguments_it_brings_its_own_venue() {
    let output = trade(&["--duration", "7s"]).wait_with_output().unwrap();
    balance("the schedule", &output);
    let said = str::from_utf8(&output.stdout).unwrap();
    assert!(said.contains("feed: book: silent"), "{said}");
    assert!(said.contains("down: "), "{said}");
}

/// With one rotation every half second 367 of 6,000 executed orders were never acknowledged once.
#[test]
fn a_rotation_takes_no_reply_away_and_leaves_no_order_that_may_exist() {
    let mock = Mock::start(&["--exchange", "deribit", "--time-scale", "10"]);
    let often = ["--url", &mock.url, "--duration", "5s", "--rotate-every", "500ms"];
    let output = trade(&often).wait_with_output().unwrap();
    let last = balance("rotations", &output);
    let said = str::from_utf8(&output.stdout).unwrap();
    assert!(said.matches("rotated: ").count() >= 5, "{said}");
    assert!(last.contains(" 0 found, 0 never arrived, 0 unknown"), "{last}: {said}");
    assert!(!said.contains("may have been executed"), "{said}");
    assert!(!last.contains(" 0 placed"), "{last}");
}

#[test]
fn a_key_that_is_refused_ends_it() {
    let mock = Mock::start(&["--exchange", "deribit", "--time-scale", "10"]);
    let output = trade(&["--url", &mock.url, "--key", "wrong"]).wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(str::from_utf8(&output.stdout).unwrap().contains("credentials"), "{output:?}");
}
