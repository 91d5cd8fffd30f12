//! What a source is cut into.

use super::text::Text;

/// Bytes of an over-long document that are kept to show it.
pub const KEPT: usize = 64 << 10;

/// A part of the input.
#[derive(Debug)]
pub enum Piece {
    /// Whole documents, one a line.
    Batch(Batch),
    /// A document that never gets to the detector.
    Refused(Refused),
}

/// Whole documents, one a line.
#[derive(Debug)]
pub struct Batch {
    /// The documents.
    pub bytes: Text,
    /// The lines of the source that its lines are.
    pub lines: Lines,
}

/// Which lines of a source the lines of a batch are.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
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
    /// What is wrong with it.
    pub reason: String,
    /// The document, or its first [`KEPT`] bytes.
    pub record: Vec<u8>,
    /// Whether the record is cut.
    pub cut: bool,
}

impl Refused {
    pub(crate) fn new(line: u64, reason: String, record: &[u8]) -> Self {
        Self {
            line,
            reason,
            record: record.get(..KEPT).unwrap_or(record).to_vec(),
            cut: record.len() > KEPT,
        }
    }
}
