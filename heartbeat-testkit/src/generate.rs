//! Settings, frames and inputs, made from [`Choices`].

use core::time::Duration;

use heartbeat_core::{
    AtStop, Config, ConfigBuilder, DeadMan, DeadManRange, Levels, Outlet, Pace, Probing, TermsRange,
};

use crate::{Choices, OwnedFrame, Phrasebook, ProbeWord};

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
    /// A part of a message is read, and not the last.
    Receiving,
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

/// Makes settings that fit together, from a millisecond to half a minute, or none if these
/// choices do not fit.
///
/// Every way to notice a dead line occurs alone and together with the others. All spans are
/// whole milliseconds.
pub fn config(choices: &mut Choices<'_>) -> Option<Config> {
    let stall_tolerance = choices.millis(1, 2_000);
    let respond_within = stall_tolerance + choices.millis(1, 10_000);
    let arm_within = stall_tolerance + choices.millis(1, 10_000);
    let failure_threshold = choices.pick(&[1, 2, 3, 4, 5]);
    let grace = choices.millis(0, 20_000);
    let probing = choices.flag().then(|| probing(choices, stall_tolerance));
    let [transport, session, data] =
        [(); 3].map(|()| choices.flag().then(|| choices.millis(1, 20_000)));
    let monitoring = choices.flag();
    let ping_first = choices.flag();
    let probe_at_once = choices.flag();
    let switch = choices.flag().then(|| dead_man(choices));

    // Above the stall tolerance, and together longer than a healthy line's silence.
    let quiet = probing.map_or(Duration::ZERO, |plan| plan.every + plan.answer_within);
    let least = stall_tolerance.max(whole_millis(quiet / u32::from(failure_threshold)));
    let mut builder = Config::builder()
        .stall_tolerance(stall_tolerance)
        .respond_within(respond_within)
        .arm_within(arm_within)
        .failure_threshold(failure_threshold)
        .grace(grace)
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
    let config = negotiable(builder, choices, stall_tolerance)
        .probe_at_once(probe_at_once)
        .ping_until_first_send(ping_first && session.is_none())
        .build()
        .ok()?;
    match switch {
        Some((refresh_over, timeout_over, at_stop)) => {
            guarded(config, refresh_over, timeout_over, at_stop)
        }
        None => Some(config),
    }
}

/// Adds keepalives, and a range for the venue's terms.
fn negotiable(
    mut builder: ConfigBuilder,
    choices: &mut Choices<'_>,
    stall_tolerance: Duration,
) -> ConfigBuilder {
    if choices.flag() {
        builder = builder.keepalive_every(choices.millis(1, 10_000));
    }
    if choices.flag() {
        let shortest = 2 * stall_tolerance + choices.millis(0, 2_000);
        let longest = shortest + choices.millis(0, 20_000);
        builder = builder.terms(TermsRange { shortest, longest });
    }
    builder
}

fn dead_man(choices: &mut Choices<'_>) -> (Duration, Duration, AtStop) {
    let (refresh_over, timeout_over) = (choices.millis(1, 10_000), choices.millis(1, 30_000));
    (refresh_over, timeout_over, choices.pick(&[AtStop::SwitchOff, AtStop::LetRun]))
}

/// Adds a dead-man switch that outlasts every doubt.
fn guarded(
    config: Config,
    refresh_over: Duration,
    timeout_over: Duration,
    at_stop: AtStop,
) -> Option<Config> {
    let refresh = config.stall_tolerance() + refresh_over;
    let timeout = refresh + refresh.max(whole_millis(config.silence_bound())) + timeout_over;
    let step = Duration::from_millis(1);
    let range = DeadManRange { shortest: step, longest: None, step };
    let switch = DeadMan { timeout, refresh, at_stop };
    config.to_builder().dead_man_range(range).dead_man(switch).build().ok()
}

fn probing(choices: &mut Choices<'_>, stall_tolerance: Duration) -> Probing {
    let answer_within = stall_tolerance + choices.millis(1, 5_000);
    let every = answer_within + choices.millis(1, 10_000);
    let pace = choices.pick(&[Pace::Unconditional, Pace::InboundIdle, Pace::OutboundIdle]);
    Probing { every, answer_within, pace }
}

/// Makes one of the ways in which a [`Phrasebook`] can behave whose probes can be written.
pub fn phrasebook(choices: &mut Choices<'_>) -> Phrasebook {
    Phrasebook::new()
        .arms(choices.flag())
        .parts(choices.flag())
        .cancels(choices.flag())
        .probe_word(choices.pick(&[ProbeWord::Ping, ProbeWord::Text]))
}

/// Makes a frame: what a [`Phrasebook`] understands most often, anything else as well.
pub fn frame(choices: &mut Choices<'_>) -> OwnedFrame {
    match choices.weigh(&[6, 2, 3, 1, 1]) {
        0 => OwnedFrame::Text(word(choices)),
        1 => OwnedFrame::Ping(choices.payload(125)),
        2 => OwnedFrame::Pong(pong(choices)),
        3 => OwnedFrame::Text(noise(choices)),
        _ => OwnedFrame::Binary(choices.payload(300)),
    }
}

/// Makes one thing that can be done to a session. Endings are rare, so that most lists of them
/// go on to their end.
pub fn input(choices: &mut Choices<'_>) -> Input {
    match choices.weigh(&[30, 20, 3, 1, 25, 8, 20, 4, 4, 4, 10, 1]) {
        0 => Input::Read(frame(choices)),
        1 => Input::Elapse(choices.millis(0, 3_000)),
        2 => Input::Elapse(choices.millis(0, 60_000)),
        3 => Input::StepBack(choices.millis(0, 5_000)),
        4 => Input::Drain(Outlet::Ready),
        5 if choices.flag() => Input::Drain(Outlet::Held),
        5 => Input::Drain(Outlet::Blocked),
        6 => Input::Transmitted,
        7 => Input::TransmitFailed,
        8 => Input::PongsWritten,
        9 if choices.flag() => Input::Receiving,
        9 => Input::Sent,
        10 => Input::RequestOrderSafety,
        _ => match choices.weigh(&[3, 1, 1, 1]) {
            0 => Input::Stop,
            1 => Input::WriteOverdue,
            2 => Input::TransportClosed,
            _ => Input::Read(close(choices)),
        },
    }
}

/// Makes inputs until the choices are spent, at most `longest`.
pub fn inputs(choices: &mut Choices<'_>, longest: usize) -> Vec<Input> {
    let mut inputs = Vec::new();
    while inputs.len() < longest && !choices.is_spent() {
        inputs.push(input(choices));
    }
    inputs
}

/// Rounds up.
fn whole_millis(span: Duration) -> Duration {
    let nanos = span.subsec_nanos().next_multiple_of(1_000_000);
    Duration::from_secs(span.as_secs()) + Duration::from_nanos(u64::from(nanos))
}

fn word(choices: &mut Choices<'_>) -> String {
    match choices.weigh(&[6, 1, 1, 2, 2, 7, 8, 4, 1, 6, 1, 6, 1, 1, 2, 2, 4]) {
        0 => format!("challenge {}", choices.below(u32::MAX)),
        1 => format!("challenge ~{}", choices.below(256)),
        // The longest token that an echo can have, and the shortest that it cannot.
        2 => format!("challenge {}", "x".repeat(choices.pick(&[125, 126]))),
        3 => "beat".to_owned(),
        4 => format!("beat {}", choices.below(50)),
        5 => "answer".to_owned(),
        6 => format!("answer {}", choices.below(4) + 1),
        7 => "armed".to_owned(),
        8 => "refused".to_owned(),
        9 => "granted dead-man".to_owned(),
        10 => "denied dead-man".to_owned(),
        11 => "granted cancel".to_owned(),
        12 => "denied cancel".to_owned(),
        13 => "shutdown".to_owned(),
        14 => terms(choices),
        15 if choices.flag() => "mixed beat".to_owned(),
        15 => format!("mixed challenge {}", choices.below(u32::MAX)),
        _ => "data".to_owned(),
    }
}

/// The absurd among them.
fn terms(choices: &mut Choices<'_>) -> String {
    let mut span = || match choices.weigh(&[2, 6, 1, 1]) {
        0 => "-".to_owned(),
        1 => choices.millis(500, 30_000).as_millis().to_string(),
        2 => "0".to_owned(),
        _ => u64::MAX.to_string(),
    };
    let spans = format!("{} {} {}", span(), span(), span());
    let word = choices.pick(&["terms", "agreed"]);
    format!("{word} {} {spans}", choices.pick(&["transport", "session"]))
}

fn pong(choices: &mut Choices<'_>) -> Vec<u8> {
    match choices.weigh(&[5, 1]) {
        0 => format!("hb-{}", choices.below(4) + 1).into_bytes(),
        _ => choices.payload(125),
    }
}

fn noise(choices: &mut Choices<'_>) -> String {
    let letters: String =
        (0..choices.below(9)).filter_map(|_| char::from_u32(choices.below(0x11_0000))).collect();
    letters.repeat(choices.pick(&[1, 2, 100]))
}

fn close(choices: &mut Choices<'_>) -> OwnedFrame {
    let code = choices.flag().then(|| choices.pick(&[1000, 1001, 1008, 1012, 4000, 4999]));
    OwnedFrame::Close { code, reason: String::new() }
}
