//! The window onto a source's bytes that the framer works on.

use std::io::{self, Read};

use super::text::{Pool, Text};

/// Bytes read and not yet consumed, and the number of the line they start on.
pub(super) struct Buffer<R> {
    source: R,
    bytes: Vec<u8>,
    start: usize,
    end: usize,
    /// Bytes that are wanted here at once.
    chunk: usize,
    pool: Pool,
    /// Read until a chunk is full, even when the source gives less at once.
    eager: bool,
    pub(super) ended: bool,
    /// The last attempt to read found that nothing more is there for now.
    pub(super) dry: bool,
    /// The error at which reading ended, if it was one.
    pub(super) failure: Option<io::Error>,
    /// Whether reading ended at an error.
    pub(super) failed: bool,
    /// Number of the line that the next byte is on, from 1.
    pub(super) line: u64,
    /// Bytes that the source gave.
    pub(super) total: u64,
    /// Where in the whole the source's first byte is.
    origin: u64,
}

impl<R: Read> Buffer<R> {
    /// `source` starts at the byte `origin` of the whole, which is on line `line`.
    pub(super) fn new(source: R, chunk: usize, eager: bool, origin: u64, line: u64) -> Self {
        Self {
            source,
            bytes: Vec::new(),
            start: 0,
            end: 0,
            chunk: chunk.max(1),
            pool: Pool::new(chunk.saturating_mul(2)),
            eager,
            ended: false,
            dry: false,
            failure: None,
            failed: false,
            line,
            total: 0,
            origin,
        }
    }

    /// Where in the whole the next byte is.
    pub(super) fn offset(&self) -> u64 {
        let consumed = self.origin.saturating_add(self.total);
        consumed.saturating_sub((self.end - self.start) as u64)
    }

    /// What is there now.
    pub(super) fn rest(&self) -> &[u8] {
        self.bytes.get(self.start..self.end).unwrap_or_default()
    }

    /// A stretch of the bytes by the positions that [`take`](Self::take) gave.
    pub(super) fn stretch(&self, from: usize, to: usize) -> &[u8] {
        self.bytes.get(from..to).unwrap_or_default()
    }

    /// Consumes bytes and counts their lines. Their position stays good until
    /// the next [`fill`](Self::fill) or [`give`](Self::give).
    pub(super) fn take(&mut self, length: usize) -> (usize, usize) {
        let from = self.start;
        let to = from.saturating_add(length).min(self.end);
        self.line += count_lines(self.stretch(from, to));
        self.start = to;
        (from, to)
    }

    /// Gives away a stretch of what was consumed: with the memory that it is in, unless it
    /// is a small part of that.
    pub(super) fn give(&mut self, from: usize, to: usize) -> Text {
        if to.saturating_sub(from) < self.bytes.len() / 2 {
            return self.stretch(from, to).to_vec().into();
        }
        let rest = self.rest();
        let mut next = self.pool.take();
        let room = self.chunk.max(rest.len());
        if next.len() < room {
            // Zeros from the system, not written by us.
            next = vec![0; room];
        }
        if let Some(front) = next.get_mut(..rest.len()) {
            front.copy_from_slice(rest);
        }
        self.end -= self.start;
        self.start = 0;
        let bytes = std::mem::replace(&mut self.bytes, next);
        Text::of(bytes, from, to, &self.pool)
    }

    /// Memory for something else that is given away.
    pub(super) fn pool(&self) -> &Pool {
        &self.pool
    }

    /// Puts bytes in front of what is there; their first is on line `line`.
    pub(super) fn put_back(&mut self, front: &[u8], line: u64) {
        let mut bytes = Vec::with_capacity(front.len() + self.rest().len() + self.chunk);
        bytes.extend_from_slice(front);
        bytes.extend_from_slice(self.rest());
        self.start = 0;
        self.end = bytes.len();
        self.bytes = bytes;
        self.line = line;
    }

    /// Reads on. An error ends the input: what came before it is still used, and
    /// the error is kept for the end. [`io::ErrorKind::WouldBlock`] ends nothing.
    pub(super) fn fill(&mut self) {
        if self.ended {
            return;
        }
        if self.start > 0 {
            self.bytes.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        }
        // No more than makes one batch with what is left, unless that is much.
        let wanted = self.chunk.max(self.end.saturating_add(self.chunk / 2 + 1));
        if self.bytes.is_empty() {
            self.bytes = vec![0; wanted];
        } else if self.bytes.len() < wanted {
            self.bytes.resize(wanted, 0);
        }
        let before = self.end;
        while self.end < wanted {
            let room = self.bytes.get_mut(self.end..wanted).unwrap_or_default();
            match self.source.read(room) {
                Ok(0) => {
                    self.ended = true;
                    return;
                }
                Ok(count) => {
                    self.end = self.end.saturating_add(count).min(wanted);
                    self.total += count as u64;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.dry = self.end == before;
                    return;
                }
                Err(error) => {
                    self.ended = true;
                    self.failed = true;
                    self.failure = Some(error);
                    return;
                }
            }
            if !self.eager {
                return;
            }
        }
    }
}

/// Number of line feeds.
pub(super) fn count_lines(bytes: &[u8]) -> u64 {
    memchr::memchr_iter(b'\n', bytes).count() as u64
}
