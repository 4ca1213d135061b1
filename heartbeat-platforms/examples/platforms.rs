//! Prints `docs/platforms.md`: every venue's heartbeat, limits and order safety, from the same data
//! that the code runs on. `cargo xtask platforms` writes it where it belongs.

use core::fmt;
use std::io::{self, Write as _};

use heartbeat_core::{
    Config, ConfigError, Frame, Layer, Outbox, Pace, Platform, ProbeId, Responder,
};
use heartbeat_platforms::{Begins, BrokenBy, CloseRule, Exchange, Facts, Rules, Span};

fn main() -> Result<(), Box<dyn core::error::Error>> {
    let mut page = String::from(HEAD);
    for exchange in Exchange::all() {
        page += &heartbeat_row(*exchange)?;
    }
    page += LIMITS;
    for exchange in Exchange::all() {
        page += &limits_row(*exchange);
    }
    Ok(io::stdout().write_all(page.as_bytes())?)
}

const HEAD: &str = "\
# Venues

Generated from the venues' files by `cargo xtask platforms`: change those, never this page. Where
documents and observations disagree, the stricter number stands here, and the other beside the
constant in `heartbeat-platforms/src/venues/`. *Found dead within* is the longest time from the
death of the line to the verdict with the default settings (`Config::detection_bound`).
*Confidence* is high where the venue's own documentation was read, medium where two public
connectors agree, else low.

## Heartbeats and orders

| venue | who speaks, and how often | what the venue does not forgive | our default \
| found dead within | what saves open orders on a lost line | source, read | confidence |
|---|---|---|---|---|---|---|---|
";

const LIMITS: &str = "
## Limits and hazards

A cell is empty where nothing was found. What is *assumed* nobody says: it is the stricter reading,
or what a neighbour of the venue does.

| venue | answers ping frames | a connection lives | connections | messages of the client's \
| close codes of a failed heartbeat | what else ends it | assumed |
|---|---|---|---|---|---|---|---|
";

fn heartbeat_row(exchange: Exchange) -> Result<String, ConfigError> {
    let (rules, facts) = (exchange.rules(), exchange.facts());
    let config = exchange.defaults().build()?;
    let source = format!("{}, {}", facts.sources, facts.read);
    Ok(row(&[
        format!("`{exchange}`"),
        speakers(rules),
        patience(rules),
        defaults(exchange, &config),
        Span(config.detection_bound()).to_string(),
        facts.order_safety.to_string(),
        source,
        facts.confidence.to_string(),
    ]))
}

fn limits_row(exchange: Exchange) -> String {
    let facts = exchange.facts();
    let Facts { max_age, connect_budget, message_budget, .. } = facts;
    row(&[
        format!("`{exchange}`"),
        facts.answers_pings.to_string(),
        max_age.map(|age| Span(age).to_string()).unwrap_or_default(),
        connect_budget.map(|budget| budget.to_string()).unwrap_or_default(),
        message_budget.map(|budget| budget.to_string()).unwrap_or_default(),
        list(facts.heartbeat_failure_codes),
        list(facts.hazards),
        facts.assumed.join("; "),
    ])
}

fn row(cells: &[String]) -> String {
    format!("| {} |\n", cells.join(" | "))
}

fn list(items: &[impl fmt::Display]) -> String {
    items.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
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
    if demands.is_empty() {
        return "not known".to_owned();
    }
    let end = match rules.heartbeat_close {
        CloseRule::Code { code, .. } => format!("close {code}"),
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
