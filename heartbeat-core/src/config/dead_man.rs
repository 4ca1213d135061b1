//! The settings of a dead-man switch, and the rules between them.

use core::fmt;
use core::time::Duration;

/// How to keep a venue's dead-man switch wound up.
///
/// It cancels orders, so nothing turns it on but
/// [`dead_man`](crate::ConfigBuilder::dead_man), and nothing starts it but
/// [`request_order_safety`](crate::Session::request_order_safety).
///
/// Exhaustive on purpose: a switch without a time, a rhythm and an end has no meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "all three must be chosen together")]
pub struct DeadMan {
    /// The time on the venue's timer after each refresh. It must outlast a refresh and the
    /// [`silence_bound`](crate::Config::silence_bound) together: refreshes are withheld
    /// while the line is in doubt, and a doubt that passes must not cost the orders.
    pub timeout: Duration,
    /// The time from one refresh to the next, within which the venue must have acknowledged
    /// it. Two must fit into `timeout`, so that one may get lost.
    pub refresh: Duration,
    /// What becomes of the switch when the application ends the session.
    pub at_stop: AtStop,
}

/// What becomes of the dead-man switch when the application [stops](crate::Session::stop) the
/// session.
///
/// No default: either is a surprise to whoever did not choose it. After any other verdict
/// nothing is sent, and the timer runs out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "it is switched off or it is not")]
pub enum AtStop {
    /// It is switched off before the farewell, and the orders stay. The venue's reply is not
    /// waited for: what counts is that it reads the message before our Close.
    SwitchOff,
    /// It runs on, and the venue cancels the orders when it runs out.
    LetRun,
}

/// Which times a venue accepts on its dead-man switch.
///
/// It holds facts about the venue, not wishes; a platform sets it in its defaults.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "two ends and a step")]
pub struct DeadManRange {
    /// The shortest.
    pub shortest: Duration,
    /// The longest, if one is known.
    pub longest: Option<Duration>,
    /// The step: what a message can say is a multiple of it. Not zero.
    pub step: Duration,
}

impl DeadManRange {
    const fn contains(&self, timeout: Duration) -> bool {
        let step = self.step.as_nanos();
        let fits_step = matches!(timeout.as_nanos().checked_rem(step), Some(0));
        let fits_end = match self.longest {
            Some(longest) => timeout.as_nanos() <= longest.as_nanos(),
            None => true,
        };
        fits_step && fits_end && self.shortest.as_nanos() <= timeout.as_nanos()
    }
}

/// A dead-man switch as it was set, and the time that its messages speak of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Plan {
    pub(super) switch: DeadMan,
    /// What the venue is told. It differs from the timeout at a venue that runs faster than
    /// the real one: its messages still speak of real time.
    pub(super) told: Duration,
}

impl Plan {
    /// Checks the rules that concern the switch.
    pub(super) fn check(
        &self,
        range: Option<DeadManRange>,
        silence_bound: Duration,
    ) -> Result<(), DeadManError> {
        let DeadMan { timeout, refresh, at_stop: _ } = self.switch;
        let range = range.ok_or(DeadManError::NotOffered { timeout: self.told })?;
        if !range.contains(self.told) {
            return Err(DeadManError::OutOfRange { timeout: self.told, range });
        }
        if refresh.saturating_mul(2) >= timeout {
            return Err(DeadManError::TooRare { refresh, timeout });
        }
        if refresh.saturating_add(silence_bound) >= timeout {
            return Err(DeadManError::TooHasty { timeout, refresh, silence_bound });
        }
        Ok(())
    }
}

/// A rule of a dead-man switch that does not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DeadManError {
    /// A dead-man switch is wanted of a platform that cannot wind one up.
    NotOffered {
        /// The time wanted on it.
        timeout: Duration,
    },
    /// The venue does not accept the time on its dead-man switch.
    OutOfRange {
        /// The time wanted on it.
        timeout: Duration,
        /// What the venue accepts.
        range: DeadManRange,
    },
    /// One lost refresh would cost the orders.
    TooRare {
        /// The time between refreshes.
        refresh: Duration,
        /// The time on the switch.
        timeout: Duration,
    },
    /// A doubt that passes would cost the orders.
    TooHasty {
        /// The time on the switch.
        timeout: Duration,
        /// The time between refreshes.
        refresh: Duration,
        /// The longest that a doubt can last.
        silence_bound: Duration,
    },
}

impl fmt::Display for DeadManError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::NotOffered { timeout } => write!(
                f,
                "dead_man.timeout ({timeout:?}) needs dead_man_range (none): the platform winds \
                 up no dead-man switch"
            ),
            Self::OutOfRange { timeout, range } => {
                let DeadManRange { shortest, longest, step } = range;
                write!(f, "dead_man.timeout ({timeout:?}) must be at least {shortest:?}")?;
                if let Some(longest) = longest {
                    write!(f, ", at most {longest:?}")?;
                }
                write!(f, ", and a multiple of {step:?}")
            }
            Self::TooRare { refresh, timeout } => write!(
                f,
                "dead_man.refresh ({refresh:?}) must fit twice into dead_man.timeout \
                 ({timeout:?})"
            ),
            Self::TooHasty { timeout, refresh, silence_bound } => write!(
                f,
                "dead_man.timeout ({timeout:?}) must be longer than dead_man.refresh \
                 ({refresh:?}) and silence_bound ({silence_bound:?}) together"
            ),
        }
    }
}

impl core::error::Error for DeadManError {}
