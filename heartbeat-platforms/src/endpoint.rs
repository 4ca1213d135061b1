//! A venue's endpoints: the URLs at which its dialect is spoken, with what differs there.

mod unknown;

use core::fmt;
use core::str::FromStr;

use heartbeat_core::{ConfigBuilder, Platform};

pub use unknown::UnknownEndpoint;

use crate::forward::forward;
use crate::{Exchange, Facts, Rules};

/// One URL of a venue, by its label: `okx/demo-private`.
///
/// A venue has one dialect and a table of endpoints. What an endpoint does not say of itself is the
/// venue's: its [rules](Self::rules), its [facts](Self::facts), its settings. It is a [`Platform`]
/// like the venue, with the settings that fit the endpoint.
///
/// ```
/// use heartbeat_platforms::{Auth, ExchangeEndpoint, Exchange, Stage};
///
/// let demo: ExchangeEndpoint = "okx/demo-private".parse().unwrap();
/// assert_eq!(demo.exchange(), Exchange::Okx);
/// assert_eq!((demo.stage(), demo.auth()), (Stage::Test, Auth::Message));
/// // A name alone is the venue's first endpoint, which is in production.
/// let okx: ExchangeEndpoint = "okx".parse().unwrap();
/// assert_eq!(okx.to_string(), "okx/production");
/// assert_eq!(Some(okx.url()), Exchange::Okx.production_url());
/// ```
#[derive(Clone, Copy)]
pub struct ExchangeEndpoint {
    exchange: Exchange,
    row: &'static Row,
}

/// Whether what is traded at an endpoint is real.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Stage {
    /// It is, or it is the data of real trading.
    Production,
    /// It is not: a sandbox, a demo, paper.
    Test,
}

/// How an endpoint is told who connects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Auth {
    /// Not at all: all of it is public.
    None,
    /// By a message after the upgrade, for what is not public.
    Optional,
    /// By a message after the upgrade; without, the endpoint is of no use.
    Message,
    /// By the URL: a token or a listen key that was asked for before.
    Url,
    /// By headers of the upgrade.
    Headers,
}

/// A row of a venue's table of endpoints.
pub(crate) struct Row {
    label: &'static str,
    url: &'static str,
    stage: Stage,
    auth: Auth,
    rules: Option<&'static Rules>,
    facts: Option<&'static Facts>,
    platform: Option<&'static (dyn Platform + Sync)>,
}

impl Row {
    /// The endpoint that is meant where nobody says which.
    pub(crate) const fn production(url: &'static str) -> Self {
        Self::real("production", url)
    }

    /// The endpoint at which the venue is tried out.
    pub(crate) const fn test(url: &'static str) -> Self {
        Self::demo("test", url)
    }

    /// An endpoint where trading is real.
    pub(crate) const fn real(label: &'static str, url: &'static str) -> Self {
        Self {
            label,
            url,
            stage: Stage::Production,
            auth: Auth::None,
            rules: None,
            facts: None,
            platform: None,
        }
    }

    /// An endpoint where trading is not real.
    pub(crate) const fn demo(label: &'static str, url: &'static str) -> Self {
        Self { stage: Stage::Test, ..Self::real(label, url) }
    }

    /// Says how the endpoint is told who connects.
    pub(crate) const fn auth(self, auth: Auth) -> Self {
        Self { auth, ..self }
    }

    /// Says what the endpoint demands, in place of what the venue does.
    pub(crate) const fn rules(self, rules: &'static Rules) -> Self {
        Self { rules: Some(rules), ..self }
    }

    /// Says what is known of the endpoint, in place of what is known of the venue.
    pub(crate) const fn facts(self, facts: &'static Facts) -> Self {
        Self { facts: Some(facts), ..self }
    }

    /// Says how the dialect is set up at the endpoint.
    pub(crate) const fn platform(self, platform: &'static (dyn Platform + Sync)) -> Self {
        Self { platform: Some(platform), ..self }
    }

    pub(crate) const fn url(&self) -> &'static str {
        self.url
    }

    pub(crate) const fn stage(&self) -> Stage {
        self.stage
    }

    /// Panics, which is an error of the build, if the row is not whole.
    pub(crate) const fn assert_sound(&self) {
        assert!(is_plain(self.label), "a label is of lower-case letters, digits and hyphens");
        assert!(begins_with(self.url, b"wss://"), "an endpoint's url begins with wss://");
        if let Some(facts) = self.facts {
            facts.assert_sourced();
        }
    }
}

const fn is_plain(label: &str) -> bool {
    let mut rest = label.as_bytes();
    let is_empty = rest.is_empty();
    while let [byte, others @ ..] = rest {
        if !byte.is_ascii_lowercase() && !byte.is_ascii_digit() && *byte != b'-' {
            return false;
        }
        rest = others;
    }
    !is_empty
}

const fn begins_with(text: &str, mut beginning: &[u8]) -> bool {
    let mut text = text.as_bytes();
    while let [wanted, others @ ..] = beginning {
        match text {
            [byte, rest @ ..] if *byte == *wanted => text = rest,
            _ => return false,
        }
        beginning = others;
    }
    true
}

impl ExchangeEndpoint {
    pub(crate) const fn new(exchange: Exchange, row: &'static Row) -> Self {
        Self { exchange, row }
    }

    /// Returns the venue whose endpoint it is.
    pub const fn exchange(&self) -> Exchange {
        self.exchange
    }

    /// Returns what tells it from the venue's other endpoints: `production`, `demo-private`.
    pub const fn label(&self) -> &'static str {
        self.row.label
    }

    /// Returns its URL. Where the venue is told by it [who connects](Auth::Url), a query or a path
    /// of the application's follows.
    pub const fn url(&self) -> &'static str {
        self.row.url
    }

    /// Tells whether what is traded there is real.
    pub const fn stage(&self) -> Stage {
        self.row.stage
    }

    /// Returns how it is told who connects.
    pub const fn auth(&self) -> Auth {
        self.row.auth
    }

    /// Returns what it demands.
    pub const fn rules(&self) -> &'static Rules {
        match self.row.rules {
            Some(rules) => rules,
            None => self.exchange.rules(),
        }
    }

    /// Returns what else there is to know of it, with the sources.
    pub const fn facts(&self) -> &'static Facts {
        match self.row.facts {
            Some(facts) => facts,
            None => self.exchange.facts(),
        }
    }

    /// Tells whether it goes by rules or facts of its own.
    pub const fn differs(&self) -> bool {
        self.row.rules.is_some() || self.row.facts.is_some()
    }

    fn platform(&self) -> &dyn Platform {
        match self.row.platform {
            Some(platform) => platform,
            None => &self.exchange,
        }
    }
}

impl PartialEq for ExchangeEndpoint {
    fn eq(&self, other: &Self) -> bool {
        self.exchange == other.exchange && self.label() == other.label()
    }
}

impl Eq for ExchangeEndpoint {}

impl fmt::Debug for ExchangeEndpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ExchangeEndpoint({self}: {})", self.url())
    }
}

impl fmt::Display for ExchangeEndpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.exchange, self.label())
    }
}

impl FromStr for ExchangeEndpoint {
    type Err = UnknownEndpoint;

    /// Reads `NAME/LABEL`, or `NAME` alone for the venue's first endpoint.
    fn from_str(text: &str) -> Result<Self, UnknownEndpoint> {
        let (name, label) = match text.split_once('/') {
            Some((name, label)) => (name, Some(label)),
            None => (text, None),
        };
        let exchange: Exchange = name.parse().map_err(UnknownEndpoint::Exchange)?;
        let mut endpoints = exchange.endpoints();
        let found = match label {
            Some(label) => endpoints.find(|endpoint| endpoint.label() == label),
            None => endpoints.next(),
        };
        found.ok_or(UnknownEndpoint::Label { exchange })
    }
}

forward!(ExchangeEndpoint);

impl Platform for ExchangeEndpoint {
    /// Returns the venue's name: its endpoints are told apart by their [label](Self::label).
    fn name(&self) -> &str {
        self.platform().name()
    }

    fn defaults(&self) -> ConfigBuilder {
        let defaults = self.platform().defaults();
        match self.row.rules {
            Some(rules) => defaults.patience(rules.patience()),
            None => defaults,
        }
    }
}

#[cfg(test)]
mod tests;
