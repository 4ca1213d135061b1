//! What a venue sends, its platform answers to the venue's content, and nothing else will do.

#![allow(clippy::unwrap_used, reason = "a test that unwraps says what it expects")]

use heartbeat_core::{Detector, Frame, Layer, Outbox, Responder, Signal, Timestamp};
use heartbeat_platforms::{Begins, Exchange};
use heartbeat_testkit::{MockAction, MockExchange, MockOptions, Observation, Offence, OwnedFrame};

/// The venues that challenge in their dialect from the opening on.
fn challengers() -> impl Iterator<Item = Exchange> {
    Exchange::all().iter().copied().filter(|exchange| {
        let rules = exchange.rules();
        let in_dialect = rules.challenge.is_some_and(|rule| rule.layer == Layer::Dialect);
        in_dialect && rules.begins == Begins::Opening
    })
}

/// A mock exchange whose time runs from one challenge to the next.
struct Venue {
    exchange: Exchange,
    mock: MockExchange,
    now: Timestamp,
}

impl Venue {
    fn new(exchange: Exchange) -> Self {
        let now = Timestamp::ZERO;
        let options = MockOptions::default().data_every(None);
        let mut venue = Self { exchange, mock: MockExchange::new(exchange, options, now), now };
        let mut out = Outbox::new();
        exchange.arm(&mut out).unwrap();
        if let Some(frame) = out.frame() {
            venue.say(&OwnedFrame::from(frame));
        }
        venue
    }

    /// Waits for the next challenge, and returns what it wants echoed, as the platform reads it.
    fn next_token(&mut self) -> Vec<u8> {
        loop {
            match self.mock.poll(self.now) {
                MockAction::Send(frame) => {
                    if let Signal::Challenge { token } = self.exchange.classify(frame.as_frame()) {
                        return token.as_bytes().unwrap().to_vec();
                    }
                }
                MockAction::Wait(deadline) => self.now = deadline.expect("a venue that goes on"),
                MockAction::Observe(_) => {}
                end @ (MockAction::Close { .. } | MockAction::Cut | MockAction::SendInvalid) => {
                    panic!("{}: {end} before a challenge", self.exchange)
                }
            }
        }
    }

    /// Answers with this echo, and returns what the venue says to that.
    fn respond(&mut self, token: &[u8]) -> Vec<Observation> {
        let mut out = Outbox::new();
        self.exchange.respond(token, &mut out).unwrap();
        self.say(&OwnedFrame::from(out.frame().expect("a response")))
    }

    fn say(&mut self, frame: &OwnedFrame) -> Vec<Observation> {
        self.mock.handle_frame(self.now, frame.as_frame());
        let mut seen = Vec::new();
        loop {
            match self.mock.poll(self.now) {
                MockAction::Observe(observation) => seen.push(observation),
                MockAction::Wait(_) => return seen,
                MockAction::Send(_)
                | MockAction::Close { .. }
                | MockAction::Cut
                | MockAction::SendInvalid => {}
            }
        }
    }
}

/// Tells whether a wrong echo was seen for what it is: by its sender's end, or, where the wrong
/// type makes no message of the venue's, by a refusal. In no case is the challenge answered.
fn is_found_out(seen: &[Observation]) -> bool {
    let found_out = |seen: &Observation| {
        matches!(
            seen,
            Observation::Kicked { why: Offence::WrongEcho, .. } | Observation::Unexpected { .. }
        )
    };
    let answered = |seen: &Observation| matches!(seen, Observation::Answered { .. });
    seen.iter().any(found_out) && !seen.iter().any(answered)
}

/// Tells whether the token itself comes back: some venues only have their letters' case echoed.
fn is_echoed(exchange: Exchange, token: &[u8]) -> bool {
    let mut out = Outbox::new();
    exchange.respond(token, &mut out).unwrap();
    let Some(Frame::Text(response)) = out.frame() else { return false };
    response.contains(str::from_utf8(token).unwrap())
}

#[test]
fn each_challenge_is_read_and_answered_to_the_venues_content() {
    let mut venues = 0;
    for exchange in challengers() {
        let mut venue = Venue::new(exchange);
        for turn in 1..=3 {
            let token = venue.next_token();
            let seen = venue.respond(&token);
            let answered = matches!(seen.last(), Some(Observation::Answered { .. }));
            assert!(answered, "{exchange}, challenge {turn}: {seen:?}");
        }
        assert_eq!(venue.mock.counters().answered, 3, "{exchange}");
        venues += 1;
    }
    assert!(venues > 0, "no venue challenges in its dialect");
}

#[test]
fn an_echo_of_another_challenge_or_of_another_type_is_found_out() {
    let mut venues = 0;
    for exchange in challengers() {
        let token = Venue::new(exchange).next_token();
        if token.is_empty() || !is_echoed(exchange, &token) {
            continue;
        }
        // A string becomes a number, and a number a string.
        let retyped = match token.strip_prefix(b"\"").and_then(|rest| rest.strip_suffix(b"\"")) {
            Some(inner) if inner.iter().all(u8::is_ascii_digit) => inner.to_vec(),
            Some(_) => b"7".to_vec(),
            None => [b"\"", &token[..], b"\""].concat(),
        };
        for wrong in [&b"7"[..], &retyped] {
            let mut venue = Venue::new(exchange);
            assert_eq!(venue.next_token(), token, "{exchange}: the same mock, the same challenge");
            let seen = venue.respond(wrong);
            // This one takes the time of its challenge as a number as well.
            if exchange == Exchange::HtxFuturesOrders && wrong == retyped {
                assert!(matches!(seen.last(), Some(Observation::Answered { .. })), "{seen:?}");
                continue;
            }
            assert!(is_found_out(&seen), "{exchange}: {} {seen:?}", wrong.escape_ascii());
        }
        venues += 1;
    }
    assert!(venues > 0, "no venue wants anything echoed");
}
