//! What the application does for a connection before it is used, and before it is left.

use core::any::Any;
use core::fmt;

use async_trait::async_trait;
use heartbeat_core::{Generation, LeaveReason, Purpose, RotationReason};

use super::{HandlerConnection, NotReady, Silent, Update};

/// One attempt to connect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Attempt {
    /// Its generation, which the connection keeps.
    pub generation: Generation,
    /// What it is for.
    pub purpose: Purpose,
}

/// What the application does for each connection. All of it has defaults that do nothing, and
/// `()` is a handler that does nothing.
///
/// It runs in a task of its own: a handler that is slow, or blocks its thread, delays no
/// heartbeat. One that panics has failed at what it was doing, and is called again.
///
/// ```
/// use async_trait::async_trait;
/// use heartbeat_tokio::client::{Attempt, Handler, NotReady, HandlerConnection};
///
/// struct Trader;
///
/// #[async_trait]
/// impl Handler for Trader {
///     async fn on_ready(
///         &mut self,
///         connection: &mut HandlerConnection,
///         _: &Attempt,
///     ) -> Result<(), NotReady> {
///         connection.send(r#"{"op":"login","key":"..."}"#.into()).await?;
///         loop {
///             match connection.receive().await?.to_text() {
///                 Ok(text) if text.contains("logged_in") => break,
///                 // A good key is refused now and then, right after a reconnect.
///                 Ok(text) if text.contains("error") => {
///                     return Err(NotReady::AuthRefused { is_final: false });
///                 }
///                 _ => {} // market data of other subscriptions, say
///             }
///         }
///         connection.send(r#"{"op":"subscribe","channel":"trades"}"#.into()).await?;
///         Ok(())
///     }
/// }
/// ```
#[async_trait]
pub trait Handler: Send + 'static {
    /// Makes a connection ready: authenticates, subscribes, and waits until the venue has
    /// accepted that. Called for every connection, so that what it does is replayed by itself.
    ///
    /// Until it returns, what comes in goes to `connection` alone and nobody else can send. What it
    /// has not taken from there by then, the application gets.
    ///
    /// Bounded by the phase [`Ready`](heartbeat_core::AttemptPhase::Ready) of the recovery's
    /// settings: past that the future is dropped and the attempt has failed.
    ///
    /// # Errors
    ///
    /// [`NotReady`] if the connection cannot be used; another attempt follows, unless the
    /// credentials were refused.
    async fn on_ready(
        &mut self,
        connection: &mut HandlerConnection,
        attempt: &Attempt,
    ) -> Result<(), NotReady> {
        let _ = (connection, attempt);
        Ok(())
    }

    /// Does what must be done on a connection before it is closed, such as cancelling orders.
    /// Not called for one that is dead.
    ///
    /// Bounded by [`before_close_within`](super::ClientBuilder::before_close_within).
    async fn before_close(&mut self, connection: &mut HandlerConnection, leaving: Leaving) {
        let _ = (connection, leaving);
    }

    /// Asks for subscriptions again that have fallen silent, as their
    /// [`WatchSpec`](heartbeat_core::WatchSpec) says; for all of them that wait for it at once.
    /// Data is the only sign that it worked, and what comes in is the application's: there is
    /// nothing to [receive](HandlerConnection::receive) here.
    ///
    /// Bounded by 5 s.
    async fn resubscribe(&mut self, connection: &mut HandlerConnection, silent: &[Silent]) {
        let _ = (connection, silent);
    }

    /// Hears from the application, by [`Client::call_handler`](crate::Client::call_handler): to log
    /// in anew on a connection that is live, say. Without one that is live `connection` is `None`.
    ///
    /// Until it returns, what comes in goes to `connection` alone, as in
    /// [`on_ready`](Self::on_ready); what it has not taken from there by then, the application
    /// gets. Others may send meanwhile.
    ///
    /// Bounded by 5 s.
    async fn on_call(&mut self, connection: Option<&mut HandlerConnection>, call: HandlerCall) {
        let _ = (connection, call);
    }

    /// Hears of what befalls the connections: [`Update::Live`], [`Down`](Update::Down),
    /// [`AttemptFailed`](Update::AttemptFailed), [`Rotated`](Update::Rotated),
    /// [`Breaker`](Update::Breaker) and [`GivenUp`](Update::GivenUp). While the handler is busy
    /// up to 32 of them wait; of what comes then it does not hear.
    fn on_event(&mut self, update: &Update) {
        let _ = update;
    }
}

/// Does nothing.
impl Handler for () {}

/// What the application has to say to its handler.
pub struct HandlerCall(Box<dyn Any + Send>);

impl HandlerCall {
    pub(crate) fn new(call: impl Any + Send) -> Self {
        Self(Box::new(call))
    }

    /// Takes it as what it was, or returns it as it is if it was something else.
    ///
    /// # Errors
    ///
    /// The call, if it is of another type.
    pub fn downcast<T: Any>(self) -> Result<T, Self> {
        self.0.downcast().map(|call| *call).map_err(Self)
    }
}

impl fmt::Debug for HandlerCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HandlerCall").finish_non_exhaustive()
    }
}

/// Why a connection that works is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Leaving {
    /// The application closes the client.
    Closed,
    /// It is left before there is another.
    Left {
        /// Why.
        why: LeaveReason,
    },
    /// Another connection has taken over.
    Rotated {
        /// The other connection.
        to: Generation,
        /// Why.
        reason: RotationReason,
    },
}
