//! What a frame means to the heartbeat, once a platform has looked at it.

use core::fmt;
use core::time::Duration;

use crate::{Frame, Safeguard, Terms};

/// The meaning of one inbound frame.
///
/// | signal | transport clock | session clock | data clock | goes to the application |
/// |---|---|---|---|---|
/// | [`Data`](Self::Data) | moves | - | moves | yes |
/// | [`Beat`](Self::Beat), [`Challenge`](Self::Challenge) | moves | moves | - | no |
/// | [`Answer`](Self::Answer) to a probe of ours | moves | moves, unless it is a pong | - | no |
/// | [`Armed`](Self::Armed), [`ArmRefused`](Self::ArmRefused) | moves | moves if awaited | - | unless awaited |
/// | [`SafeguardSet`](Self::SafeguardSet), [`SafeguardRefused`](Self::SafeguardRefused) | moves | moves if awaited | - | unless awaited |
/// | [`Terms`](Self::Terms) | moves | moves | - | unless it acknowledges our arming |
/// | [`Mixed`](Self::Mixed) | moves | moves | moves | yes |
/// | everything else | moves | - | - | yes |
///
/// A pong frame proves the transport, not the venue's session: any proxy may have sent it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Signal {
    /// The application's business.
    Data,
    /// A sign of life that needs no answer.
    Beat {
        /// The venue's running number, where it has one.
        counter: Option<u64>,
    },
    /// A message that must be answered.
    Challenge {
        /// What the response has to echo.
        token: Token,
    },
    /// The venue's reply to a probe.
    Answer {
        /// Which probe it answers; `None` where the dialect's answers carry no id, so that
        /// it answers whichever probe is out.
        probe: Option<ProbeId>,
    },
    /// An answer-shaped frame that cannot be the answer to a probe of ours, such as the pong
    /// to a ping that the application sent. It is life, but it is no answer and no data.
    Unsolicited,
    /// The venue accepted the arming message.
    Armed,
    /// The venue refused the arming message.
    ArmRefused,
    /// The venue states how its heartbeat goes on this connection. Taken where the settings have a
    /// [range](crate::ConfigBuilder::terms) for it.
    Terms {
        /// What it states.
        terms: Terms,
        /// Whether the message also accepts an arming message, as [`Armed`](Self::Armed) does.
        arms: bool,
    },
    /// The venue accepted what [`dead_man`](crate::Responder::dead_man) or
    /// [`cancel_on_disconnect`](crate::Responder::cancel_on_disconnect) asked for.
    SafeguardSet {
        /// The safeguard.
        safeguard: Safeguard,
    },
    /// The venue refused it.
    SafeguardRefused {
        /// The safeguard.
        safeguard: Safeguard,
    },
    /// Several messages in one frame: a heartbeat of the venue's, and the application's data. It is
    /// both, and neither is lost for the other.
    Mixed {
        /// The heartbeat.
        heartbeat: Heartbeat,
    },
    /// The venue announces that it will end the connection, or a change of its state.
    Notice {
        /// What it announces.
        kind: NoticeKind,
        /// How long it gives us, where it says so.
        deadline: Option<Duration>,
    },
    /// The venue began the closing handshake.
    Close {
        /// The close code, if the frame carried one.
        code: Option<u16>,
    },
}

impl Signal {
    /// Gives a frame the meaning it has by RFC 6455 alone, whatever the venue.
    ///
    /// A ping is a challenge, a pong that carries one of our payloads an answer, and every
    /// text or binary message is data. Platforms call it for the frames that their dialect
    /// does not speak in.
    ///
    /// ```
    /// use heartbeat_core::{Frame, ProbeId, Signal};
    ///
    /// let probe = ProbeId::from_number(7);
    /// assert_eq!(
    ///     Signal::of_control(Frame::Pong(probe.payload().as_bytes())),
    ///     Signal::Answer { probe: Some(probe) },
    /// );
    /// // The pong to a ping of the application's, or to nobody's.
    /// assert_eq!(Signal::of_control(Frame::Pong(b"7")), Signal::Unsolicited);
    /// ```
    pub fn of_control(frame: Frame<'_>) -> Self {
        match frame {
            Frame::Text(_) | Frame::Binary(_) => Self::Data,
            Frame::Ping(payload) => Self::Challenge { token: Token::new(payload) },
            Frame::Pong(payload) => match ProbeId::from_payload(payload) {
                Some(probe) => Self::Answer { probe: Some(probe) },
                None => Self::Unsolicited,
            },
            Frame::Close { code, .. } => Self::Close { code },
        }
    }
}

/// A heartbeat that shares its frame with data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Heartbeat {
    /// As [`Signal::Beat`], without a counter.
    Beat,
    /// As [`Signal::Challenge`].
    Challenge {
        /// What the response has to echo.
        token: Token,
    },
    /// As [`Signal::Terms`].
    Terms {
        /// What it states.
        terms: Terms,
        /// Whether it also accepts an arming message.
        arms: bool,
    },
}

/// What a venue's notice announces.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum NoticeKind {
    /// The server or the connection will be closed; reconnect now.
    Shutdown,
    /// Maintenance begins; the connection stays, its data stops.
    MaintenanceStarted,
    /// Maintenance is over; subscribe again.
    MaintenanceEnded,
    /// The session of the credentials is over, such as that of a listen key or a token. The
    /// socket stays, its pings are answered, and the streams that need the session are mute:
    /// connect anew with fresh credentials.
    SessionExpired,
}

impl NoticeKind {
    /// Returns the kind as one lower-case word, for logs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Shutdown => "shutdown",
            Self::MaintenanceStarted => "maintenance_started",
            Self::MaintenanceEnded => "maintenance_ended",
            Self::SessionExpired => "session_expired",
        }
    }
}

/// The number of a probe, unique within its session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ProbeId(u32);

/// What every ping payload of ours begins with.
const PAYLOAD_PREFIX: &[u8] = b"hb-";

impl ProbeId {
    /// Makes the id with this number.
    pub const fn from_number(number: u32) -> Self {
        Self(number)
    }

    /// Returns the number.
    pub const fn number(self) -> u32 {
        self.0
    }

    /// Returns the payload of the ping frame that carries this probe: `hb-` and the number.
    pub fn payload(self) -> PingPayload {
        let mut payload = PingPayload { len: 0, bytes: [0; PingPayload::CAPACITY] };
        let mut digits = [0u8; 10];
        let mut rest = self.0;
        let mut count = 0usize;
        for slot in digits.iter_mut().rev() {
            *slot = b'0'.wrapping_add(u8::try_from(rest % 10).unwrap_or(0));
            rest /= 10;
            count = count.saturating_add(1);
            if rest == 0 {
                break;
            }
        }
        let used = digits.iter().skip(digits.len().saturating_sub(count));
        for (slot, byte) in payload.bytes.iter_mut().zip(PAYLOAD_PREFIX.iter().chain(used)) {
            *slot = *byte;
            payload.len = payload.len.saturating_add(1);
        }
        payload
    }

    /// Reads the id out of a pong's payload; `None` if the payload is not one of ours.
    ///
    /// Only the exact bytes that [`payload`](Self::payload) writes are accepted: no sign, no
    /// leading zero, no surplus byte.
    pub fn from_payload(payload: &[u8]) -> Option<Self> {
        let digits = payload.strip_prefix(PAYLOAD_PREFIX)?;
        match digits {
            [] | [b'0', _, ..] => return None,
            _ if digits.len() > 10 => return None,
            _ => {}
        }
        let mut number = 0u32;
        for byte in digits {
            let digit = u32::from(byte.checked_sub(b'0').filter(|digit| *digit < 10)?);
            number = number.checked_mul(10)?.checked_add(digit)?;
        }
        Some(Self(number))
    }

    /// Returns the id that follows, starting over after the last.
    pub(crate) const fn next(self) -> Self {
        Self(self.0.wrapping_add(1))
    }
}

impl fmt::Display for ProbeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The bytes of a ping frame that carries a [`ProbeId`].
#[derive(Clone, Copy, Debug)]
pub struct PingPayload {
    len: usize,
    bytes: [u8; Self::CAPACITY],
}

impl PingPayload {
    const CAPACITY: usize = PAYLOAD_PREFIX.len() + 10;

    /// Returns the payload.
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }
}

/// What the response to a challenge must echo, copied out of the frame.
///
/// Copied, because a challenge outlives its frame, and may have been read from an inflated copy
/// of it. A part that is longer than [`CAPACITY`](Self::CAPACITY) makes the challenge
/// unanswerable, which is counted and reported; no venue known to us comes near.
///
/// ```
/// use heartbeat_core::Token;
///
/// assert_eq!(Token::new(b"1492420473027").as_bytes(), Some(&b"1492420473027"[..]));
/// assert_eq!(Token::default().as_bytes(), Some(&b""[..]));
/// assert_eq!(Token::new(&[b'x'; Token::CAPACITY + 1]).as_bytes(), None);
/// ```
#[derive(Clone, Copy)]
pub struct Token {
    /// `None` if what had to be copied did not fit.
    len: Option<u8>,
    bytes: [u8; Self::CAPACITY],
}

impl Token {
    /// The longest token in bytes: the longest payload of a control frame.
    pub const CAPACITY: usize = 125;

    /// Copies `bytes`.
    pub fn new(bytes: &[u8]) -> Self {
        let mut token = Self { len: None, bytes: [0; Self::CAPACITY] };
        if let Some(room) = token.bytes.get_mut(..bytes.len()) {
            room.copy_from_slice(bytes);
            token.len = u8::try_from(bytes.len()).ok();
        }
        token
    }

    /// Returns what is to be echoed, or `None` if it did not fit.
    pub fn as_bytes(&self) -> Option<&[u8]> {
        self.bytes.get(..usize::from(self.len?))
    }
}

/// The token of a challenge that wants nothing echoed.
impl Default for Token {
    fn default() -> Self {
        Self::new(b"")
    }
}

impl PartialEq for Token {
    fn eq(&self, other: &Self) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

impl Eq for Token {}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.as_bytes() {
            Some(bytes) => write!(f, "Token(\"{}\")", bytes.escape_ascii()),
            None => f.write_str("Token(too long)"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_payload_reads_back_as_its_probe_and_nothing_else_does() {
        for number in [0, 1, 9, 10, 4_294_967_295] {
            let probe = ProbeId::from_number(number);
            assert_eq!(ProbeId::from_payload(probe.payload().as_bytes()), Some(probe));
        }
        for foreign in ["", "hb-", "hb-01", "hb-+1", "hb-1 ", "HB-1", "1", "hb-4294967296"] {
            assert_eq!(ProbeId::from_payload(foreign.as_bytes()), None, "{foreign:?}");
        }
    }

    #[test]
    fn a_token_holds_a_control_frames_longest_payload_and_no_more() {
        let bytes = [7u8; 126];
        assert_eq!(Token::new(&bytes[..125]).as_bytes(), Some(&bytes[..125]));
        assert_eq!(Token::new(&bytes).as_bytes(), None);
        assert_ne!(Token::new(&bytes), Token::default());
    }
}
