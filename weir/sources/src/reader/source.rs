//! Reader of one source.

use std::io;
use std::rc::Rc;
use std::sync::Arc;

use super::reread::RereadableFile;
use super::{Batch, Part, PartSender};
use crate::frame::{self, Chain, Framer, Piece, Position, PrefixDigest};
use crate::input::Bytes;
use crate::progress::Progress;
use weir_common::clock::Clock;
use weir_common::error::Error;
use weir_common::explain::explain;
use weir_common::positioned::FileRange;

/// Reader of one source.
pub(super) struct SourceReader {
    pub(super) source: usize,
    name: String,
    framer: Framer<Bytes>,
    /// File in which its text can be read again.
    plain: Option<RereadableFile>,
    /// Position at which the last part ended.
    before: Position,
    /// Counters of the bytes passed over.
    progress: Progress,
    /// Byte from which digests in positions cover the text; none where positions have none.
    prints: Option<u64>,
}

/// Result of a step.
pub(super) enum Step {
    Part(Part),
    /// No more bytes for now.
    WouldBlock,
    /// The source is at its end.
    End(Position),
    /// The source cannot be read on.
    Failed(Part),
}

impl SourceReader {
    /// `bytes` start at the position's offset.
    pub(super) fn new(
        source: usize,
        name: String,
        bytes: Bytes,
        sender: &PartSender,
        eager: bool,
        position: Position,
    ) -> Self {
        Self {
            source,
            name,
            framer: Framer::resume(bytes, sender.sizes, eager, position),
            plain: None,
            before: position,
            progress: sender.progress.clone(),
            prints: None,
        }
    }

    /// Lets positions say what stands before them; `behind` is what stands before the first, and
    /// `head` are the bytes of an envelope before its list.
    pub(super) fn printing(mut self, behind: &[u8], head: u64) -> Self {
        let chain = match self.before.offset {
            0 => Some(Chain::new(head)),
            _ => self.before.print.and_then(|print| print.all),
        };
        self.framer = self.framer.behind(behind);
        if let Some(chain) = chain {
            self.framer = self.framer.chaining(chain);
        }
        self.prints = Some(head);
        self
    }

    /// Its text can be read again there.
    pub(super) fn plain(mut self, plain: Option<RereadableFile>) -> Self {
        self.plain = plain;
        self
    }

    /// Leaves a last line that is not whole for another run.
    pub(super) fn leaving(mut self, leaves: bool) -> Self {
        self.framer = self.framer.leaving(leaves);
        self
    }

    /// Says that a last line that is broken was left by another run, and nothing came since.
    pub(super) fn stood(mut self, stood: bool) -> Self {
        self.framer = self.framer.stood(stood);
        self
    }

    /// Reads a last line that is broken once it stays as it is by that clock.
    pub(super) fn settling(mut self, clock: Rc<dyn Clock>) -> Self {
        self.framer = self.framer.settling(clock);
        self
    }

    /// The line that was left at the end, if one was.
    pub(super) fn left(&self) -> Option<u64> {
        self.framer.left()
    }

    /// Position behind the last part.
    pub(super) fn position(&mut self) -> Position {
        let mut position = self.framer.position();
        let Some(head) = self.prints else {
            return position;
        };
        let stable = self.framer.stable();
        // Behind the place of an earlier run, its own print is as good as ever.
        let ahead = position.print.is_none_or(|print| print.end <= stable.end);
        if ahead && !stable.text.is_empty() {
            // The text before a list may change when the list grows.
            let start = stable.end.saturating_sub(stable.text.len() as u64);
            let head = usize::try_from(head.saturating_sub(start)).unwrap_or(usize::MAX);
            let text = stable.text.get(head..).unwrap_or(&stable.text);
            let mut print = PrefixDigest::of(text, stable.end);
            print.all = stable.all;
            position.print = Some(print);
            if stable.closed {
                position.reached = stable.end;
            }
        }
        position
    }

    /// Reads the next part; [`Step::End`] at the end of the source.
    pub(super) fn step(&mut self) -> Step {
        let piece = self.framer.next_piece();
        self.progress.pass_over(self.framer.passed());
        let piece = match piece {
            Ok(None) => return Step::End(self.position()),
            Ok(Some(piece)) => piece,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Step::WouldBlock,
            Err(error) => {
                let foreign = error.kind() == io::ErrorKind::Unsupported;
                let message = match foreign {
                    true => error.to_string(),
                    false => format!("at line {}: {}", self.framer.line(), explain(&error)),
                };
                return Step::Failed(Part::Failed {
                    source: self.source,
                    position: self.position(),
                    error: Error::input(self.name.clone(), message),
                    foreign,
                });
            }
        };
        let (source, position) = (self.source, self.position());
        let before = std::mem::replace(&mut self.before, position);
        Step::Part(match piece {
            Piece::Batch(batch) => Part::Batch(Arc::new(Batch {
                source,
                place: self.place(&batch, before, position),
                bytes: batch.bytes,
                lines: batch.lines,
                position,
            })),
            Piece::Refused(refused) => Part::Refused {
                source,
                refused,
                position,
            },
        })
    }

    /// Range in which a batch can be read again: it must be all text between two positions at which
    /// reading rests.
    fn place(&self, batch: &frame::Batch, before: Position, after: Position) -> Option<FileRange> {
        let rests = |position: Position| position.documents == 0;
        let length = after.offset.checked_sub(before.offset)?;
        let whole = batch.is_lines() && length == batch.bytes.len() as u64;
        let plain = self
            .plain
            .as_ref()
            .filter(|_| whole && rests(before) && rests(after))?;
        plain.place(before.offset, batch.bytes.len())
    }
}
