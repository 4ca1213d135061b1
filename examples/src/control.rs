//! The operator's hand over a local socket: one command a line, one JSON object back for each.
//!
//! Off unless a program is told to open one. What it does to whom is the program's, by the public
//! handles of its clients ([`Operate`]); here are the words, the socket and its bounds:
//!
//! - It is a Unix socket that its owner alone can open (mode 0600 from the moment it exists), and
//!   who comes in as somebody else is turned away by the kernel's word for who that is.
//! - A line has at most [`LINE_MAX`] bytes, and at most [`CLIENTS_MAX`] are connected at once.
//! - One that says nothing for [`IDLE_MAX`], or reads nothing for [`ANSWER_WITHIN`], is hung up on.
//! - It is gone when the program ends. One that a dead program has left is taken over, one that
//!   somebody answers at is not.

use core::fmt;
use core::time::Duration;
use std::io;
use std::os::unix::fs::{
    DirBuilderExt as _, FileTypeExt as _, MetadataExt as _, PermissionsExt as _,
};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::{Value, json};
use tokio::io::{AsyncBufRead, AsyncBufReadExt as _, AsyncWrite, AsyncWriteExt as _, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::task::JoinSet;
use tokio::time::timeout;

/// The longest line, in bytes.
pub const LINE_MAX: usize = 1_024;

/// How many may be connected at once; further ones are told so and turned away.
pub const CLIENTS_MAX: usize = 8;

/// How long one may say nothing.
pub const IDLE_MAX: Duration = Duration::from_secs(600);

/// How long one may take to read an answer.
pub const ANSWER_WITHIN: Duration = Duration::from_secs(5);

/// How long accepting rests after an error, such as too many open files.
const ACCEPT_REST: Duration = Duration::from_millis(100);

/// What `help` says.
const HELP: &str = "list | reconnect NAME [REASON] | reconnect-now NAME [REASON] | pause NAME | \
                    resume NAME | stop NAME | gates | lift VENUE | hold VENUE SPAN | help; NAME \
                    and VENUE may be `*` for all";

/// A command of the operator's.
///
/// ```
/// use heartbeat_examples::control::Command;
///
/// let command: Command = "reconnect-now okx-1 proxy mended".parse().unwrap();
/// let (name, reason) = ("okx-1".to_owned(), "proxy mended".to_owned());
/// assert_eq!(command, Command::ReconnectNow { name, reason });
/// assert_eq!("pause".parse::<Command>().unwrap_err(), "pause wants a NAME");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "who carries commands out must know all of them")]
pub enum Command {
    /// How each connection is doing.
    List,
    /// Make it anew, and leave the old one when the new one is live.
    Reconnect {
        /// Which one, or `*`.
        name: String,
        /// Why, for the log.
        reason: String,
    },
    /// Make it anew at once, whatever backoff, breaker or the venue say.
    ReconnectNow {
        /// Which one, or `*`.
        name: String,
        /// Why, for the log.
        reason: String,
    },
    /// Leave it, and connect no more until `resume`.
    Pause {
        /// Which one, or `*`.
        name: String,
    },
    /// Connect again.
    Resume {
        /// Which one, or `*`.
        name: String,
    },
    /// End it for good.
    Stop {
        /// Which one, or `*`.
        name: String,
    },
    /// What the breaker of each venue does.
    Gates,
    /// Let attempts through to a venue again.
    Lift {
        /// Which venue, or `*`.
        venue: String,
    },
    /// Let no attempt through to a venue for a span.
    Hold {
        /// Which venue, or `*`.
        venue: String,
        /// For how long.
        span: Duration,
    },
    /// Which commands there are.
    Help,
}

impl core::str::FromStr for Command {
    /// What is wrong, in one line.
    type Err = String;

    fn from_str(line: &str) -> Result<Self, String> {
        let mut words = line.split_whitespace();
        let verb = words.next().unwrap_or_default();
        let mut wanted = |what: &str| match words.next() {
            Some(word) => Ok(word.to_owned()),
            None => Err(format!("{verb} wants a {what}")),
        };
        let command = match verb {
            "list" => Self::List,
            "gates" => Self::Gates,
            "help" => Self::Help,
            "pause" => Self::Pause { name: wanted("NAME")? },
            "resume" => Self::Resume { name: wanted("NAME")? },
            "stop" => Self::Stop { name: wanted("NAME")? },
            "lift" => Self::Lift { venue: wanted("VENUE")? },
            "hold" => {
                let venue = wanted("VENUE")?;
                let span = crate::duration(&wanted("SPAN")?);
                Self::Hold { venue, span: span.map_err(|why| format!("hold: {why}"))? }
            }
            "reconnect" | "reconnect-now" => {
                let name = wanted("NAME")?;
                let reason = words.by_ref().collect::<Vec<_>>().join(" ");
                let reason = if reason.is_empty() { "control socket".to_owned() } else { reason };
                if verb == "reconnect" {
                    Self::Reconnect { name, reason }
                } else {
                    Self::ReconnectNow { name, reason }
                }
            }
            _ => return Err(format!("unknown command; {HELP}")),
        };
        match words.next() {
            None => Ok(command),
            Some(_) => Err(format!("{verb} takes no more than that")),
        }
    }
}

/// What a program lets its operator do.
pub trait Operate: Send + Sync + 'static {
    /// Carries a command out, and returns what to answer with besides `ok`: an object.
    ///
    /// # Errors
    ///
    /// Why it was not carried out, in one line.
    fn carry_out(&self, command: &Command) -> Result<Value, String>;
}

/// Tells whether a command about `name` is about `candidate`.
pub fn is_meant(name: &str, candidate: &str) -> bool {
    name == "*" || name == candidate
}

/// An open control socket, which is removed when this is dropped.
pub struct ControlSocket {
    listener: UnixListener,
    path: PathBuf,
    /// What tells our socket from one that somebody else has put there since.
    inode: u64,
}

impl ControlSocket {
    /// Opens a socket at a path.
    ///
    /// # Errors
    ///
    /// The system's, and [`io::ErrorKind::AddrInUse`] if somebody answers there, or if what is
    /// there is no socket.
    pub fn open(path: &Path) -> io::Result<Self> {
        make_room(path)?;
        // A mode that is set after the socket exists comes too late for whoever is quick. So it
        // is made where nobody else can go, and moved from there when it is ready.
        let folder = path.with_extension(format!("{}.new", std::process::id()));
        std::fs::DirBuilder::new().mode(0o700).create(&folder)?;
        let made = folder.join("socket");
        let opened = (|| {
            let listener = UnixListener::bind(&made)?;
            std::fs::set_permissions(&made, std::fs::Permissions::from_mode(0o600))?;
            let inode = std::fs::symlink_metadata(&made)?.ino();
            std::fs::rename(&made, path)?;
            Ok(Self { listener, path: path.to_owned(), inode })
        })();
        let _ = std::fs::remove_file(&made);
        let _ = std::fs::remove_dir(&folder);
        opened
    }

    /// Serves until it is dropped.
    pub async fn run(self, operated: Arc<dyn Operate>) {
        let mut clients = JoinSet::new();
        loop {
            tokio::select! {
                accepted = self.listener.accept() => if let Ok((stream, _)) = accepted {
                    let is_full = clients.len() >= CLIENTS_MAX;
                    clients.spawn(greet(stream, is_full, Arc::clone(&operated)));
                } else {
                    let never = core::future::pending::<()>();
                    let _ = timeout(ACCEPT_REST, never).await;
                },
                Some(_) = clients.join_next() => {}
            }
        }
    }
}

impl Drop for ControlSocket {
    fn drop(&mut self) {
        let is_ours =
            std::fs::symlink_metadata(&self.path).is_ok_and(|found| found.ino() == self.inode);
        if is_ours {
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

impl fmt::Debug for ControlSocket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ControlSocket").field("path", &self.path).finish_non_exhaustive()
    }
}

/// Removes a socket that nobody answers at.
fn make_room(path: &Path) -> io::Result<()> {
    let found = match std::fs::symlink_metadata(path) {
        Ok(found) => found,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    let in_use = |why| Err(io::Error::new(io::ErrorKind::AddrInUse, why));
    if !found.file_type().is_socket() {
        return in_use("what is there is no socket");
    }
    match std::os::unix::net::UnixStream::connect(path) {
        Ok(_) => in_use("somebody answers there"),
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
            std::fs::remove_file(path)
        }
        Err(error) => Err(error),
    }
}

async fn greet(stream: UnixStream, is_full: bool, operated: Arc<dyn Operate>) {
    let refusal = match stream.peer_cred() {
        Ok(peer) if peer.uid() != rustix::process::getuid().as_raw() => Some("not your socket"),
        Ok(_) if is_full => Some("too many are connected"),
        Ok(_) => None,
        Err(_) => Some("nobody knows who you are"),
    };
    let (reader, mut writer) = stream.into_split();
    if let Some(why) = refusal {
        let _ = answer(&mut writer, &refused(why)).await;
        return;
    }
    let mut reader = BufReader::with_capacity(LINE_MAX, reader);
    let mut line = Vec::with_capacity(LINE_MAX);
    while let Ok(Ok(read)) = timeout(IDLE_MAX, read_line(&mut reader, &mut line)).await {
        let said = match read {
            Read::End => return,
            Read::TooLong => refused(&format!("a line has at most {LINE_MAX} bytes")),
            Read::Line => match core::str::from_utf8(&line) {
                Ok(text) if text.trim().is_empty() => continue,
                Ok(text) => carry_out(text, &*operated),
                Err(_) => refused("a line must be utf-8"),
            },
        };
        if !answer(&mut writer, &said).await {
            return;
        }
    }
}

enum Read {
    Line,
    /// Its end was read over.
    TooLong,
    End,
}

/// Reads a line, and of a longer one nothing but its end.
async fn read_line(
    reader: &mut (impl AsyncBufRead + Unpin),
    line: &mut Vec<u8>,
) -> io::Result<Read> {
    line.clear();
    let mut is_too_long = false;
    loop {
        let buffer = reader.fill_buf().await?;
        if buffer.is_empty() {
            // What has no end is no line: whoever was cut off did not finish the command.
            return Ok(Read::End);
        }
        let end = buffer.iter().position(|byte| *byte == b'\n');
        let (part, used) = match end {
            Some(at) => (buffer.get(..at).unwrap_or_default(), at.saturating_add(1)),
            None => (buffer, buffer.len()),
        };
        is_too_long |= line.len().saturating_add(part.len()) > LINE_MAX;
        if !is_too_long {
            line.extend_from_slice(part);
        }
        reader.consume(used);
        if end.is_some() {
            return Ok(if is_too_long { Read::TooLong } else { Read::Line });
        }
    }
}

fn carry_out(line: &str, operated: &dyn Operate) -> Value {
    let done = match line.parse() {
        Ok(Command::Help) => Ok(json!({ "help": HELP })),
        Ok(command) => operated.carry_out(&command),
        Err(why) => Err(why),
    };
    match done {
        Ok(mut said) => {
            if let Some(fields) = said.as_object_mut() {
                fields.insert("ok".to_owned(), true.into());
            }
            said
        }
        Err(why) => refused(&why),
    }
}

fn refused(why: &str) -> Value {
    json!({ "ok": false, "error": why })
}

/// Writes an answer. Tells whether it was read.
async fn answer(writer: &mut (impl AsyncWrite + Unpin), said: &Value) -> bool {
    let line = format!("{said}\n");
    matches!(timeout(ANSWER_WITHIN, writer.write_all(line.as_bytes())).await, Ok(Ok(())))
}
