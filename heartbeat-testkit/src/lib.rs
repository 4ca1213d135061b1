//! Proof for heartbeat logic: a mock exchange that enforces, a world that can be repeated, and
//! strategies for everything that can happen to a session.
//!
//! # A simulation in ten lines
//!
//! ```
//! use core::time::Duration;
//! use heartbeat_platforms::Exchange;
//! use heartbeat_testkit::{Freeze, World, WorldOptions};
//!
//! let mut world = World::of(Exchange::Deribit, WorldOptions::seeded(42));
//! world.run_for(Duration::from_secs(3_600));
//! world.freeze(Duration::from_secs(4), Freeze::Process);
//! world.run_for(Duration::from_secs(60));
//! assert!(world.verdict().is_none(), "we stalled, and the venue is fine");
//! world.half_open(true);
//! let bound = world.client().config().silence_bound();
//! assert!(world.run_until_verdict(bound).is_some());
//! ```
//!
//! # Where to go
//!
//! - [`MockExchange`] is the venue's side of one connection: it sends challenges and beats, answers
//!   probes, and ends the connection of a client that breaks a rule, with the venue's own code. It
//!   reads no clock and does no IO. [`FaultPlan`] makes it misbehave.
//! - [`World`] puts a session and a mock exchange at the two ends of a [`Link`], in virtual time.
//! - [`Fleet`] is several clients of one venue that lose their connections and get them back; the
//!   loop in `world/fleet/member.rs` is also the shortest example of how to drive a recovery and
//!   its sessions.
//! - [`Oracles`] judge a world, and [`FleetOracles`] a fleet, by what happened in it, and know
//!   nothing of what was planned.
//! - [`simulate`] lives through a day of faults from a seed, every oracle looking on;
//!   `cargo xtask sim` does so for many seeds.
//! - [`Script`] is a timeline over a session alone: what comes, what must leave then, and silence.
//! - [`conformance`] tests an adapter, yours as ours: [`conformance::check`].
//! - [`Model`] is the session once more, slow and obvious, to be run beside the real one, and
//!   [`WatchModel`] a watch.
//! - [`Contract`] does anything to a session of any platform and checks what it owes.
//! - [`cases`] are whole test cases of one string of bytes each, for fuzzers and seeds.
//! - [`generate`] makes settings, frames and inputs from bytes, whoever made those: a seed, a
//!   fuzzer, or a property test by way of `strategies` (feature `proptest`).
//! - [`probe`] measures a venue's heartbeat on real connections, and is itself measured against the
//!   mock exchange.
//! - `net` (feature `tokio`) puts the mock exchange behind any stream, or on a socket.
//!
//! [`Phrasebook`] is a platform of no venue in whose dialect every signal is one word, for tests in
//! which the venue does not matter.

#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test that unwraps says what it expects"))]

pub mod cases;
mod choices;
mod clock;
pub mod conformance;
mod contract;
pub mod generate;
mod link;
mod mock;
mod model;
#[cfg(feature = "tokio")]
pub mod net;
mod oracles;
mod owned;
mod phrasebook;
pub mod probe;
mod rng;
mod script;
mod sim;
#[cfg(feature = "proptest")]
pub mod strategies;
mod world;
mod zip;

pub use choices::Choices;
pub use clock::VirtualClock;
pub use contract::Contract;
pub use link::{Arrival, Delay, Link};
pub use mock::{
    Account, Admission, CancelledBy, Challenge, ConnectWindow, DataFrom, Departure, Dialect, Fault,
    FaultError, FaultPlan, HeartbeatKind, Meaning, MockAction, MockCounters, MockExchange,
    MockOptions, Observation, Offence, RuleBook, StreamChange, Surprise, TooManyConnects,
    WireError, channel_number,
};
pub use model::{Does, Model, Says, WatchDoes, WatchModel};
pub use oracles::{
    Answers, Brake, Departures, Detection, Dials, Ends, Expiry, FleetOracle, FleetOracles,
    Generations, Growth, Handover, Kicks, Lateness, Messages, Oracle, Oracles, Orders, Politeness,
    Reports, Resubscription, Returns, Routes, Sequence, Spin, Verdicts, Violation,
};
pub use owned::{OwnedAction, OwnedFrame};
pub use phrasebook::{Phrasebook, ProbeWord};
pub use rng::Rng;
pub use script::{Script, Wire};
pub use sim::{
    Broken, FaultKind, FaultKinds, SimOptions, SimReport, Summary, UnknownFaultKind, simulate,
};
pub use world::{
    Address, ChannelStep, Entry, Fleet, FleetOptions, FleetStep, Freeze, LineChange, OperatorStep,
    OrderStep, Sickness, SimulatedConnection, Step, Trace, Trading, Trouble, VenueStep, Verdict,
    Vitals, World, WorldOptions,
};
