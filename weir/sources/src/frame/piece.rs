//! Pieces that a source is cut into.

use bytes::Bytes;

/// Bytes of an over-long document that are kept to show it.
pub const KEPT: usize = 64 << 10;

/// A part of the input.
#[derive(Debug)]
pub enum Piece {
    /// Whole documents, one a line.
    Batch(Batch),
    /// Documents that are refused before the detector sees them.
    Refused(Vec<Refused>),
}

/// Whole documents, one a line.
#[derive(Debug)]
pub struct Batch {
    /// The documents.
    pub bytes: Bytes,
    /// Line numbers of the documents in the source.
    pub lines: Lines,
}

/// Line numbers of a batch in its source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lines {
    /// Lines as they are in the source, starting with this one.
    From(u64),
    /// For each document, the line of the source that it starts on.
    Each(Vec<u64>),
}

impl Batch {
    /// Whether the documents are lines of the source as they are.
    #[must_use]
    pub fn is_lines(&self) -> bool {
        matches!(self.lines, Lines::From(_))
    }

    /// Line of the source, from 1, on which the batch's given line starts.
    #[must_use]
    pub fn line(&self, index: u32) -> u64 {
        self.lines.line(index)
    }
}

impl Lines {
    /// Line of the source, from 1, on which the batch's given line starts.
    #[must_use]
    pub fn line(&self, index: u32) -> u64 {
        match self {
            Self::From(first) => first + u64::from(index),
            Self::Each(lines) => usize::try_from(index)
                .ok()
                .and_then(|index| lines.get(index))
                .or(lines.last())
                .copied()
                .unwrap_or(0),
        }
    }
}

/// A document that is refused before anything looks into it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// Line of the source, from 1, on which it starts.
    pub line: u64,
    /// Reason for people.
    pub reason: String,
    /// The document, or its first [`KEPT`] bytes.
    pub record: Vec<u8>,
    /// Whether the record is cut.
    pub cut: bool,
    /// The line up to which all was given up with it, where no next record could be told.
    pub given_up: Option<u64>,
}

/// Bytes of a record that is handed on with the refusals before it, not with more of them.
const LONG: usize = 256;

impl Refused {
    /// Whether others are not to wait with it.
    pub(super) fn is_long(&self) -> bool {
        self.record.len() > LONG
    }

    /// A document on this line, from 1, with the reason and what is kept of its bytes.
    #[must_use]
    pub fn new(line: u64, reason: String, record: &[u8]) -> Self {
        Self {
            line,
            reason,
            record: record.get(..KEPT).unwrap_or(record).to_vec(),
            cut: record.len() > KEPT,
            given_up: None,
        }
    }
}

/// Sizes in bytes.
#[derive(Debug, Clone, Copy)]
pub struct Sizes {
    /// At which a batch is handed on.
    pub batch: usize,
    /// Of the longest document.
    pub record: usize,
}

impl Sizes {
    /// Batches of 256 KiB, documents of at most 16 MiB.
    pub const DEFAULT: Self = Self {
        batch: 256 << 10,
        record: 16 << 20,
    };

    /// Refuses a document of which more has been seen than is allowed.
    pub(super) fn too_long(&self, line: u64, record: &[u8]) -> Refused {
        let reason = if self.record >= 1 << 20 {
            format!("longer than {} MiB", self.record >> 20)
        } else {
            format!("longer than {} bytes", self.record)
        };
        let kept = KEPT.min(self.record);
        Refused {
            line,
            reason,
            record: record.get(..kept).unwrap_or(record).to_vec(),
            cut: true,
            given_up: None,
        }
    }
}
