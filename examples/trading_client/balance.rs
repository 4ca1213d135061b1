//! The book and the venue's, side by side, and what was done meanwhile.

use core::fmt;

use crate::book::Reconciled;

/// What was done, and what was lost.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Totals {
    pub(crate) placed: u64,
    pub(crate) cancelled: u64,
    /// Never left, by their receipt.
    pub(crate) not_written: u64,
    /// Not sent, because the permit was closed.
    pub(crate) held_back: u64,
    pub(crate) gaps: u64,
    pub(crate) reconciled: Reconciled,
}

/// The book and the venue's, side by side.
#[derive(Debug)]
pub(crate) struct Balance {
    pub(crate) ours: usize,
    /// What the venue has; `None` if it did not say.
    pub(crate) theirs: Option<usize>,
    pub(crate) differences: Reconciled,
    pub(crate) totals: Totals,
}

impl Balance {
    /// Tells whether both have the same orders.
    pub(crate) fn is_even(&self) -> bool {
        self.theirs.is_some() && self.differences == Reconciled::default()
    }
}

impl fmt::Display for Balance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.theirs {
            Some(theirs) if self.is_even() => {
                write!(f, "book equals the venue's: {theirs} orders open; ")?;
            }
            Some(theirs) => {
                let Self { ours, differences, .. } = self;
                write!(f, "BOOK DIFFERS: {ours} orders, the venue has {theirs}: {differences}; ")?;
            }
            None => write!(f, "BOOK UNKNOWN: {} orders, the venue did not say; ", self.ours)?,
        }
        let Totals { placed, cancelled, not_written, held_back, gaps, reconciled } = &self.totals;
        write!(
            f,
            "{placed} placed, {cancelled} cancelled, {gaps} gaps: {reconciled}, {not_written} \
             never left, {held_back} held back"
        )
    }
}
