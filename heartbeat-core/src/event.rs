//! What the machine tells its driver besides what to send.

mod display;

use core::time::Duration;

use crate::{Cause, Failure, Level, NoticeKind, ProbeId, Safeguard, Timestamp};

/// Something that happened, for logs, metrics and people.
///
/// With [monitoring](crate::ConfigBuilder::monitoring) off only those events are reported for
/// which [`is_telemetry`](Self::is_telemetry) is false: what an application must act on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Event {
    /// The session began.
    Started,
    /// The session ended; the [`Disconnect`](crate::Action::Disconnect) follows, and what the
    /// driver tells of it may come only after the closing handshake.
    Stopped {
        /// Why.
        cause: Cause,
    },
    /// The venue accepted the arming message; reported at the start where there is none.
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
    /// A keepalive was written out. Nobody answers it, and it proves nothing.
    KeepaliveSent,
    /// The venue's terms were taken.
    TermsTaken {
        /// The longest time from the last sign of life to the verdict, from now on.
        silence_bound: Duration,
    },
    /// A probe was written out.
    ProbeSent {
        /// The probe.
        probe: ProbeId,
    },
    /// A probe was answered, in time or after a [`Timeout`](Self::Timeout).
    Answered {
        /// The probe.
        probe: ProbeId,
        /// From the probe written out to the answer read, however late that was. `None` where the
        /// dialect's answers carry no id and an earlier probe's answer is still owed, so that
        /// nobody can tell which of the two this was.
        round_trip: Option<Duration>,
    },
    /// An answer came that answers nothing: its probe was answered before, or is none of ours.
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
    ///
    /// Told at once, and then at most once a second: of several jumps in one second it tells
    /// what was due at the first and what came at the last.
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
    /// More happened in a second than is told one by one: so many events and measurements were
    /// left out. [`Health`](crate::Health) has counted what they were about.
    Coalesced {
        /// How many.
        reports: u64,
    },
    /// The venue announced something. At most eight are told in a second; the frames themselves
    /// go to the application.
    Notice {
        /// What.
        kind: NoticeKind,
        /// How long it gives us, where it says so.
        deadline: Option<Duration>,
    },
    /// The venue protects the orders from now on: it accepted a safeguard that it had not
    /// accepted before, or not in time.
    SafeguardSet {
        /// The safeguard.
        safeguard: Safeguard,
    },
    /// The venue refused a safeguard, or the platform could not ask for it. The orders are
    /// not protected by it, or no longer than the last refresh of it lasts.
    SafeguardRefused {
        /// The safeguard.
        safeguard: Safeguard,
    },
    /// The venue did not acknowledge a safeguard in time; it may or may not be in force.
    SafeguardOverdue {
        /// The safeguard.
        safeguard: Safeguard,
    },
    /// The application asked for order safety, but the platform can ask for none and no
    /// dead-man switch is configured.
    NoSafeguard,
    /// The venue acknowledged that the dead-man switch was wound up.
    DeadManRefreshed {
        /// The earliest time at which the venue cancels the orders.
        until: Timestamp,
    },
    /// The dead-man switch ran out before it could be wound up again: the venue may have
    /// cancelled the orders. Told before the next refresh leaves.
    DeadManLapsed {
        /// The earliest time at which the venue cancelled the orders.
        at: Timestamp,
    },
}

impl Event {
    /// Tells whether this is for observers only, so that turning monitoring off silences it.
    ///
    /// An application must hear of a local stall, a counter jump and a notice: they say what
    /// it may have lost or is about to lose. So it must of the verdict, at once and not after
    /// the closing handshake, and of everything that leaves its orders unprotected.
    pub const fn is_telemetry(&self) -> bool {
        match self {
            Self::Stopped { .. }
            | Self::LocalStall { .. }
            | Self::CounterJump { .. }
            | Self::Notice { .. }
            | Self::SafeguardSet { .. }
            | Self::SafeguardRefused { .. }
            | Self::SafeguardOverdue { .. }
            | Self::NoSafeguard
            | Self::DeadManLapsed { .. } => false,
            Self::Started
            | Self::Armed
            | Self::Live
            | Self::ChallengeReceived { .. }
            | Self::BeatReceived { .. }
            | Self::Responded { .. }
            | Self::Unanswerable { .. }
            | Self::ProbeSent { .. }
            | Self::KeepaliveSent
            | Self::TermsTaken { .. }
            | Self::Answered { .. }
            | Self::AnswerIgnored { .. }
            | Self::Timeout { .. }
            | Self::Failure { .. }
            | Self::LevelChanged { .. }
            | Self::Coalesced { .. }
            | Self::DeadManRefreshed { .. } => true,
        }
    }

    /// Tells whether a peer can cause as many of these as it likes. Those are told one by one
    /// only up to a bound.
    pub(crate) const fn is_routine(&self) -> bool {
        matches!(
            self,
            Self::ChallengeReceived { .. }
                | Self::BeatReceived { .. }
                | Self::Responded { .. }
                | Self::Unanswerable { .. }
                | Self::AnswerIgnored { .. }
                | Self::LevelChanged { .. }
                | Self::TermsTaken { .. }
        )
    }
}

/// The layer a challenge came in, and so its response goes out in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "a WebSocket message is a control frame or it is not")]
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
#[expect(clippy::exhaustive_enums, reason = "the machine has these three clocks")]
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
