//! An anonymous temporary file for documents that cannot be read again anywhere else.

use std::fs::File;
use std::sync::Arc;

use weir_common::positioned::{FileRange, write_at};

use super::documents::Reread;

/// Shortest documents that are written to it, in bytes: a pipe gives no more at once.
const LEAST: usize = 2 << 10;

/// The file. It has no name, so that no other process opens it, and ends with this process.
#[derive(Debug)]
pub(super) struct Spill {
    file: Arc<File>,
    /// Bytes in it.
    length: u64,
}

impl Spill {
    /// `None` where the system gives no such file.
    pub(super) fn new() -> Option<Self> {
        let file = Arc::new(tempfile::tempfile().ok()?);
        cfg!(unix).then_some(Self { file, length: 0 })
    }

    /// Bytes in it.
    pub(super) fn length(&self) -> u64 {
        self.length
    }

    /// Appends documents; `None` for short ones, and where writing fails.
    pub(super) fn put(&mut self, bytes: &[u8]) -> Option<Arc<dyn Reread>> {
        if bytes.len() < LEAST || write_at(&self.file, bytes, self.length).is_err() {
            return None;
        }
        let range = FileRange {
            file: Arc::clone(&self.file),
            at: self.length,
            length: bytes.len(),
        };
        self.length = self.length.saturating_add(bytes.len() as u64);
        Some(Arc::new(range))
    }

    /// Empties it. What was not written to the disk by now never will be.
    pub(super) fn clear(&mut self) {
        // If it stays as long as it was, it is written over.
        let _ = self.file.set_len(0);
        self.length = 0;
    }
}
