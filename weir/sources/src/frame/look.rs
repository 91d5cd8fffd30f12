//! Beginnings of the values of a level, by which the next one behind a broken one is found.

/// Keys that are remembered, and bytes that one may have.
const KEYS: usize = 8;
const LONGEST: usize = 256;
/// Bytes behind a bracket in which the first key must end.
const AHEAD: usize = 1024;

/// How values that follow each other begin.
#[derive(Debug, Default)]
pub(super) struct Look {
    /// Bytes before the last one on its line; none where something stands before it.
    indent: Option<usize>,
    opener: u8,
    /// The first keys of objects.
    keys: Vec<Vec<u8>>,
}

/// Where a bracket stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct Spot {
    pub(super) bracket: u8,
    /// Bytes before it on its line; none where something stands before it.
    pub(super) indent: Option<usize>,
    /// The last byte before it that is no blank and no comma.
    pub(super) last: u8,
    /// Whether as many brackets were closed as opened, as far as that can be told.
    pub(super) outside: bool,
}

/// Token behind a bracket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum First<'a> {
    Key(&'a [u8]),
    Other,
    /// By nothing that an array can begin with.
    Odd,
    /// More bytes have to be seen.
    Unseen,
}

impl Look {
    /// A value begins.
    pub(super) fn begin(&mut self, first: u8, indent: Option<usize>) {
        if matches!(first, b'{' | b'[') {
            self.indent = indent;
            self.opener = first;
        }
    }

    /// Arrays follow, wherever they begin on their lines.
    pub(super) fn arrays(&mut self) {
        *self = Self {
            opener: b'[',
            ..Self::default()
        };
    }

    /// Forgets where values begin on their lines: others follow.
    pub(super) fn elsewhere(&mut self) {
        self.indent = None;
    }

    /// Notes a value's first key.
    pub(super) fn learn(&mut self, value: &[u8]) {
        if let First::Key(key) = first(value, true)
            && self.keys.len() < KEYS
            && !self.keys.iter().any(|known| known == key)
        {
            self.keys.push(key.to_vec());
        }
    }

    /// Whether a bracket that is the first on its line stands deeper than values do.
    pub(super) fn is_deeper(&self, spot: Spot) -> bool {
        matches!((self.indent, spot.indent), (Some(own), Some(there)) if there > own)
    }

    /// Whether a bracket begins a line as values do.
    pub(super) fn is_line(&self, spot: Spot) -> bool {
        self.indent.is_some() && self.indent == spot.indent
    }

    /// Whether the next of an array's elements begins at a bracket.
    pub(super) fn is_element(&self, spot: Spot, first: First<'_>) -> bool {
        let alike = (spot.bracket == b'[') == (self.opener == b'[');
        if !alike || self.is_deeper(spot) {
            return false;
        }
        let shallower = self.indent > spot.indent && spot.indent.is_some();
        self.is_line(spot)
            || match first {
                // Nothing is known yet.
                First::Key(_) if self.keys.is_empty() && spot.outside => spot.last != b':',
                First::Key(_) if shallower && spot.last == b'}' => true,
                First::Key(key) => self.has(key) && spot.last != b':',
                First::Odd => false,
                _ if self.opener == b'[' && self.indent.is_none() && spot.outside => {
                    spot.last != b':'
                }
                _ => self.opener == b'[' && spot.last == b']',
            }
    }

    /// Whether the next value that is in no other begins at a bracket.
    pub(super) fn is_value(&self, spot: Spot, first: First<'_>) -> bool {
        let behind = matches!(spot.last, b'}' | b']');
        let field = spot.bracket == b'[' && spot.last == b':';
        match first {
            _ if self.is_line(spot) => !field,
            // Nothing is known yet.
            _ if self.opener == 0 && spot.indent == Some(0) => !field,
            _ if self.is_deeper(spot) => false,
            // Nothing is less deep.
            First::Key(_) if spot.indent == Some(0) && self.indent > spot.indent => true,
            First::Key(key) if self.keys.is_empty() || self.has(key) => behind,
            _ => false,
        }
    }

    fn has(&self, key: &[u8]) -> bool {
        self.keys.iter().any(|known| known == key)
    }
}

/// The token behind the bracket that a text begins with; more may come unless it `ended`.
pub(super) fn first(text: &[u8], ended: bool) -> First<'_> {
    let seen = text.get(..AHEAD).unwrap_or(text);
    let open = match ended || seen.len() == AHEAD {
        true => First::Other,
        false => First::Unseen,
    };
    let Some(inner) = seen.strip_prefix(b"{") else {
        let inner = seen.get(1..).unwrap_or_default().trim_ascii_start();
        return match inner.first() {
            None => open,
            Some(b'"' | b'-' | b'0'..=b'9' | b'[' | b']' | b'{' | b'f' | b'n' | b't') => {
                First::Other
            }
            Some(_) => First::Odd,
        };
    };
    let inner = inner.trim_ascii_start();
    match key_in_front(inner) {
        Some(key) => First::Key(key),
        None if is_begun_key(inner) => open,
        None => First::Other,
    }
}

/// The key that a text begins with.
pub(super) fn key_in_front(text: &[u8]) -> Option<&[u8]> {
    let text = text.strip_prefix(b"\"")?;
    let end = memchr::memchr3(b'"', b'\\', b'\n', text)?;
    let (key, rest) = text.split_at_checked(end)?;
    let rest = rest.strip_prefix(b"\"")?.trim_ascii_start();
    (rest.first() == Some(&b':') && key.len() <= LONGEST).then_some(key)
}

/// Whether a text could go on so that it begins with a key.
fn is_begun_key(text: &[u8]) -> bool {
    let Some(quoted) = text.strip_prefix(b"\"") else {
        return text.is_empty();
    };
    match memchr::memchr3(b'"', b'\\', b'\n', quoted) {
        None => true,
        Some(end) => {
            let rest = quoted.get(end..).unwrap_or_default();
            rest.strip_prefix(b"\"")
                .is_some_and(|rest| rest.trim_ascii().is_empty())
        }
    }
}
