//! What becomes of open orders when the line is lost.

use core::fmt;
use core::time::Duration;

use crate::Span;

/// What becomes of open orders when the line is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum OrderSafety {
    /// Nothing was found: they stay open.
    NotFound,
    /// The endpoint takes no orders, and nothing else of the venue's was found.
    NoOrders,
    /// The venue cancels them, if it was asked to, by one of these.
    Guarded(&'static [SafeguardRule]),
}

/// A safeguard as a venue has it: how it is asked for, and what it does and does not do.
///
/// Written over [`NEW`](Self::NEW).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SafeguardRule {
    /// What makes the venue cancel.
    pub trigger: Trigger,
    /// Where it is asked.
    pub via: Via,
    /// How: the method and its parameters.
    pub how: &'static str,
    /// Whose orders it cancels.
    pub covers: Covers,
    /// What it leaves alone though one might think otherwise.
    pub spares: &'static [&'static str],
    /// What has to be so before the venue grants it.
    pub requires: &'static [&'static str],
    /// What disarms it, or sets it off, and is not meant to.
    pub surprises: &'static [&'static str],
    /// Whether it has to be switched off before the venue's announced maintenance: a timer that
    /// runs out while the venue is down cancels everything when it returns.
    pub off_before_maintenance: bool,
}

/// What makes a venue cancel orders.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Trigger {
    /// The end of the connection, or what the venue takes for it.
    Disconnect,
    /// The end of the connection, and nobody being back within a time that the client chose.
    Absence {
        /// The shortest and the longest time.
        range: (Duration, Duration),
    },
    /// A timer that the client winds up has run out.
    Timer(Timer),
}

/// The timer of a dead-man switch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Timer {
    /// In what the time is told.
    pub unit: TimerUnit,
    /// The shortest time, where one is known.
    pub shortest: Option<Duration>,
    /// The longest time, where one is known.
    pub longest: Option<Duration>,
    /// The time to put on it.
    pub timeout: Duration,
    /// The time between two windings: a third of `timeout` at most, so that two may be lost and the
    /// third be on time.
    pub refresh: Duration,
}

/// In what the time on a dead-man switch is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TimerUnit {
    /// Seconds from now.
    Seconds,
    /// Milliseconds from now.
    Millis,
    /// The point in time, in milliseconds since 1970.
    UnixMillis,
    /// Not at all: the venue's own time holds.
    Fixed,
}

/// Whose orders a safeguard cancels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Covers {
    /// Those placed on the connection.
    Connection,
    /// Those of the connection, or of the whole account, as was asked.
    ConnectionOrAccount,
    /// Those in the symbol that was named.
    Symbol,
    /// Those in the kind of product that was named.
    Product,
    /// Those placed with the mark that was given to them.
    Group,
    /// Those of the API key.
    Key,
    /// Those of the account, by whomever and wherever they were placed.
    Account,
}

/// Where a venue is asked for something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Via {
    /// By a message on the WebSocket.
    WebSocket,
    /// By an HTTP request.
    Rest,
    /// By a message on the WebSocket or by an HTTP request, as the client likes.
    WebSocketOrRest,
    /// By a parameter of the WebSocket's URL.
    Url,
    /// By a field of the FIX logon.
    Fix,
}

impl SafeguardRule {
    /// What a rule is written over: orders of the account, nothing spared, nothing required.
    pub const NEW: Self = Self {
        trigger: Trigger::Disconnect,
        via: Via::Rest,
        how: "",
        covers: Covers::Account,
        spares: &[],
        requires: &[],
        surprises: &[],
        off_before_maintenance: false,
    };

    /// Panics, which is an error of the build, if nobody could go by it.
    pub(crate) const fn assert_sound(&self) {
        assert!(!self.how.is_empty(), "a safeguard says how it is asked for");
        if let Trigger::Timer(timer) = self.trigger {
            timer.assert_safe();
        }
    }
}

impl Timer {
    /// A timer with `timeout` on it, wound up every `refresh`; what else is known is written over.
    pub const fn new(unit: TimerUnit, timeout: Duration, refresh: Duration) -> Self {
        Self { unit, shortest: None, longest: None, timeout, refresh }
    }

    /// Says which times the venue takes.
    #[must_use]
    pub const fn within(self, shortest: Duration, longest: Duration) -> Self {
        Self { shortest: Some(shortest), longest: Some(longest), ..self }
    }

    /// Says the shortest time that the venue takes.
    #[must_use]
    pub const fn at_least(self, shortest: Duration) -> Self {
        Self { shortest: Some(shortest), ..self }
    }

    /// Says the longest time that the venue takes.
    #[must_use]
    pub const fn at_most(self, longest: Duration) -> Self {
        Self { longest: Some(longest), ..self }
    }

    /// Sees to it that no live orders are cancelled for want of a margin.
    ///
    /// # Panics
    ///
    /// If `refresh` is zero or longer than a third of `timeout`, or the venue does not take
    /// `timeout`; where the timer is a constant, that is an error of the build.
    ///
    /// ```
    /// use core::time::Duration;
    /// use heartbeat_platforms::{Timer, TimerUnit};
    ///
    /// const MINUTE: Duration = Duration::from_secs(60);
    /// const _: () = Timer::new(TimerUnit::Seconds, MINUTE, Duration::from_secs(20)).assert_safe();
    /// ```
    ///
    /// A refresh as long as the time on the timer is a race, and does not compile:
    ///
    /// ```compile_fail,E0080
    /// # use core::time::Duration;
    /// # use heartbeat_platforms::{Timer, TimerUnit};
    /// # const MINUTE: Duration = Duration::from_secs(60);
    /// const _: () = Timer::new(TimerUnit::Seconds, MINUTE, MINUTE).assert_safe();
    /// ```
    pub const fn assert_safe(&self) {
        let timeout = self.timeout.as_nanos();
        let thrice = self.refresh.saturating_mul(3).as_nanos();
        assert!(thrice > 0, "refresh must be longer than zero");
        assert!(thrice <= timeout, "refresh must be at most a third of timeout");
        if let Some(shortest) = self.shortest {
            assert!(shortest.as_nanos() <= timeout, "timeout must be at least shortest");
        }
        if let Some(longest) = self.longest {
            assert!(timeout <= longest.as_nanos(), "timeout must be at most longest");
        }
    }
}

impl OrderSafety {
    /// Returns the safeguards that were found, none where none was.
    pub const fn safeguards(&self) -> &'static [SafeguardRule] {
        match self {
            Self::Guarded(rules) => rules,
            Self::NotFound | Self::NoOrders => &[],
        }
    }

    /// Panics, which is an error of the build, if nobody could go by it.
    pub(crate) const fn assert_sound(&self) {
        let mut rules = self.safeguards();
        while let [rule, rest @ ..] = rules {
            rule.assert_sound();
            rules = rest;
        }
    }
}

impl Via {
    /// Tells whether a message on the WebSocket will do.
    pub const fn is_web_socket(self) -> bool {
        matches!(self, Self::WebSocket | Self::WebSocketOrRest)
    }
}

impl fmt::Display for OrderSafety {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFound => f.write_str("nothing found"),
            Self::NoOrders => f.write_str("takes no orders"),
            Self::Guarded(rules) => {
                for (index, rule) in rules.iter().enumerate() {
                    write!(f, "{}{rule}", if index == 0 { "" } else { "; " })?;
                }
                Ok(())
            }
        }
    }
}

impl fmt::Display for SafeguardRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let trigger = match self.trigger {
            Trigger::Disconnect | Trigger::Absence { .. } => "cancel on disconnect",
            Trigger::Timer(_) => "dead-man switch",
        };
        write!(f, "{trigger}, by {}: {}", self.via, self.how)
    }
}

impl fmt::Display for Trigger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Disconnect => f.write_str("the connection ends"),
            Self::Absence { range: (shortest, longest) } => {
                let (shortest, longest) = (Span(*shortest), Span(*longest));
                write!(f, "the connection ends, and nobody is back in {shortest} to {longest}")
            }
            Self::Timer(timer) => timer.fmt(f),
        }
    }
}

impl fmt::Display for Timer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (timeout, refresh) = (Span(self.timeout), Span(self.refresh));
        write!(f, "a timer {}: {timeout}, again every {refresh}", self.unit)?;
        match (self.shortest, self.longest) {
            (None, None) => Ok(()),
            (Some(shortest), None) => write!(f, "; it takes {} or more", Span(shortest)),
            (None, Some(longest)) => write!(f, "; it takes {} or less", Span(longest)),
            (Some(shortest), Some(longest)) => {
                write!(f, "; it takes {} to {}", Span(shortest), Span(longest))
            }
        }
    }
}

impl fmt::Display for TimerUnit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Seconds => "in seconds",
            Self::Millis => "in ms",
            Self::UnixMillis => "that ends at a time in ms since 1970",
            Self::Fixed => "of the venue's own",
        })
    }
}

impl fmt::Display for Covers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Connection => "the connection's",
            Self::ConnectionOrAccount => "the connection's, or the account's, as asked",
            Self::Symbol => "the symbol's that was named",
            Self::Product => "the product's that was named",
            Self::Group => "those that were marked for it",
            Self::Key => "the key's",
            Self::Account => "the account's",
        })
    }
}

impl fmt::Display for Via {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::WebSocket => "message",
            Self::Rest => "REST",
            Self::WebSocketOrRest => "message or REST",
            Self::Url => "URL",
            Self::Fix => "FIX",
        })
    }
}
