//! The same with an allocator that counts, which makes everything slower.

use std::process::ExitCode;

#[global_allocator]
static ALLOC: dhat::Alloc = dhat::Alloc;

fn main() -> ExitCode {
    heartbeat_bench::run(true)
}
