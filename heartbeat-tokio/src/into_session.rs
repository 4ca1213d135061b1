//! What a connection can be kept alive with.

use heartbeat_core::{Config, Platform, Session, Timestamp};
use heartbeat_platforms::{Exchange, ExchangeEndpoint};

/// A session, or what one is made of.
///
/// What a [`HeartbeatStream`](crate::HeartbeatStream) and a [`Connection`](crate::Connection) take:
///
/// | what | the session |
/// |---|---|
/// | [`Exchange`] or [`ExchangeEndpoint`] | with the settings that are safe there, from time zero |
/// | a platform and its [`Config`] | with those settings, from time zero |
/// | a [`Session`] | itself |
///
/// ```
/// use heartbeat_core::Platform;
/// use heartbeat_platforms::Exchange;
/// use heartbeat_tokio::IntoSession;
///
/// let session = Exchange::Okx.into_session();
/// assert_eq!(session.config(), &Exchange::Okx.defaults().build()?);
/// # Ok::<(), heartbeat_core::ConfigError>(())
/// ```
pub trait IntoSession {
    /// What reads the venue's heartbeat and speaks it.
    type Platform: Platform;

    /// Makes the session.
    fn into_session(self) -> Session<Self::Platform>;
}

impl<P: Platform> IntoSession for Session<P> {
    type Platform = P;

    fn into_session(self) -> Self {
        self
    }
}

impl<P: Platform> IntoSession for (P, Config) {
    type Platform = P;

    fn into_session(self) -> Session<P> {
        let (platform, config) = self;
        Session::new(platform, config, Timestamp::ZERO)
    }
}

impl IntoSession for Exchange {
    type Platform = Self;

    fn into_session(self) -> Session<Self> {
        with_defaults(self)
    }
}

impl IntoSession for ExchangeEndpoint {
    type Platform = Self;

    fn into_session(self) -> Session<Self> {
        with_defaults(self)
    }
}

fn with_defaults<P: Platform>(platform: P) -> Session<P> {
    let config = platform.defaults().build();
    (platform, config.expect("the defaults of a venue that is known go together")).into_session()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_venue_and_each_endpoint_makes_a_session() {
        for exchange in Exchange::all() {
            assert_eq!(exchange.into_session().now(), Timestamp::ZERO);
            for endpoint in exchange.endpoints() {
                let config = endpoint.defaults().build().unwrap();
                assert_eq!(endpoint.into_session().config(), &config, "{endpoint}");
            }
        }
    }
}
