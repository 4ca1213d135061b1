//! The running numbers of market data, as a client reads them.

use std::io::Read as _;

use flate2::read::GzDecoder;

use crate::OwnedFrame;

/// What stands before a number.
pub(super) const FIELD: &str = r#""mock_seq":"#;

/// How far from the end of a message its number can begin, in bytes.
const TAIL: usize = 64;

/// The longest message, in bytes, that is inflated to look for a number.
const INFLATED_MAX: u64 = 4 << 10;

/// What a gzip member begins with (RFC 1952, section 2.3.1).
const GZIP: &[u8] = &[0x1f, 0x8b];

/// Returns the number that a message of a mock exchange has in the venue's
/// [channel](crate::MockOptions::channel_since), if it has one. Messages that are compressed are
/// inflated for it, up to 4 KiB.
///
/// ```
/// use heartbeat_testkit::{OwnedFrame, channel_number};
///
/// assert_eq!(channel_number(&OwnedFrame::text(r#"{"px":"1","mock_seq":17}"#)), Some(17));
/// assert_eq!(channel_number(&OwnedFrame::gzip(r#"[1,{"mock_seq":18}]"#)), Some(18));
/// assert_eq!(channel_number(&OwnedFrame::text(r#"{"px":"1"}"#)), None);
/// ```
pub fn channel_number(frame: &OwnedFrame) -> Option<u64> {
    match frame {
        OwnedFrame::Text(text) => number_of(text.as_bytes()),
        OwnedFrame::Binary(bytes) if bytes.starts_with(GZIP) => {
            let mut text = Vec::new();
            GzDecoder::new(bytes.as_slice()).take(INFLATED_MAX).read_to_end(&mut text).ok()?;
            number_of(&text)
        }
        OwnedFrame::Binary(bytes) => number_of(bytes),
        OwnedFrame::Ping(_) | OwnedFrame::Pong(_) | OwnedFrame::Close { .. } => None,
    }
}

/// Finds a number near the end of a message.
pub(super) fn number_of(message: &[u8]) -> Option<u64> {
    let tail = message.get(message.len().saturating_sub(TAIL)..)?;
    let at = tail.windows(FIELD.len()).rposition(|window| window == FIELD.as_bytes())?;
    let digits = tail.get(at + FIELD.len()..)?;
    let len = digits.iter().take_while(|byte| byte.is_ascii_digit()).count();
    core::str::from_utf8(digits.get(..len)?).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use core::time::Duration;

    use heartbeat_core::{Frame, Signal, Timestamp};
    use heartbeat_platforms::Exchange;

    use super::*;
    use crate::{DataFrom, MockAction, MockExchange, MockOptions};

    /// Takes the numbers that a connection sends up to `until`, each with its milliseconds.
    fn numbers(mock: &mut MockExchange, until: u64) -> Vec<(u64, u64)> {
        let (mut now, mut found) = (Timestamp::ZERO, Vec::new());
        loop {
            match mock.poll(now) {
                MockAction::Send(frame) => {
                    let number = channel_number(&frame);
                    found.extend(number.map(|it| (now.as_nanos() / 1_000_000, it)));
                }
                MockAction::Wait(Some(at)) if at <= Timestamp::from_millis(until) => now = at,
                MockAction::Wait(_) => return found,
                MockAction::Observe(_)
                | MockAction::Close { .. }
                | MockAction::Cut
                | MockAction::SendInvalid => {}
            }
        }
    }

    #[test]
    fn all_connections_send_the_same_numbers_at_the_same_times() {
        for exchange in Exchange::all() {
            let options = MockOptions::default()
                .channel_since(Timestamp::ZERO)
                .data_from(DataFrom::Opening)
                .data_every(Some(Duration::from_secs(1)));
            let at = Timestamp::from_millis;
            let mut first = MockExchange::new(*exchange, options.clone(), at(0));
            let mut later = MockExchange::new(*exchange, options, at(1_700));
            let all = numbers(&mut first, 4_000);
            assert_eq!(all, [(1_000, 1), (2_000, 2), (3_000, 3), (4_000, 4)], "{exchange}");
            assert_eq!(numbers(&mut later, 4_000), all[1..], "{exchange}");
        }
    }

    #[test]
    fn a_number_is_no_heartbeat() {
        use heartbeat_core::Detector as _;
        for exchange in Exchange::all() {
            let dialect = super::super::venues::dialect_of(*exchange);
            let mut text = dialect.data(Timestamp::from_millis(1), 1);
            dialect.number(&mut text, 77);
            let frame = dialect.pack(text);
            assert_eq!(exchange.classify(frame.as_frame()), Signal::Data, "{exchange}");
            assert_eq!(channel_number(&frame), Some(77), "{exchange}");
            assert!(!matches!(frame.as_frame(), Frame::Ping(_)), "{exchange}");
        }
    }
}
