//! A bracket counter for malformed text, which trusts quotes as far as possible.
//!
//! The host includes this file too: both search malformed text for the next record.

/// The number of open brackets, and the open quote.
#[derive(Debug, Default)]
pub(crate) struct Brackets {
    depth: i64,
    /// The lowest number of open brackets so far.
    least: i64,
    quote: Option<u8>,
    escaped: bool,
    /// The last non-blank byte.
    before: u8,
}

impl Brackets {
    /// Whether all brackets are closed, as far as that can be told.
    pub(crate) fn is_outside(&self) -> bool {
        self.depth <= self.least
    }

    /// Counts one byte.
    pub(crate) fn count(&mut self, byte: u8) {
        let before = self.before;
        if !byte.is_ascii_whitespace() {
            self.before = byte;
        }
        if std::mem::take(&mut self.escaped) {
            return;
        }
        // A single quote, as Python writes it, where a text can begin; elsewhere it is an
        // apostrophe.
        let begins = byte == b'\'' && b"{[,:".contains(&before);
        match (self.quote, byte) {
            // Texts do not span lines.
            (_, b'\n') => self.quote = None,
            (Some(_), b'\\') => self.escaped = true,
            (Some(quote), _) if byte == quote => self.quote = None,
            (None, b'"') => self.quote = Some(byte),
            (None, _) if begins => self.quote = Some(byte),
            (None, b'{' | b'[') => self.depth += 1,
            (None, b'}' | b']') => self.depth -= 1,
            _ => {}
        }
        self.least = self.least.min(self.depth);
    }
}
