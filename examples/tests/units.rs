//! The parts of the examples that can be tested alone. The tests stand beside the code; an example
//! is built as a program here, and its own tests would not run.

#![allow(dead_code, reason = "the examples use what the tests do not")]

#[path = "../trading_client/book.rs"]
mod book;
#[path = "../watch/tally.rs"]
mod tally;
