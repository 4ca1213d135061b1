//! What can be made to go wrong with a mock exchange, and how to write it down.

mod error;

use core::fmt;
use core::str::FromStr;
use core::time::Duration;

pub use error::FaultError;

/// One way in which a venue, or the line to it, misbehaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Fault {
    /// Takes everything and sends nothing at all, pongs included.
    Silent,
    /// Nothing passes either way, and nobody is told: the venue does not even read.
    HalfOpen,
    /// Keeps its heartbeat up and sends no market data.
    Zombie,
    /// Drops the transport without a close frame.
    Cut,
    /// Closes the connection with this code.
    Close(u16),
    /// Answers probes this much too late.
    LateAnswer(Duration),
    /// Answers probes with a payload or id that is not theirs.
    WrongEcho,
    /// Answers every probe twice.
    DuplicateAnswer,
    /// Sends this many market data messages at once.
    Flood(u32),
}

impl Fault {
    /// How late an answer is where nothing else is said.
    pub const LATENESS: Duration = Duration::from_secs(5);

    /// The most messages of one flood.
    pub const FLOOD_MAX: u32 = 1_000_000;

    /// Returns the kind of the fault as it is written.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Silent => "silent",
            Self::HalfOpen => "half-open",
            Self::Zombie => "zombie",
            Self::Cut => "cut",
            Self::Close(_) => "close",
            Self::LateAnswer(_) => "late-answer",
            Self::WrongEcho => "wrong-echo",
            Self::DuplicateAnswer => "duplicate-answer",
            Self::Flood(_) => "flood",
        }
    }

    /// Tells whether the fault happens at one moment, so that it has no duration.
    pub const fn is_momentary(self) -> bool {
        matches!(self, Self::Cut | Self::Close(_) | Self::Flood(_))
    }

    fn parse(kind: &str, value: Option<&str>) -> Result<Self, FaultError> {
        let fault = match kind {
            "silent" => Self::Silent,
            "half-open" => Self::HalfOpen,
            "zombie" => Self::Zombie,
            "cut" => Self::Cut,
            "wrong-echo" => Self::WrongEcho,
            "duplicate-answer" => Self::DuplicateAnswer,
            "late-answer" => {
                return match value {
                    None => Ok(Self::LateAnswer(Self::LATENESS)),
                    Some(value) => Ok(Self::LateAnswer(parse_span("late-answer", value)?)),
                };
            }
            "close" => return parse_close(value),
            "flood" => return parse_flood(value),
            _ => {
                return Err(FaultError::UnknownKind { kind: kind.to_owned() });
            }
        };
        match value {
            None => Ok(fault),
            Some(value) => {
                Err(FaultError::UnexpectedValue { kind: fault.as_str(), value: value.to_owned() })
            }
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())?;
        match self {
            Self::Close(code) => write!(f, "={code}"),
            Self::Flood(messages) => write!(f, "={messages}"),
            Self::LateAnswer(late) => write!(f, "={late:?}"),
            Self::Silent
            | Self::HalfOpen
            | Self::Zombie
            | Self::Cut
            | Self::WrongEcho
            | Self::DuplicateAnswer => Ok(()),
        }
    }
}

/// A [`Fault`] with its time: `KIND@TIME`, or `KIND@TIME+DURATION` for one that ends again.
///
/// Times count from the opening of the connection and are not divided by the mock's time
/// scale. They are numbers with a unit: `us`, `ms`, `s`, `m` or `h`.
///
/// ```
/// use core::time::Duration;
/// use heartbeat_testkit::{Fault, FaultPlan};
///
/// let plan: FaultPlan = "silent@5s+1.5s".parse().unwrap();
/// assert_eq!(plan.fault(), Fault::Silent);
/// assert_eq!(plan.at(), Duration::from_secs(5));
/// assert_eq!(plan.lasts(), Some(Duration::from_millis(1_500)));
/// assert_eq!(plan.to_string(), "silent@5s+1.5s");
///
/// assert_eq!(
///     "cut@5s+1s".parse::<FaultPlan>().unwrap_err().to_string(),
///     "fault cut happens at one moment: 1s after `+` must be left out",
/// );
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FaultPlan {
    fault: Fault,
    at: Duration,
    lasts: Option<Duration>,
}

impl FaultPlan {
    /// Plans a fault that begins at `at` after the opening and, unless it is momentary, stays.
    pub const fn new(fault: Fault, at: Duration) -> Self {
        Self { fault, at, lasts: None }
    }

    /// Plans that the fault ends after `span`.
    ///
    /// # Errors
    ///
    /// [`FaultError::Momentary`] for a fault that has no duration.
    pub const fn lasting(mut self, span: Duration) -> Result<Self, FaultError> {
        if self.fault.is_momentary() {
            return Err(FaultError::Momentary { kind: self.fault.as_str(), lasts: span });
        }
        self.lasts = Some(span);
        Ok(self)
    }

    /// Returns the fault.
    pub const fn fault(&self) -> Fault {
        self.fault
    }

    /// Returns when it begins, after the opening of the connection.
    pub const fn at(&self) -> Duration {
        self.at
    }

    /// Returns how long it lasts; `None` if it is momentary or does not end.
    pub const fn lasts(&self) -> Option<Duration> {
        self.lasts
    }
}

impl FromStr for FaultPlan {
    type Err = FaultError;

    fn from_str(text: &str) -> Result<Self, FaultError> {
        let Some((what, when)) = text.split_once('@') else {
            return Err(FaultError::NoTime { text: text.to_owned() });
        };
        let (kind, value) = match what.split_once('=') {
            Some((kind, value)) => (kind, Some(value)),
            None => (what, None),
        };
        let fault = Fault::parse(kind, value)?;
        match when.split_once('+') {
            None => Ok(Self::new(fault, parse_span("time", when)?)),
            Some((at, lasts)) => {
                Self::new(fault, parse_span("time", at)?).lasting(parse_span("duration", lasts)?)
            }
        }
    }
}

impl fmt::Display for FaultPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{:?}", self.fault, self.at)?;
        match self.lasts {
            Some(lasts) => write!(f, "+{lasts:?}"),
            None => Ok(()),
        }
    }
}

/// RFC 6455, section 7.4: below 1000 nothing is defined, 1005, 1006 and 1015 never travel.
fn parse_close(value: Option<&str>) -> Result<Fault, FaultError> {
    let Some(value) = value else {
        return Err(FaultError::MissingValue { kind: "close" });
    };
    match value.parse::<u16>() {
        Ok(code @ (1000..=1004 | 1007..=1014 | 3000..=4999)) => Ok(Fault::Close(code)),
        Ok(_) | Err(_) => Err(FaultError::BadCode { code: value.to_owned() }),
    }
}

fn parse_flood(value: Option<&str>) -> Result<Fault, FaultError> {
    let Some(value) = value else {
        return Err(FaultError::MissingValue { kind: "flood" });
    };
    match value.parse::<u32>() {
        Ok(messages @ 1..=Fault::FLOOD_MAX) => Ok(Fault::Flood(messages)),
        Ok(_) | Err(_) => {
            Err(FaultError::BadCount { count: value.to_owned(), max: Fault::FLOOD_MAX })
        }
    }
}

/// Parses digits, at most nine after a point, and a unit; at most some years.
fn parse_span(field: &'static str, text: &str) -> Result<Duration, FaultError> {
    let bad = || FaultError::BadSpan { field, text: text.to_owned() };
    let digits = text.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
    let unit: u64 = match text.get(digits.len()..) {
        Some("us") => 1_000,
        Some("ms") => 1_000_000,
        Some("s") => 1_000_000_000,
        Some("m") => 60_000_000_000,
        Some("h") => 3_600_000_000_000,
        _ => return Err(bad()),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number(whole) || !is_number(fraction) || fraction.len() > 9 {
        return Err(bad());
    }
    let whole: u64 = whole.parse().map_err(|_| bad())?;
    let billionths: u64 = format!("{fraction:0<9}").parse().map_err(|_| bad())?;
    let nanos = u128::from(whole) * u128::from(unit)
        + u128::from(billionths) * u128::from(unit) / 1_000_000_000;
    u64::try_from(nanos).map(Duration::from_nanos).map_err(|_| bad())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<FaultPlan, FaultError> {
        text.parse()
    }

    #[test]
    fn every_kind_reads_back_as_it_is_written() {
        for text in [
            "silent@5s",
            "half-open@250ms+2s",
            "zombie@60s",
            "cut@1.5s",
            "close=1012@3s",
            "close=4004@0ns",
            "late-answer=3s@1s+4s",
            "wrong-echo@1s",
            "duplicate-answer@1s",
            "flood=1000@1s",
        ] {
            // A zero is written by `Duration` in a unit that nobody types.
            let typed = text.replace("0ns", "0s");
            assert_eq!(parse(&typed).unwrap().to_string(), text);
        }
        assert_eq!(parse("silent@2m").unwrap(), parse("silent@120s").unwrap());
        assert_eq!(parse("late-answer@1s").unwrap().fault(), Fault::LateAnswer(Fault::LATENESS));
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (text, message) in [
            ("silent", "fault `silent` must name its time, as in `silent@5s`"),
            (
                "sulk@1s",
                "fault kind `sulk` must be one of silent, half-open, zombie, cut, close=CODE, \
                 late-answer[=SPAN], wrong-echo, duplicate-answer, flood=N",
            ),
            ("close@1s", "fault close must have a value, as in `close=...`"),
            ("cut=3@1s", "fault cut must have no value, not `3`"),
            (
                "close=1006@1s",
                "close code `1006` must be one that may be sent: 1000 to 1014 without 1005 and \
                 1006, or 3000 to 4999",
            ),
            ("flood=0@1s", "flood `0` must be a number of messages from 1 to 1000000"),
            ("silent@5", "time `5` must be a number and a unit: us, ms, s, m or h"),
            ("silent@-5s", "time `-5s` must be a number and a unit: us, ms, s, m or h"),
            ("silent@1s+", "duration `` must be a number and a unit: us, ms, s, m or h"),
            (
                "silent@99999999999999h",
                "time `99999999999999h` must be a number and a unit: us, ms, s, m or h",
            ),
        ] {
            assert_eq!(parse(text).unwrap_err().to_string(), message, "{text}");
        }
    }
}
