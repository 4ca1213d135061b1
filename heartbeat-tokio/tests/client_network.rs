//! Level 3 on a network that fails: parted, held up, crashed and repaired.
//!
//! Every byte goes through simulated TCP in virtual time, a step of twenty milliseconds at a time.

#![allow(clippy::unwrap_used, reason = "a test that unwraps says what it expects")]
#![allow(clippy::wildcard_enum_match_arm, reason = "a test names what it looks for")]

mod common;

use core::net::Ipv4Addr;
use core::time::Duration;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use common::{Background, background, millis, secs};
use heartbeat_core::Generation;
use heartbeat_platforms::Exchange;
use heartbeat_testkit::net::serve_stream;
use heartbeat_testkit::{DataFrom, MockOptions};
use heartbeat_tokio::client::{
    Attempt, BoxIo, Connector, Dial, GapCause, Handler, HandlerConnection, NotReady, Update,
};
use heartbeat_tokio::{Client, ConnectError};
use turmoil::net::{TcpListener, TcpStream};
use turmoil::{Builder, Sim};

type Outcome = Result<(), Box<dyn core::error::Error>>;

/// A port of the simulated network, where nobody else is.
const PORT: u16 = 80;

const STEP: Duration = millis(20);

/// How soon a client is to be live again once all is well.
const BACK_WITHIN: Duration = secs(10);

const EXCHANGES: [Exchange; 4] =
    [Exchange::Okx, Exchange::Deribit, Exchange::BinanceSpot, Exchange::KrakenV2];

/// What is seen from outside of the simulation.
#[derive(Debug, Default)]
struct Seen {
    live: Option<Generation>,
    /// How often it went live and down, and how many gaps of outages it told.
    lives: usize,
    downs: usize,
    gaps: usize,
    /// The generations that were made ready.
    readied: Vec<Generation>,
}

struct Dialer;

#[async_trait]
impl Connector for Dialer {
    async fn dial(&self, _: &Dial<'_>) -> Result<BoxIo, ConnectError> {
        let refused = |_| ConnectError::Refused { addr: ([127, 0, 0, 1], PORT).into() };
        Ok(Box::new(TcpStream::connect(("venue", PORT)).await.map_err(refused)?))
    }
}

struct Subscriber(Arc<Mutex<Seen>>);

#[async_trait]
impl Handler for Subscriber {
    async fn on_ready(
        &mut self,
        connection: &mut HandlerConnection,
        at: &Attempt,
    ) -> Result<(), NotReady> {
        self.0.lock().unwrap().readied.push(at.generation);
        connection.send(r#"{"mock":"subscribe","id":1,"channel":"c"}"#.into()).await
    }
}

impl Seen {
    fn note(&mut self, update: &Update) {
        match update {
            Update::Live { generation } => {
                self.live = Some(*generation);
                self.lives += 1;
            }
            Update::Down(_) => {
                self.live = None;
                self.downs += 1;
            }
            Update::Gap(gap) if matches!(gap.cause, GapCause::Reconnected { .. }) => self.gaps += 1,
            Update::GivenUp(why) => panic!("{why}"),
            _ => {}
        }
    }
}

/// A network of a client and a venue that sends data every two seconds.
fn network(exchange: Exchange) -> (Sim<'static>, Arc<Mutex<Seen>>) {
    let mut sim = Builder::new()
        .simulation_duration(secs(3_600))
        .tick_duration(STEP)
        .min_message_latency(millis(5))
        .max_message_latency(millis(40))
        .rng_seed(7)
        .build();
    sim.host("venue", move || async move {
        let listener = TcpListener::bind((Ipv4Addr::UNSPECIFIED, PORT)).await?;
        let mut served: Vec<Background<()>> = Vec::new();
        loop {
            let (stream, _) = listener.accept().await?;
            served.push(background(async move {
                let options =
                    MockOptions::default().data_from(DataFrom::Opening).data_every(Some(secs(2)));
                let never = core::future::pending();
                let _lost = serve_stream(stream, exchange, options, |_, _| {}, never).await;
            }));
        }
    });
    let seen = Arc::new(Mutex::new(Seen::default()));
    let looking_on = Arc::clone(&seen);
    sim.client("client", async move {
        let builder = Client::builder(exchange).endpoint("ws://venue/").connector(Dialer).seed(7);
        let mut client = builder.handler(Subscriber(Arc::clone(&looking_on))).start()?;
        while let Some(update) = client.next().await {
            looking_on.lock().unwrap().note(&update);
        }
        Ok(())
    });
    (sim, seen)
}

fn run(sim: &mut Sim<'static>, span: Duration) -> Outcome {
    let until = sim.elapsed() + span;
    while sim.elapsed() < until {
        assert!(!sim.step()?, "the client has ended");
    }
    Ok(())
}

/// Runs until the client is live or is not, and asserts that this takes no longer.
fn run_until_live(
    sim: &mut Sim<'static>,
    seen: &Mutex<Seen>,
    live: bool,
    within: Duration,
) -> Outcome {
    let until = sim.elapsed() + within;
    while seen.lock().unwrap().live.is_some() != live {
        assert!(sim.elapsed() < until, "live is not {live} after {within:?}: {seen:?}");
        assert!(!sim.step()?, "the client has ended");
    }
    Ok(())
}

/// Has something done to the network and undone after a while, twice, and sees that each
/// costs one connection, one gap and one round of subscriptions.
fn outages(
    lasting: Duration,
    begin: impl Fn(&mut Sim<'static>),
    end: impl Fn(&mut Sim<'static>),
) -> Outcome {
    for exchange in EXCHANGES {
        let (mut sim, seen) = network(exchange);
        run_until_live(&mut sim, &seen, true, secs(1))?;
        for outage in 1..=2 {
            run(&mut sim, secs(31))?;
            begin(&mut sim);
            run_until_live(&mut sim, &seen, false, lasting)?;
            run(&mut sim, lasting)?;
            end(&mut sim);
            run_until_live(&mut sim, &seen, true, BACK_WITHIN)?;
            let seen = seen.lock().unwrap();
            let told = (seen.lives, seen.downs, seen.gaps);
            assert_eq!(told, (outage + 1, outage, outage), "{exchange}: {seen:?}");
            assert!(seen.readied.is_sorted(), "{exchange}: {seen:?}");
            let mut once = seen.readied.clone();
            once.dedup();
            assert_eq!(once, seen.readied, "{exchange}: subscribed twice on one connection");
        }
    }
    Ok(())
}

#[test]
fn after_a_partition_it_is_back_within_ten_seconds_with_one_gap() -> Outcome {
    outages(secs(20), |sim| sim.partition("client", "venue"), |sim| sim.repair("client", "venue"))
}

#[test]
fn after_a_crash_it_is_back_within_ten_seconds_of_the_restart_with_one_gap() -> Outcome {
    outages(secs(20), |sim| sim.crash("venue"), |sim| sim.bounce("venue"))
}

#[test]
fn a_line_that_is_held_up_for_three_seconds_costs_nothing() -> Outcome {
    for exchange in EXCHANGES {
        let (mut sim, seen) = network(exchange);
        run_until_live(&mut sim, &seen, true, secs(1))?;
        for _ in 0..3 {
            run(&mut sim, secs(20))?;
            sim.hold("client", "venue");
            run(&mut sim, secs(3))?;
            sim.release("client", "venue");
        }
        run(&mut sim, secs(30))?;
        let seen = seen.lock().unwrap();
        assert_eq!((seen.lives, seen.downs, seen.gaps), (1, 0, 0), "{exchange}: {seen:?}");
    }
    Ok(())
}
