//! Dialects that several venues speak, each by its own rules: what such a venue consists of.

use core::time::Duration;

use heartbeat_core::{ConfigBuilder, Detector, Layer, Pace, Probing, Responder};

use super::{PROBING, defaults};
use crate::{BrokenBy, ChallengeRule, Facts, Rules, SilenceRule};

/// A dialect that several venues speak.
pub(crate) trait Dialect: Detector + Responder {
    /// What it is called: as the venue whose own it is, or after what is said in it.
    const NAME: &'static str;

    /// Returns settings that are safe at a venue with these rules, of which this is known.
    fn settings(&self, rules: &Rules, facts: &Facts) -> ConfigBuilder;
}

/// Makes a venue of a name for its type, a dialect, and a [`Profile`](super::Profile): nothing else
/// is a venue's own that speaks as others do. A dialect with settings is given as
/// `Dialect = value`.
macro_rules! venue {
    ($venue:ident, $dialect:ident, $profile:expr $(,)?) => {
        $crate::venues::dialect::venue!($venue, $dialect = $dialect, $profile);
    };
    ($venue:ident, $dialect:ident = $spoken:expr, $profile:expr $(,)?) => {
        #[doc = concat!("The venue `Exchange::", stringify!($venue), "` by itself.")]
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        #[expect(clippy::exhaustive_structs, reason = "a venue without settings")]
        pub struct $venue;

        impl $venue {
            const SPEAKS: $dialect = $spoken;
        }

        impl $crate::venues::Venue for $venue {
            const STANDARD: Self = Self;
            const PROFILE: $crate::venues::Profile = $profile;
            const DIALECT: &'static str = <$dialect as $crate::venues::dialect::Dialect>::NAME;
        }

        impl heartbeat_core::Detector for $venue {
            fn classify(&self, frame: heartbeat_core::Frame<'_>) -> heartbeat_core::Signal {
                Self::SPEAKS.classify(frame)
            }
        }

        impl heartbeat_core::Responder for $venue {
            fn respond(
                &self,
                token: &[u8],
                out: &mut heartbeat_core::Outbox,
            ) -> Result<(), heartbeat_core::OutboxError> {
                Self::SPEAKS.respond(token, out)
            }

            fn arm(
                &self,
                out: &mut heartbeat_core::Outbox,
            ) -> Result<(), heartbeat_core::OutboxError> {
                Self::SPEAKS.arm(out)
            }

            fn probe(
                &self,
                id: heartbeat_core::ProbeId,
                out: &mut heartbeat_core::Outbox,
            ) -> Result<(), heartbeat_core::OutboxError> {
                Self::SPEAKS.probe(id, out)
            }

            fn keepalive(
                &self,
                out: &mut heartbeat_core::Outbox,
            ) -> Result<(), heartbeat_core::OutboxError> {
                Self::SPEAKS.keepalive(out)
            }

            fn dead_man(
                &self,
                timeout: core::time::Duration,
                out: &mut heartbeat_core::Outbox,
            ) -> Result<(), heartbeat_core::OutboxError> {
                Self::SPEAKS.dead_man(timeout, out)
            }

            fn cancel_on_disconnect(
                &self,
                out: &mut heartbeat_core::Outbox,
            ) -> Result<(), heartbeat_core::OutboxError> {
                Self::SPEAKS.cancel_on_disconnect(out)
            }

            fn farewell(
                &self,
                out: &mut heartbeat_core::Outbox,
            ) -> Result<(), heartbeat_core::OutboxError> {
                Self::SPEAKS.farewell(out)
            }
        }

        impl heartbeat_core::Platform for $venue {
            fn name(&self) -> &str {
                <Self as $crate::venues::Venue>::PROFILE.name
            }

            fn defaults(&self) -> heartbeat_core::ConfigBuilder {
                const PROFILE: &$crate::venues::Profile =
                    &<$venue as $crate::venues::Venue>::PROFILE;
                let settings = $crate::venues::dialect::Dialect::settings(
                    &Self::SPEAKS,
                    &PROFILE.rules,
                    &PROFILE.facts,
                );
                settings.ping_frames(PROFILE.facts.ping_frames())
            }
        }
    };
}

pub(super) use venue;

/// The rules of a venue that sends a ping frame each `every`, and wants its pong within `pong`.
pub(super) const fn pings(every: Duration, pong: Duration) -> Rules {
    Rules { challenge: Some(ChallengeRule::new(Layer::Control, every, pong)), ..Rules::NONE }
}

/// The rules of a venue that has enough after this silence; ping frames do not count.
pub(super) const fn silence(limit: Duration, broken_by: BrokenBy) -> Rules {
    let silence = SilenceRule { limit, broken_by, counts_pings: false };
    Rules { silence: Some(silence), ..Rules::NONE }
}

/// Returns the settings for a venue that answers the probes of its dialect: [`PROBING`], and more
/// often where the venue's patience is so short that four probes must fit into it.
pub(super) const fn by_probes(rules: &Rules) -> ConfigBuilder {
    let every = match rules.silence {
        Some(silence) => shorter(PROBING.every, share(silence.limit, 1, 4)),
        None => PROBING.every,
    };
    // A silence of four seconds is survived where probes are so close together, too.
    let answer_within = shorter(PROBING.answer_within, share(every, 9, 10));
    defaults(rules).respond_within(response_time(rules)).probing(Probing {
        every,
        answer_within,
        pace: Pace::Unconditional,
    })
}

/// Returns the settings for a venue that speaks by ping frames: ours are its probes where they are
/// likely to be answered. Where nobody knows, only its own pings show that it lives, at their own
/// pace.
pub(super) const fn by_ping_frames(rules: &Rules, facts: &Facts) -> ConfigBuilder {
    match rules.challenge {
        Some(rule) if !facts.answers_pings.is_likely() => defaults(rules)
            .respond_within(response_time(rules))
            .failure_threshold(2)
            .transport_limit(share(rule.every, 3, 2)),
        _ => by_probes(rules),
    }
}

/// Returns the settings for a venue that challenges in its dialect: its challenges show a dead line
/// where they come so often that three fit into 15 s, and ping frames of ours do where they do not.
pub(super) const fn by_challenges(rules: &Rules, facts: &Facts) -> ConfigBuilder {
    match rules.challenge {
        Some(rule) if rule.every.as_secs() <= 5 => defaults(rules)
            .respond_within(response_time(rules))
            .failure_threshold(2)
            .transport_limit(share(rule.every, 3, 2)),
        _ => by_ping_frames(rules, facts),
    }
}

/// Returns the settings for a venue that beats and is not to be answered: ping frames of ours show
/// a dead line where they are likely to be answered, and else two beats in a row that stay away.
pub(super) const fn by_beats(rules: &Rules, facts: &Facts) -> ConfigBuilder {
    match rules.beat_every {
        Some(every) if !facts.answers_pings.is_likely() => {
            defaults(rules).failure_threshold(2).session_limit(share(every, 3, 2))
        }
        _ => by_ping_frames(rules, facts),
    }
}

/// Returns the time for a response that counts as late by our own clock: at most three fifths of
/// what the venue gives, so that two fifths are left for the way.
const fn response_time(rules: &Rules) -> Duration {
    let usual = Duration::from_secs(5);
    match rules.challenge {
        Some(rule) => shorter(usual, share(rule.respond_within, 3, 5)),
        None => usual,
    }
}

const fn shorter(one: Duration, other: Duration) -> Duration {
    if one.as_nanos() <= other.as_nanos() { one } else { other }
}

/// Returns `parts` of the `of` equal parts of a span.
const fn share(whole: Duration, parts: u32, of: u32) -> Duration {
    match whole.saturating_mul(parts).checked_div(of) {
        Some(share) => share,
        None => whole,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Answered;

    fn secs(secs: u64) -> Duration {
        Duration::from_secs(secs)
    }

    #[test]
    fn four_probes_fit_into_the_shortest_patience() {
        for (limit, every, answer) in [(60, 5_000, 3_000), (20, 5_000, 3_000), (10, 2_500, 2_250)] {
            let config = by_probes(&silence(secs(limit), BrokenBy::ClientMessage)).build().unwrap();
            let probing = config.probing().unwrap();
            let millis = Duration::from_millis;
            assert_eq!((probing.every, probing.answer_within), (millis(every), millis(answer)));
        }
    }

    #[test]
    fn a_venue_that_may_answer_no_ping_is_heard_of_at_its_own_pace() {
        let rules = pings(secs(15), secs(5));
        let mut facts = Facts::UNKNOWN;
        let config = by_ping_frames(&rules, &facts).build().unwrap();
        assert_eq!((config.probing(), config.silence_bound()), (None, secs(45)));
        assert_eq!(config.respond_within(), secs(3), "two fifths are left for the way");
        facts.answers_pings = Answered::Yes;
        let config = by_ping_frames(&rules, &facts).build().unwrap();
        assert_eq!(config.silence_bound(), secs(14));
    }
}
