//! What a client costs, measured from outside.

/// What can be measured on a client without knowing what it does: for oracles.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Vitals {
    /// How often it was woken and drained.
    pub drains: u64,
    /// How many of its frames are under way, or wait for a venue that does not read.
    pub unread: usize,
}
