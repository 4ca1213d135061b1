//! One waker for two tasks.

use core::sync::atomic::{AtomicBool, Ordering};
use core::task::{Context, Waker};
use std::sync::Arc;
use std::task::Wake;

use futures_util::task::AtomicWaker;

/// Wakes the task that reads and the task that writes, which may be two.
///
/// After `StreamExt::split` each half has its own task. Whichever is polled drives the whole
/// connection, so that the transport and the timer know only the waker of that one task; the
/// other would sleep through what it waits for.
#[derive(Debug)]
pub(super) struct Wakers {
    slots: Arc<Slots>,
    both: Waker,
}

#[derive(Debug, Default)]
struct Slots {
    reader: AtomicWaker,
    writer: AtomicWaker,
    /// Whether there is something to do that no turn has seen.
    woken: AtomicBool,
}

impl Wake for Slots {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.woken.store(true, Ordering::Release);
        self.reader.wake();
        self.writer.wake();
    }
}

impl Wakers {
    pub(super) fn new() -> Self {
        let slots = Arc::new(Slots::default());
        Self { both: Waker::from(Arc::clone(&slots)), slots }
    }

    pub(super) fn register_reader(&self, cx: &Context<'_>) {
        self.slots.reader.register(cx.waker());
    }

    pub(super) fn register_writer(&self, cx: &Context<'_>) {
        self.slots.writer.register(cx.waker());
    }

    pub(super) fn wake(&self) {
        self.both.wake_by_ref();
    }

    /// Returns the waker that wakes both.
    pub(super) fn both(&self) -> Waker {
        self.both.clone()
    }

    /// Tells whether the transport, the timer or the other half has called since the last
    /// [turn](Self::begin_turn).
    pub(super) fn were_woken(&self) -> bool {
        self.slots.woken.load(Ordering::Acquire)
    }

    /// Takes note that a turn begins, which sees all that there is to do.
    pub(super) fn begin_turn(&self) {
        self.slots.woken.store(false, Ordering::Release);
    }
}
