//! The venues: their facts, how to read them, how to answer them, and settings that are safe.
//!
//! A file for each dialect of a venue's own. Venues that share a dialect are rows of data, several
//! in a file.
//!
//! The facts carry their source and its date. Where documents and observations disagree, the
//! stricter number is the constant and the other stands in a comment.

pub mod aevo;
pub mod alpaca;
pub mod alphapoint;
pub mod ascendex;
pub mod aster;
pub mod backpack;
pub mod bhex;
pub mod binance_futures;
pub mod binance_spot;
pub mod binance_twins;
pub mod binance_ws_api;
pub mod bingx_spot;
pub mod bingx_swap;
pub mod bitfinex;
pub mod bitget;
pub mod bithumb;
pub mod bitmex;
pub mod bitstamp;
pub mod bitvavo;
pub mod blofin;
pub mod btse;
pub mod bybit;
pub mod centrifugo;
pub mod coinbase_advanced;
pub mod coinbase_drb;
pub mod coinbase_exchange;
pub mod coinjar;
mod control_frames;
pub mod crypto_com;
pub mod ctrader;
pub mod deepcoin;
pub mod delta;
pub mod deribit;
pub mod derive;
mod dialect;
pub mod dxlink;
pub mod dydx;
pub mod engine_io;
pub mod extended;
pub mod futures_twins;
pub mod gate;
pub mod gemini;
pub mod gemini_v1;
pub mod gopax;
pub mod hibachi_account;
pub mod hitbtc;
pub mod htx_futures_orders;
pub mod htx_market;
pub mod htx_private;
pub mod htx_twins;
pub mod hyperliquid;
pub mod ibkr_cpapi;
pub mod indian_brokers;
pub mod indodax;
pub mod japan;
pub mod kalshi;
pub mod kraken_futures;
pub mod kraken_v1;
pub mod kraken_v2;
pub mod kucoin;
pub mod latoken;
pub mod lbank;
pub mod mexc_futures;
pub mod mexc_spot;
pub mod nodes;
pub mod noren;
pub mod okx;
pub mod okx_sbe;
pub mod orderly;
pub mod p2b;
pub mod pacifica;
pub mod paradex;
pub mod phemex;
pub mod poloniex;
pub mod polymarket_clob;
pub mod polymarket_perps;
pub mod polymarket_sports;
pub mod regional;
pub mod rfc6455;
mod rpc;
pub mod saxo;
pub mod small_dexs;
pub mod solana;
pub mod taiwan;
pub mod tastytrade_account;
mod text_ping;
pub mod tradovate;
pub mod turkey;
pub mod typed_beat;
pub mod typed_ping;
pub mod upbit;
pub mod whitebit;
pub mod woox;
pub mod woox_v1;
pub mod xt;

use core::time::Duration;

use heartbeat_core::{Config, ConfigBuilder, Pace, Platform, Probing};

use crate::endpoint::Row;
use crate::{Facts, Rules, Stage};

/// What [`Exchange`](crate::Exchange) needs of a venue besides its dialect.
pub(crate) trait Venue: Platform {
    /// The platform with the venue's own defaults.
    const STANDARD: Self;
    /// What there is to know about the venue.
    const PROFILE: Profile;
    /// The dialect that it speaks: its own, unless it shares one.
    const DIALECT: &'static str = Self::PROFILE.name;
}

/// A venue as data.
pub(crate) struct Profile {
    /// Its name: lower case with hyphens, at most 32 bytes.
    pub(crate) name: &'static str,
    /// Where it lives: in production, which comes first, and where it can be tried out.
    pub(crate) endpoints: &'static [Row],
    /// What it demands.
    pub(crate) rules: Rules,
    /// What else there is to know.
    pub(crate) facts: Facts,
}

impl Profile {
    /// Panics, which is an error of the build, if something is missing or does not fit together.
    pub(crate) const fn assert_sound(&self) {
        self.facts.assert_sourced();
        let mut rows = self.endpoints;
        if let [first, ..] = rows {
            assert!(matches!(first.stage(), Stage::Production), "production comes first");
        }
        while let [row, rest @ ..] = rows {
            row.assert_sound();
            rows = rest;
        }
    }
}

/// Why ping frames are presumed to be answered at many a venue that does not say so.
const CONNECTORS: &str =
    "ccxt, 4.5.90, pings and gives up without a pong, and so do the clients of JKorf";

/// Why ping frames are presumed to be answered at a venue whose own heartbeat they are.
const ITS_OWN: &str =
    "RFC 6455 binds it to, and its server knows ping frames: they are its own heartbeat";

/// The first of the message ids that are ours alone: `HB` and 32 bits.
///
/// An application that numbers its requests from one, or by the clock in milliseconds or
/// microseconds, never comes here, and every id stays below 2^53, so that it survives a peer
/// that reads numbers as doubles.
const RESERVED_IDS: u64 = 0x4842_0000_0000;

/// Finds a dead line after 5 + 3 * 3 = 14 s, with twelve probes a minute.
const PROBING: Probing = Probing {
    every: Duration::from_secs(5),
    answer_within: Duration::from_secs(3),
    pace: Pace::Unconditional,
};

/// Returns the settings from which every venue's defaults begin.
const fn defaults(rules: &Rules) -> ConfigBuilder {
    Config::builder()
        .respond_within(Duration::from_secs(5))
        .arm_within(Duration::from_secs(10))
        .stall_tolerance(Duration::from_secs(1))
        .failure_threshold(3)
        // Most venues say nothing before they are asked, and a connection is of no use before the
        // venue was heard from. No document forbids it but KuCoin's.
        .probe_at_once(true)
        .patience(rules.patience())
}

/// Returns the settings for a venue that challenges every five seconds and may not answer pings:
/// two spans of one and a half challenges, in which nothing at all came, are a dead line after
/// 15 s. Should the venue take to challenging half as often, a quiet line still passes for alive.
const fn defaults_by_challenges(rules: &Rules) -> ConfigBuilder {
    defaults(rules)
        .respond_within(Duration::from_secs(3))
        .failure_threshold(2)
        .transport_limit(Duration::from_millis(7_500))
}

#[cfg(test)]
pub(crate) mod tests {
    use heartbeat_core::{AtStop, DeadMan, Frame, Outbox, ProbeId, Responder as _};

    use super::*;
    use crate::{Begins, Exchange, Hazard, Trigger};

    /// Builds the defaults of a venue. What is wrong with them is said with its name.
    pub(crate) fn config_of(exchange: Exchange) -> Config {
        exchange.defaults().build().unwrap_or_else(|error| panic!("{exchange}: {error}"))
    }

    #[test]
    fn every_default_builds_and_detects_in_time() {
        for exchange in Exchange::all() {
            let config = config_of(*exchange);
            let rules = exchange.rules();
            assert_eq!(config.patience(), rules.patience(), "{exchange}");
            let bound = config.silence_bound();
            // Who is not known to answer anything is heard of only at its own pace.
            let is_mute = config.probing().is_none() && !exchange.facts().answers_pings.is_likely();
            let pace = rules.challenge.map(|rule| rule.every).or(rules.beat_every);
            let own_pace = pace.filter(|_| is_mute).map(|every| 3 * every);
            let limit = own_pace.max(Some(Duration::from_secs(15)));
            assert!(Some(bound) <= limit, "{exchange}: {bound:?}");
            if let Some(first) = rules.subscribe_within.filter(|_| rules.begins == Begins::Arming) {
                assert!(config.arm_within() <= first, "{exchange}");
            }
        }
    }

    #[test]
    fn every_name_is_plain_and_no_two_are_alike() {
        let names = Exchange::all().iter().copied().map(Exchange::name);
        for (index, name) in names.clone().enumerate() {
            let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
            assert!(name.bytes().all(|byte| is_plain(byte) || byte == b'-'), "{name}");
            assert!((1..=32).contains(&name.len()), "{name}");
            assert!(names.clone().take(index).all(|other| other != name), "{name}");
        }
    }

    #[test]
    fn every_challenge_may_be_missed_once_at_least() {
        for exchange in Exchange::all() {
            if let Some(rule) = exchange.rules().challenge {
                assert!(rule.misses >= 1, "{exchange}");
                assert!(rule.ends_after() >= rule.respond_within, "{exchange}");
            }
        }
    }

    #[test]
    fn no_default_pings_in_words_where_that_is_fatal_before_a_subscription() {
        let mut found = 0;
        for exchange in Exchange::all() {
            if exchange.facts().hazards.contains(&Hazard::PingBeforeSubscribe) {
                let mut out = Outbox::new();
                exchange.probe(ProbeId::from_number(1), &mut out).unwrap();
                let config = config_of(*exchange);
                let is_frame = matches!(out.frame(), Some(Frame::Ping(_)));
                assert!(is_frame || config.ping_until_first_send(), "{exchange}");
                found += 1;
            }
        }
        assert!(found > 0);
        let by_text = polymarket_clob::PolymarketClob::BY_TEXT.defaults().build().unwrap();
        assert!(by_text.ping_until_first_send());
    }

    #[test]
    fn what_a_session_asks_for_the_orders_sake_is_what_the_facts_say_and_never_a_default() {
        for exchange in Exchange::all() {
            let mut out = Outbox::new();
            exchange.dead_man(Duration::from_secs(60), &mut out).unwrap();
            let winds_up = out.frame().is_some();
            out.clear();
            exchange.cancel_on_disconnect(&mut out).unwrap();
            let safety = exchange.facts().order_safety;
            let mut by_message = safety.safeguards().iter().filter(|rule| rule.via.is_web_socket());
            if winds_up {
                assert!(by_message.any(|rule| matches!(rule.trigger, Trigger::Timer(_))));
            } else if out.frame().is_some() {
                assert!(by_message.any(|rule| rule.trigger == Trigger::Disconnect));
            }
            let defaults = exchange.defaults();
            assert_eq!(defaults.build().unwrap().dead_man(), None, "{exchange}");
            // Settings that would never be carried out are refused.
            let switch = DeadMan {
                timeout: Duration::from_secs(60),
                refresh: Duration::from_secs(15),
                at_stop: AtStop::SwitchOff,
            };
            assert_eq!(defaults.dead_man(switch).build().is_ok(), winds_up, "{exchange}");
        }
    }

    #[test]
    fn a_config_slower_than_the_venue_is_refused() {
        let patient = Probing { every: Duration::from_secs(29), ..PROBING };
        assert!(Exchange::Okx.defaults().probing(patient).build().is_err());
        let slow = Duration::from_secs(10);
        assert!(Exchange::Deribit.defaults().respond_within(slow).build().is_err());
    }

    #[test]
    fn reserved_ids_survive_a_double() {
        assert!(RESERVED_IDS + u64::from(u32::MAX) < 1 << 53);
    }
}
