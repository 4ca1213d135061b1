//! The safety of orders, slow and obvious.

use core::time::Duration;

use heartbeat_core::{DeadMan, Safeguard, Timestamp};

use super::since;

/// What was asked of the venue for the orders' sake, and what it said.
#[derive(Clone, Debug)]
pub(super) struct Safety {
    dead_man: Option<DeadMan>,
    /// When the next refresh is due, once the application has asked.
    due: Option<Timestamp>,
    /// When the first refresh left that the venue has not acknowledged.
    refreshed: Option<Timestamp>,
    until: Option<Timestamp>,
    /// Whether the application asked to cancel on disconnect and the message has yet to leave.
    to_ask: bool,
    /// Since when a reply to that is waited for.
    asked: Option<Timestamp>,
    /// Whether a reply to it may still come.
    reply_owed: bool,
}

impl Safety {
    pub(super) const fn new(dead_man: Option<DeadMan>) -> Self {
        Self {
            dead_man,
            due: None,
            refreshed: None,
            until: None,
            to_ask: false,
            asked: None,
            reply_owed: false,
        }
    }

    pub(super) fn request(&mut self, now: Timestamp, can_cancel: bool) {
        if self.dead_man.is_some() {
            self.due.get_or_insert(now);
        }
        if can_cancel && self.asked.is_none() {
            self.to_ask = true;
            self.asked = Some(now);
        }
    }

    pub(super) const fn until(&self) -> Option<Timestamp> {
        self.until
    }

    /// Tells whether the message to cancel on disconnect leaves now. Nothing keeps it.
    pub(super) const fn asks_to_cancel(&mut self) -> bool {
        let asks = self.to_ask;
        self.to_ask = false;
        self.reply_owed |= asks;
        asks
    }

    pub(super) fn lose_patience(&mut self, now: Timestamp, within: Duration) {
        self.asked = self.asked.filter(|asked| since(*asked, now) < within);
    }

    /// Tells whether the switch is wound up now, on a line beyond doubt.
    pub(super) fn refreshes(&mut self, now: Timestamp, stall_tolerance: Duration) -> bool {
        let (Some(switch), Some(due)) = (self.dead_man, self.due) else {
            return false;
        };
        if now < due {
            return false;
        }
        // The rhythm is kept unless a doubt lasted for long.
        let from = if since(due, now) <= stall_tolerance { due } else { now };
        self.due = from.checked_add(switch.refresh);
        self.until = self.until.filter(|until| *until > from);
        self.refreshed.get_or_insert(now);
        true
    }

    /// Takes what the venue grants, and tells whether it was asked for.
    pub(super) fn is_granted(&mut self, safeguard: Safeguard) -> bool {
        match safeguard {
            Safeguard::DeadMan => {
                let Some((refreshed, switch)) = self.refreshed.take().zip(self.dead_man) else {
                    return false;
                };
                self.until = refreshed.checked_add(switch.timeout);
                true
            }
            Safeguard::CancelOnDisconnect => self.is_replied(),
        }
    }

    /// Takes what the venue denies, and tells whether it was asked for.
    pub(super) const fn is_denied(&mut self, safeguard: Safeguard) -> bool {
        match safeguard {
            Safeguard::DeadMan => self.refreshed.take().is_some(),
            Safeguard::CancelOnDisconnect => self.is_replied(),
        }
    }

    const fn is_replied(&mut self) -> bool {
        if !self.reply_owed {
            return false;
        }
        self.asked = None;
        self.to_ask = false;
        self.reply_owed = false;
        true
    }
}
