//! Days of one's own platform in moments: clients that lose their connections and get them back,
//! faults from a seed, every oracle looking on.

#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use core::time::Duration;

use heartbeat_core::{
    Config, ConfigBuilder, Detector, Frame, Outbox, OutboxError, Platform, Responder, Signal,
};
use heartbeat_platforms::Exchange;
use heartbeat_testkit::{SimOptions, Summary, simulate};

/// A platform of one's own, for a venue that speaks by ping and pong frames alone.
#[derive(Clone)]
struct Acme;

impl Detector for Acme {
    fn classify(&self, frame: Frame<'_>) -> Signal {
        Signal::of_control(frame)
    }
}

impl Responder for Acme {
    fn respond(&self, _token: &[u8], _out: &mut Outbox) -> Result<(), OutboxError> {
        // The core answers pings for every venue alike.
        Ok(())
    }
}

impl Platform for Acme {
    fn name(&self) -> &'static str {
        "acme"
    }

    fn defaults(&self) -> ConfigBuilder {
        Config::builder().transport_limit(Duration::from_secs(25)).failure_threshold(2)
    }
}

fn main() -> Result<(), Box<dyn core::error::Error>> {
    let config = Acme.defaults().build()?;
    println!("a dead line is found within {:?}", config.silence_bound());
    let options = SimOptions::new(Acme, config, Exchange::Rfc6455).clients(2);
    let mut summary = Summary::default();
    for seed in 0..10 {
        let report = simulate(seed, &options);
        println!("{report}");
        summary.add(&report);
    }
    print!("{summary}");
    if summary.violations() == 0 { Ok(()) } else { Err("a rule was broken".into()) }
}
