//! A venue that runs faster than the real one.

use core::num::NonZeroU32;
use core::time::Duration;

use heartbeat_platforms::Rules;

/// No rule may ask for a timer that is due again at once.
pub(super) const PERIOD_MIN: Duration = Duration::from_micros(1);

/// Divides a span, but never to nothing.
pub(crate) fn divided(span: Duration, factor: NonZeroU32) -> Duration {
    span.checked_div(factor.get()).unwrap_or(span).max(PERIOD_MIN)
}

/// Divides every period and deadline of a venue's rules.
pub(crate) fn scaled(mut rules: Rules, factor: NonZeroU32) -> Rules {
    if let Some(challenge) = &mut rules.challenge {
        challenge.every = divided(challenge.every, factor);
        challenge.respond_within = divided(challenge.respond_within, factor);
    }
    if let Some(silence) = &mut rules.silence {
        silence.limit = divided(silence.limit, factor);
    }
    let divide = |span: Duration| divided(span, factor);
    rules.beat_every = rules.beat_every.map(divide);
    rules.subscribe_within = rules.subscribe_within.map(divide);
    rules
}
