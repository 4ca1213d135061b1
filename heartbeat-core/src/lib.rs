//! The heartbeat of a connection to an exchange, as a state machine without IO.
//!
//! Frames and timestamps go in; what comes out is whom to answer, what to measure and when to
//! give up. The crate knows no clock, no socket, no runtime, no venue and no JSON. It is
//! `no_std`, has no dependencies, and allocates nothing on any path.
//!
//! # The loop
//!
//! A driver owns a transport and a clock, and runs one loop per connection:
//!
//! ```
//! # use heartbeat_core::*;
//! # fn drive<P: Platform>(session: &mut Session<P>, clock: impl Fn() -> Timestamp) {
//! # trait Transport { fn write(&mut self, _: Frame<'_>) -> bool { true } }
//! # struct Null; impl Transport for Null {}
//! # let mut transport = Null;
//! # let mut close = |_: Cause| {};
//! # let mut histogram = |_: LatencySample| {};
//! # let mut telemetry = |_: Event| {};
//! loop {
//!     // 1. Drain: do what is to be done now, until nothing is left but to wait.
//!     let deadline = loop {
//!         match session.poll_action(clock(), Outlet::Ready) {
//!             Action::Respond(frame) | Action::Transmit(frame) => {
//!                 let written = transport.write(frame);
//!                 match written {
//!                     true => session.handle_transmitted(clock()),
//!                     false => session.handle_transmit_failed(clock()),
//!                 }
//!             }
//!             Action::RecordLatency(sample) => histogram(sample),
//!             Action::Notify(event) => telemetry(event),
//!             Action::Disconnect(cause) => return close(cause),
//!             Action::Wait(deadline) => break deadline,
//!         }
//!     };
//!     // 2. Wait for a frame, or until the deadline.
//!     # let _ = deadline;
//!     # let frame: Option<Frame<'_>> = None;
//!     // 3. Feed in what came, with the time when it was read.
//!     if let Some(frame) = frame {
//!         match session.handle_frame(clock(), frame) {
//!             Disposition::Deliver => { /* to the application */ }
//!             Disposition::Absorb => {}
//!         }
//!     }
//!     # break;
//! }
//! # }
//! ```
//!
//! The deadline is to be had only by draining, so a driver cannot sleep on an unsent response.
//!
//! # Where to go
//!
//! [`Session`] is the machine and its contract, [`Config`] its settings and their rules,
//! [`Platform`] what a venue must supply, [`Signal`] what a frame can mean. [`Recovery`] decides
//! when to connect, and when to connect anew; [`Gate`] is what all connections to one venue share.
//! [`Watches`] finds the subscription that was accepted and brings nothing, on a connection that
//! is otherwise alive.

#![no_std]
#![warn(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "peer bytes and times must never panic the machine"
)]
#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test that unwraps says what it expects"))]
#![cfg_attr(test, allow(clippy::arithmetic_side_effects, reason = "a test that overflows fails"))]

#[cfg(feature = "alloc")]
extern crate alloc;
#[cfg(test)]
extern crate std;

mod action;
mod breaker;
mod cause;
mod config;
mod connect_budget;
mod event;
mod evidence;
mod fifo;
mod frame;
mod gate;
mod health;
mod latency;
mod machine;
#[cfg(feature = "alloc")]
mod message_budget;
mod outbox;
mod platform;
mod recovery;
mod rng;
mod safeguard;
mod session;
mod signal;
mod time;
mod watch;

pub use action::{Action, Disposition, LatencyKind, LatencySample, Outlet};
pub use breaker::{
    Breaker, BreakerBuilder, BreakerConfig, BreakerError, BreakerState, Permit, Settlement,
};
pub use cause::{Cause, Failure, Initiator, Unreadable};
pub use config::{
    AtStop, Config, ConfigBuilder, ConfigError, DeadMan, DeadManError, DeadManRange, FloodLimit,
    Heard, Levels, Pace, Patience, PingFrames, Probing, Term, Terms, TermsRange,
};
pub use connect_budget::{BudgetError, ConnectBudget};
pub use event::{Clock, Event, Layer};
pub use evidence::{ClockReading, Evidence, InputRecord, OutstandingProbe, SignalClass};
pub use frame::{Frame, FrameKind};
pub use gate::{AttemptLimit, Gate};
pub use health::{Counters, Health, Phase};
pub use latency::{LatencySummary, LatencyWindow, Level};
pub use machine::CHALLENGES_MAX;
#[cfg(feature = "alloc")]
pub use message_budget::{MESSAGES_MAX, MessageLimit, MessageWindow, Speaker};
pub use outbox::{Outbox, OutboxError};
pub use platform::{Detector, Platform, Responder};
pub use recovery::{
    AttemptFailure, AttemptPhase, Generation, GiveUp, LeaveReason, Outcome, Purpose, Recovery,
    RecoveryAction, RecoveryBuilder, RecoveryConfig, RecoveryError, RecoveryStatus, Refusal,
    RefusalCode, RotationOrder, RotationReason, RotationWindow, Setback,
};
pub use safeguard::{DeadManStanding, Safeguard, Standing};
pub use session::Session;
pub use signal::{Heartbeat, NoticeKind, PingPayload, ProbeId, Signal, Token};
pub use time::{Timestamp, WallTime};
pub use watch::{
    OnSilence, Silence, WatchAction, WatchError, WatchEvent, WatchSpec, WatchStatus, Watches,
};
