//! Read buffer of the framer: a window onto a source's bytes.

use std::io::{self, Read};

use bytes::Bytes;

use super::PRINTED;
use super::chain::{Chain, Chaining};
use super::pool::Pool;

/// Bytes read and not yet consumed, and the number of the line they start on.
pub(super) struct Buffer<R> {
    source: R,
    bytes: Vec<u8>,
    start: usize,
    end: usize,
    /// Bytes to read at once.
    chunk: usize,
    pool: Pool,
    /// Whether to read until a chunk is full, even when the source gives less at once.
    eager: bool,
    /// Whether the end of the input was reached, or an error.
    pub(super) ended: bool,
    /// Whether the last attempt to read found no bytes for now.
    pub(super) would_block: bool,
    /// Error at which reading ended, until it is taken.
    pub(super) failure: Option<io::Error>,
    /// Whether reading ended at an error.
    pub(super) failed: bool,
    /// Number of the line that the next byte is on, from 1.
    pub(super) line: u64,
    /// Whether NULs or bytes as of a byte order mark were taken since this was unset.
    pub(super) odd: bool,
    /// Bytes that the source gave in all.
    pub(super) total: u64,
    /// Offset of the source's first byte in the text.
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
            would_block: false,
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

    /// Offset in the text of the first byte of [`buffer`](Self::buffer); at the end of the input
    /// the length of the text.
    pub(super) fn offset(&self) -> u64 {
        let consumed = self.origin.saturating_add(self.total);
        consumed.saturating_sub((self.end - self.start) as u64)
    }

    /// Bytes that were read and not consumed. Empty until [`fill`](Self::fill) has read some; empty
    /// after a fill that set `ended` means the end of the input.
    pub(super) fn buffer(&self) -> &[u8] {
        self.bytes.get(self.start..self.end).unwrap_or_default()
    }

    /// Consumed bytes by the range that [`consume`](Self::consume) returned, which
    /// must be valid still.
    pub(super) fn slice(&self, from: usize, to: usize) -> &[u8] {
        self.bytes.get(from..to).unwrap_or_default()
    }

    /// Consumes bytes and counts their lines; no more than the buffer holds, so at the end of the
    /// input the range is empty. Returns their range, which is valid until the next
    /// [`fill`](Self::fill) or [`split_off`](Self::split_off).
    pub(super) fn consume(&mut self, length: usize) -> (usize, usize) {
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

    /// The last bytes that were consumed, as many as a digest covers; fewer at the start.
    pub(super) fn recent(&self) -> &[u8] {
        let from = self.recent.len().saturating_sub(PRINTED);
        self.recent.get(from..).unwrap_or_default()
    }

    /// The last bytes that were consumed, as many as are in memory.
    pub(super) fn consumed(&self) -> &[u8] {
        &self.recent
    }

    /// Records bytes before the source's first as consumed.
    pub(super) fn remember(&mut self, bytes: &[u8]) {
        remember(&mut self.recent, bytes);
    }

    /// Digests all that is read from here on, continuing `chain`.
    pub(super) fn chain(&mut self, chain: Chain) {
        let mut chain = Chaining::new(chain);
        let from = self.origin.saturating_sub(self.recent.len() as u64);
        chain.take(from, &self.recent);
        self.chain = Some(chain);
    }

    /// The digest up to an offset; none without a chain, or where its bytes were not read.
    pub(super) fn chain_before(&mut self, place: u64) -> Option<Chain> {
        self.chain.as_mut()?.before(place)
    }

    /// Splits a consumed range off: with the memory that holds it, unless it is a small part of
    /// that, which is copied. Ranges from [`consume`](Self::consume) are invalid afterwards.
    pub(super) fn split_off(&mut self, from: usize, to: usize) -> Bytes {
        if to.saturating_sub(from) < self.bytes.len() / 2 {
            return self.slice(from, to).to_vec().into();
        }
        let rest = self.buffer();
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
        self.pool.lend(bytes, from, to)
    }

    /// Pool of memory for batches.
    pub(super) fn pool(&self) -> &Pool {
        &self.pool
    }

    /// Puts back the bytes that were consumed last; their first is on line `line`. Ranges from
    /// [`consume`](Self::consume) are invalid afterwards.
    pub(super) fn put_back(&mut self, front: &[u8], line: u64) {
        let kept = self.recent.len().saturating_sub(front.len());
        self.recent.truncate(kept);
        if let Some(start) = self.start.checked_sub(front.len()) {
            // They are still there.
            (self.start, self.line) = (start, line);
            let near = start.saturating_sub(PRINTED);
            if kept < start - near {
                self.recent = self.slice(near, start).to_vec();
            }
            return;
        }
        let mut bytes = Vec::with_capacity(front.len() + self.buffer().len() + self.chunk);
        bytes.extend_from_slice(front);
        bytes.extend_from_slice(self.buffer());
        self.start = 0;
        self.end = bytes.len();
        self.bytes = bytes;
        self.line = line;
    }

    /// Ends the input here: the buffer is empty and nothing more is read.
    pub(super) fn forget(&mut self) {
        (self.start, self.end, self.ended) = (0, 0, true);
    }

    /// Whether the first line is in the buffer to its end, or is longer than `most` bytes. True at
    /// the end of the input.
    pub(super) fn has_line(&self, most: usize) -> bool {
        self.ended || self.buffer().len() > most || self.line_end().is_some()
    }

    /// The first line without its line feed, as far as it was read; empty at the end of the input.
    pub(super) fn line_in_front(&self) -> &[u8] {
        let rest = self.buffer();
        self.line_end()
            .and_then(|end| rest.get(..end))
            .unwrap_or(rest)
    }

    fn line_end(&self) -> Option<usize> {
        let end = memchr::memchr(b'\n', self.buffer());
        #[cfg(test)]
        self.looked
            .set(self.looked.get() + end.unwrap_or(self.buffer().len()));
        end
    }

    /// Reads more bytes behind those in the buffer. At the end of the input it sets `ended` and
    /// reads nothing. An error ends the input, too: the bytes before it are still used, and the
    /// error is kept in `failure`. [`io::ErrorKind::WouldBlock`] ends nothing; it sets
    /// `would_block` if no byte was read before it. Ranges from [`consume`](Self::consume) are
    /// invalid afterwards.
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
                    self.would_block = self.end == before;
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

/// Adds bytes to the last ones, of which as many are kept as a digest covers.
fn remember(recent: &mut Vec<u8>, bytes: &[u8]) {
    if recent.len().saturating_add(bytes.len()) > 2 * PRINTED {
        let surplus = recent.len().saturating_sub(PRINTED);
        recent.drain(..surplus);
    }
    recent.extend_from_slice(bytes);
}
