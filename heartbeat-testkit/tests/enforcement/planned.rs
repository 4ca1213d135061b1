//! What a venue does at its own time: it announces, it leaves, it lets nobody stay for ever.

use core::num::NonZeroU32;
use core::time::Duration;
use std::fs;
use std::path::Path;

use heartbeat_core::{Detector, Frame, NoticeKind, Outbox, Responder, Signal};
use heartbeat_platforms::Exchange;
use heartbeat_testkit::{Departure, MockOptions, Observation, OwnedFrame};

use crate::opposite::{Opposite, at};

const KINDS: [NoticeKind; 4] = [
    NoticeKind::Shutdown,
    NoticeKind::MaintenanceStarted,
    NoticeKind::MaintenanceEnded,
    NoticeKind::SessionExpired,
];

const LOGIN: &str = r#"{"mock":"login","id":1,"key":"K"}"#;
const SUBSCRIBE: &str = r#"{"mock":"subscribe","id":2,"channel":"c"}"#;

/// Every announcement of the venue's that was ever seen or documented, as its platform reads it.
fn notices_of(exchange: Exchange) -> Vec<(NoticeKind, Option<Duration>)> {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../heartbeat-platforms/fixtures");
    let mut notices = Vec::new();
    for entry in fs::read_dir(fixtures.join(exchange.name())).unwrap() {
        let path = entry.unwrap().path();
        let bytes = fs::read(&path).unwrap();
        let is_text = path.extension().is_some_and(|extension| extension == "txt");
        let frame = match core::str::from_utf8(&bytes) {
            Ok(text) if is_text => Frame::Text(text),
            Ok(_) | Err(_) => Frame::Binary(&bytes),
        };
        if let Signal::Notice { kind, deadline } = exchange.classify(frame) {
            notices.push((kind, deadline));
        }
    }
    notices
}

/// Announces on a new connection, and returns what the client reads.
fn announced(exchange: Exchange, kind: NoticeKind) -> Option<OwnedFrame> {
    let mut client = Opposite::quiet(exchange);
    let before = client.frames.len();
    let is_said = client.mock.announce(at(0), kind);
    client.run_until(0);
    let said = client.frames.get(before).map(|(_, frame)| frame.clone());
    assert_eq!(said.is_some(), is_said, "{exchange}");
    said
}

#[test]
fn a_venue_announces_what_its_platform_reads_and_nothing_that_was_made_up() {
    let mut count = 0;
    for exchange in Exchange::all() {
        let notices = notices_of(*exchange);
        for kind in KINDS {
            let documented = notices.iter().find(|(read, _)| *read == kind);
            let said = announced(*exchange, kind);
            let read = said.map(|frame| exchange.classify(frame.as_frame()));
            match (documented, read) {
                (Some((kind, deadline)), read) => {
                    let (kind, deadline) = (*kind, *deadline);
                    assert_eq!(read, Some(Signal::Notice { kind, deadline }), "{exchange}");
                    count += 1;
                }
                // Kraken's `online` ends a maintenance, but comes with every connection as well.
                (None, Some(read)) => assert_eq!((kind, read), (KINDS[2], Signal::Data)),
                (None, None) => {}
            }
        }
    }
    assert!(count >= 14, "{count}");
}

#[test]
fn a_venue_that_has_announced_its_end_leaves_when_it_said_and_not_before() {
    let why = Departure::Announced;
    for exchange in Exchange::all() {
        let Some(notice) = announced(*exchange, NoticeKind::Shutdown) else { continue };
        let Signal::Notice { deadline, .. } = exchange.classify(notice.as_frame()) else {
            panic!("{exchange}: {notice}");
        };
        let lead = deadline.unwrap_or(Duration::from_secs(10));
        let millis = u64::try_from(lead.as_millis()).unwrap();
        let mut client = Opposite::quiet(*exchange);
        assert!(client.mock.announce(at(0), NoticeKind::Shutdown));
        client.run_until(millis / 2);
        client.says(Frame::Text(LOGIN));
        client.run_until(millis - 1);
        assert_eq!(client.end, None, "{exchange}");
        client.run_until(millis);
        assert_eq!(client.end, Some((at(millis), Some(1001))), "{exchange}");
        assert_eq!(client.seen.last(), Some(&Observation::Left { why, code: Some(1001) }));
    }
    let left = Observation::Left { why, code: Some(1001) };
    assert_eq!(left.to_json(), r#"{"event":"left","code":1001,"why":"announced"}"#);
}

#[test]
fn an_announcement_comes_when_it_is_planned_for() {
    let plan = Duration::from_secs(20);
    let options = MockOptions::default().time_scale(NonZeroU32::new(2).unwrap());
    let options = options.data_every(None).notice(NoticeKind::Shutdown, plan);
    let mut client = Opposite::new(Exchange::Okx, options);
    let is_announced = |client: &Opposite| {
        client.seen.iter().any(|seen| matches!(seen, Observation::Announced { .. }))
    };
    client.run_until(10_000);
    client.asks("ping");
    client.run_until(19_999);
    assert!(!is_announced(&client));
    client.run_until(20_000);
    assert!(is_announced(&client));
    // Twice as fast, the venue's thirty seconds are fifteen.
    client.run_until(30_000);
    client.asks("ping");
    client.run_until(34_999);
    assert_eq!(client.end, None);
    client.run_until(35_000);
    assert!(client.end.is_some());
}

#[test]
fn maintenance_keeps_market_data_back_until_it_is_over_and_asked_for_again() {
    for exchange in Exchange::all() {
        let options = || MockOptions::default().data_every(Some(Duration::from_millis(100)));
        let mut client = Opposite::new(*exchange, options());
        if !client.mock.announce(at(0), NoticeKind::MaintenanceStarted) {
            continue;
        }
        let data = |client: &Opposite| client.mock.counters().data;
        let mut client = Opposite::new(*exchange, options());
        client.says(Frame::Text(SUBSCRIBE));
        client.run_until(1_000);
        assert_eq!(data(&client), 10, "{exchange}");
        client.mock.announce(client.now, NoticeKind::MaintenanceStarted);
        client.run_until(5_000);
        client.says(Frame::Text(SUBSCRIBE));
        client.run_until(10_000);
        assert_eq!(data(&client), 10, "{exchange}");
        client.mock.announce(client.now, NoticeKind::MaintenanceEnded);
        client.run_until(12_000);
        assert_eq!(data(&client), 10, "{exchange}");
        client.says(Frame::Text(SUBSCRIBE));
        client.run_until(13_000);
        assert_eq!(data(&client), 20, "{exchange}");
        assert_eq!(client.end, None, "{exchange}");
    }
}

/// Says something and answers what is to be answered, as often as any of these venues wants.
fn keeps_alive_until(client: &mut Opposite, exchange: Exchange, millis: u64) {
    let (mut now, step) = (0, 10_000);
    while now + step < millis {
        now += step;
        client.run_until(now);
        for (_, frame) in core::mem::take(&mut client.frames) {
            let mut out = Outbox::new();
            match (&frame, exchange.classify(frame.as_frame())) {
                (OwnedFrame::Ping(payload), _) => client.says(Frame::Pong(payload)),
                (_, Signal::Challenge { token }) => {
                    exchange.respond(token.as_bytes().unwrap(), &mut out).unwrap();
                    out.frame().into_iter().for_each(|frame| client.says(frame));
                }
                _ => {}
            }
        }
        client.says(Frame::Text(LOGIN));
        client.frames.clear();
    }
    client.run_until(millis);
}

/// Bitstamp's ninety days are left to the unit test of the plan.
#[test]
fn nobody_stays_longer_than_the_venue_lets_anybody_stay() {
    let mut venues = 0;
    for exchange in Exchange::all() {
        let Some(age) = exchange.facts().max_age.filter(|age| age.as_secs() <= 86_400) else {
            continue;
        };
        let mut client = Opposite::quiet(*exchange);
        let millis = u64::try_from(age.as_millis()).unwrap();
        keeps_alive_until(&mut client, *exchange, millis - 1);
        assert_eq!(client.end, None, "{exchange}: {:?}", client.kicked_for());
        client.run_until(millis);
        assert_eq!(client.end, Some((at(millis), None)), "{exchange}");
        let left = Observation::Left { why: Departure::MaxAge, code: None };
        assert_eq!(client.seen.last(), Some(&left), "{exchange}");
        venues += 1;
    }
    assert!(venues >= 6, "{venues}");
}
