//! Counts the brackets of a text that is broken, as far as its quotes can be trusted.
//!
//! The host includes this file as well: both look for the next record in broken text.

/// Brackets that are open, and the quote that is.
#[derive(Debug, Default)]
pub(crate) struct Brackets {
    depth: i64,
    /// The fewest that ever were open.
    least: i64,
    quote: Option<u8>,
    escaped: bool,
    /// The last byte that is no blank.
    before: u8,
}

impl Brackets {
    /// Whether as many were closed as opened, as far as that can be told.
    pub(crate) fn is_outside(&self) -> bool {
        self.depth <= self.least
    }

    /// Goes over one byte.
    pub(crate) fn count(&mut self, byte: u8) {
        let before = self.before;
        if !byte.is_ascii_whitespace() {
            self.before = byte;
        }
        if std::mem::take(&mut self.escaped) {
            return;
        }
        // Python's quotes, where a text can begin; elsewhere they are apostrophes.
        let begins = byte == b'\'' && b"{[,:".contains(&before);
        match (self.quote, byte) {
            // No text goes over a line's end.
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
