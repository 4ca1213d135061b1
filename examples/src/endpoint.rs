//! Which endpoint a command line means.

use heartbeat_platforms::{Exchange, ExchangeEndpoint, Stage, UnknownEndpoint};

use crate::exchange;

/// A venue, and which of its endpoints if that was said.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::exhaustive_structs, reason = "what a name says")]
pub struct Named {
    /// The venue.
    pub exchange: Exchange,
    /// The endpoint, if one was named.
    pub endpoint: Option<ExchangeEndpoint>,
}

/// Reads `NAME` or `NAME/ENDPOINT`.
///
/// # Errors
///
/// One line with the nearest names.
pub fn named(text: &str) -> Result<Named, String> {
    if text.contains('/') {
        let endpoint: ExchangeEndpoint =
            text.parse().map_err(|e: UnknownEndpoint| e.to_string())?;
        return Ok(Named { exchange: endpoint.exchange(), endpoint: Some(endpoint) });
    }
    Ok(Named { exchange: exchange(text)?, endpoint: None })
}

/// Where to connect.
#[derive(Clone, Debug)]
#[expect(clippy::exhaustive_structs, reason = "what is there to know")]
pub struct Chosen {
    /// The endpoint by whose rules, if it is one of the venue's.
    pub endpoint: Option<ExchangeEndpoint>,
    /// Its URL.
    pub url: String,
    /// What is known of it; nothing if the URL was given.
    pub stage: Option<Stage>,
}

/// Returns where to connect. Nobody is led to production who did not ask for it.
///
/// # Errors
///
/// One line that says what is needed.
pub fn choose(named: Named, url: Option<&str>, production: bool) -> Result<Chosen, String> {
    let Named { exchange, endpoint } = named;
    if let Some(url) = url {
        return Ok(Chosen { endpoint, url: url.to_owned(), stage: None });
    }
    let wanted = if production { Stage::Production } else { Stage::Test };
    let word = word_for(Some(wanted));
    let is_wanted = |endpoint: &ExchangeEndpoint| endpoint.stage() == wanted;
    let found = match endpoint {
        Some(endpoint) => Some(endpoint).filter(is_wanted),
        None => exchange.endpoints().find(is_wanted),
    };
    if let Some(endpoint) = found {
        let url = endpoint.url().to_owned();
        return Ok(Chosen { endpoint: Some(endpoint), url, stage: Some(wanted) });
    }
    let has_production = exchange.endpoints().any(|it| it.stage() == Stage::Production);
    let needed = if !production && has_production { "--production or --url" } else { "--url" };
    Err(match endpoint {
        Some(endpoint) => format!("{endpoint} is no {word} endpoint: {needed} is needed"),
        None => format!("{exchange} has no {word} endpoint: {needed} is needed"),
    })
}

/// Returns a stage as one word, for reports.
pub fn word_for(stage: Option<Stage>) -> &'static str {
    match stage {
        Some(Stage::Production) => "production",
        Some(Stage::Test) => "test",
        Some(_) | None => "given",
    }
}
