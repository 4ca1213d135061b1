//! Strategies for property tests of whatever holds a session.
//!
//! Each draws bytes and makes its values from them by [`generate`], so that a case can be handed
//! on to a fuzzer's corpus or come from one.

use heartbeat_core::Config;
use proptest::collection::vec;
use proptest::prelude::*;

use crate::generate::{self, Input};
use crate::{Choices, OwnedFrame, Phrasebook};

/// How many bytes an input takes, about.
const BYTES_AN_INPUT: usize = 4;

/// Generates [settings](generate::config) that fit together.
pub fn configs() -> impl Strategy<Value = Config> {
    bytes(40).prop_filter_map("settings must fit together", |bytes| {
        generate::config(&mut Choices::new(&bytes))
    })
}

/// Generates the ways in which a [`Phrasebook`] can behave whose probes can be written.
pub fn phrasebooks() -> impl Strategy<Value = Phrasebook> {
    bytes(3).prop_map(|bytes| generate::phrasebook(&mut Choices::new(&bytes)))
}

/// Generates [frames](generate::frame).
pub fn frames() -> impl Strategy<Value = OwnedFrame> {
    bytes(16).prop_map(|bytes| generate::frame(&mut Choices::new(&bytes)))
}

/// Generates everything that can be done to a session, in lists of at most `longest`.
pub fn inputs(longest: usize) -> impl Strategy<Value = Vec<Input>> {
    vec(any::<u8>(), 0..=longest * BYTES_AN_INPUT)
        .prop_map(move |bytes| generate::inputs(&mut Choices::new(&bytes), longest))
}

fn bytes(len: usize) -> impl Strategy<Value = Vec<u8>> {
    vec(any::<u8>(), len)
}
