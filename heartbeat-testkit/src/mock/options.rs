//! How a mock exchange is to behave.

use core::num::NonZeroU32;
use core::time::Duration;

use heartbeat_core::{NoticeKind, Timestamp};
#[cfg(feature = "tokio")]
use heartbeat_platforms::{AtOnce, Facts, Scope};

use super::{Admission, FaultPlan};

/// How a mock exchange is to behave.
///
/// By default: the venue's own periods, market data every 500 ms once the client has
/// subscribed as it must at that venue, no fault.
///
/// ```
/// use heartbeat_core::Timestamp;
/// use heartbeat_testkit::{Admission, MockOptions};
///
/// let at = Timestamp::from_millis;
/// let refusing = MockOptions::default().venue_fault("refuse@1s+2s".parse().unwrap());
/// let refusing = refusing.venue_since(at(0));
/// assert_eq!(refusing.admission(at(999)), Admission::Admitted);
/// assert_eq!(refusing.admission(at(1_000)), Admission::Refused);
/// assert_eq!(refusing.admission(at(3_000)), Admission::Admitted);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is switched on by itself")]
#[must_use = "options take effect in the mock exchange that is made with them"]
pub struct MockOptions {
    pub(super) time_scale: NonZeroU32,
    pub(super) data_every: Option<Duration>,
    pub(super) data_from: DataFrom,
    pub(super) data_burst: u32,
    pub(super) data_size: usize,
    pub(super) channel_since: Option<Timestamp>,
    pub(super) max_age: Option<Duration>,
    pub(super) notices: Vec<(NoticeKind, Duration)>,
    pub(super) enforces_budgets: bool,
    pub(super) login: Login,
    pub(super) cancel_on_disconnect: bool,
    pub(super) echoes: bool,
    pub(super) tells_messages: bool,
    pub(super) clock: Option<Duration>,
    pub(super) faults: Vec<FaultPlan>,
    pub(super) venue_faults: Vec<FaultPlan>,
    pub(super) venue_since: Option<Timestamp>,
}

/// Whether a client has to authenticate where the venue keeps nobody else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Login {
    Assumed,
    Demanded,
}

/// When market data begins to flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "it is asked for or it is not")]
pub enum DataFrom {
    /// When the connection is opened, whatever the venue.
    Opening,
    /// When the client has subscribed; on opening where the URL alone chooses the stream.
    Subscription,
}

impl MockOptions {
    /// How often market data comes where nothing else is said.
    pub const DATA_EVERY: Duration = Duration::from_millis(500);

    /// The longest that market data can be asked to be, in bytes.
    pub const DATA_SIZE_MAX: usize = 1 << 20;

    /// Divides every period and deadline of the venue, so that it runs `factor` times faster
    /// than the real one. Faults and market data keep the times they were given.
    pub const fn time_scale(mut self, factor: NonZeroU32) -> Self {
        self.time_scale = factor;
        self
    }

    /// Sets how often market data comes, if at all.
    pub const fn data_every(mut self, period: Option<Duration>) -> Self {
        self.data_every = period;
        self
    }

    /// Sets when market data begins to flow.
    pub const fn data_from(mut self, from: DataFrom) -> Self {
        self.data_from = from;
        self
    }

    /// Sets how many messages of market data come at once, each time that some come; 1 where
    /// nothing else is said.
    pub const fn data_burst(mut self, messages: u32) -> Self {
        self.data_burst = messages;
        self
    }

    /// Sets how long a message of market data is at least, in bytes and before any compression.
    /// What is shorter by the venue's own shape gets one field more. Bound: a mebibyte.
    pub const fn data_size(mut self, bytes: usize) -> Self {
        self.data_size = if bytes < Self::DATA_SIZE_MAX { bytes } else { Self::DATA_SIZE_MAX };
        self
    }

    /// Makes market data one channel of the whole venue, which began at `since`: what is due is due
    /// on all connections at once, and carries its running number, from zero on, as the field
    /// `mock_seq`. [`channel_number`](super::channel_number) reads it. What is not sent while it
    /// is due is missing for good; a [burst](Self::data_burst) has one number.
    pub const fn channel_since(mut self, since: Timestamp) -> Self {
        self.channel_since = Some(since);
        self
    }

    /// Ends every connection at this age, without a word; at the venue's own maximum age where
    /// nothing else is said. Like a fault's it is not divided by the time scale.
    pub const fn max_age(mut self, age: Duration) -> Self {
        self.max_age = Some(age);
        self
    }

    /// Plans an [announcement](super::MockExchange::announce), its time counted from the opening
    /// of each connection. Like a fault's it is not divided by the time scale. A venue that has no
    /// words for it says nothing.
    pub fn notice(mut self, kind: NoticeKind, at: Duration) -> Self {
        self.notices.push((kind, at));
        self
    }

    /// Sets whether the venue's budgets of messages and connections are enforced, as they are where
    /// nothing else is said. A load test has one address for what would be many.
    pub const fn enforce_budgets(mut self, enforced: bool) -> Self {
        self.enforces_budgets = enforced;
        self
    }

    /// Throws out who has asked for nothing when the venue's
    /// [`authenticate_within`](heartbeat_platforms::Rules::authenticate_within) has passed. By
    /// default every client passes for one that has authenticated, since a session alone cannot.
    pub const fn demand_login(mut self) -> Self {
        self.login = Login::Demanded;
        self
    }

    /// Cancels a connection's orders when it ends without being asked to over the connection: as
    /// the venues do that are asked by REST or in the URL. By default they must be asked.
    pub const fn cancel_on_disconnect(mut self, on: bool) -> Self {
        self.cancel_on_disconnect = on;
        self
    }

    /// Sends what the venue does not understand back as it came: what test suites for servers of
    /// RFC 6455 expect.
    pub const fn echo(mut self, on: bool) -> Self {
        self.echoes = on;
        self
    }

    /// Observes each message of the client's that is no heartbeat, by its first 256 characters.
    pub const fn tell_messages(mut self, on: bool) -> Self {
        self.tells_messages = on;
        self
    }

    /// Sets what the venue's clock says when the axis of its times begins, as a time since 1970: in
    /// market data, challenges and replies. Where nothing is said that is 2026-01-01T00:00:00Z, so
    /// that equal runs are equal; behind a stream of bytes it is the clock of the machine.
    pub const fn clock(mut self, begins: Duration) -> Self {
        self.clock = Some(begins);
        self
    }

    /// Sets the clock, unless it was set.
    #[cfg(feature = "tokio")]
    pub(crate) fn clock_or(mut self, begins: Duration) -> Self {
        self.clock = self.clock.or(Some(begins));
        self
    }

    /// Adds a fault to those already planned. Its time counts from the opening of each
    /// connection, so that every connection suffers it anew.
    pub fn fault(mut self, plan: FaultPlan) -> Self {
        self.faults.push(plan);
        self
    }

    /// Adds faults to those already planned, as [`fault`](Self::fault) does.
    pub fn faults(mut self, plans: impl IntoIterator<Item = FaultPlan>) -> Self {
        self.faults.extend(plans);
        self
    }

    /// Adds a fault of the whole venue. Its time counts on the venue's own clock, from
    /// [`venue_since`](Self::venue_since): there is one window for all connections, one that is
    /// opened within it joins it, and one that is opened after it knows nothing of it.
    pub fn venue_fault(mut self, plan: FaultPlan) -> Self {
        self.venue_faults.push(plan);
        self
    }

    /// Adds faults of the whole venue, as [`venue_fault`](Self::venue_fault) does.
    pub fn venue_faults(mut self, plans: impl IntoIterator<Item = FaultPlan>) -> Self {
        self.venue_faults.extend(plans);
        self
    }

    /// Sets when the venue's clock began; the opening of the connection if nothing is said. A
    /// server sets it to when the first client came.
    pub const fn venue_since(mut self, since: Timestamp) -> Self {
        self.venue_since = Some(since);
        self
    }

    /// Sets when the venue's clock began, unless that was said.
    #[cfg(feature = "tokio")]
    pub(crate) fn venue_since_or(mut self, since: Timestamp) -> Self {
        self.venue_since = self.venue_since.or(Some(since));
        self
    }

    /// Returns how many clients of one address and one account a venue bears at once, if it is to
    /// enforce that.
    #[cfg(feature = "tokio")]
    pub(crate) fn at_once(&self, facts: &Facts) -> Option<u32> {
        let is_of_all =
            |it: &&AtOnce| matches!(it.scope, Scope::Address | Scope::Account | Scope::Key);
        let limits = facts.connections_at_once.iter().filter(is_of_all);
        limits.map(|it| it.count).min().filter(|_| self.enforces_budgets)
    }

    /// Returns what becomes of a client that wants in at `now`.
    pub fn admission(&self, now: Timestamp) -> Admission {
        let since = self.venue_since.unwrap_or(now);
        let of_connection = self.faults.iter().map(|plan| (plan, now));
        let of_venue = self.venue_faults.iter().map(|plan| (plan, since));
        let mut on = of_connection.chain(of_venue).filter(|(plan, from)| plan.is_on(*from, now));
        on.find_map(|(plan, from)| Admission::under(plan, from, now)).unwrap_or(Admission::Admitted)
    }
}

impl Default for MockOptions {
    fn default() -> Self {
        Self {
            time_scale: NonZeroU32::MIN,
            data_every: Some(Self::DATA_EVERY),
            data_from: DataFrom::Subscription,
            data_burst: 1,
            data_size: 0,
            channel_since: None,
            max_age: None,
            notices: Vec::new(),
            enforces_budgets: true,
            login: Login::Assumed,
            cancel_on_disconnect: false,
            echoes: false,
            tells_messages: false,
            clock: None,
            faults: Vec::new(),
            venue_faults: Vec::new(),
            venue_since: None,
        }
    }
}
