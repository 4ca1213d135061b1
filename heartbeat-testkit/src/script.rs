//! Timelines: what the venue says when, what the session does then, and when it is silent.

use std::collections::VecDeque;

use heartbeat_core::{
    Action, Cause, Config, Disposition, Event, LatencyKind, Outlet, Platform, Session, Timestamp,
};

use crate::owned::Millis;
use crate::{OwnedAction, OwnedFrame};

/// A timeline over one session, as a chain of verbs.
///
/// Time moves by [`at`](Self::at) and [`silence_until`](Self::silence_until) alone, and the
/// session is polled at every deadline on the way. Everything that the session does must be
/// expected, in order, before time moves on or the venue speaks again: what nobody expected
/// fails the script where it happened, and so does a script that ends with something left.
/// A script that fails panics, with the whole story.
///
/// ```
/// use core::time::Duration;
/// use heartbeat_core::{Cause, Frame, Platform};
/// use heartbeat_testkit::{Phrasebook, Script};
///
/// let config = Phrasebook::new().defaults().monitoring(false).build().unwrap();
/// Script::new(Phrasebook::new(), config)
///     .at(1_000)
///     .send(Frame::Text("challenge 42"))
///     .expect_respond(Frame::Text("response 42"))
///     .silence_until(4_999)
///     .at(5_000)
///     .expect_transmit(Frame::Ping(b"hb-1"))
///     .at(5_020)
///     .send(Frame::Pong(b"hb-1"))
///     .silence_until(9_999)
///     .end();
/// ```
#[derive(Debug)]
#[must_use = "a script that is not ended has not said what it expects last"]
pub struct Script<P: Platform> {
    session: Session<P>,
    now: Timestamp,
    wire: Wire,
    telemetry: bool,
    disposition: Option<Disposition>,
    /// What the session did and nobody has expected yet.
    done: VecDeque<(Timestamp, OwnedAction)>,
    deadline: Option<Timestamp>,
    log: Vec<String>,
}

/// What the transport makes of the frames that the session hands out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "a transport can do no other")]
pub enum Wire {
    /// Writes them at once and says so.
    Writes,
    /// Takes them and does not say what became of them.
    Holds,
    /// Refuses them.
    Fails,
    /// Takes none.
    Blocked,
}

impl<P: Platform> Script<P> {
    /// How many polls a drain may take: the core promises a few dozen.
    const DRAIN_MAX: usize = 64;

    /// Begins at time zero on a connection that was just opened.
    #[track_caller]
    pub fn new(platform: P, config: Config) -> Self {
        let mut script = Self {
            session: Session::new(platform, config, Timestamp::ZERO),
            now: Timestamp::ZERO,
            wire: Wire::Writes,
            telemetry: true,
            disposition: None,
            done: VecDeque::new(),
            deadline: None,
            log: Vec::new(),
        };
        script.drain();
        script
    }

    /// Leaves measurements and events for observers out of the script from here on.
    pub fn without_telemetry(mut self) -> Self {
        self.telemetry = false;
        self.done.retain(|(_, action)| !is_telemetry(action));
        self
    }

    // -------------------------------------------------------------------- time

    /// Runs until `millis`; what the session does then or on the way is to be expected next.
    #[track_caller]
    pub fn at(mut self, millis: u64) -> Self {
        self.must_be_silent("before time moves on");
        self.run_until(Timestamp::from_millis(millis));
        self
    }

    /// Runs until `millis` and asserts that the session does nothing at all meanwhile.
    #[track_caller]
    pub fn silence_until(mut self, millis: u64) -> Self {
        self.must_be_silent("before the silence");
        self.run_until(Timestamp::from_millis(millis));
        self.must_be_silent(&format!("in the silence until {millis} ms"));
        self
    }

    // ------------------------------------------------------------------ inputs

    /// Has the venue send `frame`.
    #[track_caller]
    pub fn send(mut self, frame: impl Into<OwnedFrame>) -> Self {
        let frame = frame.into();
        self.must_be_silent("before the venue speaks");
        self.note(format_args!("venue sends {frame}"));
        let disposition = self.session.handle_frame(self.now, frame.as_frame());
        self.disposition = Some(disposition);
        self.drain();
        self
    }

    /// Sets what the transport makes of frames from now on.
    #[track_caller]
    pub fn wire(mut self, wire: Wire) -> Self {
        self.note(format_args!("wire {wire:?}"));
        self.wire = wire;
        self.drain();
        self
    }

    /// Reports the frame that the transport holds as written.
    #[track_caller]
    pub fn transmitted(self) -> Self {
        self.input("transmitted", Session::handle_transmitted)
    }

    /// Reports the frame that the transport holds as refused.
    #[track_caller]
    pub fn transmit_failed(self) -> Self {
        self.input("transmit failed", Session::handle_transmit_failed)
    }

    /// Has the application write something of its own.
    #[track_caller]
    pub fn application_sends(self) -> Self {
        self.input("application sends", Session::handle_sent)
    }

    /// Has the application end the session.
    #[track_caller]
    pub fn stop(self) -> Self {
        self.input("application stops", Session::stop)
    }

    /// Ends the transport without a closing handshake.
    #[track_caller]
    pub fn transport_closed(self) -> Self {
        self.input("transport closed", Session::handle_transport_closed)
    }

    // ------------------------------------------------------------ expectations

    /// Expects the session to have done exactly this next.
    #[track_caller]
    pub fn expect(self, expected: &OwnedAction) -> Self {
        self.expect_that(&expected.to_string(), |action| action == expected)
    }

    /// Expects a response.
    #[track_caller]
    pub fn expect_respond(self, frame: impl Into<OwnedFrame>) -> Self {
        self.expect(&OwnedAction::Respond(frame.into()))
    }

    /// Expects a frame that we send unasked.
    #[track_caller]
    pub fn expect_transmit(self, frame: impl Into<OwnedFrame>) -> Self {
        self.expect(&OwnedAction::Transmit(frame.into()))
    }

    /// Expects an event.
    #[track_caller]
    pub fn expect_event(self, event: Event) -> Self {
        self.expect(&OwnedAction::Notify(event))
    }

    /// Expects a measurement of this kind, whatever its value.
    #[track_caller]
    pub fn expect_latency(self, kind: LatencyKind) -> Self {
        self.expect_that(
            &format!("record {}", kind.as_str()),
            |action| matches!(action, OwnedAction::RecordLatency(sample) if sample.kind == kind),
        )
    }

    /// Expects the verdict.
    #[track_caller]
    pub fn expect_disconnect(self, cause: Cause) -> Self {
        self.expect(&OwnedAction::Disconnect(cause))
    }

    /// Expects the last frame of the venue's to have been `disposition`'s.
    ///
    /// # Panics
    ///
    /// If it was not.
    #[track_caller]
    pub fn expect_disposition(self, disposition: Disposition) -> Self {
        assert!(
            self.disposition == Some(disposition),
            "expected: last frame {disposition:?}\n     but: {:?}{}",
            self.disposition,
            self.story()
        );
        self
    }

    /// Ends the script: nothing may be left.
    #[track_caller]
    pub fn end(mut self) {
        self.must_be_silent("at the end");
        self.done.clear();
    }

    /// Returns the session, to ask it.
    pub const fn session(&self) -> &Session<P> {
        &self.session
    }

    // ---------------------------------------------------------------- workings

    #[track_caller]
    fn input(mut self, what: &str, input: impl FnOnce(&mut Session<P>, Timestamp)) -> Self {
        self.must_be_silent(what);
        self.note(format_args!("{what}"));
        input(&mut self.session, self.now);
        self.drain();
        self
    }

    #[track_caller]
    fn expect_that(mut self, expected: &str, holds: impl Fn(&OwnedAction) -> bool) -> Self {
        match self.done.pop_front() {
            Some((_, action)) if holds(&action) => self,
            Some((at, action)) => panic!(
                "expected: {expected}\n     but: {action}, at {}{}",
                Millis(at),
                self.story()
            ),
            None => panic!(
                "expected: {expected}\n     but: nothing, at {}{}",
                Millis(self.now),
                self.story()
            ),
        }
    }

    #[track_caller]
    fn must_be_silent(&self, when: &str) {
        if let Some((at, action)) = self.done.front() {
            panic!("not expected, {when}: {action}, at {}{}", Millis(*at), self.story());
        }
    }

    #[track_caller]
    fn run_until(&mut self, until: Timestamp) {
        assert!(
            until >= self.now,
            "time must not move back from {} to {}",
            Millis(self.now),
            Millis(until),
        );
        while let Some(deadline) = self.deadline.filter(|deadline| *deadline <= until) {
            assert!(
                deadline > self.now,
                "session spins: it waits until {}, which is not after {}{}",
                Millis(deadline),
                Millis(self.now),
                self.story(),
            );
            self.now = deadline;
            self.drain();
        }
        self.now = until;
    }

    #[track_caller]
    fn drain(&mut self) {
        for _ in 0..Self::DRAIN_MAX {
            let outlet = match self.wire {
                Wire::Blocked => Outlet::Blocked,
                Wire::Writes | Wire::Holds | Wire::Fails => Outlet::Ready,
            };
            let action = self.session.poll_action(self.now, outlet);
            let is_frame = matches!(action, Action::Respond(_) | Action::Transmit(_));
            let action = OwnedAction::from(action);
            if let OwnedAction::Wait(deadline) = action {
                self.deadline = deadline;
                return;
            }
            self.note(format_args!("session: {action}"));
            if self.telemetry || !is_telemetry(&action) {
                self.done.push_back((self.now, action));
            }
            match self.wire {
                Wire::Writes if is_frame => self.session.handle_transmitted(self.now),
                Wire::Fails if is_frame => self.session.handle_transmit_failed(self.now),
                Wire::Writes | Wire::Holds | Wire::Fails | Wire::Blocked => {}
            }
        }
        panic!("a drain must end within {} polls{}", Self::DRAIN_MAX, self.story());
    }

    fn note(&mut self, what: core::fmt::Arguments<'_>) {
        self.log.push(format!("{:>16}  {what}", Millis(self.now).to_string()));
    }

    fn story(&self) -> String {
        format!("\nwhat happened:\n{}\n", self.log.join("\n"))
    }
}

fn is_telemetry(action: &OwnedAction) -> bool {
    match action {
        // The verdict that follows says the same.
        OwnedAction::Notify(Event::Stopped { .. }) | OwnedAction::RecordLatency(_) => true,
        OwnedAction::Notify(event) => event.is_telemetry(),
        OwnedAction::Respond(_)
        | OwnedAction::Transmit(_)
        | OwnedAction::Disconnect(_)
        | OwnedAction::Wait(_) => false,
    }
}

impl<P: Platform> Drop for Script<P> {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.must_be_silent("at the end");
        }
    }
}

#[cfg(test)]
mod tests {
    use core::time::Duration;

    use heartbeat_core::Frame;

    use super::*;
    use crate::Phrasebook;

    fn script() -> Script<Phrasebook> {
        let plain = Phrasebook::new();
        let config = plain.defaults().monitoring(false).build().unwrap();
        Script::new(plain, config)
    }

    #[test]
    fn a_dead_peer_is_a_timeline() {
        script()
            .silence_until(4_999)
            .at(5_000)
            .expect_transmit(Frame::Ping(b"hb-1"))
            .silence_until(7_999)
            .at(8_000)
            .expect_transmit(Frame::Ping(b"hb-2"))
            .at(11_000)
            .expect_transmit(Frame::Ping(b"hb-3"))
            .silence_until(13_999)
            .at(14_000)
            .expect_disconnect(Cause::AnswerOverdue { failures: 3, waited: Duration::from_secs(3) })
            .silence_until(1_000_000)
            .end();
    }

    #[test]
    fn a_refused_frame_is_handed_out_twice_and_then_it_is_over() {
        script()
            .wire(Wire::Fails)
            .at(1_000)
            .send(Frame::Ping(b"7"))
            .expect_respond(Frame::Pong(b"7"))
            .expect_respond(Frame::Pong(b"7"))
            .expect_disconnect(Cause::TransmitFailed)
            .end();
    }

    #[test]
    fn what_a_blocked_wire_held_back_leaves_when_it_opens() {
        script()
            .wire(Wire::Blocked)
            .at(1_000)
            .send(Frame::Text("challenge 42"))
            .expect_disposition(Disposition::Absorb)
            .silence_until(2_000)
            .wire(Wire::Holds)
            .expect_respond(Frame::Text("response 42"))
            .send(Frame::Text("challenge 43"))
            .transmitted()
            .expect_respond(Frame::Text("response 43"))
            .end();
    }

    #[test]
    fn observers_are_part_of_the_story_unless_left_out() {
        let plain = Phrasebook::new();
        let config = plain.defaults().build().unwrap();
        Script::new(plain, config)
            .expect_event(Event::Started)
            .without_telemetry()
            .at(1_000)
            .send(Frame::Text("beat"))
            .silence_until(2_000)
            .transport_closed()
            .expect_disconnect(Cause::TransportLost)
            .end();
    }

    #[test]
    #[should_panic(expected = "not expected, in the silence until 5000 ms: transmit ping hb-1")]
    fn a_broken_silence_fails_and_says_by_what() {
        script().silence_until(5_000).end();
    }

    #[test]
    #[should_panic(expected = "expected: respond with pong 8\n     but: respond with pong 7")]
    fn a_wrong_action_fails_and_names_both() {
        script().send(Frame::Ping(b"7")).expect_respond(Frame::Pong(b"8")).end();
    }

    #[test]
    #[should_panic(expected = "not expected, at the end: respond with pong 7")]
    fn what_is_left_at_the_end_fails_even_unended() {
        let _unended = script().send(Frame::Ping(b"7"));
    }

    #[test]
    #[should_panic(expected = "but: nothing, at 4999 ms")]
    fn a_missing_action_fails() {
        script().at(4_999).expect_transmit(Frame::Ping(b"hb-1")).end();
    }
}
