//! What RFC 6455 forbids a client, and the close code that each breach gets.

use core::fmt;

use heartbeat_platforms::CloseRule;

/// What a client did that no WebSocket client may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum WireError {
    /// A reserved bit is set, though no extension was agreed on.
    ReservedBits,
    /// The opcode is one of those that are reserved.
    ReservedOpcode {
        /// The opcode, from 3 to 7 or from 11 to 15.
        opcode: u8,
    },
    /// A frame is not masked.
    Unmasked,
    /// A frame is masked, and comes from a server.
    Masked,
    /// A length is not written in the fewest bytes, or has its highest bit set.
    BadLength,
    /// A message is longer than the mock takes.
    TooLong {
        /// Its length so far, in bytes.
        len: u64,
        /// The most that is taken.
        max: usize,
    },
    /// A control frame is fragmented, or longer than 125 bytes.
    BadControl,
    /// A continuation came without a beginning, or a beginning inside a message.
    BadFragment,
    /// A text message or a close reason is not UTF-8.
    NotUtf8,
    /// A close frame has a payload of one byte.
    BadClose,
    /// A close frame has a code that may not travel.
    BadCloseCode {
        /// The code.
        code: u16,
    },
}

impl WireError {
    /// Returns the breach as one lower-case word, for logs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ReservedBits => "reserved_bits",
            Self::ReservedOpcode { .. } => "reserved_opcode",
            Self::Unmasked => "unmasked",
            Self::Masked => "masked",
            Self::BadLength => "bad_length",
            Self::TooLong { .. } => "message_too_long",
            Self::BadControl => "bad_control",
            Self::BadFragment => "bad_fragment",
            Self::NotUtf8 => "not_utf8",
            Self::BadClose => "bad_close",
            Self::BadCloseCode { .. } => "bad_close_code",
        }
    }

    /// Returns how a server fails the connection (RFC 6455, sections 7.1.7 and 7.4.1).
    pub(in crate::mock) const fn close(self) -> CloseRule {
        match self {
            Self::TooLong { .. } => CloseRule::Code { code: 1009, reason: "message too big" },
            Self::NotUtf8 => CloseRule::Code { code: 1007, reason: "text must be utf-8" },
            Self::ReservedBits => CloseRule::Code { code: 1002, reason: "reserved bits are set" },
            Self::ReservedOpcode { .. } => CloseRule::Code { code: 1002, reason: "unknown opcode" },
            Self::Unmasked => CloseRule::Code { code: 1002, reason: "frame is not masked" },
            Self::Masked => CloseRule::Code { code: 1002, reason: "frame is masked" },
            Self::BadLength => CloseRule::Code { code: 1002, reason: "bad length" },
            Self::BadControl => CloseRule::Code { code: 1002, reason: "bad control frame" },
            Self::BadFragment => CloseRule::Code { code: 1002, reason: "bad fragment" },
            Self::BadClose | Self::BadCloseCode { .. } => {
                CloseRule::Code { code: 1002, reason: "bad close frame" }
            }
        }
    }
}

impl fmt::Display for WireError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ReservedBits => f.write_str("reserved bits of a frame must be zero"),
            Self::ReservedOpcode { opcode } => {
                write!(f, "opcode ({opcode}) must be one of 0, 1, 2, 8, 9 and 10")
            }
            Self::Unmasked => f.write_str("frames of a client must be masked"),
            Self::Masked => f.write_str("frames of a server must not be masked"),
            Self::BadLength => f.write_str("length must be written in the fewest bytes"),
            Self::TooLong { len, max } => {
                write!(f, "message ({len} bytes) must be at most {max} bytes long")
            }
            Self::BadControl => {
                f.write_str("control frame must be whole and at most 125 bytes long")
            }
            Self::BadFragment => f.write_str("fragments must continue the message that is begun"),
            Self::NotUtf8 => f.write_str("text must be utf-8"),
            Self::BadClose => f.write_str("close payload must be empty or hold a code"),
            Self::BadCloseCode { code } => {
                write!(f, "close code ({code}) must be one that may be sent")
            }
        }
    }
}

impl core::error::Error for WireError {}

/// Tells whether a close frame may carry `code` (RFC 6455, section 7.4, and the registry): below
/// 1000 nothing is defined, 1004 to 1006 and 1015 never travel, up to 2999 the rest is reserved.
pub(crate) const fn may_travel(code: u16) -> bool {
    matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999)
}
