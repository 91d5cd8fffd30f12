//! NDJSON: whole lines that are handed on as they are.

use std::io::Read;

use super::last::LastLine;
use super::structural::Structural;
use super::{Cut, Framer, Mode, Step, start};

impl<R: Read> Framer<R> {
    /// Hands on as many whole lines as make a batch.
    pub(super) fn whole_lines(&mut self) -> Step {
        // Documents of a line were counted: it is a list.
        if self.skip > 0 && self.buffer.offset() == self.base.offset {
            match self.buffer.buffer().first() {
                None if !self.buffer.ended => {
                    self.buffer.fill();
                    return Step::Again;
                }
                Some(b'{' | b'[') => {
                    self.mode = Mode::Structural(Box::new(Structural::new(true)));
                    return Step::Again;
                }
                _ => {}
            }
        }
        let rest = self.buffer.buffer();
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
            if self.pass_blanks(self.sizes.record.saturating_add(1)) {
                return Step::Again;
            }
            let rest = self.buffer.buffer();
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
                match self.stands() {
                    Some(LastLine::Read) => self.buffer.buffer().len(),
                    Some(LastLine::Follow) => return self.follow_line(),
                    _ => return Step::Again,
                }
            }
            None if rest.is_empty() => return Step::End,
            None => match self.last_line(rest) {
                LastLine::Read => rest.len(),
                LastLine::Follow => return self.follow_line(),
                LastLine::Leave => return Step::End,
            },
        };
        self.searched = 0;
        let first = self.buffer.line;
        self.buffer.odd = false;
        let (from, to) = self.buffer.consume(length);
        if self.buffer.odd {
            let lines = self.buffer.slice(from, to).split(|byte| *byte == b'\n');
            self.passed += lines.map(|line| start::blanks(line, 0).passed).sum::<u64>();
        }
        self.ends.closed = None;
        if self.buffer.buffer().is_empty() {
            self.note_list(first, from, to);
        }
        Step::Cut(Cut::Lines {
            first,
            count: self.buffer.line - first + u64::from(open),
            from,
            to,
        })
    }

    /// Passes over the rest of a line.
    pub(super) fn skip_line(&mut self) -> Step {
        let rest = self.buffer.buffer();
        match memchr::memchr(b'\n', rest) {
            Some(at) => {
                self.buffer.consume(at + 1);
                self.mode = Mode::Lines;
            }
            None if self.buffer.ended => {
                let length = rest.len();
                self.buffer.consume(length);
                self.mode = Mode::Lines;
            }
            None => {
                let length = rest.len();
                self.buffer.consume(length);
                self.buffer.fill();
            }
        }
        Step::Again
    }
}
