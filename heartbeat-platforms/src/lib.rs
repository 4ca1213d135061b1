//! Every exchange's heartbeat: its rules as data with sources, its dialect as code that is exact
//! to the byte.
//!
//! [`Exchange`] lists the venues and is a [`Platform`](heartbeat_core::Platform), so a session
//! takes it as it is:
//!
//! ```
//! use heartbeat_core::{Action, Frame, Outlet, Platform, Session, Timestamp};
//! use heartbeat_platforms::Exchange;
//!
//! let exchange: Exchange = "deribit".parse().unwrap();
//! let config = exchange.defaults().monitoring(false).build().unwrap();
//! let mut session = Session::new(exchange, config, Timestamp::ZERO);
//! // The venue sends no heartbeat until it is asked to.
//! assert!(matches!(
//!     session.poll_action(Timestamp::ZERO, Outlet::Ready),
//!     Action::Transmit(Frame::Text(arm)) if arm.contains("public/set_heartbeat"),
//! ));
//! ```
//!
//! The crate is `no_std`, allocates nothing, and holds no state of a connection. The feature
//! `std`, on by default, makes the search for a heartbeat in a frame twice as fast and more, and
//! changes nothing else: a machine that has no `std` leaves it out.

#![no_std]
#![warn(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "peer bytes must never panic a detector"
)]
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        reason = "a test that unwraps says what it expects"
    )
)]

#[cfg(any(test, feature = "std"))]
extern crate std;

mod credential;
mod echo;
mod endpoint;
mod exchange;
mod facts;
mod forward;
pub mod gzip;
pub mod json;
mod opening;
pub mod requests;
mod rules;
mod sieve;
mod span;
pub mod subscriptions;
pub mod venues;

pub use credential::{Credential, NoCredential};
pub use endpoint::{Auth, ExchangeEndpoint, Stage, UnknownEndpoint};
pub use exchange::{Exchange, UnknownExchange};
pub use facts::{
    Answered, AtOnce, Ban, Budget, Confidence, Covers, Facts, Hazard, MessageBudget, OrderSafety,
    SafeguardRule, Scope, Timer, TimerUnit, Trigger, Via,
};
pub use rules::{Begins, BrokenBy, ChallengeRule, CloseRule, Rules, SilenceRule};
pub use span::Span;
