//! A venue's rules as data: what it demands, what it sends, and how it punishes.

use core::time::Duration;

use heartbeat_core::{Layer, Patience};

/// What a venue demands of a connection, in real time.
///
/// The configuration is checked against it, the mock exchange enforces it, and the documents
/// are generated from it. Where documents and observations disagree it holds the stricter
/// number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Rules {
    /// The challenges that the venue sends, if it sends any.
    pub challenge: Option<ChallengeRule>,
    /// The period of the beats that the venue sends, if it sends any.
    pub beat_every: Option<Duration>,
    /// What challenges and beats begin with.
    pub begins: Begins,
    /// How long after the upgrade the client must have asked for something: a subscription, an
    /// arming, an authentication. A probe asks for nothing.
    pub subscribe_within: Option<Duration>,
    /// How long after the upgrade the application must have authenticated, at a venue that keeps
    /// nobody else. Only the application can: nothing of ours does it.
    pub authenticate_within: Option<Duration>,
    /// How long the venue keeps a connection on which it hears nothing that counts.
    pub silence: Option<SilenceRule>,
    /// How the venue ends a connection that failed its heartbeat.
    pub heartbeat_close: CloseRule,
}

impl Rules {
    /// A venue that sends nothing and demands nothing: what a venue's rules are written over, so
    /// that they name only what it does.
    pub const NONE: Self = Self {
        challenge: None,
        beat_every: None,
        begins: Begins::Opening,
        subscribe_within: None,
        authenticate_within: None,
        silence: None,
        heartbeat_close: CloseRule::Cut,
    };

    /// Returns what a configuration is checked against: the deadlines that we must not miss.
    pub const fn patience(&self) -> Patience {
        Patience {
            response: match self.challenge {
                Some(challenge) => Some(challenge.respond_within),
                None => None,
            },
            silence: match self.silence {
                Some(silence) => Some(silence.limit),
                None => None,
            },
        }
    }
}

/// The challenges of a venue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ChallengeRule {
    /// The layer they come in.
    pub layer: Layer,
    /// The time from one to the next.
    pub every: Duration,
    /// The time until the response must have come.
    pub respond_within: Duration,
    /// How many challenges in a row may miss that time; the last of them ends the connection. At
    /// least one. The response to one challenge answers for those before it.
    pub misses: u32,
}

impl ChallengeRule {
    /// Makes the rule of a venue of your own: a challenge each `every`, of which the first that has
    /// no response within `respond_within` ends the connection.
    pub const fn new(layer: Layer, every: Duration, respond_within: Duration) -> Self {
        Self { layer, every, respond_within, misses: 1 }
    }

    /// Returns the time from the first of the challenges that nobody answers to the end.
    ///
    /// ```
    /// use core::time::Duration;
    /// use heartbeat_platforms::Exchange;
    ///
    /// // One miss is enough: ten seconds after the challenge it is over.
    /// let rule = Exchange::Deribit.rules().challenge.unwrap();
    /// assert_eq!(rule.ends_after(), Duration::from_secs(10));
    /// ```
    pub const fn ends_after(&self) -> Duration {
        let forgiven = self.every.saturating_mul(self.misses.saturating_sub(1));
        forgiven.saturating_add(self.respond_within)
    }
}

/// What a venue's challenges and beats begin with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Begins {
    /// The upgrade.
    Opening,
    /// The client's arming message.
    Arming,
    /// The client's first subscription.
    Subscription,
}

/// What a venue makes of silence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SilenceRule {
    /// How long it lasts.
    pub limit: Duration,
    /// What ends it.
    pub broken_by: BrokenBy,
    /// Whether a ping frame of the client's counts as a message of the client's.
    pub counts_pings: bool,
}

impl SilenceRule {
    /// Makes the rule of a venue of your own: a connection on which the client says nothing for
    /// `limit` ends; ping frames do not count.
    pub const fn new(limit: Duration) -> Self {
        Self { limit, broken_by: BrokenBy::ClientMessage, counts_pings: false }
    }
}

/// What counts against a venue's idle timer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum BrokenBy {
    /// A message of the client's.
    ClientMessage,
    /// A message of the venue's, whatever the client sends.
    ServerMessage,
    /// A message in either direction.
    AnyMessage,
}

/// How a venue ends a connection that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "with a close frame or without")]
pub enum CloseRule {
    /// With a close frame.
    Code {
        /// Its code.
        code: u16,
        /// Its reason.
        reason: &'static str,
    },
    /// With a close frame that holds nothing, which reads as 1005.
    Bare,
    /// By dropping the transport, without a close frame.
    Cut,
}
