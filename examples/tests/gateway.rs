//! Bots behind the gateway: frozen, killed, and told what they have lost.

#![allow(clippy::unwrap_used, reason = "a test that unwraps says what it expects")]
#![allow(clippy::wildcard_enum_match_arm, reason = "a test names what it looks for")]

mod support;

use core::time::Duration;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::thread;

use serde_json::Value;
use support::{Mock, Process};
use tungstenite::protocol::CloseFrame;
use tungstenite::{Message, WebSocket};

/// How much faster than the real venues both sides run.
const FASTER: &str = "20";

/// How long a bot that reads waits for one message.
const MESSAGE_WITHIN: Duration = Duration::from_secs(10);

const SUBSCRIBE: &str = r#"{"op":"subscribe","args":[{"channel":"tickers","instId":"BTC-USDT"}]}"#;

/// A mock exchange, the gateway in front of it, and bots.
struct Desk {
    mock: Mock,
    gateway: Process,
    address: String,
}

impl Desk {
    fn start(mock: &[&str], gateway: &[&str]) -> Self {
        Self::at("okx", mock, gateway)
    }

    fn at(exchange: &str, mock: &[&str], gateway: &[&str]) -> Self {
        let venue = ["--exchange", exchange, "--time-scale", FASTER, "--data-every", "200ms"];
        let mock = Mock::start(&[&venue[..], mock].concat());
        let venue = format!("{exchange}={}", mock.url);
        let args = ["--listen", "127.0.0.1:0", "--format", "json", "--time-scale", FASTER];
        let venue = ["--exchange", &venue];
        let gateway = Process::start("gateway", &[&args[..], &venue, gateway].concat());
        let url = gateway.until("listening")["url"].as_str().unwrap().to_owned();
        let address = url.trim_start_matches("ws://").trim_end_matches('/').to_owned();
        Self { mock, gateway, address }
    }

    fn bot(&self) -> Bot {
        Bot::connect(&self.address, "/okx/ws/v5/public")
    }

    /// Sends a request head, and returns what is answered.
    fn ask(&self, head: &str) -> String {
        let mut socket = TcpStream::connect(&self.address).unwrap();
        write!(socket, "{head}\r\n\r\n").unwrap();
        let mut answer = String::new();
        socket.read_to_string(&mut answer).unwrap();
        answer
    }
}

struct Bot(WebSocket<TcpStream>);

impl Bot {
    fn connect(address: &str, path: &str) -> Self {
        let socket = TcpStream::connect(address).unwrap();
        socket.set_read_timeout(Some(MESSAGE_WITHIN)).unwrap();
        let (ws, _) = tungstenite::client(format!("ws://{address}{path}"), socket).unwrap();
        Self(ws)
    }

    fn subscribed(self) -> Self {
        self.subscribed_by(SUBSCRIBE)
    }

    fn subscribed_by(mut self, subscribe: &str) -> Self {
        self.say(subscribe);
        self.until(|text| text.contains("last"));
        self
    }

    fn say(&mut self, text: &str) {
        self.0.send(text.into()).unwrap();
    }

    /// Reads until a message is what was looked for, and returns it.
    fn until(&mut self, is_it: impl Fn(&str) -> bool) -> String {
        loop {
            match self.0.read().unwrap() {
                Message::Text(text) if is_it(&text) => return text.as_str().to_owned(),
                Message::Close(frame) => panic!("closed: {frame:?}"),
                _ => {}
            }
        }
    }

    /// Reads until the Close frame, and returns it.
    fn closed(&mut self) -> CloseFrame {
        loop {
            if let Message::Close(frame) = self.0.read().unwrap() {
                return frame.unwrap();
            }
        }
    }
}

const UPGRADE: &str = "host: localhost\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
                       sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==";

fn answers(status: &str, answer: &str) {
    assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{answer}");
}

fn kicks(lines: impl Iterator<Item = Value>) -> Vec<Value> {
    lines.filter(|line| line["event"] == "kicked").collect()
}

#[test]
fn a_frozen_bot_is_kicked_without_the_gateway_and_with_it_learns_how_stale_it_is() {
    let desk = Desk::at("bitget", &[], &["--bot-within", "30s", "--stale-after", "500ms"]);
    let subscribe =
        r#"{"op":"subscribe","args":[{"instType":"SPOT","channel":"ticker","instId":"BTCUSDT"}]}"#;
    let mut bot = Bot::connect(&desk.address, "/bitget").subscribed_by(subscribe);
    // 30 s without a ping end a connection to the real venue, and 1.5 s one to this: for twice as
    // long nobody here does anything.
    for _ in 0..2 {
        let _frozen = Bot::connect(&desk.mock.address().to_string(), "/").subscribed_by(subscribe);
        assert_eq!(desk.mock.process.until("kicked")["why"], "silence");
    }

    let told = bot.until(|text| text.contains("gateway"));
    let told: Value = serde_json::from_str(&told).unwrap();
    assert_eq!(told["gateway"], "stale");
    let behind = told["behind_ms"].as_u64().unwrap();
    assert!((500..=4_500).contains(&behind), "{behind}");
    bot.until(|text| text.contains("last"));
    bot.say("ping");
    bot.until(|text| text == "pong");
    assert!(kicks(desk.mock.process.printed()).is_empty());
}

#[test]
fn a_killed_bot_leaves_its_last_word_and_a_clean_close_at_the_venue() {
    let farewell = r#"{"op":"cancel-all-after","args":[{"timeOut":"0"}]}"#;
    let desk = Desk::start(&[], &["--bot-within", "30s", "--farewell", farewell]);
    let bound = desk.gateway.until("mounted")["bot_bound_ms"].as_u64().unwrap();
    assert_eq!(bound, 32_000);
    let bot = desk.bot().subscribed();
    // The system of a process that was killed ends its sockets, and no Close frame comes.
    drop(bot);
    let said = loop {
        let said = desk.mock.process.until("message");
        if said["text"] == farewell {
            break said;
        }
    };
    assert_eq!(desk.mock.process.until("closed")["code"], 1000, "after {said}");
    let gone = desk.gateway.until("bot_gone");
    assert_eq!(desk.gateway.until("farewell")["written"], true);
    let closed = desk.gateway.until("closed");
    assert_eq!(closed["upstream_clean"], true);
    let span = closed["at_ms"].as_u64().unwrap() - gone["at_ms"].as_u64().unwrap();
    assert!(gone["silent_ms"].as_u64().unwrap() + span < bound, "{gone} {closed}");
}

#[test]
fn a_bot_that_does_not_read_is_dead_by_its_limit_and_one_that_says_goodbye_leaves_no_word() {
    let desk = Desk::start(&[], &["--bot-within", "1s", "--farewell", "cancel everything"]);
    let bot = desk.bot().subscribed();
    let gone = desk.gateway.until("bot_gone");
    assert!((1_000..2_000).contains(&gone["silent_ms"].as_u64().unwrap()), "{gone}");
    assert_eq!(desk.gateway.until("farewell")["written"], true);
    desk.gateway.until("closed");
    drop(bot);

    let mut bot = desk.bot().subscribed();
    bot.0.close(None).unwrap();
    let closed = desk.gateway.until("closed");
    assert_eq!((&closed["upstream_clean"], &closed["bot"]), (&true.into(), &2.into()));
    let lines = desk.mock.process.printed();
    let is_farewell = |line: &Value| line["text"] == "cancel everything";
    assert_eq!(lines.filter(is_farewell).count(), 1);
}

#[test]
fn a_venue_that_falls_silent_ends_the_bots_connection_with_cause_and_span() {
    let desk = Desk::start(&["--fault", "half-open@2s"], &[]);
    let bound = desk.gateway.until("mounted")["detection_bound_ms"].as_u64().unwrap();
    let mut bot = desk.bot().subscribed();
    let frame = bot.closed();
    assert_eq!(u16::from(frame.code), 1012);
    assert!(frame.reason.contains("may be missing: "), "{}", frame.reason);
    let connected = desk.gateway.until("connected")["at_ms"].as_u64().unwrap();
    let down = desk.gateway.until("upstream_down");
    let took = down["at_ms"].as_u64().unwrap() - connected;
    // The fault counts from when the first client connects.
    assert!((1_500..2_500 + bound).contains(&took), "{took} of {bound}");
    assert!(frame.reason.ends_with(down["cause"].as_str().unwrap()), "{} {down}", frame.reason);
}

#[test]
fn a_bot_that_may_be_kept_gets_its_subscriptions_back_behind_a_mark() {
    let gap = "GAP {cause} {span_ms} {from_ms}";
    let desk = Desk::start(&["--fault", "cut@2s"], &["--resume", "--gap-message", gap]);
    let mut bot = desk.bot().subscribed();
    let mark = bot.until(|text| text.starts_with("GAP"));
    let words: Vec<&str> = mark.split(' ').collect();
    assert_eq!(words[1], "reconnected");
    assert!(words[2].parse::<u64>().unwrap() > 0, "{mark}");
    assert!(words[3].parse::<u64>().unwrap() > 1_700_000_000_000, "of the wall: {mark}");
    bot.until(|text| text.contains("last"));
    bot.say(&SUBSCRIBE.replace("BTC", "ETH"));
    bot.until(|text| text.contains("ETH-USDT") && text.contains("last"));
}

#[test]
fn a_bot_that_has_logged_in_has_to_begin_anew_even_where_it_may_be_kept() {
    let desk = Desk::start(&["--fault", "cut@2s"], &["--resume"]);
    let mut bot = desk.bot().subscribed();
    bot.say(
        r#"{"op":"login","args":[{"apiKey":"k","passphrase":"p","timestamp":"1","sign":"s"}]}"#,
    );
    bot.until(|text| text.contains("login"));
    assert_eq!(desk.gateway.until("resume_off")["why"], "the bot has logged in");
    assert_eq!(u16::from(bot.closed().code), 1012);
}

#[test]
fn who_is_not_let_in_is_told_why_by_a_status() {
    let desk = Desk::start(&[], &["--bots-max", "1"]);
    let get = |path: &str, head: &str| desk.ask(&format!("GET {path} HTTP/1.1\r\n{head}"));
    let (answers, upgrade) = (answers, UPGRADE);
    answers("404", &get("/nowhere", upgrade));
    answers("426", &get("/okx", "host: localhost"));
    answers("426", &get("/okx", &upgrade.replace("13", "8")));
    answers("400", &get("/okx", &upgrade.replace("==", "")));
    answers("403", &get("/okx", &upgrade.replace("localhost", "rebound.example")));
    answers("403", &get("/okx", &format!("{upgrade}\r\norigin: https://evil.example")));
    let _bot = desk.bot();
    answers("503", &get("/okx", upgrade));
}

#[test]
fn what_the_venue_has_against_a_bot_comes_through_at_once() {
    let venue = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("okx=ws://{}", venue.local_addr().unwrap());
    let refusing = thread::spawn(move || {
        let (mut socket, _) = venue.accept().unwrap();
        let mut head = [0; 4_096];
        let length = socket.read(&mut head).unwrap();
        let refusal = "HTTP/1.1 429 Too Many Requests\r\nretry-after: 7\r\n\r\n";
        socket.write_all(refusal.as_bytes()).unwrap();
        String::from_utf8(head[..length].to_vec()).unwrap().to_ascii_lowercase()
    });
    let args = ["--listen", "127.0.0.1:0", "--format", "json", "--exchange", &url];
    let gateway = Process::start("gateway", &args);
    let listening = gateway.until("listening")["url"].as_str().unwrap().to_owned();
    let address = listening.trim_start_matches("ws://").trim_end_matches('/');
    let mut socket = TcpStream::connect(address).unwrap();
    let head = format!("GET /okx/ws?id=1 HTTP/1.1\r\n{UPGRADE}\r\nauthorization: Bearer s3cret");
    write!(socket, "{head}\r\n\r\n").unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).unwrap();
    answers("429", &answer);
    assert!(answer.contains("retry-after: 7\r\n"), "{answer}");
    let asked = refusing.join().unwrap();
    assert!(asked.starts_with("get /ws?id=1 http/1.1\r\n"), "{asked}");
    assert!(asked.contains("authorization: bearer s3cret"), "{asked}");
    let refused = gateway.until("refused");
    assert!(!refused.to_string().contains("s3cret"), "{refused}");
}

#[test]
fn a_gateway_that_ends_tells_its_bots_and_the_venue() {
    let desk = Desk::start(&[], &["--farewell", "cancel everything"]);
    let mut bot = desk.bot().subscribed();
    desk.gateway.signal("TERM");
    assert_eq!(u16::from(bot.closed().code), 1001);
    let Desk { mock, gateway, .. } = desk;
    assert_eq!(gateway.end().0, Some(0));
    assert_eq!(mock.process.until("closed")["code"], 1000);
    assert!(mock.process.printed().all(|line| line["text"] != "cancel everything"));
}

#[test]
fn a_file_names_venues_with_settings_of_their_own_and_what_is_wrong_is_said_in_one_line() {
    let folder = std::env::temp_dir().join(format!("gateway-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("gateway.toml");
    let run = |text: &str| {
        std::fs::write(&path, text).unwrap();
        let path = path.to_str().unwrap();
        let args = ["--listen", "127.0.0.1:0", "--duration", "1ms", "--format", "json"];
        support::example("gateway").args(args).args(["--config", path]).output().unwrap()
    };
    let good = run("[[venue]]\nexchange = \"okx\"\nurl = \"ws://127.0.0.1:9\"\nresume = true\n\
         [[venue]]\nexchange = \"okx\"\nurl = \"ws://127.0.0.1:9\"\npath = \"second\"\n\
         farewell = \"bye\"\n");
    assert_eq!(good.status.code(), Some(0), "{good:?}");
    let lines = String::from_utf8(good.stdout).unwrap();
    assert!(lines.contains(r#""resume":true,"farewell":false"#), "{lines}");
    assert!(lines.contains(r#""resume":false,"farewell":true"#), "{lines}");
    for (text, why) in [
        ("[[venue]]\nexchange = \"mtgox\"\n", "unknown exchange"),
        ("[[venue]]\nexchange = \"okx\"\ntoken = \"s3cret\"\n", "token"),
        ("[[venue]]\nexchange = \"okx\"\nurl = \"http://x\"\n", "http"),
        ("", "at least one venue"),
    ] {
        let bad = run(text);
        let said = String::from_utf8(bad.stderr).unwrap();
        assert_eq!((bad.status.code(), said.lines().count()), (Some(2), 1), "{said}");
        assert!(said.contains(why) && !said.contains("s3cret"), "{said}");
    }
    std::fs::remove_dir_all(&folder).unwrap();
}
