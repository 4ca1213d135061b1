//! Why a bot's session ends, and what the bot is told.

use core::time::Duration;

use heartbeat_tokio::tungstenite::protocol::CloseFrame;
use heartbeat_tokio::tungstenite::protocol::frame::coding::CloseCode;

/// How long the reason of a Close frame may be, by RFC 6455.
const REASON_BYTES_MAX: usize = 123;

/// Why a session ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// The bot said good-bye.
    BotLeft { code: Option<u16> },
    /// Its connection broke.
    BotLost { why: String, silent: Duration },
    /// It shows no sign of life.
    BotDead { silent: Duration },
    /// Something may be missing of what the venue said, in so long a time.
    UpstreamLost { cause: String, span: Duration },
    /// A message of the bot's did not reach the venue.
    NotSent { why: String },
    /// It sends more than the venue takes.
    TooFast { why: String },
    /// The venue will not be asked any more.
    GivenUp { why: String },
    /// The venue's connection ended by itself.
    UpstreamEnded,
    /// The gateway ends.
    Stopped,
}

impl End {
    /// Returns why and after what silence a bot went that did not say good-bye.
    pub(crate) fn is_bot_gone(&self) -> Option<(String, Duration)> {
        match self {
            Self::BotLost { why, silent } => Some((why.clone(), *silent)),
            Self::BotDead { silent } => Some(("no sign of life".to_owned(), *silent)),
            // Whatever it is that makes a bot go, it was not done.
            Self::BotLeft { code: Some(code) } if *code != 1000 => {
                Some((format!("it closed with {code}"), Duration::ZERO))
            }
            Self::BotLeft { .. }
            | Self::UpstreamLost { .. }
            | Self::NotSent { .. }
            | Self::TooFast { .. }
            | Self::GivenUp { .. }
            | Self::UpstreamEnded
            | Self::Stopped => None,
        }
    }

    /// Returns the code with which the bot left, if it did.
    pub(crate) const fn code(&self) -> Option<u16> {
        if let Self::BotLeft { code } = self { *code } else { None }
    }

    /// Returns what the bot is told, if it is there to hear it.
    pub(crate) fn close_frame(&self) -> Option<CloseFrame> {
        let (code, reason) = match self {
            Self::BotLeft { .. } | Self::BotLost { .. } => return None,
            Self::BotDead { silent } => {
                (CloseCode::Policy, format!("no frame and no pong for {silent:.1?}"))
            }
            Self::UpstreamLost { cause, span } => {
                (CloseCode::Restart, format!("{span:.3?} may be missing: {cause}"))
            }
            Self::NotSent { why } => (CloseCode::Restart, format!("a message was not sent: {why}")),
            Self::TooFast { why } => (CloseCode::Again, why.clone()),
            Self::GivenUp { why } => (CloseCode::Error, why.clone()),
            Self::UpstreamEnded => (CloseCode::Error, "connection to the venue ended".to_owned()),
            Self::Stopped => (CloseCode::Away, "gateway ends".to_owned()),
        };
        Some(CloseFrame { code, reason: short(reason).into() })
    }
}

/// Cuts a reason to what a Close frame holds.
fn short(mut reason: String) -> String {
    while reason.len() > REASON_BYTES_MAX {
        reason.pop();
    }
    reason
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lost_upstream_is_told_with_its_cause_and_its_span() {
        let end = End::UpstreamLost {
            cause: "probe 9 unanswered".to_owned(),
            span: Duration::from_millis(2_314),
        };
        let frame = end.close_frame().unwrap();
        assert_eq!(u16::from(frame.code), 1012);
        assert_eq!(frame.reason.as_str(), "2.314s may be missing: probe 9 unanswered");
        assert!(end.is_bot_gone().is_none());
    }

    #[test]
    fn no_reason_is_longer_than_a_close_frame_and_none_is_cut_inside_a_letter() {
        for length in 100..140 {
            let why = "\u{e9}".repeat(length);
            let frame = End::GivenUp { why }.close_frame().unwrap();
            assert!(frame.reason.len() <= REASON_BYTES_MAX);
        }
    }

    #[test]
    fn only_a_bot_that_went_without_a_word_leaves_one_for_the_venue() {
        let gone = |code| End::BotLeft { code }.is_bot_gone().is_some();
        assert_eq!([gone(Some(1000)), gone(None), gone(Some(1001))], [false, false, true]);
        assert!(End::BotDead { silent: Duration::from_secs(30) }.is_bot_gone().is_some());
        assert!(End::Stopped.is_bot_gone().is_none());
    }
}
