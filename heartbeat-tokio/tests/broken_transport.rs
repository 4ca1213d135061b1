//! Transports that refuse to write.

#![allow(clippy::unwrap_used, reason = "a test that unwraps says what it expects")]
#![allow(clippy::wildcard_enum_match_arm, reason = "a test names what it looks for")]

mod common;

use core::pin::Pin;
use core::task::{Context, Poll};
use std::collections::VecDeque;
use std::io;

use common::{secs, session, soon, text};
use futures_util::{Sink, Stream};
use heartbeat_core::{Cause, Event};
use heartbeat_tokio::tungstenite::{Error, Message};
use heartbeat_tokio::{CloseReport, Connection, ConnectionOptions, Incoming, NotWritten, Receipt};

/// Reads what is written in a script, then nothing, and fails the writes that a script fails.
#[derive(Default)]
struct Scripted {
    reads: VecDeque<Message>,
    /// The outcome of each `start_send`; beyond the script all is well.
    sends: VecDeque<Result<(), Error>>,
    /// The outcome of each `poll_flush`.
    flushes: VecDeque<Result<(), Error>>,
}

impl Stream for Scripted {
    type Item = Result<Message, Error>;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        match self.reads.pop_front() {
            Some(message) => Poll::Ready(Some(Ok(message))),
            None => Poll::Pending,
        }
    }
}

impl Sink<Message> for Scripted {
    type Error = Error;

    fn poll_ready(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), Error>> {
        Poll::Ready(Ok(()))
    }

    fn start_send(mut self: Pin<&mut Self>, _: Message) -> Result<(), Error> {
        self.sends.pop_front().unwrap_or(Ok(()))
    }

    fn poll_flush(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), Error>> {
        Poll::Ready(self.flushes.pop_front().unwrap_or(Ok(())))
    }

    fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), Error>> {
        Poll::Ready(Ok(()))
    }
}

fn broken(what: &str) -> Result<(), Error> {
    Err(Error::Io(io::Error::new(io::ErrorKind::BrokenPipe, what.to_owned())))
}

fn full() -> Result<(), Error> {
    Err(Error::WriteBufferFull(Box::new(text(""))))
}

fn spawn(transport: Scripted) -> Connection {
    Connection::spawn(transport, session(), ConnectionOptions::default().close_within(secs(0)))
}

/// Reads to the end. Returns how many responses were written, and the report.
async fn read_to_end(mut connection: Connection) -> (usize, CloseReport) {
    let mut responses = 0;
    loop {
        match soon(connection.next()).await.unwrap() {
            Incoming::Event(Event::Responded { .. }) => responses += 1,
            Incoming::Closed(report) => return (responses, *report),
            _ => {}
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_heartbeat_that_is_refused_once_is_written_the_second_time() {
    for (sends, flushes) in [(vec![broken("first")], vec![]), (vec![], vec![broken("first")])] {
        let reads = [text("challenge:7")].into();
        let transport = Scripted { reads, sends: sends.into(), flushes: flushes.into() };
        let (responses, report) = read_to_end(spawn(transport)).await;
        assert_eq!(responses, 1);
        // It ends for another reason, and the error that was made good is not blamed for it.
        assert!(matches!(report.cause, Cause::AnswerOverdue { .. }), "{report}");
        assert!(report.transport.is_none(), "{report}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_heartbeat_that_is_refused_twice_is_a_verdict() {
    let reads = [text("challenge:7")].into();
    let sends = [broken("first"), broken("second")].into();
    let (responses, report) =
        read_to_end(spawn(Scripted { reads, sends, ..Scripted::default() })).await;
    assert_eq!((responses, report.cause), (0, Cause::TransmitFailed));
    assert_eq!(report.transport.unwrap().to_string(), "IO error: first");
}

#[tokio::test(start_paused = true)]
async fn a_message_that_breaks_the_transport_ends_the_connection() {
    let connection = spawn(Scripted { sends: [broken("pipe")].into(), ..Scripted::default() });
    let sent = soon(connection.sender().send(text("order"))).await;
    // It may have been written in part.
    assert_eq!(sent, Receipt::Unknown);
    let (_, report) = read_to_end(connection).await;
    assert_eq!((report.cause, report.unconfirmed), (Cause::TransportLost, 1));
    assert_eq!(report.transport.unwrap().to_string(), "IO error: pipe");
}

#[tokio::test(start_paused = true)]
async fn a_message_that_a_closed_transport_never_looked_at_was_not_written() {
    for error in [Error::ConnectionClosed, Error::AlreadyClosed] {
        let connection = spawn(Scripted { sends: [Err(error)].into(), ..Scripted::default() });
        let sent = soon(connection.sender().send(text("order"))).await;
        assert_eq!(sent, Receipt::NotWritten(NotWritten::Closed));
        let (_, report) = read_to_end(connection).await;
        assert_eq!((report.unsent, report.unconfirmed), (1, 0));
    }
}

#[tokio::test(start_paused = true)]
async fn a_message_that_cannot_be_flushed_is_unconfirmed() {
    let connection = spawn(Scripted { flushes: [broken("pipe")].into(), ..Scripted::default() });
    assert_eq!(soon(connection.sender().send(text("order"))).await, Receipt::Unknown);
    let (_, report) = read_to_end(connection).await;
    assert_eq!((report.cause, report.unconfirmed), (Cause::TransportLost, 1));
}

#[tokio::test(start_paused = true)]
async fn a_message_that_is_too_large_for_the_transport_hurts_nobody_else() {
    let connection = spawn(Scripted { sends: [full()].into(), ..Scripted::default() });
    let sent = soon(connection.sender().send(text("large"))).await;
    assert!(matches!(sent, Receipt::NotWritten(NotWritten::Refused(_))), "{sent:?}");
    assert_eq!(soon(connection.sender().send(text("small"))).await, Receipt::Written);
}
