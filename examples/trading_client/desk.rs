//! What is done on every connection before it is used, and before it is left.

use async_trait::async_trait;
use heartbeat_core::Platform as _;
use heartbeat_tokio::client::{
    Attempt, ClientError, Handler, HandlerConnection, Leaving, NotReady,
};
use heartbeat_tokio::{Client, ConnectionOptions};
use serde_json::{Value, json};

use crate::args::Args;
use crate::protocol::{self, Reply};

/// The feed that is traded on.
pub(crate) const CHANNEL: &str = "book";

/// The ids of the desk's own requests; the trader's begin beyond them.
pub(crate) const IDS_MAX: u64 = 100;

/// Logs in, has orders cancelled with the line, and subscribes.
struct Desk {
    key: String,
    id: u64,
}

/// Begins to connect.
///
/// # Errors
///
/// [`ClientError`] if the settings do not fit together.
pub(crate) fn client(args: &Args, url: String) -> Result<Client, ClientError> {
    let config = args.exchange.defaults().build()?.faster(args.time_scale)?;
    // The closing handshake need not take longer with a venue that does nothing else slowly.
    let options = ConnectionOptions::default();
    let close_within = core::time::Duration::from_secs(2) / args.time_scale.get();
    Client::builder(args.exchange)
        .endpoint(url)
        .config(config)
        .connection_options(options.close_within(close_within))
        .handler(Desk { key: args.key.clone(), id: 0 })
        .start()
}

#[async_trait]
impl Handler for Desk {
    async fn on_ready(
        &mut self,
        connection: &mut HandlerConnection,
        _: &Attempt,
    ) -> Result<(), NotReady> {
        let key = json!({ "key": self.key });
        if let Reply::Refused { .. } = self.ask(connection, "login", &key).await? {
            return Err(NotReady::AuthRefused { is_final: true });
        }
        let requests = [
            ("cancel_on_disconnect", json!({ "on": true })),
            ("subscribe", json!({ "channel": CHANNEL })),
        ];
        for (kind, fields) in requests {
            if let Reply::Refused { why } = self.ask(connection, kind, &fields).await? {
                return Err(NotReady::Failed(format!("{kind}: {why}")));
            }
        }
        Ok(())
    }

    async fn before_close(&mut self, connection: &mut HandlerConnection, leaving: Leaving) {
        // After a rotation another connection has the orders already.
        if leaving == Leaving::Closed {
            // If it fails, the venue cancels them with the line.
            let _ = self.ask(connection, "cancel_all", &json!({})).await;
        }
    }
}

impl Desk {
    /// Asks for something, and waits for the reply; what else comes in is the trader's.
    async fn ask(
        &mut self,
        connection: &mut HandlerConnection,
        kind: &str,
        fields: &Value,
    ) -> Result<Reply, NotReady> {
        self.id = self.id % IDS_MAX + 1;
        connection.send(protocol::request(kind, self.id, fields)).await?;
        loop {
            let message = connection.receive().await?;
            match protocol::reply(&message) {
                Some((id, reply)) if id == self.id => return Ok(reply),
                _ => connection.forward(message),
            }
        }
    }
}
