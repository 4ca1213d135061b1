//! Every test over all venues, in one binary that links once.
//!
//! What they must know of a venue is its fixtures and its file in `support/venues/`.

mod agreement;
mod conformance;
mod no_alloc;
mod support {
    pub(crate) mod fixtures;
    pub(crate) mod reference;
    pub(crate) mod venues;
    pub(crate) mod words;
}
