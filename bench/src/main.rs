//! Measures: see the library of this package.

use std::process::ExitCode;

fn main() -> ExitCode {
    heartbeat_bench::run(false)
}
