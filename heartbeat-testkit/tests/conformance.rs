//! The conformance table passes a sound adapter, with a second reading and without, and finds what
//! is wrong with each of many that are not, in the row that is for it.

#![allow(clippy::unwrap_used, reason = "a test that unwraps says what it expects")]

use core::time::Duration;
use std::fs;
use std::path::Path;

use heartbeat_core::{
    Config, ConfigBuilder, Detector, Frame, Outbox, OutboxError, Pace, Patience, Platform, ProbeId,
    Probing, Responder, Signal, Token,
};
use heartbeat_testkit::OwnedFrame;
use heartbeat_testkit::conformance::{Fixture, Report, Row, Table, Tree, check, gunzip, load};

/// How an adapter of Acme's differs from a sound one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Flaw {
    None,
    SettingsThatDoNotBuild,
    ChallengeTakenForBeat,
    PongOfOursUnread,
    BytesOfAPingRead,
    SpaceBehindTheArming,
    ProbesAlike,
    FarewellThatDoesNotParse,
    PanicOnToken,
    NoRoomForToken,
    WordsAnywhere,
    PanicWithoutColon,
    EscapesInTheEcho,
    OrderOfKeys,
    LastKeyWins,
    TextBehindTheMessage,
    NestedMessages,
    NoBound,
    AnyPongAnswers,
}

/// A venue with one of everything: it is armed, challenges, is probed and told goodbye.
struct Acme(Flaw);

const LONGEST: usize = 256;
const NONCE: &[u8] = b"r4nc";

impl Acme {
    fn has(&self, flaw: Flaw) -> bool {
        self.0 == flaw
    }

    fn read(&self, text: &str) -> Option<Signal> {
        if text.len() > LONGEST && !self.has(Flaw::NoBound) {
            return None;
        }
        if self.has(Flaw::WordsAnywhere) && text.contains("are_you_there") {
            return Some(Signal::Challenge { token: Token::new(NONCE) });
        }
        if self.has(Flaw::PanicWithoutColon) {
            assert!(text.contains(':') || text.starts_with('['), "no colon");
        }
        if self.has(Flaw::OrderOfKeys) && !text.starts_with(r#"{"type":"#) {
            return None;
        }
        let mut text = text;
        if self.has(Flaw::TextBehindTheMessage) {
            text = text.split_inclusive('}').next()?;
        }
        let mut tree = Tree::parse(text)?;
        if self.has(Flaw::NestedMessages)
            && let Some(said) = tree.get("said")
        {
            tree = said.clone();
        }
        if self.has(Flaw::LastKeyWins) {
            tree.change_members(&mut |members| {
                members.reverse();
                let mut seen = Vec::new();
                members.retain(|(key, _)| {
                    let is_new = !seen.contains(key);
                    seen.push(key.clone());
                    is_new
                });
            });
        }
        self.mean(&tree)
    }

    fn mean(&self, tree: &Tree) -> Option<Signal> {
        let tree = tree.clear_in(&["type", "nonce", "id"])?;
        let kind = tree.get("type")?;
        if kind.is("are_you_there") {
            let Some(Tree::Text(nonce)) = tree.get("nonce") else { return None };
            let is_plain = nonce.bytes().all(|byte| byte.is_ascii_alphanumeric());
            let is_sound = is_plain || self.has(Flaw::EscapesInTheEcho);
            let token = Token::new(nonce.as_bytes());
            return is_sound.then_some(if self.has(Flaw::ChallengeTakenForBeat) {
                Signal::Beat { counter: None }
            } else {
                Signal::Challenge { token }
            });
        }
        if kind.is("pong") {
            let id = tree.get("id").and_then(Tree::number);
            let probe = id.and_then(|id| u32::try_from(id).ok()).map(ProbeId::from_number);
            return Some(match probe {
                _ if self.has(Flaw::AnyPongAnswers) => Signal::Answer { probe: None },
                Some(probe) => Signal::Answer { probe: Some(probe) },
                None => Signal::Unsolicited,
            });
        }
        kind.is("started").then_some(Signal::Armed)
    }
}

impl Detector for Acme {
    fn classify(&self, frame: Frame<'_>) -> Signal {
        match frame {
            Frame::Text(text) => self.read(text).unwrap_or(Signal::Data),
            Frame::Pong(_) if self.has(Flaw::PongOfOursUnread) => Signal::Unsolicited,
            Frame::Ping(payload) if self.has(Flaw::BytesOfAPingRead) => {
                let text = str::from_utf8(payload).ok();
                text.and_then(|text| self.read(text)).unwrap_or(Signal::of_control(frame))
            }
            Frame::Binary(_) | Frame::Ping(_) | Frame::Pong(_) | Frame::Close { .. } => {
                Signal::of_control(frame)
            }
        }
    }
}

impl Responder for Acme {
    fn respond(&self, token: &[u8], out: &mut Outbox) -> Result<(), OutboxError> {
        if self.has(Flaw::PanicOnToken) {
            str::from_utf8(token).unwrap();
        }
        if self.has(Flaw::NoRoomForToken) && token.len() > 64 {
            return Err(OutboxError::TooLong { capacity: 64 });
        }
        out.text_around(r#"{"type":"here","nonce":""#, token, r#""}"#)
    }

    fn arm(&self, out: &mut Outbox) -> Result<(), OutboxError> {
        let behind = if self.has(Flaw::SpaceBehindTheArming) { " " } else { "" };
        out.text(format_args!(r#"{{"type":"start"}}{behind}"#))
    }

    fn probe(&self, id: ProbeId, out: &mut Outbox) -> Result<(), OutboxError> {
        let id = if self.has(Flaw::ProbesAlike) { ProbeId::from_number(7) } else { id };
        out.text(format_args!(r#"{{"type":"ping","id":{id}}}"#))
    }

    fn farewell(&self, out: &mut Outbox) -> Result<(), OutboxError> {
        let end = if self.has(Flaw::FarewellThatDoesNotParse) { "" } else { "}" };
        out.text(format_args!(r#"{{"type":"bye"{end}"#))
    }
}

impl Platform for Acme {
    fn name(&self) -> &'static str {
        "acme"
    }

    fn defaults(&self) -> ConfigBuilder {
        let second = Duration::from_secs(1);
        let slow = if self.has(Flaw::SettingsThatDoNotBuild) { 4 } else { 1 };
        let pace = Pace::Unconditional;
        Config::builder()
            .respond_within(3 * slow * second)
            .probing(Probing { every: 5 * second, answer_within: 3 * second, pace })
            .patience(Patience { response: Some(10 * second), silence: None })
    }
}

fn fixtures() -> Vec<Fixture> {
    let token = Token::new(NONCE);
    let probe = Some(ProbeId::from_number(7));
    vec![
        Fixture::text(
            "challenge",
            r#"{"type":"are_you_there","nonce":"r4nc"}"#,
            Signal::Challenge { token },
        ),
        Fixture::text("started", r#"{"type":"started"}"#, Signal::Armed),
        Fixture::text("pong", r#"{"type":"pong","id":7}"#, Signal::Answer { probe }),
        Fixture::text("pong without id", r#"{"type":"pong"}"#, Signal::Unsolicited),
        Fixture::text("trade", r#"{"type":"trade","price":"91000.5"}"#, Signal::Data),
        Fixture::text("batch", r#"[{"type":"trade"}]"#, Signal::Data),
        Fixture::lookalike("number", r#"{"type":"are_you_there","nonce":7}"#),
        Fixture::lookalike("nested", r#"{"data":{"type":"started"}}"#),
        Fixture::lookalike("quoted", r#"{"text":"{\"type\":\"pong\",\"id\":7}"}"#),
    ]
}

fn table<'r>(fixtures: Vec<Fixture>) -> Table<'r> {
    Table::new(fixtures)
        .shows(&["challenge r4nc", "unsolicited"])
        .arm(Some(Frame::Text(r#"{"type":"start"}"#)))
        .response(b"7", Frame::Text(r#"{"type":"here","nonce":"7"}"#))
        .probe(Some(Frame::Text(r#"{"type":"ping","id":7}"#)))
        .farewell(Some(Frame::Text(r#"{"type":"bye"}"#)))
        .longest(LONGEST)
}

fn rows_of(report: &Report) -> Vec<Row> {
    let mut rows = report.violations().iter().map(|found| found.row).collect::<Vec<_>>();
    rows.dedup();
    rows
}

/// What each flaw breaks first of all.
const FLAWS: [(Flaw, Row); 18] = [
    (Flaw::SettingsThatDoNotBuild, Row::Defaults),
    (Flaw::ChallengeTakenForBeat, Row::Statements),
    (Flaw::PongOfOursUnread, Row::ControlFrames),
    (Flaw::BytesOfAPingRead, Row::ControlFrames),
    (Flaw::SpaceBehindTheArming, Row::Replies),
    (Flaw::ProbesAlike, Row::Replies),
    (Flaw::FarewellThatDoesNotParse, Row::Replies),
    (Flaw::PanicOnToken, Row::Tokens),
    (Flaw::NoRoomForToken, Row::Tokens),
    (Flaw::WordsAnywhere, Row::Truncations),
    (Flaw::PanicWithoutColon, Row::Truncations),
    (Flaw::EscapesInTheEcho, Row::ByteChanges),
    (Flaw::OrderOfKeys, Row::Rewritings),
    (Flaw::LastKeyWins, Row::Repetitions),
    (Flaw::TextBehindTheMessage, Row::Wrappings),
    (Flaw::NestedMessages, Row::Wrappings),
    (Flaw::NoBound, Row::Bound),
    (Flaw::AnyPongAnswers, Row::WrongAnswers),
];

fn reference(frame: Frame<'_>) -> Signal {
    Acme(Flaw::None).classify(frame)
}

#[test]
fn a_sound_adapter_passes_with_a_second_reading_and_without() {
    assert_eq!(check(&Acme(Flaw::None), &table(fixtures())), Ok(()));
    assert_eq!(check(&Acme(Flaw::None), &table(fixtures()).reference(&reference)), Ok(()));
}

#[test]
fn each_flaw_is_found_in_the_row_that_is_for_it() {
    for (flaw, row) in FLAWS {
        for table in [table(fixtures()), table(fixtures()).reference(&reference)] {
            let report = check(&Acme(flaw), &table).unwrap_err();
            assert!(rows_of(&report).contains(&row), "{flaw:?} is not in {row}: {report}");
            let most = report.violations().chunk_by(|a, b| a.row == b.row).map(<[_]>::len).max();
            assert!(most <= Some(Row::VIOLATIONS_MAX), "{flaw:?}: {report}");
        }
    }
}

#[test]
fn most_flaws_break_no_other_row() {
    for (flaw, row) in &FLAWS[..7] {
        let report = check(&Acme(*flaw), &table(fixtures())).unwrap_err();
        if *flaw != Flaw::ChallengeTakenForBeat {
            assert_eq!(rows_of(&report), [*row], "{flaw:?}: {report}");
        }
    }
}

/// One byte next to a heartbeat there is another that no fixture shows.
#[test]
fn a_second_reading_finds_what_no_fixture_shows() {
    let generous = |frame: Frame<'_>| {
        if matches!(frame, Frame::Text(text) if text.starts_with(r#"{"type":"zong""#)) {
            return Signal::Unsolicited;
        }
        reference(frame)
    };
    assert_eq!(check(&Acme(Flaw::None), &table(fixtures())), Ok(()));
    let report = check(&Acme(Flaw::None), &table(fixtures()).reference(&generous)).unwrap_err();
    assert_eq!(rows_of(&report), [Row::ByteChanges], "{report}");
}

#[test]
fn what_a_table_lacks_is_asked_for() {
    let without = |missing: &str| {
        let mut fixtures = fixtures();
        fixtures.retain(|fixture| fixture.name() != missing);
        check(&Acme(Flaw::None), &table(fixtures)).unwrap_err()
    };
    for (missing, asked) in [
        ("nested", "coverage: the fixtures: expected at least 3 lookalikes, got 2"),
        ("started", "coverage: the fixtures: expected one for `armed`, got none"),
        ("pong", "coverage: the fixtures: expected one for `answer`, got none"),
        ("challenge", "coverage: the fixtures: expected one for `challenge r4nc`, got none"),
    ] {
        let report = without(missing);
        assert_eq!(report.violations()[0].to_string(), asked);
        assert_eq!(rows_of(&report), [Row::Coverage], "{report}");
    }
}

#[test]
fn a_report_reads() {
    let report = check(&Acme(Flaw::ChallengeTakenForBeat), &table(fixtures())).unwrap_err();
    let lines = report.to_string();
    let mut lines = lines.lines();
    assert_eq!(lines.next(), Some("acme breaks the conformance table:"));
    assert_eq!(
        lines.next(),
        Some(
            "  statements: challenge: text {\"type\":\"are_you_there\",\"nonce\":\"r4nc\"}: \
             expected challenge r4nc, got beat"
        )
    );
}

/// Lays out a folder of fixtures and loads it.
fn load_folder(name: &str, list: &str, files: &[(&str, &[u8])]) -> Result<Vec<Fixture>, String> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _absent = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("provenance.json"), list).unwrap();
    for (file, bytes) in files {
        fs::write(folder.join(file), bytes).unwrap();
    }
    load(&folder).map_err(|error| {
        assert!(error.path.starts_with(&folder), "{error}");
        error.why
    })
}

#[test]
fn a_folder_is_loaded_as_its_list_says() {
    let list = r#"[
      {"file": "pong.txt", "signal": "answer 7", "source": "a page", "date": "2026-11-23"},
      {"file": "lookalike_a.bin", "signal": "data", "source": "made up", "date": "2026-11-23"}
    ]"#;
    let files: [(&str, &[u8]); 2] = [("pong.txt", b"pong 7"), ("lookalike_a.bin", b"\xff")];
    let fixtures = load_folder("whole", list, &files).unwrap();
    let probe = Some(ProbeId::from_number(7));
    let pong = Fixture::text("pong.txt", "pong 7", Signal::Answer { probe });
    assert_eq!(fixtures, [pong, Fixture::binary_lookalike("lookalike_a.bin", b"\xff")]);
}

#[test]
fn a_folder_that_disagrees_with_its_list_is_refused() {
    let entry = |file: &str, date: &str| {
        format!(r#"{{"file":"{file}","signal":"data","source":"a page","date":"{date}"}}"#)
    };
    let good = entry("a.txt", "2026-11-23");
    let lists = [
        ("unlisted", "[]".to_owned(), "a.txt is not listed"),
        ("twice", format!("[{good},{good}]"), "a file is listed twice"),
        ("undated", format!("[{}]", entry("a.txt", "2026")), "a.txt: the date must be like"),
        ("sourceless", "[{\"file\":\"a.txt\",\"signal\":\"data\"}]".to_owned(), "no source"),
        ("garbage", "[".to_owned(), "EOF"),
    ];
    for (name, list, why) in lists {
        let refused = load_folder(name, &list, &[("a.txt", b"a")]).unwrap_err();
        assert!(refused.contains(why), "{name}: {refused}");
    }
    let refused = load_folder("binary", &format!("[{good}]"), &[("a.txt", b"\xff")]).unwrap_err();
    assert_eq!(refused, "a text message must be UTF-8");
    load_folder("missing", &format!("[{good}]"), &[]).unwrap_err();
}

/// A venue that sends `{"ping":N}` compressed, and wants `{"pong":N}` as text.
struct Zipped {
    /// The longest message that is inflated, in bytes.
    longest: usize,
}

impl Detector for Zipped {
    fn classify(&self, frame: Frame<'_>) -> Signal {
        let Frame::Binary(member) = frame else { return Signal::of_control(frame) };
        let text = if member.len() <= self.longest { gunzip(member) } else { None };
        let tree = text.and_then(|text| Tree::parse(&text));
        let number = tree.and_then(|tree| tree.only("ping").and_then(Tree::number));
        number.map_or(Signal::Data, |number| Signal::Challenge {
            token: Token::new(number.to_string().as_bytes()),
        })
    }
}

impl Responder for Zipped {
    fn respond(&self, token: &[u8], out: &mut Outbox) -> Result<(), OutboxError> {
        out.text_around(r#"{"pong":"#, token, "}")
    }
}

impl Platform for Zipped {
    fn name(&self) -> &'static str {
        "zipped"
    }

    fn defaults(&self) -> ConfigBuilder {
        Acme(Flaw::None).defaults()
    }
}

/// Checks such an adapter against a table in which 96 bytes are the most.
fn check_zipped(longest: usize) -> Result<(), Report> {
    let bytes = |text: &str| {
        let OwnedFrame::Binary(bytes) = OwnedFrame::gzip(text) else { panic!("{text}") };
        bytes
    };
    let ping = r#"{"ping":1492420473027}"#;
    let data = format!(r#"{{"ch":"trade","tick":[{}0]}}"#, "1492420473027,".repeat(30));
    let token = Token::new(b"1492420473027");
    let fixtures = vec![
        Fixture::binary("ping", &bytes(ping), Signal::Challenge { token }),
        Fixture::binary("trade", &bytes(&data), Signal::Data),
        Fixture::lookalike("as text", ping),
        Fixture::binary_lookalike("as it is", ping.as_bytes()),
        Fixture::binary_lookalike("a string", &bytes(r#"{"ping":"1"}"#)),
    ];
    let sound = Zipped { longest: 96 };
    let reference = |frame: Frame<'_>| sound.classify(frame);
    let table = Table::new(fixtures)
        .shows(&["challenge"])
        .response(b"7", Frame::Text(r#"{"pong":7}"#))
        .longest(96)
        .reference(&reference);
    check(&Zipped { longest }, &table)
}

#[test]
fn the_table_sees_through_compression() {
    assert_eq!(check_zipped(96), Ok(()));
    assert!(rows_of(&check_zipped(20).unwrap_err()).contains(&Row::Statements));
    assert!(rows_of(&check_zipped(512).unwrap_err()).contains(&Row::Bound));
}
