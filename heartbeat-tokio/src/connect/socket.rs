//! What a TCP socket is set to before it connects.

use core::net::{IpAddr, SocketAddr};
use core::time::Duration;
use std::io;

use socket2::{SockRef, TcpKeepalive};
use tokio::net::{TcpSocket, TcpStream};

use super::ConnectError;

/// What a TCP socket is set to, for [`ConnectOptions::socket`](super::ConnectOptions::socket).
///
/// By default Nagle's algorithm is off, since a heartbeat that waits for company is late, and all
/// else is left to the system. Keepalive and user timeout tell the *kernel* when a line is dead;
/// the heartbeat finds that out by itself, and sooner.
///
/// ```
/// use core::time::Duration;
/// use heartbeat_tokio::SocketOptions;
///
/// let secs = Duration::from_secs;
/// let options = SocketOptions::default().keepalive(secs(30), secs(10), 3)?;
/// assert!(options.user_timeout(secs(60)).is_ok());
/// // A line that may be idle for 30 s cannot have been silent for 20 s too long.
/// assert_eq!(
///     options.user_timeout(secs(20)).unwrap_err().to_string(),
///     "user_timeout (20s) must not be shorter than keepalive idle (30s)",
/// );
/// # Ok::<(), heartbeat_tokio::SocketOptionsError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "options take effect only in `ConnectOptions`"]
pub struct SocketOptions {
    nodelay: bool,
    source: Option<IpAddr>,
    keepalive: Option<Keepalive>,
    user_timeout: Option<Duration>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Keepalive {
    idle: Duration,
    interval: Duration,
    retries: u32,
}

/// Settings of a socket that no system takes, or that clash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SocketOptionsError {
    /// The kernel counts in whole seconds, up to nine hours.
    #[error("{name} ({value:?}) must be whole seconds from {:?} to {:?}", SECOND, SPAN_MAX)]
    Span {
        /// The setting.
        name: &'static str,
        /// Its value.
        value: Duration,
    },
    /// The kernel sends so many probes at most.
    #[error("keepalive retries ({value}) must be from 1 to {RETRIES_MAX}")]
    Retries {
        /// The value.
        value: u32,
    },
    /// The user timeout overrides the keepalive, which would never get to send a second probe.
    #[error("user_timeout ({user_timeout:?}) must not be shorter than keepalive idle ({idle:?})")]
    Clash {
        /// The user timeout.
        user_timeout: Duration,
        /// After how long a silence the first keepalive is sent.
        idle: Duration,
    },
}

const SECOND: Duration = Duration::from_secs(1);

/// Linux takes no more, tcp(7): `MAX_TCP_KEEPIDLE` and `MAX_TCP_KEEPINTVL`.
const SPAN_MAX: Duration = Duration::from_secs(32_767);

/// Linux takes no more: `MAX_TCP_KEEPCNT`.
const RETRIES_MAX: u32 = 127;

impl Default for SocketOptions {
    fn default() -> Self {
        Self { nodelay: true, source: None, keepalive: None, user_timeout: None }
    }
}

impl SocketOptions {
    /// Sets whether segments leave at once (`TCP_NODELAY`); by default they do.
    pub const fn nodelay(mut self, nodelay: bool) -> Self {
        self.nodelay = nodelay;
        self
    }

    /// Sets the address to connect from, for machines that have several. Addresses of the venue of
    /// the other family are left out.
    pub const fn source(mut self, address: IpAddr) -> Self {
        self.source = Some(address);
        self
    }

    /// Has the kernel send keepalives on a line that was `idle`, each `interval`, and end it when
    /// `retries` of them were not answered.
    ///
    /// # Errors
    ///
    /// [`SocketOptionsError`], if the kernel takes no such values, or they clash with the user
    /// timeout.
    pub fn keepalive(
        mut self,
        idle: Duration,
        interval: Duration,
        retries: u32,
    ) -> Result<Self, SocketOptionsError> {
        whole_seconds("keepalive idle", idle)?;
        whole_seconds("keepalive interval", interval)?;
        if !(1..=RETRIES_MAX).contains(&retries) {
            return Err(SocketOptionsError::Retries { value: retries });
        }
        self.keepalive = Some(Keepalive { idle, interval, retries });
        self.checked()
    }

    /// Has the kernel end a line on which something sent was not acknowledged for `span`
    /// (`TCP_USER_TIMEOUT`, RFC 5482). Linux has it, and where a system has not, connecting
    /// fails with [`io::ErrorKind::Unsupported`].
    ///
    /// # Errors
    ///
    /// [`SocketOptionsError`], if the kernel takes no such value, or it clashes with the
    /// keepalive.
    pub fn user_timeout(mut self, span: Duration) -> Result<Self, SocketOptionsError> {
        whole_seconds("user_timeout", span)?;
        self.user_timeout = Some(span);
        self.checked()
    }

    fn checked(self) -> Result<Self, SocketOptionsError> {
        match (self.user_timeout, self.keepalive) {
            (Some(user_timeout), Some(Keepalive { idle, .. })) if user_timeout < idle => {
                Err(SocketOptionsError::Clash { user_timeout, idle })
            }
            _ => Ok(self),
        }
    }

    pub(super) const fn source_address(&self) -> Option<IpAddr> {
        self.source
    }

    /// Tells whether a connection can go there from the source address.
    pub(super) fn suits(&self, addr: &SocketAddr) -> bool {
        self.source.is_none_or(|source| source.is_ipv4() == addr.is_ipv4())
    }

    /// Opens a connection with these settings.
    pub(super) async fn connect(&self, addr: SocketAddr) -> Result<TcpStream, ConnectError> {
        let failed = |source: io::Error| {
            if source.kind() == io::ErrorKind::ConnectionRefused {
                ConnectError::Refused { addr }
            } else {
                ConnectError::Io { addr, source }
            }
        };
        let socket = if addr.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() };
        let socket = socket.map_err(failed)?;
        self.apply(&socket).map_err(failed)?;
        if let Some(address) = self.source {
            let bound = socket.bind(SocketAddr::new(address, 0));
            bound.map_err(|source| ConnectError::Source { address, source })?;
        }
        socket.connect(addr).await.map_err(failed)
    }

    fn apply(&self, socket: &TcpSocket) -> io::Result<()> {
        socket.set_nodelay(self.nodelay)?;
        if let Some(Keepalive { idle, interval, retries }) = self.keepalive {
            let keepalive = TcpKeepalive::new().with_time(idle).with_interval(interval);
            SockRef::from(socket).set_tcp_keepalive(&keepalive.with_retries(retries))?;
        }
        self.user_timeout.map_or(Ok(()), |span| set_user_timeout(socket, span))
    }
}

#[cfg(any(target_os = "android", target_os = "fuchsia", target_os = "linux"))]
fn set_user_timeout(socket: &TcpSocket, span: Duration) -> io::Result<()> {
    SockRef::from(socket).set_tcp_user_timeout(Some(span))
}

#[cfg(not(any(target_os = "android", target_os = "fuchsia", target_os = "linux")))]
fn set_user_timeout(_: &TcpSocket, _: Duration) -> io::Result<()> {
    Err(io::Error::new(io::ErrorKind::Unsupported, "system has no tcp user timeout"))
}

fn whole_seconds(name: &'static str, value: Duration) -> Result<(), SocketOptionsError> {
    if (SECOND..=SPAN_MAX).contains(&value) && value.subsec_nanos() == 0 {
        return Ok(());
    }
    Err(SocketOptionsError::Span { name, value })
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn secs(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn what_no_kernel_takes_is_refused_with_its_number() {
        let options = SocketOptions::default();
        let refused = |result: Result<SocketOptions, SocketOptionsError>| {
            result.expect_err("it is refused").to_string()
        };
        assert_eq!(
            refused(options.user_timeout(Duration::from_millis(500))),
            "user_timeout (500ms) must be whole seconds from 1s to 32767s"
        );
        assert!(
            refused(options.keepalive(secs(0), secs(1), 1)).starts_with("keepalive idle (0ns)")
        );
        assert!(refused(options.keepalive(secs(1), secs(32_768), 1)).contains("interval (32768s)"));
        assert_eq!(
            refused(options.keepalive(secs(1), secs(1), 128)),
            "keepalive retries (128) must be from 1 to 127"
        );
    }

    #[test]
    fn limits_that_clash_are_refused_in_either_order() {
        let clash = SocketOptionsError::Clash { user_timeout: secs(9), idle: secs(10) };
        let timeout = SocketOptions::default().user_timeout(secs(9)).unwrap();
        assert_eq!(timeout.keepalive(secs(10), secs(1), 1), Err(clash));
        let keepalive = SocketOptions::default().keepalive(secs(10), secs(1), 1).unwrap();
        assert_eq!(keepalive.user_timeout(secs(9)), Err(clash));
        assert!(keepalive.user_timeout(secs(10)).is_ok());
    }
}
