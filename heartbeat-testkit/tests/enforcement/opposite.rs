//! A client made by hand, opposite a mock exchange.

use heartbeat_core::{Frame, Timestamp};
use heartbeat_platforms::Exchange;
use heartbeat_testkit::{
    Account, MockAction, MockExchange, MockOptions, Observation, Offence, OwnedFrame,
};

pub(crate) fn at(millis: u64) -> Timestamp {
    Timestamp::from_millis(millis)
}

/// A client made by hand, opposite a mock exchange.
pub(crate) struct Opposite {
    pub(crate) mock: MockExchange,
    pub(crate) now: Timestamp,
    pub(crate) frames: Vec<(Timestamp, OwnedFrame)>,
    pub(crate) seen: Vec<Observation>,
    pub(crate) end: Option<(Timestamp, Option<u16>)>,
}

impl Opposite {
    pub(crate) fn new(exchange: Exchange, options: MockOptions) -> Self {
        Self::joining(exchange, options, Account::new(), 0)
    }

    /// One of several clients of a venue, which connects at a time of its own.
    pub(crate) fn joining(
        exchange: Exchange,
        options: MockOptions,
        account: Account,
        millis: u64,
    ) -> Self {
        let now = at(millis);
        let mut opposite = Self {
            mock: MockExchange::with_account(exchange, options, account, now),
            now,
            frames: Vec::new(),
            seen: Vec::new(),
            end: None,
        };
        opposite.run_until(millis);
        opposite
    }

    /// A mock without market data, which would break the silence of some venues.
    pub(crate) fn quiet(exchange: Exchange) -> Self {
        Self::new(exchange, MockOptions::default().data_every(None))
    }

    /// Polls at exactly the times that the mock names.
    pub(crate) fn run_until(&mut self, millis: u64) {
        loop {
            match self.mock.poll(self.now) {
                MockAction::Send(frame) => self.frames.push((self.now, frame)),
                MockAction::Observe(observation) => self.seen.push(observation),
                MockAction::Close { code, .. } => self.end = Some((self.now, code)),
                MockAction::Cut => self.end = Some((self.now, None)),
                MockAction::Wait(deadline) => match deadline.filter(|wake| *wake <= at(millis)) {
                    Some(wake) => {
                        assert!(wake > self.now, "the mock spins at {wake:?}");
                        self.now = wake;
                    }
                    None => break,
                },
            }
        }
        self.now = at(millis);
    }

    pub(crate) fn says(&mut self, frame: Frame<'_>) {
        self.mock.handle_frame(self.now, frame);
        self.run_until(self.now.as_nanos() / 1_000_000);
    }

    /// Sends a text and returns the one that answers it.
    pub(crate) fn asks(&mut self, text: &str) -> String {
        let before = self.frames.len();
        self.says(Frame::Text(text));
        match self.frames.get(before..) {
            Some([(_, OwnedFrame::Text(answer))]) => answer.clone(),
            answers => panic!("{text} got {answers:?}"),
        }
    }

    pub(crate) fn last_ping(&self) -> Vec<u8> {
        let ping = self.frames.iter().rev().find_map(|(_, frame)| match frame {
            OwnedFrame::Ping(payload) => Some(payload.clone()),
            OwnedFrame::Text(_)
            | OwnedFrame::Binary(_)
            | OwnedFrame::Pong(_)
            | OwnedFrame::Close { .. } => None,
        });
        ping.expect("the venue has pinged")
    }

    pub(crate) fn kicked_for(&self) -> Option<Offence> {
        self.seen.iter().find_map(|seen| {
            if let Observation::Kicked { why, .. } = seen { Some(*why) } else { None }
        })
    }
}
