//! Rules for Rust alone that neither the compiler nor clippy has, or that a lint has and an
//! `#[expect]` must not lift.

use super::{Kind, Rule, Source, lines_where};

/// The files that may read a clock: one for each way to be driven.
const CLOCK_FILES: [&str; 6] = [
    // The driver.
    "heartbeat-tokio/src/clock.rs",
    // The example of another driver.
    "examples/custom_runtime.rs",
    // The mock exchange as a real server.
    "heartbeat-testkit/src/net/clock.rs",
    // How long a call takes.
    "bench/src/measure.rs",
    // How old a fact is.
    "xtask/src/calendar.rs",
    // How long a step of `cargo xtask ci` took.
    "xtask/src/stopwatch.rs",
];

pub(super) const RULES: [Rule; 5] = [
    Rule {
        name: "module-doc",
        why: "a file says in its first line, with `//!`, what its one subject is",
        check: module_doc,
    },
    Rule {
        name: "clock",
        why: "time is an argument: only the files listed in xtask/src/tidy/rust.rs read a clock",
        check: clock,
    },
    Rule {
        name: "sleep",
        why: "wait for a deadline or a condition: a sleep is too short on a busy machine and \
              too long on any other",
        check: |source| code_lines(source, &["thread::sleep", "time::sleep("]),
    },
    Rule {
        name: "ignored-test",
        why: "a test that does not run proves nothing: assert what holds today",
        check: |source| code_lines(source, &["#[ignore"]),
    },
    Rule {
        name: "fixed-port",
        why: "bind port 0 and ask which it became: a fixed port is taken when tests run side by \
              side",
        check: fixed_port,
    },
];

fn module_doc(source: &Source) -> Vec<usize> {
    if source.kind == Kind::Rust && !source.text.starts_with("//!") { vec![1] } else { Vec::new() }
}

fn clock(source: &Source) -> Vec<usize> {
    if CLOCK_FILES.contains(&source.path.as_str()) {
        return Vec::new();
    }
    code_lines(source, &["Instant::now", "SystemTime::now"])
}

/// Returns the lines on which any of `needles` stands, as code.
fn code_lines(source: &Source, needles: &[&str]) -> Vec<usize> {
    lines_where(&source.code, |line| needles.iter().any(|needle| line.contains(needle)))
}

/// A call of `bind` with a port that is spelled out and not 0.
fn fixed_port(source: &Source) -> Vec<usize> {
    let lines = source.text.lines().zip(source.code.lines()).zip(1..);
    let broken = lines.filter(|((text, code), _)| {
        let mut calls = code.match_indices("bind(");
        calls.any(|(at, call)| {
            let argument = &text[at + call.len()..];
            let literal = argument.split('"').nth(1).unwrap_or_default();
            let begins = argument.trim_start_matches('&').starts_with('"');
            let port = literal.rsplit_once(':').map_or("0", |(_, port)| port);
            begins && port != "0"
        })
    });
    broken.map(|(_, number)| number).collect()
}

#[cfg(test)]
mod tests {
    use super::super::tests::assert_offences;

    /// A file with a head that is as it should be, and `line` as its third line.
    fn with(line: &str) -> String {
        format!("//! A subject.\n\n{line}\n")
    }

    #[test]
    fn a_file_begins_with_its_subject() {
        assert_offences("a/src/b.rs", "use b;\n", &[("module-doc", 1)]);
    }

    #[test]
    fn a_clock_is_read_in_the_named_files_only() {
        let text = with("let at = tokio::time::Instant::now();");
        assert_offences("heartbeat-tokio/src/driver.rs", &text, &[("clock", 3)]);
        assert_offences("heartbeat-tokio/src/clock.rs", &text, &[]);
        let talk = with("// `Instant::now` is what the driver's clock calls.");
        assert_offences("heartbeat-tokio/src/driver.rs", &talk, &[]);
    }

    #[test]
    fn nobody_sleeps_for_a_span() {
        let path = "a/tests/b.rs";
        assert_offences(path, &with("tokio::time::sleep(SECOND).await;"), &[("sleep", 3)]);
        assert_offences(path, &with("std::thread::sleep(SECOND);"), &[("sleep", 3)]);
        assert_offences(path, &with("tokio::time::sleep_until(deadline).await;"), &[]);
    }

    #[test]
    fn no_test_is_ignored() {
        assert_offences("a/tests/b.rs", &with("#[ignore = \"slow\"]"), &[("ignored-test", 3)]);
    }

    #[test]
    fn only_port_0_is_bound() {
        let path = "a/tests/b.rs";
        assert_offences(path, &with("bind(\"127.0.0.1:9001\")"), &[("fixed-port", 3)]);
        assert_offences(path, &with("bind(&\"[::1]:9001\")"), &[("fixed-port", 3)]);
        assert_offences(path, &with("bind(\"127.0.0.1:0\")"), &[]);
        assert_offences(path, &with("bind(address)"), &[]);
        assert_offences(path, &with("bind((\"127.0.0.1\", 0))"), &[]);
    }
}
