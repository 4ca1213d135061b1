//! What a desk writes: a login, three subscriptions and two requests with their replies.
//!
//! Starts a mock exchange of its own, which plays Deribit. Logging in and orders are the mock's own
//! protocol; everything else is as at the venue.

#![allow(clippy::print_stdout, reason = "an example shows what it does")]
#![allow(clippy::wildcard_enum_match_arm, reason = "the enums of other crates may grow")]

use core::error::Error;

use heartbeat_testkit::MockOptions;
use heartbeat_testkit::net::MockServer;
// What a desk writes begins here.
use heartbeat_tokio::async_trait;
use heartbeat_tokio::client::{Attempt, Client, Handler, HandlerConnection, NotReady, Update};
use heartbeat_tokio::platforms::Exchange;

struct Login;

#[async_trait]
impl Handler for Login {
    async fn on_ready(&mut self, to: &mut HandlerConnection, _: &Attempt) -> Result<(), NotReady> {
        let reply = to.request(r#"{"mock":"login","id":1,"key":"k"}"#.into(), 1).await?;
        let is_in = reply.to_text().is_ok_and(|text| text.contains("logged_in"));
        if is_in { Ok(()) } else { Err(NotReady::AuthRefused { is_final: true }) }
    }
}

async fn desk(url: String) -> Result<(), Box<dyn Error>> {
    let topics =
        ["ticker.BTC-PERPETUAL.100ms", "book.ETH-PERPETUAL.raw", "user.trades.any.any.raw"];
    let builder = Client::builder(Exchange::Deribit).endpoint(url);
    let mut client = builder.subscribe(topics).handler(Login).start()?;
    client.sender().ready().await;
    let place = client.request(r#"{"mock":"place","id":2,"order":"a-1"}"#.into(), 2);
    let cancel = client.request(r#"{"mock":"cancel","id":3,"order":"a-1"}"#.into(), 3);
    println!("placed: {}, {:?}", place.await?.message, client.subscriptions().active());
    println!("cancelled: {}", cancel.await?.message);
    while let Some(update) = client.next().await {
        match update {
            Update::Message(message) => {
                println!("data: {}", message.to_text()?);
                break;
            }
            Update::Subscription { event, .. } => println!("{event}"),
            _ => {}
        }
    }
    Ok(())
}
// It ends here.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let server = MockServer::bind("127.0.0.1:0", Exchange::Deribit, MockOptions::default()).await?;
    desk(server.url()).await?;
    server.shutdown().await;
    Ok(())
}
