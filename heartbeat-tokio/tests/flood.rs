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

/// Has a message as long as any are left, takes every message, and answers none.
struct Flood {
    message: Message,
    left: usize,
}

impl Flood {
    fn endless() -> Self {
        Self { message: text("book"), left: usize::MAX }
    }
}

impl Stream for Flood {
    type Item = Result<Message, Error>;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.left == 0 {
            return Poll::Pending;
        }
        self.left -= 1;
        Poll::Ready(Some(Ok(self.message.clone())))
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
    let mut connection = Connection::spawn(Flood::endless(), session(), options);
    // The test's own progress shows that the flood leaves room for others. A turn reads 32
    // messages, and past a deadline up to 4,096 are read before it is judged.
    // With fresh data, answers are waited for as long as the grace allows.
    for second in 0..33 {
        let turns = if second % 3 == 0 { 200 } else { 1 };
        assert_eq!(verdict_after_turns(&mut connection, turns).await, None, "after {second} s");
        tokio::time::advance(secs(1)).await;
    }
    let cause = verdict_after_turns(&mut connection, 200).await;
    assert!(matches!(cause, Some(Cause::AnswerOverdue { failures: 9, .. })), "{cause:?}");
}

/// How many messages are lost of a blast of 4 KiB each, which an application in `block_on` reads
/// as fast as it is given them, after it has begun to send so many of its own.
async fn lost_in_a_blast(sends: usize) -> u64 {
    const BLAST: usize = 20_000;
    // Room for two batches.
    let queue_bytes = NonZeroUsize::new(2 * 32 * (4_096 + 64)).unwrap();
    let blast = Flood { message: text(&"x".repeat(4_096)), left: BLAST };
    let options = ConnectionOptions::default().queue_bytes(queue_bytes);
    let mut connection = Connection::spawn(blast, session(), options);
    let sender = connection.sender();
    let mut sent: Vec<_> = (0..sends).map(|_| Box::pin(sender.send(text("order")))).collect();
    assert!(sent.iter_mut().all(|send| send.as_mut().now_or_never().is_none()));
    let (mut read, mut lost) = (0, 0);
    while read + lost < BLAST as u64 {
        let incoming = connection.next().await.unwrap();
        if let Incoming::Message(_) = incoming {
            read += 1;
        } else if let Incoming::Lagged(lagged) = incoming {
            lost += lagged.frames;
        }
    }
    lost
}

// On a current-thread runtime the body of a test is the future in `block_on`.
#[tokio::test]
async fn an_application_in_block_on_that_reads_everything_loses_nothing() {
    assert_eq!(lost_in_a_blast(0).await, 0);
}

#[tokio::test]
async fn nor_does_it_while_it_sends() {
    assert_eq!(lost_in_a_blast(200).await, 0);
}
