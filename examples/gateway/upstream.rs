//! The connection to the venue that is held for one bot.

use core::sync::atomic::{AtomicBool, Ordering};
use core::time::Duration;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use heartbeat_core::AttemptFailure;
use heartbeat_tokio::client::{
    Attempt, AttemptFault, FailedAttempt, HandlerConnection, Leaving, NotReady, Update,
};
use heartbeat_tokio::tungstenite::http::{HeaderMap, StatusCode};
use heartbeat_tokio::{Client, Handler};

use crate::mount::Mount;
use crate::recorded::Recorded;

/// A connection to a venue that is live, or was.
pub(crate) struct Upstream {
    pub(crate) client: Client,
    pub(crate) shared: Arc<Shared>,
}

/// What the bot's session and the connection's handler both know.
#[derive(Debug, Default)]
pub(crate) struct Shared {
    recorded: Mutex<Recorded>,
    /// Whether the bot is gone, so that the venue is to be told its last word.
    is_bot_gone: AtomicBool,
    is_farewell_written: AtomicBool,
}

impl Shared {
    /// Works with what is recorded of the bot.
    pub(crate) fn recorded<T>(&self, work: impl FnOnce(&mut Recorded) -> T) -> T {
        // What panicked under this lock has left it as it found it.
        work(&mut self.recorded.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Says that the venue is to be told the bot's last word when the connection is closed.
    pub(crate) fn bot_is_gone(&self) {
        self.is_bot_gone.store(true, Ordering::Release);
    }

    pub(crate) fn is_farewell_written(&self) -> bool {
        self.is_farewell_written.load(Ordering::Acquire)
    }
}

struct Replayer {
    shared: Arc<Shared>,
    farewell: Option<String>,
}

#[async_trait]
impl Handler for Replayer {
    async fn on_ready(
        &mut self,
        connection: &mut HandlerConnection,
        _: &Attempt,
    ) -> Result<(), NotReady> {
        for message in self.shared.recorded(Recorded::replay) {
            connection.send(message.into()).await?;
        }
        Ok(())
    }

    async fn before_close(&mut self, connection: &mut HandlerConnection, leaving: Leaving) {
        let is_wanted = self.shared.is_bot_gone.load(Ordering::Acquire);
        if let (Some(text), Leaving::Closed, true) = (&self.farewell, leaving, is_wanted) {
            let receipt = connection.send_with_receipt(text.as_str().into()).await;
            self.shared.is_farewell_written.store(receipt.is_written(), Ordering::Release);
        }
    }
}

/// Why there is no connection for a bot, as its own handshake is answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refused {
    pub(crate) status: StatusCode,
    pub(crate) why: String,
    pub(crate) retry_after: Option<Duration>,
}

impl Refused {
    pub(crate) fn new(status: StatusCode, why: impl Into<String>) -> Self {
        Self { status, why: why.into(), retry_after: None }
    }
}

impl Upstream {
    /// Connects for a bot that asked for `rest`; waits until the venue's line is live.
    ///
    /// # Errors
    ///
    /// [`Refused`] with the venue's own status where it refused, otherwise after `within`.
    pub(crate) async fn connect(
        mount: &Mount,
        rest: &str,
        headers: HeaderMap,
        name: String,
        within: Duration,
    ) -> Result<Self, Refused> {
        let shared = Arc::new(Shared::default());
        let handler = Replayer { shared: shared.clone(), farewell: mount.farewell.clone() };
        let started = mount.start(rest, headers, name, handler);
        let mut client =
            started.map_err(|error| Refused::new(StatusCode::BAD_REQUEST, error.to_string()))?;
        let mut last = None;
        let live = async {
            while let Some(update) = client.next().await {
                match update {
                    Update::Live { .. } => return Ok(()),
                    Update::AttemptFailed(failed) => {
                        if let Some(refused) = refused_by_venue(&failed) {
                            return Err(refused);
                        }
                        last = Some(failed);
                    }
                    Update::GivenUp(why) => {
                        return Err(Refused::new(StatusCode::BAD_GATEWAY, why.to_string()));
                    }
                    _ => {}
                }
            }
            Err(Refused::new(StatusCode::BAD_GATEWAY, "venue's connection was given up"))
        };
        match tokio::time::timeout(within, live).await {
            Ok(Ok(())) => Ok(Self { client, shared }),
            Ok(Err(refused)) => Err(refused),
            Err(_) => Err(too_late(&client, last.as_deref(), within)),
        }
    }
}

/// What no second attempt within seconds would change is the bot's to know at once.
fn refused_by_venue(failed: &FailedAttempt) -> Option<Refused> {
    let AttemptFault::Failed { failure: AttemptFailure::Http { status, retry_after, .. }, why } =
        &failed.fault
    else {
        return None;
    };
    let status = StatusCode::from_u16(*status).ok().filter(StatusCode::is_client_error)?;
    Some(Refused { status, why: why.clone(), retry_after: *retry_after })
}

fn too_late(client: &Client, last: Option<&FailedAttempt>, within: Duration) -> Refused {
    let now = client.clock().now();
    let next = client.status().recovery.next_attempt.map(|next| next.saturating_since(now));
    let (status, why) = match last {
        Some(failed) => (StatusCode::BAD_GATEWAY, failed.to_string()),
        None if next.is_some_and(|pause| !pause.is_zero()) => {
            (StatusCode::SERVICE_UNAVAILABLE, "venue is not to be asked for now".to_owned())
        }
        None => (StatusCode::GATEWAY_TIMEOUT, format!("venue's line is not live in {within:?}")),
    };
    Refused { status, why, retry_after: next }
}
