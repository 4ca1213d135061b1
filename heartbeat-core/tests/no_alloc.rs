//! The machine allocates nothing, whatever it is fed.

#![allow(clippy::unwrap_used, reason = "a test that unwraps says what it expects")]

mod support;

use heartbeat_core::{Action, Config, Frame, Outlet, Pace, Platform, Probing, Session, Timestamp};
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
        Frame::Text("notice"),
    ];
    let mut acts = 0;
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
        .build()
        .unwrap();
    let generic = &mut Session::new(Words::default(), config, Timestamp::ZERO);
    let as_dyn = &mut Session::<&dyn Platform>::new(
        &Words { arms: true, bids_farewell: true },
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
