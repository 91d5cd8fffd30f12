//! Text of a broken value, up to where the next one begins.

use super::Refused;
use super::look::{First, Look, Spot, first};
use super::piece::KEPT;
use crate::brackets::Brackets;

/// A broken value whose end is looked for.
#[derive(Debug)]
pub(super) struct Lost {
    /// Line on which it starts, and what is wrong with it; none when that was said.
    refusal: Option<(u64, String)>,
    record: Vec<u8>,
    /// Bytes of it.
    length: usize,
    /// Its own bracket is the next byte.
    own: bool,
    /// Bytes before the next one on its line, while they are blanks.
    indent: Option<usize>,
    /// The last byte that is no blank and no comma.
    last: u8,
    /// Whether what looks like another value was passed over.
    others: bool,
    /// NULs stand before the next byte, and at most blanks between.
    parted: bool,
    brackets: Brackets,
    /// Bytes at its start in which no list is looked for: they were well formed.
    known: usize,
    /// The last bytes that are no blanks.
    recent: Vec<u8>,
    /// First keys of objects in it, and how many of these begin with each.
    keys: Vec<(Vec<u8>, usize)>,
}

/// Bytes after which any value will do whose beginning looks like one.
const DESPERATE: usize = 16 << 10;
/// Keys before a table's columns, in lower case.
const COLUMNS: &[u8] = b"\"columns\":";
/// First keys that are told from one another, and objects with one that are a list.
const KEYS: usize = 8;
const LIST: usize = 3;

/// Where the next value begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Found {
    /// Among the elements of the array.
    Element,
    /// Outside of all.
    Value,
    /// At the bracket of a list of objects.
    List,
    /// At the bracket of the columns of another table.
    Columns,
}

/// Result of a search through some bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Seen {
    /// All of them belong to it.
    All,
    /// The next value begins at the next byte, the first on its line behind so many, or none.
    Next(Found, Option<usize>),
    /// Whether the next byte begins one needs more bytes.
    Unsure,
    /// The line ends at the next byte.
    Line,
}

/// Sign by which the next value is recognised.
pub(super) struct Looks<'a> {
    pub(super) value: &'a Look,
    /// Those of the array's elements, inside one.
    pub(super) element: Option<&'a Look>,
    /// The value may be one around a list.
    pub(super) list: bool,
    /// The columns of a table may follow.
    pub(super) table: bool,
    /// A line's end is the end.
    pub(super) one_line: bool,
    /// There is nothing behind the bytes.
    pub(super) ended: bool,
}

impl Lost {
    /// One that begins at the next byte.
    pub(super) fn new(line: u64, reason: String) -> Self {
        Self {
            refusal: Some((line, reason)),
            record: Vec::new(),
            length: 0,
            own: true,
            indent: None,
            last: 0,
            others: false,
            parted: false,
            brackets: Brackets::default(),
            known: 0,
            recent: Vec::new(),
            keys: Vec::new(),
        }
    }

    /// One of which this much was read; the next byte stands there on its line.
    pub(super) fn behind(mut self, record: &[u8], indent: Option<usize>) -> Self {
        self.keep(record);
        self.length += record.len();
        self.own = false;
        self.indent = indent;
        self
    }

    /// So many bytes at its start are well formed.
    pub(super) fn knowing(mut self, bytes: usize) -> Self {
        self.known = bytes;
        self
    }

    /// Says nothing of it: that was done.
    pub(super) fn said(mut self) -> Self {
        self.refusal = None;
        self
    }

    /// The line on which it starts, unless it was refused.
    pub(super) fn line(&self) -> Option<u64> {
        self.refusal.as_ref().map(|(line, _)| *line)
    }

    /// Looks for the next value, and how many bytes come before it.
    pub(super) fn look(&mut self, bytes: &[u8], looks: &Looks<'_>) -> (usize, Seen) {
        let (mut at, mut nuls) = (0, 0);
        let mut seen = Seen::All;
        while let Some(byte) = bytes.get(at) {
            match byte {
                b'\n' if looks.one_line => {
                    seen = Seen::Line;
                    break;
                }
                b'\n' => self.indent = Some(0),
                b',' => {}
                b' ' | b'\t' | b'\r' | 0 => {
                    self.indent = self.indent.map(|n| n + 1);
                    self.parted |= *byte == 0;
                    nuls += usize::from(*byte == 0);
                }
                b'{' | b'[' if !self.own => {
                    let found = self.bracket(bytes.get(at..).unwrap_or_default(), *byte, looks);
                    if found != Seen::All {
                        seen = found;
                        break;
                    }
                    (self.indent, self.last, self.parted) = (None, *byte, false);
                }
                other => (self.indent, self.last, self.parted) = (None, *other, false),
            }
            self.own = false;
            self.brackets.count(*byte);
            if looks.table && !byte.is_ascii_whitespace() {
                self.recall(*byte);
            }
            at += 1;
            self.length += 1;
        }
        self.keep(bytes.get(..at).unwrap_or(bytes));
        // They are no text of it.
        self.length -= nuls;
        (at, seen)
    }

    fn bracket(&mut self, text: &[u8], bracket: u8, looks: &Looks<'_>) -> Seen {
        let spot = Spot {
            bracket,
            indent: self.indent,
            last: self.last,
            outside: self.brackets.is_outside() || self.length > DESPERATE,
        };
        let first = first(text, looks.ended);
        if first == First::Unseen {
            return Seen::Unsure;
        }
        let opens = match bracket {
            b'[' if looks.table && self.recent.ends_with(COLUMNS) => {
                return Seen::Next(Found::Columns, self.indent);
            }
            // The colon behind a key may be what lacks.
            b'[' if looks.list && b":\"'".contains(&self.last) && self.length >= self.known => {
                opens_list(text, looks.ended)
            }
            _ => First::Other,
        };
        if opens == First::Unseen {
            return Seen::Unsure;
        }
        if matches!(opens, First::Key(_)) {
            return Seen::Next(Found::List, self.indent);
        }
        if self.parted && matches!(first, First::Key(_)) {
            let found = match looks.element {
                Some(_) => Found::Element,
                None => Found::Value,
            };
            return Seen::Next(found, self.indent);
        }
        if looks
            .element
            .is_some_and(|look| look.is_element(spot, first))
        {
            return Seen::Next(Found::Element, self.indent);
        }
        if looks.value.is_value(spot, first) {
            return Seen::Next(Found::Value, self.indent);
        }
        let deeper = looks.element.unwrap_or(looks.value).is_deeper(spot);
        if let First::Key(key) = first {
            self.others |= !deeper && self.last == b'}';
            self.note(key);
        }
        Seen::All
    }

    /// Counts an object by its first key.
    fn note(&mut self, key: &[u8]) {
        let room = self.keys.len() < KEYS;
        match self.keys.iter_mut().find(|(known, _)| known == key) {
            Some((_, count)) => *count += 1,
            None if room => self.keys.push((key.to_vec(), 1)),
            None => {}
        }
    }

    /// Keeps a byte as one of the last.
    fn recall(&mut self, byte: u8) {
        if self.recent.len() >= 2 * COLUMNS.len() {
            self.recent.drain(..COLUMNS.len());
        }
        self.recent.push(byte.to_ascii_lowercase());
    }

    fn keep(&mut self, bytes: &[u8]) {
        // One more, so that it is known to be cut.
        let room = (KEPT + 1).saturating_sub(self.record.len());
        self.record.extend(bytes.iter().take(room));
    }

    /// Refuses it, where it ends before a byte of `line`. `found` tells that another value
    /// follows; what is longer than `most` bytes was more than one, and so was a list that is much
    /// longer than the `longest` whole one.
    pub(super) fn refuse(
        self,
        line: u64,
        found: bool,
        most: usize,
        longest: usize,
    ) -> Option<Refused> {
        let (first, reason) = self.refusal?;
        let blank = |byte: &u8| byte.is_ascii_whitespace() || matches!(byte, b',' | 0);
        let end = self.record.iter().rposition(|byte| !blank(byte));
        let whole = self.length > self.record.len();
        let record = match end {
            Some(end) if !whole => self.record.get(..=end).unwrap_or_default(),
            _ => &self.record,
        };
        let mut refused = Refused::new(first, reason, record);
        let list = self.keys.iter().any(|(_, count)| *count >= LIST) && self.length > 2 * longest;
        let given_up = self.others && !found || self.length > most || list;
        refused.given_up = given_up.then_some(line);
        Some(refused)
    }

    /// Whether all of it closes what is open.
    pub(super) fn is_closing(&self) -> bool {
        let closing = |byte: &u8| matches!(byte, b']' | b'}' | b',') || byte.is_ascii_whitespace();
        self.length == self.record.len() && self.record.iter().all(closing)
    }
}

/// The token behind the first bracket inside an array.
fn opens_list(text: &[u8], ended: bool) -> First<'_> {
    let inner = text.get(1..).unwrap_or_default().trim_ascii_start();
    match inner.is_empty() && !ended {
        true => First::Unseen,
        false => first(inner, ended),
    }
}
