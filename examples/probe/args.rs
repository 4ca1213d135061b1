//! The command line.

use core::num::NonZeroU32;
use core::time::Duration;
use std::path::PathBuf;

use clap::Parser;
use heartbeat_examples::endpoint::{Named, named};
use heartbeat_examples::trust;
use heartbeat_testkit::probe::Options;
use heartbeat_tokio::ConnectOptions;

/// What every mock exchange takes for a subscription.
const ANY: &str = r#"{"mock":"subscribe","id":1,"channel":"any"}"#;

/// The longest measurement, in minutes: two days, as long as any connection is known to live.
const MINUTES_MAX: u64 = 2 * 24 * 60;

/// Measures an exchange's heartbeat on real connections, and holds it against what is documented.
///
/// Opens one connection after the other, and on each does certain things and withholds others: it
/// is silent, subscribes and is silent, does not answer, answers wrongly, pings. What the exchange
/// does about it is recorded. Nothing is sent that trades, and half of the documented budgets of
/// connections and messages is left to others.
#[derive(Debug, Parser)]
#[command(
    name = "probe",
    after_help = "Production is measured as politely as documented, and no more: one connection at \
                  a time unless --connections says otherwise, within half of each documented \
                  budget, and no limit is exceeded to find it. Still it is silent and withholds \
                  answers, on purpose, a dozen times: do not do it from an address that trades.\n\n\
                  Exit code: 0 if anything was measured, 1 if no connection could be opened, 2 for \
                  bad arguments."
)]
pub(crate) struct Args {
    /// The venue, and which of its endpoints, such as `okx/demo`; its first, which is in
    /// production, if only the venue is named.
    #[arg(long, value_name = "NAME[/ENDPOINT]", value_parser = named)]
    pub(crate) exchange: Named,

    /// Which of its endpoints, such as `demo`.
    #[arg(long, value_name = "ENDPOINT")]
    pub(crate) endpoint: Option<String>,

    /// Where to connect, `ws://` or `wss://`, in place of the endpoint's own URL.
    #[arg(long)]
    pub(crate) url: Option<String>,

    /// A message that subscribes to something, so that there is data; may be given up to eight
    /// times.
    #[arg(long, value_name = "TEXT")]
    pub(crate) subscribe: Vec<String>,

    /// How many minutes it may take at most.
    #[arg(long, value_name = "N", default_value = "30",
          value_parser = clap::value_parser!(u64).range(1..=MINUTES_MAX))]
    pub(crate) minutes: u64,

    /// How often each experiment is made, as far as there is time.
    #[arg(long, value_name = "N", default_value = "3",
          value_parser = clap::value_parser!(u32).range(1..=i64::from(Options::REPETITIONS_MAX)))]
    pub(crate) repetitions: u32,

    /// How many connections may be open at once.
    #[arg(long, value_name = "N", default_value = "1",
          value_parser = clap::value_parser!(u32).range(1..=i64::from(Options::AT_ONCE_MAX)))]
    pub(crate) connections: u32,

    /// How far spans may lie apart and still be the same, in milliseconds, or a fiftieth of the
    /// longer if that is more; the round trip has to be shorter.
    #[arg(long, value_name = "MS", default_value = "500",
          value_parser = clap::value_parser!(u64).range(1..=60_000))]
    pub(crate) resolution_ms: u64,

    /// Where to write the report as JSON; `-` prints it in place of the table.
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,

    /// Measure an endpoint that asks who connects, or a URL that is none of the venue's public
    /// ones.
    #[arg(long)]
    pub(crate) i_have_permission: bool,

    /// Connect to nobody: make the experiments on a mock exchange that keeps the documented rules,
    /// in virtual time. Shows at once what would be done, and how long it takes.
    #[arg(long, conflicts_with_all = ["url", "time_scale", "ca"])]
    pub(crate) rehearse: bool,

    /// How many times faster than the real venue it is, where it is a mock exchange.
    #[arg(long, value_name = "N", default_value = "1")]
    pub(crate) time_scale: NonZeroU32,

    /// A certificate to trust besides the usual ones, as PEM.
    #[arg(long, value_name = "PATH")]
    pub(crate) ca: Option<PathBuf>,
}

impl Args {
    /// Tells whether the report is for a program that reads what is printed.
    pub(crate) fn prints_json(&self) -> bool {
        self.json.as_ref().is_some_and(|path| path.as_os_str() == "-")
    }

    /// Returns how to connect.
    ///
    /// # Errors
    ///
    /// One line that says what is wrong with the certificate.
    pub(crate) fn connect(&self) -> Result<ConnectOptions, String> {
        trust::options(self.ca.as_deref())
    }

    /// Returns how much to measure.
    pub(crate) fn options(&self) -> Options {
        let options = Options::default()
            .longest(Duration::from_secs(self.minutes * 60))
            .repetitions(self.repetitions)
            .at_once(self.connections)
            .resolution(Duration::from_millis(self.resolution_ms))
            .time_scale(self.time_scale);
        let options = self.subscribe.iter().map(String::as_str).fold(options, Options::subscribe);
        let has_nothing = self.rehearse && self.subscribe.is_empty();
        if has_nothing { options.subscribe(ANY) } else { options }
    }
}
