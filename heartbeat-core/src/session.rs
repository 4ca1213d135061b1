//! The shell around the machine: frames in, frames out.

use core::time::Duration;

use crate::machine::{Machine, Report, Step, Write};
use crate::time::WallClock;
use crate::{
    Action, Cause, Config, Disposition, Evidence, Frame, FrameKind, Health, Layer, Outbox, Outlet,
    PingFrames, Platform, Signal, Silence, Timestamp, Unreadable, WallTime,
};

/// The heartbeat of one connection, from its first frame to its verdict.
///
/// Holds no socket, reads no clock, allocates nothing and cannot fail. The driver feeds it
/// and then drains it:
///
/// - **Inputs** - [`handle_frame`](Self::handle_frame) for everything that was read,
///   [`handle_receiving`](Self::handle_receiving) for parts of a message,
///   [`handle_transmitted`](Self::handle_transmitted) and
///   [`handle_transmit_failed`](Self::handle_transmit_failed) for what became of a write,
///   [`handle_sent`](Self::handle_sent) for what the application wrote,
///   [`handle_write_overdue`](Self::handle_write_overdue) for what it could not write,
///   [`handle_transport_closed`](Self::handle_transport_closed) and
///   [`handle_unreadable`](Self::handle_unreadable) for the end of what can be read,
///   [`handle_silence`](Self::handle_silence) for a subscription that its
///   [`Watches`](crate::Watches) gave up,
///   [`request_order_safety`](Self::request_order_safety), [`stop`](Self::stop).
/// - **Output** - [`poll_action`](Self::poll_action), after every input and at every deadline,
///   until it returns [`Action::Wait`]. There is no other way to learn the deadline, so that
///   nothing can be left unsent while the driver sleeps. Polling early or twice does nothing.
/// - **Questions** - [`health`](Self::health), [`evidence`](Self::evidence),
///   [`config`](Self::config), at any time.
///
/// Time is a [`Timestamp`] from one monotonic clock: for a frame, the time when it was read.
/// A step back is clamped and counted. Feed frames that are already readable before polling
/// at a deadline, so that a late wake-up is not blamed on the peer.
///
/// ```
/// use core::time::Duration;
/// use heartbeat_core::*;
///
/// /// A venue that pings and answers pings, and nothing else.
/// struct Plain;
///
/// impl Detector for Plain {
///     fn classify(&self, frame: Frame<'_>) -> Signal {
///         Signal::of_control(frame)
///     }
/// }
///
/// impl Responder for Plain {
///     fn respond(&self, _token: &[u8], _out: &mut Outbox) -> Result<(), OutboxError> {
///         Ok(()) // pings are answered for every venue alike
///     }
/// }
///
/// impl Platform for Plain {
///     fn name(&self) -> &str {
///         "plain"
///     }
///
///     fn defaults(&self) -> ConfigBuilder {
///         Config::builder().transport_limit(Duration::from_secs(10)).failure_threshold(1)
///     }
/// }
///
/// let at = Timestamp::from_millis;
/// let config = Plain.defaults().monitoring(false).build().unwrap();
/// let mut session = Session::new(Plain, config, at(0));
/// assert_eq!(session.poll_action(at(0), Outlet::Ready), Action::Wait(Some(at(10_000))));
///
/// // A challenge is answered first of all, with its own payload.
/// assert_eq!(session.handle_frame(at(4_000), Frame::Ping(b"7")), Disposition::Absorb);
/// assert_eq!(session.poll_action(at(4_000), Outlet::Ready), Action::Respond(Frame::Pong(b"7")));
/// session.handle_transmitted(at(4_001));
/// assert_eq!(session.poll_action(at(4_001), Outlet::Ready), Action::Wait(Some(at(14_000))));
///
/// // Silence up to the limit is a verdict, and the verdict is final.
/// let told = session.poll_action(at(14_000), Outlet::Ready);
/// assert!(matches!(told, Action::Notify(Event::Stopped { .. })));
/// assert!(matches!(session.poll_action(at(14_000), Outlet::Ready), Action::Disconnect(_)));
/// assert_eq!(session.poll_action(at(14_000), Outlet::Ready), Action::Wait(None));
/// ```
#[derive(Clone, Debug)]
pub struct Session<P> {
    platform: P,
    machine: Machine,
    outbox: Outbox,
    wall_clock: Option<WallClock>,
    /// What the platform is being asked for, besides what a frame means.
    asked: Asked,
}

/// What a platform is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asked {
    Nothing,
    Safety,
    Farewell,
    Heartbeat,
}

/// What came of asking the platform for a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Composed {
    Frame,
    /// There is nothing that could be sent.
    Nothing,
    /// It must not leave before the first message does.
    TooSoon,
}

impl<P: Platform> Session<P> {
    /// Begins a session on a connection that was just opened.
    pub fn new(platform: P, config: Config, now: Timestamp) -> Self {
        let mut outbox = Outbox::new();
        // A message that cannot be written is needed all the same, and fails when its turn comes.
        let must_arm = platform.arm(&mut outbox).is_err() || outbox.frame().is_some();
        Self {
            platform,
            machine: Machine::new(&config, must_arm, now),
            outbox,
            wall_clock: None,
            asked: Asked::Nothing,
        }
    }

    /// Declares that the transport answers control pings by itself, as tungstenite does.
    ///
    /// Pings are then not answered a second time; the driver reports the transport's pongs
    /// with [`handle_pongs_written`](Self::handle_pongs_written), under the same deadline.
    pub const fn set_transport_answers_pings(&mut self) {
        self.machine.set_transport_answers_pings();
    }

    /// Says what the wall clock reads at `at`, for venues that want the time in their pings; it
    /// is reckoned from there. To be said once, before the first poll, and again by a driver that
    /// notices that the wall clock was set. It moves no deadline.
    pub const fn set_wall_clock(&mut self, at: Timestamp, reads: WallTime) {
        self.wall_clock = Some(WallClock::new(at, reads));
    }

    /// Takes a frame that was read at `now`, and says whose it is.
    pub fn handle_frame(&mut self, now: Timestamp, frame: Frame<'_>) -> Disposition {
        // A close ends the session whatever the platform makes of it.
        let signal = match frame {
            Frame::Close { code, .. } => Signal::Close { code },
            Frame::Text(_) | Frame::Binary(_) | Frame::Ping(_) | Frame::Pong(_) => {
                self.platform.classify(frame)
            }
        };
        self.machine.handle_signal(now, frame.kind(), frame.len(), signal)
    }

    /// Notes that the platform panicked in [`poll_action`](Self::poll_action),
    /// [`stop`](Self::stop) or [`request_order_safety`](Self::request_order_safety), and that the
    /// panic was caught.
    ///
    /// The session goes on with all that it knew, since no platform is ever asked while the
    /// machine is half-way through anything: what waits to be answered still does, and no clock
    /// has moved. What the platform had no words for is asked for once more; a farewell is left
    /// out. The panic is a failure, and
    /// [`failure_threshold`](Config::failure_threshold) of them, however far apart, are a
    /// verdict.
    pub fn handle_panicked(&mut self, now: Timestamp) {
        let asked = core::mem::replace(&mut self.asked, Asked::Nothing);
        match asked {
            Asked::Nothing | Asked::Heartbeat => {}
            Asked::Safety => self.machine.request_order_safety(now, false),
            Asked::Farewell => self.machine.stop(now, false),
        }
        self.machine.handle_panicked(now, asked == Asked::Heartbeat);
    }

    /// Notes that the platform panicked over a frame in [`handle_frame`](Self::handle_frame), and
    /// that the panic was caught; says whose the frame is.
    ///
    /// As [`handle_panicked`](Self::handle_panicked). What the platform could not read is data,
    /// and a control frame what it is everywhere.
    pub fn handle_panicked_over(&mut self, now: Timestamp, frame: Frame<'_>) -> Disposition {
        let signal = Signal::of_control(frame);
        let disposition = self.machine.handle_signal(now, frame.kind(), frame.len(), signal);
        self.machine.handle_panicked(now, false);
        disposition
    }

    /// Notes that the frame handed out last was written to the transport. Without one it does
    /// nothing.
    pub fn handle_transmitted(&mut self, now: Timestamp) {
        self.machine.handle_transmitted(now);
    }

    /// Notes that the transport refused the frame handed out last. It is handed out once more
    /// at once; a second refusal is a verdict. Without one it does nothing.
    pub fn handle_transmit_failed(&mut self, now: Timestamp) {
        self.machine.handle_transmit_failed(now);
    }

    /// Notes that bytes were read of a message that is not whole yet: a large one on a slow line.
    ///
    /// To be reported each time that more of it came in and the transport has no whole frame to
    /// hand over. The time from one report to the next does not count as the peer's silence, up to
    /// the [grace](Config::grace): it can say nothing else until the message is out. It moves no
    /// clock, and a message that stops growing is found as any silence is.
    ///
    /// A driver that cannot see bytes reports nothing. A message that takes longer than
    /// [`silence_bound`](Config::silence_bound) to come in is then a verdict.
    pub fn handle_receiving(&mut self, now: Timestamp) {
        self.machine.handle_receiving(now);
    }

    /// Notes that the transport has written out the pongs to all pings fed in so far.
    pub fn handle_pongs_written(&mut self, now: Timestamp) {
        self.machine.handle_pongs_written(now);
    }

    /// Notes that the application wrote something. Only paces probes; a send is no evidence.
    pub fn handle_sent(&mut self, now: Timestamp) {
        self.machine.handle_sent(now);
    }

    /// Notes that the transport ended without a closing handshake.
    pub fn handle_transport_closed(&mut self, now: Timestamp) {
        self.machine.end(now, Cause::TransportLost);
    }

    /// Notes that nothing more can be read though the transport is open, and why. That is a
    /// verdict, with a cause of its own for each; a limit of ours is told as ours.
    pub fn handle_unreadable(&mut self, now: Timestamp, why: Unreadable) {
        self.machine.end(now, why.cause());
    }

    /// Notes that the transport has not taken a message of the application's for `waited`,
    /// which is longer than the driver allows: that is a verdict, whatever still comes in.
    pub fn handle_write_overdue(&mut self, now: Timestamp, waited: Duration) {
        self.machine.end(now, Cause::WriteOverdue { waited });
    }

    /// Ends the session for a subscription that stayed silent. The [`Silence`] can only be had
    /// from [`Watches::poll`](crate::Watches::poll), as a verdict.
    pub fn handle_silence(&mut self, now: Timestamp, silence: Silence) {
        self.machine.end(now, silence.cause());
    }

    /// Asks the venue for the safety of the orders: to cancel them when the connection ends,
    /// where the platform has words for that, and by the dead-man switch, if one is
    /// [configured](crate::ConfigBuilder::dead_man). To be called by the application's wish,
    /// once it has authenticated; again to ask once more after a refusal.
    ///
    /// What comes of it is told by events and by [`health`](Self::health), and is no verdict:
    /// whether to trade without is the application's to decide. With nothing to ask for it
    /// tells [`NoSafeguard`](crate::Event::NoSafeguard).
    pub fn request_order_safety(&mut self, now: Timestamp) {
        let mut out = self.spare_outbox(now);
        self.asked = Asked::Safety;
        let can_cancel = self.platform.cancel_on_disconnect(&mut out).is_ok();
        self.asked = Asked::Nothing;
        self.machine.request_order_safety(now, can_cancel && out.frame().is_some());
    }

    /// Ends the session by the application's wish: the dead-man switch is switched off, if that
    /// was [chosen](crate::AtStop), and the platform's farewell, if it has one, is written, all
    /// within [`respond_within`](Config::respond_within); then the verdict falls.
    pub fn stop(&mut self, now: Timestamp) {
        let mut out = self.spare_outbox(now);
        self.asked = Asked::Farewell;
        let has_farewell = self.platform.farewell(&mut out).is_ok() && out.frame().is_some();
        self.asked = Asked::Nothing;
        self.machine.stop(now, has_farewell);
    }

    /// Returns the next thing to do at `now`, given whether the transport takes a frame.
    ///
    /// One frame is with the transport at a time; the next is handed out after the report.
    /// Ends with [`Action::Wait`] after at most a few dozen calls.
    pub fn poll_action(&mut self, now: Timestamp, outlet: Outlet) -> Action<'_> {
        let write = loop {
            match self.machine.poll(now, outlet) {
                Step::Write(write) => match self.compose(write, now) {
                    Composed::Frame => break write,
                    Composed::Nothing => self.machine.unwritable(write),
                    Composed::TooSoon => self.machine.withhold_probe(),
                },
                Step::WriteAgain(write) => break write,
                Step::Report(Report::Event(event)) => return Action::Notify(event),
                Step::Report(Report::Latency(sample)) => return Action::RecordLatency(sample),
                Step::Disconnect(cause) => return Action::Disconnect(cause),
                Step::Wait(deadline) => return Action::Wait(deadline),
            }
        };
        let frame = self.outbox.frame().unwrap_or(Frame::Text(""));
        match write {
            Write::Response(_) => Action::Respond(frame),
            Write::Arm
            | Write::CancelOnDisconnect
            | Write::DeadMan
            | Write::SwitchOff
            | Write::Farewell
            | Write::Probe(_)
            | Write::Keepalive => Action::Transmit(frame),
        }
    }

    /// Makes an outbox to look into: the outbox itself may hold a frame that the transport is
    /// still busy with.
    fn spare_outbox(&self, now: Timestamp) -> Outbox {
        let mut out = Outbox::new();
        out.set_wall_time(self.wall_clock.map(|clock| clock.read(now)));
        out
    }

    /// Writes into the outbox, and says what came of it.
    fn compose(&mut self, write: Write, now: Timestamp) -> Composed {
        self.outbox.clear();
        self.outbox.set_wall_time(self.wall_clock.map(|clock| clock.read(now)));
        self.asked = Asked::Heartbeat;
        let out = &mut self.outbox;
        let written = match write {
            Write::Response(Layer::Control) => out.pong(self.machine.token()),
            Write::Response(Layer::Dialect) => self.platform.respond(self.machine.token(), out),
            Write::Arm => self.platform.arm(out),
            Write::CancelOnDisconnect => self.platform.cancel_on_disconnect(out),
            Write::DeadMan => {
                let told = self.machine.config().dead_man_told().unwrap_or_default();
                self.platform.dead_man(told, out)
            }
            Write::SwitchOff => self.platform.dead_man(Duration::ZERO, out),
            Write::Farewell => self.platform.farewell(out),
            Write::Probe(probe) if self.machine.probes_by_ping() => {
                out.ping(probe.payload().as_bytes())
            }
            Write::Probe(probe) => self.platform.probe(probe, out),
            Write::Keepalive => self.platform.keepalive(out),
        };
        self.asked = Asked::Nothing;
        let Some(frame) = self.outbox.frame().filter(|_| written.is_ok()) else {
            return Composed::Nothing;
        };
        match self.machine.config().ping_frames() {
            _ if frame.kind() != FrameKind::Ping => Composed::Frame,
            PingFrames::Harmful => Composed::Nothing,
            PingFrames::HarmfulFirst if !self.machine.has_spoken() => Composed::TooSoon,
            PingFrames::HarmfulFirst | PingFrames::Harmless => Composed::Frame,
        }
    }
}

impl<P> Session<P> {
    /// Returns how the connection is doing.
    pub fn health(&self) -> Health {
        self.machine.health()
    }

    /// Returns what was seen lately; after a verdict, what led to it.
    pub fn evidence(&self) -> Evidence {
        self.machine.evidence()
    }

    /// Returns the settings.
    pub const fn config(&self) -> &Config {
        self.machine.config()
    }

    /// Returns the longest time from the last sign of life to the verdict, as things stand: that of
    /// the [settings](Config::silence_bound), or less once the venue has stated its [`Terms`].
    ///
    /// [`Terms`]: crate::Terms
    pub const fn silence_bound(&self) -> Duration {
        self.machine.silence_bound()
    }

    /// Returns the longest time from the death of the line to the verdict, as things stand; see
    /// [`Config::detection_bound`].
    pub const fn detection_bound(&self) -> Duration {
        self.machine.silence_bound().saturating_add(self.config().grace())
    }

    /// Returns the platform.
    pub const fn platform(&self) -> &P {
        &self.platform
    }

    /// Returns the latest time that the session was told.
    pub const fn now(&self) -> Timestamp {
        self.machine.now()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Memory is constant and known. Half of it answers challenges (eight tokens of a control
    /// frame's length, one outgoing frame that may hold a credential), a third is reports that
    /// wait.
    #[test]
    fn a_session_is_smaller_than_eight_kib() {
        assert!(size_of::<Session<()>>() <= 8 * 1024, "{} bytes", size_of::<Session<()>>());
    }
}
