//! Events for `tracing`: an attempt and what it leads to INFO, what an operator must see WARN.

use heartbeat_core::{
    BreakerState, Cause, Generation, GiveUp, Purpose, RotationReason, WatchEvent,
};
use tracing::{Span, error, info, info_span, warn};

use super::Attempt;
use super::update::{AttemptFault, Gap};

/// Makes the span that all of a client's events lie in.
pub(super) fn client_span(platform: &str, name: &str) -> Span {
    info_span!("client", platform, name)
}

/// Makes the span that all events of an attempt lie in, and of the connection that it becomes.
pub(super) fn attempt_span(attempt: &Attempt) -> Span {
    info_span!("attempt", generation = attempt.generation.number())
}

pub(super) fn dial(attempt: &Attempt) {
    let generation = attempt.generation.number();
    let purpose = match attempt.purpose {
        Purpose::Connect => "connect",
        Purpose::Rotate(reason) => reason.as_str(),
    };
    info!(name: "recovery.dial", generation, purpose, "recovery.dial");
}

pub(super) fn attempt_failed(generation: Generation, fault: &AttemptFault) {
    let generation = generation.number();
    info!(name: "recovery.failed", generation, "recovery.failed: {fault}");
}

pub(super) fn live(generation: Generation) {
    info!(name: "recovery.live", generation = generation.number(), "recovery.live");
}

pub(super) fn down(generation: Generation, cause: Cause) {
    let (generation, word) = (generation.number(), cause.as_str());
    warn!(name: "recovery.down", generation, cause = word, "recovery.down: {cause}");
}

pub(super) fn gap(gap: &Gap) {
    let (cause, span) = (gap.cause.as_str(), gap.span());
    info!(name: "recovery.gap", cause, ?span, "recovery.gap");
}

pub(super) fn subscription(event: WatchEvent) {
    let (what, key) = match event {
        WatchEvent::FirstDataOverdue { key, .. } => ("first_data_overdue", key),
        WatchEvent::DataOverdue { key, .. } => ("data_overdue", key),
        WatchEvent::Recovered { key, .. } => ("recovered", key),
        WatchEvent::ResubscribedInVain { key, .. } => ("resubscribed_in_vain", key),
        // The core may come to tell more than this crate knows of.
        _ => return,
    };
    info!(name: "recovery.subscription", what, key, "recovery.subscription");
}

pub(super) fn rotated(from: Generation, to: Generation, reason: RotationReason) {
    let (from, to, reason) = (from.number(), to.number(), reason.as_str());
    info!(name: "recovery.rotated", from, to, reason, "recovery.rotated");
}

pub(super) fn breaker(state: BreakerState) {
    warn!(name: "recovery.breaker", state = state.as_str(), "recovery.breaker");
}

pub(super) fn given_up(why: GiveUp) {
    error!(name: "recovery.given_up", why = why.as_str(), "recovery.given_up: {why}");
}

pub(super) fn label_panicked() {
    warn!(name: "recovery.label_panicked", "recovery.label_panicked");
}

pub(super) fn handler_panicked(during: &'static str) {
    warn!(name: "recovery.handler_panicked", during, "recovery.handler_panicked");
}
