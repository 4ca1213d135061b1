//! The session against the model, as a state machine: the same at every millisecond.

#![allow(clippy::unwrap_used, reason = "a test that unwraps says what it expects")]

#[path = "support/lockstep.rs"]
mod lockstep;
mod support;

use heartbeat_core::{Config, Timestamp};
use heartbeat_testkit::strategies::configs;
use heartbeat_testkit::{Does, Model, Said};
use lockstep::{Driven, agree};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use proptest_state_machine::{ReferenceStateMachine, StateMachineTest, prop_state_machine};
use support::{DRAIN_MAX, fixed};

/// How long a run goes on after the venue has fallen silent, in milliseconds.
const TAIL: u64 = 30_000;

/// What happens in one millisecond.
#[derive(Clone, Debug)]
struct Moment {
    /// How many milliseconds after the one before.
    after: u64,
    said: Vec<Said>,
    application_writes: bool,
}

/// The model, and what it did since the moment before.
#[derive(Clone, Debug)]
struct Reference {
    config: Config,
    must_arm: bool,
    /// What the venue says in this run. Each says a few words only: one beat among them would
    /// hide all that pongs leave out.
    words: Vec<Word>,
    model: Model,
    millis: u64,
    /// The number of the last probe.
    probes: u32,
    /// What the model did in each millisecond since the moment before.
    deeds: Vec<Vec<Does>>,
    said: Vec<Said>,
    application_writes: bool,
}

/// A word, with probes counted back from the last.
#[derive(Clone, Copy, Debug)]
enum Word {
    Data,
    Beat,
    Challenge,
    Armed,
    Answer(u32),
    Pong(u32),
}

const WORDS: [Word; 9] = [
    Word::Data,
    Word::Beat,
    Word::Challenge,
    Word::Armed,
    Word::Answer(0),
    Word::Answer(1),
    Word::Pong(0),
    Word::Pong(1),
    Word::Pong(2),
];

const PONGS: [Word; 2] = [Word::Pong(0), Word::Pong(1)];

impl Reference {
    fn new(config: Config, must_arm: bool, words: Vec<Word>) -> Self {
        let config = config.to_builder().monitoring(false).build().unwrap();
        let mut model = Model::new(config, must_arm, Timestamp::ZERO);
        let deeds = vec![model.tick(Timestamp::ZERO, &[], false)];
        Self {
            config,
            must_arm,
            words,
            model,
            millis: 0,
            probes: 0,
            deeds,
            said: Vec::new(),
            application_writes: false,
        }
    }

    fn live_through(&mut self, moment: &Moment) {
        self.deeds.clear();
        for left in (0..moment.after).rev() {
            self.millis += 1;
            let (said, writes) = if left == 0 {
                (&moment.said[..], moment.application_writes)
            } else {
                (&[][..], false)
            };
            let does = self.model.tick(Timestamp::from_millis(self.millis), said, writes);
            self.probes += u32::from(does.iter().any(|does| matches!(does, Does::Probe(_))));
            self.deeds.push(does);
        }
        self.said.clone_from(&moment.said);
        self.application_writes = moment.application_writes;
    }

    fn said(&self, word: Word) -> Said {
        let back = |by: u32| self.probes.saturating_sub(by).max(1);
        match word {
            Word::Data => Said::Data,
            Word::Beat => Said::Beat,
            Word::Challenge => Said::Challenge,
            Word::Armed => Said::Armed,
            Word::Answer(by) => Said::Answer(back(by)),
            Word::Pong(by) => Said::Pong(back(by)),
        }
    }
}

impl ReferenceStateMachine for Reference {
    type State = Self;
    type Transition = Moment;

    fn init_state() -> BoxedStrategy<Self> {
        let words = prop_oneof![
            3 => subsequence(&WORDS[..], 1..=WORDS.len()),
            1 => Just(PONGS.to_vec()),
        ];
        (configs(), any::<bool>(), words)
            .prop_map(|(config, must_arm, words)| Self::new(config, must_arm, words))
            .boxed()
    }

    fn transitions(state: &Self) -> BoxedStrategy<Moment> {
        let said: Vec<Said> = state.words.iter().map(|word| state.said(*word)).collect();
        (1..3_000_u64, vec(select(said), 0..4), any::<bool>())
            .prop_map(|(after, said, application_writes)| Moment {
                after,
                said,
                application_writes,
            })
            .boxed()
    }

    fn apply(mut state: Self, moment: &Moment) -> Self {
        state.live_through(moment);
        state
    }
}

/// The session, at the same millisecond as the model.
struct Lockstep {
    driven: Driven,
    millis: u64,
}

impl Lockstep {
    /// Lives through what the model has lived through, and compares.
    fn follow(&mut self, reference: &Reference) {
        for (place, model) in reference.deeds.iter().enumerate() {
            let is_last = place + 1 == reference.deeds.len();
            self.millis += u64::from(reference.millis > 0);
            let (said, writes) = if is_last {
                (&reference.said[..], reference.application_writes)
            } else {
                (&[][..], false)
            };
            let now = Timestamp::from_millis(self.millis);
            let real = self.driven.tick(now, said, writes);
            assert!(agree(&real, model), "at {} ms: {real:?}, model {model:?}", self.millis);
        }
        assert_eq!(self.millis, reference.millis);
    }
}

impl StateMachineTest for Lockstep {
    type SystemUnderTest = Self;
    type Reference = Reference;

    fn init_test(reference: &Reference) -> Self {
        let driven = Driven::new(reference.config, reference.must_arm, Timestamp::ZERO);
        let mut lockstep = Self { driven, millis: 0 };
        lockstep.follow(reference);
        lockstep
    }

    fn apply(mut lockstep: Self, reference: &Reference, _: Moment) -> Self {
        lockstep.follow(reference);
        lockstep
    }

    /// The venue falls silent, and both end for the same cause at the same time.
    fn teardown(mut lockstep: Self, mut reference: Reference) {
        let silence = Moment { after: TAIL, said: Vec::new(), application_writes: false };
        reference.live_through(&silence);
        lockstep.follow(&reference);
    }
}

prop_state_machine! {
    #![proptest_config(fixed(200, 0x40de_1001))]

    #[test]
    fn the_session_does_what_the_model_does(sequential 1..25 => Lockstep);
}
