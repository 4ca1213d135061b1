//! What can be made to go wrong with a mock exchange, and how to write it down.

mod error;
mod parse;
mod plan;

use core::fmt;
use core::time::Duration;

pub use error::FaultError;
pub use plan::FaultPlan;

/// One way in which a venue, or the line to it, misbehaves.
///
/// While a fault is on under which the venue hears or says nothing (`silent`, `half-open`,
/// `ack-then-silence`, `zero-window`, `stall`), it throws nobody out, and when the fault is over
/// every deadline of the client's begins anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Fault {
    /// Takes everything and sends nothing at all, pongs included.
    Silent,
    /// Nothing passes either way, and nobody is told: the venue does not even read.
    HalfOpen,
    /// Acknowledges what is asked of it, such as arming and subscriptions, and sends nothing
    /// else: no heartbeat, no market data, no answer, no pong.
    AckThenSilence,
    /// Reads nothing, so that the client's writes back up, and sends as ever.
    ZeroWindow,
    /// The venue stands still: it neither reads nor sends. When it goes on, it sends at once what
    /// it owes, at most [`OWED_MAX`](Self::OWED_MAX) messages.
    Stall,
    /// Everything that the venue sends is this much late, in order.
    Slow(Duration),
    /// Keeps its heartbeat up and sends no market data.
    Zombie,
    /// Drops the transport without a close frame.
    Cut,
    /// Closes the connection with this code.
    Close(u16),
    /// Sends bytes that are no frame of RFC 6455.
    ProtocolError,
    /// Answers probes this much too late.
    LateAnswer(Duration),
    /// Answers probes with a payload or id that is not theirs.
    WrongEcho,
    /// Answers every probe twice.
    DuplicateAnswer,
    /// Sends this many heartbeats a second: challenges where the venue has them, beats where it
    /// has only those, ping frames otherwise.
    Flood(u32),
    /// The running numbers of its beats go up by two.
    Jumps,
    /// Sends this many market data messages at once.
    Burst(u32),
    /// Sends ten messages of noise a second, text and binary in turns.
    Garbage,
    /// Sends a message of this many bytes, longer than a client with sense takes.
    Oversize(u32),
    /// Lets nobody new in: a new connection is reset. Those that there are stay.
    Refuse,
    /// Lets nobody new in: the upgrade is refused with this status. Those that there are stay.
    Http(u16),
}

impl Fault {
    /// How late an answer is where nothing else is said.
    pub const LATENESS: Duration = Duration::from_secs(5);

    /// The most heartbeats a second.
    pub const FLOOD_MAX: u32 = 10_000;

    /// The most messages of one burst.
    pub const BURST_MAX: u32 = 1_000_000;

    /// The length of an oversize message in bytes where nothing else is said: one more than
    /// heartbeat-tokio takes where nothing else is said.
    pub const OVERSIZE: u32 = (16 << 20) + 1;

    /// The longest oversize message, in bytes.
    pub const OVERSIZE_MAX: u32 = 128 << 20;

    /// The most messages that a venue makes up for after a stall.
    pub const OWED_MAX: usize = 1_024;

    /// Every kind as it is written, with commas between.
    pub const FORMS: &str = "silent, half-open, ack-then-silence, zero-window, stall, slow=SPAN, \
                             zombie, cut, close=CODE, protocol-error, late-answer[=SPAN], \
                             wrong-echo, duplicate-answer, flood=N, jumps, burst=N, garbage, \
                             oversize[=BYTES], refuse, http=STATUS";

    /// Returns the kind of the fault as it is written.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Silent => "silent",
            Self::HalfOpen => "half-open",
            Self::AckThenSilence => "ack-then-silence",
            Self::ZeroWindow => "zero-window",
            Self::Stall => "stall",
            Self::Slow(_) => "slow",
            Self::Zombie => "zombie",
            Self::Cut => "cut",
            Self::Close(_) => "close",
            Self::ProtocolError => "protocol-error",
            Self::LateAnswer(_) => "late-answer",
            Self::WrongEcho => "wrong-echo",
            Self::DuplicateAnswer => "duplicate-answer",
            Self::Flood(_) => "flood",
            Self::Jumps => "jumps",
            Self::Burst(_) => "burst",
            Self::Garbage => "garbage",
            Self::Oversize(_) => "oversize",
            Self::Refuse => "refuse",
            Self::Http(_) => "http",
        }
    }

    /// Tells whether the fault happens at one moment, so that it has no duration.
    pub const fn is_momentary(self) -> bool {
        matches!(
            self,
            Self::Cut | Self::Close(_) | Self::ProtocolError | Self::Burst(_) | Self::Oversize(_)
        )
    }

    /// Tells whether the venue does not read while the fault is on.
    pub(super) const fn deafens(self) -> bool {
        matches!(self, Self::HalfOpen | Self::ZeroWindow | Self::Stall)
    }

    /// Tells whether nothing at all leaves the venue while the fault is on.
    pub(super) const fn mutes(self) -> bool {
        matches!(self, Self::Silent | Self::HalfOpen)
    }

    /// Tells whether the venue says nothing by itself while the fault is on.
    pub(super) const fn idles(self) -> bool {
        self.mutes() || matches!(self, Self::AckThenSilence)
    }

    /// Tells whether a client cannot meet a deadline while the fault is on.
    pub(super) const fn excuses(self) -> bool {
        self.idles() || self.deafens()
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())?;
        match self {
            Self::Close(number) | Self::Http(number) => write!(f, "={number}"),
            Self::Flood(number) | Self::Burst(number) | Self::Oversize(number) => {
                write!(f, "={number}")
            }
            Self::LateAnswer(late) | Self::Slow(late) => write!(f, "={late:?}"),
            Self::Silent
            | Self::HalfOpen
            | Self::AckThenSilence
            | Self::ZeroWindow
            | Self::Stall
            | Self::Zombie
            | Self::Cut
            | Self::ProtocolError
            | Self::WrongEcho
            | Self::DuplicateAnswer
            | Self::Jumps
            | Self::Garbage
            | Self::Refuse => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<FaultPlan, FaultError> {
        text.parse()
    }

    #[test]
    fn every_kind_reads_back_as_it_is_written() {
        let mut seen = Vec::new();
        for text in [
            "silent@5s",
            "half-open@250ms+2s",
            "ack-then-silence@1s",
            "zero-window@1s+2s",
            "stall@1s+2s",
            "slow=250ms@1s+2s",
            "zombie@60s",
            "cut@1.5s",
            "close=1012@3s",
            "close=4004@0ns",
            "protocol-error@1s",
            "late-answer=3s@1s+4s",
            "wrong-echo@1s",
            "duplicate-answer@1s",
            "flood=1000@1s+1s",
            "jumps@1s+1s",
            "burst=1000@1s",
            "garbage@1s+1s",
            "oversize=70000@1s",
            "refuse@1s+1s",
            "http=503@1s+1s",
        ] {
            // A zero is written by `Duration` in a unit that nobody types.
            let typed = text.replace("0ns", "0s");
            let plan = parse(&typed).unwrap();
            assert_eq!(plan.to_string(), text);
            seen.push(plan.fault().as_str());
        }
        for form in Fault::FORMS.split(", ") {
            let kind = form.split(['=', '[']).next().unwrap();
            assert!(seen.contains(&kind), "{kind} is listed and not tried");
        }
        assert_eq!(parse("silent@2m").unwrap(), parse("silent@120s").unwrap());
        assert_eq!(parse("late-answer@1s").unwrap().fault(), Fault::LateAnswer(Fault::LATENESS));
        assert_eq!(parse("oversize@1s").unwrap().fault(), Fault::Oversize(Fault::OVERSIZE));
        // A bare number is one of milliseconds.
        assert_eq!(parse("slow=250@1s").unwrap(), parse("slow=250ms@1s").unwrap());
    }

    #[test]
    fn what_is_wrong_is_named() {
        let unknown = format!("fault kind `sulk` must be one of {}", Fault::FORMS);
        for (text, message) in [
            ("silent", "fault `silent` must name its time, as in `silent@5s`"),
            ("sulk@1s", unknown.as_str()),
            ("close@1s", "fault close must have a value, as in `close=...`"),
            ("slow@1s", "fault slow must have a value, as in `slow=...`"),
            ("cut=3@1s", "fault cut must have no value, not `3`"),
            (
                "close=1006@1s",
                "close code `1006` must be one that may be sent: 1000 to 1014 without 1004 to \
                 1006, or 3000 to 4999",
            ),
            ("flood=0@1s", "flood `0` must be a number of heartbeats a second from 1 to 10000"),
            ("burst=0@1s", "burst `0` must be a number of messages from 1 to 1000000"),
            ("oversize=x@1s", "oversize `x` must be a number of bytes from 1 to 134217728"),
            ("http=200@1s", "http `200` must be a status from 300 to 599"),
            ("slow=5x@1s", "slow `5x` must be a number and a unit: us, ms, s, m or h"),
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
