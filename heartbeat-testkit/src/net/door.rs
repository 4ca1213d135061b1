//! The opening handshake, and who does not get through it.

use core::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio_tungstenite::accept_hdr_async;
use tokio_tungstenite::tungstenite::Error;
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};
use tokio_tungstenite::tungstenite::http::header::{CONTENT_LENGTH, RETRY_AFTER};
use tokio_tungstenite::tungstenite::http::{HeaderValue, StatusCode};

use super::clock::Clock;
use super::serve::{HANDSHAKE_WITHIN, ServeError};
use crate::{Admission, MockOptions, TooManyConnects};

/// How the opening handshake ended.
pub(super) enum Entered<S> {
    /// The client is in.
    Upgraded(S),
    /// The client was not let in, as planned.
    TurnedAway { status: Option<u16> },
}

/// Makes the opening handshake over `stream`, unless a fault says that nobody is let in.
#[expect(clippy::result_large_err, reason = "tungstenite asks for this type")]
pub(super) async fn enter<S>(
    clock: Clock,
    stream: S,
    options: &MockOptions,
    window: Result<(), TooManyConnects>,
) -> Result<Entered<S>, ServeError>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    if options.admission(clock.now()) == Admission::Refused {
        return Ok(Entered::TurnedAway { status: None });
    }
    let mut refused = None;
    let judge = |_: &Request, response| {
        if let Err(TooManyConnects { retry_after, .. }) = window {
            return Err(refusal(429, Some(retry_after)));
        }
        judge(options.admission(clock.now()), response, &mut refused)
    };
    let handshake = tokio::time::timeout(HANDSHAKE_WITHIN, accept_hdr_async(stream, judge));
    let handshake = handshake.await;
    match handshake {
        // Nothing was read beyond the request: tungstenite refuses a client that sends frames
        // before it was let in.
        Ok(Ok(upgraded)) => Ok(Entered::Upgraded(upgraded.into_inner())),
        Ok(Err(_)) if refused.is_some() => Ok(Entered::TurnedAway { status: refused }),
        Ok(Err(source)) => Err(match (source, window) {
            (Error::Http(_), Err(source)) => ServeError::Refused { source },
            (source, _) => ServeError::Handshake { source: Box::new(source) },
        }),
        Err(_) => Err(ServeError::HandshakeTimedOut { after: HANDSHAKE_WITHIN }),
    }
}

#[expect(clippy::result_large_err, reason = "tungstenite asks for this type")]
fn judge(
    admission: Admission,
    response: Response,
    refused: &mut Option<u16>,
) -> Result<Response, ErrorResponse> {
    match admission {
        // A refusal that began with the request on its way is for the next to suffer.
        Admission::Admitted | Admission::Refused => Ok(response),
        Admission::Http { status, retry_after } => {
            *refused = Some(status);
            Err(refusal(status, retry_after))
        }
    }
}

fn refusal(status: u16, retry_after: Option<Duration>) -> ErrorResponse {
    let mut refusal = ErrorResponse::new(None);
    // Every status of the fault is one of HTTP.
    *refusal.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
    if let Some(retry_after) = retry_after {
        // A header of whole seconds: one too few would have the client refused again.
        let seconds = retry_after.as_nanos().div_ceil(1_000_000_000);
        let seconds = HeaderValue::from(u64::try_from(seconds).unwrap_or(u64::MAX));
        refusal.headers_mut().insert(RETRY_AFTER, seconds);
    }
    refusal.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from(0));
    refusal
}
