//! What a client does on one connection, and what it withholds.

use core::time::Duration;

/// What a client does on one connection, and what it withholds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Experiment {
    /// Does all that is asked: arms, subscribes, answers, probes, and pings besides.
    Attend,
    /// Answers, and asks for nothing.
    Idle,
    /// Subscribes and answers, and says nothing else.
    Listen,
    /// Neither asks for anything nor answers.
    IdleDeaf,
    /// Arms and subscribes, and does not answer.
    ListenDeaf,
    /// Arms, subscribes and probes, and does not answer.
    Unanswering,
    /// Arms, subscribes and probes, and answers with another echo.
    WrongEcho,
    /// Answers and sends messages that ask for nothing.
    Talk,
    /// Answers and sends ping frames.
    Ping,
    /// Arms, subscribes, and sends a text that is no message.
    Malformed,
    /// Arms, subscribes, and sends a message as long as documented, then one longer by a byte.
    TooLong,
}

impl Experiment {
    /// All of them, in the order in which they are made.
    pub const ALL: [Self; 11] = [
        Self::Attend,
        Self::Idle,
        Self::Listen,
        Self::IdleDeaf,
        Self::ListenDeaf,
        Self::Unanswering,
        Self::WrongEcho,
        Self::Talk,
        Self::Ping,
        Self::Malformed,
        Self::TooLong,
    ];

    /// Returns the experiment as one lower-case word, for logs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Attend => "attend",
            Self::Idle => "idle",
            Self::Listen => "listen",
            Self::IdleDeaf => "idle_deaf",
            Self::ListenDeaf => "listen_deaf",
            Self::Unanswering => "unanswering",
            Self::WrongEcho => "wrong_echo",
            Self::Talk => "talk",
            Self::Ping => "ping",
            Self::Malformed => "malformed",
            Self::TooLong => "too_long",
        }
    }

    /// Returns what the client does, in a few words for people.
    pub const fn about(self) -> &'static str {
        match self {
            Self::Attend => "does all that is asked",
            Self::Idle => "answers, asks for nothing",
            Self::Listen => "subscribes and answers, says nothing else",
            Self::IdleDeaf => "neither asks nor answers",
            Self::ListenDeaf => "subscribes, does not answer",
            Self::Unanswering => "subscribes and probes, does not answer",
            Self::WrongEcho => "subscribes and probes, answers with another echo",
            Self::Talk => "answers and sends messages that ask for nothing",
            Self::Ping => "answers and sends ping frames",
            Self::Malformed => "sends a text that is no message",
            Self::TooLong => "sends a message longer than documented",
        }
    }

    pub(super) const fn arms(self) -> bool {
        !matches!(self, Self::Idle | Self::IdleDeaf | Self::Listen | Self::Talk | Self::Ping)
    }

    /// Tells whether it subscribes if there is something to subscribe by.
    pub(super) const fn subscribes(self) -> bool {
        !matches!(self, Self::Idle | Self::IdleDeaf | Self::Talk | Self::Ping)
    }

    pub(super) const fn answers(self) -> Answers {
        match self {
            Self::IdleDeaf | Self::ListenDeaf | Self::Unanswering => Answers::Never,
            Self::WrongEcho => Answers::Wrongly,
            Self::Attend
            | Self::Idle
            | Self::Listen
            | Self::Talk
            | Self::Ping
            | Self::Malformed
            | Self::TooLong => Answers::Rightly,
        }
    }

    /// Returns what it says again and again.
    pub(super) const fn says(self) -> Says {
        match self {
            Self::Attend | Self::Unanswering | Self::WrongEcho => Says::ProbesAndPings,
            Self::Talk => Says::Probes,
            Self::Ping => Says::Pings,
            Self::Malformed => Says::Malformed,
            Self::TooLong => Says::TooLong,
            Self::Idle | Self::Listen | Self::IdleDeaf | Self::ListenDeaf => Says::Nothing,
        }
    }
}

/// How challenges are answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answers {
    Rightly,
    Wrongly,
    Never,
}

/// What is said unasked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Says {
    Nothing,
    Probes,
    Pings,
    /// In turns.
    ProbesAndPings,
    /// Once.
    Malformed,
    /// Once as long as may be, once longer.
    TooLong,
}

/// One experiment that is to be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Job {
    pub(super) experiment: Experiment,
    pub(super) arms: bool,
    pub(super) subscribes: bool,
    /// How long the connection is kept if the venue does not end it.
    pub(super) lasts: Duration,
    /// When something is said first after the opening, and how often.
    pub(super) first: Duration,
    pub(super) every: Duration,
    /// The longest message that the venue is documented to take, in bytes.
    pub(super) len_max: usize,
    /// Whether ping frames are sent besides; where they are documented to do harm they are not.
    pub(super) pings: bool,
    /// After which silence of ours a message that asks for nothing is sent, where the dialect has
    /// no probe that is one and silence would end the connection.
    pub(super) speaks_after: Option<Duration>,
}
