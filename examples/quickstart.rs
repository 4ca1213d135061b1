//! A tokio-tungstenite program that keeps itself alive: one line more than before.
//!
//! Takes a `ws://` URL; start one with `cargo run --example mock-exchange -- --exchange okx`.

#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use futures_util::{SinkExt, StreamExt};
use heartbeat_core::{Platform, Session, Timestamp};
use heartbeat_platforms::Exchange;
use heartbeat_tokio::HeartbeatStream;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn core::error::Error>> {
    let url = std::env::args().nth(1).ok_or("usage: quickstart ws://HOST:PORT/")?;
    let (ws, _) = tokio_tungstenite::connect_async(url).await?;

    let config = Exchange::Okx.defaults().build()?;
    println!("a dead line is found within {:?}", config.silence_bound());
    // This line is new. What follows is the program as it was.
    let mut ws = HeartbeatStream::new(ws, Session::new(Exchange::Okx, config, Timestamp::ZERO));

    ws.send(r#"{"op":"subscribe","args":[{"channel":"tickers","instId":"BTC-USDT"}]}"#.into())
        .await?;
    while let Some(message) = ws.next().await {
        println!("{}", message?);
    }
    Ok(())
}
