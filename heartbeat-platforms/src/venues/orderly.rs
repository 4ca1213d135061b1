//! Orderly, and ModeTrade and WOOFi Pro, which are fronts of it: WOO X's older dialect.
//!
//! Sources, read 2026-11-25: `OrderlyNetwork/documentation-public` 3a6e561; ccxt 4.5.90, both
//! fronts; a third party's measurement, 2026-09: cut after eleven, 110 s after the first.

use core::time::Duration;

use super::dialect::venue;
use super::woox_v1::{RULES, WooxV1};
use super::{CONNECTORS, Profile, Row};
use crate::{
    Answered, Auth, Confidence, Covers, Facts, OrderSafety, SafeguardRule, Timer, TimerUnit,
    Trigger, Via,
};

/// An account's id follows.
const ENDPOINTS: &[Row] = &[
    Row::production("wss://ws-evm.orderly.org/ws/stream").auth(Auth::Url),
    Row::real("private", "wss://ws-private-evm.orderly.org/v2/ws/private/stream").auth(Auth::Url),
    Row::test("wss://testnet-ws-evm.orderly.org/ws/stream").auth(Auth::Url),
    Row::demo("test-private", "wss://testnet-ws-private-evm.orderly.org/v2/ws/private/stream")
        .auth(Auth::Url),
];

const FACTS: Facts = Facts {
    answers_pings: Answered::Presumed { why: CONNECTORS },
    // The range is not documented.
    order_safety: OrderSafety::Guarded(&[SafeguardRule {
        trigger: Trigger::Timer(Timer::new(
            TimerUnit::Millis,
            Duration::from_secs(60),
            Duration::from_secs(20),
        )),
        via: Via::Rest,
        how: "`POST /v1/order/cancel_all_after` with `trigger_in`",
        covers: Covers::Account,
        surprises: &["algorithmic orders are cancelled too"],
        ..SafeguardRule::NEW
    }]),
    sources: "OrderlyNetwork/documentation-public 3a6e561; ccxt 4.5.90; measured",
    read: "2026-11-25",
    confidence: Confidence::High,
    ..Facts::UNKNOWN
};

venue!(
    Orderly,
    WooxV1,
    Profile { name: "orderly", endpoints: ENDPOINTS, rules: RULES, facts: FACTS }
);

venue!(
    Modetrade,
    WooxV1,
    Profile { name: "modetrade", endpoints: ENDPOINTS, rules: RULES, facts: FACTS }
);

venue!(
    WoofiPro,
    WooxV1,
    Profile { name: "woofi-pro", endpoints: ENDPOINTS, rules: RULES, facts: FACTS }
);
