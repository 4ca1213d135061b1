//! Each challenge is answered exactly once, in time, and to the byte.

use core::time::Duration;
use std::collections::VecDeque;

use heartbeat_core::{Event, Layer, Outlet, Timestamp};
use heartbeat_platforms::Rules;

use super::Oracle;
use crate::mock::is_mocks_own;
use crate::{Entry, HeartbeatKind, Observation, OwnedFrame, Step, Surprise, Vitals};

/// Complains of a challenge that was read and not answered in time, of a response that answers
/// none, of a pong that is no echo, and of a message that the venue did not understand.
///
/// Which frame is a challenge is the venue's word, so that a client that overlooks one is
/// found. The bytes of a pong are compared here, those of a message by the venue. While a
/// client sleeps, or its own budget holds its answers back, its time stands still. A client that
/// cannot write all that it owes may answer the last of several pings alone (RFC 6455, section
/// 5.5.3).
#[derive(Clone, Debug)]
pub struct Answers {
    within: Duration,
    /// Whether challenges are messages of the dialect.
    in_dialect: bool,
    /// The frame that the venue sent last.
    sent: Option<OwnedFrame>,
    /// Challenges that the client has yet to read.
    under_way: VecDeque<OwnedFrame>,
    /// Challenges that the client has read, with the time from which its own counts.
    open: VecDeque<(Timestamp, OwnedFrame)>,
    frozen: Option<Timestamp>,
    /// Since when our own brake is on.
    held: Option<Timestamp>,
    /// Whether the application said what the venue may not understand.
    application_speaks: bool,
    /// When the client could not write for the first time.
    braked_at: Option<Timestamp>,
    /// When the venue last read a request about orders, which it may refuse.
    order_read_at: Option<Timestamp>,
    over: bool,
}

impl Answers {
    /// Begins with a new connection on which a challenge must be answered within `within` of
    /// being read.
    pub fn new(within: Duration, rules: &Rules) -> Self {
        Self {
            within,
            in_dialect: rules.challenge.is_some_and(|rule| rule.layer == Layer::Dialect),
            sent: None,
            under_way: VecDeque::new(),
            open: VecDeque::new(),
            frozen: None,
            held: None,
            application_speaks: false,
            braked_at: None,
            order_read_at: None,
            over: false,
        }
    }

    fn on_response(&mut self, response: &OwnedFrame) -> Result<(), String> {
        let answers = |(_, challenge): &(Timestamp, OwnedFrame)| match (challenge, response) {
            (OwnedFrame::Ping(asked), OwnedFrame::Pong(echo)) => asked == echo,
            (OwnedFrame::Ping(_), _) | (_, OwnedFrame::Pong(_)) => false,
            // The venue reads it, and says if it is not what it expects.
            (_, _) => true,
        };
        match self.open.iter().position(answers) {
            Some(index) => {
                self.open.remove(index);
                if self.braked_at.is_some() && matches!(response, OwnedFrame::Pong(_)) {
                    self.supersede(index);
                }
                Ok(())
            }
            None => Err(format!("the client responded to nothing that was asked: {response}")),
        }
    }

    /// The pings among the first `count` have been answered by a later pong.
    fn supersede(&mut self, count: usize) {
        let mut before = 0..count;
        self.open.retain(|(_, challenge)| {
            before.next().is_none() || !matches!(challenge, OwnedFrame::Ping(_))
        });
    }

    fn on_note(&mut self, at: Timestamp, observation: &Observation) -> Result<(), String> {
        match observation {
            Observation::HeartbeatSent { kind: HeartbeatKind::Challenge } => {
                self.under_way.extend(self.sent.take());
                Ok(())
            }
            Observation::WrongEcho => Err("a pong did not echo its ping".to_owned()),
            Observation::Unexpected { why: Surprise::AnswerWithoutChallenge } => {
                Err("the venue got an answer to nothing that it asked".to_owned())
            }
            Observation::Unexpected { why: Surprise::RefusedRequest }
                if self.order_read_at == Some(at) =>
            {
                Ok(())
            }
            Observation::Unexpected {
                why: Surprise::UnknownMessage | Surprise::RefusedRequest,
            } if !self.application_speaks => {
                Err("the venue did not understand a message of the heartbeat's".to_owned())
            }
            Observation::Connected
            | Observation::TurnedAway { .. }
            | Observation::HeartbeatSent { .. }
            | Observation::Answered { .. }
            | Observation::ProbeReceived
            | Observation::Armed
            | Observation::Subscribed { .. }
            | Observation::Unsubscribed { .. }
            | Observation::Message { .. }
            | Observation::Unexpected { .. }
            | Observation::Kicked { .. }
            | Observation::OrdersCancelled { .. }
            | Observation::Announced { .. }
            | Observation::Left { .. }
            | Observation::Refused { .. }
            | Observation::Crowded { .. }
            | Observation::Http { .. }
            | Observation::FaultBegan { .. }
            | Observation::FaultEnded { .. }
            | Observation::Closed { .. } => Ok(()),
        }
    }

    fn on_read(&mut self, at: Timestamp, frame: &OwnedFrame) {
        if self.under_way.front() == Some(frame)
            && let Some(challenge) = self.under_way.pop_front()
        {
            self.open.push_back((at, challenge));
        }
    }

    /// The time since `from` counts for nobody.
    fn excuse(&mut self, from: Timestamp, now: Timestamp) {
        for (since, _) in &mut self.open {
            let excused = now.saturating_since(from.max(*since));
            *since = since.checked_add(excused).unwrap_or(now);
        }
    }

    fn on_thaw(&mut self, now: Timestamp) {
        if let Some(since) = self.frozen.take() {
            self.excuse(since, now);
        }
    }

    fn on_outlet(&mut self, now: Timestamp, outlet: Outlet) {
        if outlet != Outlet::Ready {
            self.braked_at.get_or_insert(now);
        }
        if let Some(since) = self.held.take() {
            self.excuse(since, now);
        }
        self.held = (outlet == Outlet::Held).then_some(now);
    }
}

impl Oracle for Answers {
    fn name(&self) -> &'static str {
        "answers"
    }

    fn see(&mut self, entry: &Entry) -> Result<(), String> {
        match &entry.what {
            Step::VenueSends(frame @ OwnedFrame::Ping(_)) => self.sent = Some(frame.clone()),
            Step::VenueSends(frame) if self.in_dialect => self.sent = Some(frame.clone()),
            // It has no room for more than a few that our own brake holds back.
            Step::ClientNotes(Event::Unanswerable { .. }) if self.held.is_some() => {
                self.open.pop_back();
            }
            Step::VenueNotes(observation) => return self.on_note(entry.at, observation),
            Step::ClientReads(frame) => self.on_read(entry.at, frame),
            Step::ClientResponds(frame) => return self.on_response(frame),
            Step::ClientFreezes => self.frozen = self.frozen.or(Some(entry.at)),
            Step::ClientThaws => self.on_thaw(entry.at),
            Step::VenueReads(OwnedFrame::Text(text)) if is_mocks_own(text) => {
                self.order_read_at = Some(entry.at);
            }
            Step::ApplicationSends(OwnedFrame::Text(text)) if is_mocks_own(text) => {}
            Step::ApplicationSends(OwnedFrame::Text(_) | OwnedFrame::Binary(_)) => {
                self.application_speaks = true;
            }
            Step::Verdict(_) => self.over = true,
            Step::Outlet(outlet) => self.on_outlet(entry.at, *outlet),
            Step::VenueSends(_)
            | Step::ApplicationSends(_)
            | Step::ClientReceives
            | Step::ClientSends(_)
            | Step::ClientNotes(_)
            | Step::ClientMeasures(_)
            | Step::VenueReads(_)
            | Step::VenueCuts
            | Step::Line(_) => {}
        }
        Ok(())
    }

    fn tick(&mut self, now: Timestamp, _vitals: Vitals) -> Result<(), String> {
        let Some((since, challenge)) = self.open.front() else {
            return Ok(());
        };
        let waited = now.saturating_since(*since);
        if self.over || self.frozen.or(self.held).is_some() || waited <= self.within {
            return Ok(());
        }
        let within = self.within;
        Err(format!(
            "a challenge was read {waited:?} ago, not answered within {within:?}: {challenge}"
        ))
    }
}

#[cfg(test)]
mod tests {
    use heartbeat_platforms::Exchange;

    use super::super::tests::judge;
    use super::*;

    const ASKED: Observation = Observation::HeartbeatSent { kind: HeartbeatKind::Challenge };

    fn answers(exchange: Exchange) -> Answers {
        Answers::new(Duration::from_secs(5), exchange.rules())
    }

    /// A challenge sent at 0 and read at 20 ms, then what `more` says.
    fn challenged(challenge: &OwnedFrame, more: &[(u64, Step)]) -> Vec<(u64, Step)> {
        let mut story = vec![
            (0, Step::VenueSends(challenge.clone())),
            (0, Step::VenueNotes(ASKED)),
            (20, Step::ClientReads(challenge.clone())),
        ];
        story.extend_from_slice(more);
        story
    }

    #[test]
    fn one_echo_in_time_is_right_and_anything_else_is_found() {
        let ping = OwnedFrame::Ping(b"17".to_vec());
        let echo = Step::ClientResponds(OwnedFrame::Pong(b"17".to_vec()));
        let other = Step::ClientResponds(OwnedFrame::Pong(b"18".to_vec()));
        let told =
            |more: &[(u64, Step)]| judge(answers(Exchange::BinanceSpot), &challenged(&ping, more));
        let later = Step::VenueSends(OwnedFrame::text("data"));
        assert_eq!(told(&[(5_020, echo.clone()), (9_000, later.clone())]), Ok(()));
        assert!(told(&[(21, echo.clone()), (22, echo)]).is_err(), "twice");
        assert!(told(&[(21, other)]).is_err(), "not to the byte");
        assert!(told(&[(5_021, later)]).is_err(), "not at all");
    }

    #[test]
    fn sleep_does_not_count_and_a_verdict_ends_the_duty() {
        let ping = OwnedFrame::Ping(b"17".to_vec());
        let told =
            |more: &[(u64, Step)]| judge(answers(Exchange::BinanceSpot), &challenged(&ping, more));
        let asleep = [(30, Step::ClientFreezes), (60_000, Step::VenueCuts)];
        assert_eq!(told(&asleep), Ok(()));
        let awake = [asleep[0].clone(), (60_000, Step::ClientThaws), (64_000, Step::VenueCuts)];
        assert_eq!(told(&awake), Ok(()));
        let mut overdue = awake.to_vec();
        overdue[2].0 = 66_000;
        assert!(told(&overdue).is_err());
        let stopped = Step::Verdict(heartbeat_core::Cause::Stopped);
        assert_eq!(told(&[(30, stopped), (60_000, Step::VenueCuts)]), Ok(()));
    }

    #[test]
    fn a_challenge_of_the_dialect_is_told_from_its_beat() {
        let challenge = OwnedFrame::text("test_request");
        let respond = Step::ClientResponds(OwnedFrame::text("test"));
        let beat = OwnedFrame::text("beat");
        let mut story = challenged(&challenge, &[(20, respond.clone())]);
        story.insert(2, (10, Step::VenueSends(beat.clone())));
        story.push((30, Step::ClientReads(beat)));
        assert_eq!(judge(answers(Exchange::Deribit), &story), Ok(()));
        story.push((30, respond));
        assert!(judge(answers(Exchange::Deribit), &story).is_err(), "a beat needs no answer");
    }

    #[test]
    fn what_the_venue_does_not_understand_is_found_unless_the_application_said_it() {
        let strange = Step::VenueNotes(Observation::Unexpected { why: Surprise::UnknownMessage });
        let story = [(0, strange)];
        assert!(judge(answers(Exchange::Okx), &story).is_err());
        let spoken = [(0, Step::ApplicationSends(OwnedFrame::text("x"))), story[0].clone()];
        assert_eq!(judge(answers(Exchange::Okx), &spoken), Ok(()));
    }
}
