//! What a subscriber of `tracing` hears of a short life, and of a recovery.

#![allow(clippy::unwrap_used, reason = "a test that unwraps says what it expects")]

mod client_common;
mod common;

use core::time::Duration;
use std::sync::{Arc, Mutex};

use common::{pair, quiet, session_with, soon, text};
use futures_util::{SinkExt as _, StreamExt as _};
use heartbeat_tokio::HeartbeatStream;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

/// Writes down the name and level of every span and event of this crate's.
#[derive(Clone, Default)]
struct Listener {
    heard: Arc<Mutex<Vec<(&'static str, Level)>>>,
}

impl Subscriber for Listener {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("heartbeat_tokio")
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        self.heard.lock().unwrap().push((span.metadata().name(), *span.metadata().level()));
        Id::from_u64(1)
    }

    fn event(&self, event: &Event<'_>) {
        self.heard.lock().unwrap().push((event.metadata().name(), *event.metadata().level()));
    }

    fn record(&self, _span: &Id, _values: &Record<'_>) {}
    fn record_follows_from(&self, _span: &Id, _follows: &Id) {}
    fn enter(&self, _span: &Id) {}
    fn exit(&self, _span: &Id) {}
}

#[tokio::test(start_paused = true)]
async fn every_step_has_its_name_and_level() {
    let listener = Listener::default();
    let _default = tracing::subscriber::set_default(listener.clone());
    let (ours, mut venue) = pair().await;
    let mut ours = HeartbeatStream::new(ours, session_with(quiet())).close_within(Duration::ZERO);
    venue.send(text("challenge:1")).await.unwrap();
    assert!(soon(ours.next()).await.unwrap().is_err());

    assert_eq!(
        *listener.heard.lock().unwrap(),
        [
            ("connection", Level::INFO),
            ("manager.started", Level::INFO),
            ("heartbeat.armed", Level::INFO),
            ("heartbeat.received", Level::TRACE),
            ("heartbeat.live", Level::INFO),
            ("heartbeat.responded", Level::TRACE),
            ("heartbeat.timeout", Level::INFO),
            ("heartbeat.failure", Level::INFO),
            ("manager.stopped", Level::WARN),
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn every_step_of_a_recovery_has_its_name_and_level() {
    let listener = Listener::default();
    let _default = tracing::subscriber::set_default(listener.clone());
    let (wire, mut venue) = client_common::wire();
    let mut client = client_common::client(&wire).start().unwrap();
    let mut peer = venue.accept_live().await;
    assert_eq!(client_common::words(&mut client, 1).await, ["live 1"]);
    venue.refuse(true);
    client_common::hang_up(&mut peer, 1001).await;
    client_common::words(&mut client, 2).await;
    venue.refuse(false);
    let _peer = venue.accept_live().await;
    while client_common::words(&mut client, 1).await != ["live 3"] {}
    client.close().await.unwrap();

    let heard = listener.heard.lock().unwrap();
    let of_client = |(name, _): &&(&str, Level)| {
        name.starts_with("recovery.") || matches!(*name, "client" | "attempt")
    };
    let heard: Vec<_> = heard.iter().filter(of_client).copied().collect();
    assert_eq!(
        heard,
        [
            ("client", Level::INFO),
            ("attempt", Level::INFO),
            ("recovery.dial", Level::INFO),
            ("recovery.live", Level::INFO),
            ("recovery.down", Level::WARN),
            ("attempt", Level::INFO),
            ("recovery.dial", Level::INFO),
            ("recovery.failed", Level::INFO),
            ("attempt", Level::INFO),
            ("recovery.dial", Level::INFO),
            ("recovery.live", Level::INFO),
            ("recovery.gap", Level::INFO),
        ]
    );
}
