//! The dialect of the two words: the client says `ping`, and the venue answers `pong`, four bytes
//! each and no JSON.
//!
//! OKX, which began it, announces its upgrades besides, and Bitget and BitMEX have their own
//! peculiarities; they have files of their own.

use heartbeat_core::{
    ConfigBuilder, Detector, Frame, Outbox, OutboxError, ProbeId, Responder, Signal,
};

use super::dialect::{Dialect, by_probes};
use crate::{Facts, Rules};

/// The dialect of the two words.
#[derive(Clone, Copy, Debug)]
pub(super) struct TextPing;

impl Dialect for TextPing {
    const NAME: &'static str = "text-ping";

    fn settings(&self, rules: &Rules, _facts: &Facts) -> ConfigBuilder {
        by_probes(rules)
    }
}

impl Detector for TextPing {
    fn classify(&self, frame: Frame<'_>) -> Signal {
        if frame == Frame::Text("pong") {
            return Signal::Answer { probe: None };
        }
        Signal::of_control(frame)
    }
}

impl Responder for TextPing {
    fn respond(&self, _token: &[u8], _out: &mut Outbox) -> Result<(), OutboxError> {
        Ok(()) // The venue challenges nobody but by ping frames.
    }

    fn probe(&self, _id: ProbeId, out: &mut Outbox) -> Result<(), OutboxError> {
        out.text(format_args!("ping"))
    }
}
