//! Budgets: who stays at the very limit is let be, and who exceeds it by one is not.

use core::num::NonZeroU32;
use core::time::Duration;

use heartbeat_core::Frame;
use heartbeat_platforms::{Exchange, MessageBudget};
use heartbeat_testkit::{ConnectWindow, MockOptions, Observation, Offence};

use crate::opposite::{Opposite, at};

/// A message that every venue takes, and takes for a beginning.
const MESSAGE: Frame<'_> = Frame::Text(r#"{"mock":"login","id":1,"key":"K"}"#);

fn says_so_often(client: &mut Opposite, frame: Frame<'_>, times: u32) {
    for _ in 0..times {
        client.says(frame);
    }
}

fn budgets() -> impl Iterator<Item = (Exchange, u32, u64, bool)> {
    Exchange::all().iter().filter_map(|exchange| {
        let MessageBudget { budget, counts_control_frames } = exchange.facts().message_budget?;
        let millis = u64::try_from(budget.per.as_millis()).unwrap();
        Some((*exchange, budget.count, millis, counts_control_frames))
    })
}

/// Tells whether a client that answers no challenge lives for as long as a window.
fn is_patient_for(exchange: Exchange, millis: u64) -> bool {
    let challenge = exchange.rules().challenge;
    challenge.is_none_or(|rule| rule.every + rule.ends_after() > Duration::from_millis(millis))
}

/// A client that has used up its window, all of it at once but for one message half-way.
fn at_the_limit(exchange: Exchange, options: MockOptions, count: u32, half: u64) -> Opposite {
    let mut client = Opposite::new(exchange, options.data_every(None));
    says_so_often(&mut client, MESSAGE, count - 1);
    client.run_until(half);
    client.says(MESSAGE);
    client
}

fn is_thrown_out_for_one_too_many(client: &Opposite, limit: u32) {
    let why = Offence::TooManyMessages { count: limit + 1, limit };
    let kicked = Observation::Kicked { why, code: Some(1008) };
    assert_eq!(client.seen.last(), Some(&kicked));
    assert_eq!(client.end, Some((client.now, Some(1008))));
}

#[test]
fn one_message_beyond_a_venues_window_ends_the_connection() {
    let mut venues = 0;
    for (exchange, count, millis, _) in budgets() {
        venues += 1;
        if !is_patient_for(exchange, millis) {
            let mut client = Opposite::quiet(exchange);
            says_so_often(&mut client, MESSAGE, count);
            assert_eq!(client.end, None, "{exchange}");
            client.says(MESSAGE);
            is_thrown_out_for_one_too_many(&client, count);
            continue;
        }
        // Before the first have left the window it is one too many.
        let mut client = at_the_limit(exchange, MockOptions::default(), count, millis / 2);
        client.run_until(millis - 1);
        assert_eq!(client.end, None, "{exchange}");
        client.says(MESSAGE);
        is_thrown_out_for_one_too_many(&client, count);

        // When they have, as many more are borne as have left, and no burst of a whole window.
        let mut client = at_the_limit(exchange, MockOptions::default(), count, millis / 2);
        client.run_until(millis);
        says_so_often(&mut client, MESSAGE, count - 1);
        assert_eq!(client.end, None, "{exchange}");
        client.says(MESSAGE);
        is_thrown_out_for_one_too_many(&client, count);
    }
    assert!(venues >= 10, "{venues}");
}

#[test]
fn control_frames_count_where_the_venue_counts_them() {
    for (exchange, count, _, counts_control_frames) in budgets() {
        for frame in [Frame::Ping(b"7"), Frame::Pong(b"")] {
            let mut client = Opposite::quiet(exchange);
            client.says(MESSAGE);
            says_so_often(&mut client, frame, count - 1);
            assert_eq!(client.end, None, "{exchange}");
            client.says(frame);
            assert_eq!(client.end.is_some(), counts_control_frames, "{exchange}: {frame:?}");
        }
    }
}

#[test]
fn a_faster_venue_has_a_shorter_window() {
    let options = MockOptions::default().time_scale(NonZeroU32::new(10).unwrap());
    // Binance: 5 in a second.
    let mut client = at_the_limit(Exchange::BinanceSpot, options, 5, 50);
    client.run_until(100);
    says_so_often(&mut client, MESSAGE, 4);
    assert_eq!(client.end, None);
    client.says(MESSAGE);
    is_thrown_out_for_one_too_many(&client, 5);
}

#[test]
fn a_venue_without_a_budget_and_a_mock_that_enforces_none_bear_everything() {
    for exchange in Exchange::all() {
        let budget = exchange.facts().message_budget;
        let options = MockOptions::default().enforce_budgets(budget.is_none());
        let mut client = Opposite::new(*exchange, options);
        let count = budget.map_or(500, |message| message.budget.count);
        says_so_often(&mut client, MESSAGE, count + 1);
        assert_eq!(client.end, None, "{exchange}");
    }
}

#[test]
fn a_window_of_connections_lets_in_what_the_venue_bears() {
    let mut venues = 0;
    for exchange in Exchange::all() {
        let mut window = ConnectWindow::new(*exchange, &MockOptions::default());
        let Some(budget) = exchange.facts().connect_budget else {
            assert!((0..10_000).all(|_| window.admit(at(0)).is_ok()), "{exchange}");
            continue;
        };
        let millis = u64::try_from(budget.per.as_millis()).unwrap();
        // The last of them comes later, where there are several.
        assert!((1..budget.count).all(|_| window.admit(at(0)).is_ok()), "{exchange}");
        let last = if budget.count > 1 { millis / 2 } else { 0 };
        assert!(window.admit(at(last)).is_ok(), "{exchange}");
        let refused = window.admit(at(millis - 1)).unwrap_err();
        assert_eq!(refused.limit, budget.count);
        assert_eq!(refused.retry_after.as_millis(), 1, "{exchange}");
        // What was refused takes nobody's place.
        assert!((1..budget.count.max(2)).all(|_| window.admit(at(millis)).is_ok()), "{exchange}");
        assert!(window.admit(at(millis)).is_err(), "{exchange}");
        let unbounded = MockOptions::default().enforce_budgets(false);
        let mut window = ConnectWindow::new(*exchange, &unbounded);
        assert!((0..10_000).all(|_| window.admit(at(0)).is_ok()), "{exchange}");
        venues += 1;
    }
    assert!(venues >= 15, "{venues}");
}
