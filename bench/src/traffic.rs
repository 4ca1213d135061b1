//! What venues send: frames of the sizes and shares of a real day, written here from a seed.

use heartbeat_platforms::Exchange;

/// How many frames there are of each kind of traffic: more than the nearest cache holds.
pub(crate) const FRAMES: usize = 4_096;

/// A frame, and the venue that it is of.
pub(crate) struct Sample {
    pub(crate) venue: Exchange,
    pub(crate) text: String,
}

/// Tickers, trades and books of seven venues, 560 bytes on average.
pub(crate) fn mix() -> Vec<Sample> {
    let mut numbers = Numbers(7);
    let shares = [
        (Exchange::BinanceSpot, 0..30),
        (Exchange::Deribit, 30..50),
        (Exchange::Okx, 50..60),
        (Exchange::KrakenV2, 60..72),
        (Exchange::CoinbaseAdvanced, 72..84),
        (Exchange::Bitget, 84..92),
        (Exchange::BybitPublic, 92..100),
    ];
    let pick = |share| shares.iter().find(|(_, range)| range.contains(&share)).map(|it| it.0);
    let mut frames = Vec::with_capacity(FRAMES);
    for _ in 0..FRAMES {
        let Some(venue) = pick(numbers.below(100)) else { continue };
        let levels = [0, 0, 0, 0, 0, 4, 12, 25][numbers.below(8) as usize];
        let text = match levels {
            0 => ticker(venue, &mut numbers),
            levels => book(venue, levels, &mut numbers),
        };
        frames.push(Sample { venue, text });
    }
    together(&frames)
}

/// Puts the frames beside each other, as what was read from a socket lies: those that were made in
/// pieces are scattered over megabytes, and what is measured then is the memory.
fn together(frames: &[Sample]) -> Vec<Sample> {
    frames.iter().map(|it| Sample { venue: it.venue, text: it.text.clone() }).collect()
}

/// The shortest that the same venues send, 80 to 250 bytes.
pub(crate) fn short() -> Vec<Sample> {
    let mut numbers = Numbers(11);
    let venues = [
        Exchange::BinanceSpot,
        Exchange::Deribit,
        Exchange::Okx,
        Exchange::KrakenV2,
        Exchange::BybitPublic,
        Exchange::Bitget,
    ];
    let frames = venues.iter().cycle().take(FRAMES);
    let frames = frames.map(|it| Sample { venue: *it, text: trade(*it, &mut numbers) });
    together(&frames.collect::<Vec<_>>())
}

/// A message of Deribit's with so many bytes.
pub(crate) fn deribit(bytes: usize) -> String {
    let head = concat!(
        r#"{"jsonrpc":"2.0","method":"subscription","#,
        r#""params":{"channel":"trades.BTC-PERPETUAL.raw","data":""#
    );
    let tail = r#""}}"#;
    let filling = bytes.saturating_sub(head.len() + tail.len());
    let digits = "86001.5,10.0,".chars().cycle().take(filling).collect::<String>();
    format!("{head}{digits}{tail}")
}

/// Numbers from a seed (splitmix64).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    fn price(&mut self) -> String {
        format!("{}.{}", 86_000 + self.below(999), self.below(10))
    }

    fn size(&mut self) -> String {
        format!("{}.{:04}", self.below(50), self.below(10_000))
    }

    fn millis(&mut self) -> u64 {
        1_763_884_800_000 + self.below(1_000_000)
    }
}

/// Puts the values where the template has a `$` each, and the last of them where there are more.
fn fill(template: &str, values: &[&str]) -> String {
    let mut pieces = template.split('$');
    let mut text = pieces.next().unwrap_or_default().to_owned();
    let mut values = values.iter();
    let mut value = "";
    for piece in pieces {
        value = values.next().unwrap_or(&value);
        text.push_str(value);
        text.push_str(piece);
    }
    text
}

fn trade(venue: Exchange, n: &mut Numbers) -> String {
    let (price, size) = (n.price(), n.size());
    let (at, id) = (n.millis().to_string(), n.below(1 << 40).to_string());
    let template = match venue {
        Exchange::BinanceSpot => concat!(
            r#"{"e":"trade","E":$,"s":"BTCUSDT","t":$,"p":"$","q":"$","T":1763884800123,"#,
            r#""m":true,"M":true}"#
        ),
        Exchange::Deribit => concat!(
            r#"{"jsonrpc":"2.0","method":"subscription","params":{"channel":"#,
            r#""quote.BTC-PERPETUAL","data":{"timestamp":$,"best_bid_amount":$,"#,
            r#""best_bid_price":$,"best_ask_price":$}}}"#
        ),
        Exchange::Okx | Exchange::Bitget => concat!(
            r#"{"arg":{"channel":"trades","instId":"BTC-USDT"},"data":[{"instId":"BTC-USDT","#,
            r#""ts":"$","tradeId":"$","px":"$","sz":"$","side":"buy"}]}"#
        ),
        Exchange::KrakenV2 => concat!(
            r#"{"channel":"trade","type":"update","data":[{"symbol":"BTC/USD","side":"sell","#,
            r#""trade_id":$,"ord_id":$,"price":$,"qty":$,"ord_type":"limit"}]}"#
        ),
        _ => concat!(
            r#"{"topic":"publicTrade.BTCUSDT","type":"snapshot","ts":$,"data":[{"i":"$","#,
            r#""s":"BTCUSDT","S":"Buy","p":"$","v":"$"}]}"#
        ),
    };
    fill(template, &[&at, &id, &price, &size])
}

fn ticker(venue: Exchange, n: &mut Numbers) -> String {
    let (bid, ask, size, at) = (n.price(), n.price(), n.size(), n.millis().to_string());
    let template = match venue {
        Exchange::BinanceSpot => concat!(
            r#"{"stream":"btcusdt@bookTicker","data":{"u":$,"s":"BTCUSDT","b":"$","a":"$","#,
            r#""B":"$","A":"$"}}"#
        ),
        Exchange::Deribit => concat!(
            r#"{"jsonrpc":"2.0","method":"subscription","params":{"channel":"#,
            r#""trades.BTC-PERPETUAL.raw","data":[{"trade_seq":30289442,"trade_id":"48079269","#,
            r#""timestamp":$,"tick_direction":2,"price":$,"mark_price":$,"amount":$,"#,
            r#""instrument_name":"BTC-PERPETUAL","index_price":86011.2,"direction":"sell"}]}}"#
        ),
        Exchange::CoinbaseAdvanced => concat!(
            r#"{"channel":"ticker","client_id":"","timestamp":"2026-02-09T20:30:37.167359596Z","#,
            r#""sequence_num":$,"events":[{"type":"update","tickers":[{"type":"ticker","#,
            r#""product_id":"BTC-USD","price":"$","volume_24_h":"16038.28770938","#,
            r#""low_24_h":"85001.1","high_24_h":"$","low_52_w":"15460","high_52_w":"108240","#,
            r#""price_percent_chg_24_h":"-4.15775596190603","best_bid":"86021.98"}]}]}"#
        ),
        _ => return trade(venue, n),
    };
    fill(template, &[&at, &bid, &ask, &size])
}

fn book(venue: Exchange, levels: usize, n: &mut Numbers) -> String {
    let (level, template) = match venue {
        Exchange::BinanceSpot => (
            r#"["$","$"]"#,
            concat!(
                r#"{"e":"depthUpdate","E":1763884800123,"s":"BTCUSDT","U":157,"u":160,"#,
                r#""b":[$],"a":[$]}"#
            ),
        ),
        Exchange::Deribit => (
            r#"["new",$,$]"#,
            concat!(
                r#"{"jsonrpc":"2.0","method":"subscription","params":{"channel":"#,
                r#""book.BTC-PERPETUAL.100ms","data":{"type":"change","timestamp":1763884800123,"#,
                r#""prev_change_id":297217104,"instrument_name":"BTC-PERPETUAL","#,
                r#""change_id":297217105,"bids":[$],"asks":[$]}}}"#
            ),
        ),
        Exchange::KrakenV2 => (
            r#"{"price":$,"qty":$}"#,
            concat!(
                r#"{"channel":"book","type":"update","data":[{"symbol":"BTC/USD","bids":[$],"#,
                r#""asks":[$],"checksum":2114181697,"timestamp":"2026-10-06T17:35:55.440295Z"}]}"#
            ),
        ),
        Exchange::CoinbaseAdvanced => (
            r#"{"side":"bid","price_level":"$","new_quantity":"$"}"#,
            concat!(
                r#"{"channel":"l2_data","client_id":"","timestamp":"2026-02-09T20:32:50.71Z","#,
                r#""sequence_num":0,"events":[{"type":"update","product_id":"BTC-USD","#,
                r#""updates":[$,$]}]}"#
            ),
        ),
        Exchange::Okx | Exchange::Bitget => (
            r#"["$","$","0","3"]"#,
            concat!(
                r#"{"arg":{"channel":"books","instId":"BTC-USDT"},"action":"update","#,
                r#""data":[{"asks":[$],"bids":[$],"ts":"1763884800123","checksum":-855196043}]}"#
            ),
        ),
        _ => (
            r#"["$","$"]"#,
            concat!(
                r#"{"topic":"orderbook.50.BTCUSDT","type":"delta","ts":1763884800123,"#,
                r#""data":{"s":"BTCUSDT","b":[$],"a":[$],"u":18521288,"seq":7961638724}}"#
            ),
        ),
    };
    let mut side = || {
        let level = |_| fill(level, &[&n.price(), &n.size()]);
        (0..levels).map(level).collect::<Vec<_>>().join(",")
    };
    let (bids, asks) = (side(), side());
    fill(template, &[&bids, &asks])
}
