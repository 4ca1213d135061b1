//! A session of no venue, to which anything is done.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| heartbeat_testkit::cases::session(bytes));
