//! Events for `tracing`: an attempt and what it leads to INFO, what an operator must see WARN.

use heartbeat_core::{
    BreakerState, Cause, Generation, GiveUp, LeaveReason, Purpose, RotationReason, Setback,
    WatchEvent,
};
use tracing::{Span, error, info, info_span, warn};

use super::update::{FailedAttempt, Gap};
use super::{Attempt, SubscriptionEvent};
use crate::connect::Destination;

/// Makes the span that all of a client's events lie in.
pub(super) fn client_span(platform: &str, name: &str) -> Span {
    info_span!("client", platform, name)
}

/// Makes the span that all events of an attempt lie in, and of the connection that it becomes.
pub(super) fn attempt_span(attempt: &Attempt) -> Span {
    info_span!("attempt", generation = attempt.generation.number())
}

/// Shows of a destination scheme, host and port.
pub(super) fn dial(attempt: &Attempt, to: &Destination) {
    let generation = attempt.generation.number();
    let purpose = match attempt.purpose {
        Purpose::Connect => "connect",
        Purpose::Rotate(reason) => reason.as_str(),
    };
    info!(name: "recovery.dial", generation, purpose, %to, "recovery.dial: {to}");
}

pub(super) fn attempt_failed(failed: &FailedAttempt) {
    let generation = failed.generation.number();
    let fault = &failed.fault;
    if let Some(setback) = failed.setback {
        warn!(name: "recovery.failed", generation, "recovery.failed: {fault} ({setback})");
    } else {
        info!(name: "recovery.failed", generation, "recovery.failed: {fault}");
    }
}

pub(super) fn live(generation: Generation) {
    info!(name: "recovery.live", generation = generation.number(), "recovery.live");
}

pub(super) fn down(generation: Generation, cause: Cause, setback: Option<Setback>) {
    let (generation, cause_word) = (generation.number(), cause.as_str());
    let refusal = setback.map(|setback| setback.refusal.as_str());
    let pause = setback.map(|setback| setback.pause);
    let times = setback.map(|setback| setback.times);
    warn!(
        name: "recovery.down",
        generation,
        cause = cause_word,
        refusal,
        times,
        ?pause,
        "recovery.down: {cause}"
    );
}

pub(super) fn left(generation: Generation, why: LeaveReason) {
    let (generation, why) = (generation.number(), why.as_str());
    warn!(name: "recovery.left", generation, why, "recovery.left");
}

pub(super) fn rotation_failed(generation: Generation, reason: RotationReason, tries: u32) {
    let (generation, reason) = (generation.number(), reason.as_str());
    warn!(name: "recovery.rotation_failed", generation, reason, tries, "recovery.rotation_failed");
}

pub(super) fn reconnect(reason: &str, at_once: bool) {
    warn!(name: "recovery.reconnect", at_once, "recovery.reconnect: {}", reason.escape_debug());
}

pub(super) fn paused() {
    warn!(name: "recovery.paused", "recovery.paused");
}

pub(super) fn resumed() {
    info!(name: "recovery.resumed", "recovery.resumed");
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

pub(super) fn topic(event: &SubscriptionEvent) {
    let (what, topic) = (event.as_str(), event.topic());
    info!(name: "recovery.subscription", what, topic, "recovery.subscription");
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
