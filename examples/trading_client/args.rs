//! The command line.

use core::num::NonZeroU32;
use core::time::Duration;

use clap::Parser;
use heartbeat_examples::{duration, exchange};
use heartbeat_platforms::Exchange;

/// Trades with a mock exchange through every fault, and knows which of its orders may exist.
#[derive(Debug, Parser)]
#[command(
    name = "trading-client",
    after_help = "Exit code: 0 if its book was the venue's in the end, 1 if not, 2 for bad \
                  arguments."
)]
pub(crate) struct Args {
    /// The venue whose heartbeat is kept.
    #[arg(long, value_name = "NAME", value_parser = exchange, default_value = "deribit")]
    pub(crate) exchange: Exchange,

    /// Where a mock exchange of that venue listens; one is started, under faults, if left out.
    #[arg(long)]
    pub(crate) url: Option<String>,

    /// How many times faster than the real one the venue runs.
    #[arg(long, value_name = "N", default_value = "10")]
    pub(crate) time_scale: NonZeroU32,

    /// How long to trade.
    #[arg(long, value_parser = duration, default_value = "20s")]
    pub(crate) duration: Duration,

    /// How many orders to keep open, 1 to 200.
    #[arg(long, value_name = "N", default_value = "12",
          value_parser = clap::value_parser!(u8).range(1..=200))]
    pub(crate) orders: u8,

    /// How often to place an order or to cancel one.
    #[arg(long, value_name = "PERIOD", value_parser = duration, default_value = "20ms")]
    pub(crate) every: Duration,

    /// How often to leave a connection that works for a new one.
    #[arg(long, value_name = "PERIOD", value_parser = duration, default_value = "4s")]
    pub(crate) rotate_every: Duration,

    /// The key to log in with; the mock exchange refuses `wrong`.
    #[arg(long, default_value = "key")]
    pub(crate) key: String,
}
