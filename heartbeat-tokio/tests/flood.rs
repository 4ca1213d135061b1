//! A venue that always has more to say.

#![allow(clippy::unwrap_used, reason = "a test that unwraps says what it expects")]

mod common;

use core::num::NonZeroUsize;
use core::pin::Pin;
use core::task::{Context, Poll};

use common::{secs, session, text};
use futures_util::{FutureExt as _, Sink, Stream};
use heartbeat_core::{Cause, Event};
use heartbeat_tokio::tungstenite::{Error, Message};
use heartbeat_tokio::{Connection, ConnectionOptions, Incoming};

/// Always has a message, takes every message, and answers none.
struct Flood;

impl Stream for Flood {
    type Item = Result<Message, Error>;

    fn poll_next(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Poll::Ready(Some(Ok(text("book"))))
    }
}

impl Sink<Message> for Flood {
    type Error = Error;

    fn poll_ready(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), Error>> {
        Poll::Ready(Ok(()))
    }

    fn start_send(self: Pin<&mut Self>, _: Message) -> Result<(), Error> {
        Ok(())
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), Error>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), Error>> {
        Poll::Ready(Ok(()))
    }
}

/// Lets the other tasks run for so many turns, and looks for the verdict among what they left.
async fn verdict_after_turns(connection: &mut Connection, turns: usize) -> Option<Cause> {
    for _ in 0..turns {
        tokio::task::yield_now().await;
    }
    loop {
        let incoming = connection.next().now_or_never()??;
        if let Incoming::Event(Event::Stopped { cause }) = incoming {
            return Some(cause);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn it_starves_no_other_task_and_hides_no_verdict() {
    let queue_bytes = NonZeroUsize::new(64 << 10).unwrap();
    let options = ConnectionOptions::default().close_within(secs(0)).queue_bytes(queue_bytes);
    let mut connection = Connection::spawn(Flood, session(), options);
    // The test's own progress shows that the flood leaves room for others. A turn reads 32
    // messages, and past a deadline up to 4,096 are read before it is judged.
    for second in 0..15 {
        let turns = if second % 3 == 0 { 200 } else { 1 };
        assert_eq!(verdict_after_turns(&mut connection, turns).await, None, "after {second} s");
        tokio::time::advance(secs(1)).await;
    }
    let cause = verdict_after_turns(&mut connection, 200).await;
    assert!(matches!(cause, Some(Cause::AnswerOverdue { failures: 3, .. })), "{cause:?}");
}
