//! Pool of buffers: the memory of a batch returns when its last user drops it.

use std::sync::{Arc, Mutex};

use bytes::Bytes;

/// A range of a buffer that goes back to its pool.
struct Pooled {
    buffer: Vec<u8>,
    from: usize,
    to: usize,
    pool: Pool,
}

impl AsRef<[u8]> for Pooled {
    fn as_ref(&self) -> &[u8] {
        self.buffer.get(self.from..self.to).unwrap_or_default()
    }
}

impl Drop for Pooled {
    fn drop(&mut self) {
        self.pool.put(std::mem::take(&mut self.buffer));
    }
}

/// Buffers that are free to be read into. They keep their length, so that they
/// are not filled with zeros again.
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

    /// A range of a buffer that came from here, as bytes that need no copy.
    pub(super) fn lend(&self, buffer: Vec<u8>, from: usize, to: usize) -> Bytes {
        Bytes::from_owner(Pooled {
            buffer,
            from,
            to,
            pool: self.clone(),
        })
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
