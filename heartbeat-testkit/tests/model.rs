//! The session against the model, as a state machine: the same at every millisecond.

#![allow(clippy::unwrap_used, reason = "a test that unwraps says what it expects")]

#[path = "support/lockstep.rs"]
mod lockstep;
mod support;

use core::time::Duration;

use heartbeat_core::{Clock, Config, Heard, Patience, PingFrames, Safeguard, Terms, Timestamp};
use heartbeat_testkit::strategies::configs;
use heartbeat_testkit::{Does, Says};
use lockstep::{Dialect, Driven, Happening, Modelled, agree};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use proptest_state_machine::{ReferenceStateMachine, StateMachineTest, prop_state_machine};
use support::{DRAIN_MAX, fixed};

/// How long a run goes on after the venue has fallen silent, in milliseconds.
const TAIL: u64 = 30_000;

/// What happens, and how many milliseconds after what happened before.
#[derive(Clone, Debug)]
struct Moment {
    after: u64,
    happens: Happening,
}

/// The model, and what it did since the moment before.
#[derive(Clone, Debug)]
struct Reference {
    config: Config,
    dialect: Dialect,
    /// What the venue says in this run. Each says a few words only: one beat among them would
    /// hide all that pongs leave out.
    words: Vec<Word>,
    model: Modelled,
    millis: u64,
    /// What happened last.
    happened: Happening,
    /// What the model did in each millisecond since what happened before that.
    deeds: Vec<Vec<Does>>,
}

/// A word, with probes counted back from the last.
#[derive(Clone, Copy, Debug)]
enum Word {
    Says(Says),
    Answer { back: u32 },
    Pong { back: u32 },
}

const fn terms(clock: Clock, within: u64, silence: Option<u64>, arms: bool) -> Word {
    let heard = Some(Heard { clock, within: Duration::from_millis(within) });
    let silence = match silence {
        Some(millis) => Some(Duration::from_millis(millis)),
        None => None,
    };
    let terms = Terms { heard, patience: Patience { response: None, silence } };
    Word::Says(Says::Terms { terms, arms })
}

const WORDS: [Word; 18] = [
    terms(Clock::Session, 9_000, Some(12_000), true),
    terms(Clock::Session, 5_000, None, false),
    terms(Clock::Transport, 7_000, Some(29_000), true),
    terms(Clock::Transport, 0, None, true),
    Word::Says(Says::Data),
    Word::Says(Says::Part),
    Word::Says(Says::Beat),
    Word::Says(Says::Challenge),
    Word::Says(Says::Armed),
    Word::Says(Says::Granted(Safeguard::DeadMan)),
    Word::Says(Says::Denied(Safeguard::DeadMan)),
    Word::Says(Says::Granted(Safeguard::CancelOnDisconnect)),
    Word::Says(Says::Denied(Safeguard::CancelOnDisconnect)),
    Word::Answer { back: 0 },
    Word::Answer { back: 1 },
    Word::Pong { back: 0 },
    Word::Pong { back: 1 },
    Word::Pong { back: 2 },
];

impl Word {
    const fn is_pong(self) -> bool {
        matches!(self, Self::Pong { .. })
    }

    /// Whoever answers and grants keeps a line beyond doubt for long.
    const fn keeps_up(self) -> bool {
        !matches!(self, Self::Pong { .. } | Self::Says(Says::Denied(_)))
    }
}

impl Reference {
    fn new(config: Config, dialect: Dialect, words: Vec<Word>) -> Self {
        let config = config.to_builder().monitoring(false).build().unwrap();
        let mut model = Modelled::new(config, dialect, Timestamp::ZERO);
        let deeds = vec![model.tick(Timestamp::ZERO, None)];
        let happened = Happening::default();
        Self { config, dialect, words, model, millis: 0, happened, deeds }
    }

    fn live_through(&mut self, moment: &Moment) {
        self.deeds.clear();
        for left in (0..moment.after).rev() {
            self.millis += 1;
            let happens = (left == 0).then_some(&moment.happens);
            self.deeds.push(self.model.tick(Timestamp::from_millis(self.millis), happens));
        }
        self.happened = moment.happens.clone();
    }

    fn said(&self, word: Word) -> Says {
        let probe = |back: u32| self.model.probes.saturating_sub(back).max(1);
        match word {
            Word::Says(said) => said,
            Word::Answer { back } => Says::Answer(probe(back)),
            Word::Pong { back } => Says::Pong(probe(back)),
        }
    }
}

impl ReferenceStateMachine for Reference {
    type State = Self;
    type Transition = Moment;

    fn init_state() -> BoxedStrategy<Self> {
        let only = |keep: fn(Word) -> bool| {
            Just(WORDS.into_iter().filter(|word| keep(*word)).collect::<Vec<_>>())
        };
        let words = prop_oneof![
            3 => subsequence(&WORDS[..], 1..=WORDS.len()),
            1 => only(Word::is_pong),
            2 => only(Word::keeps_up),
        ];
        (configs(), any::<(bool, bool, bool)>(), words)
            .prop_map(|(config, (must_arm, cancels, pings), words)| {
                // Settings that begin with a ping frame are refused where one must not come first.
                let first = if pings { PingFrames::HarmfulFirst } else { PingFrames::Harmless };
                let config = config.to_builder().ping_frames(first).build().unwrap_or(config);
                Self::new(config, Dialect { must_arm, cancels, pings }, words)
            })
            .boxed()
    }

    fn transitions(state: &Self) -> BoxedStrategy<Moment> {
        let said: Vec<Says> = state.words.iter().map(|word| state.said(*word)).collect();
        let asks = prop::bool::weighted(0.1);
        (1..3_000_u64, vec(select(said), 0..4), any::<bool>(), asks)
            .prop_map(|(after, said, application_writes, asks_for_safety)| {
                let happens = Happening { said, application_writes, asks_for_safety };
                Moment { after, happens }
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
            self.millis += u64::from(reference.millis > 0);
            let is_last = place + 1 == reference.deeds.len() && self.millis > 0;
            let now = Timestamp::from_millis(self.millis);
            let real = self.driven.tick(now, is_last.then_some(&reference.happened));
            assert!(agree(&real, model), "at {} ms: {real:?}, model {model:?}", self.millis);
        }
        assert_eq!(self.millis, reference.millis);
        assert_eq!(self.driven.orders_live_until(), reference.model.orders_live_until());
    }
}

impl StateMachineTest for Lockstep {
    type SystemUnderTest = Self;
    type Reference = Reference;

    fn init_test(reference: &Reference) -> Self {
        let driven = Driven::new(reference.config, reference.dialect, Timestamp::ZERO);
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
        reference.live_through(&Moment { after: TAIL, happens: Happening::default() });
        lockstep.follow(&reference);
    }
}

prop_state_machine! {
    #![proptest_config(fixed(120, 0x40de_1001))]

    #[test]
    fn the_session_does_what_the_model_does(sequential 1..25 => Lockstep);
}
