//! Coinbase's derivatives, once Coinbase International: Deribit's dialect behind a gateway of its
//! own, which hangs up on who sends no message for 30 s. What is known of it stands in
//! `deribit.rs`, of which it is an endpoint as well.

use super::deribit::{AT_DRB, DRB_FACTS, DRB_RULES, Deribit};
use super::dialect::venue;
use super::{Profile, Row};
use crate::Auth;

venue!(
    CoinbaseDrb,
    Deribit = AT_DRB,
    Profile {
        name: "coinbase-drb",
        endpoints: &[
            Row::production("wss://drb.coinbase.com/ws/api/v2").auth(Auth::Optional),
            Row::real("streams", "wss://streams.drb.coinbase.com/ws/api/v2"),
        ],
        rules: DRB_RULES,
        facts: DRB_FACTS,
    }
);
