//! One client of a supervisor, and its successors.

use core::any::Any;
use core::fmt;
use core::pin::Pin;
use core::task::{Context, Poll, ready};
use core::time::Duration;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::{Stream, StreamExt as _};
use heartbeat_core::Platform;

use crate::client::{
    Client, ClientBuilder, ClientEnd, ClientError, ClientSender, ClientStatus, Handler,
    HandlerCall, Handles, TradingPermit, Update, VenueGate,
};

/// How often in a row a client is made anew without having been live.
const RESTARTS_MAX: u32 = 3;

/// What a supervisor decides for a client.
#[derive(Clone, Debug)]
pub(super) struct Seat {
    name: Arc<str>,
    gate: VenueGate,
    seed: u64,
    start_after: Duration,
}

/// How to make the client of a seat, as often as it takes.
pub(super) struct Blueprint {
    seat: Seat,
    make: Mutex<Make>,
}

type Make = Box<dyn FnMut(Seat) -> Result<Client, ClientError> + Send>;

/// A client, and how to make another.
pub(super) struct Member {
    blueprint: Arc<Blueprint>,
    client: Client,
    restarts: u32,
    control: Control,
}

/// The handles of one client of a [`Supervisor`](crate::Supervisor), whichever takes its place
/// after a panic. Cloning is cheap.
#[derive(Clone)]
pub struct Control {
    shared: Arc<Mutex<Shared>>,
}

struct Shared {
    handles: Handles,
    /// Whether it is to be made anew.
    is_wanted: bool,
}

impl Seat {
    pub(super) fn new(
        name: Arc<str>,
        gate: VenueGate,
        seed: u64,
        number: u64,
        stagger: Duration,
    ) -> Self {
        // Neighbouring seeds have nothing in common, so that numbering them will do.
        let seed = seed.wrapping_add(number);
        Self { name, gate, seed, start_after: spread(number, stagger) }
    }

    pub(super) fn apply<P, H>(self, builder: ClientBuilder<P, H>) -> ClientBuilder<P, H>
    where
        P: Platform + Clone + Send + Sync + 'static,
        H: Handler,
    {
        let builder = builder.gate(self.gate).seed(self.seed).name(&*self.name);
        builder.start_after(self.start_after)
    }
}

/// Returns a point within `span` for each number, such that the first so many are always spread
/// about evenly: the fractional parts of multiples of the golden ratio.
fn spread(number: u64, span: Duration) -> Duration {
    const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;
    let part = u128::from(number.wrapping_mul(GOLDEN) >> 32);
    let nanos = span.as_nanos().saturating_mul(part) >> 32;
    Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
}

impl Blueprint {
    pub(super) fn new(
        seat: Seat,
        make: impl FnMut(Seat) -> Result<Client, ClientError> + Send + 'static,
    ) -> Arc<Self> {
        Arc::new(Self { seat, make: Mutex::new(Box::new(make)) })
    }

    fn make(&self) -> Result<Client, ClientError> {
        // If it panicked, it is the application's to know what it left half-way.
        let mut make = self.make.lock().unwrap_or_else(PoisonError::into_inner);
        make(self.seat.clone())
    }
}

impl Member {
    /// Begins with a client that was made already, or makes it.
    pub(super) fn start(
        blueprint: Arc<Blueprint>,
        client: Option<Client>,
    ) -> Result<Self, ClientError> {
        let client = match client {
            Some(client) => client,
            None => blueprint.make()?,
        };
        let shared = Shared { handles: client.handles(), is_wanted: true };
        let control = Control { shared: Arc::new(Mutex::new(shared)) };
        Ok(Self { blueprint, client, restarts: 0, control })
    }

    pub(super) fn control(&self) -> Control {
        self.control.clone()
    }

    /// Makes the client anew, if it is wanted. Tells whether it was.
    fn restart(&mut self) -> bool {
        if self.restarts >= RESTARTS_MAX || !self.control.lock().is_wanted {
            return false;
        }
        self.restarts = self.restarts.saturating_add(1);
        let Ok(client) = self.blueprint.make() else { return false };
        self.control.lock().handles = client.handles();
        self.client = client;
        true
    }
}

impl Stream for Member {
    type Item = (Arc<str>, Update);

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let Some(mut update) = ready!(self.client.poll_next_unpin(cx)) else {
            return Poll::Ready(None);
        };
        if let Update::Live { .. } = update {
            self.restarts = 0;
        }
        if let Update::Closed(report) = update {
            let is_followed = report.end == ClientEnd::CutOff && self.restart();
            update = if is_followed { Update::Restarted(report) } else { Update::Closed(report) };
        }
        Poll::Ready(Some((Arc::clone(&self.blueprint.seat.name), update)))
    }
}

impl Control {
    /// Returns a handle to send with. After a panic ask for another.
    pub fn sender(&self) -> ClientSender {
        self.lock().handles.sender.clone()
    }

    /// Returns whether what the application knows is current. After a panic ask for another.
    pub fn permit(&self) -> TradingPermit {
        self.lock().handles.permit.clone()
    }

    /// Returns how the client is doing.
    pub fn status(&self) -> ClientStatus {
        self.lock().handles.status()
    }

    /// Opens a new connection beside the one that is live, and hands over to it.
    pub fn rotate(&self) {
        self.lock().handles.rotate();
    }

    /// Rotates, and logs why, as [`Client::reconnect`] does.
    pub fn reconnect(&self, reason: impl Into<String>) {
        self.lock().handles.reconnect(reason.into(), false);
    }

    /// Connects whatever speaks against it, as [`Client::reconnect_now`] does.
    pub fn reconnect_now(&self, reason: impl Into<String>) {
        self.lock().handles.reconnect(reason.into(), true);
    }

    /// Makes no connection until [`resume`](Self::resume), as [`Client::pause`] does.
    pub fn pause(&self) {
        self.lock().handles.pause();
    }

    /// Connects again after a [`pause`](Self::pause).
    pub fn resume(&self) {
        self.lock().handles.resume();
    }

    /// Says something to the client's handler, as [`Client::call_handler`] does.
    pub fn call_handler(&self, call: impl Any + Send) -> bool {
        self.lock().handles.call_handler(HandlerCall::new(call))
    }

    /// Begins the end of the client, as [`Client::stop`] does. It is not made anew.
    pub fn stop(&self) {
        let mut shared = self.lock();
        shared.is_wanted = false;
        shared.handles.stop();
    }

    fn lock(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Blueprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Blueprint").field("seat", &self.seat).finish_non_exhaustive()
    }
}

impl fmt::Debug for Member {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Member").field("name", &self.blueprint.seat.name).finish_non_exhaustive()
    }
}

impl fmt::Debug for Control {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Control").field("status", &self.status()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use heartbeat_platforms::Exchange;

    use super::*;
    use crate::client::{BoxIo, Connector, Dial, VenueLimits};
    use crate::connect::ConnectError;

    #[test]
    fn first_attempts_are_spread_over_the_whole_span() {
        let span = Duration::from_secs(10);
        let mut at: Vec<_> = (0..100).map(|number| spread(number, span)).collect();
        at.sort();
        assert!(
            at.windows(2).all(|pair| pair[1].saturating_sub(pair[0]) <= Duration::from_millis(200))
        );
        assert!(at[0] < Duration::from_millis(200) && at[99] > Duration::from_millis(9_800));
        assert!(at[99] < span);
        assert_eq!(spread(5, Duration::ZERO), Duration::ZERO);
    }

    /// Never reaches anybody.
    struct Nowhere;

    #[async_trait::async_trait]
    impl Connector for Nowhere {
        async fn dial(&self, _: &Dial<'_>) -> Result<BoxIo, ConnectError> {
            core::future::pending().await
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_whose_task_is_gone_is_made_anew_three_times_and_says_so() {
        let limits = VenueLimits::unknown();
        let gate = VenueGate::new(&limits).unwrap();
        let seat = Seat::new("member".into(), gate, 7, 0, Duration::ZERO);
        let make = |seat: Seat| {
            let builder = Client::custom(Exchange::Rfc6455, VenueLimits::unknown());
            seat.apply(builder.endpoint("ws://venue/").connector(Nowhere)).start()
        };
        let mut member = Member::start(Blueprint::new(seat, make), None).unwrap();
        for _ in 0..RESTARTS_MAX {
            member.client.cut_off();
            let (_, update) = member.next().await.unwrap();
            assert!(matches!(update, Update::Restarted(_)), "{update:?}");
        }
        member.client.cut_off();
        let (_, update) = member.next().await.unwrap();
        assert!(matches!(update, Update::Closed(_)), "{update:?}");
        assert!(member.next().await.is_none());
    }
}
