//! The parts of the examples that can be tested alone. The tests stand beside the code; an example
//! is built as a program here, and its own tests would not run.

#![allow(clippy::unwrap_used, reason = "a test that unwraps says what it expects")]
#![allow(dead_code, reason = "the examples use what the tests do not")]

#[path = "../trading_client/book.rs"]
mod book;
#[path = "../watch/bounds.rs"]
mod bounds;
#[path = "../watch/files.rs"]
mod files;
#[path = "../watch/tally.rs"]
mod tally;
