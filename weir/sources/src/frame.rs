//! Cuts a stream of bytes into batches of whole documents, one a line.
//!
//! The usual log has one JSON value a line: whole lines are handed on as they
//! are, many at once, without being parsed. Two other forms need more:
//! values printed over several lines, and lines longer than a document may be.
//! Both are followed bracket by bracket; each value, or each element of an
//! array or of an envelope's `records`, becomes one line of a batch. Memory is
//! bounded by the longest document allowed, whatever the length of the input.

mod buffer;
mod chain;
mod foreign;
mod last;
mod line;
mod lines;
mod list;
mod look;
mod lost;
mod piece;
mod pool;
mod position;
mod scanner;
mod stable;
mod start;
mod structural;

use std::collections::VecDeque;
use std::io::{self, Read};
use std::rc::Rc;
use std::time::Duration;

use buffer::Buffer;
pub use chain::Chain;
pub(crate) use chain::Chaining;
pub use foreign::{guess, has_json};
use last::LastList;
pub(crate) use list::{end_of_list, head_of_list};
pub use piece::{Batch, KEPT, Lines, Piece, Refused, Sizes};
pub(crate) use position::PRINTED;
pub use position::{Position, PrefixDigest};
use stable::Ends;
use structural::Structural;
use weir_common::clock::{Clock, SystemClock};

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

/// Ingredients of the next piece, before anything is borrowed for it.
enum Cut {
    Lines {
        first: u64,
        count: u64,
        from: usize,
        to: usize,
    },
    Documents,
    /// One or more.
    Refused(Vec<Refused>),
}

/// Reads a source and cuts it into pieces.
pub struct Framer<R> {
    buffer: Buffer<R>,
    mode: Mode,
    sizes: Sizes,
    /// Bytes of the buffer that are known to hold no line feed.
    searched: usize,
    /// A place in the text, and the bytes from there that are known to be blanks without a line's
    /// end.
    blank: (u64, usize),
    /// Documents found bracket by bracket, one a line.
    documents: Vec<u8>,
    /// The lines that they start on.
    lines: Vec<u64>,
    /// Whether the documents were handed out, and go at the next call.
    spent: bool,
    refused: VecDeque<Refused>,
    /// Whether they came before the documents that wait.
    refused_first: bool,
    /// Nothing more is there for now: what was found is handed on.
    pressing: bool,
    eager: bool,
    /// Where reading could start anew.
    base: Position,
    /// The input's end was taken for the end of a value, so that more of it would
    /// be read otherwise: no new base is set any more.
    sealed: bool,
    /// Documents that a reading before this one has handed out.
    skip: u64,
    /// Whether a last line or value that is not whole is left for another reading.
    leaves: bool,
    /// The line on which a value starts that was left so.
    left: Option<u64>,
    /// Bytes of NULs and byte order marks between documents.
    passed: u64,
    clock: Rc<dyn Clock>,
    /// Time since which lines in front wait for others behind them, that tell what they are.
    waits: Option<Duration>,
    /// The last line when it is a list and nothing is behind it: it may be written again, with
    /// more in it.
    list: Option<LastList>,
    /// Where the documents counted from the base end.
    ends: Ends,
    /// Whether a last line that stays as it is gets read, and since when it is that long.
    settles: bool,
    still: Option<(usize, Duration)>,
    /// Whether the last line was left by a reading before this, and nothing came since.
    stood: bool,
}

/// Most refusals that are handed on at once.
const REFUSED: usize = 1024;

/// UTF-8's byte order mark.
const MARK: &[u8] = b"\xef\xbb\xbf";

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
            blank: (0, 0),
            documents: Vec::new(),
            lines: Vec::new(),
            spent: false,
            refused: VecDeque::new(),
            refused_first: true,
            pressing: false,
            eager,
            base: Position {
                documents: 0,
                ..position
            },
            sealed: false,
            skip: position.documents,
            leaves: false,
            left: None,
            passed: 0,
            clock: Rc::new(SystemClock::new()),
            waits: None,
            list: None,
            ends: Ends::default(),
            settles: false,
            still: None,
            stood: false,
        }
    }

    /// Bytes of NULs and byte order marks between documents that were passed over, since
    /// this was asked last.
    pub fn passed(&mut self) -> u64 {
        std::mem::take(&mut self.passed)
    }

    /// Leaves a last line without its end that more of it may make whole, and a value that the end
    /// cuts.
    #[must_use]
    pub fn leaving(mut self, leaves: bool) -> Self {
        self.leaves = leaves;
        self
    }

    /// Says that a last line that is broken was left before, and that nothing came since.
    #[must_use]
    pub(crate) fn stood(mut self, stood: bool) -> Self {
        self.stood = stood;
        self
    }

    /// Reads a last line that is broken once it stays as it is for a while by that clock.
    #[must_use]
    pub(crate) fn settling(mut self, clock: Rc<dyn Clock>) -> Self {
        self.settles = true;
        self.clock = clock;
        self
    }

    /// The line on which starts what was left at the end, if something was.
    #[must_use]
    pub fn left(&self) -> Option<u64> {
        let left = self.buffer.ended && !self.buffer.buffer().is_empty();
        self.left.or(left.then_some(self.buffer.line))
    }

    /// Where to go on behind the piece that was handed out last.
    #[must_use]
    pub fn position(&self) -> Position {
        Position {
            reached: self.base.reached.max(self.buffer.offset()),
            ..self.base
        }
    }

    /// Says what stands before the place at which the source starts.
    pub(crate) fn behind(mut self, text: &[u8]) -> Self {
        self.buffer.remember(text);
        self
    }

    /// Keeps a digest of all of the text that goes on from `chain`.
    pub(crate) fn chaining(mut self, chain: Chain) -> Self {
        self.buffer.chain(chain);
        self
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
    /// [`io::ErrorKind::WouldBlock`] means that nothing more is there for now,
    /// [`io::ErrorKind::Unsupported`] that it is no JSON but what the error says.
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
                    bytes: pool.lend(bytes, 0, length),
                    lines: Lines::Each(std::mem::take(&mut self.lines)),
                }))
            }
            Some(Cut::Lines {
                first, from, to, ..
            }) => Some(Piece::Batch(Batch {
                bytes: self.buffer.split_off(from, to),
                lines: Lines::From(first),
            })),
        })
    }

    /// Counts a piece's documents, and takes off it those that were handed out
    /// before; none when nothing is left of it.
    fn unread(&mut self, cut: Cut) -> Option<Cut> {
        let held = match &cut {
            Cut::Refused(refused) => refused.len() as u64,
            Cut::Documents => self.lines.len() as u64,
            Cut::Lines { count, .. } => *count,
        };
        self.base.documents += held;
        let at_rest = matches!(self.mode, Mode::Lines | Mode::Start)
            && self.refused.is_empty()
            && (self.lines.is_empty() || self.spent);
        if at_rest && !self.sealed {
            let reached = self.buffer.offset();
            let list = self.list.take().unwrap_or(LastList {
                offset: reached,
                line: self.buffer.line,
                documents: 0,
            });
            self.base = Position {
                offset: list.offset,
                line: list.line,
                documents: list.documents,
                reached: self.base.reached.max(reached),
                print: self.base.print,
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
            Cut::Refused(mut refused) => Cut::Refused(refused.split_off(count)),
            Cut::Documents => {
                let length = position::of_lines(&self.documents, count);
                self.documents.drain(..length);
                self.lines.drain(..count.min(self.lines.len()));
                Cut::Documents
            }
            Cut::Lines {
                first, from, to, ..
            } => {
                let length = position::of_lines(self.buffer.slice(from, to), count);
                Cut::Lines {
                    first: first + skipped,
                    count: held - skipped,
                    from: from + length,
                    to,
                }
            }
        })
    }

    /// Documents found bracket by bracket, when it is time to hand them on: of documents and
    /// refusals those that came first.
    fn found(&mut self) -> Option<Cut> {
        let structural = matches!(self.mode, Mode::Structural(_));
        // Documents that have come are handed on before more is waited for.
        let waits = !self.eager && self.buffer.buffer().is_empty() && !self.buffer.ended;
        let now = std::mem::take(&mut self.pressing) || waits || !structural;
        if self.refused.is_empty() {
            let full = now || self.documents.len() >= self.sizes.batch;
            self.refused_first = self.lines.is_empty();
            self.spent = full && !self.lines.is_empty();
            return self.spent.then_some(Cut::Documents);
        }
        if !self.refused_first {
            self.refused_first = true;
            self.spent = true;
            return Some(Cut::Documents);
        }
        let full =
            self.refused.len() >= REFUSED || self.refused.back().is_some_and(Refused::is_long);
        let all = || std::mem::take(&mut self.refused).into();
        (now || full || !self.lines.is_empty())
            .then(all)
            .map(Cut::Refused)
    }

    fn cut(&mut self) -> io::Result<Option<Cut>> {
        if std::mem::take(&mut self.spent) {
            self.documents.clear();
            self.lines.clear();
        }
        loop {
            if let Some(cut) = self.found() {
                return Ok(Some(cut));
            }
            let cut = match &mut self.mode {
                Mode::Start => self.start(),
                Mode::Lines => self.whole_lines(),
                Mode::SkipLine => self.skip_line(),
                Mode::Structural(_) => self.structural(),
            };
            match cut {
                Step::Again if std::mem::take(&mut self.buffer.would_block) => {
                    if self.lines.is_empty() && self.refused.is_empty() {
                        return Err(io::ErrorKind::WouldBlock.into());
                    }
                    self.pressing = true;
                }
                Step::Again => {}
                Step::Foreign(what) => {
                    self.buffer.forget();
                    self.mode = Mode::Lines;
                    return Err(io::Error::new(io::ErrorKind::Unsupported, what));
                }
                Step::Cut(cut) => return Ok(Some(cut)),
                Step::End if self.lines.is_empty() && self.refused.is_empty() => {
                    return self.buffer.failure.take().map_or(Ok(None), Err);
                }
                Step::End => self.mode = Mode::Lines,
            }
        }
    }

    fn structural(&mut self) -> Step {
        let Mode::Structural(structural) = &mut self.mode else {
            return Step::Again;
        };
        let mut sink = structural::Sink {
            documents: &mut self.documents,
            lines: &mut self.lines,
            refused: &mut self.refused,
            sizes: self.sizes,
            leaves: self.leaves,
            ends: &mut self.ends,
        };
        let ending = self.buffer.ended && self.buffer.buffer().is_empty();
        let next = structural.step(&mut self.buffer, &mut sink);
        self.sealed |= ending || self.buffer.ended && self.buffer.buffer().is_empty();
        self.passed += structural.passed();
        self.left = structural.left();
        match next {
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
    /// It is something else than JSON.
    Foreign(&'static str),
    Cut(Cut),
    End,
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may fail")]
mod tests;
