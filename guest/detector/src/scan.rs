//! A JSON scanner: validates values and returns their text.
//!
//! Strict as in RFC 8259, with a bound on nesting. Values are validated once, as they are scanned;
//! later code relies on their form. Tests compare it with `serde_json`, which is slower and larger
//! since it decodes.

use std::borrow::Cow;
use std::ops::Range;

/// Deepest nesting that is read.
pub const MAX_DEPTH: u32 = 128;

/// A syntax error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Error {
    /// A description of the error.
    pub message: &'static str,
    /// Byte offset.
    pub at: usize,
}

/// A cursor in a JSON text.
pub struct Scanner<'a> {
    text: &'a str,
    at: usize,
    depth: u32,
}

/// The result of a scan.
pub type ScanResult<T> = Result<T, Error>;

impl<'a> Scanner<'a> {
    /// A scanner at the start of a text.
    pub fn new(text: &'a str) -> Scanner<'a> {
        Scanner {
            text,
            at: 0,
            depth: 0,
        }
    }

    fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    #[cold]
    fn error<T>(&self, message: &'static str) -> ScanResult<T> {
        let message = if self.at < self.text.len() {
            message
        } else {
            "the text ends too soon"
        };
        Err(Error {
            message,
            at: self.at,
        })
    }

    /// The next byte that is not white space, without consuming it.
    pub fn peek(&mut self) -> Option<u8> {
        while let Some(byte) = self.byte() {
            if !matches!(byte, b' ' | b'\t' | b'\n' | b'\r') {
                return Some(byte);
            }
            self.at += 1;
        }
        None
    }

    /// Byte offset of the cursor.
    pub fn at(&self) -> usize {
        self.at
    }

    /// Fails unless only white space follows.
    pub fn end(&mut self) -> ScanResult<()> {
        match self.peek() {
            None => Ok(()),
            Some(_) => self.error("something follows the value"),
        }
    }

    /// Scans a value and returns its text.
    pub fn value(&mut self) -> ScanResult<&'a str> {
        let first = self.peek();
        let start = self.at;
        self.skip(first)?;
        Ok(&self.text[start..self.at])
    }

    fn skip(&mut self, first: Option<u8>) -> ScanResult<()> {
        match first {
            Some(b'"') => self.string().map(|_| ()),
            Some(b'{') => self.object(|scanner, _| scanner.value().map(|_| ())),
            Some(b'[') => self.array(|scanner| scanner.value().map(|_| ())),
            Some(b't') => self.word("true"),
            Some(b'f') => self.word("false"),
            Some(b'n') => self.word("null"),
            Some(b'-' | b'0'..=b'9') => self.number(),
            _ => self.error("expected a value"),
        }
    }

    /// Scans an object; `each` must scan the value of each key, which it is given as raw text.
    pub fn object(
        &mut self,
        mut each: impl FnMut(&mut Self, &'a str) -> ScanResult<()>,
    ) -> ScanResult<()> {
        self.enter()?;
        if self.peek() == Some(b'}') {
            return self.leave();
        }
        loop {
            if self.peek() != Some(b'"') {
                return self.error("expected a key in quotes");
            }
            let key = self.string()?;
            if self.peek() != Some(b':') {
                return self.error("expected ':'");
            }
            self.at += 1;
            each(self, key)?;
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b'}') => return self.leave(),
                _ => return self.error("expected ',' or '}'"),
            }
        }
    }

    /// Scans an array; `each` must scan each element.
    pub fn array(&mut self, mut each: impl FnMut(&mut Self) -> ScanResult<()>) -> ScanResult<()> {
        self.enter()?;
        if self.peek() == Some(b']') {
            return self.leave();
        }
        loop {
            each(self)?;
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b']') => return self.leave(),
                _ => return self.error("expected ',' or ']'"),
            }
        }
    }

    fn enter(&mut self) -> ScanResult<()> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return self.error("nested deeper than 128 levels");
        }
        self.at += 1;
        Ok(())
    }

    fn leave(&mut self) -> ScanResult<()> {
        self.depth -= 1;
        self.at += 1;
        Ok(())
    }

    fn word(&mut self, word: &str) -> ScanResult<()> {
        if !self.text.as_bytes()[self.at..].starts_with(word.as_bytes()) {
            return self.error("expected true, false or null");
        }
        self.at += word.len();
        Ok(())
    }

    fn digits(&mut self) -> ScanResult<()> {
        if !self.byte().is_some_and(|b| b.is_ascii_digit()) {
            return self.error("expected a digit");
        }
        while self.byte().is_some_and(|b| b.is_ascii_digit()) {
            self.at += 1;
        }
        Ok(())
    }

    fn number(&mut self) -> ScanResult<()> {
        if self.byte() == Some(b'-') {
            self.at += 1;
        }
        if self.byte() == Some(b'0') {
            self.at += 1;
            if self.byte().is_some_and(|b| b.is_ascii_digit()) {
                return self.error("a number begins with 0");
            }
        } else {
            self.digits()?;
        }
        if self.byte() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if matches!(self.byte(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.byte(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.digits()?;
        }
        Ok(())
    }

    /// Scans a string and returns the raw text between the quotes.
    fn string(&mut self) -> ScanResult<&'a str> {
        self.at += 1;
        let start = self.at;
        loop {
            self.at += plain(&self.text.as_bytes()[self.at..]);
            match self.byte() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(&self.text[start..self.at - 1]);
                }
                Some(b'\\') => self.escape()?,
                _ => return self.error("a control character in a string"),
            }
        }
    }

    fn escape(&mut self) -> ScanResult<()> {
        self.at += 1;
        match self.byte() {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => self.at += 1,
            Some(b'u') => {
                for _ in 0..4 {
                    self.at += 1;
                    if !self.byte().is_some_and(|b| b.is_ascii_hexdigit()) {
                        return self.error("expected four hexadecimal digits");
                    }
                }
                self.at += 1;
            }
            _ => return self.error("no such escape"),
        }
        Ok(())
    }
}

/// Whether a text is a JSON number.
pub fn is_number(text: &str) -> bool {
    let mut scanner = Scanner::new(text);
    scanner.number().is_ok() && scanner.byte().is_none()
}

/// Number of bytes before the first quote, backslash or control character.
fn plain(bytes: &[u8]) -> usize {
    const ONES: u64 = u64::MAX / 255;
    const HIGHS: u64 = ONES << 7;
    // The high bit of each byte that is zero; bytes after the first such may be wrong.
    let zeros = |x: u64| x.wrapping_sub(ONES) & !x & HIGHS;
    let (words, rest) = bytes.as_chunks::<8>();
    for (i, word) in words.iter().enumerate() {
        let word = u64::from_le_bytes(*word);
        let control = word.wrapping_sub(ONES * 0x20) & !word & HIGHS;
        let found = control
            | zeros(word ^ (ONES * u64::from(b'"')))
            | zeros(word ^ (ONES * u64::from(b'\\')));
        if found != 0 {
            return i * 8 + found.trailing_zeros() as usize / 8;
        }
    }
    let special = |b: &u8| *b < 0x20 || matches!(b, b'"' | b'\\');
    words.len() * 8 + rest.iter().position(special).unwrap_or(rest.len())
}

/// Decodes a string that was scanned, given the raw text between its quotes. A lone surrogate
/// becomes U+FFFD, so that no writer of logs can hide a record with one.
pub fn unescaped(inner: &str) -> Cow<'_, str> {
    if memchr::memchr(b'\\', inner.as_bytes()).is_none() {
        return Cow::Borrowed(inner);
    }
    let mut text = String::with_capacity(inner.len());
    let mut rest = inner;
    while let Some((before, after)) = rest.split_once('\\') {
        text.push_str(before);
        let mut after = after.chars();
        match after.next().unwrap_or_default() {
            'u' => {
                let (c, length) = unicode_escape(after.as_str());
                text.push(c);
                rest = &after.as_str()[length..];
                continue;
            }
            'b' => text.push('\u{8}'),
            'f' => text.push('\u{c}'),
            'n' => text.push('\n'),
            'r' => text.push('\r'),
            't' => text.push('\t'),
            itself => text.push(itself),
        }
        rest = after.as_str();
    }
    text.push_str(rest);
    Cow::Owned(text)
}

/// Maps ranges of a decoded string to ranges of its raw text. Ranges must be requested in order of
/// their starts, so that all of them together cost one pass.
pub struct Written<'a> {
    inner: &'a str,
    /// Bytes of the decoded and of the raw text that are behind the cursor.
    read: usize,
    at: usize,
}

impl<'a> Written<'a> {
    /// A mapping for the raw text between the quotes.
    pub fn new(inner: &'a str) -> Self {
        Written {
            inner,
            read: 0,
            at: 0,
        }
    }

    /// The raw range of a decoded range.
    pub fn part(&mut self, part: Range<usize>) -> Range<usize> {
        self.go(part.start);
        let mut end = Written { ..*self };
        end.go(part.end);
        self.at..end.at
    }

    fn go(&mut self, to: usize) {
        while self.read < to {
            let rest = &self.inner.as_bytes()[self.at..];
            let plain = memchr::memchr(b'\\', rest).unwrap_or(rest.len());
            let plain = plain.min(to - self.read);
            self.read += plain;
            self.at += plain;
            if plain > 0 {
                continue;
            }
            let Some(escape) = self.inner.get(self.at + 1..) else {
                return;
            };
            let (read, written) = match escape.strip_prefix('u') {
                Some(digits) => {
                    let (c, length) = unicode_escape(digits);
                    (c.len_utf8(), 2 + length)
                }
                None => (1, 2),
            };
            self.read += read;
            self.at += written;
        }
    }
}

/// The character of an escape, given the text behind `\u`, and its length in bytes.
fn unicode_escape(text: &str) -> (char, usize) {
    let unit = |at: usize| u32::from_str_radix(text.get(at..at + 4)?, 16).ok();
    let first = unit(0).unwrap_or_default();
    if let Some(c) = char::from_u32(first) {
        return (c, 4);
    }
    let second = text
        .get(4..6)
        .filter(|escape| *escape == "\\u")
        .and_then(|_| unit(6));
    if let (0xd800..0xdc00, Some(low @ 0xdc00..0xe000)) = (first, second)
        && let Some(c) = char::from_u32(0x1_0000 + ((first - 0xd800) << 10) + (low - 0xdc00))
    {
        return (c, 10);
    }
    (char::REPLACEMENT_CHARACTER, 4)
}

#[cfg(test)]
#[path = "scan_tests.rs"]
mod tests;
