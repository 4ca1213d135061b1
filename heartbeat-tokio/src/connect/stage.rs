//! What opening a connection consists of, and how TLS fails, which has more ways to than the rest.

use core::fmt;

/// What opening a connection consists of, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ConnectStage {
    /// The endpoint is asked where to connect.
    Endpoint,
    /// A connector of the application's, which has not said what it is at, opens a transport.
    Transport,
    /// The name is looked up.
    Resolve,
    /// The TCP connection is opened.
    Tcp,
    /// The proxy is asked for a way to the venue.
    Proxy,
    /// The TLS handshake is made.
    Tls,
    /// The HTTP upgrade is asked for.
    Upgrade,
}

impl ConnectStage {
    /// Returns the stage as one lower-case word, for logs and metric labels.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Endpoint => "endpoint",
            Self::Transport => "transport",
            Self::Resolve => "dns",
            Self::Tcp => "tcp",
            Self::Proxy => "proxy",
            Self::Tls => "tls",
            Self::Upgrade => "upgrade",
        }
    }
}

impl fmt::Display for ConnectStage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Endpoint => "asking for the endpoint",
            Self::Transport => "opening the transport",
            Self::Resolve => "resolving the name",
            Self::Tcp => "opening the tcp connection",
            Self::Proxy => "waiting for the proxy",
            Self::Tls => "in the tls handshake",
            Self::Upgrade => "waiting for the upgrade",
        })
    }
}

/// What a TLS handshake that failed comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TlsFault {
    /// The server speaks something else: a `wss://` URL where `ws://` is meant, or a wrong port.
    NotTls,
    /// The server speaks no version from 1.2 on.
    Version,
    /// The server refused the handshake by an alert.
    Refused,
    /// The certificate has expired, by this machine's clock.
    Expired,
    /// The certificate is not valid yet, by this machine's clock.
    NotValidYet,
    /// The certificate is for other names, or for none.
    WrongName,
    /// Nobody who is trusted vouches for the certificate.
    UnknownIssuer,
    /// The certificate is not to be trusted for another reason.
    Certificate,
    /// The server breaks the protocol.
    Protocol,
    /// The host of the URL cannot be the name of a server.
    Name,
    /// The connection ended or failed in the handshake.
    Lost,
}

impl TlsFault {
    /// Returns the fault as one lower-case word, for logs and metric labels.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotTls => "not_tls",
            Self::Version => "version",
            Self::Refused => "refused",
            Self::Expired => "expired",
            Self::NotValidYet => "not_valid_yet",
            Self::WrongName => "wrong_name",
            Self::UnknownIssuer => "unknown_issuer",
            Self::Certificate => "certificate",
            Self::Protocol => "protocol",
            Self::Name => "name",
            Self::Lost => "lost",
        }
    }
}

impl fmt::Display for TlsFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotTls => "server does not speak tls",
            Self::Version => "server speaks no version from 1.2 on",
            Self::Refused => "server refused it",
            Self::Expired => "certificate is too old, or our clock is fast",
            Self::NotValidYet => "certificate is for later, or our clock is slow",
            Self::WrongName => "certificate is for somebody else",
            Self::UnknownIssuer => "certificate is issued by nobody who is trusted",
            Self::Certificate => "certificate is not to be trusted",
            Self::Protocol => "server breaks the protocol",
            Self::Name => "host cannot be the name of a server",
            Self::Lost => "connection was lost",
        })
    }
}
