//! How much may wait, in bytes, so that there is nothing that could never wait.

/// A bound, and a place beside it for one entry that is longer than all of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Room {
    bytes_max: usize,
    /// What those entries hold that are no longer than the bound.
    bytes: usize,
    /// What the one holds that is longer, if there is one.
    oversize: usize,
}

impl Room {
    pub(crate) const fn new(bytes_max: usize) -> Self {
        Self { bytes_max, bytes: 0, oversize: 0 }
    }

    /// Tells whether an entry that holds so much fits.
    pub(crate) const fn fits(&self, bytes: usize) -> bool {
        if bytes > self.bytes_max {
            self.oversize == 0
        } else {
            self.bytes.saturating_add(bytes) <= self.bytes_max
        }
    }

    /// Takes the room for an entry, whether it fits or not.
    pub(crate) const fn take(&mut self, bytes: usize) {
        if bytes > self.bytes_max {
            self.oversize = self.oversize.saturating_add(bytes);
        } else {
            self.bytes = self.bytes.saturating_add(bytes);
        }
    }

    /// Gives it back.
    pub(crate) const fn give_back(&mut self, bytes: usize) {
        if bytes > self.bytes_max {
            self.oversize = self.oversize.saturating_sub(bytes);
        } else {
            self.bytes = self.bytes.saturating_sub(bytes);
        }
    }

    /// Returns how much is held.
    pub(crate) const fn held(&self) -> usize {
        self.bytes.saturating_add(self.oversize)
    }
}
