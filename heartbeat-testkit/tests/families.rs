//! The families that state their terms, want to hear what they do not answer, or read credentials.

#![allow(clippy::unwrap_used, reason = "a test that unwraps says what it expects")]

mod support;

use core::fmt;
use core::time::Duration;
use std::sync::{Arc, Mutex};

use heartbeat_core::{
    Action, Cause, Clock, Detector, Disposition, Frame, Outbox, Outlet, Platform, ProbeId,
    Responder, Session, Signal, Term, Timestamp, WallTime,
};
use heartbeat_platforms::venues::hibachi_account::HibachiAccount;
use heartbeat_platforms::venues::tastytrade_account::TastytradeAccount;
use heartbeat_platforms::{Credential, Exchange};
use heartbeat_testkit::{MockOptions, OwnedFrame, World, WorldOptions};

const SECOND: Duration = Duration::from_secs(1);

/// A session at which this was read at its beginning, and what ended it.
fn after(exchange: Exchange, said: &str) -> (Session<Exchange>, Option<Cause>) {
    let config = exchange.defaults().build().unwrap();
    let mut session = Session::new(exchange, config, Timestamp::ZERO);
    let mut cause = None;
    let mut read = false;
    loop {
        match session.poll_action(Timestamp::ZERO, Outlet::Ready) {
            Action::Respond(_) | Action::Transmit(_) => {
                session.handle_transmitted(Timestamp::ZERO);
            }
            Action::Disconnect(ended) => cause = Some(ended),
            Action::Wait(_) if read => return (session, cause),
            Action::Wait(_) => {
                let _: Disposition = session.handle_frame(Timestamp::ZERO, Frame::Text(said));
                read = true;
            }
            Action::Notify(_) | Action::RecordLatency(_) => {}
        }
    }
}

#[test]
fn an_opening_packet_that_names_absurd_periods_ends_the_connection_and_says_both_numbers() {
    for (interval, timeout, term) in [
        (0, 0, Term::Heard),
        (u64::MAX, 20_000, Term::Heard),
        (25_000, 0, Term::Response),
        (25_000, 1, Term::Response),
    ] {
        let open = format!(r#"0{{"sid":"x","pingInterval":{interval},"pingTimeout":{timeout}}}"#);
        let (_, cause) = after(Exchange::Bitbank, &open);
        let Some(Cause::TermsRefused { term: refused, offered, limit }) = cause else {
            panic!("{open}: {cause:?}");
        };
        assert_eq!(refused, term, "{open}");
        assert_ne!(offered, limit);
    }
    let usual = r#"0{"sid":"x","pingInterval":25000,"pingTimeout":20000}"#;
    assert_eq!(after(Exchange::Bitbank, usual).1, None);
}

#[test]
fn what_a_venue_states_makes_the_bound_shorter_and_never_longer() {
    for exchange in Exchange::all() {
        let mut world = World::of(*exchange, WorldOptions::seeded(61));
        world.run_for(30 * SECOND);
        let session = world.client();
        let worst = session.config().silence_bound();
        assert!(session.silence_bound() <= worst, "{exchange}");
    }
    let mut world = World::of(Exchange::Latoken, WorldOptions::seeded(61));
    assert_eq!(world.client().silence_bound(), 29 * SECOND);
    world.run_for(SECOND);
    assert_eq!(world.client().silence_bound(), 25 * SECOND);
}

#[test]
fn a_venue_whose_only_proof_of_life_is_its_word_is_found_dead_when_it_breaks_it() {
    for exchange in [Exchange::Latoken, Exchange::Dxlink] {
        let mock = MockOptions::default().fault("silent@60s".parse().unwrap());
        let mut world = World::of(exchange, WorldOptions::seeded(62).mock(mock));
        world.run_for(61 * SECOND);
        let bound = world.client().silence_bound();
        let verdict = world.run_until_verdict(bound).expect("a verdict within the bound");
        let Cause::ClockExceeded { clock: Clock::Transport, limit, .. } = verdict.cause else {
            panic!("{exchange}: {}", verdict.cause);
        };
        assert_eq!(limit, bound, "{exchange}");
    }
}

#[test]
fn a_heartbeat_beside_data_loses_neither_at_any_venue_that_sends_both() {
    let push = r#"{"push":{"channel":"c","pub":{"data":{"price":1}}}}"#;
    let config = Exchange::SxBet.defaults().monitoring(false).build().unwrap();
    let mut session = Session::new(Exchange::SxBet, config, Timestamp::ZERO);
    for frame in [format!("{push}\n{{}}"), format!("{{}}\n{push}")] {
        let whose = session.handle_frame(Timestamp::ZERO, Frame::Text(&frame));
        assert_eq!(whose, Disposition::Deliver, "the data is the application's");
        let responds = loop {
            match session.poll_action(Timestamp::ZERO, Outlet::Ready) {
                Action::Respond(frame) => break frame == Frame::Text("{}"),
                Action::Transmit(_) => session.handle_transmitted(Timestamp::ZERO),
                Action::Wait(_) => break false,
                Action::Notify(_) | Action::RecordLatency(_) | Action::Disconnect(_) => {}
            }
        };
        assert!(responds, "and the challenge is answered");
        session.handle_transmitted(Timestamp::ZERO);
    }
    let counters = session.health().counters;
    assert_eq!((counters.challenges, counters.responses, counters.data), (2, 2, 2));
}

// ---------------------------------------------------------------- credentials

/// A token that the application can renew.
#[derive(Clone)]
struct Renewable(Arc<Mutex<&'static str>>);

impl Credential for Renewable {
    fn write(&self, field: &str, out: &mut dyn fmt::Write) -> fmt::Result {
        match field {
            "accountId" => out.write_str("128"),
            _ => out.write_str(*self.0.lock().unwrap()),
        }
    }
}

const FIRST: &str = "s3cret-one";
const SECOND_ONE: &str = "s3cret-two";

#[test]
fn a_token_that_was_renewed_is_in_the_next_heartbeat_and_in_no_text_of_ours() {
    let token = Renewable(Arc::new(Mutex::new(FIRST)));
    let account = TastytradeAccount::with_credential(token.clone());
    let config = account.defaults().build().unwrap();
    let mut session = Session::new(account, config, Timestamp::ZERO);
    let mut heartbeats = Vec::new();
    for (at, renewed) in [(0, None), (5_000, Some(SECOND_ONE))] {
        if let Some(renewed) = renewed {
            *token.0.lock().unwrap() = renewed;
        }
        let now = Timestamp::from_millis(at);
        loop {
            match session.poll_action(now, Outlet::Ready) {
                Action::Transmit(frame) => {
                    heartbeats.push(OwnedFrame::from(frame).to_string());
                    let shown = format!("{session:?} {:?}", session.evidence());
                    assert!(!shown.contains("s3cret"), "{shown}");
                    session.handle_transmitted(now);
                }
                Action::Wait(_) => break,
                action @ (Action::Notify(_)
                | Action::RecordLatency(_)
                | Action::Respond(_)
                | Action::Disconnect(_)) => {
                    assert!(!format!("{action:?}").contains("s3cret"));
                }
            }
        }
        let probe = session.evidence().probe().unwrap().probe;
        let id = 79_448_305_041_408 + u64::from(probe.number());
        let answer = format!(r#"{{"status":"ok","action":"heartbeat","request-id":{id}}}"#);
        assert_eq!(session.handle_frame(now, Frame::Text(&answer)), Disposition::Absorb);
    }
    assert!(heartbeats[0].contains(FIRST) && heartbeats[1].contains(SECOND_ONE), "{heartbeats:?}");
}

#[test]
fn the_venue_takes_a_heartbeat_with_the_credential_and_none_without() {
    let token = Renewable(Arc::new(Mutex::new(FIRST)));
    let tasty = TastytradeAccount::with_credential(token.clone());
    let config = tasty.defaults().build().unwrap();
    let options = || WorldOptions::seeded(63);
    let mut world = World::new(tasty, config, Exchange::TastytradeAccount, options());
    world.run_for(600 * SECOND);
    assert!(world.verdict().is_none(), "{:?}", world.verdict());
    assert!(world.client().health().counters.answers > 100);

    let hibachi = HibachiAccount::with_credential(token.clone());
    let mut world = World::new(hibachi, config, Exchange::HibachiAccount, options());
    world.run_for(600 * SECOND);
    assert!(world.verdict().is_none(), "{:?}", world.verdict());
    assert!(world.client().health().counters.answers > 100);

    // One that the application has lost ends the connection, rather than lie idle.
    *token.0.lock().unwrap() = "";
    let lost = TastytradeAccount::with_credential(token);
    let mut world = World::new(lost, config, Exchange::TastytradeAccount, options());
    let verdict = world.run_until_verdict(10 * SECOND).expect("a verdict at once");
    assert_eq!(verdict.cause, Cause::TransmitFailed);
}

#[test]
fn hibachi_wants_account_key_and_time_in_its_ping() {
    let token = Renewable(Arc::new(Mutex::new(FIRST)));
    let hibachi = HibachiAccount::with_credential(token);
    let mut out = Outbox::new();
    out.set_wall_time(Some(WallTime::from_unix_millis(1_763_884_800_123)));
    hibachi.probe(ProbeId::from_number(7), &mut out).unwrap();
    let expected = concat!(
        r#"{"id":79448305041415,"method":"stream.ping","#,
        r#""params":{"accountId":128,"listenKey":"s3cret-one"},"timestamp":1763884800}"#,
    );
    assert_eq!(out.frame(), Some(Frame::Text(expected)));
    assert_eq!(hibachi.classify(Frame::Text(expected)), Signal::Data);
    assert!(!format!("{out:?} {hibachi:?}").contains("s3cret"));
}
