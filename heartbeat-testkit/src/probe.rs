//! An instrument that measures a venue's heartbeat: what documents say, against what a connection
//! shows.
//!
//! A [`Plan`] is a list of [`Experiment`]s. In each a [`Prober`] opens one connection, does
//! certain things and withholds others, and makes a [`Recording`] of what the venue does about it.
//! What the recordings say together is the [`ProbeReport`]: of each [`Fact`] what is documented,
//! what was observed, how many repetitions agreed, and where nothing was observed, why.
//!
//! Like the core it reads no clock and does no IO. [`run`] carries a plan out against a mock
//! exchange, in virtual time; `net::probe` (feature `tokio`) over any stream of bytes. The same
//! code therefore measures a venue and is measured itself, against rules that are known:
//!
//! ```
//! use core::time::Duration;
//! use heartbeat_platforms::Exchange;
//! use heartbeat_testkit::probe::{Fact, Measure, Options, Subject, FactVerdict, run};
//! use heartbeat_testkit::{MockOptions, RuleBook};
//!
//! let subscribe = r#"{"mock":"subscribe","id":1,"channel":"book"}"#;
//! let options = Options::default().subscribe(subscribe).repetitions(1);
//!
//! // An OKX that is more patient than the documents say.
//! let mut rules = *Exchange::Okx.rules();
//! rules.silence.as_mut().unwrap().limit = Duration::from_secs(45);
//! let book = RuleBook::from(Exchange::Okx).rules(rules);
//! let report = run(Subject::from(Exchange::Okx), &book, &MockOptions::default(), options);
//!
//! let silence = report.finding(Fact::SilenceLimit).unwrap();
//! assert_eq!(silence.documented(), Some(&Measure::Span(Duration::from_secs(30))));
//! assert_eq!(silence.observed(), Some(&Measure::Span(Duration::from_secs(45))));
//! assert_eq!(silence.verdict(), FactVerdict::Differs);
//! ```
//!
//! # What it is polite about
//!
//! It opens one connection at a time unless it is [told otherwise](Options::at_once), uses half of
//! the venue's budgets of connections and messages, sends nothing that trades, and breaks no limit
//! to find it: what could only be learnt by that is reported as not tried. It does break two rules
//! on purpose, since how the venue ends a connection is what it is there to see: it is silent, and
//! it withholds answers. A few connections of one address do so, one after the other.

mod experiment;
mod finding;
mod judge;
mod measure;
mod options;
mod patience;
mod plan;
mod prober;
mod recording;
mod report;
mod rhythm;
mod run;
mod subject;

pub use experiment::Experiment;
pub use finding::{Fact, FactVerdict, Finding, Trust};
pub use measure::Measure;
pub use options::Options;
pub use plan::{Next, Plan};
pub use prober::{Prober, ProberAction};
pub use recording::{End, Recording};
pub use report::ProbeReport;
pub use rhythm::Rhythm;
pub use run::{run, run_over};
pub use subject::Subject;
