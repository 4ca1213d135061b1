//! What came of one simulation.

use core::fmt;
use core::time::Duration;

use super::FaultKind;
use crate::Violation;

/// What came of one [`simulate`](super::simulate) run.
///
/// Its `Display` is for people: one line, and after a violation what led to it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct SimReport {
    /// The seed.
    pub seed: u64,
    /// The venue's name.
    pub venue: String,
    /// The simulated time of all clients together.
    pub simulated: Duration,
    /// How many connections were opened.
    pub connections: u64,
    /// How many of them ended in a verdict.
    pub verdicts: u64,
    /// How many faults were injected, by the [index](FaultKind::index) of their kind.
    pub faults: [u64; FaultKind::ALL.len()],
    /// How many challenges the client answered.
    pub responses: u64,
    /// How many probes the venue answered in time.
    pub answers: u64,
    /// How many beats the client read.
    pub beats: u64,
    /// How many orders the clients placed.
    pub orders_placed: u64,
    /// How many of them the venue cancelled by itself, all of them within its rules.
    pub orders_lost: u64,
    /// How long it took from the last frame read to the verdict on a line or venue that was
    /// dead, the client not having slept meanwhile; at most [`DETECTIONS`](Self::DETECTIONS).
    pub detections: Vec<Duration>,
    /// The longest that a detection may take.
    pub detection_bound: Duration,
    /// How long clients took to be live, each from when neither line nor venue, no budget and no
    /// pause stood in its way.
    pub returns: Vec<Duration>,
    /// A number that is the same for two runs in which the same happened at the same times,
    /// and for hardly any others.
    pub fingerprint: u64,
    /// The rule that was broken, if one was.
    pub broken: Option<Broken>,
}

/// A rule that was broken in a simulation, and what led to it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Broken {
    /// The rule, when and how.
    pub violation: Violation,
    /// The last hundred steps of clients and connections, in words, a line each.
    pub steps: String,
}

impl SimReport {
    /// How many detection times one report keeps.
    pub const DETECTIONS: usize = 4_096;

    pub(super) fn new(seed: u64, venue: &str, detection_bound: Duration) -> Self {
        Self {
            seed,
            venue: venue.to_owned(),
            simulated: Duration::ZERO,
            connections: 0,
            verdicts: 0,
            faults: [0; FaultKind::ALL.len()],
            responses: 0,
            answers: 0,
            beats: 0,
            orders_placed: 0,
            orders_lost: 0,
            detections: Vec::new(),
            detection_bound,
            returns: Vec::new(),
            fingerprint: 0,
            broken: None,
        }
    }

    pub(super) fn note_detection(&mut self, took: Duration) {
        if self.detections.len() < Self::DETECTIONS {
            self.detections.push(took);
        }
    }

    pub(super) fn note_fault(&mut self, kind: FaultKind) {
        if let Some(count) = self.faults.get_mut(kind.index()) {
            *count += 1;
        }
    }
}

impl fmt::Display for SimReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "seed {} at {}: {:?} on {} connections, {} verdicts, {} faults",
            self.seed,
            self.venue,
            self.simulated,
            self.connections,
            self.verdicts,
            self.faults.iter().sum::<u64>(),
        )?;
        match &self.broken {
            Some(Broken { violation, steps }) => write!(f, "\n{violation}\n{steps}"),
            None => Ok(()),
        }
    }
}
