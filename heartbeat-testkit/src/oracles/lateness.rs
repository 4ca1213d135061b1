//! Late is not never.

use core::time::Duration;
use std::collections::VecDeque;

use heartbeat_core::{Cause, Config, Event, Evidence, Failure, ProbeId, Signal, Timestamp};

use super::Oracle;
use crate::{Entry, RuleBook, Step};

/// Complains of a client that gives a venue up for answers that were only late: in a row that such
/// an answer had ended, or in the midst of fresh data before its grace was used up.
///
/// What a frame means is the word of the venue's own platform, so that a client that overlooks an
/// answer is found.
#[derive(Clone, Debug)]
pub struct Lateness {
    venue: RuleBook,
    threshold: u32,
    answer_within: Duration,
    grace: Duration,
    /// How many probes were given up since an answer was last read.
    row: u32,
    /// The last of them that may still be answered, the oldest first.
    given_up: VecDeque<ProbeId>,
    data_at: Option<Timestamp>,
    /// Whether the row has anything in it that the rule of fresh data does not go by.
    is_special: bool,
}

impl Lateness {
    /// Begins with a new connection of a client with these settings to this venue.
    pub fn new(config: &Config, venue: RuleBook) -> Self {
        Self {
            venue,
            threshold: config.failure_threshold().into(),
            answer_within: config.probing().map_or(Duration::MAX, |it| it.answer_within),
            grace: config.grace(),
            row: 0,
            given_up: VecDeque::new(),
            data_at: None,
            is_special: false,
        }
    }

    fn give_up(&mut self, probe: ProbeId) {
        self.row += 1;
        if self.given_up.len() == Evidence::PROBES {
            self.given_up.pop_front();
        }
        self.given_up.push_back(probe);
    }

    fn end_row(&mut self) {
        self.row = 0;
        self.data_at = None;
        self.is_special = false;
    }

    /// How long the row must be before late answers are as good as none, with fresh data.
    fn patience(&self) -> u32 {
        let more = self.grace.as_nanos().checked_div(self.answer_within.as_nanos());
        self.threshold.saturating_add(more.and_then(|more| more.try_into().ok()).unwrap_or(0))
    }

    fn judge(&self, at: Timestamp, failures: u32) -> Result<(), String> {
        if failures > self.row {
            let row = self.row;
            return Err(format!(
                "given up for {failures} answers in a row, and only {row} were due since the last \
                 one came"
            ));
        }
        let is_fresh =
            self.data_at.is_some_and(|data| at.saturating_since(data) < self.answer_within);
        let (row, most) = (self.row, self.patience());
        if is_fresh && !self.is_special && row < most {
            return Err(format!(
                "given up after {row} answers that did not come, with data as fresh as ever: \
                 the grace is enough for {most}"
            ));
        }
        Ok(())
    }
}

impl Oracle for Lateness {
    fn name(&self) -> &'static str {
        "lateness"
    }

    fn see(&mut self, entry: &Entry) -> Result<(), String> {
        match &entry.what {
            Step::ClientNotes(Event::Timeout { failure: Failure::AnswerOverdue { probe } }) => {
                self.give_up(*probe);
            }
            Step::ClientNotes(Event::Answered { .. }) => self.end_row(),
            // What is read matters only while something is missed.
            Step::ClientReads(frame) if !self.given_up.is_empty() => {
                match self.venue.classify(frame.as_frame()) {
                    Signal::Answer { probe: None } if self.row > 0 => self.end_row(),
                    Signal::Answer { probe: Some(probe) } => {
                        if let Some(index) = self.given_up.iter().position(|it| *it == probe) {
                            self.given_up.remove(index);
                            self.end_row();
                        }
                    }
                    Signal::Data => self.data_at = Some(entry.at),
                    _ => {}
                }
            }
            Step::ClientReceives | Step::ClientFreezes | Step::ClientThaws => {
                self.is_special = true;
            }
            Step::Verdict(Cause::AnswerOverdue { failures, .. }) => {
                return self.judge(entry.at, (*failures).into());
            }
            _ => {}
        }
        Ok(())
    }
}
