//! The window onto a source's bytes that the framer works on.

use std::io::{self, Read};

use super::PRINTED;
use super::chain::{Chain, Chaining};
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
    /// Whether NULs or bytes as of a byte order mark were taken since this was unset.
    pub(super) odd: bool,
    /// Bytes that the source gave.
    pub(super) total: u64,
    /// Where in the whole the source's first byte is.
    origin: u64,
    /// The last bytes that were consumed.
    recent: Vec<u8>,
    /// Digest of all that was read, where it is wanted.
    chain: Option<Chaining>,
    /// Bytes in front that were looked at for a line's end.
    #[cfg(test)]
    pub(super) looked: std::cell::Cell<usize>,
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
            odd: false,
            total: 0,
            origin,
            recent: Vec::new(),
            chain: None,
            #[cfg(test)]
            looked: std::cell::Cell::default(),
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
        let taken = self.bytes.get(from..to).unwrap_or_default();
        // One pass for line ends, NULs and what may be a byte order mark.
        for at in memchr::memchr3_iter(b'\n', 0, 0xef, taken) {
            match taken.get(at) {
                Some(b'\n') => self.line += 1,
                _ => self.odd = true,
            }
        }
        self.start = to;
        let near = to.saturating_sub(PRINTED).max(from);
        let near = self.bytes.get(near..to).unwrap_or_default();
        remember(&mut self.recent, near);
        (from, to)
    }

    /// The last bytes that were consumed, as many as are kept.
    pub(super) fn recent(&self) -> &[u8] {
        let from = self.recent.len().saturating_sub(PRINTED);
        self.recent.get(from..).unwrap_or_default()
    }

    /// All of the last bytes that were consumed that are there.
    pub(super) fn consumed(&self) -> &[u8] {
        &self.recent
    }

    /// Keeps bytes as consumed.
    pub(super) fn remember(&mut self, bytes: &[u8]) {
        remember(&mut self.recent, bytes);
    }

    /// Takes all that is read into a digest, which goes on from `chain`.
    pub(super) fn chain(&mut self, chain: Chain) {
        let mut chain = Chaining::new(chain);
        let from = self.origin.saturating_sub(self.recent.len() as u64);
        chain.take(from, &self.recent);
        self.chain = Some(chain);
    }

    /// That digest up to a place.
    pub(super) fn chain_before(&mut self, place: u64) -> Option<Chain> {
        self.chain.as_mut()?.before(place)
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

    /// Puts bytes back that were taken last; their first is on line `line`.
    pub(super) fn put_back(&mut self, front: &[u8], line: u64) {
        let kept = self.recent.len().saturating_sub(front.len());
        self.recent.truncate(kept);
        if let Some(start) = self.start.checked_sub(front.len()) {
            // They are still there.
            (self.start, self.line) = (start, line);
            let near = start.saturating_sub(PRINTED);
            if kept < start - near {
                self.recent = self.stretch(near, start).to_vec();
            }
            return;
        }
        let mut bytes = Vec::with_capacity(front.len() + self.rest().len() + self.chunk);
        bytes.extend_from_slice(front);
        bytes.extend_from_slice(self.rest());
        self.start = 0;
        self.end = bytes.len();
        self.bytes = bytes;
        self.line = line;
    }

    /// Ends reading, and forgets what was read.
    pub(super) fn forget(&mut self) {
        (self.start, self.end, self.ended) = (0, 0, true);
    }

    /// Whether the line in front is there to its end, or is longer than that.
    pub(super) fn has_line(&self, most: usize) -> bool {
        self.ended || self.rest().len() > most || self.line_end().is_some()
    }

    /// The line in front, as far as it is there.
    pub(super) fn line_in_front(&self) -> &[u8] {
        let rest = self.rest();
        self.line_end()
            .and_then(|end| rest.get(..end))
            .unwrap_or(rest)
    }

    fn line_end(&self) -> Option<usize> {
        let end = memchr::memchr(b'\n', self.rest());
        #[cfg(test)]
        self.looked
            .set(self.looked.get() + end.unwrap_or(self.rest().len()));
        end
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
                    if let Some(chain) = &mut self.chain {
                        let offset = self.origin.saturating_add(self.total);
                        chain.take(offset, room.get(..count).unwrap_or_default());
                    }
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

/// Adds bytes to the last ones, of which as many are kept as a fingerprint is of.
fn remember(recent: &mut Vec<u8>, bytes: &[u8]) {
    if recent.len().saturating_add(bytes.len()) > 2 * PRINTED {
        let surplus = recent.len().saturating_sub(PRINTED);
        recent.drain(..surplus);
    }
    recent.extend_from_slice(bytes);
}
