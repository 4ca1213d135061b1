//! Hibachi's account stream: each ping repeats the key of the stream and the account.
//!
//! Sources: `hibachi-xyz/hibachi_sdk` 0b1dc27, which pings after 15 s of silence, read 2026-11-25.
//! For the market's socket no ping was found, nor how long either bears silence.

use core::fmt;

use heartbeat_core::{
    ConfigBuilder, Detector, Frame, Outbox, OutboxError, Platform, ProbeId, Responder, Signal,
};

use super::{PROBING, Profile, Row, Venue, defaults, rpc};
use crate::credential::{self, Credential, NoCredential};
use crate::json::Json;
use crate::sieve::{Needle, Sieve};
use crate::{Answered, Auth, Confidence, Facts, Rules};

static SIEVE: Sieve<1> = Sieve::new([Needle::new("status")]);

const FACTS: Facts = Facts {
    answers_pings: Answered::Presumed {
        why: "its clients keep the ping frames of the Python package websockets on",
    },
    sources: "hibachi-xyz/hibachi_sdk 0b1dc27",
    read: "2026-11-25",
    confidence: Confidence::Medium,
    ..Facts::UNKNOWN
};

/// Hibachi's dialect on its account stream.
///
/// With a [credential](Self::with_credential), whose fields are `accountId`, a number, and
/// `listenKey`, it probes by the venue's ping; without one by ping frames. The venue wants the time
/// in its ping, so that a driver must say what the wall clock reads.
#[derive(Clone, Copy, Default)]
pub struct HibachiAccount<C = NoCredential> {
    credential: C,
    has_credential: bool,
}

impl<C: Credential> HibachiAccount<C> {
    /// Makes the dialect with what writes the account and the key of its stream.
    pub const fn with_credential(credential: C) -> Self {
        Self { credential, has_credential: true }
    }
}

/// The credential is not shown.
impl<C> fmt::Debug for HibachiAccount<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let secret = if self.has_credential { "a secret" } else { "none" };
        write!(f, "HibachiAccount({secret})")
    }
}

impl Venue for HibachiAccount {
    const STANDARD: Self = Self { credential: NoCredential, has_credential: false };

    const PROFILE: Profile = Profile {
        name: "hibachi-account",
        endpoints: &[Row::production("wss://api.hibachi.xyz/ws/account").auth(Auth::Headers)],
        rules: Rules::NONE,
        facts: FACTS,
    };
}

impl<C> Detector for HibachiAccount<C> {
    fn classify(&self, frame: Frame<'_>) -> Signal {
        SIEVE.classify(frame, read)
    }
}

/// Reads `{"id":7,"status":200}`: any reply may look so, so that the id decides.
fn read(message: Json<'_>) -> Option<Signal> {
    let [id, status] = message.pick(["id", "status"])?;
    let probe = rpc::numbered(id?).filter(|_| status.and_then(Json::as_u64) == Some(200))?;
    Some(Signal::Answer { probe: Some(probe) })
}

impl<C: Credential> Responder for HibachiAccount<C> {
    fn respond(&self, _token: &[u8], _out: &mut Outbox) -> Result<(), OutboxError> {
        Ok(()) // The venue challenges nobody.
    }

    fn probe(&self, id: ProbeId, out: &mut Outbox) -> Result<(), OutboxError> {
        if !self.has_credential {
            return out.ping(id.payload().as_bytes());
        }
        let now = out.wall_time().ok_or(OutboxError::NoWallTime)?.as_unix_millis() / 1_000;
        let account = credential::field(&self.credential, "accountId")?;
        let key = credential::field(&self.credential, "listenKey")?;
        let id = rpc::number_of(id);
        // The account is a number, without quotes.
        out.secret_text(format_args!(
            concat!(
                r#"{{"id":{id},"method":"stream.ping","#,
                r#""params":{{"accountId":{account},"listenKey":"{key}"}},"timestamp":{now}}}"#,
            ),
            id = id,
            account = account,
            key = key,
            now = now,
        ))
    }
}

impl<C: Credential> Platform for HibachiAccount<C> {
    fn name(&self) -> &str {
        HibachiAccount::PROFILE.name
    }

    fn defaults(&self) -> ConfigBuilder {
        defaults(&Rules::NONE).probing(PROBING)
    }
}
