//! The mock's own order protocol, the same at every venue: JSON objects with the key `mock`.

use core::fmt::Write as _;
use core::num::NonZeroU32;
use core::time::Duration;

use heartbeat_core::Timestamp;
use serde_json::{Value, json};

use super::account::{Account, Refusal};
use super::scale::divided;
use super::{CancelledBy, MockOptions, Observation};

/// The key that marks a message as the mock's own.
const KEY: &str = "mock";

/// The key that logs nobody in.
const WRONG_KEY: &str = "wrong";

/// What every message of the protocol begins with, as it is written here.
const HEAD: &str = r#"{"mock":"#;

/// Tells whether a message is of the mock's own protocol, as it is written here.
pub(crate) fn is_mocks_own(text: &str) -> bool {
    text.starts_with(HEAD)
}

/// One connection's access to the account.
#[derive(Debug)]
pub(super) struct Desk {
    account: Account,
    /// The connection's number at the account.
    connection: u64,
    cancel_on_disconnect: bool,
    time_scale: NonZeroU32,
}

/// What became of a request in the mock's own protocol, with its reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// It was about orders.
    Done(String),
    /// The client logged in.
    LoggedIn(String),
    /// The client subscribed to a channel.
    Subscribed { channel: String, reply: String },
    /// It was refused.
    Refused(String),
}

impl Desk {
    pub(super) fn new(account: Account, options: &MockOptions) -> Self {
        let connection = account.connect();
        let &MockOptions { cancel_on_disconnect, time_scale, .. } = options;
        Self { account, connection, cancel_on_disconnect, time_scale }
    }

    /// Does what a message asks for, if it is one of the mock's own protocol.
    pub(super) fn handle(&mut self, now: Timestamp, text: &str) -> Option<Outcome> {
        // Nearly every message is the venue's: it is not to be parsed twice.
        if !text.contains(r#""mock""#) {
            return None;
        }
        let request: Value = serde_json::from_str(text).ok()?;
        let kind = request.get(KEY)?.as_str()?;
        let outcome = match request["id"].as_u64() {
            Some(_) => self.execute(now, kind, &request),
            None => Err("id must be a whole number, not negative"),
        };
        Some(outcome.unwrap_or_else(|why| {
            Outcome::Refused(reply("error", &request["id"], &[("why", json!(why))]))
        }))
    }

    /// Switches cancel on disconnect on or off, for this connection and its orders alone.
    pub(super) fn cancel_on_disconnect(&mut self, on: bool) {
        self.cancel_on_disconnect = on;
    }

    /// Winds the account's dead-man timer up; a timeout is a period like any other of the
    /// client's choice, and so is divided by the time scale.
    pub(super) fn wind_up(&self, now: Timestamp, timeout: Duration) {
        let timeout = if timeout.is_zero() { timeout } else { divided(timeout, self.time_scale) };
        self.account.wind_up(now, timeout);
    }

    /// Does what the venue does about the orders of a connection that has ended.
    pub(super) fn disconnect(&self, now: Timestamp) -> Option<Observation> {
        let is_asked = self.cancel_on_disconnect;
        let count = if is_asked { self.account.cancel_of(now, self.connection) } else { 0 };
        (count > 0).then_some(Observation::OrdersCancelled { count, why: CancelledBy::Disconnect })
    }

    pub(super) fn next_at(&self) -> Option<Timestamp> {
        self.account.next_at()
    }

    pub(super) fn poll(&self, now: Timestamp) -> Option<Observation> {
        self.account.poll(now)
    }

    fn execute(
        &mut self,
        now: Timestamp,
        kind: &str,
        request: &Value,
    ) -> Result<Outcome, &'static str> {
        let account = &self.account;
        let reply = |kind, fields: &[_]| reply(kind, &request["id"], fields);
        let done = match kind {
            "login" => {
                let key = request["key"].as_str().ok_or("key must be a string")?;
                if key == WRONG_KEY {
                    return Err("key refused");
                }
                return Ok(Outcome::LoggedIn(reply("logged_in", &[])));
            }
            "subscribe" => {
                let channel = name_of(request, "channel")?;
                let fields = [("channel", json!(channel))];
                let (channel, reply) = (channel.to_owned(), reply("subscribed", &fields));
                return Ok(Outcome::Subscribed { channel, reply });
            }
            "place" => {
                let order = name_of(request, "order")?;
                account.place(now, self.connection, order).map_err(Refusal::as_str)?;
                reply("placed", &[("order", json!(order))])
            }
            "cancel" => {
                let order = name_of(request, "order")?;
                if !account.cancel(now, order) {
                    return Err("no such order");
                }
                reply("cancelled", &[("order", json!(order))])
            }
            "cancel_all" => reply("cancelled_all", &[("count", json!(account.cancel_all(now)))]),
            "orders" => reply("orders", &[("open", json!(account.open_orders()))]),
            "dead_man" => {
                let timeout = request["timeout_ms"].as_u64();
                let timeout = timeout.ok_or("timeout_ms must be a whole number, not negative")?;
                self.wind_up(now, Duration::from_millis(timeout));
                reply("dead_man", &[("timeout_ms", json!(timeout))])
            }
            "cancel_on_disconnect" => {
                let on = request["on"].as_bool().ok_or("on must be true or false")?;
                self.cancel_on_disconnect(on);
                reply("cancel_on_disconnect", &[("on", json!(on))])
            }
            _ => return Err("unknown request"),
        };
        Ok(Outcome::Done(done))
    }
}

impl Refusal {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Duplicate => "duplicate order",
            Self::Full => "order book full",
        }
    }
}

/// Writes a reply by hand, so that `mock` and `id` stand first.
fn reply(kind: &str, id: &Value, fields: &[(&str, Value)]) -> String {
    let mut reply = format!(r#"{{"{KEY}":"{kind}","id":{id}"#);
    for (name, value) in fields {
        // Writing into a string cannot fail.
        let _ = write!(reply, r#","{name}":{value}"#);
    }
    reply.push('}');
    reply
}

/// Returns the name that a request gives by `field`.
fn name_of<'r>(request: &'r Value, field: &'static str) -> Result<&'r str, &'static str> {
    let name = request[field].as_str().unwrap_or_default();
    if (1..=Account::NAME_MAX).contains(&name.len()) {
        Ok(name)
    } else {
        Err("name must be a string of 1 to 64 bytes")
    }
}
