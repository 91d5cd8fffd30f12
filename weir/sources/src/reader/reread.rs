//! Ranges of uncompressed files that can be read again.

use std::fs::File;
use std::sync::Arc;

use weir_common::positioned::FileRange;

/// Uncompressed file that is kept open, so that it can be read again after a rename or removal.
#[derive(Debug, Clone)]
pub struct RereadableFile {
    file: Arc<File>,
    /// Byte at which its text begins, behind a byte order mark.
    start: u64,
}

/// Shortest range in bytes; shorter ones are kept in memory.
const LEAST: usize = 64 << 10;

impl RereadableFile {
    /// None where the system cannot read at an offset without moving the shared file position.
    pub(crate) fn new(file: &File, start: u64) -> Option<Self> {
        let file = Arc::new(file.try_clone().ok()?);
        cfg!(unix).then_some(Self { file, start })
    }

    /// The range of a part of the text; none for one that is not worth an open file.
    pub(crate) fn place(&self, offset: u64, length: usize) -> Option<FileRange> {
        (length >= LEAST).then(|| FileRange {
            file: Arc::clone(&self.file),
            at: self.start.saturating_add(offset),
            length,
        })
    }
}
