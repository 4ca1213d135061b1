//! One topic on one connection: what is wanted, what the venue is believed to do, what is asked.

use core::time::Duration;
use std::sync::Arc;

use heartbeat_core::{Timestamp, WatchSpec};
use heartbeat_platforms::subscriptions::Ask;

/// How long a request without a reply waits before it is repeated, and how far that grows.
const RETRY_FIRST: Duration = Duration::from_secs(1);
const RETRY_MAX: Duration = Duration::from_secs(60);

/// How long after its end data of a topic may still be on their way.
const STRAY_GRACE: Duration = Duration::from_secs(1);

/// How many requests may remain without reply before the application hears of it.
pub(super) const UNANSWERED_AFTER: u16 = 3;

/// How many refusals that name nothing make one: each may be the late reply to another request.
const REFUSALS_MIN: u8 = 3;

/// What the venue is believed to do about a topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Belief {
    /// It sends nothing.
    Off,
    /// It sends what there is.
    On,
    /// It was asked, and has not said.
    Unsure,
}

/// One topic on one connection.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub(super) struct Topic {
    /// How it is spelled when it is asked for.
    pub(super) spelling: Arc<str>,
    pub(super) spec: Option<WatchSpec>,
    /// The number by which its silence is watched.
    pub(super) key: u64,
    pub(super) wanted: bool,
    pub(super) belief: Belief,
    /// The request that is under way.
    pub(super) request: Option<u64>,
    /// Since when it is wanted here.
    pub(super) since: Timestamp,
    /// When it was accepted, or brought data before that.
    pub(super) active_since: Option<Timestamp>,
    pub(super) last_data: Option<Timestamp>,
    /// Whether the venue has said no; that holds until it is wanted anew.
    pub(super) refused: bool,
    /// Whether it fell silent, and is to be ended and asked for again.
    pub(super) renew: bool,
    /// Requests in a row that had no reply.
    pub(super) unanswered: u16,
    /// With how many others it may stand in one message: fewer after such a message has failed.
    pub(super) batch_max: usize,
    /// Refusals in a row that named neither it nor its request.
    doubts: u8,
    /// Whether an unsubscription was sent of which nothing is known: data prove nothing then.
    tainted: bool,
    /// Not to be asked for before this.
    not_before: Timestamp,
    /// When it was ended.
    off_since: Option<Timestamp>,
}

/// What the venue has said to a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Granted,
    Refused,
    /// Something was refused, and this was the only request.
    RefusedPerhaps,
}

/// What the application is to be told of a topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum News {
    None,
    Active { after: Duration },
    Ended,
    Refused,
    Unanswered { requests: u16 },
}

impl Topic {
    pub(super) fn new(
        now: Timestamp,
        spelling: Arc<str>,
        spec: Option<WatchSpec>,
        key: u64,
        batch_max: usize,
    ) -> Self {
        Self {
            spelling,
            spec,
            key,
            wanted: true,
            belief: Belief::Off,
            request: None,
            since: now,
            active_since: None,
            last_data: None,
            refused: false,
            renew: false,
            unanswered: 0,
            batch_max,
            doubts: 0,
            tainted: false,
            not_before: now,
            off_since: None,
        }
    }

    /// Is wanted from now on, perhaps again.
    pub(super) fn want(&mut self, now: Timestamp, spelling: Arc<str>, spec: Option<WatchSpec>) {
        // Another spelling of the same name is another subscription: the old one has to end.
        self.renew |= self.spelling != spelling && self.belief != Belief::Off;
        self.spelling = spelling;
        self.spec = spec;
        if !self.wanted {
            self.since = now;
            self.active_since = (self.belief == Belief::On && !self.renew).then_some(now);
        }
        self.wanted = true;
        self.refused = false;
        self.unanswered = 0;
        self.doubts = 0;
        self.not_before = now;
    }

    /// Is not wanted any more.
    pub(super) fn unwant(&mut self, now: Timestamp) {
        self.wanted = false;
        self.renew = false;
        self.refused = false;
        self.unanswered = 0;
        self.doubts = 0;
        self.not_before = now;
        self.active_since = None;
        // Whatever was believed: what comes of it from now on, but for what is on its way, has not
        // ended.
        self.off_since = Some(now);
    }

    /// Returns what has to be asked now to make the venue do what is wanted.
    pub(super) fn need(&self, now: Timestamp) -> Option<Ask> {
        if self.request.is_some() || now < self.not_before { None } else { self.need_at_all() }
    }

    /// Returns when there will be something to ask that is put off.
    pub(super) fn due(&self) -> Option<Timestamp> {
        let is_waiting = self.request.is_none() && self.need_at_all().is_some();
        is_waiting.then_some(self.not_before)
    }

    fn need_at_all(&self) -> Option<Ask> {
        match (self.wanted, self.belief) {
            (true, _) if self.renew => Some(Ask::Unsubscribe),
            (true, Belief::Off | Belief::Unsure) if !self.refused => Some(Ask::Subscribe),
            (false, Belief::On | Belief::Unsure) => Some(Ask::Unsubscribe),
            (true, _) | (false, Belief::Off) => None,
        }
    }

    /// Tells whether the venue's word about it is in doubt.
    pub(super) const fn is_in_trouble(&self) -> bool {
        self.unanswered > 0 || self.doubts > 0
    }

    /// Tells whether nothing is under way or due.
    pub(super) fn is_settled(&self) -> bool {
        self.request.is_none() && self.need_at_all().is_none()
    }

    /// Tells whether it is wanted, and the venue has had its time and more to begin.
    pub(super) const fn is_overdue(&self) -> bool {
        self.wanted && !self.refused && self.unanswered > 0 && self.active_since.is_none()
    }

    /// Tells whether nothing about it is worth remembering.
    pub(super) fn is_over(&self, now: Timestamp, memory: Duration) -> bool {
        let is_quiet = self.off_since.is_none_or(|at| now.saturating_since(at) >= memory);
        !self.wanted && self.is_settled() && is_quiet
    }

    /// The venue has granted or refused a request for this topic, which stood in a message with
    /// `others` more.
    pub(super) fn settle(
        &mut self,
        now: Timestamp,
        ask: Ask,
        verdict: Verdict,
        others: usize,
    ) -> News {
        self.request = None;
        let done = verdict == Verdict::Granted;
        if !done && others > 0 {
            // One of them is to blame, and this shows which.
            self.batch_max = others.div_ceil(2);
            return News::None;
        }
        if verdict == Verdict::RefusedPerhaps && self.doubts.saturating_add(1) < REFUSALS_MIN {
            self.doubts = self.doubts.saturating_add(1);
            self.put_off(now);
            return News::None;
        }
        self.doubts = 0;
        self.unanswered = 0;
        self.tainted = false;
        self.not_before = now;
        match (ask, done) {
            (Ask::Subscribe, true) => {
                self.belief = Belief::On;
                self.activate(now)
            }
            (Ask::Subscribe, false) => {
                self.belief = Belief::Off;
                self.refused = true;
                self.active_since = None;
                if self.wanted { News::Refused } else { News::None }
            }
            // Nothing that was not there can be ended.
            (Ask::Unsubscribe, _) => {
                let was_renewed = core::mem::take(&mut self.renew);
                self.belief = Belief::Off;
                self.off_since = Some(now);
                if self.wanted || was_renewed { News::None } else { News::Ended }
            }
        }
    }

    /// A request for this topic, one of a message with `others` more, got no reply in time.
    pub(super) fn expire(&mut self, now: Timestamp, ask: Ask, others: usize) -> News {
        self.request = None;
        // What has brought data meanwhile needs no reply.
        let is_proven = ask == Ask::Subscribe && self.belief == Belief::On;
        if is_proven {
            return News::None;
        }
        self.belief = Belief::Unsure;
        self.tainted |= ask == Ask::Unsubscribe;
        self.unanswered = self.unanswered.saturating_add(1);
        self.batch_max = if others > 0 { others.div_ceil(2) } else { self.batch_max };
        self.put_off(now);
        if self.unanswered == UNANSWERED_AFTER {
            News::Unanswered { requests: self.unanswered }
        } else {
            News::None
        }
    }

    /// Data came. `asking` is what is under way.
    pub(super) fn hear(&mut self, now: Timestamp, asking: Option<Ask>) -> News {
        self.last_data = Some(now);
        if self.wanted {
            let proves = asking != Some(Ask::Unsubscribe) && !self.tainted && !self.renew;
            if proves && self.belief != Belief::On {
                self.belief = Belief::On;
                self.refused = false;
                self.unanswered = 0;
                self.doubts = 0;
                return self.activate(now);
            }
        } else if self.belief == Belief::Off
            && self.off_since.is_some_and(|at| now.saturating_since(at) >= STRAY_GRACE)
        {
            // It was ended, and has not ended.
            self.belief = Belief::On;
            self.unanswered = self.unanswered.saturating_add(1);
            self.put_off(now);
        }
        News::None
    }

    fn activate(&mut self, now: Timestamp) -> News {
        if !self.wanted || self.active_since.is_some() {
            return News::None;
        }
        self.active_since = Some(now);
        News::Active { after: now.saturating_since(self.since) }
    }

    fn put_off(&mut self, now: Timestamp) {
        let doublings = u32::from(self.unanswered.saturating_sub(1)).min(6);
        let wait = RETRY_FIRST.saturating_mul(1 << doublings).min(RETRY_MAX);
        self.not_before = now.checked_add(wait).unwrap_or(now);
    }
}
