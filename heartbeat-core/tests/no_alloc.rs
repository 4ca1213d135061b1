//! The machine allocates nothing, whatever it is fed.

#![allow(clippy::unwrap_used, reason = "a test that unwraps says what it expects")]

mod support;

use heartbeat_core::{
    Action, AtStop, AttemptFailure, Breaker, BreakerConfig, Cause, Config, ConnectBudget, DeadMan,
    DeadManRange, Frame, Gate, OnSilence, Outcome, Outlet, Pace, Platform, Probing, Recovery,
    RecoveryAction, RecoveryConfig, Session, Timestamp, WatchAction, WatchSpec, Watches,
};
use support::{Words, millis, secs};

/// Feeds a million mixed frames, a millisecond apart, and returns how many acts there were.
fn a_million_frames<P: Platform>(session: &mut Session<P>) -> u64 {
    let frames = [
        Frame::Text("data that is longer than any heartbeat and means nothing to anybody"),
        Frame::Binary(&[0; 1_000]),
        Frame::Text("beat 1"),
        Frame::Text("challenge 12345"),
        Frame::Ping(b"12345"),
        Frame::Pong(b"hb-1"),
        Frame::Text("answer 1"),
        Frame::Text("granted dead-man"),
        Frame::Text("denied cancel"),
        Frame::Text("notice"),
    ];
    let mut acts = 0;
    session.request_order_safety(Timestamp::ZERO);
    for (at, frame) in (0..1_000_000).zip(frames.iter().cycle()) {
        let now = Timestamp::from_millis(at);
        let _ = session.handle_frame(now, *frame);
        loop {
            match session.poll_action(now, Outlet::Ready) {
                Action::Wait(_) => break,
                Action::Respond(_) | Action::Transmit(_) => {
                    acts += 1;
                    session.handle_transmitted(now);
                }
                Action::RecordLatency(_) | Action::Notify(_) | Action::Disconnect(_) => acts += 1,
            }
        }
        if at % 1_000 == 0 {
            let health = session.health();
            acts += session.evidence().inputs().count() as u64 + health.counters.frames;
        }
    }
    acts
}

#[test]
fn a_million_mixed_frames_allocate_nothing() {
    let probing = Probing { every: millis(50), answer_within: millis(20), pace: Pace::InboundIdle };
    let config = Config::builder()
        .probing(probing)
        .stall_tolerance(millis(10))
        .session_limit(secs(10))
        .dead_man_range(DeadManRange { shortest: secs(1), longest: None, step: secs(1) })
        .dead_man(DeadMan { timeout: secs(40), refresh: millis(50), at_stop: AtStop::SwitchOff })
        .build()
        .unwrap();
    let generic = &mut Session::new(Words::default(), config, Timestamp::ZERO);
    let as_dyn = &mut Session::<&dyn Platform>::new(
        &Words { arms: true, bids_farewell: true, cancels: true },
        config,
        Timestamp::ZERO,
    );
    let mut acts = 0;
    let allocations = allocation_counter::measure(|| {
        acts = a_million_frames(generic) + a_million_frames(as_dyn);
    });
    assert!(acts > 2_000_000, "the machine was idle: {acts}");
    assert_eq!(allocations.count_total, 0);

    // The counter counts: a box is one.
    let allocations = allocation_counter::measure(|| drop(core::hint::black_box(Box::new(7))));
    assert_eq!(allocations.count_total, 1);
}

/// Connects again and again, now in vain and now not, and returns how many attempts there were.
fn a_long_recovery(recovery: &mut Recovery, gate: &mut Gate<ConnectBudget<3>>) -> u64 {
    let outcomes = [
        Outcome::Live,
        Outcome::Ended(Cause::TransportLost),
        Outcome::Failed(AttemptFailure::Unreachable),
        Outcome::Upgraded,
        Outcome::Failed(AttemptFailure::Http {
            status: 429,
            retry_after: Some(secs(1)),
            with_credentials: false,
        }),
    ];
    let (mut now, mut attempts) = (Timestamp::ZERO, 0);
    let mut current = None;
    for outcome in outcomes.iter().cycle().take(100_000) {
        if let Some(generation) = current {
            recovery.handle(now, generation, *outcome);
        }
        recovery.request_rotation(now);
        loop {
            match recovery.poll(now, gate) {
                RecoveryAction::Dial { generation, .. } => {
                    attempts += 1;
                    current = Some(generation);
                }
                RecoveryAction::Wait(deadline) => {
                    now = deadline.unwrap_or(now);
                    break;
                }
                RecoveryAction::Abandon { .. }
                | RecoveryAction::Rotate { .. }
                | RecoveryAction::RotationFailed { .. }
                | RecoveryAction::Leave { .. }
                | RecoveryAction::Withdraw { .. }
                | RecoveryAction::GiveUp(_) => {}
            }
        }
    }
    attempts
}

#[test]
fn a_recovery_allocates_nothing_with_its_breaker_and_budget() {
    let breaker = Breaker::new(BreakerConfig::builder().build().unwrap());
    let mut gate = Gate::new(breaker, ConnectBudget::new(3, secs(1)).unwrap());
    let config = RecoveryConfig::builder().build().unwrap();
    let mut recovery = Recovery::new(config, 7, Timestamp::ZERO);
    let mut attempts = 0;
    let allocations = allocation_counter::measure(|| {
        attempts = a_long_recovery(&mut recovery, &mut gate);
    });
    assert!(attempts > 10_000, "the recovery was idle: {attempts}");
    assert_eq!(allocations.count_total, 0);
}

#[test]
fn watches_allocate_nothing() {
    let mut watches = Watches::<64>::new(millis(1));
    let attempts = core::num::NonZeroU8::MIN;
    let spec = WatchSpec {
        first_within: Some(millis(10)),
        then_every: Some(millis(5)),
        on_silence: OnSilence::Resubscribe { attempts },
    };
    let mut acts = 0;
    let allocations = allocation_counter::measure(|| {
        for at in 0..100_000 {
            let now = Timestamp::from_millis(at);
            let key = at * 7 % 80;
            if at % 3 == 0 {
                watches.watch(now, key, spec).unwrap_or_default();
            }
            acts += u64::from(!watches.handle_data(now, key));
            acts += u64::from(at % 50 == 0 && watches.unwatch(key));
            while !matches!(watches.poll(now), WatchAction::Wait(_)) {
                acts += 1;
            }
        }
    });
    assert!(acts > 10_000, "nothing happened: {acts}");
    assert_eq!(allocations.count_total, 0);
}
