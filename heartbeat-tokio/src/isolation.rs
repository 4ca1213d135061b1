//! Where the IO runs: among the application's own tasks, or on a thread of its own.

use core::cell::RefCell;
use core::fmt;
use core::future::pending;
use core::time::Duration;
use std::io;
use std::panic::resume_unwind;
use std::sync::{Arc, Weak};

use tokio::runtime::{Builder, Handle, Runtime};
use tokio::sync::oneshot;
use tokio::task::JoinSet;

/// How long a thread that ends may wait for what blocks, such as a lookup of a name.
const SHUTDOWN_WITHIN: Duration = Duration::from_secs(1);

/// Where connections do their IO.
#[derive(Clone, Debug, Default)]
#[expect(clippy::exhaustive_enums, reason = "beside the application, or apart from it")]
pub enum Isolation {
    /// On the runtime that the application runs on. An application that blocks all of that
    /// runtime's threads blocks the heartbeat too.
    #[default]
    Shared,
    /// On a thread that runs nothing else. Connections that share it share its time.
    Dedicated(IoThread),
}

/// A thread with a runtime of its own, for connections that no application can hold up.
///
/// A socket is woken by the runtime that it was opened on, so the connection has to be
/// *opened* on the thread, and not only to live there:
///
/// ```no_run
/// use heartbeat_platforms::Exchange;
/// use heartbeat_tokio::{
///     ConnectError, ConnectOptions, Connection, ConnectionOptions, IoThread, connect,
/// };
///
/// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// let io = IoThread::new("venue-io")?;
/// let connection = io
///     .run(async move {
///         let ws = connect("wss://exchange.example/ws", &ConnectOptions::default()).await?;
///         let options = ConnectionOptions::default();
///         Ok::<_, ConnectError>(Connection::spawn(ws, Exchange::Okx, options))
///     })
///     .await?;
/// # drop(connection);
/// # Ok(())
/// # }
/// ```
///
/// The application's end of the connection works from any runtime. The thread ends when the
/// last handle to it is gone and the last connection on it has ended, within a second; whatever
/// else was spawned on it is dropped then.
#[derive(Clone)]
pub struct IoThread {
    shared: Arc<Shared>,
}

struct Shared {
    name: String,
    runtime: Handle,
    /// Dropped with the last handle, which ends the thread.
    _users: oneshot::Sender<()>,
}

thread_local! {
    /// The IO thread that this thread is.
    static CURRENT: RefCell<Weak<Shared>> = const { RefCell::new(Weak::new()) };
}

impl Isolation {
    /// Runs a future where connections are to do their IO, to its end.
    ///
    /// # Panics
    ///
    /// If the future does.
    ///
    /// # Cancel safety
    ///
    /// Dropping the returned future cancels the one that runs, at its next await.
    pub async fn run<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> T {
        match self {
            Self::Shared => work.await,
            Self::Dedicated(thread) => thread.run(work).await,
        }
    }
}

impl Isolation {
    /// Returns the runtime that this means to whoever asks.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime, if it is the application's.
    pub(crate) fn runtime(&self) -> Handle {
        match self {
            Self::Shared => Handle::current(),
            Self::Dedicated(thread) => thread.shared.runtime.clone(),
        }
    }
}

impl IoThread {
    /// Starts a thread, whose name the system may cut to 15 bytes.
    ///
    /// # Errors
    ///
    /// The system's, if it has no thread or no event queue to give, or if there is a zero byte
    /// in the name.
    pub fn new(name: &str) -> io::Result<Self> {
        if name.contains('\0') {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                "name must not hold a zero byte",
            ));
        }
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let (users, gone) = oneshot::channel();
        let handle = runtime.handle().clone();
        let shared = Arc::new(Shared { name: name.to_owned(), runtime: handle, _users: users });
        let current = Arc::downgrade(&shared);
        let thread = std::thread::Builder::new().name(name.to_owned());
        // Nobody joins it: it ends by itself, and must not hold up whoever was its last user.
        thread.spawn(move || serve(runtime, current, gone))?;
        Ok(Self { shared })
    }

    /// Runs a future on the thread, to its end.
    ///
    /// # Panics
    ///
    /// If the future does.
    ///
    /// # Cancel safety
    ///
    /// Dropping the returned future cancels the one that runs, at its next await.
    pub async fn run<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> T {
        let mut tasks = JoinSet::new();
        tasks.spawn_on(work, &self.shared.runtime);
        match tasks.join_next().await {
            Some(Ok(output)) => output,
            Some(Err(error)) => match error.try_into_panic() {
                Ok(panic) => resume_unwind(panic),
                // It was cancelled, and so are we: nobody else holds the set, and the thread
                // does not end while there is a handle to it.
                Err(_) => pending().await,
            },
            None => pending().await,
        }
    }

    /// Returns the thread that the caller runs on, if it is one of these. Whoever holds it keeps
    /// the thread.
    pub(crate) fn current() -> Option<Self> {
        let shared = CURRENT.with_borrow(Weak::upgrade)?;
        Some(Self { shared })
    }
}

fn serve(runtime: Runtime, current: Weak<Shared>, gone: oneshot::Receiver<()>) {
    CURRENT.set(current);
    // Nothing is ever sent; what comes is the end of the last sender.
    let _gone = runtime.block_on(gone);
    runtime.shutdown_timeout(SHUTDOWN_WITHIN);
}

impl fmt::Debug for IoThread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IoThread").field("name", &self.shared.name).finish_non_exhaustive()
    }
}
