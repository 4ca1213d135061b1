//! Connections that a venue counts together keep its budget together.

use std::collections::VecDeque;

use heartbeat_core::Timestamp;
use heartbeat_platforms::MessageBudget;

use crate::{Entry, OwnedFrame, Step};

/// Complains of connections that together send more in any window than the venue takes of their
/// address. The pongs that a transport makes by itself nobody can hold back: pongs do not count.
#[derive(Clone, Debug)]
pub struct Messages {
    known: MessageBudget,
    /// When those in the window were sent, the oldest first.
    sent: VecDeque<Timestamp>,
}

impl Messages {
    pub(super) const NAME: &'static str = "messages";

    /// Begins with clients that have not sent anything.
    pub const fn new(known: MessageBudget) -> Self {
        Self { known, sent: VecDeque::new() }
    }

    /// Takes what happened on one of the connections.
    ///
    /// # Errors
    ///
    /// That it was one message too many.
    pub fn see(&mut self, entry: &Entry) -> Result<(), String> {
        let (Step::ClientResponds(frame)
        | Step::ClientSends(frame)
        | Step::ApplicationSends(frame)) = &entry.what
        else {
            return Ok(());
        };
        let counts = match frame {
            OwnedFrame::Text(_) | OwnedFrame::Binary(_) => true,
            OwnedFrame::Ping(_) => self.known.counts_control_frames,
            OwnedFrame::Pong(_) | OwnedFrame::Close { .. } => false,
        };
        if !counts {
            return Ok(());
        }
        let (per, most) = (self.known.budget.per, self.known.budget.count);
        while self.sent.front().is_some_and(|at| entry.at.saturating_since(*at) >= per) {
            self.sent.pop_front();
        }
        self.sent.push_back(entry.at);
        let sent = self.sent.len();
        if sent <= usize::try_from(most).unwrap_or(usize::MAX) {
            return Ok(());
        }
        Err(format!("{sent} messages in {per:?}, the venue takes {most} of an address"))
    }
}

#[cfg(test)]
mod tests {
    use core::time::Duration;

    use heartbeat_platforms::Budget;

    use super::*;

    #[test]
    fn one_message_too_many_in_any_window_is_found() {
        let budget = Budget::per_address(2, Duration::from_secs(1));
        let told = |at: [u64; 3]| {
            let mut messages = Messages::new(MessageBudget { budget, counts_control_frames: true });
            at.iter().try_for_each(|at| {
                let what = Step::ApplicationSends(OwnedFrame::text("x"));
                messages.see(&Entry::new(Timestamp::from_millis(*at), what))
            })
        };
        assert_eq!(told([0, 999, 1_000]), Ok(()));
        assert!(told([0, 998, 999]).is_err());
    }
}
