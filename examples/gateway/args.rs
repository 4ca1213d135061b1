//! The command line, and the file that can stand in its place.

use core::net::SocketAddr;
use core::num::{NonZeroU32, NonZeroUsize};
use core::time::Duration;
use std::fs;
use std::path::{Path, PathBuf};

use clap::{Parser, ValueEnum};
use heartbeat_examples::duration;
use heartbeat_examples::endpoint::{Named, named};
use heartbeat_tokio::Overflow;
use serde::Deserialize;

/// Holds the connections to exchanges for bots in any language: answers the heartbeats of both
/// sides, and tells each bot when what it sees can no longer be trusted.
///
/// A bot connects to `ws://HOST:PORT/NAME`, followed by the venue's own path and query.
#[derive(Debug, Parser)]
#[command(
    name = "gateway",
    after_help = "Exit code: 0 if it was ended by a signal or its duration, 1 if it could not \
                  serve, 2 for bad arguments."
)]
pub(crate) struct Args {
    /// Where bots connect; port 0 lets the system choose.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:9000")]
    pub(crate) listen: SocketAddr,

    /// A venue, perhaps one of its endpoints, and perhaps where it is: `okx`, `okx/demo-private`,
    /// `deribit=wss://test.deribit.com/ws/api/v2`. May be given several times.
    #[arg(long = "exchange", value_name = "NAME[/ENDPOINT][=URL]", value_parser = venue,
          required_unless_present = "config")]
    pub(crate) venues: Vec<Venue>,

    /// Where the only venue is, in place of the endpoint's own URL.
    #[arg(long)]
    pub(crate) url: Option<String>,

    /// Connect to production where no URL is given.
    #[arg(long)]
    pub(crate) production: bool,

    /// A file that names venues, each with settings of its own.
    #[arg(long, value_name = "PATH")]
    pub(crate) config: Option<PathBuf>,

    /// A certificate to trust besides the usual ones, as PEM.
    #[arg(long, value_name = "PATH")]
    pub(crate) ca: Option<PathBuf>,

    /// Go through an HTTP proxy, `http://HOST:PORT`.
    #[arg(long, value_name = "URL")]
    pub(crate) proxy: Option<String>,

    /// How long a bot may show no sign of life, no frame and no answer to a ping, before it is
    /// dead and its connection to the venue is closed.
    #[arg(long, value_name = "SPAN", default_value = "30s", value_parser = duration)]
    pub(crate) bot_within: Duration,

    /// How long a bot waits for the venue at most before its own connection is refused.
    #[arg(long, value_name = "SPAN", default_value = "8s", value_parser = duration)]
    pub(crate) connect_within: Duration,

    /// How old a message may be, from the venue's socket to the bot's, before the bot is told.
    #[arg(long, value_name = "SPAN", default_value = "5s", value_parser = duration)]
    pub(crate) stale_after: Duration,

    /// How much may wait for a bot to read it.
    #[arg(long, value_name = "BYTES", default_value = "4194304")]
    pub(crate) queue_bytes: NonZeroUsize,

    /// What becomes of more.
    #[arg(long, value_enum, default_value_t = OnOverflow::DropOldest)]
    pub(crate) overflow: OnOverflow,

    /// What to say to the venue when the bot is gone without a word, such as a message that cancels
    /// all orders.
    #[arg(long, value_name = "TEXT")]
    pub(crate) farewell: Option<String>,

    /// Keep a bot's connection when the venue's is lost or changed, ask for its subscriptions
    /// again, and say where something may be missing.
    #[arg(long)]
    pub(crate) resume: bool,

    /// What a bot is told then: `{cause}`, `{from_ms}`, `{to_ms}` (of the clock on the wall) and
    /// `{span_ms}` are filled in.
    #[arg(long, value_name = "TEXT", default_value = GAP)]
    pub(crate) gap_message: String,

    /// What a bot is told before it gets what is older than --stale-after: `{behind_ms}` is filled
    /// in. Nothing if empty.
    #[arg(long, value_name = "TEXT", default_value = STALE)]
    pub(crate) stale_message: String,

    /// How many bots there are at most.
    #[arg(long, value_name = "N", default_value = "256")]
    pub(crate) bots_max: NonZeroU32,

    /// A name under which bots may ask, besides loopback names and the address that was bound; may
    /// be given several times.
    #[arg(long, value_name = "NAME")]
    pub(crate) host: Vec<String>,

    /// How many times faster than the real ones the venues are, where they are mock exchanges.
    #[arg(long, value_name = "N", default_value = "1")]
    pub(crate) time_scale: NonZeroU32,

    /// How long to serve; until interrupted if left out.
    #[arg(long, value_parser = duration)]
    pub(crate) duration: Option<Duration>,

    /// How to report: for people, or one JSON object a line.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub(crate) format: Format,
}

const GAP: &str = concat!(
    r#"{"gateway":"gap","cause":"{cause}","from_ms":{from_ms},"to_ms":{to_ms},"#,
    r#""span_ms":{span_ms}}"#
);
const STALE: &str = r#"{"gateway":"stale","behind_ms":{behind_ms}}"#;

/// How to report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// One line for each thing that happens.
    Human,
    /// One JSON object a line.
    Json,
}

/// What becomes of what finds no room in a bot's queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum OnOverflow {
    /// What has waited longest is dropped.
    DropOldest,
    /// What comes is dropped.
    DropNewest,
    /// The connection is closed.
    Disconnect,
}

impl From<OnOverflow> for Overflow {
    fn from(chosen: OnOverflow) -> Self {
        match chosen {
            OnOverflow::DropOldest => Self::DropOldest,
            OnOverflow::DropNewest => Self::DropNewest,
            OnOverflow::Disconnect => Self::Disconnect,
        }
    }
}

/// A venue to hold connections to.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Venue {
    #[serde(rename = "exchange", deserialize_with = "read_name")]
    pub(crate) named: Named,
    /// Under which first part of a path; the venue's name if left out.
    pub(crate) path: Option<String>,
    pub(crate) url: Option<String>,
    pub(crate) farewell: Option<String>,
    pub(crate) resume: Option<bool>,
}

/// What the file holds.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    venue: Vec<Venue>,
}

fn read_name<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Named, D::Error> {
    named(&String::deserialize(from)?).map_err(serde::de::Error::custom)
}

fn venue(text: &str) -> Result<Venue, String> {
    let (name, url) = match text.split_once('=') {
        Some((name, url)) => (name, Some(url.to_owned())),
        None => (text, None),
    };
    Ok(Venue { named: named(name)?, path: None, url, farewell: None, resume: None })
}

impl Args {
    /// Returns the venues of the command line and of the file, each with what holds for all.
    ///
    /// # Errors
    ///
    /// One line that says what is wrong.
    pub(crate) fn all_venues(&self) -> Result<Vec<Venue>, String> {
        let mut venues = self.venues.clone();
        if let Some(path) = &self.config {
            venues.extend(read(path)?.venue);
        }
        match (&self.url, &mut venues[..]) {
            (Some(url), [only]) if only.url.is_none() => only.url = Some(url.clone()),
            (Some(_), _) => {
                return Err("--url must stand beside one --exchange without a url".to_owned());
            }
            (None, []) => return Err("at least one venue is needed".to_owned()),
            (None, _) => {}
        }
        for venue in &mut venues {
            venue.farewell = venue.farewell.take().or_else(|| self.farewell.clone());
            venue.resume = venue.resume.or(Some(self.resume));
        }
        Ok(venues)
    }
}

fn read(path: &Path) -> Result<File, String> {
    let bad = |why: String| format!("--config {}: {why}", path.display());
    let text = fs::read_to_string(path).map_err(|error| bad(error.to_string()))?;
    // An error of toml's shows the line it is about, in which a secret may stand.
    toml::from_str(&text).map_err(|error| bad(error.message().to_owned()))
}
