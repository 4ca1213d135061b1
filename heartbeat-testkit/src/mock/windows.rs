//! How many of a thing a venue bears in how long.

use core::fmt;
use core::time::Duration;
use std::collections::VecDeque;

use heartbeat_core::Timestamp;
use heartbeat_platforms::{Budget, Facts, MessageBudget};

use super::scale::divided;
use super::{MockOptions, RuleBook};

/// A window that slides: in no span of the budget's length are there more than its count.
///
/// No token bucket, which lets twice its count through where one span meets the next. Bound: as
/// many points in time as the budget counts.
#[derive(Clone, Debug)]
pub(super) struct Window {
    budget: Budget,
    /// When those in the window came, the oldest first.
    times: VecDeque<Timestamp>,
}

impl Window {
    /// Makes an empty window of the budget divided by the time scale.
    pub(super) fn new(budget: Budget, options: &MockOptions) -> Self {
        let budget = Budget { per: divided(budget.per, options.time_scale), ..budget };
        Self { budget, times: VecDeque::new() }
    }

    /// Takes one more, unless the window is full; then returns how long it stays so. What is
    /// refused takes no place.
    pub(super) fn take(&mut self, now: Timestamp) -> Result<(), Duration> {
        let leaves = |at: Timestamp| at.checked_add(self.budget.per);
        while self.times.front().is_some_and(|at| leaves(*at).is_some_and(|at| at <= now)) {
            self.times.pop_front();
        }
        if self.times.len() < self.limit() {
            self.times.push_back(now);
            return Ok(());
        }
        let free = self.times.front().and_then(|at| leaves(*at));
        Err(free.map_or(self.budget.per, |free| free.saturating_since(now)))
    }

    fn limit(&self) -> usize {
        usize::try_from(self.budget.count).unwrap_or(usize::MAX)
    }
}

/// The messages that one connection may send.
#[derive(Clone, Debug)]
pub(super) struct MessageWindow {
    window: Window,
    counts_control_frames: bool,
}

impl MessageWindow {
    /// Makes the window of a venue, if it has one and is to enforce it.
    pub(super) fn of(facts: &Facts, options: &MockOptions) -> Option<Self> {
        let MessageBudget { budget, counts_control_frames } = facts.message_budget?;
        let window = Window::new(budget, options);
        options.enforces_budgets.then_some(Self { window, counts_control_frames })
    }

    /// Takes a message or a control frame; returns the limit if it is one too many.
    pub(super) fn take(&mut self, now: Timestamp, is_control: bool) -> Result<(), u32> {
        if is_control && !self.counts_control_frames {
            return Ok(());
        }
        self.window.take(now).map_err(|_| self.window.budget.count)
    }
}

/// The connections that a venue lets one address open in a while: its
/// [connect budget](heartbeat_platforms::Facts::connect_budget), counted strictly.
///
/// One serves every connection of a server or a simulation, and is asked before each upgrade. A
/// venue of which no budget is known lets everybody in.
///
/// ```
/// use core::time::Duration;
/// use heartbeat_core::Timestamp;
/// use heartbeat_platforms::Exchange;
/// use heartbeat_testkit::{ConnectWindow, MockOptions};
///
/// // OKX: three in a second.
/// let mut window = ConnectWindow::new(Exchange::Okx, &MockOptions::default());
/// let at = Timestamp::from_millis;
/// for millis in [0, 100, 900] {
///     assert!(window.admit(at(millis)).is_ok());
/// }
/// let refused = window.admit(at(999)).unwrap_err();
/// assert_eq!(refused.retry_after, Duration::from_millis(1));
/// assert!(window.admit(at(1_000)).is_ok());
/// assert!(window.admit(at(1_001)).is_err());
/// ```
#[derive(Clone, Debug)]
pub struct ConnectWindow {
    window: Option<Window>,
}

/// Too many connections were opened: what a venue says with HTTP status 429.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TooManyConnects {
    /// How many the venue bears.
    pub limit: u32,
    /// How long until it bears one more.
    pub retry_after: Duration,
}

impl ConnectWindow {
    /// Makes the empty window of a venue; the time scale divides its length.
    pub fn new(venue: impl Into<RuleBook>, options: &MockOptions) -> Self {
        let budget = venue.into().facts_of().connect_budget.filter(|_| options.enforces_budgets);
        Self { window: budget.map(|budget| Window::new(budget, options)) }
    }

    /// Lets one more connection in. One that is refused is not counted.
    ///
    /// # Errors
    ///
    /// [`TooManyConnects`] if the window is full.
    pub fn admit(&mut self, now: Timestamp) -> Result<(), TooManyConnects> {
        let Some(window) = &mut self.window else {
            return Ok(());
        };
        let limit = window.budget.count;
        window.take(now).map_err(|retry_after| TooManyConnects { limit, retry_after })
    }
}

impl fmt::Display for TooManyConnects {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "connections must be at most {}: retry after {:?}", self.limit, self.retry_after)
    }
}

impl core::error::Error for TooManyConnects {}
