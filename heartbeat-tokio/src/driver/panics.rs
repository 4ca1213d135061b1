//! Panics in a platform: caught here, counted by the session, and no end of the connection.
//!
//! With `panic = "abort"` there is nothing to catch.

use core::any::Any;
use core::panic::AssertUnwindSafe;
use std::panic::catch_unwind;

use crate::telemetry;

/// Runs what may call a platform; `None` if it panicked.
///
/// Nothing that is seen after the panic was left half-way by it: a platform is shared with no
/// `&mut`, and the session's machine is never at work while it is asked (the session says so of
/// its `handle_panicked`).
pub(super) fn caught<T>(call: impl FnOnce() -> T) -> Option<T> {
    match catch_unwind(AssertUnwindSafe(call)) {
        Ok(value) => Some(value),
        Err(payload) => {
            telemetry::panicked(message_of(&*payload));
            None
        }
    }
}

/// Returns what a panic said.
fn message_of(payload: &(dyn Any + Send)) -> &str {
    if let Some(text) = payload.downcast_ref::<&str>() {
        return text;
    }
    payload.downcast_ref::<String>().map_or("of another type", String::as_str)
}
