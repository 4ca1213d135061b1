//! `cargo xtask probe`: what a venue's heartbeat really is, against what is documented.

use crate::process::{cargo, run};
use crate::{Command, Failed};

pub(crate) const COMMAND: Command = Command {
    name: "probe",
    about: "Measures a venue's heartbeat on real connections, against what is documented",
    help: "\
Opens one connection after the other to an endpoint and on each does certain things and withholds
others: it is silent, subscribes and is silent, does not answer, answers wrongly, sends pings. What
the venue does about it is held against the venue's file, fact by fact.

Options:

  --exchange NAME[/ENDPOINT]  the venue, and which of its endpoints [its first, in production]
  --endpoint ENDPOINT         the same
  --url URL                   where to connect in place of the endpoint's own URL
  --subscribe TEXT            a message that subscribes to something; up to eight times
  --minutes N                 how long it may take at most [30]
  --repetitions N             how often each experiment is made, as far as there is time [3]
  --connections N             how many connections may be open at once, 4 at most [1]
  --resolution-ms MS          how far spans may lie apart and still be the same [500]
  --json FILE                 where to write the report as JSON; - prints it in place of the table
  --i-have-permission         measure an endpoint that asks who connects, or a URL that is none of
                              the venue's public ones
  --rehearse                  connect to nobody: make the experiments on a mock exchange that keeps
                              the documented rules, in virtual time
  --time-scale N              how many times faster than the venue a mock exchange is
  --ca PATH                   a certificate to trust besides the usual ones

Production is measured as politely as documented, and no more: half of each documented budget of
connections and messages is left to others, nothing is sent that trades, and no limit is exceeded to
find it. Still it is silent and withholds answers on purpose, a dozen times: do not do it from an
address that trades. docs/probing-a-venue.md says how to read what comes out.",
    takes_options: true,
    run: probe,
};

fn probe(words: &[String]) -> Result<(), Failed> {
    let runner = ["run", "--quiet", "--package", "heartbeat-examples", "--example", "probe"];
    run(cargo(&runner).arg("--").args(words))
}
