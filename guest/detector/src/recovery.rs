//! Recovers documents from a malformed line: elements of an array or of an envelope's records, one
//! of which is malformed, and records that were written into one another.
//!
//! A malformed document ends where the next one begins, which is recognised by the first keys of
//! the others. The bytes that are read again, because a malformed document reached into its
//! neighbours, are bounded by the line's length.

use crate::brackets::Brackets;
use crate::fields::DataSetName;
use crate::recovery_list::{headless, list, rows_behind, table};
use crate::scan::{Error, Scanner};
use std::ops::Range;

/// Most bytes that are read again, as a multiple of the line's length.
const AGAIN: usize = 6;
/// Most first keys that are kept, and longest first key in bytes.
const KEYS: usize = 8;
const MAX_KEY_LENGTH: usize = 256;
/// The last bytes of the key of a table's columns.
const COLUMNS: &[u8] = b"olumns\"";

const MARK: &[u8] = "\u{feff}".as_bytes();

/// The span trimmed of blanks, commas, NULs and byte order marks.
pub(crate) fn trimmed(batch: &[u8], span: Range<usize>) -> Range<usize> {
    let Range { mut start, mut end } = span;
    let around = |byte: Option<&u8>| {
        byte.is_some_and(|b| matches!(b, b' ' | b'\t' | b'\r' | b'\n' | b',' | 0))
    };
    while start < end {
        if around(batch.get(start)) {
            start += 1;
        } else if batch[start..end].starts_with(MARK) {
            start += MARK.len();
        } else if around(batch.get(end - 1)) {
            end -= 1;
        } else if batch[start..end].ends_with(MARK) {
            end -= MARK.len();
        } else {
            break;
        }
    }
    start..end
}

/// A character that is invalid in JSON, inside texts and outside.
const NO_JSON: char = '\u{1}';

/// The text of a line; each byte that is not UTF-8 becomes `NO_JSON`.
pub(crate) fn text(line: &[u8]) -> String {
    let mut text = String::with_capacity(line.len());
    for chunk in line.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|_| NO_JSON));
    }
    text
}

/// A document of a malformed line.
#[derive(Clone, Debug)]
pub(crate) struct RecoveredDocument {
    pub(crate) span: Range<usize>,
    /// Byte range of the columns of the table that it is a row of.
    pub(crate) columns: Option<Range<usize>>,
}

/// The documents of a malformed line, malformed ones included, in order and none of them empty; a
/// single one if the line is one document.
pub(crate) fn parts(text: &str, name: &DataSetName) -> Vec<RecoveredDocument> {
    let mut parts = Recovery {
        text,
        twice: name.last_but_one(text.as_bytes()),
        at: 0,
        top: true,
        // The end of an array that began on an earlier line.
        list: text.ends_with(']') || text.ends_with("]}"),
        heads: Vec::new(),
        keys: Vec::new(),
        columns: None,
        found: Vec::new(),
        again: AGAIN * text.len(),
    };
    parts.all();
    let found = parts.found;
    // Only objects are recovered.
    let object = |part: &str| part.trim_start_matches(['[', ' ']).starts_with('{');
    let worth =
        |part: &RecoveredDocument| part.columns.is_some() || object(&text[part.span.clone()]);
    match parts.list {
        true if found.iter().any(worth) || found.is_empty() => found,
        false if found.len() > 1 => found,
        _ => vec![RecoveredDocument {
            span: 0..text.len(),
            columns: None,
        }],
    }
}

/// The length of an object's members with the closing bracket; the error is the number of bytes
/// read.
fn members(text: &str) -> Result<usize, usize> {
    let mut at = 0;
    for wanted in [b':', b','].into_iter().cycle() {
        let mut json = Scanner::new(&text[at..]);
        json.value().map_err(|error| at + error.at)?;
        let next = json.peek();
        at += json.at();
        match next {
            Some(next) if next == wanted => at += 1,
            Some(b'}') if wanted == b',' => return Ok(at + 1),
            _ => break,
        }
    }
    Err(at)
}

/// Number of leading bytes that separate values.
fn between(text: &str, closers: &[char]) -> usize {
    let blanks = [' ', '\t', '\r', '\n', ',', '\0', '\u{feff}'];
    let rest = text.trim_start_matches(|c| blanks.contains(&c) || closers.contains(&c));
    text.len() - rest.len()
}

struct Recovery<'a> {
    text: &'a str,
    /// Offset of the last but one name of the data set.
    twice: Option<usize>,
    at: usize,
    /// Whether a document outside of any list begins here.
    top: bool,
    /// Whether the documents are elements of an array.
    list: bool,
    /// First keys of envelopes.
    heads: Vec<&'a str>,
    /// First keys of the objects so far.
    keys: Vec<&'a str>,
    /// Byte range of the columns of the table whose rows are being read.
    columns: Option<Range<usize>>,
    found: Vec<RecoveredDocument>,
    /// Remaining budget of bytes that may be read again.
    again: usize,
}

impl<'a> Recovery<'a> {
    fn all(&mut self) {
        while let Some(byte) = self.next() {
            if byte == b']' && self.list {
                self.end();
                continue;
            }
            if byte == b'{' && self.columns.take().is_some() {
                self.top = true;
            }
            let rest = &self.text[self.at..];
            let read = match self.columns {
                Some(_) if byte != b'[' => Err(Error {
                    message: "expected a row",
                    at: 0,
                }),
                _ => Scanner::new(rest).value(),
            };
            if let Err(error) = read
                && self.columns.is_none()
                && self.spend(error.at)
                && self.enters(rest, error.at)
            {
                continue;
            }
            self.learn(rest);
            self.top = false;
            let length = match read {
                Ok(value) if self.may_follow(value.len()) => value.len(),
                done => self.broken(done.map_or_else(|error| error.at, str::len)),
            };
            self.push(length);
        }
    }

    fn push(&mut self, length: usize) {
        let span = trimmed(self.text.as_bytes(), self.at..self.at + length);
        if !span.is_empty() {
            let columns = self.columns.clone();
            self.found.push(RecoveredDocument { span, columns });
        }
        self.at += length;
    }

    /// Skips separators, and returns the byte behind them.
    fn next(&mut self) -> Option<u8> {
        self.at += between(&self.text[self.at..], &[]);
        self.text.as_bytes().get(self.at).copied()
    }

    /// Offset of the last but one name of the data set in the remaining text.
    fn twice(&self) -> Option<usize> {
        self.twice?.checked_sub(self.at)
    }

    /// Spends budget on bytes that are read again; false if there is too little.
    fn spend(&mut self, bytes: usize) -> bool {
        let left = self.again.checked_sub(bytes);
        self.again = left.unwrap_or(0);
        left.is_some()
    }

    /// Descends into a list, an envelope or a table that is malformed behind so many bytes.
    fn enters(&mut self, rest: &'a str, read: usize) -> bool {
        let within = &rest.as_bytes()[..read];
        if memchr::memmem::find(within, COLUMNS).is_some()
            && self.spend(read)
            && let Some((columns, rows)) = table(rest)
                .or_else(|broken| self.broken_table(rest, broken))
                .ok()
        {
            if let Some(key) = key(rest) {
                add_key(&mut self.heads, key);
            }
            self.columns = Some(self.at + columns.start..self.at + columns.end);
            self.at += rows;
            (self.top, self.list) = (false, true);
            return true;
        }
        let array = rest.strip_prefix('[').map(str::trim_start);
        let key = key(rest);
        let known = key.is_some_and(|key| self.heads.contains(&key));
        let mut behind = match array {
            Some(inner) => (self.top || inner.starts_with(['[', '{'])).then_some(1),
            None if rest.starts_with('{') && (self.top || known || !self.list) => {
                list(rest, self.twice())
            }
            None => None,
        };
        if behind.is_none() && self.top && self.spend(rest.len()) {
            behind = headless(rest, self.twice());
            if let Some(length) = behind {
                self.push(length);
                behind = Some(0);
            }
        }
        let Some(behind) = behind else { return false };
        if let Some(key) = key {
            add_key(&mut self.heads, key);
        }
        self.at += behind;
        (self.top, self.list) = (false, true);
        true
    }

    /// Handles a table whose columns begin there and cannot be read.
    fn broken_table(
        &mut self,
        rest: &str,
        start: Option<usize>,
    ) -> Result<(Range<usize>, usize), ()> {
        let start = start.filter(|_| self.spend(rest.len())).ok_or(())?;
        let rows = rows_behind(&rest[start..]).ok_or(())?;
        Ok((start..start + rows.start, start + rows.end))
    }

    /// Skips what follows an array: closing brackets, an envelope's other fields, up to the next
    /// document.
    fn end(&mut self) {
        let behind = &self.text[self.at + 1..];
        let next = &behind[between(behind, &[])..];
        if self.columns.is_some() && next.starts_with('[') {
            // A superfluous bracket behind a row.
            self.at = self.text.len() - next.len();
            return;
        }
        self.columns = None;
        loop {
            let rest = &self.text[self.at..];
            let rest = &rest[between(rest, &[']', '}'])..];
            self.at = self.text.len() - rest.len();
            self.top = true;
            if !rest.starts_with('"') {
                return;
            }
            match members(rest) {
                Ok(length) => self.at += length,
                Err(read) => {
                    self.spend(read);
                    let length = self.broken(0);
                    return self.push(length);
                }
            }
        }
    }

    /// Whether the bytes behind a value of this length may follow a value.
    fn may_follow(&self, length: usize) -> bool {
        let behind = &self.text[self.at + length..];
        let rest = behind.trim_start();
        match rest.as_bytes().first() {
            None => true,
            Some(b',' | b']') => self.list,
            Some(b'{') => key(rest).is_some_and(|key| self.knows(key)),
            Some(b'[') => self.text[self.at..].starts_with('['),
            _ => rest.starts_with(['\0', '\u{feff}']),
        }
    }

    fn knows(&self, key: &str) -> bool {
        self.keys.contains(&key) || self.heads.contains(&key)
    }

    fn learn(&mut self, value: &'a str) {
        let Some(key) = key(value) else { return };
        match self.top && list(value, self.twice()).is_some() {
            true => add_key(&mut self.heads, key),
            false => add_key(&mut self.keys, key),
        }
    }

    /// The length of a malformed document, of which so many bytes were read.
    fn broken(&mut self, read: usize) -> usize {
        let rest = &self.text[self.at..];
        if !self.spend(read) {
            return rest.len();
        }
        let (mut last, mut before) = (0, 0);
        let mut brackets = Brackets::default();
        for (at, byte) in rest.bytes().enumerate() {
            let begins = at > 0
                && match byte {
                    b'{' => self.begins(rest, at, (last, before), &brackets),
                    b'[' if self.columns.is_some() => {
                        begins_row(rest, at, (last, before), &brackets)
                    }
                    _ => false,
                };
            if begins {
                return at;
            }
            brackets.count(byte);
            if !matches!(byte, b' ' | b'\t' | b'\r' | b'\n') {
                before = byte;
                last = if byte == b',' { last } else { byte };
            }
        }
        rest.len()
    }

    /// Whether the next document begins at an offset; `before` is the byte before it, `last` the
    /// last byte that is no comma.
    fn begins(&self, rest: &str, at: usize, (last, before): (u8, u8), brackets: &Brackets) -> bool {
        let lead = rest[..at].trim_end_matches([' ', '\t', '\r']);
        let parted = lead.ends_with(['\0', '\u{feff}']);
        match key(&rest[at..]) {
            None => false,
            Some(_) if parted => true,
            Some(key) if self.heads.contains(&key) && last != b':' => true,
            Some(_) if self.keys.is_empty() => match self.list {
                true => brackets.is_outside() && last != b':',
                // In a text of several lines, or directly behind the one before.
                false => before == b'}' || lead.ends_with('\n') && !b":[,".contains(&before),
            },
            Some(key) if self.keys.contains(&key) => match self.list {
                true => last != b':',
                // It is not a member of an object.
                false => !matches!(before, b':' | b'[' | b','),
            },
            Some(_) => false,
        }
    }
}

/// Whether the next row of a table begins at a bracket; `before` is the byte before it, `last` the
/// last byte that is no comma. Quotes are not trusted: inside a text, one behind a bracket would be
/// escaped.
fn begins_row(rest: &str, at: usize, (last, before): (u8, u8), brackets: &Brackets) -> bool {
    let next = rest[at + 1..].trim_start().as_bytes().first();
    let cell = matches!(
        next,
        Some(b'"' | b'-' | b'0'..=b'9' | b't' | b'f' | b'n' | b'\'' | b']')
    );
    let behind = before == b',';
    brackets.is_outside() && last != b':'
        || behind && last == b']' && cell
        || behind && next == Some(&b'"')
}

fn add_key<'a>(keys: &mut Vec<&'a str>, key: &'a str) {
    if keys.len() < KEYS && !keys.contains(&key) {
        keys.push(key);
    }
}

/// The first key of the object that a text begins with.
pub(crate) fn key(text: &str) -> Option<&str> {
    let text = text.strip_prefix('{')?.trim_start().strip_prefix('"')?;
    let end = text
        .bytes()
        .take(MAX_KEY_LENGTH)
        .position(|b| matches!(b, b'"' | b'\\'))?;
    let rest = text[end..].strip_prefix('"')?.trim_start();
    rest.starts_with(':').then(|| &text[..end])
}

#[cfg(test)]
#[path = "recovery_tests.rs"]
mod tests;
