//! A session of some venue, whose frames come whole, damaged or not at all like the venue's.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let _ = heartbeat_testkit::cases::venue(bytes);
});
