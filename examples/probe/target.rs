//! What is measured, and whether it may be.

use core::net::IpAddr;

use heartbeat_examples::endpoint::word_for;
use heartbeat_platforms::{Auth, Exchange, ExchangeEndpoint};
use heartbeat_testkit::RuleBook;
use heartbeat_testkit::probe::Subject;
use heartbeat_tokio::client::Destination;

use crate::args::Args;

/// What is measured.
#[derive(Debug)]
pub(crate) struct Target {
    pub(crate) subject: Subject,
    /// What a mock exchange plays in its place.
    pub(crate) book: RuleBook,
    pub(crate) url: String,
    /// What may be shown of the URL.
    pub(crate) shown: String,
    /// Which endpoint it is, where that is known.
    pub(crate) label: Option<String>,
    pub(crate) stage: &'static str,
}

impl Target {
    /// Chooses what the command line asks for.
    ///
    /// # Errors
    ///
    /// One line that says what is missing: a URL, or permission.
    pub(crate) fn choose(args: &Args) -> Result<Self, String> {
        let exchange = args.exchange.exchange;
        let endpoint = match (&args.endpoint, args.exchange.endpoint) {
            (Some(_), Some(_)) => return Err("--endpoint must not be given twice".to_owned()),
            (Some(label), None) => Some(
                format!("{exchange}/{label}")
                    .parse::<ExchangeEndpoint>()
                    .map_err(|error| error.to_string())?,
            ),
            (None, named) => named,
        };
        // A URL alone is held against the venue's own rules.
        let endpoint = match args.url {
            Some(_) => endpoint,
            None => endpoint.or_else(|| exchange.endpoints().next()),
        };
        let subject = endpoint.map_or_else(|| Subject::from(exchange), Subject::from);
        let book = endpoint.map_or_else(|| RuleBook::from(exchange), RuleBook::from);
        let label = endpoint.map(|endpoint| endpoint.label().to_owned());
        if args.rehearse {
            let (url, shown) = (String::new(), "a mock exchange".to_owned());
            return Ok(Self { subject, book, url, shown, label, stage: "rehearsed" });
        }
        let url = match (&args.url, endpoint) {
            (Some(url), _) => url.clone(),
            (None, Some(endpoint)) => endpoint.url().to_owned(),
            (None, None) => return Err(format!("{exchange} has no endpoint: --url is needed")),
        };
        let destination = Destination::parse(&url).map_err(|error| error.to_string())?;
        if !args.i_have_permission {
            may_be_measured(exchange, endpoint, &url, &destination)?;
        }
        let stage = match (&args.url, endpoint) {
            (None, Some(endpoint)) => word_for(Some(endpoint.stage())),
            _ => word_for(None),
        };
        Ok(Self { subject, book, url, shown: destination.to_string(), label, stage })
    }

    /// Says what will be done.
    pub(crate) fn introduction(&self, args: &Args) -> String {
        let Args { minutes, connections, .. } = args;
        let Self { shown, stage, .. } = self;
        let name = self.subject.name();
        let connections = match connections {
            1 => "one connection".to_owned(),
            more => format!("{more} connections"),
        };
        format!(
            "measuring {name} ({stage}) at {shown}: {minutes} min at most, {connections} at a time"
        )
    }
}

/// Tells whether nobody has to be asked: on this machine, or at an endpoint that asks nobody.
fn may_be_measured(
    exchange: Exchange,
    endpoint: Option<ExchangeEndpoint>,
    url: &str,
    destination: &Destination,
) -> Result<(), String> {
    let is_public =
        |endpoint: &ExchangeEndpoint| matches!(endpoint.auth(), Auth::None | Auth::Optional);
    if is_loopback(destination.host()) {
        return Ok(());
    }
    if let Some(endpoint) = endpoint.filter(|endpoint| !is_public(endpoint)) {
        return Err(format!("{endpoint} is private: --i-have-permission is needed"));
    }
    let mut public = exchange.endpoints().filter(is_public);
    if public.any(|endpoint| endpoint.url() == url) {
        return Ok(());
    }
    let shown = destination.to_string();
    Err(format!("{shown} is no public url of {exchange}'s: --i-have-permission is needed"))
}

fn is_loopback(host: &str) -> bool {
    let host = host.trim_matches(&['[', ']'][..]);
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;

    fn chosen(line: &str) -> Result<Target, String> {
        Target::choose(&Args::try_parse_from(line.split_whitespace()).unwrap())
    }

    #[test]
    fn a_private_endpoint_is_refused_without_permission() {
        let refused = chosen("probe --exchange okx --endpoint private").unwrap_err();
        assert_eq!(refused, "okx/private is private: --i-have-permission is needed");
        assert!(chosen("probe --exchange okx/private --i-have-permission").is_ok());
        for public in ["okx", "okx/demo", "okx/business", "okx --endpoint demo"] {
            assert!(chosen(&format!("probe --exchange {public}")).is_ok(), "{public}");
        }
        for exchange in Exchange::all() {
            for endpoint in exchange.endpoints() {
                let is_public = matches!(endpoint.auth(), Auth::None | Auth::Optional);
                let target = chosen(&format!("probe --exchange {endpoint}"));
                assert_eq!(target.is_ok(), is_public, "{endpoint}");
            }
        }
    }

    #[test]
    fn a_url_of_unknown_kind_is_refused_and_one_of_this_machine_is_not() {
        let at = |url: &str| chosen(&format!("probe --exchange okx --url {url}"));
        for loopback in ["ws://127.0.0.1:1/", "ws://localhost:1/?token=x", "ws://[::1]:1/"] {
            assert!(at(loopback).is_ok(), "{loopback}");
        }
        assert!(at("wss://ws.okx.com/ws/v5/public").is_ok());
        for unknown in [
            "wss://ws.okx.com/ws/v5/private",
            "wss://ws.okx.com/ws/v5/public?token=x",
            "wss://x.example/",
        ] {
            let refused = at(unknown).unwrap_err();
            assert!(refused.ends_with("is no public url of okx's: --i-have-permission is needed"));
            assert!(!refused.contains("token"), "{refused}");
        }
        let refused = chosen("probe --exchange rfc6455").unwrap_err();
        assert_eq!(refused, "rfc6455 has no endpoint: --url is needed");
    }
}
