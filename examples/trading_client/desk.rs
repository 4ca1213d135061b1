//! What is done on every connection before it is used, and before it is left.

use core::num::NonZeroU8;
use core::time::Duration;

use async_trait::async_trait;
use heartbeat_core::{OnSilence, Platform as _, WatchSpec};
use heartbeat_tokio::client::{
    Attempt, ClientError, Handler, HandlerConnection, Leaving, NotReady,
};
use heartbeat_tokio::{Client, ConnectionOptions};
use serde_json::{Value, json};

use crate::args::Args;
use crate::protocol::{self, CHANNEL, Feeds, Reply};

/// The ids of the desk's own requests; the trader's begin beyond them.
pub(crate) const IDS_MAX: u64 = 100;

/// What is expected of the feed: if it is silent it is asked for again, once.
const WATCH: WatchSpec = WatchSpec {
    first_within: Some(Duration::from_secs(2)),
    then_every: Some(Duration::from_secs(1)),
    on_silence: OnSilence::Resubscribe { attempts: NonZeroU8::MIN },
};

/// Logs in, and has orders cancelled with the line.
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
    // The closing handshake need not take longer with a venue that does nothing else slowly.
    let close_within = Duration::from_secs(2) / args.time_scale.get();
    Client::builder(args.exchange)
        .endpoint(url)
        .config(args.exchange.defaults().build()?.faster(args.time_scale)?)
        .connection_options(ConnectionOptions::default().close_within(close_within))
        .subscription_protocol(Feeds)
        .subscribe_watched([CHANNEL], WATCH)
        .reply_key(protocol::reply_key)
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
        if let Some(Reply::Refused { .. }) = self.ask(connection, "login", &key).await? {
            return Err(NotReady::AuthRefused { is_final: true });
        }
        let safety = self.ask(connection, "cancel_on_disconnect", &json!({ "on": true })).await?;
        if let Some(Reply::Refused { why }) = safety {
            return Err(format!("cancel_on_disconnect: {why}").into());
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
    /// Asks for something, and waits for the reply.
    async fn ask(
        &mut self,
        connection: &mut HandlerConnection,
        kind: &str,
        fields: &Value,
    ) -> Result<Option<Reply>, NotReady> {
        self.id = self.id % IDS_MAX + 1;
        let request = protocol::request(kind, self.id, fields);
        Ok(protocol::reply(&connection.request(request, self.id).await?))
    }
}
