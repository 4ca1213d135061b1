//! Level 3: subscriptions that are accepted and bring nothing.

#![allow(clippy::unwrap_used, reason = "a test that unwraps says what it expects")]
#![allow(clippy::wildcard_enum_match_arm, reason = "a test names what it looks for")]

mod client_common;

use core::future::pending;
use core::num::NonZeroU8;
use core::time::Duration;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use client_common::{Peer, Wire, client, heard, millis, say, secs, soon, until, wire, word};
use heartbeat_core::{OnSilence, Timestamp, WatchError, WatchEvent, WatchSpec};
use heartbeat_tokio::Client;
use heartbeat_tokio::client::{
    Attempt, ClientBuilder, Handler, HandlerConnection, Labels, NotReady, NotWatched, Silent,
    Update,
};
use tokio_tungstenite::tungstenite::Message;

const FIRST_WITHIN: Duration = secs(20);
const THEN_EVERY: Duration = secs(10);
const ATTEMPTS: NonZeroU8 = NonZeroU8::new(2).unwrap();

const fn spec(on_silence: OnSilence) -> WatchSpec {
    WatchSpec { first_within: Some(FIRST_WITHIN), then_every: Some(THEN_EVERY), on_silence }
}

/// The data of subscription 7 is `7=something`; its acknowledgement is not.
fn label(message: &Message) -> Labels {
    let key = message.to_text().ok().and_then(|text| text.split_once('=')?.0.parse().ok());
    key.map_or(Labels::default(), |key| Labels::default().subscription(key))
}

/// Subscribes to some, watches them, and asks again as told.
#[derive(Clone)]
struct Reader {
    keys: core::ops::Range<u64>,
    on_silence: OnSilence,
    /// What it was called with.
    asked: Arc<Mutex<Vec<Vec<u64>>>>,
    hangs: bool,
}

#[async_trait]
impl Handler for Reader {
    async fn on_ready(
        &mut self,
        connection: &mut HandlerConnection,
        _: &Attempt,
    ) -> Result<(), NotReady> {
        for key in self.keys.clone() {
            connection.watch(key, spec(self.on_silence))?;
        }
        connection.send(format!("subscribe {:?}", self.keys).into()).await
    }

    async fn resubscribe(&mut self, connection: &mut HandlerConnection, silent: &[Silent]) {
        let mut keys: Vec<_> = silent.iter().map(|silent| silent.key).collect();
        keys.sort_unstable();
        let text = format!("again {keys:?} {}", silent[0].attempt);
        self.asked.lock().unwrap().push(keys);
        connection.send(text.into()).await.unwrap();
        assert!(matches!(connection.receive().await, Err(NotReady::Failed(_))));
        if self.hangs {
            pending::<()>().await;
        }
    }
}

fn reader(keys: core::ops::Range<u64>, on_silence: OnSilence) -> Reader {
    Reader { keys, on_silence, asked: Arc::default(), hangs: false }
}

fn watching(wire: &Wire, reader: &Reader) -> ClientBuilder<client_common::Toy, Reader> {
    client(wire).handler(reader.clone()).label(label)
}

/// Waits for the next thing that happens to a subscription.
async fn event(client: &mut Client) -> WatchEvent {
    until(client, |update| match update {
        Update::Watch { event, .. } => Some(event),
        _ => None,
    })
    .await
}

/// What an update has to do with subscriptions or the end of a connection.
fn news(update: &Update) -> Option<String> {
    match update {
        Update::Watch { event, .. } => Some(format!("{event:?}")),
        Update::Message(_) => None,
        update => word(update),
    }
}

/// Plays a venue that answers probes, until it hears something else.
async fn next_request(peer: &mut Peer) -> String {
    heard(peer).await.unwrap()
}

fn elapsed(client: &Client) -> Duration {
    client.clock().now().saturating_since(Timestamp::ZERO)
}

#[tokio::test(start_paused = true)]
async fn a_subscription_that_was_accepted_and_brings_nothing_is_asked_for_again() {
    let (wire, mut venue) = wire();
    let reader = reader(7..8, OnSilence::Resubscribe { attempts: ATTEMPTS });
    let mut client = watching(&wire, &reader).start().unwrap();
    let permit = client.permit();
    let mut peer = venue.accept_live().await;
    assert_eq!(next_request(&mut peer).await, "subscribe 7..8");
    say(&mut peer, "subscribed").await;
    until(&mut client, |update| matches!(update, Update::Live { .. }).then_some(())).await;
    assert!(permit.is_open());

    let (told, request) = tokio::join!(event(&mut client), next_request(&mut peer));
    assert_eq!(told, WatchEvent::FirstDataOverdue { key: 7, waited: FIRST_WITHIN });
    assert_eq!(request, "again [7] 1");
    assert!((FIRST_WITHIN..FIRST_WITHIN + millis(10)).contains(&elapsed(&client)));
    assert!(!permit.is_open(), "what is overdue is not current");

    // Another subscription speaks, and it is no data of this one.
    say(&mut peer, "8=x").await;
    say(&mut peer, "7=x").await;
    assert!(matches!(event(&mut client).await, WatchEvent::Recovered { key: 7, .. }));
    assert!(permit.is_open());

    // It has begun, so that the rhythm counts, and each attempt waits longer than the last.
    let since = client.clock().now();
    for (request, at) in [("again [7] 1", 1), ("again [7] 2", 3)] {
        assert_eq!(next_request(&mut peer).await, request);
        let waited = client.clock().now().saturating_since(since);
        assert!((THEN_EVERY * at..THEN_EVERY * at + millis(10)).contains(&waited), "{waited:?}");
    }
    assert!(matches!(event(&mut client).await, WatchEvent::DataOverdue { key: 7, .. }));
    let (told, request) =
        tokio::join!(event(&mut client), tokio::time::timeout(secs(300), next_request(&mut peer)),);
    assert_eq!(told, WatchEvent::ResubscribedInVain { key: 7, attempts: 2 });
    assert!(request.is_err(), "it was the last attempt");
    assert_eq!(client.status().recovery.failures, 0, "and no verdict");
}

#[tokio::test(start_paused = true)]
async fn data_in_time_is_nothing_to_talk_about() {
    let (wire, mut venue) = wire();
    let reader = reader(1..3, OnSilence::Resubscribe { attempts: ATTEMPTS });
    let mut client = watching(&wire, &reader).start().unwrap();
    let mut peer = venue.accept_live().await;
    assert_eq!(next_request(&mut peer).await, "subscribe 1..3");
    assert_eq!(until(&mut client, |update| news(&update)).await, "live 1");
    for _ in 0..100 {
        say(&mut peer, "1=x").await;
        say(&mut peer, "2=x").await;
        let more = tokio::time::timeout(THEN_EVERY.saturating_sub(millis(1)), async {
            tokio::join!(until(&mut client, |update| news(&update)), next_request(&mut peer))
        });
        assert!(more.await.is_err());
    }
    assert!(reader.asked.lock().unwrap().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_silence_that_is_to_end_the_connection_does_although_the_venue_is_well() {
    let (wire, mut venue) = wire();
    let reader = reader(7..8, OnSilence::End { after: ATTEMPTS });
    let mut client = watching(&wire, &reader).start().unwrap();
    for generation in 1..=3 {
        let mut peer = venue.accept_live().await;
        assert_eq!(next_request(&mut peer).await, "subscribe 7..8");
        let live = format!("live {generation}");
        until(&mut client, |update| (news(&update)? == live).then_some(())).await;
        let since = client.clock().now();
        let down = until(&mut client, |update| match update {
            Update::Down(down) => Some(down.cause),
            _ => None,
        });
        // It answers every probe meanwhile.
        let (cause, ()) = tokio::join!(down, async {
            assert_eq!(heard(&mut peer).await, None);
        });
        assert_eq!(cause.as_str(), "subscription_silent");
        let took = client.clock().now().saturating_since(since);
        // Each connection has its own watches: the second begins with the full span again.
        assert!((2 * FIRST_WITHIN..2 * FIRST_WITHIN + secs(3)).contains(&took), "{took:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_lies_unread_speaks_before_a_judgement() {
    let (wire, mut venue) = wire();
    let reader = reader(7..8, OnSilence::End { after: NonZeroU8::MIN });
    let mut client = watching(&wire, &reader).start().unwrap();
    let mut peer = venue.accept_live().await;
    assert_eq!(next_request(&mut peer).await, "subscribe 7..8");
    assert_eq!(until(&mut client, |update| news(&update)).await, "live 1");
    for _ in 0..3 {
        say(&mut peer, "7=x").await;
        // Nobody has run since, and the deadline passes.
        tokio::time::advance(FIRST_WITHIN * 2).await;
        let said = until(&mut client, |update| match update {
            Update::Message(message) => Some(message.to_string()),
            update => news(&update).filter(|news| !news.starts_with("gap")),
        });
        assert_eq!(said.await, "7=x");
    }
}

#[tokio::test(start_paused = true)]
async fn a_hundred_that_fall_silent_at_once_are_asked_for_at_once() {
    let (wire, mut venue) = wire();
    let mut reader = reader(0..100, OnSilence::Resubscribe { attempts: ATTEMPTS });
    reader.hangs = true;
    let _client = watching(&wire, &reader).start().unwrap();
    let mut peer = venue.accept_live().await;
    assert_eq!(next_request(&mut peer).await, "subscribe 0..100");
    for attempt in 1..=2 {
        let request = next_request(&mut peer).await;
        assert!(request.starts_with("again [0, 1, 2"), "{request}");
        assert!(request.ends_with(&format!("99] {attempt}")), "{request}");
    }
    assert!(soon(tokio::time::timeout(secs(300), next_request(&mut peer))).await.is_err());
    let asked: Vec<_> = reader.asked.lock().unwrap().iter().map(Vec::len).collect();
    assert_eq!(asked, [100, 100]);
}

#[tokio::test(start_paused = true)]
async fn the_application_watches_what_it_subscribes_to_later_and_no_more_than_fits() {
    let (wire, mut venue) = wire();
    let nothing = reader(0..0, OnSilence::Report);
    let mut client = watching(&wire, &nothing).start().unwrap();
    let sender = client.sender();
    let report = spec(OnSilence::Report);
    assert_eq!(sender.watch(1, report), Err(NotWatched::NotLive));
    let _peer = venue.accept_live().await;
    assert_eq!(until(&mut client, |update| news(&update)).await, "live 1");
    for key in 0..HandlerConnection::WATCHES_MAX as u64 {
        assert_eq!(sender.watch(key, report), Ok(()));
    }
    let full = WatchError::Full { capacity: HandlerConnection::WATCHES_MAX };
    assert_eq!(sender.watch(1_000, report), Err(NotWatched::Refused(full)));
    assert!(sender.unwatch(0) && !sender.unwatch(0));
    for key in 2..HandlerConnection::WATCHES_MAX as u64 {
        assert!(sender.unwatch(key));
    }
    // Watched with a new span, in the middle of a sleep: the task learns of it.
    let short = WatchSpec { first_within: Some(secs(3)), ..report };
    assert_eq!(sender.watch(1, short), Ok(()));
    assert_eq!(event(&mut client).await, WatchEvent::FirstDataOverdue { key: 1, waited: secs(3) });
    assert!(!client.permit().is_open());
    assert!(sender.unwatch(1));
    assert!(client.permit().is_open(), "nobody expects anything of it any more");
}

#[tokio::test(start_paused = true)]
async fn nothing_is_watched_where_nobody_says_what_belongs_to_what() {
    let (wire, mut venue) = wire();
    let reader = reader(7..8, OnSilence::Report);
    let mut client = client(&wire).handler(reader).start().unwrap();
    let _peer = venue.accept_live().await;
    let failed = until(&mut client, |update| news(&update)).await;
    assert!(failed.contains("label must be set"), "{failed}");
}
