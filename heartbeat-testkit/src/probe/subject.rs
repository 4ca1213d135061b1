//! What is measured: how it is spoken to, and what is documented of it.

use core::fmt;
use core::num::NonZeroU32;
use std::sync::Arc;

use heartbeat_core::{Outbox, OutboxError, Platform, ProbeId, WallTime};
use heartbeat_platforms::{Budget, Exchange, ExchangeEndpoint, Facts, Rules};

use crate::OwnedFrame;
use crate::mock::{divided, scaled};

/// What is measured: how it is spoken to, and what is documented of it.
///
/// Each of our venues and endpoints [is one](Self::from). One of your own is a platform, its rules
/// and its facts.
#[derive(Clone)]
pub struct Subject {
    name: Box<str>,
    pub(super) platform: Arc<dyn Platform + Send + Sync>,
    pub(super) rules: Rules,
    pub(super) facts: Facts,
}

impl Subject {
    /// Makes the subject of a platform, with what is documented of its venue.
    pub fn new(
        platform: impl Platform + Send + Sync + 'static,
        rules: Rules,
        facts: Facts,
    ) -> Self {
        Self { name: platform.name().into(), platform: Arc::new(platform), rules, facts }
    }

    /// Returns its name; of an endpoint with its label.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Divides what is documented, for a venue that is played faster than it is.
    pub(super) fn faster(mut self, factor: NonZeroU32) -> Self {
        let fewer = |budget: Budget| Budget { per: divided(budget.per, factor), ..budget };
        self.rules = scaled(self.rules, factor);
        let within = self.rules.authenticate_within;
        self.rules.authenticate_within = within.map(|within| divided(within, factor));
        self.facts.max_age = self.facts.max_age.map(|age| divided(age, factor));
        self.facts.connect_budget = self.facts.connect_budget.map(fewer);
        if let Some(messages) = &mut self.facts.message_budget {
            messages.budget = fewer(messages.budget);
        }
        self
    }

    /// Tells whether the dialect has a probe that is a message, as against a ping frame.
    pub(super) fn has_text_probe(&self) -> bool {
        self.text_probe().is_some()
    }

    /// Tells whether the dialect has a message that the venue wants to hear and never answers.
    pub(super) fn has_keepalive(&self) -> bool {
        written(|out| self.platform.keepalive(out)).is_some()
    }

    /// Returns such a probe.
    pub(super) fn text_probe(&self) -> Option<String> {
        let id = ProbeId::from_number(0);
        match written(|out| self.platform.probe(id, out)) {
            Some(OwnedFrame::Text(text)) => Some(text),
            _ => None,
        }
    }

    /// Tells whether the venue's heartbeat has to be asked for.
    pub(super) fn arms(&self) -> bool {
        written(|out| self.platform.arm(out)).is_some()
    }
}

/// Returns what a platform writes.
fn written(write: impl FnOnce(&mut Outbox) -> Result<(), OutboxError>) -> Option<OwnedFrame> {
    let mut out = Outbox::new();
    // Some venues want the time, whatever it is.
    out.set_wall_time(Some(WallTime::from_unix_millis(0)));
    write(&mut out).ok()?;
    out.frame().map(OwnedFrame::from)
}

impl From<Exchange> for Subject {
    fn from(exchange: Exchange) -> Self {
        Self::new(exchange, *exchange.rules(), *exchange.facts())
    }
}

impl From<ExchangeEndpoint> for Subject {
    fn from(endpoint: ExchangeEndpoint) -> Self {
        let name = endpoint.to_string().into();
        Self { name, ..Self::new(endpoint, *endpoint.rules(), *endpoint.facts()) }
    }
}

impl fmt::Debug for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, rules, facts, .. } = self;
        f.debug_struct("Subject")
            .field("name", name)
            .field("rules", rules)
            .field("facts", facts)
            .finish_non_exhaustive()
    }
}
