//! Last line of a source that has no line end.

use std::io::Read;
use std::time::Duration;

use super::line::{self, Last};
use super::stable::Stable;
use super::structural::{self, Structural};
use super::{Framer, Mode, Step};

/// A line that is broken is taken for all there is of it when nothing more has come for this long.
const SETTLED: Duration = Duration::from_secs(1);

/// Decision on a last line that has no line end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LastLine {
    /// It is read as it is.
    Read,
    /// Its whole documents are read one by one, and the last one is left.
    Follow,
    /// More of it may come.
    Leave,
}

/// Where the last line begins and how many documents are in it, when it is a list.
#[derive(Debug)]
pub(super) struct LastList {
    pub(super) offset: u64,
    pub(super) line: u64,
    pub(super) documents: u64,
}

impl<R: Read> Framer<R> {
    /// Decides on the first line of the buffer, behind which nothing is.
    pub(super) fn last_line(&self, line: &[u8]) -> LastLine {
        if self.buffer.failed {
            return LastLine::Leave;
        }
        if !self.leaves || line.trim_ascii().is_empty() {
            return LastLine::Read;
        }
        match line::last(line) {
            Last::Ended => LastLine::Read,
            Last::List => LastLine::Follow,
            Last::Broken | Last::Around if self.stood => LastLine::Read,
            Last::Broken | Last::Around | Last::Open => LastLine::Leave,
        }
    }

    /// Nothing more is there for now: whether the line in front is read though its end is not
    /// there. Where it is a list under way, its documents are followed one by one.
    pub(super) fn stands(&mut self) -> Option<LastLine> {
        if !self.buffer.would_block {
            self.still = None;
            return None;
        }
        let line = self.buffer.buffer();
        if line::is_whole_container(line) {
            self.buffer.would_block = false;
            return Some(LastLine::Read);
        }
        if !self.settles || line.trim_ascii().is_empty() {
            return None;
        }
        let length = line.len();
        let now = self.clock.monotonic();
        let (known, since) = *self.still.get_or_insert((length, now));
        if known != length {
            self.still = None;
        }
        if known != length || now.saturating_sub(since) < SETTLED {
            return None;
        }
        let fate = match line::last(line) {
            Last::Around | Last::Open => return None,
            Last::List => LastLine::Follow,
            Last::Ended | Last::Broken => LastLine::Read,
        };
        (self.still, self.buffer.would_block) = (None, false);
        Some(fate)
    }

    /// Follows the line in front bracket by bracket.
    pub(super) fn follow_line(&mut self) -> Step {
        self.searched = 0;
        if self.skip == 0 && !self.sealed {
            // Its documents are counted from its start.
            self.base.offset = self.buffer.offset();
            self.base.line = self.buffer.line;
            self.base.documents = 0;
        }
        self.mode = Mode::Structural(Box::new(Structural::new(true)));
        Step::Again
    }

    /// Takes note of where the last of these lines begins and how many documents are in it, if it
    /// is a list: it may be written again, with more in it.
    pub(super) fn note_list(&mut self, first: u64, from: usize, to: usize) {
        let text = self.buffer.slice(from, to);
        let start = memchr::memrchr(b'\n', text.trim_ascii_end()).map_or(0, |at| at + 1);
        let Some((before, line)) = text.split_at_checked(start) else {
            return;
        };
        // As it would be read again: a form feed behind it, say, is text behind its end.
        let blank = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\r' | b'\n');
        let end = line.iter().rposition(|byte| !blank(byte));
        let whole = line.get(..end.map_or(0, |end| end + 1)).unwrap_or(line);
        let Some(list) = structural::in_list(whole, self.sizes) else {
            return;
        };
        let offset = self.buffer.offset().saturating_sub(line.len() as u64);
        let breaks = memchr::memchr_iter(b'\n', before).count() as u64;
        self.list = Some(LastList {
            offset,
            line: first + breaks,
            documents: list.documents,
        });
        // Of a long text behind the list, nothing that was passed is at hand.
        let behind = usize::try_from(list.end).unwrap_or(usize::MAX);
        let inside = text.get(..start.saturating_add(behind)).unwrap_or(text);
        let near = inside.len().saturating_sub(super::PRINTED);
        let near = inside.get(near..).unwrap_or_default().to_vec();
        let stable = self.buffer.stable(offset.saturating_add(list.end));
        let text = match stable.text.len() < near.len() {
            true => near,
            false => stable.text,
        };
        self.ends.closed = Some(Stable {
            text,
            closed: true,
            ..stable
        });
    }
}
