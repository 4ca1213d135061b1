//! The order of things within one turn, which no application can see from outside.

use core::cell::RefCell;
use std::rc::Rc;

use futures_util::task::noop_waker;
use futures_util::{Sink, Stream};
use heartbeat_core::{
    Config, ConfigBuilder, Detector, Frame, Outbox, OutboxError, Responder, Signal,
};

use super::*;

/// A venue that speaks control frames alone.
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
        Config::builder().transport_limit(Duration::from_secs(10)).monitoring(false)
    }
}

type Log = Rc<RefCell<Vec<String>>>;

/// Has these messages to read, and logs when it is flushed.
struct Logged {
    reads: Vec<Message>,
    log: Log,
}

impl Stream for Logged {
    type Item = Result<Message, tungstenite::Error>;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.reads.is_empty() {
            return Poll::Pending;
        }
        Poll::Ready(Some(Ok(self.reads.remove(0))))
    }
}

impl Sink<Message> for Logged {
    type Error = tungstenite::Error;

    fn poll_ready(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Result<(), tungstenite::Error>> {
        Poll::Ready(Ok(()))
    }

    fn start_send(self: Pin<&mut Self>, message: Message) -> Result<(), tungstenite::Error> {
        self.log.borrow_mut().push(format!("send {message}"));
        Ok(())
    }

    fn poll_flush(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Result<(), tungstenite::Error>> {
        self.log.borrow_mut().push("flush".to_owned());
        Poll::Ready(Ok(()))
    }

    fn poll_close(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Result<(), tungstenite::Error>> {
        Poll::Ready(Ok(()))
    }
}

struct LoggedInbox(Log);

impl Inbox for LoggedInbox {
    fn has_room(&self, _late: bool) -> bool {
        true
    }

    fn deliver(&mut self, _now: Timestamp, message: Message) {
        self.0.borrow_mut().push(format!("deliver {message}"));
    }

    fn observe(&mut self, _observation: SessionUpdate) {}
}

#[tokio::test(start_paused = true)]
async fn a_pong_is_flushed_before_the_message_behind_its_ping_is_delivered() {
    let log = Log::default();
    let reads = vec![Message::text("before"), Message::Ping("7".into()), Message::text("behind")];
    let transport = Logged { reads, log: Rc::clone(&log) };
    let session = Session::new(Plain, Plain.defaults().build().unwrap(), Timestamp::ZERO);
    let mut driver = Driver::new(transport, session, Limits::DEFAULT, None);
    let waker = noop_waker();
    let mut inbox = LoggedInbox(Rc::clone(&log));
    assert!(driver.poll_turn(&mut Context::from_waker(&waker), &mut inbox).is_pending());
    // The second flush is for a pong that found no room in the write buffer.
    assert_eq!(*log.borrow(), ["deliver before", "flush", "flush", "deliver behind"]);
    assert_eq!(driver.session().health().counters.responses, 1);
}
