//! The rules between settings, each with the message that a person reads.

#![allow(clippy::unwrap_used, reason = "a test that unwraps says what it expects")]

use core::num::NonZeroU32;
use core::time::Duration;

use heartbeat_core::{
    AtStop, Config, ConfigBuilder, ConfigError, DeadMan, DeadManRange, Levels, Pace, Patience,
    Probing,
};

const fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

const PROBING: Probing =
    Probing { every: secs(10), answer_within: secs(3), pace: Pace::Unconditional };

fn base() -> ConfigBuilder {
    Config::builder().probing(PROBING)
}

const RANGE: DeadManRange =
    DeadManRange { shortest: secs(10), longest: Some(secs(300)), step: secs(1) };

const SWITCH: DeadMan = DeadMan { timeout: secs(60), refresh: secs(15), at_stop: AtStop::LetRun };

fn guarded(switch: DeadMan) -> ConfigBuilder {
    base().dead_man_range(RANGE).dead_man(switch)
}

#[track_caller]
fn refused(config: ConfigBuilder, message: &str) {
    assert_eq!(config.build().unwrap_err().to_string(), message);
}

#[test]
fn no_span_and_no_count_may_be_zero() {
    let zero = Duration::ZERO;
    let levels = Levels { samples: 0, ..Levels::DEFAULT };
    for (config, field) in [
        (base().respond_within(zero), "respond_within"),
        (base().probing(Probing { every: zero, ..PROBING }), "probe_every"),
        (base().probing(Probing { answer_within: zero, ..PROBING }), "answer_within"),
        (base().transport_limit(zero), "transport_limit"),
        (base().session_limit(zero), "session_limit"),
        (base().data_limit(zero), "data_limit"),
        (base().arm_within(zero), "arm_within"),
        (base().stall_tolerance(zero), "stall_tolerance"),
        (base().levels(Levels { target: zero, ..Levels::DEFAULT }), "levels.target"),
        (base().failure_threshold(0), "failure_threshold"),
        (base().levels(levels), "levels.samples"),
        (guarded(DeadMan { timeout: zero, ..SWITCH }), "dead_man.timeout"),
        (guarded(DeadMan { refresh: zero, ..SWITCH }), "dead_man.refresh"),
    ] {
        assert_eq!(config.build(), Err(ConfigError::Zero { field }));
    }
}

#[test]
fn a_probe_must_be_settled_before_the_next_is_due() {
    refused(
        base().probing(Probing { answer_within: secs(20), every: secs(15), ..PROBING }),
        "answer_within (20s) must be shorter than probe_every (15s)",
    );
}

#[test]
fn a_clock_must_outlast_the_silence_of_a_healthy_line() {
    refused(
        base().session_limit(secs(4)),
        "session_limit (4s) times failure_threshold (3) must be longer than probe_every and \
         answer_within together (13s)",
    );
    assert!(base().session_limit(secs(5)).build().is_ok());
    assert!(base().no_probing().session_limit(secs(4)).build().is_ok());
    // Data is no answer to a probe: how often it comes is the application's to know.
    assert!(base().data_limit(secs(4)).build().is_ok());
}

#[test]
fn a_stall_must_be_shorter_than_anything_it_could_be_mistaken_for() {
    refused(
        base().stall_tolerance(secs(3)),
        "stall_tolerance (3s) must be shorter than answer_within (3s)",
    );
    refused(
        base().respond_within(Duration::from_millis(500)),
        "stall_tolerance (1s) must be shorter than respond_within (500ms)",
    );
}

#[test]
fn the_levels_must_rise() {
    let levels = Levels { warning: secs(2), critical: secs(2), ..Levels::DEFAULT };
    refused(base().levels(levels), "levels must rise: target (500ms), warning (2s), critical (2s)");
}

#[test]
fn the_venue_must_not_lose_its_patience_first() {
    let respond = Patience { response: Some(secs(5)), silence: None };
    refused(
        base().patience(respond),
        "respond_within (5s) must be shorter than the venue's patience for a response (5s)",
    );
    assert!(base().patience(respond).respond_within(secs(4)).build().is_ok());

    let silence = |silence| Patience { response: None, silence: Some(secs(silence)) };
    refused(
        base().patience(silence(10)),
        "probe_every (10s) must be shorter than the venue's patience with silence (10s)",
    );
    refused(
        base().patience(silence(19)),
        "silence_bound (19s) must be shorter than the venue's patience with silence (19s)",
    );
    assert!(base().patience(silence(20)).build().is_ok());
}

#[test]
fn something_must_notice_a_dead_line() {
    assert_eq!(Config::builder().build(), Err(ConfigError::NoDetection));
    // An application that writes often enough would keep such a probe from ever leaving.
    let outbound = Probing { pace: Pace::OutboundIdle, ..PROBING };
    assert_eq!(Config::builder().probing(outbound).build(), Err(ConfigError::NoDetection));
    let config = Config::builder().probing(outbound).transport_limit(secs(20)).build().unwrap();
    assert_eq!(config.silence_bound(), secs(60));
}

#[test]
fn the_bound_is_the_shortest_of_the_ways_to_notice() {
    let bound = |config: ConfigBuilder| config.build().unwrap().silence_bound();
    assert_eq!(bound(base()), secs(10 + 3 * 3));
    assert_eq!(bound(base().failure_threshold(1)), secs(13));
    assert_eq!(bound(base().transport_limit(secs(6))), secs(18));
    assert_eq!(bound(base().transport_limit(secs(60))), secs(19));
    assert_eq!(bound(base().data_limit(secs(2))), secs(6));
}

#[test]
fn a_dead_man_switch_needs_a_venue_that_has_one_and_accepts_its_time() {
    refused(
        base().dead_man(SWITCH),
        "dead_man.timeout (60s) needs dead_man_range (none): the platform winds up no dead-man \
         switch",
    );
    for timeout in [secs(9), secs(301), Duration::from_millis(60_500)] {
        refused(
            guarded(DeadMan { timeout, ..SWITCH }),
            &format!(
                "dead_man.timeout ({timeout:?}) must be at least 10s, at most 300s, and a \
                 multiple of 1s"
            ),
        );
    }
    assert!(guarded(DeadMan { timeout: secs(300), ..SWITCH }).build().is_ok());
    assert!(guarded(SWITCH).no_dead_man().build().unwrap().dead_man().is_none());
}

#[test]
fn two_refreshes_must_fit_and_a_doubt_that_passes_must_not_cost_the_orders() {
    refused(
        guarded(DeadMan { refresh: secs(30), ..SWITCH }),
        "dead_man.refresh (30s) must fit twice into dead_man.timeout (60s)",
    );
    refused(
        guarded(DeadMan { timeout: secs(34), ..SWITCH }),
        "dead_man.timeout (34s) must be longer than dead_man.refresh (15s) and silence_bound \
         (19s) together",
    );
    assert!(guarded(DeadMan { timeout: secs(35), ..SWITCH }).build().is_ok());
    refused(
        guarded(DeadMan { refresh: secs(1), ..SWITCH }),
        "stall_tolerance (1s) must be shorter than dead_man.refresh (1s)",
    );
}

#[test]
fn a_pong_proves_no_session() {
    let base = base().ping_until_first_send(true);
    assert!(base.build().is_ok());
    refused(
        base.session_limit(secs(20)),
        "session_limit (20s) must not be set with ping_until_first_send (true): a pong proves no \
         session",
    );
}

#[test]
fn a_faster_venue_divides_every_span_but_the_levels() {
    let patience = Patience { response: Some(secs(10)), silence: Some(secs(60)) };
    let config = base().session_limit(secs(20)).patience(patience).build().unwrap();
    let faster = config.faster(NonZeroU32::new(10).unwrap()).unwrap();
    assert_eq!(faster.silence_bound(), config.silence_bound() / 10);
    assert_eq!(faster.respond_within(), config.respond_within() / 10);
    assert_eq!(faster.session_limit(), Some(secs(2)));
    assert_eq!(faster.patience().response, Some(secs(1)));
    assert_eq!(faster.levels(), config.levels());
    // What the switch's messages say stays as it was, and so does what the venue accepts.
    let faster = guarded(SWITCH).build().unwrap().faster(NonZeroU32::new(7).unwrap()).unwrap();
    assert_eq!(faster.dead_man().unwrap().timeout, secs(60) / 7);
    assert_eq!(faster.dead_man().unwrap().refresh, secs(15) / 7);
    // Spans are whole nanoseconds: ten seconds divided by four thousand million are two.
    let factor = NonZeroU32::MAX;
    assert_eq!(config.faster(factor), Err(ConfigError::Zero { field: "answer_within" }));
}

#[test]
fn a_config_goes_back_to_a_builder_and_returns_the_same() {
    let config = base().monitoring(false).data_limit(secs(9)).build().unwrap();
    assert_eq!(config.to_builder().build(), Ok(config));
}
