//! Which experiments are made, in which order, and how much of the venue they may take.

use core::time::Duration;
use std::collections::{BTreeMap, VecDeque};

use heartbeat_core::Timestamp;
use heartbeat_platforms::Hazard;

use super::experiment::Job;
use super::judge::{Evidence, len_max};
use super::patience::{Patience, connects_every, fears_pings};
use super::{Experiment, Options, ProbeReport, Prober, Recording, Subject};

/// The experiments that are made of a subject, and what came of them.
///
/// Ask it with [`next`](Self::next) what to do, drive each [`Prober`] that it hands out to its
/// end, and give it the recording. What the first experiments show decides which others make
/// sense: where nothing is asked, nobody can refuse to answer. Each round of experiments is
/// repeated as long as there is time.
///
/// Bounds: the time and the connections of the [`Options`], half of what is documented of the
/// venue's budgets, and thirteen connections a round. Ends when three connections in a row could
/// not be opened.
#[derive(Debug)]
#[must_use = "a plan that nobody carries out measures nothing"]
pub struct Plan {
    subject: Subject,
    options: Options,
    began: Timestamp,
    ends: Timestamp,
    queue: VecDeque<Job>,
    stage: Stage,
    round: u32,
    running: u32,
    next_connect: Timestamp,
    /// How many connections in a row could not be opened.
    refused: u32,
    recordings: Vec<Recording>,
    skipped: BTreeMap<Experiment, &'static str>,
    now: Timestamp,
}

/// What is to be done next.
#[derive(Debug)]
#[expect(clippy::exhaustive_enums, reason = "a driver must not overlook a new kind of step")]
pub enum Next {
    /// Open a connection, and drive this client over it.
    Begin(Box<Prober>),
    /// Wait until then, or until a client that runs is done.
    Wait(Option<Timestamp>),
    /// All is done.
    Done,
}

/// Each depends on what was seen in the one before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Start,
    First,
    Second,
    Third,
    Over,
}

/// After how many connections that could not be opened nobody tries again.
const REFUSED_MAX: u32 = 3;

/// The shortest time that an experiment is worth.
const WORTH: Duration = Duration::from_millis(100);

impl Plan {
    /// Makes the plan of a subject, which begins now.
    pub fn new(subject: Subject, options: Options, now: Timestamp) -> Self {
        Self {
            subject: subject.faster(options.time_scale),
            ends: now.saturating_add(options.longest),
            options,
            began: now,
            queue: VecDeque::new(),
            stage: Stage::Start,
            round: 0,
            running: 0,
            next_connect: now,
            refused: 0,
            recordings: Vec::new(),
            skipped: BTreeMap::new(),
            now,
        }
    }

    /// Returns what is to be done next.
    pub fn next(&mut self, now: Timestamp) -> Next {
        self.now = self.now.max(now);
        let left = self.ends.saturating_since(now);
        if left < WORTH || self.refused >= REFUSED_MAX {
            self.queue.clear();
            self.stage = Stage::Over;
        }
        loop {
            let has_room = self.running < self.options.at_once;
            if let Some(job) = self.queue.front().copied().filter(|_| has_room) {
                if now < self.next_connect {
                    return Next::Wait(Some(self.next_connect.min(self.ends)));
                }
                self.queue.pop_front();
                self.running += 1;
                self.next_connect =
                    now.saturating_add(connects_every(&self.subject, &self.options));
                let job = Job { lasts: job.lasts.min(left), ..job };
                let client = Prober::new(self.subject.clone(), job, &self.options, now);
                return Next::Begin(Box::new(client));
            }
            if self.running > 0 {
                return Next::Wait(None);
            }
            if self.stage == Stage::Over {
                return Next::Done;
            }
            self.advance();
        }
    }

    /// Takes what a client recorded, which is done with.
    pub fn handle_recording(&mut self, recording: Recording) {
        self.running = self.running.saturating_sub(1);
        self.refused = if recording.is_opened() { 0 } else { self.refused + 1 };
        self.recordings.push(recording);
    }

    /// Says what is known so far.
    pub fn report(&self) -> ProbeReport {
        let took = self.now.saturating_since(self.began);
        let evidence = self.evidence();
        ProbeReport::new(&evidence, self.skipped.clone(), self.refused >= REFUSED_MAX, took)
    }

    fn evidence(&self) -> Evidence<'_> {
        Evidence::new(&self.subject, &self.options, &self.recordings)
    }

    fn advance(&mut self) {
        let stage = match self.stage {
            Stage::Start => Stage::First,
            Stage::First => Stage::Second,
            Stage::Second => Stage::Third,
            Stage::Third if self.round + 1 < self.options.repetitions => Stage::First,
            Stage::Third | Stage::Over => Stage::Over,
        };
        if self.stage == Stage::Third {
            self.round += 1;
        }
        self.stage = stage;
        match stage {
            Stage::First => {
                self.plan(Experiment::Attend, self.can_subscribe());
                self.plan(Experiment::Idle, false);
            }
            Stage::Second => self.second(),
            Stage::Third => self.third(),
            Stage::Start | Stage::Over => {}
        }
    }

    fn second(&mut self) {
        if self.can_subscribe() {
            self.plan(Experiment::Listen, true);
        } else {
            self.skip(Experiment::Listen, "there is nothing to subscribe by");
        }
        let is_challenged = self.recordings.iter().any(|it| it.challenges.count > 0);
        let has_token = self.recordings.iter().any(|it| it.has_token);
        for experiment in [Experiment::IdleDeaf, Experiment::ListenDeaf, Experiment::Unanswering] {
            if is_challenged {
                self.plan(experiment, self.can_subscribe() && experiment.subscribes());
            } else {
                self.skip(experiment, "no challenge came that could go unanswered");
            }
        }
        if has_token {
            self.plan(Experiment::WrongEcho, self.can_subscribe());
        } else {
            self.skip(Experiment::WrongEcho, "no challenge came that holds anything to echo");
        }
        self.talk_and_ping();
        self.plan(Experiment::Malformed, self.can_subscribe());
        match len_max(&self.subject.facts) {
            Some(_) if self.subject.has_text_probe() => {
                self.plan(Experiment::TooLong, self.can_subscribe());
            }
            Some(_) => self.skip(Experiment::TooLong, "the dialect has no message to lengthen"),
            None => self.skip(Experiment::TooLong, "no limit is documented"),
        }
    }

    fn talk_and_ping(&mut self) {
        let hazards = self.subject.facts.hazards;
        let is_ended = self.evidence().idle_ended().is_some();
        let has_words = self.subject.has_text_probe() || self.subject.has_keepalive();
        let is_feared = hazards.contains(&Hazard::PingBeforeSubscribe);
        if !is_ended && !is_feared {
            self.skip(Experiment::Talk, "an idle connection was not ended");
        } else if !has_words && hazards.contains(&Hazard::MalformedText) {
            self.skip(Experiment::Talk, "the dialect has no message that asks for nothing");
        } else {
            self.plan(Experiment::Talk, false);
        }
        if is_ended || fears_pings(&self.subject.facts) {
            self.plan(Experiment::Ping, false);
        } else {
            self.skip(Experiment::Ping, "an idle connection was not ended");
        }
    }

    /// Where a connection must subscribe to be kept, and then is not kept by the data alone, what
    /// keeps it is seen on one that has subscribed.
    fn third(&mut self) {
        let evidence = self.evidence();
        let is_listener_ended = evidence.of(Experiment::Listen).any(Recording::is_ended);
        let again: Vec<_> = [Experiment::Talk, Experiment::Ping]
            .into_iter()
            .filter(|again| is_listener_ended && evidence.of(*again).any(Recording::is_ended))
            .collect();
        for experiment in again {
            self.plan(experiment, true);
        }
    }

    const fn can_subscribe(&self) -> bool {
        !self.options.subscribe.is_empty()
    }

    fn plan(&mut self, experiment: Experiment, subscribes: bool) {
        let evidence = self.evidence();
        let patience = Patience {
            idle_ended: evidence.idle_ended(),
            challenges_every: evidence.challenges_every(),
        };
        let job = patience.job(experiment, subscribes, &self.subject, &self.options);
        self.queue.push_back(job);
    }

    fn skip(&mut self, experiment: Experiment, why: &'static str) {
        self.skipped.insert(experiment, why);
    }
}
