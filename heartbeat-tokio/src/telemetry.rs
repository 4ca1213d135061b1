//! Events for `tracing`: what comes with every heartbeat is TRACE, a change of state INFO, a
//! verdict WARN.

#![expect(clippy::wildcard_enum_match_arm, reason = "`Event` is open, and every kind gets a line")]

use heartbeat_core::{Cause, Event, Initiator};
use tracing::{Span, info, info_span, trace, warn};

/// Makes the span that all of a connection's events lie in.
pub(crate) fn span(platform: &str) -> Span {
    info_span!("connection", platform)
}

/// Tells that a driver took over a connection.
pub(crate) fn started(detection_bound: core::time::Duration) {
    info!(name: "manager.started", ?detection_bound, "manager.started");
}

/// Tells the verdict.
pub(crate) fn stopped(cause: Cause) {
    if cause.initiator() == Initiator::Application {
        info!(name: "manager.stopped", cause = cause.as_str(), "manager.stopped: {cause}");
    } else {
        warn!(name: "manager.stopped", cause = cause.as_str(), "manager.stopped: {cause}");
    }
}

/// Tells what a platform said when it panicked; the failure follows as an event.
pub(crate) fn panicked(message: &str) {
    warn!(name: "heartbeat.panicked", message, "heartbeat.panicked");
}

/// Tells an event of the session.
pub(crate) fn event(event: &Event) {
    match *event {
        // The driver tells these two itself, with what it knows of them besides.
        Event::Started | Event::Stopped { .. } => {}
        Event::Armed => info!(name: "heartbeat.armed", "heartbeat.armed"),
        Event::Live => info!(name: "heartbeat.live", "heartbeat.live"),
        Event::LevelChanged { from, to } => {
            let (from, to) = (from.as_str(), to.as_str());
            info!(name: "heartbeat.level", from, to, "heartbeat.level");
        }
        Event::CounterJump { expected, got } => {
            info!(name: "heartbeat.counter_jump", expected, got, "heartbeat.counter_jump");
        }
        Event::LocalStall { late } => {
            info!(name: "heartbeat.local_stall", ?late, "heartbeat.local_stall");
        }
        Event::Notice { kind, deadline } => {
            let kind = kind.as_str();
            info!(name: "heartbeat.notice", kind, ?deadline, "heartbeat.notice");
        }
        Event::Timeout { .. } | Event::Failure { .. } | Event::Unanswerable { .. } => {
            failure(event);
        }
        Event::SafeguardSet { .. }
        | Event::SafeguardRefused { .. }
        | Event::SafeguardOverdue { .. }
        | Event::NoSafeguard
        | Event::DeadManLapsed { .. } => safeguard(event),
        _ => heartbeat(event),
    }
}

/// Tells what becomes of the orders' safety; whatever leaves them unprotected is a warning.
fn safeguard(event: &Event) {
    match *event {
        Event::SafeguardSet { safeguard } => {
            info!(name: "safeguard.set", safeguard = safeguard.as_str(), "safeguard.set");
        }
        Event::SafeguardRefused { safeguard } => {
            warn!(name: "safeguard.refused", safeguard = safeguard.as_str(), "safeguard.refused");
        }
        Event::SafeguardOverdue { safeguard } => {
            warn!(name: "safeguard.overdue", safeguard = safeguard.as_str(), "safeguard.overdue");
        }
        _ => warn!(name: "safeguard.lost", ?event, "safeguard.lost"),
    }
}

/// Tells what went wrong.
fn failure(event: &Event) {
    match *event {
        Event::Timeout { failure } => {
            info!(name: "heartbeat.timeout", failure = failure.as_str(), "heartbeat.timeout");
        }
        Event::Failure { failure, in_a_row, threshold } => {
            let failure = failure.as_str();
            info!(name: "heartbeat.failure", failure, in_a_row, threshold, "heartbeat.failure");
        }
        _ => info!(name: "heartbeat.unanswerable", ?event, "heartbeat.unanswerable"),
    }
}

/// Tells what comes with every heartbeat.
fn heartbeat(event: &Event) {
    match *event {
        Event::ChallengeReceived { layer } => {
            let layer = layer.as_str();
            trace!(name: "heartbeat.received", kind = "challenge", layer, "heartbeat.received");
        }
        Event::BeatReceived { counter } => {
            trace!(name: "heartbeat.received", kind = "beat", counter, "heartbeat.received");
        }
        Event::Answered { probe, round_trip } => {
            let kind = "answer";
            trace!(name: "heartbeat.received", kind, %probe, ?round_trip, "heartbeat.received");
        }
        Event::Responded { layer, response_time } => {
            let layer = layer.as_str();
            trace!(name: "heartbeat.responded", layer, ?response_time, "heartbeat.responded");
        }
        Event::ProbeSent { probe } => {
            trace!(name: "heartbeat.sent", %probe, "heartbeat.sent");
        }
        Event::DeadManRefreshed { until } => {
            trace!(name: "safeguard.refreshed", ?until, "safeguard.refreshed");
        }
        _ => trace!(name: "heartbeat.ignored", ?event, "heartbeat.ignored"),
    }
}
