//! `cargo xtask sim`: days of connections in moments, under faults, every oracle looking on.

use crate::process::{cargo, run};
use crate::{Command, Failed};

pub(crate) const COMMAND: Command = Command {
    name: "sim",
    about: "Simulates clients that recover, under faults from many seeds",
    help: "\
A few clients of a mock exchange lose their connections and get them back, under faults that the
seed chooses, and every oracle looks on. Without faults it measures the speed of a simulation.

Options, all with a value:

  --from-seed N   the first seed [0]
  --seeds N       how many seeds, one simulation each [100]
  --hours H       how long each simulation is, in its own time [24]
  --venue NAME    one venue; without it the venues take turns
  --faults LIST   kinds to choose from: all, none, or names with commas [all]
  --every SECS    the average time from one fault to the next [600]
  --clients N     how many clients each simulation has [3]

Built with optimisation across crates. The last line reads
`simulated N connection-hours, M seeds, F faults, V violations`; fails when V is not 0, and
each violation comes with its seed, its last hundred steps and the command that repeats it.",
    takes_options: true,
    run: simulate,
};

fn simulate(words: &[String]) -> Result<(), Failed> {
    let runner = ["run", "--quiet", "--profile", "sim"];
    let runner = [&runner[..], &["--package", "heartbeat-testkit", "--example", "sim"]].concat();
    run(cargo(&runner).arg("--").args(words))
}
