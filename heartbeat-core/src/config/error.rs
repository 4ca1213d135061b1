//! What is wrong with settings, with the values that clash.

use core::fmt;
use core::time::Duration;

use super::{DeadManError, PingFrames};

/// A rule between settings that does not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConfigError {
    /// A field is zero that must not be.
    Zero {
        /// The field.
        field: &'static str,
    },
    /// A second probe would be due while the first is out.
    AnswerOutlivesProbe {
        /// The time for the answer.
        answer_within: Duration,
        /// The time between probes.
        probe_every: Duration,
    },
    /// A clock would run out on a healthy line that is silent but for the answers to probes.
    LimitOutrunsProbe {
        /// The clock's limit.
        field: &'static str,
        /// Its value.
        limit: Duration,
        /// How many times it may be exceeded in a row.
        failure_threshold: u8,
        /// The longest silence of a healthy line: probe period and answer together.
        quiet: Duration,
    },
    /// A stall of our own would be taken for the peer's silence.
    StallOutlivesSpan {
        /// The tolerance.
        stall_tolerance: Duration,
        /// The span that it must be shorter than.
        field: &'static str,
        /// Its value.
        span: Duration,
    },
    /// The levels' bounds do not rise.
    LevelsOutOfOrder {
        /// The bound of the target level.
        target: Duration,
        /// The bound of the warning level.
        warning: Duration,
        /// The bound of the critical level.
        critical: Duration,
    },
    /// The venue would drop us before a response counts as overdue.
    ResponseTooSlow {
        /// The time for the response.
        respond_within: Duration,
        /// How long the venue waits for it.
        patience: Duration,
    },
    /// The venue would drop us between two probes.
    ProbeTooRare {
        /// The time between probes.
        probe_every: Duration,
        /// How long the venue bears silence.
        patience: Duration,
    },
    /// The venue would notice a dead line before we do.
    DetectionTooSlow {
        /// The worst case of our detection.
        silence_bound: Duration,
        /// How long the venue bears silence.
        patience: Duration,
    },
    /// The session clock would run out while probes are ping frames: pongs do not move it.
    SessionLimitUnprovable {
        /// The session clock's limit.
        session_limit: Duration,
    },
    /// The venue would drop us between two keepalives.
    KeepaliveTooRare {
        /// The time between keepalives.
        keepalive_every: Duration,
        /// How long the venue bears silence.
        patience: Duration,
    },
    /// Probes would be ping frames where those do harm.
    PingsDoHarm {
        /// The harm.
        ping_frames: PingFrames,
    },
    /// Terms could be taken that are shorter than our own stalls.
    TermsTooShort {
        /// The shortest that would be taken.
        shortest: Duration,
        /// The stall tolerance.
        stall_tolerance: Duration,
    },
    /// No terms could be taken.
    TermsOutOfOrder {
        /// The shortest.
        shortest: Duration,
        /// The longest.
        longest: Duration,
    },
    /// The dead-man switch cannot work as it is set.
    DeadMan(DeadManError),
    /// Nothing would ever notice a dead line.
    NoDetection,
}

const NO_DETECTION: &str = "a dead line would never be noticed: set transport_limit, \
    session_limit, data_limit, terms, or probing with a pace other than outbound idle";

impl ConfigError {
    /// What settings that go with a dialect have against each other.
    fn fmt_dialect(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Self::KeepaliveTooRare { keepalive_every, patience } = self {
            write!(
                f,
                "keepalive_every ({keepalive_every:?}) must be shorter than the venue's patience \
                 with silence ({patience:?})"
            )
        } else if let Self::PingsDoHarm { ping_frames } = self {
            write!(
                f,
                "ping_until_first_send (true) must not be set with ping_frames ({ping_frames:?}): \
                 the first frame would be one"
            )
        } else if let Self::TermsTooShort { shortest, stall_tolerance } = self {
            write!(
                f,
                "terms.shortest ({shortest:?}) must be at least twice stall_tolerance \
                 ({stall_tolerance:?})"
            )
        } else if let Self::TermsOutOfOrder { shortest, longest } = self {
            write!(f, "terms.shortest ({shortest:?}) must be at most terms.longest ({longest:?})")
        } else {
            Ok(())
        }
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Zero { field } => write!(f, "{field} must not be zero"),
            Self::AnswerOutlivesProbe { answer_within, probe_every } => write!(
                f,
                "answer_within ({answer_within:?}) must be shorter than probe_every \
                 ({probe_every:?})"
            ),
            Self::LimitOutrunsProbe { field, limit, failure_threshold, quiet } => write!(
                f,
                "{field} ({limit:?}) times failure_threshold ({failure_threshold}) must be \
                 longer than probe_every and answer_within together ({quiet:?})"
            ),
            Self::StallOutlivesSpan { stall_tolerance, field, span } => write!(
                f,
                "stall_tolerance ({stall_tolerance:?}) must be shorter than {field} ({span:?})"
            ),
            Self::LevelsOutOfOrder { target, warning, critical } => write!(
                f,
                "levels must rise: target ({target:?}), warning ({warning:?}), critical \
                 ({critical:?})"
            ),
            Self::ResponseTooSlow { respond_within, patience } => write!(
                f,
                "respond_within ({respond_within:?}) must be shorter than the venue's patience \
                 for a response ({patience:?})"
            ),
            Self::ProbeTooRare { probe_every, patience } => write!(
                f,
                "probe_every ({probe_every:?}) must be shorter than the venue's patience with \
                 silence ({patience:?})"
            ),
            Self::DetectionTooSlow { silence_bound, patience } => write!(
                f,
                "silence_bound ({silence_bound:?}) must be shorter than the venue's patience \
                 with silence ({patience:?})"
            ),
            Self::SessionLimitUnprovable { session_limit } => write!(
                f,
                "session_limit ({session_limit:?}) must not be set with ping_until_first_send \
                 (true): a pong proves no session"
            ),
            Self::KeepaliveTooRare { .. }
            | Self::PingsDoHarm { .. }
            | Self::TermsTooShort { .. }
            | Self::TermsOutOfOrder { .. } => self.fmt_dialect(f),
            Self::DeadMan(error) => error.fmt(f),
            Self::NoDetection => f.write_str(NO_DETECTION),
        }
    }
}

impl core::error::Error for ConfigError {}
