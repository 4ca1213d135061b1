//! What may be gzip, inflated by us and by another.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| heartbeat_testkit::cases::inflate(bytes));
