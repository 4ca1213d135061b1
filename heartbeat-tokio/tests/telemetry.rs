//! What a subscriber of `tracing` hears of one short life.

#![allow(clippy::unwrap_used, reason = "a test that unwraps says what it expects")]

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
