//! The kinds of faults that a simulation knows, and sets of them.

use core::fmt;
use core::str::FromStr;

/// One kind of thing that goes wrong in a simulation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum FaultKind {
    /// The line carries slowly for a while.
    Delay,
    /// The line carries at a pace that varies by seconds.
    Jitter,
    /// The line carries nothing for some seconds.
    Stall,
    /// The line carries nothing for minutes, and nobody is told.
    HalfOpen,
    /// The line is cut, or the venue cuts it.
    Cut,
    /// The venue takes everything and sends nothing.
    Silent,
    /// The venue keeps its heartbeat up and sends no market data.
    Zombie,
    /// The venue answers probes too late.
    LateAnswer,
    /// The venue answers probes with what is not theirs.
    WrongEcho,
    /// The venue answers every probe twice.
    DuplicateAnswer,
    /// The venue closes the connection.
    Close,
    /// The venue sends a burst of market data.
    Burst,
    /// The client's process stands still.
    Freeze,
    /// The client's machine stands still, with its clock.
    Suspend,
    /// The client's clock goes wrong.
    Drift,
    /// The venue acknowledges what is asked of it and sends nothing else.
    AckThenSilence,
    /// The venue sends everything late.
    Slow,
    /// The venue reads nothing, and sends as ever.
    ZeroWindow,
    /// The venue stands still, and then sends at once what it owes.
    VenueStall,
    /// The venue sends many heartbeats a second.
    Flood,
    /// The venue sends noise.
    Garbage,
    /// The venue sends what is no frame.
    ProtocolError,
    /// The venue sends a message that is too long.
    Oversize,
    /// The venue lets nobody new in.
    Refuse,
    /// The venue answers those who come with a status, and says when to come again.
    Http,
    /// The venue drops everybody, and lets nobody in for a while.
    Outage,
    /// The operator asks for another connection, and the venue ends connections for their age.
    Rotate,
    /// The venue announces maintenance, or that it will be gone, and is.
    Notice,
    /// A firewall or the like turns a client away, once.
    Denied,
    /// The venue says too often, and says zero of how long.
    RateLimit,
    /// The venue closes new connections after a moment, for a while.
    ClosedYoung,
    /// The venue tells new connections to leave after a moment, for a while.
    WarnedYoung,
    /// The venue refuses a second login beside a first, and another connection is asked for.
    OneSession,
    /// The session ends inside a socket that lives.
    Expiry,
    /// A long message comes over a line that carries little, and grows for seconds.
    Narrow,
    /// The running numbers of the venue's beats jump.
    Jumps,
    /// One of the venue's addresses takes dials and comes to nothing.
    SickAddress,
    /// Rotations leave before they make another connection, and one is asked for.
    BreakFirst,
    /// The operator wants another connection at once, over all pauses.
    Reconnect,
    /// The operator stops a client for a while.
    Pause,
}

impl FaultKind {
    /// Every kind, in the order of their declaration.
    pub const ALL: [Self; 40] = [
        Self::Delay,
        Self::Jitter,
        Self::Stall,
        Self::HalfOpen,
        Self::Cut,
        Self::Silent,
        Self::Zombie,
        Self::LateAnswer,
        Self::WrongEcho,
        Self::DuplicateAnswer,
        Self::Close,
        Self::Burst,
        Self::Freeze,
        Self::Suspend,
        Self::Drift,
        Self::AckThenSilence,
        Self::Slow,
        Self::ZeroWindow,
        Self::VenueStall,
        Self::Flood,
        Self::Garbage,
        Self::ProtocolError,
        Self::Oversize,
        Self::Refuse,
        Self::Http,
        Self::Outage,
        Self::Rotate,
        Self::Notice,
        Self::Denied,
        Self::RateLimit,
        Self::ClosedYoung,
        Self::WarnedYoung,
        Self::OneSession,
        Self::Expiry,
        Self::Narrow,
        Self::Jumps,
        Self::SickAddress,
        Self::BreakFirst,
        Self::Reconnect,
        Self::Pause,
    ];

    /// Returns the kind as it is written.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Delay => "delay",
            Self::Jitter => "jitter",
            Self::Stall => "stall",
            Self::HalfOpen => "half-open",
            Self::Cut => "cut",
            Self::Silent => "silent",
            Self::Zombie => "zombie",
            Self::LateAnswer => "late-answer",
            Self::WrongEcho => "wrong-echo",
            Self::DuplicateAnswer => "duplicate-answer",
            Self::Close => "close",
            Self::Burst => "burst",
            Self::Freeze => "freeze",
            Self::Suspend => "suspend",
            Self::Drift => "drift",
            Self::AckThenSilence => "ack-then-silence",
            Self::Slow => "slow",
            Self::ZeroWindow => "zero-window",
            Self::VenueStall => "venue-stall",
            Self::Flood => "flood",
            Self::Garbage => "garbage",
            Self::ProtocolError => "protocol-error",
            Self::Oversize => "oversize",
            Self::Refuse => "refuse",
            Self::Http => "http",
            Self::Outage => "outage",
            Self::Rotate => "rotate",
            Self::Notice => "notice",
            Self::Denied => "denied",
            Self::RateLimit => "rate-limit",
            Self::ClosedYoung => "closed-young",
            Self::WarnedYoung => "warned-young",
            Self::OneSession => "one-session",
            Self::Expiry => "expiry",
            Self::Narrow => "narrow",
            Self::Jumps => "jumps",
            Self::SickAddress => "sick-address",
            Self::BreakFirst => "break-first",
            Self::Reconnect => "reconnect",
            Self::Pause => "pause",
        }
    }

    /// Returns the kind's place in [`ALL`](Self::ALL).
    pub const fn index(self) -> usize {
        self as usize
    }
}

/// A set of [`FaultKind`]s.
///
/// ```
/// use heartbeat_testkit::{FaultKind, FaultKinds};
///
/// let kinds: FaultKinds = "cut,silent".parse().unwrap();
/// assert!(kinds.has(FaultKind::Cut) && !kinds.has(FaultKind::Freeze));
/// assert_eq!("all".parse(), Ok(FaultKinds::all()));
/// assert_eq!("none".parse(), Ok(FaultKinds::none()));
/// let error = "cut,sulk".parse::<FaultKinds>().unwrap_err();
/// assert!(error.to_string().starts_with("no fault `sulk`"));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "a set of faults takes part only in the options that it is given to"]
pub struct FaultKinds(u64);

impl FaultKinds {
    /// Makes the empty set.
    pub const fn none() -> Self {
        Self(0)
    }

    /// Makes the set of every kind.
    pub fn all() -> Self {
        FaultKind::ALL.into_iter().fold(Self::none(), Self::with)
    }

    /// Adds a kind.
    pub const fn with(self, kind: FaultKind) -> Self {
        Self(self.0 | 1 << kind.index())
    }

    /// Tells whether a kind is in the set.
    pub const fn has(self, kind: FaultKind) -> bool {
        self.0 & (1 << kind.index()) != 0
    }

    /// Returns the kinds in the set, in the order of [`FaultKind::ALL`].
    pub fn iter(self) -> impl Iterator<Item = FaultKind> {
        FaultKind::ALL.into_iter().filter(move |kind| self.has(*kind))
    }
}

/// A name that is no [`FaultKind`]'s.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownFaultKind {
    name: String,
}

impl fmt::Display for UnknownFaultKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no fault `{}`, must be one of all, none", self.name)?;
        FaultKind::ALL.iter().try_for_each(|kind| write!(f, ", {}", kind.as_str()))
    }
}

impl core::error::Error for UnknownFaultKind {}

impl FromStr for FaultKinds {
    type Err = UnknownFaultKind;

    fn from_str(names: &str) -> Result<Self, UnknownFaultKind> {
        match names {
            "all" => return Ok(Self::all()),
            "none" => return Ok(Self::none()),
            _ => {}
        }
        names.split(',').try_fold(Self::none(), |kinds, name| {
            let known = FaultKind::ALL.into_iter().find(|kind| kind.as_str() == name);
            known
                .map(|kind| kinds.with(kind))
                .ok_or_else(|| UnknownFaultKind { name: name.to_owned() })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_its_place_and_its_name() {
        for (index, kind) in FaultKind::ALL.into_iter().enumerate() {
            assert_eq!(kind.index(), index);
            let alone: FaultKinds = kind.as_str().parse().unwrap();
            assert_eq!(alone.iter().collect::<Vec<_>>(), [kind]);
        }
        assert_eq!(FaultKinds::all().iter().count(), FaultKind::ALL.len());
        assert!("".parse::<FaultKinds>().is_err());
    }
}
