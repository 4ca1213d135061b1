//! The settings of one session, checked once and together, before anything runs.

mod builder;
mod dead_man;
mod error;
mod flood;
mod rules;
mod terms;

use core::num::NonZeroU32;
use core::time::Duration;

pub use builder::ConfigBuilder;
pub use dead_man::{AtStop, DeadMan, DeadManError, DeadManRange};
pub use error::ConfigError;
pub use flood::FloodLimit;
use rules::Settings;
pub(crate) use terms::{Accepted, Refused};
pub use terms::{Heard, Term, Terms, TermsRange};

/// Settings that fit together.
///
/// Made by [`ConfigBuilder::build`], which checks every rule between the fields, so that a
/// session made from a `Config` cannot fail for its settings.
///
/// ```
/// use core::time::Duration;
/// use heartbeat_core::{Config, ConfigError, Pace, Probing};
///
/// let secs = Duration::from_secs;
/// let probing = Probing { every: secs(6), answer_within: secs(3), pace: Pace::Unconditional };
/// let config = Config::builder().probing(probing).failure_threshold(3).build().unwrap();
/// // Died just after an answer: six seconds to the next probe, then three without an answer.
/// assert_eq!(config.silence_bound(), secs(6 + 3 * 3));
/// // As long as it shows some life, it has a grace besides.
/// assert_eq!(config.detection_bound(), config.silence_bound() + config.grace());
///
/// let hasty = Probing { every: secs(3), ..probing };
/// assert_eq!(
///     Config::builder().probing(hasty).build().unwrap_err().to_string(),
///     "answer_within (3s) must be shorter than probe_every (3s)",
/// );
/// // Settings that could never notice a dead line are refused.
/// assert_eq!(Config::builder().build(), Err(ConfigError::NoDetection));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Config {
    settings: Settings,
    silence_bound: Duration,
}

/// When to probe the venue, and how long to wait for its answer.
///
/// Exhaustive on purpose: a probe without a period, a deadline or a pace has no meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "all three must be chosen together")]
pub struct Probing {
    /// The time from one probe to the next, or of idleness until a probe; see [`Pace`].
    pub every: Duration,
    /// The time from when a probe is due until its answer must have been read. The write
    /// counts: a probe that cannot leave in time has failed too.
    pub answer_within: Duration,
    /// What makes a probe due.
    pub pace: Pace,
}

/// What makes a probe due.
///
/// Whatever the pace, a probe that is out must be answered, and after one that was not the
/// next leaves at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "idleness has two directions and no third")]
pub enum Pace {
    /// Every period, whatever flows: for venues that demand it, and to measure round trips
    /// under load.
    Unconditional,
    /// After a period in which nothing was read.
    InboundIdle,
    /// After a period in which nothing was written. Says nothing of a line on which the
    /// application writes often, so it does not count towards
    /// [`detection_bound`](Config::detection_bound).
    OutboundIdle,
}

/// What ping frames of ours do to a connection.
///
/// RFC 6455 has every peer answer them. Not every venue goes by it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "they do no harm, at first, or always")]
pub enum PingFrames {
    /// Nothing bad, as far as is known.
    #[default]
    Harmless,
    /// One that is the first frame of ours ends it. A probe that is a ping frame waits for the
    /// first message, ours or the application's, and is not judged until then.
    HarmfulFirst,
    /// They end it, or are not even read, so that none may be sent. A platform that probes by them
    /// all the same has nothing to probe by, which is a verdict.
    Harmful,
}

/// The response times and round trips at which a connection's [`Level`](crate::Level) changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "one bound for each step between the four levels")]
pub struct Levels {
    /// Below this a connection is at its target.
    pub target: Duration,
    /// Above this it deserves a warning.
    pub warning: Duration,
    /// Above this it is critical.
    pub critical: Duration,
    /// How many samples in a row must call for another level before it changes.
    pub samples: u8,
}

impl Levels {
    /// 500 ms, 1 s and 2 s; three samples in a row.
    pub const DEFAULT: Self = Self {
        target: Duration::from_millis(500),
        warning: Duration::from_secs(1),
        critical: Duration::from_secs(2),
        samples: 3,
    };
}

/// What the venue itself tolerates, against which the settings are checked.
///
/// It holds facts about the venue, not wishes; leave out what is not known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_structs, reason = "these are the two ways to lose a venue's patience")]
pub struct Patience {
    /// How long the venue waits for the response to a challenge.
    pub response: Option<Duration>,
    /// How long the venue keeps a connection on which it hears nothing from us.
    pub silence: Option<Duration>,
}

impl Config {
    /// Begins with the defaults: responses within 5 s, three failures in a row, no probe, no
    /// clock limit, no dead-man switch, arming within 10 s, a grace of 20 s, 100,000 heartbeats
    /// within 10 s, stalls tolerated up to 1 s, monitoring on.
    pub const fn builder() -> ConfigBuilder {
        ConfigBuilder::new(&Settings::DEFAULT)
    }

    /// Goes back to a builder with these settings, to change some of them.
    pub const fn to_builder(self) -> ConfigBuilder {
        ConfigBuilder::new(&self.settings)
    }

    /// Returns the longest time from the death of the line to the verdict, whatever signs of
    /// life it goes on giving: the [`silence_bound`](Self::silence_bound) and the
    /// [`grace`](Self::grace).
    ///
    /// It runs from the last whole frame where a message begins and never ends, and from the last
    /// answer where data comes and no answers do.
    pub const fn detection_bound(&self) -> Duration {
        self.silence_bound.saturating_add(self.settings.grace)
    }

    /// Returns the longest time from the last sign of life to the verdict.
    ///
    /// A line is silent when nothing is read from it any more, not a byte, whatever becomes of
    /// what we write. The bound holds while the session is polled at the deadlines it names; a
    /// local stall starts it anew, at most once until something is read again, and it stands
    /// still while our own message budget [holds](crate::Outlet::Held) heartbeats back, and while a
    /// ping frame must not [come first](PingFrames::HarmfulFirst).
    ///
    /// Where the line is only noticed by what the venue itself [states](Terms), this is the worst
    /// that is [taken](TermsRange), and [`Session::silence_bound`](crate::Session::silence_bound)
    /// what it comes to once it is stated.
    pub const fn silence_bound(&self) -> Duration {
        self.silence_bound
    }

    /// Returns how much longer an answer, a beat or a frame is waited for while a message grows,
    /// and an answer while data comes.
    pub const fn grace(&self) -> Duration {
        self.settings.grace
    }

    /// Returns how many heartbeats the venue may send, if that is limited.
    pub const fn flood_limit(&self) -> Option<FloodLimit> {
        self.settings.flood_limit
    }

    /// Returns the time within which a challenge must have been answered.
    pub const fn respond_within(&self) -> Duration {
        self.settings.respond_within
    }

    /// Returns how many failures in a row, of the same kind, end the connection.
    pub const fn failure_threshold(&self) -> u8 {
        self.settings.failure_threshold
    }

    /// Returns when to probe, if at all.
    pub const fn probing(&self) -> Option<Probing> {
        self.settings.probing
    }

    /// Returns the time from one keepalive to the next, if there are any.
    pub const fn keepalive_every(&self) -> Option<Duration> {
        self.settings.keepalive_every
    }

    /// Returns what ping frames of ours do to the connection.
    pub const fn ping_frames(&self) -> PingFrames {
        self.settings.ping_frames
    }

    /// Returns which terms of the venue's are taken, if any are.
    pub const fn terms(&self) -> Option<TermsRange> {
        match self.settings.terms {
            Some(plan) => Some(plan.range),
            None => None,
        }
    }

    /// Returns the time without any frame that counts as a failure, if any does.
    pub const fn transport_limit(&self) -> Option<Duration> {
        self.settings.transport_limit
    }

    /// Returns the time without a beat, challenge or answer that counts as a failure, if any does.
    pub const fn session_limit(&self) -> Option<Duration> {
        self.settings.session_limit
    }

    /// Returns the time without application data that counts as a failure, if any does.
    pub const fn data_limit(&self) -> Option<Duration> {
        self.settings.data_limit
    }

    /// Tells whether the first probe is due when the session begins.
    pub const fn probe_at_once(&self) -> bool {
        self.settings.probe_at_once
    }

    /// Tells whether probes are ping frames until the application has sent something.
    pub const fn ping_until_first_send(&self) -> bool {
        self.settings.ping_until_first_send
    }

    /// Returns how the dead-man switch is kept wound up, if it is.
    pub const fn dead_man(&self) -> Option<DeadMan> {
        match self.settings.dead_man {
            Some(plan) => Some(plan.switch),
            None => None,
        }
    }

    /// Returns the time that the messages to the dead-man switch speak of: its timeout, in the
    /// real venue's time.
    pub(crate) const fn dead_man_told(&self) -> Option<Duration> {
        match self.settings.dead_man {
            Some(plan) => Some(plan.told),
            None => None,
        }
    }

    /// Returns the time from the start within which the venue must have accepted the arming,
    /// and from the request within which it must have accepted to cancel on disconnect.
    pub const fn arm_within(&self) -> Duration {
        self.settings.arm_within
    }

    /// Returns how late a wake-up may come before it counts as a stall of our own.
    pub const fn stall_tolerance(&self) -> Duration {
        self.settings.stall_tolerance
    }

    /// Returns the bounds of the levels.
    pub const fn levels(&self) -> Levels {
        self.settings.levels
    }

    /// Tells whether latencies and telemetry are reported.
    pub const fn monitoring(&self) -> bool {
        self.settings.monitoring
    }

    /// Returns what the venue tolerates.
    pub const fn patience(&self) -> Patience {
        self.settings.patience
    }

    /// Returns these settings with every span divided by `factor`, for a venue that runs
    /// `factor` times faster than the real one. The bounds of the levels stay: they measure
    /// the network, which runs no faster. So do the times that messages speak of: the venue
    /// divides those itself.
    ///
    /// # Errors
    ///
    /// [`ConfigError::Zero`] if a span vanishes.
    pub fn faster(self, factor: NonZeroU32) -> Result<Self, ConfigError> {
        let divide = |span: Duration| span.checked_div(factor.get()).unwrap_or_default();
        let mut settings = self.settings;
        settings.respond_within = divide(settings.respond_within);
        settings.arm_within = divide(settings.arm_within);
        settings.stall_tolerance = divide(settings.stall_tolerance);
        settings.grace = divide(settings.grace);
        settings.flood_limit = settings
            .flood_limit
            .map(|limit| FloodLimit { heartbeats: limit.heartbeats, within: divide(limit.within) });
        settings.transport_limit = settings.transport_limit.map(divide);
        settings.session_limit = settings.session_limit.map(divide);
        settings.data_limit = settings.data_limit.map(divide);
        settings.patience.response = settings.patience.response.map(divide);
        settings.patience.silence = settings.patience.silence.map(divide);
        settings.probing = settings.probing.map(|probing| Probing {
            every: divide(probing.every),
            answer_within: divide(probing.answer_within),
            pace: probing.pace,
        });
        settings.keepalive_every = settings.keepalive_every.map(divide);
        settings.terms = settings.terms.map(|plan| plan.faster(factor));
        settings.dead_man = settings.dead_man.map(|plan| dead_man::Plan {
            switch: DeadMan {
                timeout: divide(plan.switch.timeout),
                refresh: divide(plan.switch.refresh),
                at_stop: plan.switch.at_stop,
            },
            told: plan.told,
        });
        ConfigBuilder::new(&settings).build()
    }
}
