//! What is known of one fact: by documents, and by what was seen.

use core::fmt;

use super::Measure;

macro_rules! facts {
    ($($(#[$doc:meta])* $name:ident = $word:literal, $shown:literal, $field:literal;)+) => {
        /// What can be asked of a venue.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Fact {
            $($(#[$doc])* $name,)+
        }

        impl Fact {
            /// All of them, in the order in which they are reported.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// Returns the fact as one lower-case word, for programs.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $word,)+ }
            }

            /// Returns the fact in a few words, for people.
            pub const fn about(self) -> &'static str {
                match self { $(Self::$name => $shown,)+ }
            }

            /// Returns where it stands in [`Rules`](heartbeat_platforms::Rules) or
            /// [`Facts`](heartbeat_platforms::Facts); empty if it stands nowhere.
            pub const fn field(self) -> &'static str {
                match self { $(Self::$name => $field,)+ }
            }
        }
    };
}

facts! {
    /// How often it challenges.
    ChallengeEvery = "challenge_every", "it challenges every", "rules.challenge.every";
    /// In which layer.
    ChallengeLayer = "challenge_layer", "it challenges by", "rules.challenge.layer";
    /// How long after the first challenge without an answer the connection ends. By how many
    /// challenges that may be missed, and by how much time for each, cannot be told apart.
    EndsAfter = "ends_after", "unanswered, it ends after", "rules.challenge.respond_within, misses";
    /// What an answer with another echo does.
    WrongEcho = "wrong_echo", "a wrong echo", "";
    /// How often it beats.
    BeatEvery = "beat_every", "it beats every", "rules.beat_every";
    /// What challenges and beats begin with.
    Begins = "begins", "that begins with", "rules.begins";
    /// How long a client may take to ask for something.
    FirstRequestWithin = "first_request_within", "something must be asked for within",
        "rules.subscribe_within, authenticate_within";
    /// How long it bears silence.
    SilenceLimit = "silence_limit", "it bears silence for", "rules.silence.limit";
    /// Whether its own messages break the silence.
    DataKeepsAlive = "data_keeps_alive", "its own messages break it", "rules.silence.broken_by";
    /// Whether messages of the client's do.
    MessagesKeepAlive = "messages_keep_alive", "the client's messages break it",
        "rules.silence.broken_by";
    /// Whether ping frames of the client's do.
    PingsKeepAlive = "pings_keep_alive", "the client's ping frames break it",
        "rules.silence.counts_pings";
    /// How it ends a connection that failed its heartbeat: whose challenges went unanswered, or
    /// that was silent where there are none.
    HeartbeatClose = "heartbeat_close", "a failed heartbeat ends with", "rules.heartbeat_close";
    /// How it ends a connection that was silent, where it challenges too.
    SilenceClose = "silence_close", "silence ends with", "";
    /// How it ends a connection that asked for nothing.
    FirstRequestClose = "first_request_close", "to ask for nothing ends with", "";
    /// Whether it answers ping frames.
    AnswersPings = "answers_pings", "it answers ping frames", "facts.answers_pings";
    /// How fast.
    PingRoundTrip = "ping_round_trip", "in (median)", "";
    /// Whether it answers the dialect's probes, where those are messages.
    AnswersProbes = "answers_probes", "it answers the dialect's probes", "";
    /// How fast.
    ProbeRoundTrip = "probe_round_trip", "in (median)", "";
    /// How old a connection becomes at most.
    MaxAge = "max_age", "a connection lives for", "facts.max_age";
    /// Whether a message that means ping ends a connection that has not subscribed.
    PingBeforeSubscribe = "ping_before_subscribe", "a ping before a subscription is fatal",
        "facts.hazards";
    /// Whether a ping frame ends a connection that has said nothing else.
    PingFrame = "ping_frame", "a ping frame is fatal", "facts.hazards";
    /// Whether a text that does not parse ends the connection.
    MalformedText = "malformed_text", "a text that does not parse is fatal", "facts.hazards";
    /// The longest message that it takes.
    LongestMessage = "longest_message", "the longest message it takes", "facts.hazards";
    /// Whether reading slowly ends the connection.
    SlowReader = "slow_reader", "reading too slowly is fatal", "facts.hazards";
    /// Whether many errors end the connection.
    RepeatedErrors = "repeated_errors", "too many errors are fatal", "facts.hazards";
    /// How many messages a client may send.
    MessageBudget = "message_budget", "messages it takes", "facts.message_budget";
    /// How many connections may be opened.
    ConnectBudget = "connect_budget", "connections it lets one open", "facts.connect_budget";
    /// How many connections may be open.
    ConnectionsAtOnce = "connections_at_once", "connections open at once",
        "facts.connections_at_once";
}

/// What is known of one fact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    pub(super) fact: Fact,
    pub(super) documented: Option<Measure>,
    pub(super) observed: Option<Measure>,
    pub(super) verdict: FactVerdict,
    pub(super) agreed: u32,
    pub(super) of: u32,
    pub(super) note: Box<str>,
}

/// What the observation says of the document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum FactVerdict {
    /// It is as documented.
    Agrees,
    /// It is not as documented.
    Differs,
    /// Nothing is documented.
    New,
    /// It was not observed; the note says why.
    NotObserved,
}

/// How far to trust an observation: how many repetitions made it, and whether they agreed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Trust {
    /// Repetitions disagreed, or there was no observation.
    None,
    /// It was made once.
    Low,
    /// It was made twice, and both agreed.
    Medium,
    /// It was made three times or more, and all agreed.
    High,
}

impl Finding {
    /// Returns which fact it is about.
    pub const fn fact(&self) -> Fact {
        self.fact
    }

    /// Returns what is documented, if anything is.
    pub const fn documented(&self) -> Option<&Measure> {
        self.documented.as_ref()
    }

    /// Returns what was observed, if anything was.
    pub const fn observed(&self) -> Option<&Measure> {
        self.observed.as_ref()
    }

    /// Returns what the observation says of the document.
    pub const fn verdict(&self) -> FactVerdict {
        self.verdict
    }

    /// Returns how many repetitions gave the observation, of how many that gave any.
    pub const fn agreement(&self) -> (u32, u32) {
        (self.agreed, self.of)
    }

    /// Returns how far to trust the observation.
    pub const fn trust(&self) -> Trust {
        match (self.agreed, self.of) {
            (agreed, of) if agreed < of => Trust::None,
            (0, _) => Trust::None,
            (1, _) => Trust::Low,
            (2, _) => Trust::Medium,
            _ => Trust::High,
        }
    }

    /// Returns how it was observed, or why it was not.
    pub const fn note(&self) -> &str {
        &self.note
    }
}

impl FactVerdict {
    /// Returns the verdict as one lower-case word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Agrees => "agrees",
            Self::Differs => "differs",
            Self::New => "new",
            Self::NotObserved => "not_observed",
        }
    }
}

impl Trust {
    /// Returns it as one lower-case word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }
}

impl fmt::Display for Fact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
