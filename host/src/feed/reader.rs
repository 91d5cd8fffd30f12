//! One source that is being read.

use std::io;

use super::{Batch, Part};
use crate::error::Error;
use crate::frame::{Framer, Piece, Position, Sizes};
use crate::input::{Bytes, explain};

/// A source under way.
pub(super) struct Reader {
    pub(super) source: usize,
    name: String,
    framer: Framer<Bytes>,
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
        }
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
        Step::Part(match piece {
            Piece::Batch(batch) => Part::Batch(Batch {
                source,
                bytes: batch.bytes,
                lines: batch.lines,
                position,
            }),
            Piece::Refused(refused) => Part::Refused {
                source,
                refused,
                position,
            },
        })
    }
}
