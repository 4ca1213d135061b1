//! A plan carried out against a mock exchange, in virtual time.

use heartbeat_core::Timestamp;

use super::{Next, Options, Plan, ProbeReport, Prober, ProberAction, Subject};
use crate::{
    Account, Arrival, ConnectWindow, Delay, Link, MockAction, MockExchange, MockOptions,
    OwnedFrame, Rng, RuleBook,
};

/// How many steps one connection may take at one point in time: more is a spin.
const STEPS_MAX: u32 = 10_000;

/// How many frames can be under way in each direction; a mock sends far less at once.
const WINDOW: usize = 4_096;

/// Carries a plan out against a mock exchange, in virtual time and without delay, one connection
/// at a time.
///
/// The venue is that of `book`, with its budget of connections; `subject` is what is documented,
/// which need not be the same.
///
/// # Panics
///
/// If client and mock spin, which is a fault of one of them.
pub fn run(subject: Subject, book: &RuleBook, mock: &MockOptions, options: Options) -> ProbeReport {
    run_over(Delay::NONE, subject, book, mock, options)
}

/// Carries a plan out as [`run`] does, over a line with a delay in each direction.
///
/// # Panics
///
/// As [`run`].
pub fn run_over(
    delay: Delay,
    subject: Subject,
    book: &RuleBook,
    mock: &MockOptions,
    options: Options,
) -> ProbeReport {
    let mut now = Timestamp::ZERO;
    let mut plan = Plan::new(subject, options.at_once(1), now);
    let mut window = ConnectWindow::new(book.clone(), mock);
    let account = Account::new();
    let mut rng = Rng::from_seed(0);
    loop {
        let mut client = match plan.next(now) {
            Next::Begin(client) => *client,
            Next::Wait(Some(at)) => {
                now = now.max(at);
                continue;
            }
            Next::Wait(None) | Next::Done => return plan.report(),
        };
        if let Err(refused) = window.admit(now) {
            client.handle_refused(now, refused.to_string());
        } else {
            let (book, mock) = (book.clone(), mock.clone());
            let venue = MockExchange::with_account(book, mock, account.clone(), now);
            let mut line = Line::new(delay, client, venue, &mut rng);
            now = line.run(now);
            client = line.client;
        }
        plan.handle_recording(client.into_recording());
    }
}

/// A connection, with both its ends.
struct Line {
    client: Prober,
    venue: MockExchange,
    to_client: Link<OwnedFrame>,
    to_venue: Link<OwnedFrame>,
}

impl Line {
    fn new(delay: Delay, client: Prober, venue: MockExchange, rng: &mut Rng) -> Self {
        let to_client = Link::new(delay, WINDOW, rng.split());
        let to_venue = Link::new(delay, WINDOW, rng.split());
        Self { client, venue, to_client, to_venue }
    }

    /// Lives through it, and returns when it was over.
    fn run(&mut self, mut now: Timestamp) -> Timestamp {
        self.client.handle_opened(now);
        let mut steps = 0;
        loop {
            self.deliver(now);
            let venue_wakes = self.serve(now);
            let client_wakes = match self.client.poll(now) {
                ProberAction::Send(frame) => {
                    self.to_venue.send(now, frame);
                    Some(now)
                }
                ProberAction::Wait(wakes) => wakes,
                ProberAction::Over => return now,
            };
            let arrives = [self.to_client.next_at(), self.to_venue.next_at()];
            let next = arrives.into_iter().chain([venue_wakes, client_wakes]).flatten().min();
            let Some(next) = next else { return now };
            steps = if next > now { 0 } else { steps + 1 };
            now = now.max(next);
            assert!(steps < STEPS_MAX, "{} spins", self.client.experiment().as_str());
        }
    }

    fn deliver(&mut self, now: Timestamp) {
        while let Some(arrival) = self.to_venue.receive(now) {
            if let Arrival::Item(frame) = arrival {
                self.venue.handle_frame(now, frame.as_frame());
            }
        }
        while let Some(arrival) = self.to_client.receive(now) {
            match arrival {
                Arrival::Item(frame) => self.client.handle_frame(now, frame.as_frame()),
                Arrival::Part => {}
                Arrival::End => self.client.handle_closed(now),
            }
        }
    }

    /// Sends what the venue sends, and returns when it is to be polled next.
    fn serve(&mut self, now: Timestamp) -> Option<Timestamp> {
        loop {
            match self.venue.poll(now) {
                MockAction::Send(frame) => {
                    self.to_client.send(now, frame);
                }
                MockAction::Close { code, reason } => {
                    self.to_client.send(now, OwnedFrame::Close { code, reason });
                }
                MockAction::SendInvalid => self.client.handle_broken(now, "a reserved opcode"),
                MockAction::Cut => self.to_client.finish(now),
                MockAction::Observe(_) => {}
                MockAction::Wait(wakes) => return wakes,
            }
        }
    }
}
