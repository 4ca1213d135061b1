//! Prints `docs/platforms.md`: every venue's heartbeat, limits, order safety and endpoints, from
//! the same data that the code runs on. `cargo xtask platforms` writes it where it belongs. With
//! `--list` it prints the list in README.md, with `--ages` what was read when.

use core::fmt;
use std::env;
use std::io::{self, Write as _};

use heartbeat_core::{
    Config, Frame, Layer, Outbox, Pace, Platform, ProbeId, Refusal, RefusalCode, Responder,
};
use heartbeat_platforms::{
    Auth, Begins, BrokenBy, Budget, CloseRule, Exchange, ExchangeEndpoint, Facts, Rules, Span,
    Stage,
};

fn main() -> Result<(), Box<dyn core::error::Error>> {
    let page = match env::args().nth(1).as_deref() {
        None => page()?,
        Some("--list") => list_of_names(),
        Some("--ages") => ages(),
        Some(other) => return Err(format!("unexpected argument `{other}`").into()),
    };
    Ok(io::stdout().write_all(page.as_bytes())?)
}

fn page() -> Result<String, String> {
    let mut page = String::from(HEAD);
    for exchange in Exchange::all() {
        page += &heartbeat_row(*exchange)?;
    }
    page += ORDERS;
    for exchange in Exchange::all() {
        page += &order_rows(&format!("`{exchange}`"), exchange.facts());
        for endpoint in own_order_safety(*exchange) {
            page += &order_rows(&format!("`{endpoint}`"), endpoint.facts());
        }
    }
    page += LIMITS;
    for exchange in Exchange::all() {
        page += &limits_row(&format!("`{exchange}`"), exchange.facts());
        for endpoint in exchange.endpoints().filter(|one| has_own_limits(*one)) {
            page += &limits_row(&format!("`{endpoint}`"), endpoint.facts());
        }
    }
    page += ENDPOINTS;
    for exchange in Exchange::all() {
        for endpoint in exchange.endpoints() {
            page += &endpoint_row(endpoint);
        }
    }
    Ok(page)
}

/// The list of names in README.md: how many there are, and all of them.
fn list_of_names() -> String {
    let all = Exchange::all();
    let endpoints: usize = all.iter().map(|exchange| exchange.endpoints().len()).sum();
    let mut text = format!("All {} venues, with {endpoints} endpoints:\n", all.len());
    let mut line = String::new();
    for (index, exchange) in all.iter().enumerate() {
        let end = if index + 1 == all.len() { "." } else { "," };
        let word = format!("`{exchange}`{end}");
        if line.len() + 1 + word.len() > 100 {
            text += &line;
            text.push('\n');
            line.clear();
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line += &word;
    }
    text + &line + "\n"
}

/// What was read when, a line each: the date, the venue or endpoint, and where.
fn ages() -> String {
    let tell = |name: &dyn fmt::Display, facts: &Facts| {
        format!("{}\t{name}\t{}\n", facts.read, facts.sources)
    };
    let of_venue = |exchange: &Exchange| {
        let venues = exchange.facts().sources;
        let own = exchange.endpoints().filter(|one| one.facts().sources != venues);
        let own = own.map(|endpoint| tell(&endpoint, endpoint.facts()));
        tell(exchange, exchange.facts()) + &own.collect::<String>()
    };
    Exchange::all().iter().map(of_venue).collect()
}

const HEAD: &str = "\
# Venues

Generated from the venues' files by `cargo xtask platforms`: change those, never this page. Where
documents and observations disagree, the stricter number stands here, and the other beside the
constant in `heartbeat-platforms/src/venues/`. *Found dead within* is the longest time from the
death of the line to the verdict with the default settings (`Config::silence_bound`).
*Confidence* is high where the venue's own documentation was read, medium where two public
connectors agree, else low. `cargo xtask platforms --older-than 120d` lists what should be read
again.

## Heartbeats

| venue | dialect | who speaks, and how often | what the venue does not forgive | our default \
| found dead within | source, read | confidence |
|---|---|---|---|---|---|---|---|
";

const ORDERS: &str = "
## Orders

What saves open orders when the line is lost. A timer is shown with a time to put on it and how
often to wind it up: a third of that time at most, so that two windings may be lost. *Spares* is
what stays open all the same. Where nothing is said of maintenance, nothing was found.

| venue | how it is asked for | what sets it off | whose orders go | spares | needs \
| surprises | off before maintenance |
|---|---|---|---|---|---|---|---|
";

const LIMITS: &str = "
## Limits and hazards

A cell is empty where nothing was found. What is *assumed* nobody says: it is the stricter reading,
or what a neighbour of the venue does. Endpoints with limits of their own have a row.

| venue | answers ping frames | a connection lives | connects | open at once \
| who goes on beyond that | messages of the client's | close codes of a failed heartbeat \
| what other statuses and codes mean | what else ends it | assumed |
|---|---|---|---|---|---|---|---|---|---|---|
";

const ENDPOINTS: &str = "
## Endpoints

By these names `ExchangeEndpoint` is parsed, and `watch --exchange` takes them. *Differs* says where
an endpoint goes by other rules than its venue.

| endpoint | URL | trading is | who connects is told | differs |
|---|---|---|---|---|
";

fn heartbeat_row(exchange: Exchange) -> Result<String, String> {
    let (rules, facts) = (exchange.rules(), exchange.facts());
    let config = exchange.defaults().build().map_err(|error| format!("{exchange}: {error}"))?;
    let source = format!("{}, {}", facts.sources, facts.read);
    Ok(row(&[
        format!("`{exchange}`"),
        dialect(exchange),
        speakers(rules),
        patience(rules),
        defaults(exchange, &config),
        Span(config.silence_bound()).to_string(),
        source,
        facts.confidence.to_string(),
    ]))
}

/// The endpoints whose orders are saved in another way than the venue's.
fn own_order_safety(exchange: Exchange) -> impl Iterator<Item = ExchangeEndpoint> {
    let venues = exchange.facts().order_safety;
    exchange.endpoints().filter(move |one| one.facts().order_safety != venues)
}

fn order_rows(name: &str, facts: &Facts) -> String {
    let safeguards = facts.order_safety.safeguards();
    if safeguards.is_empty() {
        let mut cells = vec![name.to_owned(), facts.order_safety.to_string()];
        cells.resize(8, String::new());
        return row(&cells);
    }
    let rows = safeguards.iter().map(|rule| {
        row(&[
            name.to_owned(),
            rule.to_string(),
            rule.trigger.to_string(),
            rule.covers.to_string(),
            list(rule.spares),
            list(rule.requires),
            rule.surprises.join("; "),
            if rule.off_before_maintenance { "yes" } else { "" }.to_owned(),
        ])
    });
    rows.collect()
}

/// Tells whether an endpoint's limits differ from its venue's.
fn has_own_limits(endpoint: ExchangeEndpoint) -> bool {
    limits_row("", endpoint.facts()) != limits_row("", endpoint.exchange().facts())
}

fn limits_row(name: &str, facts: &Facts) -> String {
    let Facts { max_age, connect_budget, connect_budget_with_origin, .. } = facts;
    let with_origin = |budget: &Budget| format!("{budget} with a header `Origin`");
    let connects = connect_budget.map(|budget| budget.to_string());
    let connects = connects.into_iter().chain(connect_budget_with_origin.as_ref().map(with_origin));
    let meaning = |(code, meaning): &(RefusalCode, Refusal)| {
        format!("{code}: {}", meaning.as_str().replace('_', " "))
    };
    let refusals = facts.refusals.iter().map(meaning).collect::<Vec<_>>();
    row(&[
        name.to_owned(),
        facts.answers_pings.to_string(),
        max_age.map(|age| Span(age).to_string()).unwrap_or_default(),
        connects.collect::<Vec<_>>().join("; "),
        list(facts.connections_at_once),
        facts.retry_ban.map(|ban| ban.to_string()).unwrap_or_default(),
        facts.message_budget.map(|budget| budget.to_string()).unwrap_or_default(),
        list(facts.heartbeat_failure_codes),
        refusals.join(", "),
        list(facts.hazards),
        facts.assumed.join("; "),
    ])
}

fn endpoint_row(endpoint: ExchangeEndpoint) -> String {
    let auth = match endpoint.auth() {
        Auth::None => "nobody",
        Auth::Optional => "by a message, for what is private",
        Auth::Message => "by a message",
        Auth::Url => "by the URL",
        Auth::Headers => "by headers",
        _ => "somehow",
    };
    let (rules, venues) = (endpoint.rules(), endpoint.exchange().rules());
    let differs = if rules == venues { String::new() } else { patience(rules) };
    row(&[
        format!("`{endpoint}`"),
        format!("`{}`", endpoint.url()),
        if endpoint.stage() == Stage::Test { "not real" } else { "real" }.to_owned(),
        auth.to_owned(),
        differs,
    ])
}

fn row(cells: &[String]) -> String {
    format!("| {} |\n", cells.join(" | "))
}

fn list(items: &[impl fmt::Display]) -> String {
    items.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// Names the dialect of a venue that shares one.
fn dialect(exchange: Exchange) -> String {
    let is_own = exchange.dialect() == exchange.name();
    if is_own { "its own".to_owned() } else { format!("`{}`", exchange.dialect()) }
}

fn speakers(rules: &Rules) -> String {
    let challenge = rules.challenge.map(|rule| {
        let what = if rule.layer == Layer::Control { "ping frame" } else { "challenge" };
        format!("a {what} every {}", Span(rule.every))
    });
    let beat = rules.beat_every.map(|every| format!("a beat every {}", Span(every)));
    let sent = challenge.into_iter().chain(beat).collect::<Vec<_>>().join(", ");
    let venue = match (sent.as_str(), rules.begins) {
        ("", _) => None,
        (_, Begins::Arming) => Some(format!("the venue, once armed: {sent}")),
        (_, Begins::Subscription) => Some(format!("the venue, once subscribed to: {sent}")),
        (_, Begins::Opening | _) => Some(format!("the venue: {sent}")),
    };
    let client = rules.silence.and_then(|rule| match rule.broken_by {
        BrokenBy::ClientMessage => Some(format!("the client: within {}", Span(rule.limit))),
        // Where the venue speaks by itself, the client need not.
        _ if venue.is_some() => None,
        BrokenBy::ServerMessage | BrokenBy::AnyMessage | _ => {
            Some(format!("the client, if nothing else comes: within {}", Span(rule.limit)))
        }
    });
    let speakers = venue.into_iter().chain(client).collect::<Vec<_>>();
    if speakers.is_empty() { "nobody is known to have to".to_owned() } else { speakers.join("; ") }
}

fn patience(rules: &Rules) -> String {
    let mut demands = Vec::new();
    if let Some(rule) = rules.challenge {
        let misses = match rule.misses {
            1 => String::new(),
            misses => format!(", {misses} times in a row"),
        };
        demands.push(format!("no answer in {}{misses}", Span(rule.respond_within)));
    }
    if let Some(rule) = rules.silence {
        let whose = match rule.broken_by {
            BrokenBy::ClientMessage => " from the client",
            BrokenBy::ServerMessage => " from the venue",
            BrokenBy::AnyMessage | _ => "",
        };
        let pings = if rule.counts_pings { " or ping frame" } else { "" };
        demands.push(format!("no message{pings}{whose} for {}", Span(rule.limit)));
    }
    if let Some(limit) = rules.subscribe_within {
        demands.push(format!("no subscription in {}", Span(limit)));
    }
    if let Some(limit) = rules.authenticate_within {
        demands.push(format!("no authentication in {}", Span(limit)));
    }
    if demands.is_empty() {
        return "not known".to_owned();
    }
    let end = match rules.heartbeat_close {
        CloseRule::Code { code, .. } => format!("close {code}"),
        CloseRule::Bare => "a close without a code".to_owned(),
        CloseRule::Cut => "the line is cut".to_owned(),
    };
    format!("{}: {end}", demands.join("; "))
}

fn defaults(exchange: Exchange, config: &Config) -> String {
    let failures = config.failure_threshold();
    let mut parts = Vec::new();
    if let Some(probing) = config.probing() {
        let when = match probing.pace {
            Pace::Unconditional => "every",
            Pace::InboundIdle => "after silence of the venue for",
            Pace::OutboundIdle => "after silence of ours for",
        };
        let (every, within) = (Span(probing.every), Span(probing.answer_within));
        parts.push(format!("{} {when} {every}, answer in {within}", probe_of(exchange)));
    }
    let limits = [
        ("any frame", config.transport_limit()),
        ("the venue's heartbeat", config.session_limit()),
        ("data", config.data_limit()),
    ];
    for (of, limit) in limits {
        if let Some(limit) = limit {
            parts.push(format!("{of} within {}", Span(limit)));
        }
    }
    format!("{}; {failures} misses", parts.join("; "))
}

/// Says what the first probe of a session is.
fn probe_of(exchange: Exchange) -> String {
    let mut out = Outbox::new();
    // Every probe fits: the venues' tests write one with the largest number.
    let _ = exchange.probe(ProbeId::from_number(1), &mut out);
    match out.frame() {
        Some(Frame::Text(text)) => format!("`{text}`"),
        _ => "ping frame".to_owned(),
    }
}
