//! The orders of an account: placed by any connection, cancelled by none that is not asked to.

use core::num::NonZeroU32;
use core::time::Duration;

use heartbeat_core::{Frame, Outbox, Responder};
use heartbeat_platforms::Exchange;
use heartbeat_testkit::{
    Account, CancelledBy, MockAction, MockOptions, Observation, OwnedFrame, Surprise,
};

use crate::opposite::{Opposite, at};

const PLACE: &str = r#"{"mock":"place","id":3,"order":"a-1"}"#;

/// A client of a venue without market data, and the venue's account.
fn opposite(exchange: Exchange, options: MockOptions) -> (Opposite, Account) {
    let account = Account::new();
    (Opposite::joining(exchange, options.data_every(None), account.clone(), 0), account)
}

fn cancelled(opposite: &Opposite) -> Vec<Observation> {
    let is_it = |seen: &Observation| matches!(seen, Observation::OrdersCancelled { .. });
    opposite.seen.iter().filter(|seen| is_it(seen)).cloned().collect()
}

#[test]
fn every_venue_speaks_the_order_protocol_to_the_letter() {
    for exchange in Exchange::all() {
        let (mut client, account) = opposite(*exchange, MockOptions::default());
        for (request, reply) in [
            (r#"{"mock":"login","id":1,"key":"K"}"#, r#"{"mock":"logged_in","id":1}"#),
            (
                r#"{"mock":"login","id":1,"key":"wrong"}"#,
                r#"{"mock":"error","id":1,"why":"key refused"}"#,
            ),
            (
                r#"{"mock":"subscribe","id":2,"channel":"c"}"#,
                r#"{"mock":"subscribed","id":2,"channel":"c"}"#,
            ),
            (PLACE, r#"{"mock":"placed","id":3,"order":"a-1"}"#),
            (PLACE, r#"{"mock":"error","id":3,"why":"duplicate order"}"#),
        ] {
            assert_eq!(client.asks(request), reply, "{exchange}");
        }
        // What a window of five in a second bears.
        client.run_until(1_100);
        for (request, reply) in [
            (r#"{"mock":"orders","id":6}"#, r#"{"mock":"orders","id":6,"open":["a-1"]}"#),
            (
                r#"{"id":4,"order":"a-1","mock":"cancel"}"#,
                r#"{"mock":"cancelled","id":4,"order":"a-1"}"#,
            ),
            (
                r#"{"mock":"cancel","id":4,"order":"a-1"}"#,
                r#"{"mock":"error","id":4,"why":"no such order"}"#,
            ),
            (PLACE, r#"{"mock":"placed","id":3,"order":"a-1"}"#),
            (r#"{"mock":"cancel_all","id":5}"#, r#"{"mock":"cancelled_all","id":5,"count":1}"#),
        ] {
            assert_eq!(client.asks(request), reply, "{exchange}");
        }
        assert!(account.open_orders().is_empty());
        assert_eq!((client.end, cancelled(&client)), (None, Vec::new()), "{exchange}");
    }
}

#[test]
fn a_subscription_of_the_mocks_own_starts_the_venues_market_data() {
    for exchange in Exchange::all() {
        let mut client = Opposite::new(*exchange, MockOptions::default());
        client.says(Frame::Text(r#"{"mock":"subscribe","id":2,"channel":"c"}"#));
        client.run_until(2_000);
        assert!(client.mock.counters().data >= 4, "{exchange}");
        assert_eq!(client.end, None, "{exchange}");
    }
}

#[test]
fn a_request_that_says_too_little_or_too_much_is_refused_and_tells_why() {
    let (mut client, account) = opposite(Exchange::Okx, MockOptions::default());
    let long = "x".repeat(Account::NAME_MAX + 1);
    let name = r#""name must be a string of 1 to 64 bytes""#;
    for (request, id, why) in [
        (format!(r#"{{"mock":"place","id":1,"order":"{long}"}}"#), "1", name),
        (r#"{"mock":"place","id":1,"order":""}"#.to_owned(), "1", name),
        (r#"{"mock":"place","id":1}"#.to_owned(), "1", name),
        (r#"{"mock":"buy","id":1}"#.to_owned(), "1", r#""unknown request""#),
        (r#"{"mock":"login","id":1}"#.to_owned(), "1", r#""key must be a string""#),
        (
            r#"{"mock":"orders","id":-1}"#.to_owned(),
            "-1",
            r#""id must be a whole number, not negative""#,
        ),
        (
            r#"{"mock":"dead_man","id":1,"timeout_ms":-1}"#.to_owned(),
            "1",
            r#""timeout_ms must be a whole number, not negative""#,
        ),
        (
            r#"{"mock":"cancel_on_disconnect","id":1,"on":1}"#.to_owned(),
            "1",
            r#""on must be true or false""#,
        ),
    ] {
        let error = format!(r#"{{"mock":"error","id":{id},"why":{why}}}"#);
        assert_eq!(client.asks(&request), error);
        let why = Surprise::RefusedRequest;
        assert_eq!(client.seen.last(), Some(&Observation::Unexpected { why }), "{request}");
    }
    assert!(account.open_orders().is_empty());
}

#[test]
fn an_account_is_bounded() {
    let (mut client, account) = opposite(Exchange::Okx, MockOptions::default());
    let place = |order: usize| format!(r#"{{"mock":"place","id":1,"order":"{order}"}}"#);
    for order in 0..Account::ORDERS_MAX {
        client.asks(&place(order));
    }
    let full = r#"{"mock":"error","id":1,"why":"order book full"}"#;
    assert_eq!(client.asks(&place(Account::ORDERS_MAX)), full);
    assert_eq!(account.open_orders().len(), Account::ORDERS_MAX);
    client.asks(r#"{"mock":"cancel","id":1,"order":"7"}"#);
    assert_ne!(client.asks(&place(Account::ORDERS_MAX)), full);
}

#[test]
fn orders_outlive_a_connection_that_did_not_ask_for_their_end() {
    for exchange in Exchange::all() {
        let (mut client, account) = opposite(*exchange, MockOptions::default());
        client.asks(PLACE);
        client.mock.handle_closed(at(1_000));
        client.run_until(1_000_000);
        assert_eq!(account.open_orders(), ["a-1"], "{exchange}");
        assert_eq!(cancelled(&client), [], "{exchange}");
        // Another connection finds them.
        let mut next =
            Opposite::joining(*exchange, MockOptions::default(), account.clone(), 2_000_000);
        let cancel = r#"{"mock":"cancel","id":4,"order":"a-1"}"#;
        next.says(Frame::Text(cancel));
        assert!(account.open_orders().is_empty(), "{exchange}");
    }
}

#[test]
fn a_disconnect_cancels_what_its_own_connection_placed_however_it_comes() {
    const ENDS: [fn(&mut Opposite); 3] = [
        |client| client.mock.handle_closed(client.now),
        |client| client.says(Frame::Close { code: Some(1000), reason: "" }),
        |client| client.mock.shut_down(client.now),
    ];
    for exchange in Exchange::all() {
        for end in ENDS {
            let (mut client, account) = opposite(*exchange, MockOptions::default());
            let other = r#"{"mock":"place","id":1,"order":"other"}"#;
            let options = MockOptions::default().data_every(None);
            Opposite::joining(*exchange, options, account.clone(), 0).asks(other);
            client.asks(r#"{"mock":"cancel_on_disconnect","id":8,"on":true}"#);
            client.asks(PLACE);
            end(&mut client);
            client.run_until(1_000);
            assert_eq!(account.open_orders(), ["other"], "{exchange}");
            let why = CancelledBy::Disconnect;
            assert_eq!(
                cancelled(&client),
                [Observation::OrdersCancelled { count: 1, why }],
                "{exchange}"
            );
        }
    }
}

/// Who is thrown out loses them as well.
#[test]
fn a_client_that_is_kicked_or_cut_off_loses_its_orders() {
    for fault in ["cut@1s", "close=1012@1s"] {
        let options = MockOptions::default().fault(fault.parse().unwrap());
        let (mut client, account) = opposite(Exchange::Okx, options.cancel_on_disconnect(true));
        client.asks(PLACE);
        client.run_until(999);
        assert_eq!(account.open_orders(), ["a-1"]);
        client.run_until(1_000);
        assert!(account.open_orders().is_empty(), "{fault}");
        assert_eq!(cancelled(&client).len(), 1, "{fault}");
    }
    let options = MockOptions::default().cancel_on_disconnect(true);
    let (mut silent, account) = opposite(Exchange::Okx, options);
    silent.asks(PLACE);
    silent.run_until(29_999);
    assert_eq!(account.open_orders(), ["a-1"]);
    silent.run_until(30_000);
    assert!(account.open_orders().is_empty());
    let why = CancelledBy::Disconnect;
    let seen = Observation::OrdersCancelled { count: 1, why };
    assert_eq!(seen.to_json(), r#"{"event":"orders_cancelled","count":1,"why":"disconnect"}"#);
    assert_eq!(cancelled(&silent), [seen]);
}

#[test]
fn a_timer_that_is_wound_up_in_time_never_fires_and_one_that_is_not_does() {
    for exchange in Exchange::all() {
        let (mut client, account) = opposite(*exchange, MockOptions::default());
        // Some expect a client to begin with something.
        client.says(Frame::Text(r#"{"mock":"login","id":1,"key":"K"}"#));
        client.asks(PLACE);
        for second in [0, 2, 4] {
            client.run_until(second * 1_000);
            client.says(Frame::Text(r#"{"mock":"dead_man","id":7,"timeout_ms":2500}"#));
        }
        client.run_until(6_499);
        assert_eq!(account.open_orders(), ["a-1"], "{exchange}");
        assert_eq!(cancelled(&client), [], "{exchange}");
        client.run_until(6_500);
        assert!(account.open_orders().is_empty(), "{exchange}");
        let why = CancelledBy::DeadMan;
        let seen = Observation::OrdersCancelled { count: 1, why };
        assert_eq!(cancelled(&client), [seen], "{exchange}");
        // Once it has fired it is off.
        client.says(Frame::Text(PLACE));
        client.run_until(20_000);
        assert_eq!(account.open_orders(), ["a-1"], "{exchange}");
    }
}

#[test]
fn a_timer_runs_out_though_nobody_is_connected_or_the_line_is_dead() {
    let wind_up = r#"{"mock":"dead_man","id":7,"timeout_ms":15000}"#;
    let (mut client, account) = opposite(Exchange::Okx, MockOptions::default());
    client.asks(PLACE);
    client.asks(wind_up);
    client.mock.handle_closed(at(1_000));
    assert_eq!(account.next_at(), Some(at(15_000)));
    assert_eq!(account.poll(at(14_999)), None);
    let why = CancelledBy::DeadMan;
    assert_eq!(account.poll(at(15_000)), Some(Observation::OrdersCancelled { count: 1, why }));
    assert_eq!((account.poll(at(15_000)), account.next_at()), (None, None));

    let options = MockOptions::default().fault("half-open@1s".parse().unwrap());
    let (mut client, account) = opposite(Exchange::Okx, options);
    client.asks(PLACE);
    client.asks(wind_up);
    client.run_until(15_000);
    assert!(account.open_orders().is_empty());
    assert_eq!(cancelled(&client).len(), 1);
}

/// Each connection tells whoever polls it of the timer, however long it had nothing to do.
#[test]
fn a_timer_that_another_connection_winds_up_is_not_slept_through() {
    let (mut first, account) = opposite(Exchange::Rfc6455, MockOptions::default());
    first.asks(PLACE);
    let far = MockAction::Wait(Some(at(20_000)));
    assert_eq!(first.mock.poll(at(0)), far);
    let options = MockOptions::default().data_every(None);
    let mut second = Opposite::joining(Exchange::Rfc6455, options, account.clone(), 0);
    second.asks(r#"{"mock":"dead_man","id":7,"timeout_ms":15000}"#);
    assert_eq!(first.mock.poll(at(0)), MockAction::Wait(Some(at(15_000))));
    first.run_until(15_000);
    assert!(account.open_orders().is_empty());
    assert_eq!((cancelled(&first).len(), cancelled(&second).len()), (1, 0));
    assert_eq!(first.mock.poll(at(15_000)), far);
}

#[test]
fn a_timer_that_is_switched_off_stays_silent() {
    let (mut client, account) = opposite(Exchange::Okx, MockOptions::default());
    client.asks(PLACE);
    client.asks(r#"{"mock":"dead_man","id":7,"timeout_ms":15000}"#);
    let off = r#"{"mock":"dead_man","id":7,"timeout_ms":0}"#;
    assert_eq!(client.asks(off), off);
    assert_eq!(account.next_at(), None);
    client.run_until(1_000_000);
    assert_eq!(account.open_orders(), ["a-1"]);
}

#[test]
fn a_faster_venue_has_a_faster_timer() {
    let options = MockOptions::default().time_scale(NonZeroU32::new(10).unwrap());
    let (mut client, account) = opposite(Exchange::Okx, options);
    client.asks(PLACE);
    client.asks(r#"{"mock":"dead_man","id":7,"timeout_ms":15000}"#);
    assert_eq!(account.next_at(), Some(at(1_500)));
}

/// The venues whose own messages do it over the WebSocket: what winds the timer up to how long,
/// and what switches it off.
const TIMERS: [(Exchange, &str, u64, Option<&str>); 4] = [
    (
        Exchange::Bitmex,
        r#"{"op":"cancelAllAfter","args":60000}"#,
        60_000,
        Some(r#"{"op":"cancelAllAfter","args":0}"#),
    ),
    (
        Exchange::Bitvavo,
        concat!(
            r#"{"action":"privateCancelOrdersAfter","codGroupId":1,"expiryAfterSeconds":30,"#,
            r#""requestId":1}"#
        ),
        30_000,
        None,
    ),
    (
        Exchange::KrakenV1,
        r#"{"event":"cancelAllOrdersAfter","reqid":1,"timeout":60,"token":"t"}"#,
        60_000,
        Some(r#"{"event":"cancelAllOrdersAfter","reqid":1,"timeout":0,"token":"t"}"#),
    ),
    (
        Exchange::KrakenV2,
        r#"{"method":"cancel_all_orders_after","params":{"timeout":60,"token":"t"},"req_id":1}"#,
        60_000,
        Some(
            r#"{"method":"cancel_all_orders_after","params":{"timeout":0,"token":"t"},"req_id":1}"#,
        ),
    ),
];

/// The messages that ask for cancel on disconnect.
const ASKED: [(Exchange, &str); 4] = [
    (Exchange::Bitfinex, r#"{"event":"auth","apiKey":"k","dms":4}"#),
    (
        Exchange::CryptoCom,
        r#"{"id":1,"method":"private/set-cancel-on-disconnect","params":{"scope":"CONNECTION"}}"#,
    ),
    (
        Exchange::Deribit,
        r#"{"jsonrpc":"2.0","id":1,"method":"private/enable_cancel_on_disconnect","params":{}}"#,
    ),
    (
        Exchange::Paradex,
        concat!(
            r#"{"jsonrpc":"2.0","id":1,"method":"order.cancel_on_disconnect","#,
            r#""params":{"enabled":true}}"#
        ),
    ),
];

#[test]
fn a_venues_own_message_winds_its_timer_up() {
    for (exchange, wind_up, millis, off) in TIMERS {
        let (mut client, account) = opposite(exchange, MockOptions::default());
        client.asks(wind_up);
        assert_eq!(account.next_at(), Some(at(millis)), "{exchange}");
        if let Some(off) = off {
            client.asks(off);
            assert_eq!(account.next_at(), None, "{exchange}");
        }
    }
}

/// What the venue's platform writes is what the mock reads.
#[test]
fn a_timer_is_wound_up_by_what_the_venues_platform_writes() {
    let mut venues = 0;
    for exchange in Exchange::all() {
        for secs in [60, 0] {
            let mut out = Outbox::new();
            exchange.dead_man(Duration::from_secs(secs), &mut out).unwrap();
            let Some(frame) = out.frame() else { continue };
            let (mut client, account) = opposite(*exchange, MockOptions::default());
            client.says(Frame::Text(r#"{"mock":"dead_man","id":7,"timeout_ms":1000}"#));
            client.says(frame);
            let lapses = (secs > 0).then(|| at(secs * 1_000));
            assert_eq!(account.next_at(), lapses, "{exchange}: {frame:?}");
            venues += 1;
        }
    }
    assert!(venues > 0);
}

#[test]
fn a_venues_own_message_asks_for_cancel_on_disconnect() {
    for (exchange, ask) in ASKED {
        for asked in [true, false] {
            let (mut client, account) = opposite(exchange, MockOptions::default());
            client.asks(PLACE);
            if asked {
                client.asks(ask);
            }
            client.mock.handle_closed(at(0));
            assert_eq!(account.open_orders().is_empty(), asked, "{exchange}");
        }
    }
}

/// Those of Hyperliquid and of Polymarket's perpetuals are signed actions with a date, which a mock
/// cannot check.
#[test]
fn every_venue_that_can_be_asked_over_the_websocket_is() {
    const SIGNED: [Exchange; 5] = [
        Exchange::Bit2me,
        Exchange::DeriveV3,
        Exchange::Hyperliquid,
        Exchange::PolymarketPerps,
        Exchange::Thalex,
    ];
    for exchange in Exchange::all() {
        let safety = exchange.facts().order_safety;
        let by_message = safety.safeguards().iter().any(|rule| rule.via.is_web_socket());
        let is_timer = TIMERS.iter().any(|row| row.0 == *exchange);
        // Who shares a dialect is asked in it.
        let is_asked = ASKED.iter().any(|row| row.0.name() == exchange.dialect());
        let is_known = is_timer || is_asked || SIGNED.contains(exchange);
        assert_eq!(is_known, by_message, "{exchange}: {safety}");
    }
}

/// A venue's replies may be packed; the protocol's never are.
#[test]
fn replies_are_plain_text_where_all_else_is_compressed() {
    for exchange in [Exchange::HtxMarket, Exchange::BingxSwap] {
        let (mut client, _) = opposite(exchange, MockOptions::default());
        client.says(Frame::Text(r#"{"mock":"orders","id":6}"#));
        let reply = OwnedFrame::text(r#"{"mock":"orders","id":6,"open":[]}"#);
        assert_eq!(client.frames.last(), Some(&(at(0), reply)));
    }
}
