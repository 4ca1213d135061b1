//! What is seen below the WebSocket: a message that is coming in, and a close code as it came.

use heartbeat_core::{Platform, Timestamp};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

use super::Driver;
use crate::metered::Received;

/// What tungstenite says with the code 1002 in the place of a code that RFC 6455 forbids.
const SUBSTITUTE: &str = "Protocol violation";

impl<S, P: Platform> Driver<S, P> {
    /// Tells the session that a message is coming in, if bytes came and no frame has. Tells whether
    /// that is so.
    pub(super) fn note_receiving(&mut self, now: Timestamp, frames: usize) -> bool {
        let bytes = (self.received)(&self.transport).map_or(0, Received::bytes);
        let came = core::mem::replace(&mut self.bytes_seen, bytes) != bytes;
        let is_growing = came && frames == 0;
        if is_growing {
            self.session.handle_receiving(now);
        }
        is_growing
    }

    /// Gives a Close frame the code that the peer sent, where tungstenite put its own in the place
    /// of that. Without bytes to look at no code is claimed.
    pub(super) fn with_its_own_code(&self, message: Message) -> Message {
        let Message::Close(Some(close)) = &message else { return message };
        if close.code != CloseCode::Protocol || close.reason.as_str() != SUBSTITUTE {
            return message;
        }
        let came = (self.received)(&self.transport).and_then(Received::close_code);
        match came.map(CloseCode::from) {
            // It was the peer's own.
            Some(CloseCode::Protocol) => message,
            Some(code) => Message::Close(Some(CloseFrame { code, reason: "".into() })),
            None => Message::Close(None),
        }
    }
}

#[cfg(test)]
mod tests {
    use core::time::Duration;

    use futures_util::{FutureExt as _, StreamExt as _};
    use heartbeat_core::{
        Cause, Config, ConfigBuilder, Detector, Frame, Outbox, OutboxError, Phase, Responder,
        Session, Signal,
    };
    use tokio::io::{AsyncWriteExt as _, DuplexStream};
    use tokio_tungstenite::WebSocketStream;
    use tokio_tungstenite::tungstenite::protocol::Role;

    use super::*;
    use crate::HeartbeatStream;
    use crate::client::BoxIo;
    use crate::metered::Metered;

    /// A venue of control frames, given up after ten silent seconds.
    struct Plain;

    impl Detector for Plain {
        fn classify(&self, frame: Frame<'_>) -> Signal {
            Signal::of_control(frame)
        }
    }

    impl Responder for Plain {
        fn respond(&self, _token: &[u8], _out: &mut Outbox) -> Result<(), OutboxError> {
            Ok(())
        }
    }

    impl Platform for Plain {
        fn name(&self) -> &'static str {
            "plain"
        }

        fn defaults(&self) -> ConfigBuilder {
            let limit = Duration::from_secs(10);
            Config::builder().transport_limit(limit).failure_threshold(1)
        }
    }

    type Line<S> = HeartbeatStream<WebSocketStream<S>, Plain>;

    async fn line<S>(wrap: impl FnOnce(DuplexStream) -> S) -> (DuplexStream, Line<S>)
    where
        S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + 'static,
    {
        let (venue, io) = tokio::io::duplex(1 << 20);
        let ws = WebSocketStream::from_raw_socket(wrap(io), Role::Client, None).await;
        let session = Session::new(Plain, Plain.defaults().build().unwrap(), Timestamp::ZERO);
        (venue, HeartbeatStream::new(ws, session))
    }

    fn metered(io: DuplexStream) -> Metered<BoxIo> {
        Metered::new(Box::new(io))
    }

    const PIECE: [u8; 1_000] = [b'x'; 1_000];

    /// Sends a piece of a message each second.
    async fn send<S>(venue: &mut DuplexStream, line: &mut Line<S>, pieces: usize)
    where
        S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + 'static,
    {
        for _ in 0..pieces {
            venue.write_all(&PIECE).await.unwrap();
            assert!(line.next().now_or_never().is_none());
            tokio::time::advance(Duration::from_secs(1)).await;
        }
    }

    /// The header of a text message of twenty pieces.
    const HEADER: [u8; 4] = [0x81, 0x7e, 0x4e, 0x20];

    #[tokio::test(start_paused = true)]
    async fn a_snapshot_on_a_slow_line_costs_no_connection() {
        let (mut venue, mut line) = line(metered).await;
        venue.write_all(&HEADER).await.unwrap();
        send(&mut venue, &mut line, 19).await;
        venue.write_all(&PIECE).await.unwrap();
        let Some(Some(Ok(Message::Text(text)))) = line.next().now_or_never() else {
            panic!("{:?}", line.health().phase)
        };
        assert_eq!(text.len(), 20_000);
    }

    #[tokio::test(start_paused = true)]
    async fn a_message_that_stalls_half_way_is_found_within_the_bound_of_silence() {
        let (mut venue, mut line) = line(metered).await;
        venue.write_all(&HEADER).await.unwrap();
        send(&mut venue, &mut line, 9).await;
        // Its last byte came a second ago.
        for second in 1..10 {
            assert!(line.next().now_or_never().is_none());
            assert_eq!(line.health().phase, Phase::Ready, "{second} s after the last byte");
            tokio::time::advance(Duration::from_secs(1)).await;
        }
        assert!(line.next().now_or_never().flatten().is_some_and(|it| it.is_err()));
        assert_eq!(line.health().phase, Phase::Finished);
    }

    #[tokio::test(start_paused = true)]
    async fn a_stream_whose_bytes_cannot_be_seen_is_judged_by_whole_frames() {
        let (mut venue, mut line) = line(|io| io).await;
        venue.write_all(&HEADER).await.unwrap();
        send(&mut venue, &mut line, 10).await;
        assert!(line.next().now_or_never().flatten().is_some_and(|it| it.is_err()));
    }

    async fn cause_of<S>(wrap: impl FnOnce(DuplexStream) -> S, close: &[u8]) -> Cause
    where
        S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + 'static,
    {
        let (mut venue, mut line) = line(wrap).await;
        venue.write_all(close).await.unwrap();
        // An end in order is no error.
        while line.next().await.is_some() {}
        line.end().unwrap().cause
    }

    #[tokio::test(start_paused = true)]
    async fn a_close_code_that_the_rfc_forbids_is_told_as_it_came() {
        let closed = |code| Cause::PeerClosed { code };
        for code in [0, 999, 1_004, 1_005, 1_006, 1_015, 1_016, 1_100, 2_999, 65_535_u16] {
            let [high, low] = code.to_be_bytes();
            let frame = [0x88, 2, high, low];
            assert_eq!(cause_of(metered, &frame).await, closed(Some(code)));
            // No code is claimed that nobody saw.
            assert_eq!(cause_of(|io| io, &frame).await, closed(None));
        }
        let own = [&b"\x88\x14\x03\xea"[..], SUBSTITUTE.as_bytes()].concat();
        assert_eq!(cause_of(metered, &own).await, closed(Some(1_002)), "the venue's own");
        assert_eq!(cause_of(metered, b"\x88\x02\x0f\xa0").await, closed(Some(4_000)));
    }
}
