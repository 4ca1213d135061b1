//! The conformance table: what every adapter must pass, ours or somebody else's.
//!
//! [`check`] takes a platform and a [`Table`] of what its author knows of the venue: frames with
//! their meanings, what the platform must write, and, the more the better, a second reading of
//! every message that is slow and obvious. The rows ([`Row`]) are then tried on all of it, and on
//! what can be made of it: every truncation, changes of every byte, other orders of the keys,
//! other white space, escapes, repeated keys, heartbeats within other messages.
//!
//! A finding is a [`Deviation`], never a panic, not even where the platform panics; the
//! [`Report`] reads.

mod fixture;
mod folder;
mod packing;
mod report;
mod rows;
mod tree;
mod trial;

use core::time::Duration;

use heartbeat_core::{Frame, Platform, Signal, WallTime};

pub use fixture::{Fixture, name_of};
pub use folder::{FolderError, load};
pub use packing::{Packing, gunzip};
pub use report::{Deviation, Report, Row};
pub use tree::{Members, Tree, escaped, plain};

use trial::Trial;

/// Says what a frame means, slowly: the second opinion to which a platform is held.
pub type Reference<'r> = &'r dyn for<'f> Fn(Frame<'f>) -> Signal;

/// The number of the probe to which [`Table::probe`] and the fixtures that state an answer belong.
pub const PROBE: u32 = 7;

/// The time on the dead-man switch to which [`Table::dead_man`] belongs.
pub const DEAD_MAN: Duration = Duration::from_secs(15);

/// What the wall clock reads when the platform writes: the first moment of the year 2026.
pub const WALL_TIME: WallTime = WallTime::from_unix_millis(1_767_225_600_000);

/// What the author of a platform knows of the venue.
///
/// Unless said otherwise the platform must write nothing but ping frames as probes.
#[derive(Clone)]
#[must_use = "a table that is not checked proves nothing"]
pub struct Table<'r> {
    fixtures: Vec<Fixture>,
    kinds: &'r [&'r str],
    arm: Option<Frame<'r>>,
    response: Option<(&'r [u8], Frame<'r>)>,
    probe: Option<Frame<'r>>,
    keepalive: Option<Frame<'r>>,
    dead_man: [Option<Frame<'r>>; 2],
    cancel_on_disconnect: Option<Frame<'r>>,
    farewell: Option<Frame<'r>>,
    mirrored: bool,
    several: bool,
    longest: Option<usize>,
    reference: Option<Reference<'r>>,
}

impl<'r> Table<'r> {
    /// Begins with the frames of the venue, each with its meaning: every shape of heartbeat, some
    /// market data, and at least three lookalikes.
    pub const fn new(fixtures: Vec<Fixture>) -> Self {
        Self {
            fixtures,
            kinds: &[],
            arm: None,
            response: None,
            probe: Some(Frame::Ping(b"hb-7")),
            keepalive: None,
            dead_man: [None, None],
            cancel_on_disconnect: None,
            farewell: None,
            mirrored: false,
            several: false,
            longest: None,
            reference: None,
        }
    }

    /// Demands a fixture whose meaning begins with each of these, as [`name_of`] puts it. A
    /// fixture for whatever the platform writes messages for is demanded in any case.
    pub const fn shows(mut self, kinds: &'r [&'r str]) -> Self {
        self.kinds = kinds;
        self
    }

    /// States what the platform writes to make the venue begin; by default nothing.
    pub const fn arm(mut self, frame: Option<Frame<'r>>) -> Self {
        self.arm = frame;
        self
    }

    /// States what the platform writes to a challenge with this token; by default nothing to any.
    pub const fn response(mut self, token: &'r [u8], frame: Frame<'r>) -> Self {
        self.response = Some((token, frame));
        self
    }

    /// States what the platform writes as the probe with the number [`PROBE`]; by default the ping
    /// frame `hb-7`.
    pub const fn probe(mut self, frame: Option<Frame<'r>>) -> Self {
        self.probe = frame;
        self
    }

    /// States what the platform writes that nobody answers; by default nothing.
    pub const fn keepalive(mut self, frame: Option<Frame<'r>>) -> Self {
        self.keepalive = frame;
        self
    }

    /// States what the platform writes to have [`DEAD_MAN`] on the venue's dead-man switch, and to
    /// switch it off; by default nothing.
    pub const fn dead_man(mut self, on: Option<Frame<'r>>, off: Option<Frame<'r>>) -> Self {
        self.dead_man = [on, off];
        self
    }

    /// States what the platform writes to have orders cancelled when the connection ends; by
    /// default nothing.
    pub const fn cancel_on_disconnect(mut self, frame: Option<Frame<'r>>) -> Self {
        self.cancel_on_disconnect = frame;
        self
    }

    /// States what the platform writes before it closes; by default nothing.
    pub const fn farewell(mut self, frame: Option<Frame<'r>>) -> Self {
        self.farewell = frame;
        self
    }

    /// Allows the venue to say the same to us as we to it, and to mean something by it. Otherwise
    /// what the platform writes must be data to it when it comes back.
    pub const fn mirrored(mut self, yes: bool) -> Self {
        self.mirrored = yes;
        self
    }

    /// Says that a frame may hold several messages, so that two heartbeats in one are one as well.
    pub const fn several(mut self, yes: bool) -> Self {
        self.several = yes;
        self
    }

    /// States the longest payload in bytes that may mean something: past it, all is data. Without
    /// it no bound is checked.
    pub const fn longest(mut self, bytes: usize) -> Self {
        self.longest = Some(bytes);
        self
    }

    /// Gives the second reading, to which the platform is then held on every frame. Without it a
    /// changed frame is only held to what is true of any venue: what does not parse is data, and
    /// what is to be echoed was in the message.
    pub const fn reference(mut self, reference: Reference<'r>) -> Self {
        self.reference = Some(reference);
        self
    }
}

/// Checks a platform against the whole table.
///
/// Deterministic. Bounded: each row ends at its [`Row::VIOLATIONS_MAX`]th violation, and a fixture
/// of any length goes through at most 2048 changes and its truncations. A platform that panics
/// is reported; the panic itself is still printed by the hook that is set.
///
/// # Errors
///
/// Everything that was found, row by row.
///
/// ```
/// use heartbeat_core::{Frame, Signal};
/// use heartbeat_platforms::Exchange;
/// use heartbeat_testkit::conformance::{Fixture, Row, Table, check};
///
/// let pong = Fixture::text("pong", "pong", Signal::Answer { probe: None });
/// let table = Table::new(vec![
///     pong.clone(),
///     Fixture::text("trade", r#"{"arg":{"channel":"trades"},"data":[]}"#, Signal::Data),
///     Fixture::lookalike("quoted", r#"{"text":"pong"}"#),
///     Fixture::lookalike("spaced", "pong "),
///     Fixture::lookalike("upper case", "PONG"),
/// ])
/// .probe(Some(Frame::Text("ping")));
/// assert_eq!(check(&Exchange::Okx, &table), Ok(()));
///
/// // Bitget says the same, but this venue answers nothing but ping frames.
/// let report = check(&Exchange::Rfc6455, &table).unwrap_err();
/// let found = report.violations().iter().find(|found| found.row == Row::Statements).unwrap();
/// assert_eq!(found.to_string(), "statements: pong: text pong: expected answer, got data");
/// ```
pub fn check<P: Platform + ?Sized>(platform: &P, table: &Table<'_>) -> Result<(), Report> {
    let platform: &dyn Platform = &platform;
    let mut report = Report::new(platform.name());
    for (row, try_out) in rows::ALL {
        let mut trial = Trial::new(platform, table, *row, &mut report);
        // A row that is full has said enough.
        let _full = try_out(&mut trial);
    }
    report.into_result()
}
