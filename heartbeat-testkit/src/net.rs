//! The mock exchange behind real bytes: any stream, or a server on a socket.
//!
//! [`serve_stream`] plays one connection over whatever reads and writes, so that a test can
//! put a client and a venue at the two ends of a [`tokio::io::duplex`] under paused time.
//! [`MockServer`] listens on a socket for any client in any language, with the feature `tls` also
//! over TLS.
//!
//! [`probe`](probe()) is the other side: it measures a venue over whatever reads and writes.
//!
//! Under planned silence not even a pong may leave, and a client has to learn from every breach of
//! RFC 6455 which one it was; a library answers pings whether asked or not, and is lenient where it
//! can be. So requests are parsed by `httparse`, and frames are read and written here, where the
//! state machine alone decides.

mod clock;
mod codec;
mod door;
mod error;
mod linger;
mod measure;
mod request;
mod security;
mod serve;
mod server;
#[cfg(feature = "tls")]
mod tls;
mod venue;

pub use crate::WireError;
pub use error::ServeError;
pub use measure::probe;
pub use serve::{serve_stream, serve_upgraded};
pub use server::{MockServer, Observed};
#[cfg(feature = "tls")]
pub use tls::{TlsError, TlsIdentity};
pub use venue::MockVenue;
