//! The parts of the examples that can be tested alone. The tests stand beside the code; an example
//! is built as a program here, and its own tests would not run.

#![allow(clippy::unwrap_used, reason = "a test that unwraps says what it expects")]
#![allow(clippy::wildcard_enum_match_arm, reason = "the enums of other crates may grow")]
#![allow(dead_code, reason = "the examples use what the tests do not")]

#[path = "../probe/args.rs"]
mod args;
#[path = "../trading_client/book.rs"]
mod book;
#[path = "../watch/bounds.rs"]
mod bounds;
#[path = "../gateway/end.rs"]
mod end;
#[path = "../gateway/face.rs"]
mod face;
#[path = "../watch/files.rs"]
mod files;
#[path = "../gateway/pulse.rs"]
mod pulse;
#[path = "../gateway/recorded.rs"]
mod recorded;
#[path = "../watch/tally.rs"]
mod tally;
#[path = "../probe/target.rs"]
mod target;
