//! The opening handshake, and what a client hears that is not let in.

use tokio::io::{AsyncRead, AsyncWrite};
use tokio_tungstenite::tungstenite::Error;
use tokio_tungstenite::tungstenite::handshake::server::{
    Callback, ErrorResponse, Request, Response,
};
use tokio_tungstenite::tungstenite::http::header::{CONTENT_LENGTH, RETRY_AFTER};
use tokio_tungstenite::tungstenite::http::{HeaderValue, StatusCode};

use super::serve::ServeError;
use crate::TooManyConnects;

/// Does the opening handshake with whoever may come in, and tells anybody else when to come back.
pub(super) async fn upgrade<S>(
    stream: S,
    admission: Result<(), TooManyConnects>,
) -> Result<S, ServeError>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    match tokio_tungstenite::accept_hdr_async(stream, Doorman(admission)).await {
        // Nothing was read beyond the request: tungstenite refuses a client that sends frames
        // before it was let in.
        Ok(upgraded) => Ok(upgraded.into_inner()),
        Err(error) => Err(match (error, admission) {
            (Error::Http(_), Err(source)) => ServeError::Refused { source },
            (error, _) => ServeError::Handshake { source: Box::new(error) },
        }),
    }
}

struct Doorman(Result<(), TooManyConnects>);

impl Callback for Doorman {
    fn on_request(self, _: &Request, response: Response) -> Result<Response, ErrorResponse> {
        self.0.map(|()| response).map_err(|refused| {
            // A header of whole seconds: one too few would have the client refused again.
            let seconds = refused.retry_after.as_nanos().div_ceil(1_000_000_000);
            let seconds = u64::try_from(seconds).unwrap_or(u64::MAX);
            let mut refusal = ErrorResponse::new(None);
            *refusal.status_mut() = StatusCode::TOO_MANY_REQUESTS;
            refusal.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
            refusal.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from(0));
            refusal
        })
    }
}
