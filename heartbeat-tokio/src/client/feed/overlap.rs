//! What was said lately, so that two connections can be shown as one.

use std::collections::{HashSet, VecDeque};

use crate::client::Key;

/// How many keys are remembered: at 100,000 messages a second, those of the last 650 ms; at
/// some 3 MiB while a rotation is under way.
const KEYS_MAX: usize = 1 << 16;

/// The keys of the last messages, of whichever connection.
#[derive(Debug, Default)]
pub(super) struct Window {
    seen: HashSet<Key>,
    order: VecDeque<Key>,
}

impl Window {
    /// Tells whether the key is seen for the first time, and remembers it.
    pub(super) fn is_first(&mut self, key: Key) -> bool {
        if !self.seen.insert(key) {
            return false;
        }
        self.order.push_back(key);
        if self.order.len() > KEYS_MAX
            && let Some(oldest) = self.order.pop_front()
        {
            self.seen.remove(&oldest);
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_first_once_and_again_when_it_is_forgotten() {
        let mut window = Window::default();
        let key = |number: usize| number as Key;
        assert!(window.is_first(key(0)));
        assert!(!window.is_first(key(0)));
        for number in 1..=KEYS_MAX {
            assert!(window.is_first(key(number)));
        }
        assert_eq!(window.seen.len(), KEYS_MAX);
        assert!(window.is_first(key(0)), "it was the oldest");
    }
}
