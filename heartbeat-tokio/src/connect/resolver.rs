//! Looks names up, without holding up whoever does not want to wait any longer.

use core::net::SocketAddr;
use std::io;
use std::net::ToSocketAddrs as _;
use std::sync::Arc;
use std::thread;

use async_trait::async_trait;
use tokio::sync::{Semaphore, oneshot};

/// Looks names up; by default the system's resolver does. A list of addresses is one that gives
/// these for every name.
#[async_trait]
pub trait Resolver: Send + Sync + 'static {
    /// Returns the addresses of a name, those to be preferred first. It is not asked of what is an
    /// address already. The future is dropped when the attempt's time is over.
    ///
    /// # Errors
    ///
    /// What went wrong, which the attempt reports.
    async fn resolve(&self, host: &str, port: u16) -> io::Result<Vec<SocketAddr>>;
}

#[async_trait]
impl Resolver for Vec<SocketAddr> {
    async fn resolve(&self, _host: &str, _port: u16) -> io::Result<Vec<SocketAddr>> {
        Ok(self.clone())
    }
}

/// How many look-ups can hang in the system's resolver at once, in the whole process. What comes
/// then waits for one of them.
const LOOKUPS_MAX: usize = 64;

static LOOKUPS: Semaphore = Semaphore::const_new(LOOKUPS_MAX);

/// Asks the system.
pub(super) async fn system(host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
    let host = host.to_owned();
    detached(move || Ok((host.as_str(), port).to_socket_addrs()?.collect())).await
}

/// Runs what may hang on a thread of its own.
///
/// tokio's threads for blocking work are waited for when their runtime ends: one look-up that
/// hangs then holds up the end of the process, for as long as the system's resolver has patience.
/// Nobody waits for this one.
async fn detached<T: Send + 'static>(
    ask: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    let gone = || io::Error::other("look-up panicked");
    let permit = LOOKUPS.acquire().await.map_err(io::Error::other)?;
    let (answer, answered) = oneshot::channel();
    let thread = thread::Builder::new().name("resolver".to_owned());
    thread.spawn(move || {
        let _permit = permit;
        // Whoever asked may have gone.
        let _ = answer.send(ask());
    })?;
    answered.await.unwrap_or_else(|_| Err(gone()))
}

/// A resolver that somebody else has too.
pub(super) type SharedResolver = Arc<dyn Resolver>;

#[cfg(test)]
mod tests {
    use super::*;
    use core::time::Duration;
    use std::sync::mpsc;

    /// No test takes longer, unless it fails.
    const GUARD: Duration = Duration::from_secs(30);

    #[test]
    fn a_look_up_that_hangs_does_not_hold_up_the_end_of_the_runtime() {
        let (release, hang) = mpsc::sync_channel::<()>(1);
        let (say, said) = mpsc::sync_channel(1);
        let ended = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.unwrap().block_on(async {
                let look_up = detached(move || {
                    say.send("hangs").unwrap();
                    let _ = hang.recv();
                    say.send("hangs no more").unwrap();
                    Ok(())
                });
                let given_up = tokio::time::timeout(Duration::from_millis(1), look_up).await;
                assert!(given_up.is_err(), "nobody answers");
            });
        });
        assert_eq!(said.recv_timeout(GUARD).unwrap(), "hangs");
        let (tell, told) = mpsc::sync_channel(1);
        thread::spawn(move || tell.send(ended.join().is_ok()));
        assert_eq!(told.recv_timeout(GUARD), Ok(true), "the runtime ends while it hangs");
        assert!(said.try_recv().is_err(), "it hangs still");
        release.send(()).unwrap();
        assert_eq!(said.recv_timeout(GUARD).unwrap(), "hangs no more");
    }

    #[tokio::test]
    async fn the_system_knows_this_machine() {
        let found = system("localhost", 7).await.unwrap();
        assert!(found.iter().any(|addr| addr.ip().is_loopback() && addr.port() == 7), "{found:?}");
    }

    #[tokio::test]
    async fn a_look_up_that_panics_is_one_that_failed() {
        let failed = detached(|| -> io::Result<()> { panic!("the look-up panics") }).await;
        assert_eq!(failed.unwrap_err().to_string(), "look-up panicked");
    }
}
