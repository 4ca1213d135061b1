//! The venues, a file each: what they read and what they write.

pub(super) mod binance_spot;
pub(super) mod coinbase_advanced;
pub(super) mod deribit;
pub(super) mod kraken_v2;
pub(super) mod okx;
pub(super) mod rfc6455;

use serde_json::Value;

/// Reads a client's message as a JSON object.
fn object(text: &str) -> Option<Value> {
    serde_json::from_str(text).ok().filter(Value::is_object)
}
