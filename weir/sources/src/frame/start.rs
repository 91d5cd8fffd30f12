//! Recognition of the form of a source by its first lines.

use std::io::Read;
use std::time::Duration;

use super::last::LastLine;
use super::structural::Structural;
use super::{Cut, Framer, MARK, Mode, Step, foreign, line};

/// Longest time that first lines which are no JSON wait for others.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);

impl<R: Read> Framer<R> {
    /// Passes over blank lines, NULs and byte order marks, and looks at the first line that has
    /// more than that.
    pub(super) fn start(&mut self) -> Step {
        let rest = self.buffer.buffer();
        if !foreign::is_enough(rest) && !self.buffer.ended {
            return self.wait();
        }
        // Of what is no line yet, more is not waited for.
        let most = self.sizes.record.saturating_add(1).max(foreign::LEAST);
        if self.buffer.offset() == 0
            && let Some(what) = foreign::binary(rest.get(..most).unwrap_or(rest))
        {
            return Step::Foreign(what);
        }
        if self.pass_blanks(usize::MAX) {
            return Step::Again;
        }
        let rest = self.buffer.buffer();
        let unseen = rest.get(self.searched..).unwrap_or_default();
        let end = memchr::memchr(b'\n', unseen).map(|at| self.searched + at);
        if end.is_none() && !self.buffer.ended && rest.len() <= self.sizes.record {
            self.searched = rest.len();
            self.buffer.fill();
            return match self.stands() {
                Some(LastLine::Read) => self.begin(false),
                Some(LastLine::Follow) => self.follow_line(),
                _ => Step::Again,
            };
        }
        let whole = end.is_some() || self.buffer.ended;
        let line = rest.get(..end.unwrap_or(rest.len())).unwrap_or_default();
        // A line longer than a document is followed whatever it looks like, but
        // for one that cannot be a record at all.
        let long = line.len() > self.sizes.record || !whole;
        let brackets = matches!(line.trim_ascii_start().first(), Some(b'{' | b'['));
        let left = end.is_none() && self.buffer.ended && self.last_line(line) != LastLine::Read;
        // A text that is read as it is stays so to its end.
        self.leaves &= left || end.is_some() || !self.buffer.ended;
        let opens = if long {
            brackets
        } else {
            !left && line::opens_value(line)
        };
        if !opens && !brackets && !long && !line::is_scalar(line) {
            let head = foreign::Head::of(rest, self.buffer.ended);
            if head == foreign::Head::Short {
                self.searched = end.unwrap_or_default();
                return self.wait();
            }
            if let foreign::Head::Foreign(what) = head {
                return Step::Foreign(what);
            }
            return self.begin(head == foreign::Head::Value);
        }
        self.begin(opens)
    }

    /// Reads on before it is said what the first lines are. Where nothing comes for long, the whole
    /// ones are handed on as lines, and what comes then is looked at anew.
    fn wait(&mut self) -> Step {
        self.buffer.fill();
        if !self.buffer.would_block {
            self.waits = None;
            return Step::Again;
        }
        let now = self.clock.monotonic();
        let since = *self.waits.get_or_insert(now);
        let Some(end) = memchr::memrchr(b'\n', self.buffer.buffer()) else {
            return Step::Again;
        };
        if now.saturating_sub(since) < PATIENCE {
            return Step::Again;
        }
        (self.waits, self.searched, self.buffer.would_block) = (None, 0, false);
        let first = self.buffer.line;
        let (from, to) = self.buffer.consume(end + 1);
        Step::Cut(Cut::Lines {
            first,
            count: self.buffer.line - first,
            from,
            to,
        })
    }

    /// Passes over blanks, NULs and byte order marks among the next `most` bytes, but not over a
    /// line's own indent, unless that is longer than a record: of it, that much. So what a line
    /// begins with is among as many bytes as a record has, and one more.
    pub(super) fn pass_blanks(&mut self, most: usize) -> bool {
        let seen = match self.blank {
            (place, seen) if place == self.buffer.offset() => seen,
            _ => 0,
        };
        let rest = self.buffer.buffer();
        let found = blanks(rest.get(..most).unwrap_or(rest), seen);
        #[cfg(test)]
        self.buffer
            .looked
            .set(self.buffer.looked.get() + found.seen - seen);
        let Blanks { to, passed, seen } = found;
        let to = match seen.saturating_sub(to) > self.sizes.record {
            true => to + self.sizes.record + 1,
            false => to,
        };
        self.buffer.consume(to);
        self.passed += passed;
        self.blank = (self.buffer.offset(), seen.saturating_sub(to));
        if to > 0 {
            self.searched = 0;
        }
        to > 0
    }

    /// Goes on bracket by bracket, or line by line.
    pub(super) fn begin(&mut self, structural: bool) -> Step {
        self.searched = 0;
        self.mode = match structural {
            true => Mode::Structural(Box::new(Structural::new(false))),
            false => Mode::Lines,
        };
        Step::Again
    }
}

/// Beginning of a text.
pub(super) struct Blanks {
    /// Bytes of blank lines, NULs and byte order marks.
    to: usize,
    /// How many of these are no blanks.
    pub(super) passed: u64,
    /// Bytes of these and of the blanks behind them.
    seen: usize,
}

/// The blanks that a text begins with, of which so many are known to have no line's end.
pub(super) fn blanks(text: &[u8], known: usize) -> Blanks {
    let (mut at, mut to, mut passed) = (known, 0, 0);
    while let Some(rest) = text.get(at..) {
        let length = match rest.first() {
            Some(b'\n' | 0) => 1,
            Some(0xef) if rest.starts_with(MARK) => MARK.len(),
            Some(byte) if byte.is_ascii_whitespace() => {
                at += 1;
                continue;
            }
            _ => break,
        };
        passed += if rest.first() == Some(&b'\n') {
            0
        } else {
            length as u64
        };
        at += length;
        to = at;
    }
    let seen = at;
    Blanks { to, passed, seen }
}
