//! What the operator may do to what is watched, by keys and over the control socket.

use std::sync::Arc;

use heartbeat_tokio::Client;
use heartbeat_tokio::client::VenueGate;
use tokio::sync::{mpsc, watch};

use crate::board::Board;
#[cfg(unix)]
use crate::keys::Keys;
use crate::report::Report;
use crate::table::Key;

/// How many orders can wait for a connection; who gives more is told that it is busy.
pub(crate) const ORDERS_MAX: usize = 16;

/// What one connection is told to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    Reconnect { reason: String },
    ReconnectNow { reason: String },
    Pause,
    Resume,
    Stop,
}

impl Order {
    /// Returns the word for it, as the control socket has it.
    pub(crate) const fn word(&self) -> &'static str {
        match self {
            Self::Reconnect { .. } => "reconnect",
            Self::ReconnectNow { .. } => "reconnect-now",
            Self::Pause => "pause",
            Self::Resume => "resume",
            Self::Stop => "stop",
        }
    }

    /// Has a client do it.
    pub(crate) fn give(&self, client: &Client) {
        match self {
            Self::Reconnect { reason } => client.reconnect(reason.as_str()),
            Self::ReconnectNow { reason } => client.reconnect_now(reason.as_str()),
            Self::Pause => client.pause(),
            Self::Resume => client.resume(),
            Self::Stop => client.stop(),
        }
    }

    /// Returns why, where it says so.
    pub(crate) fn reason(&self) -> Option<String> {
        match self {
            Self::Reconnect { reason } | Self::ReconnectNow { reason } => Some(reason.clone()),
            Self::Pause | Self::Resume | Self::Stop => None,
        }
    }
}

/// Who can be told what.
pub(crate) struct Operator {
    board: Board,
    members: Vec<Member>,
}

/// One connection, as the operator sees it.
pub(crate) struct Member {
    pub(crate) name: String,
    pub(crate) venue: &'static str,
    pub(crate) orders: mpsc::Sender<Order>,
    /// Shared by all connections to the venue.
    pub(crate) gate: VenueGate,
}

impl Operator {
    /// Takes the connections in the order of the board.
    pub(crate) const fn new(board: Board, members: Vec<Member>) -> Self {
        Self { board, members }
    }

    /// Does what a key asks of the connection that is chosen. What it cannot do, it does not.
    pub(crate) fn press(&self, key: Key, chosen: usize) {
        let Some(member) = self.members.get(chosen) else { return };
        let reason = || "key".to_owned();
        let order = match key {
            Key::Reconnect => Order::Reconnect { reason: reason() },
            Key::ReconnectNow => Order::ReconnectNow { reason: reason() },
            Key::Pause => {
                let entries = self.board.snapshot();
                let is_paused = entries.get(chosen).is_some_and(|entry| entry.paused);
                if is_paused { Order::Resume } else { Order::Pause }
            }
            Key::Lift => return member.gate.lift(),
            Key::Up | Key::Down | Key::Quit => return,
        };
        let _ = member.orders.try_send(order);
    }
}

/// The keys of the terminal, if it is one and shows the table.
pub(crate) struct Hand {
    operator: Arc<Operator>,
    /// Turns true when it is time to end.
    stop: watch::Sender<bool>,
    #[cfg(unix)]
    keys: Option<Keys>,
}

impl Hand {
    /// Takes the keys, where there is a table to see what they do. Without them, all else works.
    pub(crate) fn open(
        operator: Arc<Operator>,
        stop: watch::Sender<bool>,
        report: &mut Report,
    ) -> Self {
        #[cfg(unix)]
        {
            let keys = if report.has_table() { Keys::open().ok().flatten() } else { None };
            if keys.is_some() {
                report.take_keys();
            }
            Self { operator, stop, keys }
        }
        #[cfg(not(unix))]
        {
            let _ = report;
            Self { operator, stop }
        }
    }

    /// Waits for a key, for ever if there are none.
    pub(crate) async fn next(&mut self) -> Key {
        #[cfg(unix)]
        if let Some(keys) = &mut self.keys {
            return keys.next().await;
        }
        core::future::pending().await
    }

    /// Does what a key asks for.
    pub(crate) fn press(&self, key: Key, report: &mut Report) {
        if key == Key::Quit {
            self.stop.send_replace(true);
        } else if let Some(chosen) = report.press(key) {
            self.operator.press(key, chosen);
        }
    }
}

#[cfg(unix)]
impl heartbeat_examples::control::Operate for Operator {
    fn carry_out(
        &self,
        command: &heartbeat_examples::control::Command,
    ) -> Result<serde_json::Value, String> {
        use heartbeat_examples::control::Command;
        match command.clone() {
            Command::List => {
                let connections: Vec<_> =
                    self.board.snapshot().iter().map(crate::http::connection).collect();
                Ok(serde_json::json!({ "connections": connections }))
            }
            Command::Reconnect { name, reason } => self.tell(&name, &Order::Reconnect { reason }),
            Command::ReconnectNow { name, reason } => {
                self.tell(&name, &Order::ReconnectNow { reason })
            }
            Command::Pause { name } => self.tell(&name, &Order::Pause),
            Command::Resume { name } => self.tell(&name, &Order::Resume),
            Command::Stop { name } => self.tell(&name, &Order::Stop),
            Command::Gates => Ok(self.gates("*")),
            Command::Lift { venue } => self.at_gate(&venue, VenueGate::lift),
            Command::Hold { venue, span } => self.at_gate(&venue, |gate| gate.hold_for(span)),
            Command::Help => Err("is answered before".to_owned()),
        }
    }
}

#[cfg(unix)]
impl Operator {
    /// Hands an order on, and returns to whom.
    fn tell(&self, name: &str, order: &Order) -> Result<serde_json::Value, String> {
        let meant = |member: &&Member| heartbeat_examples::control::is_meant(name, &member.name);
        let mut told = Vec::new();
        let mut refused = Vec::new();
        for member in self.members.iter().filter(meant) {
            match member.orders.try_send(order.clone()) {
                Ok(()) => told.push(member.name.as_str()),
                Err(mpsc::error::TrySendError::Full(_)) => refused.push((&member.name, "is busy")),
                Err(mpsc::error::TrySendError::Closed(_)) => {
                    refused.push((&member.name, "has ended"));
                }
            }
        }
        match refused.first() {
            None if told.is_empty() => Err(format!("no connection is named {name}")),
            // Of all, those that have ended need no telling.
            Some((name, why)) if told.is_empty() => Err(format!("{name} {why}")),
            _ => Ok(serde_json::json!({ "told": told })),
        }
    }

    /// Does something at the gates of a venue, and returns how they are then.
    fn at_gate(
        &self,
        venue: &str,
        mut act: impl FnMut(&VenueGate),
    ) -> Result<serde_json::Value, String> {
        let meant = |member: &&Member| heartbeat_examples::control::is_meant(venue, member.venue);
        let mut gates = self.members.iter().filter(meant).peekable();
        if gates.peek().is_none() {
            return Err(format!("no connection is to {venue}"));
        }
        // Doing it twice at a gate that is shared does it once.
        gates.for_each(|member| act(&member.gate));
        Ok(self.gates(venue))
    }

    fn gates(&self, venue: &str) -> serde_json::Value {
        let meant = |member: &&Member| heartbeat_examples::control::is_meant(venue, member.venue);
        let gates: serde_json::Map<_, _> = self
            .members
            .iter()
            .filter(meant)
            .map(|member| (member.venue.to_owned(), member.gate.breaker().as_str().into()))
            .collect();
        serde_json::json!({ "gates": gates })
    }
}
