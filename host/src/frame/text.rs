//! The bytes of a batch, and where their buffers go when they were read.

use std::fmt;
use std::ops::Deref;
use std::sync::{Arc, Mutex};

/// Bytes of documents. They lie where they were read to: nothing is copied for them, and
/// when they are dropped, the source is read on into the same memory.
pub struct Text {
    bytes: Vec<u8>,
    from: usize,
    to: usize,
    pool: Option<Pool>,
}

impl Text {
    /// A part of a buffer that goes back to `pool`.
    pub(super) fn of(bytes: Vec<u8>, from: usize, to: usize, pool: &Pool) -> Self {
        Self {
            bytes,
            from,
            to,
            pool: Some(pool.clone()),
        }
    }
}

impl From<Vec<u8>> for Text {
    fn from(bytes: Vec<u8>) -> Self {
        Self {
            from: 0,
            to: bytes.len(),
            bytes,
            pool: None,
        }
    }
}

impl Clone for Text {
    /// Copies the bytes to memory of their own.
    fn clone(&self) -> Self {
        self.to_vec().into()
    }
}

impl Deref for Text {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.bytes.get(self.from..self.to).unwrap_or_default()
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} bytes", self.len())
    }
}

impl Drop for Text {
    fn drop(&mut self) {
        if let Some(pool) = self.pool.take() {
            pool.put(std::mem::take(&mut self.bytes));
        }
    }
}

/// Buffers that are free to be read into. They keep their length, so that nobody has to
/// fill them with zeros again.
#[derive(Debug, Clone)]
pub(super) struct Pool {
    free: Arc<Mutex<Vec<Vec<u8>>>>,
    /// Larger ones, in bytes, are not kept.
    largest: usize,
}

/// Buffers that are kept: as many as four workers hold of two rounds.
const KEPT: usize = 512;

impl Pool {
    pub(super) fn new(largest: usize) -> Self {
        Self {
            free: Arc::default(),
            largest,
        }
    }

    /// A buffer of any length.
    pub(super) fn take(&self) -> Vec<u8> {
        let free = self.free.lock().ok();
        free.and_then(|mut free| free.pop()).unwrap_or_default()
    }

    fn put(&self, buffer: Vec<u8>) {
        if buffer.len() <= self.largest
            && let Ok(mut free) = self.free.lock()
            && free.len() < KEPT
        {
            free.push(buffer);
        }
    }
}
