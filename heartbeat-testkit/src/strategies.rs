//! Strategies for property tests of whatever holds a session.

use core::time::Duration;

use heartbeat_core::{AtStop, Config, DeadMan, DeadManRange, Levels, Outlet, Pace, Probing};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use crate::{OwnedFrame, Phrasebook, ProbeWord};

/// One thing that can be done to a session.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Input {
    /// Time moves on by this much.
    Elapse(Duration),
    /// The clock is set back by this much.
    StepBack(Duration),
    /// The venue's frame is read.
    Read(OwnedFrame),
    /// The session is drained.
    Drain(Outlet),
    /// The frame that was handed out last is reported as written.
    Transmitted,
    /// The frame that was handed out last is reported as refused.
    TransmitFailed,
    /// All pongs are reported as written by the transport.
    PongsWritten,
    /// The application writes something.
    Sent,
    /// The application asks for the safety of its orders.
    RequestOrderSafety,
    /// A message of the application's has waited for too long.
    WriteOverdue,
    /// The transport ends.
    TransportClosed,
    /// The application ends the session.
    Stop,
}

/// Generates settings that fit together, from a millisecond to half a minute.
///
/// Every way to notice a dead line occurs alone and together with the others. All spans are
/// whole milliseconds.
pub fn configs() -> impl Strategy<Value = Config> {
    let spans = (millis(1, 2_000), millis(1, 10_000), millis(1, 10_000), 1..=5_u8);
    let ways = (
        option::of((millis(1, 5_000), millis(1, 10_000), paces())),
        option::of(millis(1, 20_000)),
        option::of(millis(1, 20_000)),
        option::of(millis(1, 20_000)),
    );
    let safety = option::of((millis(1, 10_000), millis(1, 30_000), at_stops()));
    let settings = (spans, ways, safety, any::<bool>(), any::<bool>());
    settings.prop_filter_map("settings must fit together", |settings| {
        let (spans, ways, safety, ping_first, monitoring) = settings;
        let (stall_tolerance, respond_over, arm_over, failure_threshold) = spans;
        let (probing, transport, session, data) = ways;
        let probing = probing.map(|(answer_over, every_over, pace)| {
            let answer_within = stall_tolerance + answer_over;
            Probing { every: answer_within + every_over, answer_within, pace }
        });
        // Above the stall tolerance, and together longer than a healthy line's silence.
        let quiet = probing.map_or(Duration::ZERO, |plan| plan.every + plan.answer_within);
        let least = stall_tolerance.max(whole_millis(quiet / u32::from(failure_threshold)));
        let mut builder = Config::builder()
            .stall_tolerance(stall_tolerance)
            .respond_within(stall_tolerance + respond_over)
            .arm_within(stall_tolerance + arm_over)
            .failure_threshold(failure_threshold)
            .levels(Levels::DEFAULT)
            .monitoring(monitoring);
        if let Some(probing) = probing {
            builder = builder.probing(probing);
        }
        let notices = probing.is_some_and(|plan| plan.pace != Pace::OutboundIdle);
        let must_limit = !notices && session.is_none() && data.is_none();
        if let Some(over) = transport.or(must_limit.then_some(quiet + Duration::from_secs(1))) {
            builder = builder.transport_limit(least + over);
        }
        if let Some(over) = session {
            builder = builder.session_limit(least + over);
        }
        if let Some(over) = data {
            builder = builder.data_limit(stall_tolerance + over);
        }
        builder = builder.ping_until_first_send(ping_first && session.is_none());
        let config = builder.build().ok()?;
        guarded(config, safety)
    })
}

/// Adds a dead-man switch that outlasts every doubt.
fn guarded(config: Config, safety: Option<(Duration, Duration, AtStop)>) -> Option<Config> {
    let Some((refresh_over, timeout_over, at_stop)) = safety else {
        return Some(config);
    };
    let refresh = config.stall_tolerance() + refresh_over;
    let timeout = refresh + refresh.max(whole_millis(config.detection_bound())) + timeout_over;
    let step = Duration::from_millis(1);
    let range = DeadManRange { shortest: step, longest: None, step };
    let switch = DeadMan { timeout, refresh, at_stop };
    config.to_builder().dead_man_range(range).dead_man(switch).build().ok()
}

/// Generates the ways in which a [`Phrasebook`] can behave whose probes can be written.
pub fn phrasebooks() -> impl Strategy<Value = Phrasebook> {
    let words = prop_oneof![Just(ProbeWord::Ping), Just(ProbeWord::Text)];
    (any::<bool>(), any::<bool>(), any::<bool>(), words).prop_map(|(arms, parts, cancels, word)| {
        Phrasebook::new().arms(arms).parts(parts).cancels(cancels).probe_word(word)
    })
}

/// Generates frames: what a [`Phrasebook`] understands most often, anything else as well.
pub fn frames() -> impl Strategy<Value = OwnedFrame> {
    prop_oneof![
        6 => spoken().prop_map(OwnedFrame::Text),
        2 => payloads(125).prop_map(OwnedFrame::Ping),
        3 => pongs().prop_map(OwnedFrame::Pong),
        1 => texts().prop_map(OwnedFrame::Text),
        1 => payloads(300).prop_map(OwnedFrame::Binary),
    ]
}

/// Generates everything that can be done to a session, in lists of at most `longest`.
///
/// Endings are rare, so that most lists go on to their end.
pub fn inputs(longest: usize) -> impl Strategy<Value = Vec<Input>> {
    let input = prop_oneof![
        30 => frames().prop_map(Input::Read),
        20 => millis(0, 3_000).prop_map(Input::Elapse),
        3 => millis(0, 60_000).prop_map(Input::Elapse),
        1 => millis(0, 5_000).prop_map(Input::StepBack),
        25 => Just(Input::Drain(Outlet::Ready)),
        8 => Just(Input::Drain(Outlet::Blocked)),
        20 => Just(Input::Transmitted),
        4 => Just(Input::TransmitFailed),
        4 => Just(Input::PongsWritten),
        4 => Just(Input::Sent),
        10 => Just(Input::RequestOrderSafety),
        1 => prop_oneof![
            3 => Just(Input::Stop),
            1 => Just(Input::WriteOverdue),
            1 => Just(Input::TransportClosed),
            1 => closes().prop_map(Input::Read),
        ],
    ];
    vec(input, 0..=longest)
}

/// Rounds up.
fn whole_millis(span: Duration) -> Duration {
    let nanos = span.subsec_nanos().next_multiple_of(1_000_000);
    Duration::from_secs(span.as_secs()) + Duration::from_nanos(u64::from(nanos))
}

fn millis(least: u64, most: u64) -> impl Strategy<Value = Duration> {
    (least..=most).prop_map(Duration::from_millis)
}

fn paces() -> impl Strategy<Value = Pace> {
    prop_oneof![Just(Pace::Unconditional), Just(Pace::InboundIdle), Just(Pace::OutboundIdle),]
}

fn at_stops() -> impl Strategy<Value = AtStop> {
    prop_oneof![Just(AtStop::SwitchOff), Just(AtStop::LetRun)]
}

/// Numbers rather than patterns where any word will do: a pattern costs a hundred times more.
fn spoken() -> impl Strategy<Value = String> {
    prop_oneof![
        6 => any::<u32>().prop_map(|token| format!("challenge {token}")),
        1 => any::<u8>().prop_map(|token| format!("challenge ~{token}")),
        // The longest token that an echo can have, and the shortest that it cannot.
        1 => (125..=126_usize).prop_map(|len| format!("challenge {}", "x".repeat(len))),
        2 => Just("beat".to_owned()),
        2 => (0..50_u32).prop_map(|counter| format!("beat {counter}")),
        7 => Just("answer".to_owned()),
        8 => (1..5_u32).prop_map(|probe| format!("answer {probe}")),
        4 => Just("armed".to_owned()),
        1 => Just("refused".to_owned()),
        6 => Just("granted dead-man".to_owned()),
        1 => Just("denied dead-man".to_owned()),
        6 => Just("granted cancel".to_owned()),
        1 => Just("denied cancel".to_owned()),
        1 => Just("shutdown".to_owned()),
        4 => Just("data".to_owned()),
    ]
}

fn pongs() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        5 => (1..5_u32).prop_map(|probe| format!("hb-{probe}").into_bytes()),
        1 => payloads(125),
    ]
}

fn texts() -> impl Strategy<Value = String> {
    (vec(any::<char>(), 0..=8), 0..=100_usize)
        .prop_map(|(letters, times)| letters.into_iter().collect::<String>().repeat(times))
}

/// Payloads of every length, counting up from any byte.
fn payloads(longest: usize) -> impl Strategy<Value = Vec<u8>> {
    (0..=longest, any::<u8>()).prop_map(|(len, first)| {
        core::iter::successors(Some(first), |byte| Some(byte.wrapping_add(1))).take(len).collect()
    })
}

fn closes() -> impl Strategy<Value = OwnedFrame> {
    option::of(1000..5000_u16).prop_map(|code| OwnedFrame::Close { code, reason: String::new() })
}
