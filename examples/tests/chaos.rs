//! A venue whose process is killed, frozen and restarted at random moments, and a client that is
//! back each time, has subscribed each time, and leaves nothing behind.
//!
//! `CHAOS_ROUNDS=100 CHAOS_SEED=1` runs it for longer; the last line of the output has the figures.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test that unwraps says what it expects")]
#![allow(clippy::wildcard_enum_match_arm, reason = "a test names what it looks for")]
#![allow(clippy::print_stderr, reason = "the figures are of interest when it passes too")]

mod support;

use core::num::NonZeroU32;
use core::sync::atomic::{AtomicU64, Ordering};
use core::time::Duration;
use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use heartbeat_core::{Platform as _, Timestamp};
use heartbeat_platforms::Exchange;
use heartbeat_testkit::Rng;
use heartbeat_tokio::client::{Attempt, GapCause, HandlerConnection, NotReady, Update};
use heartbeat_tokio::{Client, ConnectionOptions, Handler};
use serde_json::Value;
use support::Mock;
use tokio::time::timeout;

const FASTER: NonZeroU32 = NonZeroU32::new(10).unwrap();

/// How long a client may take to be back, counted from when the venue is.
const BACK_WITHIN: Duration = Duration::from_secs(10);

/// How much the memory of this process may grow, whatever the number of rounds.
const GROWTH_MAX: u64 = 8 << 20;

/// Subscribes, and counts how often.
struct Subscriber {
    subscribed: Arc<AtomicU64>,
}

#[async_trait]
impl Handler for Subscriber {
    async fn on_ready(
        &mut self,
        connection: &mut HandlerConnection,
        _: &Attempt,
    ) -> Result<(), NotReady> {
        connection.send(r#"{"mock":"subscribe","id":1,"channel":"book"}"#.into()).await?;
        while !connection.receive().await?.to_text().is_ok_and(|text| text.contains("subscribed")) {
        }
        self.subscribed.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }
}

/// What the client has told.
struct Seen {
    client: Client,
    is_live: bool,
    lives: u64,
    downs: u64,
    gaps: u64,
    last_message: Timestamp,
}

impl Seen {
    /// Takes what the client tells, until something has come true or for so long.
    async fn until(&mut self, span: Duration, is_true: impl Fn(&Self) -> bool) -> bool {
        let come_true = async {
            while !is_true(self) {
                let update = self.client.next().await.expect("the client goes on");
                self.take(&update);
            }
        };
        timeout(span, come_true).await.is_ok()
    }

    fn take(&mut self, update: &Update) {
        match update {
            Update::Message(_) => self.last_message = self.client.clock().now(),
            Update::Live { .. } => {
                self.lives += 1;
                self.is_live = true;
                assert_eq!((self.lives, self.gaps), (self.downs + 1, self.downs), "a gap each");
            }
            Update::Down(_) => {
                self.downs += 1;
                self.is_live = false;
            }
            Update::Gap(gap) => match gap.cause {
                GapCause::Reconnected { .. } => self.gaps += 1,
                cause => panic!("nothing else was lost: {cause:?}"),
            },
            Update::GivenUp(why) => panic!("given up: {why}"),
            _ => {}
        }
    }

    /// Waits until it is live and hears of what the venue says from now on; returns how long
    /// that took.
    async fn is_back(&mut self) -> Duration {
        let clock = self.client.clock();
        let returned = clock.now();
        let back = self.until(BACK_WITHIN, |seen| seen.is_live && seen.last_message > returned);
        assert!(back.await, "not back within {BACK_WITHIN:?}: {:?}", self.client.status());
        clock.now().saturating_since(returned)
    }
}

/// What can leak.
#[derive(Debug)]
struct Held {
    files: usize,
    tasks: usize,
    memory: u64,
}

impl Held {
    fn now() -> Self {
        let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
        let pages: u64 = statm.split(' ').nth(1).unwrap().parse().unwrap();
        Self {
            files: std::fs::read_dir("/proc/self/fd").unwrap().count(),
            tasks: tokio::runtime::Handle::current().metrics().num_alive_tasks(),
            memory: pages * 4_096,
        }
    }
}

/// Starts the venue; the first time wherever there is room.
fn open(address: &str) -> Mock {
    let args = ["--exchange", "deribit", "--time-scale", "10", "--data-every", "20ms"];
    Mock::start(&[&args[..], &["--listen", address]].concat())
}

/// Asserts that no connection subscribed twice, and returns how many did.
fn subscriptions(venue: &Mock) -> u64 {
    let mut connections: BTreeMap<u64, u64> = BTreeMap::new();
    let lines = venue.process.printed();
    for line in lines.filter(|line: &Value| line["event"] == "subscribed") {
        *connections.entry(line["connection"].as_u64().unwrap()).or_default() += 1;
    }
    assert!(connections.values().all(|times| *times == 1), "replayed twice: {connections:?}");
    u64::try_from(connections.len()).unwrap()
}

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().expect(name))
}

/// The client, live.
async fn connected(venue: &Mock, jitter: u64, subscribed: &Arc<AtomicU64>) -> Seen {
    let config = Exchange::Deribit.defaults().build().unwrap().faster(FASTER).unwrap();
    let options = ConnectionOptions::default().close_within(Duration::from_millis(200));
    let client = Client::builder(Exchange::Deribit)
        .endpoint(venue.url.clone())
        .config(config)
        .connection_options(options)
        .handler(Subscriber { subscribed: Arc::clone(subscribed) })
        .seed(jitter)
        .start()
        .unwrap();
    let last_message = Timestamp::ZERO;
    let mut seen = Seen { client, is_live: false, lives: 0, downs: 0, gaps: 0, last_message };
    seen.is_back().await;
    seen
}

/// Takes the venue away for a while, and brings it back. Returns how many connections had
/// subscribed to one that is gone.
async fn strike(action: &str, away: Duration, venue: &mut Mock, seen: &mut Seen) -> u64 {
    if action == "freeze" {
        venue.process.signal("STOP");
        seen.until(away, |_| false).await;
        venue.process.signal("CONT");
        return 0;
    }
    venue.process.signal(if action == "kill" { "KILL" } else { "TERM" });
    seen.until(away, |_| false).await;
    let (told, address) = (subscriptions(venue), venue.address().to_string());
    venue.process.kill();
    *venue = open(&address);
    told
}

/// Asserts that no more is held than before, once the goodbyes to the dead are over. Returns by
/// how much the memory grew.
async fn nothing_is_left_behind(before: &Held, seen: &mut Seen) -> u64 {
    let is_even = |_: &Seen| {
        let now = Held::now();
        now.files <= before.files && now.tasks <= before.tasks
    };
    let even = seen.until(Duration::from_secs(5), is_even).await;
    let after = Held::now();
    assert!(even, "left behind: {before:?}, then {after:?}");
    let grown = after.memory.saturating_sub(before.memory);
    assert!(grown <= GROWTH_MAX, "grew by {grown} bytes");
    grown
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_venue_that_is_killed_frozen_and_restarted_is_come_back_to() {
    let (rounds, start) = (number("CHAOS_ROUNDS", 6), number("CHAOS_SEED", 1));
    let mut rng = Rng::from_seed(start);
    let mut venue = open("127.0.0.1:0");
    let subscribed = Arc::new(AtomicU64::new(0));
    let mut seen = connected(&venue, rng.next_u64(), &subscribed).await;
    let before = Held::now();

    let (mut times, mut told) = (Vec::new(), 0);
    for round in 0..rounds {
        seen.until(rng.span_up_to(Duration::from_millis(600)), |_| false).await;
        let away = rng.span_up_to(Duration::from_secs(3));
        // Each at least once in any three rounds.
        let action = ["kill", "freeze", "restart"][usize::try_from(round % 3).unwrap()];
        eprintln!("round {round}, seed {start}: {action} for {away:?}");
        told += strike(action, away, &mut venue, &mut seen).await;
        times.push(seen.is_back().await);
    }

    let grown = nothing_is_left_behind(&before, &mut seen).await;
    told += subscriptions(&venue);
    assert!(told >= seen.lives, "{} lives, {told} subscriptions", seen.lives);
    assert!(told <= subscribed.load(Ordering::Relaxed) + rounds, "{told} subscriptions");
    assert!(seen.downs >= rounds / 3, "{} connections lost in {rounds} rounds", seen.downs);

    times.sort_unstable();
    let (median, max) = (times[times.len() / 2], times[times.len() - 1]);
    let Seen { downs, gaps, .. } = seen;
    eprintln!(
        "{rounds} rounds, seed {start}: back after {median:.3?} in the median and {max:.3?} at \
         most; {downs} connections lost, {gaps} gaps told, memory grew by {} KiB",
        grown >> 10,
    );
}
