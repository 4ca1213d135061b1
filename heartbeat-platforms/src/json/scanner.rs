//! The grammar of RFC 8259, one production a method.
//!
//! Each method leaves the scanner behind what it read, and returns `None` for what is not
//! well-formed; the scanner is then good for nothing more.

/// A position in a text.
pub(super) struct Scanner<'f> {
    text: &'f str,
    at: usize,
}

impl<'f> Scanner<'f> {
    pub(super) const fn new(text: &'f str) -> Self {
        Self { text, at: 0 }
    }

    pub(super) const fn is_at_end(&self) -> bool {
        self.at >= self.text.len()
    }

    /// Reads white space, if there is any.
    pub(super) fn space(&mut self) {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.peek() {
            self.advance(1);
        }
    }

    /// Reads `byte` if it comes next.
    pub(super) fn eat(&mut self, byte: u8) -> bool {
        let eaten = self.peek() == Some(byte);
        if eaten {
            self.advance(1);
        }
        eaten
    }

    /// Reads a value with at most `room` arrays and objects within each other; returns its text.
    pub(super) fn value(&mut self, room: u8) -> Option<&'f str> {
        let start = self.at;
        match self.peek()? {
            b'{' => self.container(b'}', room)?,
            b'[' => self.container(b']', room)?,
            b'"' => {
                self.string()?;
            }
            b't' => self.word("true")?,
            b'f' => self.word("false")?,
            b'n' => self.word("null")?,
            _ => self.number()?,
        }
        self.since(start)
    }

    /// Reads up to the next element of an array or object; `Some(false)` if it ended with
    /// `close` instead.
    pub(super) fn step(&mut self, first: bool, close: u8) -> Option<bool> {
        self.space();
        if self.eat(close) {
            return Some(false);
        }
        if !first {
            self.expect(b',')?;
            self.space();
        }
        Some(true)
    }

    /// Reads a key with its colon; returns what is between its quotes.
    pub(super) fn key(&mut self) -> Option<&'f str> {
        let key = self.string()?;
        self.space();
        self.expect(b':')?;
        self.space();
        Some(key)
    }

    /// Reads a string; returns what is between its quotes.
    pub(super) fn string(&mut self) -> Option<&'f str> {
        self.expect(b'"')?;
        let start = self.at;
        loop {
            self.advance(plain_len(self.text.as_bytes().get(self.at..)?)?);
            match self.peek()? {
                b'"' => break,
                b'\\' => self.char()?,
                _ => return None,
            };
        }
        let inner = self.since(start);
        self.advance(1);
        inner
    }

    /// Reads one character of a string's inside, with its escape undone.
    pub(super) fn char(&mut self) -> Option<char> {
        let plain = self.text.get(self.at..)?.chars().next()?;
        self.advance(plain.len_utf8());
        if plain != '\\' {
            return Some(plain);
        }
        let letter = self.peek()?;
        self.advance(1);
        Some(match letter {
            b'"' | b'\\' | b'/' => char::from(letter),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => return self.code_point(),
            _ => return None,
        })
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    const fn advance(&mut self, bytes: usize) {
        self.at = self.at.saturating_add(bytes);
    }

    fn since(&self, start: usize) -> Option<&'f str> {
        self.text.get(start..self.at)
    }

    pub(super) fn expect(&mut self, byte: u8) -> Option<()> {
        self.eat(byte).then_some(())
    }

    fn word(&mut self, word: &str) -> Option<()> {
        let rest = self.text.get(self.at..)?;
        self.advance(word.len());
        rest.starts_with(word).then_some(())
    }

    fn container(&mut self, close: u8, room: u8) -> Option<()> {
        let room = room.checked_sub(1)?;
        self.advance(1);
        let mut first = true;
        while self.step(first, close)? {
            if close == b'}' {
                self.key()?;
            }
            self.value(room)?;
            first = false;
        }
        Some(())
    }

    fn number(&mut self) -> Option<()> {
        let start = self.at;
        self.eat(b'-');
        if !self.eat(b'0') {
            self.digits()?;
        }
        if self.eat(b'.') {
            self.digits()?;
        }
        let mut scaled = false;
        if self.eat(b'e') || self.eat(b'E') {
            scaled = true;
            let _sign = self.eat(b'+') || self.eat(b'-');
            self.digits()?;
        }
        // 308 digits without an exponent are always within the range of a double.
        let literal = self.since(start)?;
        let fits = (!scaled && literal.len() <= 308)
            || literal.parse().is_ok_and(|number: f64| number.is_finite());
        fits.then_some(())
    }

    /// Reads one digit or more.
    fn digits(&mut self) -> Option<()> {
        let start = self.at;
        while let Some(b'0'..=b'9') = self.peek() {
            self.advance(1);
        }
        (self.at > start).then_some(())
    }

    /// Reads the digits of a `\u` escape, and those of the second half of a surrogate pair.
    fn code_point(&mut self) -> Option<char> {
        let high = self.hex()?;
        if !(0xd800..0xdc00).contains(&high) {
            // `None` for a second half that no first half came before.
            return char::from_u32(high);
        }
        self.expect(b'\\')?;
        self.expect(b'u')?;
        let low = self.hex()?;
        char::decode_utf16([u16::try_from(high).ok()?, u16::try_from(low).ok()?]).next()?.ok()
    }

    fn hex(&mut self) -> Option<u32> {
        let mut number = 0u32;
        for _ in 0..4 {
            let digit = char::from(self.peek()?).to_digit(16)?;
            self.advance(1);
            number = (number << 4) | digit;
        }
        Some(number)
    }
}

/// Returns how many bytes come before the first that is no plain part of a string: a quote, a
/// backslash or a control character. `None` if there is none.
fn plain_len(bytes: &[u8]) -> Option<usize> {
    let is_special = |byte: &u8| matches!(byte, b'"' | b'\\' | 0..=0x1f);
    let (words, rest) = bytes.as_chunks::<8>();
    for (at, word) in words.iter().enumerate() {
        if holds_special(u64::from_le_bytes(*word)) {
            let within = word.iter().position(is_special)?;
            return at.checked_mul(8)?.checked_add(within);
        }
    }
    let within = rest.iter().position(is_special)?;
    words.len().checked_mul(8)?.checked_add(within)
}

/// Tells of eight bytes at once whether one of them is a quote, a backslash or a control
/// character. Exact: a borrow reaches a byte only from one below it that is special itself.
const fn holds_special(word: u64) -> bool {
    const ONES: u64 = u64::from_le_bytes([1; 8]);
    const HIGHS: u64 = ONES << 7;
    const fn is_zero(word: u64) -> u64 {
        word.wrapping_sub(ONES) & !word
    }
    let control = word.wrapping_sub(ONES.wrapping_mul(0x20)) & !word;
    let quote = is_zero(word ^ ONES.wrapping_mul(b'"' as u64));
    let backslash = is_zero(word ^ ONES.wrapping_mul(b'\\' as u64));
    (control | quote | backslash) & HIGHS != 0
}
