//! A secret in a URL, a header or a proxy comes out of this crate nowhere but on the wire.

#![allow(clippy::unwrap_used, reason = "a test that unwraps says what it expects")]
#![allow(clippy::wildcard_enum_match_arm, reason = "a test names what it looks for")]

mod client_common;

use core::fmt::{self, Write as _};
use std::sync::{Arc, Mutex};

use client_common::{client, secs, soon, wire};
use heartbeat_tokio::client::{Attempt, Destination, EndpointError, Target, Update};
use heartbeat_tokio::tungstenite::http::{HeaderMap, HeaderValue, header};
use heartbeat_tokio::{ConnectOptions, Proxy, chain, connect};
use tokio::net::TcpListener;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

const SECRET: &str = "s3cret";

/// What user and password become in a header: base64 of `me:s3cret`.
const ENCODED: &str = "bWU6czNjcmV0";

const URL: &str = "ws://me:s3cret@venue.example/s3cret?token=s3cret#s3cret";

#[track_caller]
fn assert_keeps(text: &str) {
    assert!(!text.contains(SECRET) && !text.contains(ENCODED), "{text}");
}

/// Writes down every field of every span and event of this workspace, at every level.
#[derive(Clone, Default)]
struct Listener(Arc<Mutex<String>>);

struct Fields<'a>(&'a mut String);

impl Visit for Fields<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        writeln!(self.0, "{field}={value:?}").unwrap();
    }
}

impl Subscriber for Listener {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("heartbeat_")
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        span.record(&mut Fields(&mut self.0.lock().unwrap()));
        Id::from_u64(1)
    }

    fn event(&self, event: &Event<'_>) {
        let mut heard = self.0.lock().unwrap();
        writeln!(heard, "{}", event.metadata().name()).unwrap();
        event.record(&mut Fields(&mut heard));
    }

    fn record(&self, _span: &Id, values: &Record<'_>) {
        values.record(&mut Fields(&mut self.0.lock().unwrap()));
    }

    fn record_follows_from(&self, _span: &Id, _follows: &Id) {}
    fn enter(&self, _span: &Id) {}
    fn exit(&self, _span: &Id) {}
}

fn headers() -> HeaderMap {
    let bearer = HeaderValue::from_static("Bearer s3cret");
    HeaderMap::from_iter([(header::AUTHORIZATION, bearer.clone()), (header::COOKIE, bearer)])
}

fn options() -> ConnectOptions {
    ConnectOptions::default().header(header::COOKIE, HeaderValue::from_static("id=s3cret"))
}

#[test]
fn whatever_holds_a_secret_can_be_printed() {
    let proxy = Proxy::parse("http://me:s3cret@proxy.example:3128").unwrap();
    let named = proxy.clone().authorization(HeaderValue::from_static("Basic s3cret"));
    let destination = Destination::parse(URL).unwrap();
    let target = Target::<()>::new(URL).or("not a url, but a s3cret").headers(headers());
    for shown in [
        format!("{destination:?} {destination:#?} {destination}"),
        format!("{target:?} {target:#?}"),
        format!("{:?} {:#?}", options(), options().proxy(proxy.clone())),
        format!("{proxy:?} {named:#?}"),
        format!(
            "{:?} {:?}",
            Destination::parse("wss://s3cret@v:0/s3cret"),
            Proxy::parse("s3cret@")
        ),
    ] {
        assert_keeps(&shown);
    }
    assert!(format!("{:?}", options()).contains(r#"{"cookie"}"#), "{:?}", options());
}

#[tokio::test]
async fn no_error_of_connecting_shows_one() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let closed = listener.local_addr().unwrap();
    drop(listener);
    let proxy = Proxy::parse(&format!("http://me:s3cret@{closed}")).unwrap();
    let nobody = options().resolver(vec![closed]);
    let none = options().resolver(Vec::new());
    let reserved = header::SEC_WEBSOCKET_KEY;
    let reserved = options().header(reserved, HeaderValue::from_static("s3cret"));
    for (url, options) in [
        (URL, nobody.clone()),
        (URL, none),
        (URL, reserved),
        (URL, options().proxy(proxy)),
        ("ws://me:s3cret@venue.example:65536/s3cret", nobody.clone()),
        ("me:s3cret@venue.example/s3cret", nobody),
    ] {
        let error = connect(url, &options).await.unwrap_err();
        assert_keeps(&format!("{error} {error:?} {}", chain(&error)));
    }
}

#[tokio::test(start_paused = true)]
async fn no_update_and_no_trace_of_a_client_shows_one() {
    let listener = Listener::default();
    let _default = tracing::subscriber::set_default(listener.clone());
    let (wire, mut venue) = wire();
    let endpoint = async |attempt: Attempt| match attempt.generation.number() {
        1 => Ok(Target::new("ws://me:s3cret@venue.example:99999/s3cret")),
        2 => Err(EndpointError::Http { status: 503, retry_after: None }),
        _ => Ok(Target::new(URL).headers(headers())),
    };
    let builder = client(&wire).connect_options(options()).name("c").endpoint(endpoint);
    let mut client = builder.start().unwrap();
    let mut shown = String::new();
    let mut until = async |live: bool| {
        while let Some(update) = soon(client.next()).await {
            write!(shown, "{update:?} ").unwrap();
            match update {
                Update::AttemptFailed(failed) if !live => {
                    write!(shown, "{} ", failed.fault).unwrap();
                    return;
                }
                Update::Live { .. } if live => return,
                _ => {}
            }
        }
    };
    until(false).await;
    until(false).await;
    for answer in [
        "HTTP/1.1 503 s3cret\r\nx: s3cret\r\n\r\ns3cret",
        "HTTP/1.1 101 s3cret\r\nupgrade: s3cret\r\n\r\n",
        "s3cret\r\n\r\n",
    ] {
        venue.answer_http(answer).await;
        until(false).await;
    }
    let _peer = venue.accept_live().await;
    until(true).await;
    assert_keeps(&shown);
    let heard = listener.0.lock().unwrap().clone();
    assert!(heard.contains("recovery.failed") && heard.contains("heartbeat.live"), "{heard}");
    assert!(heard.contains("to=ws://venue.example/...\n"), "it says where it dials: {heard}");
    assert_keeps(&heard);
    drop(client);
    venue.hears_nothing_for(secs(60)).await;
}
