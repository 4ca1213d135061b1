//! The mock exchange enforces: who breaks a venue's rule is thrown out as that venue does it, at
//! the venue's deadline, and who keeps it is not.

#![allow(clippy::unwrap_used, reason = "a test that unwraps says what it expects")]

mod data;
mod heartbeats;
mod opposite;
mod orders;
mod planned;
mod windows;
