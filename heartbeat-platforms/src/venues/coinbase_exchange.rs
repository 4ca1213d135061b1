//! Coinbase Exchange: beats of one product, on a channel to be subscribed to.
//!
//! Sources, read 2026-11-23: `docs.cdp.coinbase.com/exchange/websocket-feed`, pages "Overview",
//! "Rate limits" and "Best practices"; captures by third parties, 2021 to 2026-10. Coinbase
//! Advanced Trade is another venue.

use core::fmt;
use core::time::Duration;

use heartbeat_core::{
    ConfigBuilder, Detector, Frame, Outbox, OutboxError, Platform, Responder, Signal,
};

use super::{CONNECTORS, Profile, Row, Venue, defaults};
use crate::json::Json;
use crate::opening::Opening;
use crate::sieve::{Needle, Sieve};
use crate::{Answered, Auth, Begins, Budget, Confidence, Facts, MessageBudget, OrderSafety, Rules};

/// The channel of the beats. Coinbase Advanced Trade calls its own `heartbeats`.
const CHANNEL: &str = "heartbeat";

/// The longest frame that may be a heartbeat, in bytes: the venue's acknowledgement lists every
/// subscription of the connection, and an application may have made hundreds before ours.
const LONGEST: usize = 16 * 1024;

/// The time between beats, whether the product trades or not.
const BEAT_EVERY: Duration = Duration::from_secs(1);

/// How long after the upgrade the first subscription must come (documented).
const SUBSCRIBE_WITHIN: Duration = Duration::from_secs(5);

static SIEVE: Sieve<2> =
    Sieve::with_longest(Some(LONGEST), [Needle::new(CHANNEL), Needle::new("error")])
        .data(&[Opening::new(&[r#"{"type":""#]).unless(&[CHANNEL, "error", "subscriptions"])]);

const RULES: Rules = Rules {
    beat_every: Some(BEAT_EVERY),
    begins: Begins::Arming,
    subscribe_within: Some(SUBSCRIBE_WITHIN),
    // Neither a limit to silence nor a close code is documented.
    ..Rules::NONE
};

const FACTS: Facts = Facts {
    answers_pings: Answered::Presumed { why: CONNECTORS },
    connect_budget: Some(Budget::per_address(8, Duration::from_secs(1))),
    message_budget: Some(MessageBudget {
        budget: Budget::per_address(100, Duration::from_secs(1)),
        counts_control_frames: false,
    }),
    order_safety: OrderSafety::NoOrders,
    sources: "docs.cdp.coinbase.com, Exchange WebSocket feed",
    read: "2026-11-23",
    confidence: Confidence::High,
    ..Facts::UNKNOWN
};

/// Coinbase's dialect on its Exchange endpoints, with the product whose beats are asked for.
///
/// The venue beats for each product by itself, so one that is traded on the venue must be named.
/// The beats of other products are the application's, which may count its messages by them: each
/// holds the `sequence` of its product's last message, which is no counter of beats.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CoinbaseExchange {
    product: Product,
}

impl CoinbaseExchange {
    /// Makes the dialect with the product whose beats are asked for.
    pub const fn new(product: Product) -> Self {
        Self { product }
    }
}

impl Default for CoinbaseExchange {
    /// Makes the dialect with the beats of `BTC-USD`.
    fn default() -> Self {
        Self::STANDARD
    }
}

/// The name of a product, of one to [`LEN_MAX`](Self::LEN_MAX) ASCII letters, digits and hyphens.
///
/// ```
/// use heartbeat_platforms::venues::coinbase_exchange::Product;
///
/// assert_eq!(Product::new("ETH-EUR").unwrap().as_str(), "ETH-EUR");
/// assert_eq!(
///     Product::new("ETH/EUR").unwrap_err().to_string(),
///     "product (7 bytes) must be 1 to 24 ascii letters, digits and hyphens",
/// );
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Product {
    len: usize,
    bytes: [u8; Self::LEN_MAX],
}

impl Product {
    /// The most bytes in a name.
    pub const LEN_MAX: usize = 24;

    const BTC_USD: Self = Self { len: 7, bytes: *b"BTC-USD\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0" };

    /// Copies a name.
    ///
    /// # Errors
    ///
    /// [`ProductError`] if it is empty, too long, or holds any other character.
    pub fn new(name: &str) -> Result<Self, ProductError> {
        let len = name.len();
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        let mut bytes = [0; Self::LEN_MAX];
        match bytes.get_mut(..len) {
            Some(room) if len > 0 && name.bytes().all(is_plain) => {
                room.copy_from_slice(name.as_bytes());
                Ok(Self { len, bytes })
            }
            _ => Err(ProductError { len }),
        }
    }

    /// Returns the name.
    pub fn as_str(&self) -> &str {
        let name = self.bytes.get(..self.len).unwrap_or_default();
        core::str::from_utf8(name).unwrap_or_default()
    }
}

impl fmt::Debug for Product {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Product({})", self.as_str())
    }
}

/// A name that no product can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProductError {
    len: usize,
}

impl fmt::Display for ProductError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let most = Product::LEN_MAX;
        write!(
            f,
            "product ({} bytes) must be 1 to {most} ascii letters, digits and hyphens",
            self.len
        )
    }
}

impl core::error::Error for ProductError {}

impl Venue for CoinbaseExchange {
    const STANDARD: Self = Self { product: Product::BTC_USD };

    const PROFILE: Profile = Profile {
        name: "coinbase-exchange",
        endpoints: &[
            Row::production("wss://ws-feed.exchange.coinbase.com").auth(Auth::Optional),
            Row::real("direct", "wss://ws-direct.exchange.coinbase.com").auth(Auth::Message),
            Row::test("wss://ws-feed-public.sandbox.exchange.coinbase.com").auth(Auth::Optional),
            Row::demo("test-direct", "wss://ws-direct.sandbox.exchange.coinbase.com")
                .auth(Auth::Message),
        ],
        rules: RULES,
        facts: FACTS,
    };
}

impl Detector for CoinbaseExchange {
    fn classify(&self, frame: Frame<'_>) -> Signal {
        SIEVE.classify(frame, |message| self.read(message))
    }
}

impl CoinbaseExchange {
    fn read(&self, message: Json<'_>) -> Option<Signal> {
        let [kind, product, channels] = message.pick(["type", "product_id", "channels"])?;
        let kind = kind?;
        if kind.is(CHANNEL) {
            return product?.is(self.product.as_str()).then_some(Signal::Beat { counter: None });
        }
        if kind.is("error") {
            // It does not say which subscription failed. After the arming it is the application's.
            return Some(Signal::ArmRefused);
        }
        let is_listed = kind.is("subscriptions") && channels?.items()?.any(|one| self.is_ours(one));
        is_listed.then_some(Signal::Armed)
    }

    /// Tells whether a subscription is that of our product's beats.
    fn is_ours(&self, subscription: Json<'_>) -> bool {
        let Some([Some(name), Some(products)]) = subscription.pick(["name", "product_ids"]) else {
            return false;
        };
        let is_product = |id: Json<'_>| id.is(self.product.as_str());
        name.is(CHANNEL) && products.items().is_some_and(|mut ids| ids.any(is_product))
    }
}

impl Responder for CoinbaseExchange {
    fn respond(&self, _token: &[u8], _out: &mut Outbox) -> Result<(), OutboxError> {
        Ok(()) // The venue challenges nobody.
    }

    fn arm(&self, out: &mut Outbox) -> Result<(), OutboxError> {
        let product = self.product.as_str();
        out.text(format_args!(
            r#"{{"type":"subscribe","channels":[{}]}}"#,
            format_args!(r#"{{"name":"{CHANNEL}","product_ids":["{product}"]}}"#)
        ))
    }
}

impl Platform for CoinbaseExchange {
    fn name(&self) -> &str {
        Self::PROFILE.name
    }

    fn defaults(&self) -> ConfigBuilder {
        // No probes: nobody says that the venue answers pings. Five beats missed, three
        // times in a row, are a dead line after 15 s.
        defaults(&RULES).arm_within(SUBSCRIBE_WITHIN).session_limit(BEAT_EVERY.saturating_mul(5))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_product_is_kept_as_it_was_named() {
        assert_eq!(Product::new("BTC-USD"), Ok(Product::BTC_USD));
        let longest = "x".repeat(Product::LEN_MAX);
        assert_eq!(Product::new(&longest).unwrap().as_str(), longest);
        for name in ["", "BTC USD", "BTC\"USD", "BTC\\USD", "B\u{20bf}", &"x".repeat(25)] {
            assert_eq!(Product::new(name), Err(ProductError { len: name.len() }), "{name}");
        }
    }

    #[test]
    fn beats_are_asked_for_and_heard_of_the_chosen_product_alone() {
        let platform = CoinbaseExchange::new(Product::new("ETH-EUR").unwrap());
        let mut out = Outbox::new();
        platform.arm(&mut out).unwrap();
        let Some(Frame::Text(arm)) = out.frame() else { panic!("{out:?}") };
        assert!(arm.contains(r#""product_ids":["ETH-EUR"]"#), "{arm}");
        for (text, signal) in [
            (r#"{"type":"heartbeat","product_id":"ETH-EUR"}"#, Signal::Beat { counter: None }),
            (r#"{"type":"heartbeat","product_id":"BTC-USD"}"#, Signal::Data),
        ] {
            assert_eq!(platform.classify(Frame::Text(text)), signal, "{text}");
        }
    }
}
