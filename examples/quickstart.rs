//! A tokio-tungstenite program that keeps itself alive: one line more than before.
//!
//! Takes a `ws://` URL; start one with `cargo run --example mock-exchange -- --exchange okx`.

#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use futures_util::{SinkExt, StreamExt};
use heartbeat_platforms::Exchange;
use heartbeat_tokio::HeartbeatStream;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn core::error::Error>> {
    let url = std::env::args().nth(1).ok_or("usage: quickstart ws://HOST:PORT/")?;
    let (ws, _) = tokio_tungstenite::connect_async(url).await?;

    // This line is new. All else is the program as it was.
    let mut ws = HeartbeatStream::new(ws, Exchange::Okx);

    let bound = ws.session().config().silence_bound();
    println!("a dead line is found within {bound:?}");
    ws.send(r#"{"op":"subscribe","args":[{"channel":"tickers","instId":"BTC-USDT"}]}"#.into())
        .await?;
    while let Some(message) = ws.next().await {
        println!("{}", message?);
    }
    Ok(())
}
