//! What lies between a socket and the WebSocket.

use heartbeat_core::Timestamp;
use tokio::net::TcpStream;

use super::clock::Clock;
use super::door::Passage;
use super::error::ServeError;
use super::serve::{Venue, serve};
use crate::{MockCounters, Observation};

/// Whether a server speaks TLS.
#[derive(Clone, Debug)]
pub(super) enum Security {
    Plain,
    #[cfg(feature = "tls")]
    Tls(std::sync::Arc<rustls::ServerConfig>),
}

impl Security {
    pub(super) const fn scheme(&self) -> &'static str {
        match self {
            Self::Plain => "ws",
            #[cfg(feature = "tls")]
            Self::Tls(_) => "wss",
        }
    }

    /// Plays one connection to its end.
    pub(super) async fn serve(
        self,
        clock: Clock,
        tcp: TcpStream,
        venue: Venue,
        #[cfg_attr(not(feature = "tls"), allow(unused_mut, reason = "tls waits before the door"))]
        mut passage: Passage,
        observe: impl FnMut(Timestamp, Observation),
        stop: impl Future<Output = ()>,
    ) -> Result<MockCounters, ServeError> {
        match self {
            Self::Plain => serve(clock, tcp, venue, passage, observe, stop).await,
            #[cfg(feature = "tls")]
            Self::Tls(config) => {
                let mut stop = core::pin::pin!(stop);
                let stream = tokio::select! {
                    secured = super::tls::accept(config, tcp) => secured?,
                    () = super::door::told(&mut passage.evicted) => {
                        return Ok(MockCounters::default());
                    }
                    () = &mut stop => return Ok(MockCounters::default()),
                };
                serve(clock, stream, venue, passage, observe, stop).await
            }
        }
    }
}
