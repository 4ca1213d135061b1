//! The symbols that every venue of the mock lists, however it spells them, and what they cost.

/// A symbol's first coin, and its price in millionths.
const BASES: [(&str, u64); 36] = [
    ("BTC", 91_000_500_000),
    ("XBT", 91_000_500_000),
    ("WBTC", 90_950_250_000),
    ("ETH", 3_100_250_000),
    ("SOL", 140_120_000),
    ("BNB", 880_400_000),
    ("XRP", 2_050_100),
    ("ADA", 412_300),
    ("DOGE", 150_120),
    ("XDG", 150_120),
    ("TRX", 275_400),
    ("AVAX", 14_020_000),
    ("DOT", 2_310_000),
    ("LINK", 13_040_000),
    ("LTC", 84_500_000),
    ("BCH", 540_700_000),
    ("ATOM", 2_550_000),
    ("UNI", 6_120_000),
    ("NEAR", 1_900_000),
    ("APT", 2_330_000),
    ("ARB", 210_400),
    ("OP", 330_200),
    ("SUI", 1_520_000),
    ("TON", 1_580_000),
    ("HYPE", 33_100_000),
    ("PURR", 110_000),
    ("KPEPE", 4_700),
    ("PEPE", 5),
    ("SHIB", 9),
    ("ETC", 13_600_000),
    ("XLM", 250_600),
    ("FIL", 1_590_000),
    ("AAVE", 180_200_000),
    ("USDC", 999_900),
    ("USDT", 1_000_100),
    ("EUR", 1_155_000),
];

/// What a symbol can be priced in.
const QUOTES: [&str; 14] = [
    "USDT", "USDC", "USD", "EUR", "GBP", "BTC", "ETH", "BNB", "FDUSD", "TRY", "KRW", "JPY", "USDH",
    "PERP",
];

/// What stands between the parts of a symbol.
const SEPARATORS: [char; 5] = ['-', '_', '/', ':', '.'];

/// What a symbol costs at one moment, in millionths.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Quote {
    last: u64,
    tick: u64,
}

/// Returns what a symbol costs with the message of this `serial`; `None` if nobody lists it.
pub(super) fn quote(symbol: &str, serial: u64) -> Option<Quote> {
    let symbol = symbol.to_ascii_uppercase();
    let price = BASES.iter().find_map(|(base, price)| {
        let rest = symbol.strip_prefix(base)?;
        ends_well(rest).then_some(*price)
    })?;
    let tick = (price / 100_000).max(1);
    Some(Quote { last: price.saturating_add(tick.saturating_mul(serial % 10)), tick })
}

/// Tells whether a symbol is listed.
pub(super) fn is_listed(symbol: &str) -> bool {
    quote(symbol, 0).is_some()
}

/// Tells whether this can follow the first coin: nothing, a second one, or whatever a contract adds
/// behind a separator.
fn ends_well(rest: &str) -> bool {
    if rest.is_empty() || rest.starts_with(SEPARATORS) {
        return true;
    }
    let joined = rest.split(SEPARATORS).next().unwrap_or_default();
    // A venue marks some contracts by a letter.
    let quote = joined.strip_suffix('M').unwrap_or(joined);
    QUOTES.contains(&joined) || QUOTES.contains(&quote)
}

impl Quote {
    pub(super) fn last(self) -> String {
        decimal(self.last)
    }

    pub(super) fn bid(self) -> String {
        decimal(self.last.saturating_sub(self.tick))
    }

    pub(super) fn ask(self) -> String {
        decimal(self.last.saturating_add(self.tick))
    }

    /// Returns last, bid and ask as numbers, for venues that write them so.
    pub(super) fn numbers(self) -> [f64; 3] {
        [self.last(), self.bid(), self.ask()].map(|price| price.parse().unwrap_or_default())
    }
}

fn decimal(micros: u64) -> String {
    let text = format!("{}.{:06}", micros / 1_000_000, micros % 1_000_000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_symbol_is_known_in_every_spelling_and_another_is_not() {
        for symbol in [
            "BTC",
            "BTC-USDT",
            "BTC-USDT-SWAP",
            "btcusdt",
            "BTC/USD",
            "XBT/USD",
            "BTC_USDT",
            "XBTUSDTM",
            "BTC-PERPETUAL",
            "BTC-27JUN25-100000-C",
            "btc_usd",
            "BTCUSD_PERP",
            "SOL",
        ] {
            assert!(is_listed(symbol), "{symbol}");
        }
        for symbol in ["", "NOSUCH-USDT", "BTCNOSUCH", "nosuchusdt", "USD", "-BTC"] {
            assert!(!is_listed(symbol), "{symbol}");
        }
    }

    #[test]
    fn a_bid_is_below_and_an_ask_above() {
        let quote = quote("ETH-USDT", 3).unwrap();
        assert_eq!(quote.last(), "3100.343006");
        let [last, bid, ask] = quote.numbers();
        assert!(bid < last && last < ask, "{quote:?}");
    }
}
