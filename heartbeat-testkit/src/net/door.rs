//! The opening handshake, and who does not get through it.

use core::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio_tungstenite::accept_hdr_async;
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};
use tokio_tungstenite::tungstenite::http::header::RETRY_AFTER;
use tokio_tungstenite::tungstenite::http::{HeaderValue, StatusCode};

use super::clock::Clock;
use super::serve::{HANDSHAKE_WITHIN, ServeError};
use crate::{Admission, MockOptions};

/// How the opening handshake ended.
pub(super) enum Entered<S> {
    /// The client is in.
    Upgraded(S),
    /// The client was not let in, as planned.
    Refused { status: Option<u16> },
}

/// Makes the opening handshake over `stream`, unless a fault says that nobody is let in.
#[expect(clippy::result_large_err, reason = "tungstenite asks for this type")]
pub(super) async fn enter<S>(
    clock: Clock,
    stream: S,
    options: &MockOptions,
) -> Result<Entered<S>, ServeError>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    if options.admission(clock.now()) == Admission::Refused {
        return Ok(Entered::Refused { status: None });
    }
    let mut refused = None;
    let judge =
        |_: &Request, response| judge(options.admission(clock.now()), response, &mut refused);
    let handshake = tokio::time::timeout(HANDSHAKE_WITHIN, accept_hdr_async(stream, judge));
    let handshake = handshake.await;
    match handshake {
        // Nothing was read beyond the request: tungstenite refuses a client that sends frames
        // before it was let in.
        Ok(Ok(upgraded)) => Ok(Entered::Upgraded(upgraded.into_inner())),
        Ok(Err(_)) if refused.is_some() => Ok(Entered::Refused { status: refused }),
        Ok(Err(source)) => Err(ServeError::Handshake { source: Box::new(source) }),
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
    let mut refusal = ErrorResponse::new(Some("planned fault\n".to_owned()));
    // Every status of the fault is one of HTTP.
    *refusal.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
    if let Some(retry_after) = retry_after {
        let seconds = HeaderValue::from(retry_after.as_secs());
        refusal.headers_mut().insert(RETRY_AFTER, seconds);
    }
    refusal
}
