//! One source that is being read.

use std::io;
use std::sync::Arc;

use super::place::{Place, Plain};
use super::{Batch, Part};
use crate::error::Error;
use crate::frame::{self, Framer, Piece, Position, Sizes};
use crate::input::{Bytes, explain};

/// A source under way.
pub(super) struct Reader {
    pub(super) source: usize,
    name: String,
    framer: Framer<Bytes>,
    /// Where its text can be read again.
    plain: Option<Plain>,
    /// Where the last part ended.
    before: Position,
}

/// What a step gave.
pub(super) enum Step {
    Part(Part),
    /// Nothing more is there for now.
    Dry,
    /// The source is at its end.
    End(Position),
    /// The source cannot be read on.
    Failed(Part),
}

impl Reader {
    /// `bytes` start at the position's offset.
    pub(super) fn new(
        source: usize,
        name: String,
        bytes: Bytes,
        sizes: Sizes,
        eager: bool,
        position: Position,
    ) -> Self {
        Self {
            source,
            name,
            framer: Framer::resume(bytes, sizes, eager, position),
            plain: None,
            before: position,
        }
    }

    /// Its text can be read again there.
    pub(super) fn plain(mut self, plain: Option<Plain>) -> Self {
        self.plain = plain;
        self
    }

    /// Leaves a last line that is not whole for another run.
    pub(super) fn leaving(mut self, leaves: bool) -> Self {
        self.framer = self.framer.leaving(leaves);
        self
    }

    /// The line that was left at the end, if one was.
    pub(super) fn left(&self) -> Option<u64> {
        self.framer.left()
    }

    /// Where to go on behind the last part.
    pub(super) fn position(&self) -> Position {
        self.framer.position()
    }

    /// Reads on.
    pub(super) fn step(&mut self) -> Step {
        let piece = match self.framer.next_piece() {
            Ok(None) => return Step::End(self.framer.position()),
            Ok(Some(piece)) => piece,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Step::Dry,
            Err(error) => {
                let line = self.framer.line();
                let message = format!("at line {line}: {}", explain(&error));
                return Step::Failed(Part::Failed {
                    source: self.source,
                    position: self.framer.position(),
                    error: Error::input(self.name.clone(), message),
                });
            }
        };
        let (source, position) = (self.source, self.framer.position());
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

    /// Where a batch can be read again: it must be all that stands between two places at which
    /// reading rests.
    fn place(&self, batch: &frame::Batch, before: Position, after: Position) -> Option<Place> {
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
