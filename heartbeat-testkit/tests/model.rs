//! The session against the model: the same at every millisecond.

#![allow(clippy::unwrap_used, reason = "a test that unwraps says what it expects")]

mod support;

use heartbeat_core::{
    Action, Config, Disposition, Frame, Outlet, ProbeId, Safeguard, Session, Timestamp,
};
use heartbeat_testkit::strategies::configs;
use heartbeat_testkit::{Does, Model, OwnedFrame, Phrasebook, ProbeWord, Said};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use support::{DRAIN_MAX, fixed};

/// How long a run goes on after the venue has fallen silent.
const TAIL: u64 = 30_000;

/// What happens in one millisecond.
#[derive(Clone, Debug)]
struct Moment {
    after: u64,
    said: Vec<Said>,
    application_writes: bool,
    asks_for_safety: bool,
}

/// Every word, probes named as far as a short run gets.
const WORDS: [Said; 14] = [
    Said::Data,
    Said::Beat,
    Said::Challenge,
    Said::Armed,
    Said::Answer(1),
    Said::Answer(2),
    Said::Answer(3),
    Said::Pong(1),
    Said::Pong(2),
    Said::Pong(3),
    Said::Granted(Safeguard::DeadMan),
    Said::Denied(Safeguard::DeadMan),
    Said::Granted(Safeguard::CancelOnDisconnect),
    Said::Denied(Safeguard::CancelOnDisconnect),
];

/// Each run speaks a few words only: one beat among them would hide all that pongs leave out.
fn moments() -> impl Strategy<Value = Vec<Moment>> {
    let words = prop_oneof![
        3 => subsequence(&WORDS[..], 1..=WORDS.len()),
        1 => Just(vec![Said::Pong(1), Said::Pong(2), Said::Pong(3)]),
        // Whoever answers and grants keeps a line beyond doubt for long.
        2 => Just(WORDS.iter().copied().filter(|said| keeps_up(*said)).collect()),
    ];
    words.prop_flat_map(|words| {
        let does = (prop::bool::weighted(0.5), prop::bool::weighted(0.1));
        let moment = (1..3_000_u64, vec(select(words), 0..4), does).prop_map(
            |(after, said, (application_writes, asks_for_safety))| Moment {
                after,
                said,
                application_writes,
                asks_for_safety,
            },
        );
        vec(moment, 0..25)
    })
}

const fn keeps_up(said: Said) -> bool {
    !matches!(said, Said::Pong(_) | Said::Denied(_))
}

fn spoken(said: Said) -> OwnedFrame {
    match said {
        Said::Data => OwnedFrame::text("data"),
        Said::Beat => OwnedFrame::text("beat"),
        Said::Challenge => OwnedFrame::text("challenge 7"),
        Said::Armed => OwnedFrame::text("armed"),
        Said::Answer(probe) => OwnedFrame::Text(format!("answer {probe}")),
        Said::Pong(probe) => {
            OwnedFrame::Pong(ProbeId::from_number(probe).payload().as_bytes().to_vec())
        }
        Said::Granted(safeguard) => OwnedFrame::Text(format!("granted {}", word(safeguard))),
        Said::Denied(safeguard) => OwnedFrame::Text(format!("denied {}", word(safeguard))),
        _ => unreachable!("the model knows no other word"),
    }
}

const fn word(safeguard: Safeguard) -> &'static str {
    match safeguard {
        Safeguard::DeadMan => "dead-man",
        Safeguard::CancelOnDisconnect => "cancel",
    }
}

/// Drains the session and says what it did in the model's words.
fn drain(
    session: &mut Session<Phrasebook>,
    now: Timestamp,
    wake: &mut Option<Timestamp>,
) -> Vec<Does> {
    let mut does = Vec::new();
    for _ in 0..DRAIN_MAX {
        match session.poll_action(now, Outlet::Ready) {
            Action::Respond(_) => does.push(Does::Respond),
            Action::Transmit(Frame::Text("arm")) => does.push(Does::Arm),
            Action::Transmit(Frame::Text("cancel")) => does.push(Does::Cancel),
            Action::Transmit(Frame::Text(text)) if text.starts_with("dead-man ") => {
                does.push(Does::DeadMan);
            }
            Action::Transmit(Frame::Ping(payload)) => {
                does.push(Does::Ping(ProbeId::from_payload(payload).unwrap().number()));
            }
            Action::Transmit(frame) => {
                let Frame::Text(text) = frame else { panic!("nobody says {frame:?}") };
                let probe = text.strip_prefix("probe ").unwrap();
                does.push(Does::Probe(probe.parse().unwrap()));
            }
            Action::Disconnect(cause) => does.push(Does::End(vec![cause.as_str()])),
            Action::Wait(deadline) => {
                *wake = deadline;
                return does;
            }
            Action::Notify(_) | Action::RecordLatency(_) => continue,
        }
        session.handle_transmitted(now);
    }
    panic!("a drain must end within {DRAIN_MAX} polls");
}

/// Both must do the same; where several deadlines fall together either may be the cause.
fn agree(real: &[Does], model: &[Does]) -> bool {
    real.len() == model.len()
        && real.iter().zip(model).all(|(real, model)| match (real, model) {
            (Does::End(cause), Does::End(causes)) => causes.contains(&cause[0]),
            _ => real == model,
        })
}

proptest! {
    #![proptest_config(fixed(200, 0x40de_1001))]

    #[test]
    fn the_session_does_what_the_model_does(
        config in configs(),
        (must_arm, cancels) in any::<(bool, bool)>(),
        moments in moments(),
    ) {
        let config: Config = config.to_builder().monitoring(false).build().unwrap();
        let start = Timestamp::ZERO;
        let platform = Phrasebook::new().arms(must_arm).cancels(cancels);
        let platform = platform.probe_word(ProbeWord::Text);
        let mut session = Session::new(platform, config, start);
        let mut model = Model::new(config, must_arm, start);
        let mut wake = Some(start);

        let mut moments = moments.into_iter().peekable();
        let mut next = moments.peek().map_or(0, |moment| moment.after);
        let mut last = None;
        for millis in 0.. {
            let now = Timestamp::from_millis(millis);
            let moment = moments.next_if(|_| millis == next);
            if moment.is_some() {
                next += moments.peek().map_or(0, |moment| moment.after);
            }
            let (said, writes) =
                moment.as_ref().map_or((&[][..], false), |m| (&m.said[..], m.application_writes));
            if writes {
                session.handle_sent(now);
            }
            if moment.as_ref().is_some_and(|moment| moment.asks_for_safety) {
                session.request_order_safety(now);
                model.request_order_safety(now, cancels);
            }
            for said in said {
                let _: Disposition = session.handle_frame(now, spoken(*said).as_frame());
            }
            // The real one is woken only when it asked for it or was told something.
            let must_drain = moment.is_some() || wake.is_some_and(|wake| wake <= now);
            let real =
                if must_drain { drain(&mut session, now, &mut wake) } else { Vec::new() };
            let expected = model.tick(now, said, writes);
            prop_assert!(
                agree(&real, &expected),
                "at {} ms: {:?}, model {:?}", millis, real, expected
            );
            let until = session.health().dead_man.and_then(|switch| switch.until);
            prop_assert_eq!(until, model.orders_live_until(), "at {} ms", millis);
            let is_over = matches!(expected.last(), Some(Does::End(_)));
            if moments.peek().is_none() {
                last.get_or_insert(millis + TAIL);
            }
            if is_over || last == Some(millis) {
                break;
            }
        }
    }
}
