//! The mock exchange behind real bytes: any stream, or a server on a socket.
//!
//! [`serve_stream`] plays one connection over whatever reads and writes, so that a test can
//! put a client and a venue at the two ends of a [`tokio::io::duplex`] under paused time.
//! [`MockServer`] listens on a socket for any client in any language, with the feature `tls` also
//! over TLS.
//!
//! Under planned silence not even a pong may leave, and tungstenite answers pings whether asked
//! or not. So its handshake is used, and its frame header, but the frames are read and written
//! here, where the state machine alone decides.

mod clock;
mod codec;
mod door;
mod security;
mod serve;
mod server;
#[cfg(feature = "tls")]
mod tls;
mod venue;

pub use codec::WireError;
pub use serve::{ServeError, serve_stream, serve_upgraded};
pub use server::{MockServer, Observed};
#[cfg(feature = "tls")]
pub use tls::{TlsError, TlsIdentity};
pub use venue::MockVenue;
