//! Positions from which a source is resumed, so that every document is read once.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::chain::Chain;
use weir_common::seed::seed;

/// Most bytes of a text that a prefix digest covers.
pub(crate) const PRINTED: usize = 4096;

/// Digest of the bytes just before an offset in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PrefixDigest {
    /// Offset in the text at which the bytes end.
    pub end: u64,
    /// Number of the bytes.
    pub length: u64,
    /// The first half of their SHA-256.
    pub digest: (u64, u64),
    /// Digest of all of the text before their end; none where it is not known.
    #[serde(default)]
    pub all: Option<Chain>,
}

impl PrefixDigest {
    /// The digest of bytes that end at `end`.
    pub(crate) fn of(bytes: &[u8], end: u64) -> Self {
        Self {
            end,
            length: bytes.len() as u64,
            digest: half(&Sha256::digest(bytes)),
            all: None,
        }
    }

    /// The digest of these bytes where all of them stand so much further on in a text, or
    /// further back.
    fn moved(mut self, by: i64) -> Self {
        self.end = self.end.saturating_add_signed(by);
        if let Some(all) = &mut self.all {
            all.origin = all.origin.saturating_add_signed(by);
        }
        self
    }

    /// Where they begin.
    pub(crate) fn start(&self) -> u64 {
        self.end.saturating_sub(self.length)
    }

    /// Whether it is of these.
    pub(crate) fn is_of(&self, bytes: &[u8]) -> bool {
        let other = Self::of(bytes, self.end);
        (self.length, self.digest) == (other.length, other.digest)
    }
}

/// A place in a source: a byte at which reading can start anew, and how many
/// documents behind it were handed out already. In a file of lines there are none
/// of those; inside a printed value or an array, reading starts at its beginning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// Byte of the text, decompressed and without a byte order mark.
    pub offset: u64,
    /// Number of the line, from 1, that this byte is on.
    pub line: u64,
    /// Documents from there on, refused ones included, that were handed out.
    pub documents: u64,
    /// Bytes of the text that were taken up.
    pub reached: u64,
    /// Digest of the text before that; none where it is not kept.
    #[serde(default)]
    pub print: Option<PrefixDigest>,
}

impl Position {
    /// The place behind these records where all of them stand so much further on in a text, or
    /// further back. Reading starts before them.
    pub(crate) fn moved(mut self, by: i64) -> Self {
        if by != 0 {
            self.reached = self.reached.saturating_add_signed(by);
            self.print = self.print.map(|print| print.moved(by));
        }
        self
    }
}

impl Default for Position {
    /// The start.
    fn default() -> Self {
        Self {
            offset: 0,
            line: 1,
            documents: 0,
            reached: 0,
            print: None,
        }
    }
}

/// The first half of a SHA-256.
pub(super) fn half(hash: &[u8]) -> (u64, u64) {
    seed(hash).unwrap_or_default()
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
