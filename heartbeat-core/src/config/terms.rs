//! What a venue states of its heartbeat on the connection, and what of that is taken.

use core::fmt;
use core::num::NonZeroU32;
use core::time::Duration;

use super::rules::Settings;
use super::{Config, Patience};
use crate::Clock;

/// What a venue states of its heartbeat on a connection, in a message of its own.
///
/// A venue that states nothing of a thing leaves it out. What is stated again replaces what was
/// stated before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_structs, reason = "a venue promises to speak, and wants to hear us")]
pub struct Terms {
    /// How often the venue will be heard.
    pub heard: Option<Heard>,
    /// What it tolerates.
    pub patience: Patience,
}

/// A venue's word that it will be heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_structs, reason = "what will be heard, and within which time")]
pub struct Heard {
    /// What will be heard: [`Clock::Session`] where the venue beats or challenges whatever else it
    /// sends, [`Clock::Transport`] where it does so only when it has nothing else to say.
    pub clock: Clock,
    /// The longest time from one to the next. When it is over, so is the connection, at once: it is
    /// the venue's own word and no guess of ours.
    pub within: Duration,
}

/// Which terms of a venue's are taken. Any other are a verdict, [`Cause::TermsRefused`].
///
/// [`Cause::TermsRefused`]: crate::Cause::TermsRefused
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "a range has two ends")]
pub struct TermsRange {
    /// The shortest time that any of the terms may name; at least twice the stall tolerance.
    pub shortest: Duration,
    /// The longest time within which the venue may promise to be heard. Where nothing else notices
    /// a dead line, it is the [silence bound](Config::silence_bound) until the venue has stated
    /// less.
    pub longest: Duration,
}

/// One of the [`Terms`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "the terms are these three")]
pub enum Term {
    /// [`Terms::heard`].
    Heard,
    /// [`Patience::response`].
    Response,
    /// [`Patience::silence`].
    Silence,
}

impl fmt::Display for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Heard => "heard.within",
            Self::Response => "patience.response",
            Self::Silence => "patience.silence",
        })
    }
}

/// The range, and how much faster than the real venue's ours runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Plan {
    pub(super) range: TermsRange,
    pub(super) factor: NonZeroU32,
}

impl Plan {
    /// Makes the venue run faster. What its messages say stays as it is.
    pub(super) const fn faster(self, factor: NonZeroU32) -> Self {
        Self { factor: self.factor.saturating_mul(factor), ..self }
    }

    /// Returns what a time that the venue names means here.
    pub(super) fn here(self, told: Duration) -> Duration {
        told.checked_div(self.factor.get()).unwrap_or_default()
    }
}

/// What follows from terms that were taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Accepted {
    pub(crate) heard: Option<Heard>,
    pub(crate) respond_within: Duration,
    pub(crate) keepalive_every: Option<Duration>,
    pub(crate) silence_bound: Duration,
}

/// A term that is not taken, and what it would have had to keep to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Refused {
    pub(crate) term: Term,
    /// [`Duration::MAX`] if the venue did not say.
    pub(crate) offered: Duration,
    pub(crate) limit: Duration,
}

impl Config {
    /// Holds the venue's terms against the settings, by the rules that settings are held to; `None`
    /// if no terms are taken at all.
    pub(crate) fn accept(&self, terms: &Terms) -> Option<Result<Accepted, Refused>> {
        self.settings.terms.map(|plan| self.settings.accept(plan, terms))
    }

    /// Tells whether a dead line would not be noticed without the venue's terms.
    pub(crate) fn depends_on_terms(&self) -> bool {
        self.settings.noticed_by_settings().is_none()
    }
}

impl Settings {
    fn accept(&self, plan: Plan, terms: &Terms) -> Result<Accepted, Refused> {
        let TermsRange { shortest, longest } = plan.range;
        let Terms { heard, patience: Patience { response, silence } } = *terms;
        let within = heard.map(|heard| heard.within);
        let spans = [(Term::Heard, within), (Term::Response, response), (Term::Silence, silence)];
        for (term, offered) in spans {
            if let Some(offered) = offered.filter(|offered| *offered < shortest) {
                return Err(Refused { term, offered, limit: shortest });
            }
        }
        if let Some(offered) = within.filter(|within| *within > longest) {
            return Err(Refused { term: Term::Heard, offered, limit: longest });
        }
        let heard = heard.map(|heard| Heard { within: plan.here(heard.within), ..heard });
        let by_settings = self.noticed_by_settings();
        let bounds = [by_settings, heard.map(|heard| heard.within)];
        let Some(silence_bound) = bounds.into_iter().flatten().min() else {
            return Err(Refused { term: Term::Heard, offered: Duration::MAX, limit: longest });
        };
        let respond_within = match response {
            // Two fifths of its time remain for the way.
            Some(response) => {
                let ours = plan.here(response).saturating_mul(3).checked_div(5);
                self.respond_within.min(ours.unwrap_or_default())
            }
            None => self.respond_within,
        };
        let mut keepalive_every = self.keepalive_every;
        if let Some(offered) = silence {
            let silence = plan.here(offered);
            let refused = |limit| Err(Refused { term: Term::Silence, offered, limit });
            let spoken = self.probing.filter(|_| keepalive_every.is_none());
            if let Some(probing) = spoken.filter(|probing| probing.every >= silence) {
                return refused(probing.every);
            }
            if silence_bound >= silence {
                return refused(silence_bound);
            }
            let thrice = silence.checked_div(3).unwrap_or_default();
            keepalive_every = keepalive_every.map(|every| every.min(thrice));
        }
        Ok(Accepted { heard, respond_within, keepalive_every, silence_bound })
    }
}
