//! Recovery from a value that is broken or too long.

use std::io::Read;

use super::{CUT, Next, Sink, Structural, TABLE};
use crate::frame::buffer::Buffer;
use crate::frame::line::is_whole_container;
use crate::frame::list::List;
use crate::frame::lost::{Found, Looks, Lost, Seen};

/// Times that bytes may be read again.
const AGAIN: usize = 2;

impl Structural {
    /// The open document is a byte longer than one may be: whether it is broken, so that the
    /// next one was taken for a part of it. Else it is refused and passed over.
    pub(super) fn is_too_long<R: Read>(
        &mut self,
        buffer: &mut Buffer<R>,
        sink: &mut Sink<'_>,
    ) -> bool {
        if self.enter(buffer) {
            return true;
        }
        let refused = sink.sizes.too_long(self.pending_line, &self.pending);
        let mut lost = Lost::new(self.pending_line, refused.reason.clone());
        let (_, found) = lost.look(&self.pending, &self.looks(true));
        if matches!(found, Seen::Next(..)) && self.has_room(self.pending.len()) {
            self.go_back(refused.reason, buffer);
            return true;
        }
        sink.refused.push_back(refused);
        self.pending = Vec::new();
        self.skipping = true;
        false
    }

    /// The input is no JSON at its next byte: what is open is refused, and the next value is
    /// looked for.
    pub(super) fn fail<R: Read>(
        &mut self,
        reason: &'static str,
        buffer: &mut Buffer<R>,
        sink: &mut Sink<'_>,
    ) -> Next {
        self.cut = reason == CUT;
        let line = buffer.line;
        let ended = buffer.ended && buffer.buffer().is_empty();
        let indent = self.scanner.indent();
        if self.skipping {
            let lost = Lost::new(line, String::new()).behind(b"", indent);
            self.lost = Some(lost.said());
            return Next::Again;
        }
        let place = match self.one_line {
            true => String::new(),
            false => format!(" (line {line})"),
        };
        let many = self.is_many();
        if !many && (self.trailer || !self.scanner.begun()) {
            let (first, record) = match self.held.take() {
                Some((text, line)) => (line, text),
                None if ended => (self.value_line, Vec::new()),
                None => (line, Vec::new()),
            };
            let reason = match self.scanner.at_rest() && self.value_line > 0 {
                true => format!("not JSON: text after the end of the value ({reason})"),
                false => format!("not JSON: {reason}{place}"),
            };
            self.lost = Some(Lost::new(first, reason).behind(&record, indent));
            return self.look(buffer, sink);
        }
        if self.enter(buffer) {
            return Next::Again;
        }
        let reason = format!("not JSON: {reason}{place}");
        if self.has_room(self.pending.len()) {
            self.go_back(reason, buffer);
        } else {
            let lost = Lost::new(self.pending_line, reason);
            self.lost = Some(lost.behind(&self.pending, indent));
            self.pending.clear();
        }
        Next::Again
    }

    /// Whether so many bytes may be read once more.
    fn has_room(&self, bytes: usize) -> bool {
        let once = self.taken.saturating_sub(self.again);
        self.again + bytes <= AGAIN * once
    }

    /// Looks for the next value from the second byte of the one that is open.
    fn go_back<R: Read>(&mut self, reason: String, buffer: &mut Buffer<R>) {
        let pending = std::mem::take(&mut self.pending);
        match self.scanner.is_inside() {
            true => self.elements.learn(&pending),
            false => self.values.learn(&pending),
        }
        self.again += pending.len();
        buffer.put_back(&pending, self.pending_line);
        self.lost = Some(Lost::new(self.pending_line, reason).knowing(pending.len()));
    }

    /// Goes into the list of the value that is open, and reads it element by element.
    fn enter<R: Read>(&mut self, buffer: &mut Buffer<R>) -> bool {
        let fits = !self.scanner.is_inside() && self.table.is_none() && !self.lists.plain;
        if !fits || !self.has_room(self.pending.len()) {
            return false;
        }
        let text = self.pending.as_slice();
        let Some(list) = List::of(text).filter(|list| !list.is_small_in(text)) else {
            return false;
        };
        self.again += text.len();
        self.taken += list.behind;
        buffer.put_back(&self.pending, self.pending_line);
        buffer.consume(list.behind);
        self.pending.truncate(list.behind);
        self.scanner.enter(&list.brackets);
        self.open();
        true
    }

    /// Whether what follows may be an element of an array.
    fn has_elements(&self) -> bool {
        self.scanner.is_inside() || self.lossy || self.trailer
    }

    fn looks(&self, ended: bool) -> Looks<'_> {
        let list = !self.scanner.is_inside() && !self.lists.plain;
        Looks {
            value: &self.values,
            // An array's end may have been that of another one in what is broken.
            element: self.has_elements().then_some(&self.elements),
            table: self.table.is_some() || list || self.scanner.is_inside_tables(),
            list,
            one_line: self.one_line,
            ended,
        }
    }

    /// Looks for the end of what is broken.
    pub(super) fn look<R: Read>(&mut self, buffer: &mut Buffer<R>, sink: &mut Sink<'_>) -> Next {
        let Some(mut lost) = self.lost.take() else {
            return Next::Again;
        };
        let (length, seen) = lost.look(buffer.buffer(), &self.looks(buffer.ended));
        buffer.consume(length);
        self.taken += length;
        let (found, indent) = match seen {
            Seen::Next(found, indent) => (found, indent),
            Seen::Line => {
                self.refuse(lost, buffer.line, None, sink);
                return Next::SkipLine;
            }
            Seen::All if buffer.ended && self.cut && sink.leaves => {
                self.left = lost.line();
                return Next::Lines;
            }
            Seen::All if buffer.ended => {
                self.refuse(lost, buffer.line, None, sink);
                return Next::Lines;
            }
            Seen::All | Seen::Unsure => {
                self.lost = Some(lost);
                buffer.fill();
                return Next::Again;
            }
        };
        let lines = found == Found::Value && indent.is_some() && !self.one_line && !self.spans;
        if lines && !buffer.has_line(sink.sizes.record) {
            // Whether the line is whole needs more of it.
            self.lost = Some(lost);
            buffer.fill();
            return Next::Again;
        }
        self.refuse(lost, buffer.line, Some(found), sink);
        // Looked at only where a line begins: else a long one would be, at each refusal.
        let whole = |line: &[u8]| line.len() <= sink.sizes.record && is_whole_container(line);
        if lines && whole(buffer.line_in_front()) {
            return Next::Lines;
        }
        self.go_on(found, buffer);
        self.scanner.set_indent(indent);
        self.trailer = false;
        self.skipping = false;
        Next::Again
    }

    /// Goes on where the next value begins.
    fn go_on<R: Read>(&mut self, found: Found, buffer: &mut Buffer<R>) {
        if found != Found::Element {
            self.elements.elsewhere();
        }
        match (&self.table, found) {
            (_, Found::List) => {
                buffer.consume(1);
                self.taken += 1;
                self.scanner.enter(b"{[");
            }
            (_, Found::Columns) => {
                self.scanner.enter_table();
                self.pending.clear();
                self.pending_line = buffer.line;
                self.head = TABLE;
            }
            // The supposed end of its rows was none.
            (Some(table), Found::Element) => self.scanner.enter(&table.brackets),
            _ => {
                let inside = found == Found::Element && self.scanner.is_inside();
                self.scanner.go_on(inside);
            }
        }
    }

    /// Refuses what is broken, unless it only closes what was broken before it.
    fn refuse(&mut self, lost: Lost, line: u64, found: Option<Found>, sink: &mut Sink<'_>) {
        let rest = self.lossy && !self.scanner.is_inside() && lost.is_closing();
        let whole = match self.scanner.is_inside() {
            true => self.longest.element,
            false => self.longest.value,
        };
        let refused = lost.refuse(line, found.is_some(), sink.sizes.record, whole);
        sink.refused.extend(refused.filter(|_| !rest));
        self.cut = false;
        self.lossy = true;
    }
}
