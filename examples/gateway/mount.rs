//! A venue under a path of the gateway's.

use core::time::Duration;

use heartbeat_core::{Config, Platform};
use heartbeat_examples::endpoint::{Chosen, Named, choose};
use heartbeat_platforms::{Exchange, ExchangeEndpoint, Stage};
use heartbeat_testkit::RuleBook;
use heartbeat_tokio::client::{ClientBuilder, ClientError, Destination, VenueGate, VenueLimits};
use heartbeat_tokio::tungstenite::http::HeaderMap;
use heartbeat_tokio::{Client, ConnectOptions, ConnectionOptions, Handler};

use crate::args::{Args, Venue};

/// How long the last word for a dead bot may take.
pub(crate) const FAREWELL_WITHIN: Duration = Duration::from_secs(2);

/// A venue under a path. All bots that come by it share its breaker and its budgets.
#[derive(Clone, Debug)]
pub(crate) struct Mount {
    /// The first part of the path.
    pub(crate) name: String,
    pub(crate) exchange: Exchange,
    /// The endpoint by whose rules, if not by those of the venue.
    endpoint: Option<ExchangeEndpoint>,
    url: Url,
    pub(crate) is_production: bool,
    pub(crate) config: Config,
    connect: ConnectOptions,
    connection: ConnectionOptions,
    pub(crate) gate: VenueGate,
    pub(crate) farewell: Option<String>,
    pub(crate) resume: bool,
}

impl Mount {
    /// Reads what holds for a venue.
    ///
    /// # Errors
    ///
    /// One line that says what is wrong.
    pub(crate) fn new(venue: Venue, args: &Args, connect: ConnectOptions) -> Result<Self, String> {
        let Named { exchange, .. } = venue.named;
        let Chosen { endpoint, url, stage } =
            choose(venue.named, venue.url.as_deref(), args.production)?;
        Destination::parse(&url).map_err(|error| error.to_string())?;
        let wrong = |error: &dyn core::fmt::Display| format!("{exchange}: {error}");
        let defaults = endpoint.map_or_else(|| exchange.defaults(), |it| it.defaults());
        let config = defaults.build().and_then(|config| config.faster(args.time_scale));
        let limits = endpoint.map_or_else(|| VenueLimits::of(exchange), VenueLimits::at);
        let connection = ConnectionOptions::default()
            .queue_bytes(args.queue_bytes)
            .overflow(args.overflow.into());
        Ok(Self {
            name: venue.path.unwrap_or_else(|| exchange.name().to_owned()),
            exchange,
            endpoint,
            url: Url::split(&url),
            is_production: stage == Some(Stage::Production),
            config: config.map_err(|error| wrong(&error))?,
            connect,
            connection,
            gate: VenueGate::new(&limits).map_err(|error| wrong(&error))?,
            farewell: venue.farewell,
            resume: venue.resume.unwrap_or_default(),
        })
    }

    /// Returns what may be shown of where it leads.
    pub(crate) fn shown(&self) -> &str {
        &self.url.origin
    }

    /// Returns how the venue speaks.
    pub(crate) fn rule_book(&self) -> RuleBook {
        self.endpoint.map_or_else(|| self.exchange.into(), RuleBook::from)
    }

    /// Begins to connect for a bot that asked for `rest`, the path below the mount with its query.
    ///
    /// # Errors
    ///
    /// [`ClientError`] if the settings do not fit together.
    pub(crate) fn start<H: Handler>(
        &self,
        rest: &str,
        headers: HeaderMap,
        name: String,
        handler: H,
    ) -> Result<Client, ClientError> {
        let place = (self.url.with(rest), headers, name);
        match self.endpoint {
            Some(endpoint) => self.start_with(Client::at(endpoint), place, handler),
            None => self.start_with(Client::builder(self.exchange), place, handler),
        }
    }

    fn start_with<P, H>(
        &self,
        builder: ClientBuilder<P>,
        (url, headers, name): (String, HeaderMap, String),
        handler: H,
    ) -> Result<Client, ClientError>
    where
        P: Platform + Clone + Send + Sync + 'static,
        H: Handler,
    {
        let connect = headers.iter().fold(self.connect.clone(), |options, (name, value)| {
            options.header(name.clone(), value.clone())
        });
        builder
            .endpoint(url)
            .config(self.config)
            .connect_options(connect)
            .connection_options(self.connection)
            .gate(self.gate.clone())
            .before_close_within(FAREWELL_WITHIN)
            .name(name)
            .handler(handler)
            .start()
    }
}

/// A URL in the parts that a bot can and cannot choose.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Url {
    /// Scheme, host and port.
    origin: String,
    path: String,
    /// With its question mark.
    query: String,
}

impl Url {
    fn split(url: &str) -> Self {
        let host = url.find("://").map_or(0, |at| at + 3);
        let end = url[host..].find(['/', '?']).map_or(url.len(), |at| host + at);
        let (origin, rest) = url.split_at(end);
        let (path, query) = rest.split_at(rest.find('?').unwrap_or(rest.len()));
        Self { origin: origin.to_owned(), path: path.to_owned(), query: query.to_owned() }
    }

    /// Returns where a bot leads that asks for `rest`: by itself, where the venue's own URL does.
    fn with(&self, rest: &str) -> String {
        let Self { origin, path, query } = self;
        match rest.as_bytes().first() {
            None => format!("{origin}{path}{query}"),
            Some(b'?') => format!("{origin}{path}{rest}"),
            Some(_) => format!("{origin}{rest}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bot_chooses_path_and_query_and_nothing_else() {
        let url = Url::split("wss://ws.okx.com/ws/v5/public?brokerId=9");
        assert_eq!(url.with(""), "wss://ws.okx.com/ws/v5/public?brokerId=9");
        assert_eq!(url.with("?a=b"), "wss://ws.okx.com/ws/v5/public?a=b");
        assert_eq!(url.with("/ws/v5/private?a=b"), "wss://ws.okx.com/ws/v5/private?a=b");
        for rest in ["//evil.example/x", "/@evil.example", "/..", "?@evil.example/"] {
            assert!(url.with(rest).starts_with("wss://ws.okx.com/"), "{rest}");
        }
        let bare = Url::split("ws://127.0.0.1:9");
        assert_eq!(bare.with("/x"), "ws://127.0.0.1:9/x");
        assert_eq!(bare.with("?x"), "ws://127.0.0.1:9?x");
    }
}
