//! Cuts a stream of bytes into batches of whole documents, one a line.
//!
//! The usual log has one JSON value a line: whole lines are handed on as they
//! are, many at once, and nobody looks at them. Two other forms need more:
//! values printed over several lines, and lines longer than a document may be.
//! Both are followed bracket by bracket; each value, or each element of an
//! array or of an envelope's `records`, becomes one line of a batch. Memory is
//! bounded by the longest document allowed, whatever the length of the input.

mod buffer;
mod piece;
mod position;
mod scanner;
mod structural;
mod text;

use std::collections::VecDeque;
use std::io::{self, Read};

use buffer::Buffer;
pub use piece::{Batch, KEPT, Lines, Piece, Refused};
pub use position::Position;
use structural::Structural;
pub use text::Text;

/// Sizes in bytes.
#[derive(Debug, Clone, Copy)]
pub struct Sizes {
    /// At which a batch is handed on.
    pub batch: usize,
    /// Of the longest document.
    pub record: usize,
}

#[derive(Debug)]
enum Mode {
    /// Nothing seen yet but blank lines.
    Start,
    /// One document a line.
    Lines,
    /// The rest of a line is passed over.
    SkipLine,
    /// Bracket by bracket.
    Structural(Box<Structural>),
}

/// What the next piece is made of, before anything is borrowed for it.
enum Cut {
    Lines {
        first: u64,
        count: u64,
        from: usize,
        to: usize,
    },
    Documents,
    Refused(Refused),
}

/// Reads a source and cuts it into pieces.
pub struct Framer<R> {
    buffer: Buffer<R>,
    mode: Mode,
    sizes: Sizes,
    /// Bytes of the buffer that are known to hold no line feed.
    searched: usize,
    /// Documents found bracket by bracket, one a line.
    documents: Vec<u8>,
    /// The lines that they start on.
    lines: Vec<u64>,
    /// Whether the documents were handed out, and go at the next call.
    spent: bool,
    refused: VecDeque<Refused>,
    eager: bool,
    /// Where reading could start anew.
    base: Position,
    /// The input's end was taken for the end of a value, so that more of it would
    /// be read otherwise: no new base is set any more.
    sealed: bool,
    /// Documents that a reading before this one has handed out.
    skip: u64,
    /// Whether a last line that is not whole is left for another reading.
    leaves: bool,
}

impl<R: Read> Framer<R> {
    /// Cuts `source`. With `eager`, batches are filled up even when the source
    /// gives little at once; without, what has come is handed on at once.
    pub fn new(source: R, sizes: Sizes, eager: bool) -> Self {
        Self::resume(source, sizes, eager, Position::default())
    }

    /// Goes on at `position`: `source` starts at its `offset`.
    pub fn resume(source: R, sizes: Sizes, eager: bool, position: Position) -> Self {
        let sizes = Sizes {
            batch: sizes.batch.min(sizes.record).max(1),
            record: sizes.record.max(1),
        };
        Self {
            buffer: Buffer::new(source, sizes.batch, eager, position.offset, position.line),
            mode: match position.offset {
                0 => Mode::Start,
                _ => Mode::Lines,
            },
            sizes,
            searched: 0,
            documents: Vec::new(),
            lines: Vec::new(),
            spent: false,
            refused: VecDeque::new(),
            eager,
            base: Position {
                documents: 0,
                ..position
            },
            sealed: false,
            skip: position.documents,
            leaves: false,
        }
    }

    /// Leaves a last line without its end that is no whole object or array: more of
    /// it may be written yet.
    #[must_use]
    pub fn leaving(mut self, leaves: bool) -> Self {
        self.leaves = leaves;
        self
    }

    /// The line that was left at the end, if one was.
    #[must_use]
    pub fn left(&self) -> Option<u64> {
        let left = self.buffer.ended && !self.buffer.rest().is_empty();
        left.then_some(self.buffer.line)
    }

    /// Where to go on behind the piece that was handed out last.
    #[must_use]
    pub fn position(&self) -> Position {
        Position {
            reached: self.base.reached.max(self.buffer.offset()),
            ..self.base
        }
    }

    /// The line reached, from 1.
    #[must_use]
    pub fn line(&self) -> u64 {
        self.buffer.line
    }

    /// Bytes read so far.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.buffer.total
    }

    /// The next piece; none at the end.
    ///
    /// # Errors
    ///
    /// The source's error, once, after all that came before it was handed out.
    /// [`io::ErrorKind::WouldBlock`] means that nothing more is there for now.
    pub fn next_piece(&mut self) -> io::Result<Option<Piece>> {
        let cut = loop {
            match self.cut()? {
                None => break None,
                Some(cut) => {
                    let cut = self.unread(cut);
                    if cut.is_some() {
                        break cut;
                    }
                }
            }
        };
        Ok(match cut {
            None => None,
            Some(Cut::Refused(refused)) => Some(Piece::Refused(refused)),
            Some(Cut::Documents) => {
                let pool = self.buffer.pool();
                let mut next = pool.take();
                next.clear();
                let bytes = std::mem::replace(&mut self.documents, next);
                let length = bytes.len();
                Some(Piece::Batch(Batch {
                    bytes: Text::of(bytes, 0, length, pool),
                    lines: Lines::Each(std::mem::take(&mut self.lines)),
                }))
            }
            Some(Cut::Lines {
                first, from, to, ..
            }) => Some(Piece::Batch(Batch {
                bytes: self.buffer.give(from, to),
                lines: Lines::From(first),
            })),
        })
    }

    /// Counts a piece's documents, and takes off it those that were handed out
    /// before; none when nothing is left of it.
    fn unread(&mut self, cut: Cut) -> Option<Cut> {
        let held = match &cut {
            Cut::Refused(_) => 1,
            Cut::Documents => self.lines.len() as u64,
            Cut::Lines { count, .. } => *count,
        };
        self.base.documents += held;
        let at_rest = matches!(self.mode, Mode::Lines)
            && self.refused.is_empty()
            && (self.lines.is_empty() || self.spent);
        if at_rest && !self.sealed {
            let offset = self.buffer.offset();
            self.base = Position {
                offset,
                line: self.buffer.line,
                documents: 0,
                reached: self.base.reached.max(offset),
            };
        }
        let skipped = self.skip.min(held);
        self.skip -= skipped;
        if skipped == 0 {
            return Some(cut);
        }
        if skipped == held {
            return None;
        }
        let count = usize::try_from(skipped).unwrap_or(usize::MAX);
        Some(match cut {
            Cut::Refused(_) => return None,
            Cut::Documents => {
                let length = position::of_lines(&self.documents, count);
                self.documents.drain(..length);
                self.lines.drain(..count.min(self.lines.len()));
                Cut::Documents
            }
            Cut::Lines {
                first, from, to, ..
            } => {
                let length = position::of_lines(self.buffer.stretch(from, to), count);
                Cut::Lines {
                    first: first + skipped,
                    count: held - skipped,
                    from: from + length,
                    to,
                }
            }
        })
    }

    fn cut(&mut self) -> io::Result<Option<Cut>> {
        if std::mem::take(&mut self.spent) {
            self.documents.clear();
            self.lines.clear();
        }
        loop {
            let structural = matches!(self.mode, Mode::Structural(_));
            // What has come is handed on before more is waited for.
            let waits = !self.eager && self.buffer.rest().is_empty() && !self.buffer.ended;
            let full = waits || self.documents.len() >= self.sizes.batch;
            if !self.lines.is_empty() && (full || !structural || !self.refused.is_empty()) {
                self.spent = true;
                return Ok(Some(Cut::Documents));
            }
            if let Some(refused) = self.refused.pop_front() {
                return Ok(Some(Cut::Refused(refused)));
            }
            let cut = match &mut self.mode {
                Mode::Start => self.start(),
                Mode::Lines => self.whole_lines(),
                Mode::SkipLine => self.skip_line(),
                Mode::Structural(_) => self.structural(),
            };
            match cut {
                Step::Again if std::mem::take(&mut self.buffer.dry) => {
                    if self.lines.is_empty() && self.refused.is_empty() {
                        return Err(io::ErrorKind::WouldBlock.into());
                    }
                }
                Step::Again => {}
                Step::Cut(cut) => return Ok(Some(cut)),
                Step::End if self.lines.is_empty() && self.refused.is_empty() => {
                    return self.buffer.failure.take().map_or(Ok(None), Err);
                }
                Step::End => self.mode = Mode::Lines,
            }
        }
    }

    /// Passes over blank lines and looks at the first that is not.
    fn start(&mut self) -> Step {
        let rest = self.buffer.rest();
        let blank = rest.len() - rest.trim_ascii_start().len();
        if blank > 0 {
            // Only to the last line's end, so that a line keeps its indent.
            let to = memchr::memrchr(b'\n', rest.get(..blank).unwrap_or_default());
            if let Some(to) = to {
                self.buffer.take(to + 1);
                self.searched = 0;
                return Step::Again;
            }
        }
        let rest = self.buffer.rest();
        let unseen = rest.get(self.searched..).unwrap_or_default();
        let end = memchr::memchr(b'\n', unseen).map(|at| self.searched + at);
        if end.is_none() && !self.buffer.ended && rest.len() <= self.sizes.record {
            self.searched = rest.len();
            self.buffer.fill();
            return Step::Again;
        }
        let whole = end.is_some() || self.buffer.ended;
        let line = rest.get(..end.unwrap_or(rest.len())).unwrap_or_default();
        self.searched = 0;
        // A line longer than a document is followed whatever it looks like, but
        // for one that cannot be a record at all.
        let long = line.len() > self.sizes.record || !whole;
        let brackets = matches!(line.trim_ascii_start().first(), Some(b'{' | b'['));
        let left = end.is_none() && self.buffer.ended && self.is_left(line);
        self.mode = if (long && brackets) || (!left && scanner::opens_value(line)) {
            Mode::Structural(Box::new(Structural::new(false)))
        } else {
            Mode::Lines
        };
        Step::Again
    }

    /// Hands on as many whole lines as make a batch.
    fn whole_lines(&mut self) -> Step {
        let rest = self.buffer.rest();
        let window = rest
            .get(..self.sizes.batch.min(rest.len()))
            .unwrap_or_default();
        let near = window
            .get(self.searched..)
            .and_then(|unseen| memchr::memrchr(b'\n', unseen))
            .map(|at| self.searched + at);
        let end = near.or_else(|| {
            let from = self.searched.max(window.len());
            memchr::memchr(b'\n', rest.get(from..).unwrap_or_default()).map(|at| from + at)
        });
        let length = end.unwrap_or(rest.len());
        if near.is_none() && length > self.sizes.record {
            self.searched = 0;
            let brackets = matches!(rest.trim_ascii_start().first(), Some(b'{' | b'['));
            if brackets {
                self.mode = Mode::Structural(Box::new(Structural::new(true)));
            } else {
                self.refused
                    .push_back(self.sizes.too_long(self.buffer.line, rest));
                self.mode = Mode::SkipLine;
            }
            return Step::Again;
        }
        let open = end.is_none();
        let length = match end {
            Some(end) => end + 1,
            None if !self.buffer.ended => {
                self.searched = rest.len();
                self.buffer.fill();
                return Step::Again;
            }
            None if rest.is_empty() || self.is_left(rest) => return Step::End,
            None => rest.len(),
        };
        self.searched = 0;
        let first = self.buffer.line;
        let (from, to) = self.buffer.take(length);
        Step::Cut(Cut::Lines {
            first,
            count: self.buffer.line - first + u64::from(open),
            from,
            to,
        })
    }

    /// Whether a last line without its end is not handed out: reading broke off
    /// inside it, or it may still be written.
    fn is_left(&self, line: &[u8]) -> bool {
        let unfinished = !line.trim_ascii().is_empty() && !scanner::is_whole_container(line);
        self.buffer.failed || (self.leaves && unfinished)
    }

    fn skip_line(&mut self) -> Step {
        let rest = self.buffer.rest();
        match memchr::memchr(b'\n', rest) {
            Some(at) => {
                self.buffer.take(at + 1);
                self.mode = Mode::Lines;
            }
            None if self.buffer.ended => {
                let length = rest.len();
                self.buffer.take(length);
                self.mode = Mode::Lines;
            }
            None => {
                let length = rest.len();
                self.buffer.take(length);
                self.buffer.fill();
            }
        }
        Step::Again
    }

    fn structural(&mut self) -> Step {
        let Mode::Structural(structural) = &mut self.mode else {
            return Step::Again;
        };
        self.sealed |= self.buffer.ended && self.buffer.rest().is_empty();
        let mut sink = structural::Sink {
            documents: &mut self.documents,
            lines: &mut self.lines,
            refused: &mut self.refused,
            sizes: self.sizes,
        };
        match structural.step(&mut self.buffer, &mut sink) {
            structural::Next::Again => {}
            structural::Next::Lines => self.mode = Mode::Lines,
            structural::Next::SkipLine => self.mode = Mode::SkipLine,
        }
        self.searched = 0;
        Step::Again
    }
}

enum Step {
    Again,
    Cut(Cut),
    End,
}

impl Sizes {
    /// Refuses a document of which more has been seen than is allowed.
    fn too_long(&self, line: u64, record: &[u8]) -> Refused {
        let reason = if self.record >= 1 << 20 {
            format!("longer than {} MiB", self.record >> 20)
        } else {
            format!("longer than {} bytes", self.record)
        };
        let kept = KEPT.min(self.record);
        Refused {
            line,
            reason,
            record: record.get(..kept).unwrap_or(record).to_vec(),
            cut: true,
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may fail")]
mod tests;
