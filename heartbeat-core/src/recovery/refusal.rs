//! What a venue means by a status or a close code.

use core::fmt;

/// By what a venue turned us away: the status of a handshake, or the code of a close frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(clippy::exhaustive_enums, reason = "a venue refuses before the upgrade or after it")]
pub enum RefusalCode {
    /// The HTTP status of a handshake that was not answered by 101.
    Status(u16),
    /// The code of a close frame.
    Close(u16),
}

/// What a venue means by a [`RefusalCode`]. The vocabulary of a venue's facts: what no fact
/// says has the meaning that RFC 9110, RFC 6455 and common use give it, by [`of`](Self::of).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Refusal {
    /// It does not know the key, the token or the signature. Where credentials were sent, trying
    /// again with the same ones is no use.
    Credentials,
    /// The session or the token was good and is old: a fresh one will do.
    SessionExpired,
    /// Too many requests, messages or connections.
    RateLimited,
    /// Turned away for a while, for not having heeded a rate limit.
    Banned,
    /// A firewall, a region or a content network: it may pass, and says nothing of credentials.
    Blocked,
    /// It will not have us, and nobody says why: credentials, a firewall, a wrong path or a
    /// policy. It may pass, and may not.
    Denied,
    /// Announced work; it will be back.
    Maintenance,
    /// The server goes away and another takes its place.
    Restarting,
    /// Another connection of the same account or key has taken the place of this one.
    Displaced,
    /// It says nothing of why.
    Unknown,
}

impl Refusal {
    /// Returns what a code means by the facts of a venue, or, where they are silent, by the
    /// standards: 401, 403, 404, 451 and close code 1008 are [`Denied`](Self::Denied), 418 is
    /// [`Banned`](Self::Banned), 429 [`RateLimited`](Self::RateLimited), 1012 and 1013
    /// [`Restarting`](Self::Restarting), and every other is [`Unknown`](Self::Unknown).
    ///
    /// ```
    /// use heartbeat_core::{Refusal, RefusalCode};
    ///
    /// let facts = [(RefusalCode::Close(4001), Refusal::Credentials)];
    /// assert_eq!(Refusal::of(RefusalCode::Close(4001), &facts), Refusal::Credentials);
    /// // The same number is not the same code.
    /// assert_eq!(Refusal::of(RefusalCode::Status(4001), &facts), Refusal::Unknown);
    /// assert_eq!(Refusal::of(RefusalCode::Status(403), &facts), Refusal::Denied);
    /// ```
    pub fn of(code: RefusalCode, facts: &[(RefusalCode, Self)]) -> Self {
        let known = facts.iter().find(|(known, _)| *known == code);
        known.map_or_else(|| Self::by_the_standards(code), |(_, meaning)| *meaning)
    }

    /// 1012 and 1013 are of the IANA registry of close codes, beyond RFC 6455.
    const fn by_the_standards(code: RefusalCode) -> Self {
        match code {
            RefusalCode::Status(401 | 403 | 404 | 451) | RefusalCode::Close(1008) => Self::Denied,
            RefusalCode::Status(418) => Self::Banned,
            RefusalCode::Status(429) => Self::RateLimited,
            RefusalCode::Close(1012 | 1013) => Self::Restarting,
            RefusalCode::Status(_) | RefusalCode::Close(_) => Self::Unknown,
        }
    }

    /// Returns the meaning as one lower-case word, for logs and metric labels.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Credentials => "credentials",
            Self::SessionExpired => "session_expired",
            Self::RateLimited => "rate_limited",
            Self::Banned => "banned",
            Self::Blocked => "blocked",
            Self::Denied => "denied",
            Self::Maintenance => "maintenance",
            Self::Restarting => "restarting",
            Self::Displaced => "displaced",
            Self::Unknown => "unknown",
        }
    }
}

impl fmt::Display for RefusalCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Status(status) => write!(f, "status {status}"),
            Self::Close(code) => write!(f, "close code {code}"),
        }
    }
}
