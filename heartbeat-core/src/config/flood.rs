//! How many heartbeats a venue may send.

use core::time::Duration;

/// How many heartbeats a venue may send within a span, before it is given up for being out of
/// all reason ([`Cause::Flood`](crate::Cause::Flood)).
///
/// What counts is every frame that is not the application's data: challenges, beats, answers,
/// pings and pongs. It is counted in one span after another, so up to twice as many can come
/// within one span that begins in the middle of another. Up to the limit all of them are answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "a rate is a number and a span")]
pub struct FloodLimit {
    /// How many.
    pub heartbeats: u32,
    /// Within which span.
    pub within: Duration,
}

impl FloodLimit {
    /// 100,000 within 10 s. A venue that beats once a second for each of a thousand products sends
    /// a tenth of that, and one that was held up for a minute six tenths at once.
    pub const DEFAULT: Self = Self { heartbeats: 100_000, within: Duration::from_secs(10) };
}
