//! Simulated days at every venue, and broken clients that the oracles must find.

#![allow(clippy::unwrap_used, reason = "a test that unwraps says what it expects")]

use core::time::Duration;

use heartbeat_core::{
    Config, ConfigBuilder, Detector, Frame, Outbox, OutboxError, Pace, Patience, Platform, ProbeId,
    Probing, Responder, Signal, Timestamp,
};
use heartbeat_platforms::Exchange;
use heartbeat_testkit::{
    Detection, FaultKind, FaultKinds, Oracles, SimOptions, SimReport, Summary, World, WorldOptions,
    simulate,
};

const MINUTE: Duration = Duration::from_secs(60);

/// Two seeds of a venue's own, which choose the kinds: they stay the same when another venue comes.
fn seeds_of(exchange: Exchange) -> [u64; 2] {
    let mix = |hash: u64, byte: u8| hash.wrapping_mul(31).wrapping_add(byte.into());
    let first = exchange.name().bytes().fold(0, mix);
    [first, first.wrapping_add(1)]
}

#[test]
fn every_venue_lives_through_whatever_goes_wrong() {
    let mut summary = Summary::default();
    for exchange in Exchange::all() {
        let options = SimOptions::of(*exchange).span(20 * MINUTE).fault_every(MINUTE);
        for seed in seeds_of(*exchange) {
            let report = simulate(seed, &options);
            assert!(report.broken.is_none(), "{report}");
            summary.add(&report);
        }
    }
    let report = summary.to_string();
    for kind in FaultKind::ALL {
        assert!(!report.contains(&format!(" {} 0", kind.as_str())), "{kind:?} missing\n{report}");
    }
    assert_eq!(summary.violations(), 0, "{report}");
}

#[test]
fn a_quiet_day_is_quiet_at_every_venue() {
    for exchange in Exchange::all() {
        let options = SimOptions::of(*exchange).span(60 * MINUTE).faults(FaultKinds::none());
        let report = simulate(1, &options);
        assert!(report.broken.is_none(), "{report}");
        assert_eq!((report.connections, report.verdicts), (3, 0), "{report}");
        assert!(report.responses + report.answers + report.beats > 50, "{report}: no heartbeat");
    }
}

/// What is wrong with a client.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Flaw {
    /// It takes a challenge for data.
    OverlooksChallenges,
    /// It takes an answer for data.
    OverlooksAnswers,
    /// It writes a response that is none.
    GarblesResponses,
    /// It writes a probe that is none.
    GarblesProbes,
    /// It takes an announcement for data.
    OverlooksNotices,
}

/// A venue's platform with a flaw.
#[derive(Clone, Debug)]
struct Mutant(Exchange, Flaw);

impl Detector for Mutant {
    fn classify(&self, frame: Frame<'_>) -> Signal {
        let signal = self.0.classify(frame);
        let is_overlooked = match self.1 {
            Flaw::OverlooksChallenges => matches!(signal, Signal::Challenge { .. }),
            Flaw::OverlooksAnswers => matches!(signal, Signal::Answer { .. }),
            Flaw::OverlooksNotices => matches!(signal, Signal::Notice { .. }),
            Flaw::GarblesResponses | Flaw::GarblesProbes => false,
        };
        if is_overlooked { Signal::Data } else { signal }
    }
}

impl Responder for Mutant {
    fn respond(&self, token: &[u8], out: &mut Outbox) -> Result<(), OutboxError> {
        if self.1 == Flaw::GarblesResponses {
            return out.text(format_args!("{{}}"));
        }
        self.0.respond(token, out)
    }

    fn arm(&self, out: &mut Outbox) -> Result<(), OutboxError> {
        self.0.arm(out)
    }

    fn keepalive(&self, out: &mut Outbox) -> Result<(), OutboxError> {
        self.0.keepalive(out)
    }

    fn probe(&self, id: ProbeId, out: &mut Outbox) -> Result<(), OutboxError> {
        if self.1 == Flaw::GarblesProbes {
            return out.text(format_args!("{{}}"));
        }
        self.0.probe(id, out)
    }
}

impl Platform for Mutant {
    fn name(&self) -> &'static str {
        "mutant"
    }

    fn defaults(&self) -> ConfigBuilder {
        self.0.defaults()
    }
}

fn quiet_hour<P: Platform + Clone>(platform: P, config: Config, exchange: Exchange) -> SimReport {
    let options = SimOptions::new(platform, config, exchange);
    simulate(5, &options.span(60 * MINUTE).faults(FaultKinds::none()))
}

#[test]
fn a_flawed_client_is_found_by_the_oracle_of_its_flaw() {
    for (exchange, flaw, oracle) in [
        (Exchange::Deribit, Flaw::OverlooksChallenges, "answers"),
        (Exchange::BinanceSpot, Flaw::OverlooksChallenges, "answers"),
        (Exchange::Deribit, Flaw::GarblesResponses, "answers"),
        (Exchange::Okx, Flaw::GarblesProbes, "answers"),
        (Exchange::Okx, Flaw::OverlooksAnswers, "verdicts"),
        (Exchange::KrakenV2, Flaw::OverlooksAnswers, "verdicts"),
    ] {
        let config = exchange.defaults().build().unwrap();
        let report = quiet_hour(Mutant(exchange, flaw), config, exchange);
        let broken = report.broken.expect("a violation");
        assert_eq!(broken.violation.oracle, oracle, "{exchange} {flaw:?}: {}", broken.violation);
        let steps = broken.steps.lines().count();
        assert!((1..=100).contains(&steps), "{steps} steps are shown");
    }
}

#[test]
fn a_client_that_overlooks_what_is_announced_is_found_when_the_venue_leaves() {
    let config = Exchange::Okx.defaults().build().unwrap();
    let hour = |flaw| {
        let options = SimOptions::new(Mutant(Exchange::Okx, flaw), config, Exchange::Okx)
            .span(60 * MINUTE)
            .faults(FaultKinds::none().with(FaultKind::Notice))
            .fault_every(5 * MINUTE);
        // A seed may leave the only kind out.
        let reports = (0..4).map(|seed| simulate(seed, &options));
        reports.filter_map(|report| report.broken).map(|broken| broken.violation.oracle).next()
    };
    assert_eq!(hour(Flaw::OverlooksNotices), Some("departures"));
}

#[test]
fn a_client_that_speaks_too_seldom_is_found_when_it_is_kicked() {
    // OKX wants to hear from us every thirty seconds; these settings do not know it.
    let probing = Probing {
        every: Duration::from_secs(40),
        answer_within: Duration::from_secs(5),
        pace: Pace::Unconditional,
    };
    let config =
        Exchange::Okx.defaults().patience(Patience::default()).probing(probing).build().unwrap();
    let broken = quiet_hour(Exchange::Okx, config, Exchange::Okx).broken.expect("a violation");
    assert_eq!(broken.violation.oracle, "kicks", "{}", broken.violation);
}

#[test]
fn a_client_that_is_slower_than_it_says_is_found() {
    for exchange in Exchange::all() {
        let mut world = World::of(*exchange, WorldOptions::seeded(9));
        let config = *world.client().config();
        let claimed = config.silence_bound() / 3;
        let mut honest = Oracles::of(&config, exchange.rules());
        let mut liar =
            Oracles::of(&config, exchange.rules()).with(Detection::new(claimed, Duration::ZERO));
        let mut found = None;
        for (until, half_open) in [(60_000, false), (300_000, true)] {
            world.half_open(half_open);
            while world.step(Timestamp::from_millis(until)) {
                honest.look(&world).unwrap();
                found = found.or(liar.look(&world).err());
            }
        }
        honest.finish(&world).unwrap();
        assert_eq!(found.expect("a violation").oracle, "detection", "{exchange}");
    }
}
