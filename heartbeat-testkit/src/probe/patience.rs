//! How long each experiment waits, and how often it speaks.

use core::time::Duration;

use heartbeat_platforms::{Budget, Facts, Hazard};

use super::experiment::Job;
use super::{Experiment, Options, Subject};

/// How long an experiment waits that waits for something of which nothing is known.
const UNKNOWN: Duration = Duration::from_secs(120);

/// How long to listen for what may never come: twice as long as the slowest known heartbeat takes.
const LISTEN_MAX: Duration = Duration::from_secs(400);

/// What is waited beyond what is expected.
const MARGIN: Duration = Duration::from_secs(15);

/// How long after the opening something is said first, and how often; a venue may count what is
/// said too soon.
const FIRST: Duration = Duration::from_secs(2);
const EVERY: Duration = Duration::from_secs(5);

/// How often talking and pinging is tried at most where the venue's patience is short.
const EVERY_MIN: Duration = Duration::from_secs(1);

/// How long an experiment lasts whose outcome shows at once.
const AT_ONCE: Duration = Duration::from_secs(10);

/// The time from one connection to the next, at the least.
const CONNECTS: Duration = Duration::from_secs(1);

/// How long to wait, by what is documented and by what was seen so far.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Patience {
    /// How long a connection lived that asked for nothing, if the venue ended it.
    pub(super) idle_ended: Option<Duration>,
    /// From one challenge to the next, as seen.
    pub(super) challenges_every: Option<Duration>,
}

impl Patience {
    /// Makes the job of an experiment.
    pub(super) fn job(
        self,
        experiment: Experiment,
        subscribes: bool,
        subject: &Subject,
        options: &Options,
    ) -> Job {
        let scale = options.time_scale.get();
        let budget = subject.facts.message_budget.map(|budget| budget.budget);
        let gently = |every: Duration| every.max(spacing(budget));
        let lasts = match experiment {
            Experiment::Attend => attend(subject, options),
            Experiment::Idle => idle(subject, scale),
            Experiment::Listen | Experiment::Talk | Experiment::Ping => self.kept(subject, scale),
            Experiment::IdleDeaf
            | Experiment::ListenDeaf
            | Experiment::Unanswering
            | Experiment::WrongEcho => self.unanswered(subject, scale),
            Experiment::Malformed | Experiment::TooLong => AT_ONCE / scale,
        };
        let hurried = matches!(experiment, Experiment::Talk | Experiment::Ping);
        let every = match self.limit(subject) {
            Some(limit) if hurried => (limit / 4).clamp(EVERY_MIN / scale, EVERY / scale),
            Some(limit) => (limit / 4).min(EVERY / scale),
            None => EVERY / scale,
        };
        let every = gently(every);
        Job {
            experiment,
            arms: experiment.arms() && subject.arms(),
            subscribes,
            lasts,
            first: (FIRST / scale).min(every),
            every,
            len_max: super::judge::len_max(&subject.facts).unwrap_or_default(),
            pings: !fears_pings(&subject.facts),
            speaks_after: self.limit(subject).map(|limit| limit / 3).filter(|_| {
                let is_fatal = subject.facts.hazards.contains(&Hazard::MalformedText);
                let has_words = subject.has_text_probe() || subject.has_keepalive();
                experiment == Experiment::Unanswering && !has_words && !is_fatal
            }),
        }
    }

    /// Returns the span after which an idle connection ends, as far as is known.
    fn limit(self, subject: &Subject) -> Option<Duration> {
        self.idle_ended.or_else(|| documented_limit(subject))
    }

    /// Long enough to outlive one that was ended; where none was, as long as that lasted.
    fn kept(self, subject: &Subject, scale: u32) -> Duration {
        match self.idle_ended {
            Some(ended) => ended.saturating_mul(3) / 2 + EVERY / scale,
            None => idle(subject, scale),
        }
    }

    /// Long enough for a deadline that is half as long again as is documented, or for six
    /// challenges.
    fn unanswered(self, subject: &Subject, scale: u32) -> Duration {
        let documented = subject.rules.challenge.map(|rule| rule.every + rule.ends_after());
        let seen = self.challenges_every.unwrap_or_default().saturating_mul(6);
        (UNKNOWN / scale).max(seen).max(with_margin(documented.unwrap_or_default(), scale))
    }
}

/// Long enough for three heartbeats that are documented, for ones that are not as far as there is
/// time, and for the greatest age if that is not beyond the whole.
fn attend(subject: &Subject, options: &Options) -> Duration {
    let period = subject.rules.challenge.map(|rule| rule.every).max(subject.rules.beat_every);
    let heartbeats = period.unwrap_or_default().saturating_mul(7) / 2;
    let age = subject.facts.max_age.map(|age| with_margin(age, options.time_scale.get()));
    let age = age.filter(|age| *age <= options.longest / 4).unwrap_or_default();
    let scale = options.time_scale.get();
    let there_is = (options.longest / 10).clamp(UNKNOWN / scale, LISTEN_MAX / scale);
    there_is.max(heartbeats).max(age)
}

/// Long enough for a limit that is half as long again as is documented.
fn idle(subject: &Subject, scale: u32) -> Duration {
    let documented = documented_limit(subject).unwrap_or_default();
    (UNKNOWN / scale).max(with_margin(documented, scale))
}

/// Returns the shortest time from one connection to the next.
pub(super) fn connects_every(subject: &Subject, options: &Options) -> Duration {
    (CONNECTS / options.time_scale.get()).max(spacing(subject.facts.connect_budget))
}

/// Tells whether ping frames are documented to do harm.
pub(super) fn fears_pings(facts: &Facts) -> bool {
    let does_harm = |hazard: &Hazard| matches!(hazard, Hazard::PingFrame | Hazard::PingFrameFirst);
    facts.hazards.iter().any(does_harm)
}

fn documented_limit(subject: &Subject) -> Option<Duration> {
    let rules = &subject.rules;
    let silence = rules.silence.map(|rule| rule.limit);
    silence.max(rules.subscribe_within).max(rules.authenticate_within)
}

fn with_margin(span: Duration, scale: u32) -> Duration {
    span.saturating_mul(3) / 2 + MARGIN / scale
}

/// Returns the span from one to the next that leaves half of a budget to others.
fn spacing(budget: Option<Budget>) -> Duration {
    budget.map_or(Duration::ZERO, |budget| budget.per.saturating_mul(2) / budget.count.max(1))
}
