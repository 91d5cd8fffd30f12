//! Progress of reading, shared between threads.

use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Counters that a run moves on as it goes. A clone is of the same run.
#[derive(Debug, Clone, Default)]
pub struct Progress(Arc<Counters>);

#[derive(Debug, Default)]
struct Counters {
    /// Size of all sources in bytes, as stored; none where it is unknown.
    total: Option<u64>,
    stored: AtomicU64,
    passed: AtomicU64,
    documents: AtomicU64,
    bytes: AtomicU64,
    passed_over: AtomicU64,
}

impl Progress {
    /// Progress of a run over `total` bytes, as stored.
    #[must_use]
    pub fn of(total: u64) -> Self {
        Self(Arc::new(Counters {
            total: Some(total),
            ..Counters::default()
        }))
    }

    /// Bytes to read in all, as stored; none where that is unknown.
    #[must_use]
    pub fn total(&self) -> Option<u64> {
        self.0.total
    }

    /// Bytes done of these.
    #[must_use]
    pub fn stored(&self) -> u64 {
        self.0.stored.load(Relaxed)
    }

    /// Bytes of those that were not read: known from before, or not readable.
    #[must_use]
    pub fn passed(&self) -> u64 {
        self.0.passed.load(Relaxed)
    }

    /// Documents that the detector has taken.
    #[must_use]
    pub fn documents(&self) -> u64 {
        self.0.documents.load(Relaxed)
    }

    /// Bytes of text that they were in.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.0.bytes.load(Relaxed)
    }

    /// Bytes of NULs and byte order marks between documents.
    #[must_use]
    pub fn passed_over(&self) -> u64 {
        self.0.passed_over.load(Relaxed)
    }

    /// Counts bytes of NULs and byte order marks between documents.
    pub(crate) fn pass_over(&self, bytes: u64) {
        if bytes > 0 {
            self.0.passed_over.fetch_add(bytes, Relaxed);
        }
    }

    /// Counts documents that were taken, and their bytes of text.
    pub fn add(&self, documents: u64, bytes: u64) {
        self.0.documents.fetch_add(documents, Relaxed);
        self.0.bytes.fetch_add(bytes, Relaxed);
    }

    /// Counts bytes that were read, as they are stored.
    pub fn add_stored(&self, bytes: u64) {
        self.0.stored.fetch_add(bytes, Relaxed);
    }

    /// Counts bytes that are not read.
    pub fn pass(&self, bytes: u64) {
        self.0.passed.fetch_add(bytes, Relaxed);
        self.0.stored.fetch_add(bytes, Relaxed);
    }
}

/// Counts what is read.
pub(crate) struct Counted<R> {
    pub(crate) inner: R,
    pub(crate) progress: Progress,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(into)?;
        self.progress.add_stored(read as u64);
        Ok(read)
    }
}
