//! Text before a position that is stable while a file grows.

use std::io::Read;

use super::buffer::Buffer;
use super::chain::Chain;
use super::{Framer, PRINTED};
use crate::input::without_closing;

/// The last bytes of such a text.
#[derive(Debug, Clone)]
pub(crate) struct Stable {
    pub(crate) text: Vec<u8>,
    /// Byte of the whole text at which they end.
    pub(crate) end: u64,
    /// Digest of all of it, where that is known.
    pub(crate) all: Option<Chain>,
    /// The text behind it may differ in a file that has grown.
    pub(crate) closed: bool,
}

/// Where the documents that are counted from a position on end.
#[derive(Debug, Default)]
pub(super) struct Ends {
    /// Byte of the text behind the last document.
    pub(super) document: u64,
    /// The text up to there, since the list around it has ended: fields may follow.
    pub(super) closed: Option<Stable>,
}

impl Ends {
    /// A document ends there.
    pub(super) fn end(&mut self, place: u64) {
        (self.document, self.closed) = (place, None);
    }

    /// The list around the last document has ended.
    pub(super) fn close<R: Read>(&mut self, buffer: &mut Buffer<R>) {
        self.closed = Some(Stable {
            closed: true,
            ..buffer.stable(self.document)
        });
    }
}

impl<R: Read> Framer<R> {
    /// The text before the position that stays as it is. Where documents are counted from the
    /// start of what holds them, what closes that is no part of it.
    pub(crate) fn stable(&mut self) -> Stable {
        let end = self.buffer.offset();
        if self.base.documents == 0 {
            return self.buffer.stable(end);
        }
        if let Some(closed) = &self.ends.closed {
            return closed.clone();
        }
        let text = self.buffer.recent();
        let closing = text.len().saturating_sub(without_closing(text).len());
        let open = end.saturating_sub(closing as u64);
        self.buffer.stable(open.max(self.ends.document.min(end)))
    }
}

impl<R: Read> Buffer<R> {
    /// The text before a place that was passed.
    pub(super) fn stable(&mut self, end: u64) -> Stable {
        let behind = usize::try_from(self.offset().saturating_sub(end)).unwrap_or(usize::MAX);
        let text = self.consumed();
        let text = text
            .get(..text.len().saturating_sub(behind))
            .unwrap_or_default();
        let from = text.len().saturating_sub(PRINTED);
        Stable {
            text: text.get(from..).unwrap_or_default().to_vec(),
            end,
            all: self.chain_before(end),
            closed: false,
        }
    }
}
