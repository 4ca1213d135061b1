//! Whom the venue throws out who says nothing, and what counts as saying something.

use core::time::Duration;

use heartbeat_platforms::BrokenBy;

use super::super::measure::shown;
use super::super::{Experiment, Fact, Measure, Recording};
use super::{Evidence, Observed, median};

/// Why a connection that asked for nothing was ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Idle {
    /// It was not.
    Kept,
    /// It had asked for nothing: one that talked all the time was ended as well.
    FirstRequest(Duration),
    /// It was silent: one that talked, or pinged, was kept.
    Silence(Duration),
    /// For one of the two.
    Unclear(&'static str),
}

impl Evidence<'_> {
    pub(super) fn silence(&self) -> Vec<Observed> {
        let idle = self.idle();
        let rules = &self.subject.rules;
        let mut found = Vec::new();
        let asked = rules.subscribe_within.or(rules.authenticate_within);
        if asked.is_some() || matches!(idle, Idle::FirstRequest(_)) {
            found.push(self.first_request(idle, asked));
        }
        let fed = self.fed(idle);
        let data = most(&fed);
        let limit = self.silence_limit(idle, data);
        let is_known = !limit.values.iter().all(|it| matches!(it, Measure::AtLeast(_)));
        found.push(limit);
        if is_known || rules.silence.is_some() {
            found.push(self.data_keeps_alive(&fed));
            found.push(self.kept_by(Fact::MessagesKeepAlive, Experiment::Talk, idle, data));
            found.push(self.kept_by(Fact::PingsKeepAlive, Experiment::Ping, idle, data));
        }
        found.extend(self.closes(idle));
        found
    }

    fn ended_idle(&self) -> impl Iterator<Item = &Recording> {
        self.of(Experiment::Idle).filter(|it| self.is_thrown_out(it))
    }

    /// Decides why an idle connection was ended: by what became of those that did one thing more.
    fn idle(&self) -> Idle {
        let Some(lived) = median(self.ended_idle().map(Recording::lasted).collect()) else {
            return Idle::Kept;
        };
        let outlived = |it: &Recording| self.outlives(it.lasted(), lived);
        let talked = self.of(Experiment::Talk).filter(|it| !it.is_subscribed());
        let (mut kept, mut ended) = (0, 0);
        // One that we closed before its time shows nothing.
        for talk in talked.filter(|it| !self.is_fatal(it)) {
            kept += u32::from(outlived(talk));
            ended += u32::from(!outlived(talk) && self.is_thrown_out(talk));
        }
        if kept > 0 || ended > 0 {
            return if kept >= ended { Idle::Silence(lived) } else { Idle::FirstRequest(lived) };
        }
        if self.of(Experiment::Ping).any(|it| !it.is_subscribed() && outlived(it)) {
            return Idle::Silence(lived);
        }
        let mut listened = self.of(Experiment::Listen).filter(|it| self.is_thrown_out(it));
        if listened.any(|it| self.is_near(it.ended.saturating_since(it.said.last), lived)) {
            return Idle::Silence(lived);
        }
        Idle::Unclear("whether for its silence or because it asked for nothing")
    }

    fn first_request(&self, idle: Idle, documented: Option<Duration>) -> Observed {
        let observed = Observed::new(Fact::FirstRequestWithin, documented.map(Measure::Span));
        match idle {
            Idle::FirstRequest(_) => {
                let lived = self.ended_idle().map(|it| Measure::Span(it.lasted()));
                observed.values(lived).note("idle; talk was ended as well")
            }
            Idle::Kept => {
                let kept = self.of(Experiment::Idle).map(|it| Measure::AtLeast(it.lasted()));
                observed.values(kept).note("idle was kept")
            }
            Idle::Silence(lived) => {
                observed.values([Measure::AtLeast(lived)]).note("idle was ended for its silence")
            }
            Idle::Unclear(why) => observed.note(format!("idle was ended, and it is unclear {why}")),
        }
    }

    /// Tells of each connection that got the venue's messages all the time and said nothing
    /// whether it was kept, where it can be told.
    fn fed(&self, idle: Idle) -> Vec<bool> {
        let all = self.of(Experiment::Listen).chain(self.of(Experiment::Idle));
        let fed = all.filter_map(|it| {
            let silent = it.ended.saturating_since(it.said.last);
            let is_fed = it.data + it.beats.count > 2 && it.heard.pause < silent / 2;
            let is_thrown_out = self.is_thrown_out(it);
            match idle {
                _ if !is_fed => None,
                // It had asked for nothing either.
                Idle::FirstRequest(_) if !it.is_subscribed() => None,
                _ if is_thrown_out => Some(false),
                Idle::Silence(lived) if self.outlives(silent, lived) => Some(true),
                Idle::Silence(_) | Idle::FirstRequest(_) | Idle::Kept | Idle::Unclear(_) => None,
            }
        });
        fed.collect()
    }

    fn silence_limit(&self, idle: Idle, data: Option<bool>) -> Observed {
        let rule = self.subject.rules.silence;
        let observed =
            Observed::new(Fact::SilenceLimit, rule.map(|rule| Measure::Span(rule.limit)));
        let since = |it: &Recording| {
            let last = if data == Some(false) { it.said.last } else { it.any.last };
            Measure::Span(it.ended.saturating_since(last))
        };
        let listened = self.of(Experiment::Listen).filter(|it| self.is_thrown_out(it));
        match idle {
            Idle::Silence(_) => {
                let all = self.ended_idle().chain(listened.filter(|_| data == Some(false)));
                observed.values(all.map(since)).note("idle")
            }
            _ if data == Some(false) => observed.values(listened.map(since)).note("listen"),
            Idle::Kept | Idle::FirstRequest(_) => self.longest_pause(observed),
            Idle::Unclear(why) => observed.note(format!("idle was ended, and it is unclear {why}")),
        }
    }

    /// No connection was ended for its silence: says how long one was.
    fn longest_pause(&self, observed: Observed) -> Observed {
        let broken_by = self.subject.rules.silence.map(|rule| rule.broken_by);
        let kept = self.recordings.iter().filter(|it| it.is_opened());
        let pause = |it: &Recording| match broken_by {
            Some(BrokenBy::ServerMessage) => it.heard.pause,
            Some(BrokenBy::ClientMessage) => it.said.pause,
            Some(_) | None => it.any.pause,
        };
        let longest = kept.map(pause).max().unwrap_or_default();
        let note = format!("no connection was ended for it; the longest was {}", shown(longest));
        observed.values([Measure::AtLeast(longest)]).note(note)
    }

    fn data_keeps_alive(&self, fed: &[bool]) -> Observed {
        let documented = self.subject.rules.silence.map(|rule| match rule.broken_by {
            BrokenBy::ServerMessage | BrokenBy::AnyMessage => Measure::Flag(true),
            BrokenBy::ClientMessage | _ => Measure::Flag(false),
        });
        let note = match most(fed) {
            Some(true) => "silent, but fed, and kept",
            Some(false) => "silent, and ended though it was fed",
            None => "no silent client got data all the time and might have been ended",
        };
        let observed = Observed::new(Fact::DataKeepsAlive, documented);
        observed.values(fed.iter().copied().map(Measure::Flag)).note(note)
    }

    /// Tells whether what an experiment says keeps a connection that would end without.
    fn kept_by(
        &self,
        fact: Fact,
        experiment: Experiment,
        idle: Idle,
        data: Option<bool>,
    ) -> Observed {
        let documented = self.subject.rules.silence.and_then(|rule| {
            let by_server = rule.broken_by == BrokenBy::ServerMessage;
            if fact == Fact::PingsKeepAlive {
                return Some(Measure::Flag(rule.counts_pings && !by_server));
            }
            // There only the answers to them do, and which it was cannot be told.
            (!by_server).then_some(Measure::Flag(true))
        });
        let observed = Observed::new(fact, documented);
        let limit = match idle {
            Idle::Silence(lived) => Some(lived),
            Idle::Kept | Idle::FirstRequest(_) | Idle::Unclear(_) => {
                let ended = self.of(Experiment::Listen).filter(|it| self.is_thrown_out(it));
                let ended = ended.filter(|_| data == Some(false));
                ended.map(|it| it.ended.saturating_since(it.said.last)).max()
            }
        };
        let Some(limit) = limit else {
            return observed.note("no connection was ended for its silence");
        };
        let is_meant = |it: &&Recording| {
            let is_kept_otherwise = it.is_subscribed() && data != Some(false);
            let would_be_ended_anyway = !it.is_subscribed() && !matches!(idle, Idle::Silence(_));
            !is_kept_otherwise && !would_be_ended_anyway && it.first_said.is_some()
        };
        let made: Vec<_> = self.of(experiment).filter(is_meant).collect();
        let kept = |it: &Recording| self.outlives(it.lasted(), limit);
        let is_telling = |it: &Recording| kept(it) || self.is_thrown_out(it);
        let fair: Vec<_> = made.iter().filter(|it| !self.is_fatal(it) && is_telling(it)).collect();
        match (made.is_empty(), fair.is_empty()) {
            (true, _) => observed.note("nobody did so and nothing else"),
            (false, true) => observed.note("the first of them was fatal, or there was no time"),
            (false, false) => {
                let values = fair.iter().map(|it| Measure::Flag(kept(it)));
                observed.values(values).note(experiment.as_str())
            }
        }
    }

    /// How an idle connection ends, where that is not yet said.
    fn closes(&self, idle: Idle) -> Option<Observed> {
        if self.failed_in() == Some(Experiment::Idle) {
            return None;
        }
        let fact = match idle {
            Idle::Silence(_) => Fact::SilenceClose,
            Idle::FirstRequest(_) => Fact::FirstRequestClose,
            Idle::Kept | Idle::Unclear(_) => return None,
        };
        let ends = self.ended_idle().filter_map(|it| Measure::of_end(it.end()));
        Some(Observed::new(fact, None).values(ends).note("idle"))
    }
}

/// Returns what most say; of a draw, that it was ended.
fn most(kept: &[bool]) -> Option<bool> {
    let yes = kept.iter().filter(|kept| **kept).count();
    (!kept.is_empty()).then_some(2 * yes > kept.len())
}
