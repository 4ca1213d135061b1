//! LATOKEN, by STOMP: both sides say in a header how often they beat, and beat by a single line
//! end.
//!
//! The platform sends `CONNECT`, without which the venue closes; who has to log in connects by
//! himself, with [`Latoken::BY_APPLICATION`], and asks for the same heart-beat. Each direction
//! beats at the larger of what its sender can and what its receiver wants; a zero on either side
//! switches it off.
//!
//! Sources: STOMP 1.2, "Heart-beating"; `stomp-js/stompjs` 4eaed27, which bears twice the period;
//! a third party's measurements on live sockets, 2026-09 ("measured" below); read 2026-11-25.

use core::time::Duration;

use heartbeat_core::{
    Clock, ConfigBuilder, Detector, Frame, Heard, Outbox, OutboxError, Patience, Platform, ProbeId,
    Responder, Signal, Terms, TermsRange,
};

use super::{Profile, Row, Venue, defaults};
use crate::{Auth, Begins, BrokenBy, CloseRule, Confidence, Facts, Rules, SilenceRule};

/// What we offer and want, each way.
const OURS: Duration = Duration::from_secs(10);

/// The longest frame in bytes in which a heart-beat is looked for.
const LONGEST: usize = 512;

const TERMS: TermsRange =
    TermsRange { shortest: Duration::from_secs(2), longest: Duration::from_secs(29) };

/// LATOKEN's dialect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Latoken {
    connects: bool,
}

impl Latoken {
    /// Sends `CONNECT` by itself, for what is public.
    pub const OPEN: Self = Self { connects: true };

    /// Leaves `CONNECT` to the application, which has to log in by it. It must ask for
    /// `heart-beat:10000,10000`.
    pub const BY_APPLICATION: Self = Self { connects: false };
}

impl Default for Latoken {
    /// Makes the dialect for what is public, [`OPEN`](Self::OPEN).
    fn default() -> Self {
        Self::OPEN
    }
}

impl Detector for Latoken {
    fn classify(&self, frame: Frame<'_>) -> Signal {
        let bytes = match frame {
            Frame::Text(text) => text.as_bytes(),
            Frame::Binary(bytes) => bytes,
            Frame::Ping(_) | Frame::Pong(_) | Frame::Close { .. } => {
                return Signal::of_control(frame);
            }
        };
        if bytes == b"\n" || bytes == b"\r\n" {
            return Signal::Beat { counter: None };
        }
        read(bytes).unwrap_or(Signal::Data)
    }
}

/// Reads the reply to `CONNECT`.
fn read(bytes: &[u8]) -> Option<Signal> {
    if bytes.len() > LONGEST {
        return None;
    }
    let text = core::str::from_utf8(bytes.strip_suffix(b"\0")?).ok()?;
    if text.contains('\0') {
        return None; // More than one frame.
    }
    let mut lines = text.split('\n').map(|line| line.strip_suffix('\r').unwrap_or(line));
    match lines.next()? {
        "CONNECTED" => {}
        "ERROR" => return Some(Signal::ArmRefused),
        _ => return None,
    }
    // Of a header that comes again the first counts, as STOMP 1.2 has it. An empty line ends them.
    let mut headers = lines.take_while(|line| !line.is_empty());
    let beats = headers.find_map(|line| line.strip_prefix("heart-beat:"));
    let (can, wants) = match beats {
        Some(beats) => {
            let (can, wants) = beats.split_once(',')?;
            (millis(can)?, millis(wants)?)
        }
        None => (Duration::ZERO, Duration::ZERO),
    };
    let agreed = |theirs: Duration| (!theirs.is_zero()).then_some(theirs.max(OURS));
    let heard = agreed(can).map(|every| Heard {
        // It beats only where it has nothing else to say.
        clock: Clock::Transport,
        // One that is lost is borne, as our own missing ones are.
        within: every.saturating_add(every.saturating_mul(3).checked_div(2).unwrap_or(every)),
    });
    // Measured: who has missed three is closed.
    let silence = agreed(wants).map(|every| every.saturating_mul(3));
    let terms = Terms { heard, patience: Patience { response: None, silence } };
    Some(Signal::Terms { terms, arms: true })
}

fn millis(digits: &str) -> Option<Duration> {
    let is_number = digits.bytes().all(|byte| byte.is_ascii_digit());
    digits.parse().ok().filter(|_| is_number).map(Duration::from_millis)
}

impl Responder for Latoken {
    fn respond(&self, _token: &[u8], _out: &mut Outbox) -> Result<(), OutboxError> {
        Ok(()) // The venue challenges nobody.
    }

    fn arm(&self, out: &mut Outbox) -> Result<(), OutboxError> {
        if !self.connects {
            return Ok(());
        }
        let ours = OURS.as_millis();
        out.text(format_args!("CONNECT\naccept-version:1.1,1.2\nheart-beat:{ours},{ours}\n\n\0"))
    }

    fn probe(&self, _id: ProbeId, _out: &mut Outbox) -> Result<(), OutboxError> {
        Ok(()) // Whether ping frames are answered was not found.
    }

    fn keepalive(&self, out: &mut Outbox) -> Result<(), OutboxError> {
        out.text(format_args!("\n"))
    }
}

const RULES: Rules = Rules {
    beat_every: Some(OURS),
    begins: Begins::Arming,
    // Measured: 60.5 s without `CONNECT`.
    subscribe_within: Some(Duration::from_secs(60)),
    silence: Some(SilenceRule {
        // Measured: 30.7 s, three beats missed, where 10 s were agreed upon.
        limit: Duration::from_secs(30),
        broken_by: BrokenBy::ClientMessage,
        counts_pings: false,
    }),
    heartbeat_close: CloseRule::Code { code: 1000, reason: "" },
    ..Rules::NONE
};

const FACTS: Facts = Facts {
    heartbeat_failure_codes: &[1000],
    assumed: &["that it takes text as well as the binary messages that it sends"],
    sources: "STOMP 1.2; stomp-js/stompjs 4eaed27; measured by a third party, 2026-09",
    read: "2026-11-25",
    confidence: Confidence::High,
    ..Facts::UNKNOWN
};

impl Venue for Latoken {
    const STANDARD: Self = Self::OPEN;

    const PROFILE: Profile = Profile {
        name: "latoken",
        endpoints: &[Row::production("wss://api.latoken.com/stomp").auth(Auth::Optional)],
        rules: RULES,
        facts: FACTS,
    };
}

impl Platform for Latoken {
    fn name(&self) -> &str {
        Self::PROFILE.name
    }

    fn defaults(&self) -> ConfigBuilder {
        // Nothing else is known to be answered: the venue's own word is all there is.
        defaults(&RULES).terms(TERMS).keepalive_every(Duration::from_millis(7_500))
    }
}
