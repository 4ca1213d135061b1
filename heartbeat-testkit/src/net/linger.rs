//! The end of a transport. What was written must arrive, and a socket that is dropped while there
//! is something to be read throws away what it has not delivered.

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// How much of what a client still says is thrown away, in bytes.
const THROWN_AWAY_MAX: usize = 1 << 20;

/// Ends our side, then throws away what the client says until it ends its own. Whoever calls it
/// bounds the time.
pub(super) async fn linger<S>(stream: &mut S)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    if stream.shutdown().await.is_err() {
        return;
    }
    let mut chunk = [0; 1_024];
    let mut thrown_away = 0;
    while thrown_away < THROWN_AWAY_MAX {
        match stream.read(&mut chunk).await {
            Ok(0) | Err(_) => return,
            Ok(len) => thrown_away += len,
        }
    }
}
