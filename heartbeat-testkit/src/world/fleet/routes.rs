//! By which address of the venue a client goes.

use core::fmt;

/// An address of the venue, by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address(pub(super) u8);

impl Address {
    /// How many the venue has.
    pub const COUNT: u8 = 2;

    /// Returns the first or the second, by the lowest bit of a number.
    pub const fn of(number: u64) -> Self {
        Self(if number & 1 == 0 { 0 } else { 1 })
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "address {}", self.0)
    }
}

/// What a client remembers of addresses: which have led to nothing, and in which order.
///
/// This is the whole of what a driver has to do: begin each attempt with an address that has not
/// failed, or failed the longest ago, and take it for well once it has led to a life.
#[derive(Clone, Debug, Default)]
pub(super) struct Routes {
    failed: Vec<Address>,
    /// Whether nothing is remembered, as by a driver that goes by what answers a dial.
    is_forgetful: bool,
}

impl Routes {
    pub(super) const fn new(is_forgetful: bool) -> Self {
        Self { failed: Vec::new(), is_forgetful }
    }

    pub(super) fn choose(&self) -> Address {
        let rank = |address: &Address| self.failed.iter().position(|failed| failed == address);
        (0..Address::COUNT).map(Address).min_by_key(rank).unwrap_or(Address(0))
    }

    pub(super) fn blame(&mut self, address: Address) {
        self.absolve(address);
        if !self.is_forgetful {
            self.failed.push(address);
        }
    }

    pub(super) fn absolve(&mut self, address: Address) {
        self.failed.retain(|failed| *failed != address);
    }
}
