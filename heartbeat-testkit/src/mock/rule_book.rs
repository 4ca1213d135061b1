//! A venue for a mock to play.

use core::fmt;
use std::sync::Arc;

use heartbeat_core::{Frame, Platform, Signal};
use heartbeat_platforms::{Answered, Exchange, ExchangeEndpoint, Facts, Rules};

use super::Dialect;
use super::venues::dialect_of;

/// A venue for a mock to play: what it demands, what else is known of it, and how it speaks.
///
/// Each of our venues [is one](Self::from), so `Exchange::Okx` stands wherever one is asked for.
/// One of your own is a platform, its rules and a [`Dialect`]:
///
/// ```
/// use core::time::Duration;
/// use heartbeat_core::{
///     Config, ConfigBuilder, Detector, Frame, Outbox, OutboxError, Platform, Responder, Signal,
///     Timestamp,
/// };
/// use heartbeat_platforms::{CloseRule, Rules, SilenceRule};
/// use heartbeat_testkit::{
///     Dialect, Meaning, MockAction, MockExchange, MockOptions, Observation, Offence, RuleBook,
/// };
///
/// struct Acme;
/// # impl Detector for Acme {
/// #     fn classify(&self, frame: Frame<'_>) -> Signal { Signal::of_control(frame) }
/// # }
/// # impl Responder for Acme {
/// #     fn respond(&self, _: &[u8], _: &mut Outbox) -> Result<(), OutboxError> { Ok(()) }
/// # }
/// # impl Platform for Acme {
/// #     fn name(&self) -> &'static str { "acme" }
/// #     fn defaults(&self) -> ConfigBuilder { Config::builder() }
/// # }
///
/// /// How Acme speaks: it takes anything, and says a price.
/// #[derive(Clone, Debug)]
/// struct Prices;
///
/// impl Dialect for Prices {
///     fn read(&mut self, _: Timestamp, _: &str) -> Meaning {
///         Meaning::Subscribe { reply: r#"{"ok":true}"#.to_owned() }
///     }
///
///     fn data(&self, _: Timestamp, serial: u64) -> String {
///         format!(r#"{{"price":{serial}}}"#)
///     }
/// }
///
/// let mut rules = Rules::NONE;
/// rules.silence = Some(SilenceRule::new(Duration::from_secs(10)));
/// rules.heartbeat_close = CloseRule::Code { code: 4000, reason: "silence" };
/// let acme = RuleBook::new(Acme, Prices).rules(rules);
///
/// let at = Timestamp::from_millis;
/// let mut mock = MockExchange::new(acme, MockOptions::default(), at(0));
/// assert_eq!(mock.poll(at(0)), MockAction::Observe(Observation::Connected));
/// assert_eq!(mock.poll(at(9_999)), MockAction::Wait(Some(at(10_000))));
/// let kicked = Observation::Kicked { why: Offence::Silence, code: Some(4000) };
/// assert_eq!(mock.poll(at(10_000)), MockAction::Observe(kicked));
/// ```
#[derive(Clone)]
pub struct RuleBook {
    book: Arc<Book>,
}

#[derive(Clone)]
struct Book {
    platform: Arc<dyn Platform + Send + Sync>,
    dialect: Arc<dyn Fn() -> Box<dyn Dialect> + Send + Sync>,
    rules: Rules,
    facts: Facts,
    /// Where it has something to upgrade to.
    #[cfg_attr(not(feature = "tokio"), expect(dead_code, reason = "only a server has paths"))]
    paths: Vec<&'static str>,
}

impl RuleBook {
    /// Begins a venue that demands nothing and of which nothing else is known. Each connection
    /// speaks by a clone of `dialect`.
    pub fn new(
        platform: impl Platform + Send + Sync + 'static,
        dialect: impl Dialect + Clone + 'static,
    ) -> Self {
        let book = Book {
            platform: Arc::new(platform),
            dialect: Arc::new(move || Box::new(dialect.clone())),
            rules: Rules::NONE,
            facts: Facts::UNKNOWN,
            paths: Vec::new(),
        };
        Self { book: Arc::new(book) }
    }

    /// Sets what it demands, sends, and how it punishes.
    #[must_use]
    pub fn rules(mut self, rules: Rules) -> Self {
        Arc::make_mut(&mut self.book).rules = rules;
        self
    }

    /// Sets what else is known of it: its budgets, its maximum age, its hazards.
    #[must_use]
    pub fn facts(mut self, facts: Facts) -> Self {
        Arc::make_mut(&mut self.book).facts = facts;
        self
    }

    /// Returns its name.
    pub fn name(&self) -> &str {
        self.book.platform.name()
    }

    /// Returns what it demands.
    pub fn rules_of(&self) -> &Rules {
        &self.book.rules
    }

    /// Returns what else is known of it.
    pub fn facts_of(&self) -> &Facts {
        &self.book.facts
    }

    /// Returns what its clients make of a frame.
    pub(crate) fn classify(&self, frame: Frame<'_>) -> Signal {
        self.book.platform.classify(frame)
    }

    /// Returns how it speaks on one connection: for whoever has to sound like the venue without
    /// enforcing its rules, such as a proxy.
    pub fn dialect(&self) -> Box<dyn Dialect> {
        (self.book.dialect)()
    }

    /// Tells whether it answers a ping frame; what is not known counts as RFC 6455 has it.
    pub(super) fn answers_pings(&self) -> bool {
        !matches!(self.book.facts.answers_pings, Answered::No)
    }

    /// Tells whether a path has something to upgrade to: the root has, and those that the venue's
    /// own URLs name.
    #[cfg(feature = "tokio")]
    pub(crate) fn serves(&self, path: &str) -> bool {
        let path = path.trim_matches('/');
        path.is_empty() || self.book.paths.contains(&path)
    }
}

impl From<Exchange> for RuleBook {
    fn from(exchange: Exchange) -> Self {
        let paths =
            exchange.endpoints().filter_map(|endpoint| endpoint.url().splitn(4, '/').nth(3));
        let paths = paths.map(|path| path.split('?').next().unwrap_or_default().trim_matches('/'));
        let book = Book {
            platform: Arc::new(exchange),
            dialect: Arc::new(move || dialect_of(exchange)),
            rules: *exchange.rules(),
            facts: *exchange.facts(),
            paths: paths.collect(),
        };
        Self { book: Arc::new(book) }
    }
}

impl From<ExchangeEndpoint> for RuleBook {
    /// Plays the venue by the rules and the facts of the endpoint.
    fn from(endpoint: ExchangeEndpoint) -> Self {
        let mut rules = Self::from(endpoint.exchange());
        let book = Arc::make_mut(&mut rules.book);
        book.platform = Arc::new(endpoint);
        book.rules = *endpoint.rules();
        book.facts = *endpoint.facts();
        rules
    }
}

impl fmt::Debug for RuleBook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Book { rules, facts, .. } = &*self.book;
        f.debug_struct("RuleBook")
            .field("name", &self.name())
            .field("rules", rules)
            .field("facts", facts)
            .finish_non_exhaustive()
    }
}
