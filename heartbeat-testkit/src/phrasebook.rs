//! A dialect in which everything can be said plainly.

use core::time::Duration;

use heartbeat_core::{
    Clock, Config, ConfigBuilder, DeadManRange, Detector, Frame, Heard, Heartbeat, NoticeKind,
    Outbox, OutboxError, Pace, Patience, Platform, ProbeId, Probing, Responder, Safeguard, Signal,
    Terms, Token,
};

/// A platform of no venue, in whose dialect every signal is one word, for tests of what lies
/// around a platform.
///
/// | the venue says | which means |
/// |---|---|
/// | `challenge TOKEN` | a challenge; the response is `response TOKEN` |
/// | `challenge ~TOKEN` | a challenge to which this platform has no response |
/// | `beat`, `beat 7` | a beat, without and with a counter |
/// | `answer`, `answer 7` | the answer to the probe that is out, and to probe 7 |
/// | `armed`, `refused` | the reply to `arm` |
/// | `granted dead-man`, `denied dead-man` | the reply to `dead-man MILLISECONDS` |
/// | `granted cancel`, `denied cancel` | the reply to `cancel` |
/// | `terms session 9000 5000 -` | terms: heard within 9 s, responses within 5 s, no word of silence |
/// | `agreed session 9000 5000 -` | the same, and the reply to `arm` |
/// | `mixed beat`, `mixed challenge TOKEN` | data, and a heartbeat in the same frame |
/// | `shutdown` | a notice |
/// | anything else | as [`Signal::of_control`] has it |
///
/// ```
/// use heartbeat_core::{Detector, Frame, Signal, Token};
/// use heartbeat_testkit::Phrasebook;
///
/// let plain = Phrasebook::new();
/// assert_eq!(
///     plain.classify(Frame::Text("challenge 42")),
///     Signal::Challenge { token: Token::new(b"42") },
/// );
/// assert_eq!(plain.classify(Frame::Text("beat x")), Signal::Data);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "a platform does something only in a session"]
pub struct Phrasebook {
    arms: bool,
    parts: bool,
    cancels: bool,
    probe: ProbeWord,
}

/// How a [`Phrasebook`] probes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ProbeWord {
    /// By a ping frame.
    Ping,
    /// By the message `probe 7`.
    Text,
    /// Not at all: the platform cannot write what it was asked for.
    Unwritable,
}

impl Phrasebook {
    /// Makes a platform that need not be armed, says no farewell, cannot ask to cancel on
    /// disconnect, and probes by ping frames.
    pub const fn new() -> Self {
        Self { arms: false, parts: false, cancels: false, probe: ProbeWord::Ping }
    }

    /// Sets whether the venue's heartbeat must be armed, by the message `arm`.
    pub const fn arms(mut self, arms: bool) -> Self {
        self.arms = arms;
        self
    }

    /// Sets whether the client parts with the message `farewell`.
    pub const fn parts(mut self, parts: bool) -> Self {
        self.parts = parts;
        self
    }

    /// Sets whether the venue can be asked to cancel on disconnect, by the message `cancel`.
    pub const fn cancels(mut self, cancels: bool) -> Self {
        self.cancels = cancels;
        self
    }

    /// Sets how the client probes.
    pub const fn probe_word(mut self, word: ProbeWord) -> Self {
        self.probe = word;
        self
    }
}

impl Default for Phrasebook {
    fn default() -> Self {
        Self::new()
    }
}

const DEAD_MAN: Safeguard = Safeguard::DeadMan;
const CANCEL: Safeguard = Safeguard::CancelOnDisconnect;

impl Detector for Phrasebook {
    fn classify(&self, frame: Frame<'_>) -> Signal {
        let Frame::Text(text) = frame else {
            return Signal::of_control(frame);
        };
        let (word, rest) = match text.split_once(' ') {
            Some((word, rest)) => (word, Some(rest)),
            None => (text, None),
        };
        let number = rest.map(str::parse::<u32>);
        match (word, rest, number) {
            ("challenge", Some(token), _) => {
                Signal::Challenge { token: Token::new(token.as_bytes()) }
            }
            ("beat", None, _) => Signal::Beat { counter: None },
            ("beat", _, Some(Ok(counter))) => Signal::Beat { counter: Some(u64::from(counter)) },
            ("answer", None, _) => Signal::Answer { probe: None },
            ("answer", _, Some(Ok(number))) => {
                Signal::Answer { probe: Some(ProbeId::from_number(number)) }
            }
            ("armed", None, _) => Signal::Armed,
            ("refused", None, _) => Signal::ArmRefused,
            ("granted", Some("dead-man"), _) => Signal::SafeguardSet { safeguard: DEAD_MAN },
            ("denied", Some("dead-man"), _) => Signal::SafeguardRefused { safeguard: DEAD_MAN },
            ("granted", Some("cancel"), _) => Signal::SafeguardSet { safeguard: CANCEL },
            ("denied", Some("cancel"), _) => Signal::SafeguardRefused { safeguard: CANCEL },
            ("terms" | "agreed", Some(rest), _) => match terms(rest) {
                Some(terms) => Signal::Terms { terms, arms: word == "agreed" },
                None => Signal::Data,
            },
            ("mixed", Some("beat"), _) => Signal::Mixed { heartbeat: Heartbeat::Beat },
            ("mixed", Some(rest), _) => match rest.strip_prefix("challenge ") {
                Some(token) => {
                    let token = Token::new(token.as_bytes());
                    Signal::Mixed { heartbeat: Heartbeat::Challenge { token } }
                }
                None => Signal::Data,
            },
            ("shutdown", None, _) => Signal::Notice { kind: NoticeKind::Shutdown, deadline: None },
            _ => Signal::Data,
        }
    }
}

/// Reads a clock and three times in milliseconds, each of which may be left out as `-`.
fn terms(words: &str) -> Option<Terms> {
    let mut words = words.split(' ');
    let clock = match words.next()? {
        "transport" => Clock::Transport,
        "session" => Clock::Session,
        _ => return None,
    };
    let mut span = || match words.next()? {
        "-" => Some(None),
        millis => millis.parse().ok().map(Duration::from_millis).map(Some),
    };
    let (within, response, silence) = (span()?, span()?, span()?);
    let heard = within.map(|within| Heard { clock, within });
    let patience = Patience { response, silence };
    words.next().is_none().then_some(Terms { heard, patience })
}

impl Responder for Phrasebook {
    fn respond(&self, token: &[u8], out: &mut Outbox) -> Result<(), OutboxError> {
        match token {
            [b'~', ..] => Ok(()),
            _ => out.text_around("response ", token, ""),
        }
    }

    fn arm(&self, out: &mut Outbox) -> Result<(), OutboxError> {
        if self.arms { out.text(format_args!("arm")) } else { Ok(()) }
    }

    fn probe(&self, id: ProbeId, out: &mut Outbox) -> Result<(), OutboxError> {
        match self.probe {
            ProbeWord::Ping => out.ping(id.payload().as_bytes()),
            ProbeWord::Text => out.text(format_args!("probe {id}")),
            ProbeWord::Unwritable => Ok(()),
        }
    }

    fn keepalive(&self, out: &mut Outbox) -> Result<(), OutboxError> {
        out.text(format_args!("keepalive"))
    }

    fn dead_man(&self, timeout: Duration, out: &mut Outbox) -> Result<(), OutboxError> {
        out.text(format_args!("dead-man {}", timeout.as_millis()))
    }

    fn cancel_on_disconnect(&self, out: &mut Outbox) -> Result<(), OutboxError> {
        if self.cancels { out.text(format_args!("cancel")) } else { Ok(()) }
    }

    fn farewell(&self, out: &mut Outbox) -> Result<(), OutboxError> {
        if self.parts { out.text(format_args!("farewell")) } else { Ok(()) }
    }
}

impl Platform for Phrasebook {
    fn name(&self) -> &'static str {
        "phrasebook"
    }

    /// A probe every five seconds, answered within three, three failures in a row; a dead-man
    /// switch, for whoever wants one, of any whole millisecond.
    fn defaults(&self) -> ConfigBuilder {
        let millisecond = Duration::from_millis(1);
        Config::builder()
            .probing(Probing {
                every: Duration::from_secs(5),
                answer_within: Duration::from_secs(3),
                pace: Pace::Unconditional,
            })
            .dead_man_range(DeadManRange {
                shortest: millisecond,
                longest: None,
                step: millisecond,
            })
    }
}
