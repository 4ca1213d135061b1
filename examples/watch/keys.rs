//! The keys of a terminal, one by one and unseen.

use std::io::{self, IsTerminal as _};
use std::os::fd::{AsFd as _, OwnedFd};
use std::thread;

use rustix::termios::{LocalModes, OptionalActions, SpecialCodeIndex, Termios};
use rustix::termios::{tcgetattr, tcsetattr};
use tokio::sync::mpsc;

use crate::table::Key;

/// How many keys can wait; of a cat on the keyboard, the rest is left out.
const KEYS_MAX: usize = 64;

/// The terminal at standard input, which is as it was when this is dropped. Ctrl-C works as ever.
pub(crate) struct Keys {
    terminal: OwnedFd,
    before: Termios,
    pressed: mpsc::Receiver<Key>,
}

impl Keys {
    /// Opens the terminal; `None` if standard input is none.
    ///
    /// # Errors
    ///
    /// The system's.
    pub(crate) fn open() -> io::Result<Option<Self>> {
        let stdin = io::stdin();
        if !stdin.is_terminal() {
            return Ok(None);
        }
        let terminal = stdin.as_fd().try_clone_to_owned()?;
        let before = tcgetattr(&terminal)?;
        let mut modes = before.clone();
        modes.local_modes.remove(LocalModes::ICANON | LocalModes::ECHO);
        // A read returns as soon as there is a key.
        modes.special_codes[SpecialCodeIndex::VMIN] = 1;
        modes.special_codes[SpecialCodeIndex::VTIME] = 0;
        tcsetattr(&terminal, OptionalActions::Now, &modes)?;
        let (keys, pressed) = mpsc::channel(KEYS_MAX);
        let read = terminal.try_clone()?;
        // A terminal cannot be waited for without unsafe code. So this thread waits in a read, and
        // ends with the process; the runtime, whose own threads are waited for, has no part in it.
        thread::Builder::new().name("keys".to_owned()).spawn(move || read_keys(&read, &keys))?;
        Ok(Some(Self { terminal, before, pressed }))
    }

    /// Waits for the next key that means something; for ever once the terminal has gone.
    pub(crate) async fn next(&mut self) -> Key {
        match self.pressed.recv().await {
            Some(key) => key,
            None => core::future::pending().await,
        }
    }
}

impl Drop for Keys {
    fn drop(&mut self) {
        // The terminal may have gone; whoever has it next sets it up by itself.
        let _ = tcsetattr(&self.terminal, OptionalActions::Now, &self.before);
    }
}

/// Reads until the terminal or whoever wants the keys has gone.
fn read_keys(terminal: &OwnedFd, keys: &mpsc::Sender<Key>) {
    let mut bytes = [0; 64];
    while let Ok(read @ 1..) = rustix::io::read(terminal, &mut bytes) {
        for key in keys_of(bytes.get(..read).unwrap_or_default()) {
            if let Err(mpsc::error::TrySendError::Closed(_)) = keys.try_send(key) {
                return;
            }
        }
    }
}

/// Reads what was pressed. An arrow comes as three bytes, and in one piece.
fn keys_of(mut bytes: &[u8]) -> Vec<Key> {
    let mut keys = Vec::new();
    loop {
        let (key, rest) = match bytes {
            [] => return keys,
            [0x1b, b'[' | b'O', b'A', rest @ ..] | [b'k', rest @ ..] => (Some(Key::Up), rest),
            [0x1b, b'[' | b'O', b'B', rest @ ..] | [b'j', rest @ ..] => (Some(Key::Down), rest),
            [b'r', rest @ ..] => (Some(Key::Reconnect), rest),
            [b'R', rest @ ..] => (Some(Key::ReconnectNow), rest),
            [b'p', rest @ ..] => (Some(Key::Pause), rest),
            [b'l', rest @ ..] => (Some(Key::Lift), rest),
            [b'q', rest @ ..] => (Some(Key::Quit), rest),
            // Another key; what comes as several bytes is one.
            [0x1b, b'[' | b'O', _, rest @ ..] | [_, rest @ ..] => (None, rest),
        };
        keys.extend(key);
        bytes = rest;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_read_one_by_one_and_what_means_nothing_is_passed_over() {
        let pressed = keys_of(b"x\x1b[Bp\x1b[Cr\x1bOAR\x1b");
        let expected = [Key::Down, Key::Pause, Key::Reconnect, Key::Up, Key::ReconnectNow];
        assert_eq!(pressed, expected);
    }
}
