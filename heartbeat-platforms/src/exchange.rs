//! What can be asked of any venue, by its name.

mod list;
mod unknown;

use core::fmt;
use core::str::FromStr;

use heartbeat_core::{ConfigBuilder, Platform};

pub use list::Exchange;
pub use unknown::UnknownExchange;

use crate::endpoint::Row;
use crate::forward::forward;
use crate::{ExchangeEndpoint, Facts, Rules, Stage};

impl Exchange {
    /// Returns the name of the venue, by which it is also [parsed](FromStr).
    pub const fn name(self) -> &'static str {
        self.profile().name
    }

    /// Returns what the venue demands.
    pub const fn rules(self) -> &'static Rules {
        &self.profile().rules
    }

    /// Returns what else there is to know of the venue, with its sources.
    ///
    /// ```
    /// use heartbeat_platforms::{Exchange, OrderSafety};
    ///
    /// let facts = Exchange::BinanceSpot.facts();
    /// assert_eq!(facts.order_safety, OrderSafety::NotFound);
    /// ```
    pub const fn facts(self) -> &'static Facts {
        &self.profile().facts
    }

    /// Returns the venue's endpoints, that of production first.
    ///
    /// ```
    /// use heartbeat_platforms::{Exchange, Stage};
    ///
    /// let mut demos = Exchange::Okx.endpoints().filter(|one| one.stage() == Stage::Test);
    /// assert_eq!(demos.next().unwrap().to_string(), "okx/demo");
    /// // Where the URL is the application's alone there are none.
    /// assert_eq!(Exchange::Rfc6455.endpoints().count(), 0);
    /// ```
    pub fn endpoints(self) -> impl ExactSizeIterator<Item = ExchangeEndpoint> + Clone {
        self.profile().endpoints.iter().map(move |row| ExchangeEndpoint::new(self, row))
    }

    /// Returns the URL of the venue's first endpoint in production, if it has one.
    pub const fn production_url(self) -> Option<&'static str> {
        self.first_url(true)
    }

    /// Returns the URL of the venue's first endpoint at which nothing is real, if it has one.
    pub const fn test_url(self) -> Option<&'static str> {
        self.first_url(false)
    }

    const fn first_url(self, is_real: bool) -> Option<&'static str> {
        let mut rows: &[Row] = self.profile().endpoints;
        while let [row, rest @ ..] = rows {
            if matches!(row.stage(), Stage::Production) == is_real {
                return Some(row.url());
            }
            rows = rest;
        }
        None
    }
}

impl fmt::Display for Exchange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Exchange {
    type Err = UnknownExchange;

    fn from_str(name: &str) -> Result<Self, UnknownExchange> {
        let known = Self::all().iter().find(|exchange| exchange.name() == name).copied();
        known.ok_or_else(|| UnknownExchange::new(name))
    }
}

forward!(Exchange);

impl Platform for Exchange {
    fn name(&self) -> &str {
        self.platform().name()
    }

    fn defaults(&self) -> ConfigBuilder {
        self.platform().defaults()
    }
}
