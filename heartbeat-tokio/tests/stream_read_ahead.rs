//! Level 1: messages that were read ahead cost little, and delay no heartbeat.

#![allow(clippy::unwrap_used, reason = "a test that unwraps says what it expects")]

mod common;

use core::pin::Pin;
use core::task::{Context, Poll};
use std::sync::{Arc, Mutex};

use common::{pair, right_now, session, text};
use futures_util::{Sink, SinkExt as _, Stream, StreamExt as _};
use heartbeat_tokio::HeartbeatStream;
use tokio_tungstenite::tungstenite::{Error as WsError, Message};

/// A transport that has so many messages, and counts how often it is asked for one.
struct Counted {
    left: usize,
    asked: Arc<Mutex<usize>>,
}

impl Stream for Counted {
    type Item = Result<Message, WsError>;

    fn poll_next(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        *this.asked.lock().unwrap() += 1;
        let Some(left) = this.left.checked_sub(1) else { return Poll::Pending };
        this.left = left;
        Poll::Ready(Some(Ok(text("book"))))
    }
}

impl Sink<Message> for Counted {
    type Error = WsError;

    fn poll_ready(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), WsError>> {
        Poll::Ready(Ok(()))
    }

    fn start_send(self: Pin<&mut Self>, _: Message) -> Result<(), WsError> {
        Ok(())
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), WsError>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), WsError>> {
        Poll::Ready(Ok(()))
    }
}

/// A turn for each message cost more than all else that was done for it.
#[tokio::test(start_paused = true)]
async fn what_was_read_ahead_takes_a_turn_for_each_eight_messages() {
    let asked = Arc::new(Mutex::new(0));
    let transport = Counted { left: 31, asked: Arc::clone(&asked) };
    let mut ours = HeartbeatStream::new(transport, session());
    let mut turns = Vec::new();
    for _ in 0..31 {
        assert_eq!(right_now(ours.next()).await.unwrap().unwrap(), text("book"));
        turns.push(*asked.lock().unwrap());
    }
    // The first turn reads them all and sees that there is no more. Each of the others sees that.
    let expected = (0..31).map(|yielded| 32 + yielded / 9).collect::<Vec<_>>();
    assert_eq!(turns, expected);
}

#[tokio::test(start_paused = true)]
async fn a_challenge_behind_what_was_read_ahead_is_answered_with_the_next_message() {
    let (ours, mut venue) = pair().await;
    let mut ours = HeartbeatStream::new(ours, session());
    for _ in 0..5 {
        venue.send(text("book")).await.unwrap();
    }
    assert_eq!(right_now(ours.next()).await.unwrap().unwrap(), text("book"));
    venue.send(text("challenge:42")).await.unwrap();
    assert_eq!(right_now(ours.next()).await.unwrap().unwrap(), text("book"));
    assert_eq!(right_now(venue.next()).await.unwrap().unwrap(), text("response:42"));
}
