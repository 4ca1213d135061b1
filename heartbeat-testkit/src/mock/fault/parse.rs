//! Faults and spans from text.

use core::time::Duration;

use super::super::may_travel;
use super::{Fault, FaultError};

/// Reads a fault without its time.
pub(super) fn fault(kind: &str, value: Option<&str>) -> Result<Fault, FaultError> {
    let fault = match kind {
        "silent" => Fault::Silent,
        "half-open" => Fault::HalfOpen,
        "ack-then-silence" => Fault::AckThenSilence,
        "zero-window" => Fault::ZeroWindow,
        "stall" => Fault::Stall,
        "zombie" => Fault::Zombie,
        "cut" => Fault::Cut,
        "protocol-error" => Fault::ProtocolError,
        "wrong-echo" => Fault::WrongEcho,
        "duplicate-answer" => Fault::DuplicateAnswer,
        "garbage" => Fault::Garbage,
        "jumps" => Fault::Jumps,
        "refuse" => Fault::Refuse,
        _ => return with_value(kind, value),
    };
    match value {
        None => Ok(fault),
        Some(value) => {
            Err(FaultError::UnexpectedValue { kind: fault.as_str(), value: value.to_owned() })
        }
    }
}

fn with_value(kind: &str, value: Option<&str>) -> Result<Fault, FaultError> {
    let needed = |kind| value.ok_or(FaultError::MissingValue { kind });
    match kind {
        "slow" => needed("slow").and_then(|value| lateness("slow", value)).map(Fault::Slow),
        "late-answer" => match value {
            None => Ok(Fault::LateAnswer(Fault::LATENESS)),
            Some(value) => lateness("late-answer", value).map(Fault::LateAnswer),
        },
        "close" => needed("close").and_then(close_code).map(Fault::Close),
        "flood" => {
            let most = Fault::FLOOD_MAX;
            let count = number("flood", needed("flood")?, "a number of heartbeats a second", most);
            count.map(Fault::Flood)
        }
        "burst" => {
            let most = Fault::BURST_MAX;
            number("burst", needed("burst")?, "a number of messages", most).map(Fault::Burst)
        }
        "oversize" => match value {
            None => Ok(Fault::Oversize(Fault::OVERSIZE)),
            Some(value) => number("oversize", value, "a number of bytes", Fault::OVERSIZE_MAX)
                .map(Fault::Oversize),
        },
        "http" => needed("http").and_then(status).map(Fault::Http),
        _ => Err(FaultError::UnknownKind { kind: kind.to_owned() }),
    }
}

/// Not even a venue that misbehaves sends a code that may not travel.
fn close_code(text: &str) -> Result<u16, FaultError> {
    match text.parse::<u16>() {
        Ok(code) if may_travel(code) => Ok(code),
        Ok(_) | Err(_) => Err(FaultError::BadCode { code: text.to_owned() }),
    }
}

/// A status that lets nobody in: neither the switch of protocols nor a success.
fn status(text: &str) -> Result<u16, FaultError> {
    match text.parse::<u16>() {
        Ok(status @ 300..=599) => Ok(status),
        Ok(_) | Err(_) => Err(FaultError::BadNumber {
            kind: "http",
            text: text.to_owned(),
            what: "a status",
            min: 300,
            max: 599,
        }),
    }
}

fn number(kind: &'static str, text: &str, what: &'static str, max: u32) -> Result<u32, FaultError> {
    match text.parse::<u32>() {
        Ok(number) if (1..=max).contains(&number) => Ok(number),
        Ok(_) | Err(_) => {
            Err(FaultError::BadNumber { kind, text: text.to_owned(), what, min: 1, max })
        }
    }
}

/// Reads a span, or a bare number of milliseconds.
fn lateness(kind: &'static str, text: &str) -> Result<Duration, FaultError> {
    match text.parse::<u32>() {
        Ok(millis) => Ok(Duration::from_millis(millis.into())),
        Err(_) => span(kind, text),
    }
}

/// Reads digits, at most nine after a point, and a unit; at most some centuries.
pub(super) fn span(field: &'static str, text: &str) -> Result<Duration, FaultError> {
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
