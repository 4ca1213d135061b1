//! What a bot hears of heartbeats: the venue's own dialect, from nearby.
//!
//! A library for a venue sends what the venue asks for, and some want to hear what the venue says.
//! Between bot and gateway both go on whatever the venue's line does, so they prove nothing of
//! it: they begin when the line is live, and rest while it is not.

use core::time::Duration;

use heartbeat_core::{Layer, Timestamp};
use heartbeat_platforms::Begins;
use heartbeat_testkit::{Dialect, Meaning, OwnedFrame, RuleBook};

/// The venue's side of its heartbeat, towards one bot.
///
/// Every time is the time since the first of January 1970, as a venue's clock has it.
#[derive(Debug)]
pub(crate) struct Face {
    dialect: Box<dyn Dialect>,
    challenges: Option<Beat>,
    beats: Option<Beat>,
    /// Whether what begins by itself has begun.
    begins: Begins,
    is_resting: bool,
}

/// Something that is said again and again.
#[derive(Clone, Copy, Debug)]
struct Beat {
    every: Duration,
    next: Option<Timestamp>,
    serial: u64,
}

/// What becomes of a text message of the bot's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Heard {
    /// It is for the venue.
    ForVenue(Meaning),
    /// It was a heartbeat. What to say to it, nothing perhaps.
    Heartbeat(Option<OwnedFrame>),
}

impl Face {
    /// Begins to sound like a venue, and rests.
    pub(crate) fn new(venue: &RuleBook, faster: u32) -> Self {
        let rules = venue.rules_of();
        let beat = |every: Duration| Beat { every: every / faster, next: None, serial: 0 };
        // Ping frames are no matter of the dialect: the bot gets those that judge it anyway.
        let said = rules.challenge.filter(|challenge| challenge.layer == Layer::Dialect);
        Self {
            dialect: venue.dialect(),
            challenges: said.map(|challenge| beat(challenge.every)),
            beats: rules.beat_every.map(beat),
            begins: rules.begins,
            is_resting: true,
        }
    }

    /// Begins again what the venue says by itself.
    pub(crate) fn wake(&mut self, now: Timestamp) {
        self.is_resting = false;
        if self.begins == Begins::Opening {
            self.begin(now);
        }
    }

    /// Says nothing by itself any more: the venue may be dead.
    pub(crate) fn rest(&mut self) {
        self.is_resting = true;
    }

    fn begin(&mut self, now: Timestamp) {
        for beat in [&mut self.challenges, &mut self.beats].into_iter().flatten() {
            beat.next = Some(now.saturating_add(beat.every));
        }
    }

    /// Says whether a message of the bot's is a heartbeat.
    pub(crate) fn hear(&mut self, now: Timestamp, text: &str) -> Heard {
        match self.dialect.read(now, text) {
            Meaning::Probe { answer: reply, .. } | Meaning::Response { reply, .. } => {
                Heard::Heartbeat(self.packed(reply))
            }
            Meaning::Arm { reply, every } => {
                for beat in [&mut self.challenges, &mut self.beats].into_iter().flatten() {
                    beat.every = every.unwrap_or(beat.every);
                }
                self.begin(now);
                Heard::Heartbeat(self.packed(reply))
            }
            Meaning::Disarm { reply } => {
                for beat in [&mut self.challenges, &mut self.beats].into_iter().flatten() {
                    beat.next = None;
                }
                Heard::Heartbeat(self.packed(reply))
            }
            meaning => {
                if self.begins == Begins::Subscription && starts_something(&meaning) {
                    self.begin(now);
                }
                Heard::ForVenue(meaning)
            }
        }
    }

    /// Returns what the venue would say now, one thing at a time.
    pub(crate) fn poll(&mut self, now: Timestamp) -> Option<OwnedFrame> {
        if self.is_resting {
            return None;
        }
        let said = if let Some(serial) = due(&mut self.challenges, now) {
            self.dialect.challenge(now, serial).text
        } else {
            self.dialect.beat(now, due(&mut self.beats, now)?)
        };
        self.packed(said)
    }

    /// Returns when there will be something to say.
    pub(crate) fn next(&self) -> Option<Timestamp> {
        let beats = [self.challenges, self.beats];
        let next = beats.into_iter().flatten().filter_map(|beat| beat.next).min();
        next.filter(|_| !self.is_resting)
    }

    fn packed(&self, text: String) -> Option<OwnedFrame> {
        (!text.is_empty()).then(|| self.dialect.pack(text))
    }
}

/// Counts one that is due, and returns its number. One that was missed is not made up for.
fn due(beat: &mut Option<Beat>, now: Timestamp) -> Option<u64> {
    let beat = beat.as_mut().filter(|beat| beat.next.is_some_and(|next| next <= now))?;
    beat.serial += 1;
    beat.next = Some(now.saturating_add(beat.every));
    Some(beat.serial)
}

/// Tells whether a message asks for data.
fn starts_something(meaning: &Meaning) -> bool {
    match meaning {
        Meaning::Streams(_) | Meaning::Subscribe { .. } => true,
        Meaning::Several(meanings) => meanings.iter().any(starts_something),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use heartbeat_platforms::Exchange;

    use super::*;

    fn at(millis: u64) -> Timestamp {
        Timestamp::from_millis(1_767_225_600_000 + millis)
    }

    fn text(frame: &OwnedFrame) -> &str {
        match frame {
            OwnedFrame::Text(text) => text,
            _ => panic!("{frame:?}"),
        }
    }

    #[test]
    fn a_ping_of_the_dialect_is_answered_and_an_order_is_the_venues() {
        let mut okx = Face::new(&Exchange::Okx.into(), 1);
        assert_eq!(
            okx.hear(at(0), "ping"),
            Heard::Heartbeat(Some(OwnedFrame::Text("pong".to_owned())))
        );
        for order in [r#"{"op":"order","args":[{}]}"#, "pong", "Ping", ""] {
            assert!(matches!(okx.hear(at(0), order), Heard::ForVenue(_)), "{order}");
        }
        assert_eq!((okx.next(), okx.poll(at(60_000))), (None, None), "it says nothing by itself");
    }

    #[test]
    fn what_has_to_be_armed_begins_when_it_is_and_rests_with_the_line() {
        let mut deribit = Face::new(&Exchange::Deribit.into(), 1);
        deribit.wake(at(0));
        assert_eq!(deribit.poll(at(100_000)), None);
        let arm =
            r#"{"jsonrpc":"2.0","id":7,"method":"public/set_heartbeat","params":{"interval":10}}"#;
        let Heard::Heartbeat(Some(reply)) = deribit.hear(at(100_000), arm) else { panic!() };
        assert!(text(&reply).contains(r#""id":7"#), "{reply:?}");
        let due = deribit.next().unwrap();
        assert_eq!(deribit.poll(Timestamp::from_nanos(due.as_nanos() - 1)), None);
        let challenge = deribit.poll(due).unwrap();
        assert!(text(&challenge).contains("test_request"), "{challenge:?}");
        let response = r#"{"jsonrpc":"2.0","id":8,"method":"public/test","params":{}}"#;
        assert!(matches!(deribit.hear(due, response), Heard::Heartbeat(_)));
        deribit.rest();
        assert_eq!((deribit.next(), deribit.poll(at(1_000_000))), (None, None));
        deribit.wake(at(1_000_000));
        assert!(deribit.poll(at(1_000_000)).is_some(), "it stays armed");
    }

    #[test]
    fn what_the_venue_packs_is_packed() {
        let mut htx = Face::new(&Exchange::HtxMarket.into(), 1);
        htx.wake(at(0));
        let challenge = htx.next().and_then(|due| htx.poll(due));
        assert!(matches!(challenge, Some(OwnedFrame::Binary(_))), "{challenge:?}");
    }
}
