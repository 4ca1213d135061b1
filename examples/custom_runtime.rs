//! The core over a blocking socket: no tokio, no async, one thread.
//!
//! Without an argument it talks to a small server of its own on loopback; with one, to that
//! `ws://` URL. It ends after five seconds.

#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use core::error::Error;
use core::time::Duration;
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::{Instant, SystemTime};

use heartbeat_core::{
    Action, Disposition, Frame, Outlet, Pace, Platform, Probing, Session, Timestamp, WallTime,
};
use heartbeat_platforms::Exchange;
use tungstenite::{Message, WebSocket};

fn main() -> Result<(), Box<dyn Error>> {
    let url = match std::env::args().nth(1) {
        Some(url) => url,
        None => start_server()?,
    };
    let address = url.trim_start_matches("ws://").split('/').next().unwrap_or_default();
    let socket = TcpStream::connect(address)?;
    socket.set_write_timeout(Some(Duration::from_secs(5)))?;
    let (mut ws, _) = tungstenite::client(&url, socket)?;

    let probing = Probing {
        every: Duration::from_secs(1),
        answer_within: Duration::from_millis(500),
        pace: Pace::InboundIdle,
    };
    let config = Exchange::Rfc6455
        .defaults()
        .probing(probing)
        .stall_tolerance(Duration::from_millis(200))
        .build()?;
    println!("watching {url}: a dead line is found within {:?}", config.silence_bound());

    let clock = Clock::start();
    let mut session = Session::new(Exchange::Rfc6455, config, clock.now());
    session.set_transport_answers_pings();
    if let Some(reads) = Clock::wall_time() {
        session.set_wall_clock(clock.now(), reads);
    }
    let end = Timestamp::from_millis(5_000);
    while let Some(deadline) = drain(&mut session, &mut ws, &clock) {
        if clock.now() >= end {
            session.stop(clock.now());
            continue;
        }
        let wait = deadline.min(end).saturating_since(clock.now());
        // A zero timeout would mean to wait for ever.
        ws.get_ref().set_read_timeout(Some(wait.max(Duration::from_millis(1))))?;
        read(&mut session, &mut ws, &clock);
    }
    Ok(())
}

/// Does what is to be done now; returns the deadline to wait for, or `None` at the end.
fn drain(
    session: &mut Session<Exchange>,
    ws: &mut WebSocket<TcpStream>,
    clock: &Clock,
) -> Option<Timestamp> {
    loop {
        match session.poll_action(clock.now(), Outlet::Ready) {
            Action::Respond(frame) | Action::Transmit(frame) => {
                let written = ws.send(message(frame));
                match written {
                    Ok(()) => session.handle_transmitted(clock.now()),
                    Err(_) => session.handle_transmit_failed(clock.now()),
                }
            }
            Action::RecordLatency(sample) => {
                println!("{}: {:?}", sample.kind.as_str(), sample.value);
            }
            Action::Notify(event) => println!("{event:?}"),
            Action::Disconnect(cause) => {
                println!("disconnected: {cause}");
                // The peer may be gone: nothing depends on this close frame.
                let _ = ws.close(None);
                let _ = ws.flush();
                return None;
            }
            Action::Wait(deadline) => return deadline,
        }
    }
}

/// Waits for one frame, at most for the socket's read timeout, and feeds it in.
fn read(session: &mut Session<Exchange>, ws: &mut WebSocket<TcpStream>, clock: &Clock) {
    let message = match ws.read() {
        Ok(message) => message,
        Err(tungstenite::Error::Io(error)) if is_timeout(&error) => return,
        Err(_) => return session.handle_transport_closed(clock.now()),
    };
    let frame = match &message {
        Message::Text(text) => Frame::Text(text),
        Message::Binary(bytes) => Frame::Binary(bytes),
        Message::Ping(payload) => Frame::Ping(payload),
        Message::Pong(payload) => Frame::Pong(payload),
        Message::Close(close) => Frame::Close {
            code: close.as_ref().map(|close| close.code.into()),
            reason: close.as_ref().map_or("", |close| &close.reason),
        },
        Message::Frame(_) => return,
    };
    if session.handle_frame(clock.now(), frame) == Disposition::Deliver {
        println!("for the application: {message:?}");
    }
    // tungstenite queued the pong itself; it leaves with the next flush.
    if message.is_ping() && ws.flush().is_ok() {
        session.handle_pongs_written(clock.now());
    }
}

fn message(frame: Frame<'_>) -> Message {
    match frame {
        Frame::Text(text) => Message::text(text),
        Frame::Binary(bytes) => Message::binary(bytes.to_vec()),
        Frame::Ping(payload) => Message::Ping(payload.to_vec().into()),
        Frame::Pong(payload) => Message::Pong(payload.to_vec().into()),
        Frame::Close { .. } => Message::Close(None),
    }
}

fn is_timeout(error: &std::io::Error) -> bool {
    matches!(error.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut)
}

/// The one place of this driver that reads a clock.
struct Clock {
    started: Instant,
}

#[expect(clippy::disallowed_methods, reason = "a driver of its own has a clock of its own")]
impl Clock {
    fn start() -> Self {
        Self { started: Instant::now() }
    }

    fn now(&self) -> Timestamp {
        Timestamp::ZERO.checked_add(self.started.elapsed()).unwrap_or_default()
    }

    /// What the clock on the wall reads, for venues that want it in their pings.
    fn wall_time() -> Option<WallTime> {
        let since_epoch = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        since_epoch.ok().map(WallTime::since_unix_epoch)
    }
}

/// Starts a server that sends three messages and then only answers pings.
fn start_server() -> std::io::Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let url = format!("ws://{}/", listener.local_addr()?);
    thread::spawn(move || {
        let Ok((socket, _)) = listener.accept() else { return };
        let Ok(mut ws) = tungstenite::accept(socket) else { return };
        for price in 1..=3 {
            if ws.send(Message::text(format!(r#"{{"price":{price}}}"#))).is_err() {
                return;
            }
        }
        // Reading is what makes tungstenite answer pings.
        while ws.read().is_ok() {}
    });
    Ok(url)
}
