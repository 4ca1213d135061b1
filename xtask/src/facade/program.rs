//! A program of somebody who depends on heartbeat-tokio and tokio alone.

use heartbeat_tokio::client::{Attempt, Client, Handler, HandlerConnection, NotReady, Update};
use heartbeat_tokio::platforms::Exchange;
use heartbeat_tokio::{
    ConnectOptions, HeartbeatStream, MaybeTls, Metered, StreamExt, TcpStream,
    WebSocketStream, async_trait, connect,
};

type Socket = WebSocketStream<Metered<MaybeTls<TcpStream>>>;

struct Desk;

#[async_trait]
impl Handler for Desk {
    async fn on_ready(&mut self, to: &mut HandlerConnection, _: &Attempt) -> Result<(), NotReady> {
        to.request(r#"{"id":"1","op":"login","args":[]}"#.into(), 1).await?;
        Ok(())
    }
}

async fn quick_start() -> Result<(), Box<dyn std::error::Error>> {
    let ws: Socket = connect("wss://exchange.example/ws", &ConnectOptions::default()).await?;
    let mut ws = HeartbeatStream::new(ws, Exchange::Okx);
    while let Some(message) = ws.next().await {
        println!("{}", message?);
    }
    Ok(())
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let builder = Client::builder(Exchange::Okx).endpoint("ws://127.0.0.1:9/");
    let mut client = builder.subscribe(["tickers BTC-USDT"]).handler(Desk).start()?;
    while let Some(update) = client.next().await {
        if let Update::Message(message) = update {
            println!("{message}");
        }
    }
    quick_start().await
}
