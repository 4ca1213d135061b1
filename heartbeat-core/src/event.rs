//! What the machine tells its driver besides what to send.

use core::fmt;
use core::time::Duration;

use crate::{Level, NoticeKind, ProbeId};

/// Something that happened, for logs, metrics and people.
///
/// With [monitoring](crate::ConfigBuilder::monitoring) off only those events are reported for
/// which [`is_telemetry`](Self::is_telemetry) is false: what an application must act on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// The session began.
    Started,
    /// The session ended; the [`Disconnect`](crate::Action::Disconnect) follows.
    Stopped {
        /// Why.
        cause: Cause,
    },
    /// The venue accepted the arming message.
    Armed,
    /// The connection was heard from, and armed where it has to be: it works.
    Live,
    /// The venue sent a challenge.
    ChallengeReceived {
        /// The layer that it came in.
        layer: Layer,
    },
    /// The venue sent a beat.
    BeatReceived {
        /// The venue's running number, where it has one.
        counter: Option<u64>,
    },
    /// A challenge was answered.
    Responded {
        /// The layer that it came in.
        layer: Layer,
        /// From the challenge read to the response written out.
        response_time: Duration,
    },
    /// A challenge cannot be answered: its token does not fit, the platform could not write
    /// the response, or too many wait already.
    Unanswerable {
        /// The layer that it came in.
        layer: Layer,
    },
    /// A probe was written out.
    ProbeSent {
        /// The probe.
        probe: ProbeId,
    },
    /// A probe was answered.
    Answered {
        /// The probe.
        probe: ProbeId,
        /// From the probe written out to the answer read. `None` where the dialect's answers
        /// carry no id and an earlier probe's answer is still owed, so that nobody can tell
        /// which of the two this was.
        round_trip: Option<Duration>,
    },
    /// An answer came to a probe that was given up or is none of ours.
    AnswerIgnored {
        /// The probe that it names, if it names one.
        probe: Option<ProbeId>,
    },
    /// A deadline passed.
    Timeout {
        /// What was waited for.
        failure: Failure,
    },
    /// A failure was counted.
    Failure {
        /// The failure.
        failure: Failure,
        /// How many of its kind there were in a row, this one included.
        in_a_row: u8,
        /// The number in a row that ends the connection.
        threshold: u8,
    },
    /// The level of the connection's latency changed.
    LevelChanged {
        /// The level until now.
        from: Level,
        /// The level from now on.
        to: Level,
    },
    /// The venue's running number did not go up by one: beats were lost, or it began anew.
    CounterJump {
        /// The number that was due.
        expected: u64,
        /// The number that came.
        got: u64,
    },
    /// We slept: a wake-up came later than the tolerance.
    LocalStall {
        /// How late.
        late: Duration,
    },
    /// The venue announced something.
    Notice {
        /// What.
        kind: NoticeKind,
        /// How long it gives us, where it says so.
        deadline: Option<Duration>,
    },
}

impl Event {
    /// Tells whether this is for observers only, so that turning monitoring off silences it.
    ///
    /// An application must hear of a local stall, a counter jump and a notice: they say what
    /// it may have lost or is about to lose.
    pub const fn is_telemetry(&self) -> bool {
        !matches!(
            self,
            Self::LocalStall { .. } | Self::CounterJump { .. } | Self::Notice { .. }
        )
    }
}

/// The layer a challenge came in, and so its response goes out in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(
    clippy::exhaustive_enums,
    reason = "a WebSocket message is a control frame or it is not"
)]
pub enum Layer {
    /// A ping control frame.
    Control,
    /// A message in the venue's dialect.
    Dialect,
}

impl Layer {
    /// Returns the layer as one lower-case word, for logs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Control => "control",
            Self::Dialect => "dialect",
        }
    }
}

/// One of the three clocks of a connection, each moved by inbound evidence alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(
    clippy::exhaustive_enums,
    reason = "the machine has these three clocks"
)]
pub enum Clock {
    /// Moved by every frame.
    Transport,
    /// Moved by beats, challenges and answers; not by a pong.
    Session,
    /// Moved by application data.
    Data,
}

impl Clock {
    /// All clocks.
    pub const ALL: [Self; 3] = [Self::Transport, Self::Session, Self::Data];

    /// Returns the clock as one lower-case word, for logs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Transport => "transport",
            Self::Session => "session",
            Self::Data => "data",
        }
    }
}

/// One thing that went wrong once. Enough of a kind in a row become a [`Cause`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Failure {
    /// A response was handed to the transport and not written in time.
    ResponseOverdue,
    /// A response could not be written at all.
    Unanswerable,
    /// A probe was written out and not answered in time.
    AnswerOverdue {
        /// The probe.
        probe: ProbeId,
    },
    /// A response or probe could not leave in time because the transport takes nothing.
    TransmitStalled,
    /// The transport refused a heartbeat.
    TransmitFailed,
    /// A clock ran into its limit.
    ClockExceeded {
        /// The clock.
        clock: Clock,
    },
}

impl Failure {
    /// Returns the failure as one lower-case word, for logs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ResponseOverdue => "response_overdue",
            Self::Unanswerable => "unanswerable",
            Self::AnswerOverdue { .. } => "answer_overdue",
            Self::TransmitStalled => "transmit_stalled",
            Self::TransmitFailed => "transmit_failed",
            Self::ClockExceeded {
                clock: Clock::Transport,
            } => "transport_silent",
            Self::ClockExceeded {
                clock: Clock::Session,
            } => "session_silent",
            Self::ClockExceeded { clock: Clock::Data } => "data_silent",
        }
    }
}

/// Why a connection is finished.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Cause {
    /// Responses were not written in time, or could not be written at all.
    ResponseOverdue {
        /// How many in a row.
        failures: u8,
        /// The time that each had.
        respond_within: Duration,
    },
    /// Probes were not answered in time.
    AnswerOverdue {
        /// How many in a row.
        failures: u8,
        /// The time that each had.
        answer_within: Duration,
    },
    /// Responses or probes could not leave because the transport took nothing.
    TransmitStalled {
        /// How many deadlines passed in a row.
        failures: u8,
        /// How long the oldest of them has been waiting.
        waited: Duration,
    },
    /// The transport refused a heartbeat, and refused it again at once.
    TransmitFailed,
    /// A clock ran into its limit too often in a row.
    ClockExceeded {
        /// The clock.
        clock: Clock,
        /// Its limit.
        limit: Duration,
        /// How long ago it last moved, or the session began.
        silent_for: Duration,
    },
    /// The venue did not accept the arming message in time.
    ArmOverdue {
        /// The time it had.
        arm_within: Duration,
    },
    /// The venue refused the arming message.
    ArmRefused,
    /// The venue closed the connection.
    PeerClosed {
        /// The close code, if it gave one.
        code: Option<u16>,
    },
    /// The transport ended without a closing handshake.
    TransportLost,
    /// The application ended the session.
    Stopped,
}

/// Who ended a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(
    clippy::exhaustive_enums,
    reason = "there is us, the application and the other side"
)]
pub enum Initiator {
    /// This machine, by its verdict.
    Machine,
    /// The application.
    Application,
    /// The venue, or the network on the way to it.
    Peer,
}

impl Cause {
    /// Returns the cause as one lower-case word, for logs and metric labels.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ResponseOverdue { .. } => "response_overdue",
            Self::AnswerOverdue { .. } => "answer_overdue",
            Self::TransmitStalled { .. } => "transmit_stalled",
            Self::TransmitFailed => "transmit_failed",
            Self::ClockExceeded {
                clock: Clock::Transport,
                ..
            } => "transport_silent",
            Self::ClockExceeded {
                clock: Clock::Session,
                ..
            } => "session_silent",
            Self::ClockExceeded {
                clock: Clock::Data, ..
            } => "data_silent",
            Self::ArmOverdue { .. } => "arm_overdue",
            Self::ArmRefused => "arm_refused",
            Self::PeerClosed { .. } => "peer_closed",
            Self::TransportLost => "transport_lost",
            Self::Stopped => "stopped",
        }
    }

    /// Returns who ended the connection.
    pub const fn initiator(self) -> Initiator {
        match self {
            Self::Stopped => Initiator::Application,
            Self::PeerClosed { .. } | Self::TransportLost => Initiator::Peer,
            _ => Initiator::Machine,
        }
    }

    /// Tells whether the other side is to blame, or the network: everything but our own
    /// application, and a transport of ours that refused a write.
    pub const fn is_peer_fault(self) -> bool {
        !matches!(self, Self::Stopped | Self::TransmitFailed)
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::ResponseOverdue {
                failures,
                respond_within,
            } => {
                write!(
                    f,
                    "{failures} responses in a row not written within {respond_within:?}"
                )
            }
            Self::AnswerOverdue {
                failures,
                answer_within,
            } => {
                write!(
                    f,
                    "{failures} probes in a row not answered within {answer_within:?}"
                )
            }
            Self::TransmitStalled { failures, waited } => write!(
                f,
                "transport takes nothing: {failures} heartbeat deadlines passed in {waited:?}"
            ),
            Self::TransmitFailed => f.write_str("transport refused a heartbeat twice"),
            Self::ClockExceeded {
                clock,
                limit,
                silent_for,
            } => write!(
                f,
                "{} silent for {silent_for:?}, beyond its limit of {limit:?}",
                clock.as_str()
            ),
            Self::ArmOverdue { arm_within } => {
                write!(
                    f,
                    "venue did not accept the arming message within {arm_within:?}"
                )
            }
            Self::ArmRefused => f.write_str("venue refused the arming message"),
            Self::PeerClosed { code: Some(code) } => {
                write!(f, "venue closed the connection with code {code}")
            }
            Self::PeerClosed { code: None } => f.write_str("venue closed the connection"),
            Self::TransportLost => f.write_str("transport ended without a closing handshake"),
            Self::Stopped => f.write_str("application ended the session"),
        }
    }
}
