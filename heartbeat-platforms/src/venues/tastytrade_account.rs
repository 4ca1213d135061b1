//! tastytrade's account streamer: each heartbeat repeats the token of the session, so that a token
//! that was renewed has to reach it.
//!
//! Sources: `QuantConnect/Lean.Brokerages.Tastytrade` 84c03e8, tests; `tastyware/tastytrade`
//! 02bb764; read 2026-11-25. How long the venue bears silence was not found.

use core::fmt;

use heartbeat_core::{
    ConfigBuilder, Detector, Frame, Outbox, OutboxError, Platform, ProbeId, Responder, Signal,
};

use super::{PROBING, Profile, Row, Venue, defaults, rpc};
use crate::credential::{self, Credential, NoCredential};
use crate::json::Json;
use crate::sieve::{Needle, Sieve};
use crate::{Answered, Auth, Confidence, Facts, Rules};

static SIEVE: Sieve<1> = Sieve::new([Needle::new("heartbeat")]);

const FACTS: Facts = Facts {
    answers_pings: Answered::Presumed {
        why: "its clients keep the ping frames of the Python package websockets on",
    },
    sources: "QuantConnect/Lean.Brokerages.Tastytrade 84c03e8; tastyware/tastytrade 02bb764",
    read: "2026-11-25",
    confidence: Confidence::Medium,
    ..Facts::UNKNOWN
};

/// tastytrade's dialect on its account streamer.
///
/// With a [credential](Self::with_credential), whose field is `auth-token`, it probes by the
/// venue's heartbeat; without one by ping frames, and the venue ends the session when it likes.
#[derive(Clone, Copy, Default)]
pub struct TastytradeAccount<C = NoCredential> {
    credential: C,
    has_credential: bool,
}

impl<C: Credential> TastytradeAccount<C> {
    /// Makes the dialect with what writes the token: `Bearer` and an access token, or that of a
    /// session.
    ///
    /// ```
    /// use core::fmt;
    /// use heartbeat_core::{Frame, Outbox, ProbeId, Responder};
    /// use heartbeat_platforms::Credential;
    /// use heartbeat_platforms::venues::tastytrade_account::TastytradeAccount;
    ///
    /// struct Token;
    ///
    /// impl Credential for Token {
    ///     fn write(&self, _field: &str, out: &mut dyn fmt::Write) -> fmt::Result {
    ///         out.write_str("Bearer t-1")
    ///     }
    /// }
    ///
    /// let account = TastytradeAccount::with_credential(Token);
    /// let mut out = Outbox::new();
    /// account.probe(ProbeId::from_number(7), &mut out).unwrap();
    /// let Some(Frame::Text(heartbeat)) = out.frame() else { panic!() };
    /// assert!(heartbeat.contains(r#""auth-token":"Bearer t-1""#));
    /// assert_eq!(format!("{account:?}"), "TastytradeAccount(a secret)");
    /// ```
    pub const fn with_credential(credential: C) -> Self {
        Self { credential, has_credential: true }
    }
}

/// The credential is not shown.
impl<C> fmt::Debug for TastytradeAccount<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let secret = if self.has_credential { "a secret" } else { "none" };
        write!(f, "TastytradeAccount({secret})")
    }
}

impl Venue for TastytradeAccount {
    const STANDARD: Self = Self { credential: NoCredential, has_credential: false };

    const PROFILE: Profile = Profile {
        name: "tastytrade-account",
        endpoints: &[
            Row::production("wss://streamer.tastyworks.com").auth(Auth::Message),
            Row::demo("cert", "wss://streamer.cert.tastyworks.com").auth(Auth::Message),
        ],
        rules: Rules::NONE,
        facts: FACTS,
    };
}

impl<C> Detector for TastytradeAccount<C> {
    fn classify(&self, frame: Frame<'_>) -> Signal {
        SIEVE.classify(frame, read)
    }
}

fn read(message: Json<'_>) -> Option<Signal> {
    let [status, action, id] = message.pick(["status", "action", "request-id"])?;
    if !action?.is("heartbeat") || !status?.is("ok") {
        return None;
    }
    // The application may say so as well, with an id of its own.
    Some(rpc::pong(id.and_then(rpc::numbered)))
}

impl<C: Credential> Responder for TastytradeAccount<C> {
    fn respond(&self, _token: &[u8], _out: &mut Outbox) -> Result<(), OutboxError> {
        Ok(()) // The venue challenges nobody.
    }

    fn probe(&self, id: ProbeId, out: &mut Outbox) -> Result<(), OutboxError> {
        if !self.has_credential {
            return out.ping(id.payload().as_bytes());
        }
        let token = credential::field(&self.credential, "auth-token")?;
        let id = rpc::number_of(id);
        out.secret_text(format_args!(
            r#"{{"action":"heartbeat","auth-token":"{token}","request-id":{id}}}"#
        ))
    }
}

impl<C: Credential> Platform for TastytradeAccount<C> {
    fn name(&self) -> &str {
        TastytradeAccount::PROFILE.name
    }

    fn defaults(&self) -> ConfigBuilder {
        defaults(&Rules::NONE).probing(PROBING)
    }
}
