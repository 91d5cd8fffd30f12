//! Where to go on in a source, so that every document is read once.

use serde::{Deserialize, Serialize};

/// A place in a source: a byte at which reading can start anew, and how many
/// documents behind it were handed out already. In a file of lines there are none
/// of those; inside a printed value or an array, reading starts at its beginning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Position {
    /// Byte of the text, decompressed and without a byte order mark.
    pub offset: u64,
    /// Number of the line, from 1, that this byte is on.
    pub line: u64,
    /// Documents from there on, refused ones included, that were handed out.
    pub documents: u64,
    /// Bytes of the text that were taken up.
    pub reached: u64,
}

impl Default for Position {
    /// The start.
    fn default() -> Self {
        Self {
            offset: 0,
            line: 1,
            documents: 0,
            reached: 0,
        }
    }
}

/// Length in bytes of the first `count` lines.
pub(super) fn of_lines(text: &[u8], count: usize) -> usize {
    match count.checked_sub(1) {
        None => 0,
        Some(last) => memchr::memchr_iter(b'\n', text)
            .nth(last)
            .map_or(text.len(), |at| at + 1),
    }
}
