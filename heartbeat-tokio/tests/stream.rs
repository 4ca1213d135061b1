//! Level 1: a stream that keeps itself alive while it is polled.

#![allow(clippy::unwrap_used, reason = "a test that unwraps says what it expects")]

mod common;

use core::future::poll_fn;
use core::time::Duration;
use std::sync::{Arc, Mutex};

use common::{Toy, just_before, soon, text, write_text};
use common::{
    at_secs, half_pair, millis, nothing_within, pair, quiet, right_now, secs, session, session_with,
};
use futures_util::{FutureExt as _, SinkExt as _, StreamExt as _};
use heartbeat_core::{
    Cause, ConfigBuilder, Event, Layer, Pace, Platform as _, Probing, Session, Timestamp,
};
use heartbeat_tokio::{Error, HeartbeatStream, SessionUpdate};
use tokio::task::JoinSet;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role};

#[tokio::test(start_paused = true)]
async fn a_challenge_is_answered_and_never_seen_by_the_application() {
    let (ours, mut venue) = pair().await;
    let mut ours = HeartbeatStream::new(ours, session());
    venue.send(text("challenge:42")).await.unwrap();
    venue.send(text("book")).await.unwrap();

    assert_eq!(soon(ours.next()).await.unwrap().unwrap(), text("book"));
    assert_eq!(soon(venue.next()).await.unwrap().unwrap(), text("response:42"));
}

#[tokio::test(start_paused = true)]
async fn a_ping_is_answered_before_the_application_sees_what_came_after_it() {
    let (ours, mut venue) = pair().await;
    let mut ours = HeartbeatStream::new(ours, session());
    for payload in ["one", "two"] {
        venue.send(Message::Ping(payload.into())).await.unwrap();
    }
    venue.send(text("book")).await.unwrap();

    assert_eq!(soon(ours.next()).await.unwrap().unwrap(), text("book"));
    // The stream is not polled any more: what is there was flushed at once.
    for payload in ["one", "two"] {
        assert_eq!(soon(venue.next()).await.unwrap().unwrap(), Message::Pong(payload.into()));
    }
    nothing_within(secs(5), venue.next()).await;
    assert_eq!(ours.health().counters.responses, 2);
}

#[tokio::test(start_paused = true)]
async fn a_dead_line_is_silent_until_the_bound_and_a_verdict_at_it() {
    let (ours, _dead) = half_pair(64 << 10).await;
    let session = session();
    let bound = session.config().silence_bound();
    assert_eq!(bound, secs(15));
    let mut ours = HeartbeatStream::new(ours, session).close_within(Duration::ZERO);

    nothing_within(just_before(bound), ours.next()).await;
    let verdict = tokio::time::timeout(millis(1), ours.next()).await.expect("at the bound");
    let Some(Err(Error::Disconnected { cause, evidence, clean })) = verdict else {
        panic!("{verdict:?}");
    };
    assert_eq!(cause, Cause::AnswerOverdue { failures: 3, waited: secs(3) });
    assert_eq!(evidence.at(), at_secs(15));
    assert!(!clean);
    assert!(soon(ours.next()).await.is_none());
}

#[tokio::test(start_paused = true)]
async fn the_time_goes_on_from_where_the_session_stood() {
    let (ours, _dead) = half_pair(64 << 10).await;
    let session = Session::new(Toy::default(), quiet().build().unwrap(), at_secs(100));
    let mut ours = HeartbeatStream::new(ours, session).close_within(Duration::ZERO);
    let verdict = soon(ours.next()).await;
    let Some(Err(Error::Disconnected { evidence, .. })) = verdict else { panic!("{verdict:?}") };
    assert_eq!(evidence.at(), at_secs(110));
}

#[tokio::test(start_paused = true)]
async fn after_a_verdict_the_echo_is_awaited_for_so_long_and_no_longer() {
    let (ours, _dead) = half_pair(64 << 10).await;
    let mut ours = HeartbeatStream::new(ours, session_with(hasty()));
    nothing_within(just_before(secs(3)), ours.next()).await;
    let verdict = tokio::time::timeout(millis(1), ours.next()).await.expect("1 s and 2 s");
    let Some(Err(Error::Disconnected { evidence, clean: false, .. })) = verdict else {
        panic!("{verdict:?}");
    };
    // The evidence is of the verdict, not of the end of the wait.
    assert_eq!(evidence.at(), at_secs(1));
}

/// A verdict so early that the peer cannot be called mute yet.
fn hasty() -> ConfigBuilder {
    quiet().data_limit(secs(1)).stall_tolerance(millis(500))
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_wakes_up_for_the_echo_makes_the_close_clean() {
    let (ours, mut venue) = pair().await;
    let mut ours = HeartbeatStream::new(ours, session_with(hasty()));
    let mut venue_side = JoinSet::new();
    venue_side.spawn(async move { venue.next().await.unwrap().unwrap() });
    let verdict = soon(ours.next()).await;
    let Some(Err(Error::Disconnected { clean, .. })) = verdict else { panic!("{verdict:?}") };
    let close = CloseFrame { code: CloseCode::Away, reason: "data_silent".into() };
    let got = soon(venue_side.join_next()).await.unwrap().unwrap();
    assert_eq!(got, Message::Close(Some(close)));
    // The peer read our frame, but its echo leaves only if it is polled again.
    assert!(!clean);

    let (ours, mut venue) = pair().await;
    let mut ours = HeartbeatStream::new(ours, session_with(hasty()));
    venue_side.spawn(async move {
        while let Some(Ok(_)) = venue.next().await {}
        text("")
    });
    let verdict = soon(ours.next()).await;
    let Some(Err(Error::Disconnected { clean: true, .. })) = verdict else { panic!("{verdict:?}") };
}

#[tokio::test(start_paused = true)]
async fn a_close_by_the_venue_is_replied_to_and_told() {
    let (ours, mut venue) = pair().await;
    let mut ours = HeartbeatStream::new(ours, session());
    let frame = CloseFrame { code: CloseCode::Restart, reason: "maintenance".into() };
    venue.close(Some(frame.clone())).await.unwrap();

    let seen = soon(ours.next()).await.unwrap().unwrap();
    assert_eq!(seen, Message::Close(Some(frame.clone())));
    let verdict = soon(ours.next()).await;
    let Some(Err(Error::Disconnected { cause, clean, .. })) = verdict else {
        panic!("{verdict:?}");
    };
    assert_eq!((cause, clean), (Cause::PeerClosed { code: Some(1_012) }, true));
    assert!(soon(ours.next()).await.is_none());
    assert_eq!(soon(venue.next()).await.unwrap().unwrap(), Message::Close(Some(frame)));
}

#[tokio::test(start_paused = true)]
async fn an_end_in_order_is_no_error_and_says_what_it_was() {
    for (code, in_order) in
        [(None, true), (Some(1_000), true), (Some(1_001), true), (Some(1_008), false)]
    {
        let (ours, mut venue) = pair().await;
        let config = Toy::default().defaults().build().unwrap();
        let mut ours = HeartbeatStream::new(ours, (Toy::default(), config));
        let frame = code.map(|code| CloseFrame { code: CloseCode::from(code), reason: "".into() });
        venue.close(frame.clone()).await.unwrap();
        assert_eq!(soon(ours.next()).await.unwrap().unwrap(), Message::Close(frame));
        assert!(ours.end().is_none(), "it has more to yield");
        let last = soon(ours.next()).await;
        assert_eq!(last.is_none(), in_order, "{code:?}: {last:?}");
        let end = ours.end().unwrap();
        assert_eq!((end.cause, end.clean), (Cause::PeerClosed { code }, true));
        assert_eq!(end.is_in_order(), in_order);
        assert!(soon(ours.next()).await.is_none());
    }
}

#[tokio::test(start_paused = true)]
async fn a_transport_that_breaks_is_a_transport_error_and_no_verdict() {
    let (ours, venue) = pair().await;
    let mut ours = HeartbeatStream::new(ours, session());
    drop(venue);
    let end = soon(ours.next()).await;
    assert!(matches!(end, Some(Err(Error::Transport(_)))), "{end:?}");
    assert!(soon(ours.next()).await.is_none());
}

#[tokio::test(start_paused = true)]
async fn an_end_that_the_application_asks_for_is_no_error() {
    let (ours, mut venue) = pair().await;
    let config = Toy::default().defaults().build().unwrap();
    let session = Session::new(Toy { farewell: true }, config, Timestamp::ZERO);
    let mut ours = HeartbeatStream::new(ours, session);
    let mut venue_side = JoinSet::new();
    venue_side.spawn(async move {
        let mut seen = Vec::new();
        while let Some(Ok(message)) = venue.next().await {
            seen.push(message);
        }
        seen
    });

    soon(ours.close()).await.unwrap();
    assert!(soon(ours.next()).await.is_none());
    drop(ours);
    let close = CloseFrame { code: CloseCode::Normal, reason: "stopped".into() };
    let expected = vec![text("farewell"), Message::Close(Some(close))];
    assert_eq!(soon(venue_side.join_next()).await.unwrap().unwrap(), expected);
}

#[tokio::test(start_paused = true)]
async fn a_close_message_of_the_application_goes_out_as_it_is() {
    let (ours, mut venue) = pair().await;
    let mut ours = HeartbeatStream::new(ours, session());
    let frame = CloseFrame { code: CloseCode::Library(4_000), reason: "done".into() };
    ours.send(Message::Close(Some(frame.clone()))).await.unwrap();
    assert_eq!(soon(venue.next()).await.unwrap().unwrap(), Message::Close(Some(frame)));
    let refused = soon(ours.send(text("too late"))).await;
    assert!(matches!(refused, Err(Error::Closed)), "{refused:?}");
}

#[tokio::test(start_paused = true)]
async fn observers_hear_of_every_heartbeat() {
    let (ours, mut venue) = pair().await;
    let heard = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&heard);
    let mut ours = HeartbeatStream::new(ours, session())
        .with_observer(move |observation| log.lock().unwrap().push(*observation));
    venue.send(text("challenge:")).await.unwrap();
    venue.send(text("book")).await.unwrap();
    soon(ours.next()).await.unwrap().unwrap();

    let heard = heard.lock().unwrap();
    let layer = Layer::Dialect;
    for event in [
        Event::Started,
        Event::ChallengeReceived { layer },
        Event::Live,
        Event::Responded { layer, response_time: Duration::ZERO },
    ] {
        assert!(heard.contains(&SessionUpdate::Event(event)), "{event:?} not in {heard:?}");
    }
    assert!(heard.iter().any(|observation| matches!(observation, SessionUpdate::Latency(_))));
}

#[tokio::test(start_paused = true)]
async fn both_halves_work_each_in_its_own_task() {
    let (ours, mut venue) = pair().await;
    let (mut sink, mut stream) = HeartbeatStream::new(ours, session()).split();
    let mut tasks = JoinSet::new();
    tasks.spawn(async move {
        for number in 0..1_000 {
            sink.send(text(&format!("order {number}"))).await.unwrap();
        }
        sink.close().await.unwrap();
    });
    tasks.spawn(async move {
        let mut read = 0;
        while let Some(message) = stream.next().await {
            if message.unwrap().is_text() {
                read += 1;
            }
        }
        assert_eq!(read, 1_000);
    });
    tasks.spawn(async move {
        let mut orders = 0;
        while let Some(Ok(message)) = venue.next().await {
            if message.is_text() {
                orders += 1;
                venue.send(message).await.unwrap();
            }
        }
        assert_eq!(orders, 1_000);
    });
    while let Some(done) = soon(tasks.join_next()).await {
        done.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn an_end_that_one_half_brings_about_wakes_the_other() {
    let (ours, _deaf) = half_pair(64 << 10).await;
    let ours = HeartbeatStream::new(ours, session()).close_within(Duration::ZERO);
    let (mut sink, mut stream) = ours.split();
    let mut reader = JoinSet::new();
    reader.spawn(async move { stream.next().await.is_none() });
    nothing_within(secs(1), reader.join_next()).await;
    soon(sink.close()).await.unwrap();
    assert!(right_now(reader.join_next()).await.unwrap().unwrap());
}

#[tokio::test(start_paused = true)]
async fn a_message_that_nobody_flushes_has_a_deadline_all_the_same() {
    let (ours, _stuck) = half_pair(64).await;
    let ours = Arc::new(Mutex::new(HeartbeatStream::new(ours, session_with(quiet()))));
    let reads = Arc::clone(&ours);
    let mut reader = JoinSet::new();
    reader.spawn(poll_fn(move |cx| reads.lock().unwrap().poll_next_unpin(cx)));
    nothing_within(secs(1), reader.join_next()).await;
    ours.lock().unwrap().start_send_unpin(text(&"x".repeat(1_000))).unwrap();

    nothing_within(just_before(secs(5)), reader.join_next()).await;
    let end = right_now(reader.join_next()).await.unwrap().unwrap();
    let Some(Err(Error::Disconnected { cause, clean: false, .. })) = end else {
        panic!("{end:?}");
    };
    assert_eq!(cause, Cause::WriteOverdue { waited: secs(5) });
}

#[tokio::test(start_paused = true)]
async fn frames_that_can_be_read_speak_before_a_deadline_is_judged() {
    let (ours, mut venue) = half_pair(64 << 10).await;
    let builder = Toy::default().defaults().failure_threshold(1);
    let mut ours = HeartbeatStream::new(ours, session_with(builder));
    // An earlier crowd, which nobody was late for, does not count.
    for _ in 0..5_000 {
        write_text(&mut venue, "book").await;
        assert_eq!(soon(ours.next()).await.unwrap().unwrap(), text("book"));
    }
    // The probe leaves at 6 s; its answer is due at 9 s.
    nothing_within(secs(8), ours.next()).await;
    // The answer comes in behind a crowd, in time, while nobody polls until 0.9 s too late.
    for _ in 0..1_000 {
        write_text(&mut venue, "book").await;
    }
    write_text(&mut venue, "answer:1").await;
    tokio::time::advance(millis(1_900)).await;

    for _ in 0..1_000 {
        assert_eq!(soon(ours.next()).await.unwrap().unwrap(), text("book"));
    }
    nothing_within(millis(1), ours.next()).await;
    assert_eq!((ours.health().counters.answers, ours.health().counters.failures), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn a_task_that_has_used_up_its_budget_blames_nobody_either() {
    let (ours, mut venue) = half_pair(64 << 10).await;
    let builder = Toy::default().defaults().failure_threshold(1);
    let mut ours = HeartbeatStream::new(ours, session_with(builder));
    nothing_within(secs(8), ours.next()).await;
    write_text(&mut venue, "answer:1").await;
    tokio::time::advance(millis(1_900)).await;

    // From here on, and until it yields, the task is told that nothing is ready.
    while tokio::task::coop::has_budget_remaining() {
        tokio::task::consume_budget().await;
    }
    assert!(ours.next().now_or_never().is_none());
    nothing_within(millis(1), ours.next()).await;
    assert_eq!((ours.health().counters.answers, ours.health().counters.failures), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn a_late_task_answers_before_it_hands_out_anything() {
    let (ours, mut venue) = half_pair(64 << 10).await;
    let mut ours = HeartbeatStream::new(ours, session());
    nothing_within(secs(5), ours.next()).await;
    write_text(&mut venue, "challenge:7").await;
    for _ in 0..1_000 {
        write_text(&mut venue, "book").await;
    }
    // The first probe was due at 6 s.
    tokio::time::advance(millis(1_500)).await;

    assert_eq!(soon(ours.next()).await.unwrap().unwrap(), text("book"));
    let mut venue = WebSocketStream::from_raw_socket(venue, Role::Server, None).await;
    assert_eq!(soon(venue.next()).await.unwrap().unwrap(), text("response:7"));
}

#[tokio::test(start_paused = true)]
async fn a_message_of_the_applications_puts_off_a_probe_for_idle_lines() {
    let (ours, mut venue) = pair().await;
    let probing = Probing { every: secs(6), answer_within: secs(3), pace: Pace::OutboundIdle };
    let builder = quiet().transport_limit(secs(600)).probing(probing);
    let mut ours = HeartbeatStream::new(ours, session_with(builder));
    nothing_within(secs(4), ours.next()).await;
    soon(ours.send(text("order"))).await.unwrap();
    assert_eq!(soon(venue.next()).await.unwrap().unwrap(), text("order"));

    nothing_within(just_before(secs(6)), ours.next()).await;
    assert_eq!(ours.health().counters.probes, 0);
    nothing_within(millis(1), ours.next()).await;
    assert_eq!(soon(venue.next()).await.unwrap().unwrap(), text("probe:1"));
}

#[tokio::test(start_paused = true)]
async fn taking_the_stream_apart_loses_no_message() {
    let (ours, mut venue) = pair().await;
    let mut ours = HeartbeatStream::new(ours, session());
    for number in 0..3 {
        venue.send(text(&number.to_string())).await.unwrap();
    }
    assert_eq!(soon(ours.next()).await.unwrap().unwrap(), text("0"));
    let parts = ours.into_parts();
    let mut transport = parts.transport;
    let mut rest = parts.unread;
    while rest.len() < 2 {
        rest.push(transport.next().now_or_never().flatten().unwrap().unwrap());
    }
    assert_eq!(rest, [text("1"), text("2")]);
    assert_eq!(parts.session.health().counters.data, 3);
}
