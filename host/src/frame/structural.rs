//! Follows values that span lines, and lines too long to be one document.

use std::collections::VecDeque;
use std::io::Read;

use super::buffer::Buffer;
use super::scanner::{Event, Scanner, is_whole_container};
use super::{Refused, Sizes};

/// Where finished documents go.
pub(super) struct Sink<'a> {
    pub(super) documents: &'a mut Vec<u8>,
    pub(super) lines: &'a mut Vec<u64>,
    pub(super) refused: &'a mut VecDeque<Refused>,
    pub(super) sizes: Sizes,
}

/// How to go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    Again,
    Lines,
    SkipLine,
}

/// The state of following brackets.
#[derive(Debug)]
pub(super) struct Structural {
    scanner: Scanner,
    /// The document that is open, from its first byte.
    pending: Vec<u8>,
    /// Line on which it starts.
    pending_line: u64,
    /// Line on which the outermost value starts.
    value_line: u64,
    /// The open document is too long, was refused, and is passed over.
    skipping: bool,
    /// Behind the array of an envelope: nothing here is a document.
    trailer: bool,
    /// The value must end on the line on which it starts.
    one_line: bool,
}

impl Structural {
    pub(super) fn new(one_line: bool) -> Self {
        Self {
            scanner: Scanner::new(one_line),
            pending: Vec::new(),
            pending_line: 0,
            value_line: 0,
            skipping: false,
            trailer: false,
            one_line,
        }
    }

    /// Follows the input to the next point of interest.
    pub(super) fn step<R: Read>(&mut self, buffer: &mut Buffer<R>, sink: &mut Sink<'_>) -> Next {
        if buffer.rest().is_empty() {
            if !buffer.ended {
                buffer.fill();
                return Next::Again;
            }
            return self.end(buffer, sink);
        }
        let (consumed, event) = self.scanner.run(buffer.rest());
        // At an end the scanner has already left the value.
        let inside = self.scanner.begun() || event == Event::End;
        let (from, to) = buffer.take(consumed);
        if inside && !self.trailer && !self.skipping && event != Event::Begin {
            self.pending.extend_from_slice(buffer.stretch(from, to));
            if self.pending.len() > sink.sizes.record {
                self.refuse_long(sink);
            }
        }
        match event {
            Event::More => Next::Again,
            Event::Begin => {
                self.begin(buffer);
                Next::Again
            }
            Event::End => {
                self.finish(sink);
                Next::Again
            }
            Event::Records => {
                if !self.skipping {
                    self.pending.clear();
                    self.trailer = false;
                    self.scanner.watch_inside();
                }
                Next::Again
            }
            Event::Close => {
                let envelope = !self.scanner.at_rest();
                self.scanner.watch_whole(envelope);
                self.trailer = envelope;
                Next::Again
            }
            Event::Newline => self.line_end(buffer, sink),
            Event::Error(reason) => self.fail(reason, buffer, sink),
        }
    }

    fn begin<R: Read>(&mut self, buffer: &mut Buffer<R>) {
        self.pending.clear();
        self.pending_line = buffer.line;
        self.skipping = false;
        if self.scanner.at_rest() {
            self.value_line = buffer.line;
            if buffer.rest().first() == Some(&b'[') {
                buffer.take(1);
                self.scanner.open_array();
            }
        }
    }

    /// A value at the watched depth is whole.
    fn finish(&mut self, sink: &mut Sink<'_>) {
        if !self.skipping && !self.trailer {
            let from = sink.documents.len();
            sink.documents.extend_from_slice(&self.pending);
            // Line breaks inside are between tokens: strings hold none.
            for byte in sink.documents.get_mut(from..).unwrap_or_default() {
                if matches!(byte, b'\n' | b'\r') {
                    *byte = b' ';
                }
            }
            sink.documents.push(b'\n');
            sink.lines.push(self.pending_line);
        }
        self.pending.clear();
        self.skipping = false;
        self.trailer = false;
    }

    fn refuse_long(&mut self, sink: &mut Sink<'_>) {
        let refused = sink.sizes.too_long(self.pending_line, &self.pending);
        sink.refused.push_back(refused);
        self.pending = Vec::new();
        self.skipping = true;
    }

    /// The line ends, and lines are bounds.
    fn line_end<R: Read>(&mut self, buffer: &mut Buffer<R>, sink: &mut Sink<'_>) -> Next {
        if self.scanner.at_rest() {
            return Next::SkipLine;
        }
        self.fail("the line ends inside a JSON value", buffer, sink)
    }

    /// The input is at its end.
    fn end<R: Read>(&mut self, buffer: &mut Buffer<R>, sink: &mut Sink<'_>) -> Next {
        if self.scanner.finish() == Event::End {
            self.finish(sink);
        }
        if self.scanner.at_rest() {
            return Next::Lines;
        }
        self.fail("the input ends inside a JSON value", buffer, sink)
    }

    /// The input is no JSON at its next byte: one document is refused, and the
    /// lines behind its first are read one by one.
    fn fail<R: Read>(
        &mut self,
        reason: &'static str,
        buffer: &mut Buffer<R>,
        sink: &mut Sink<'_>,
    ) -> Next {
        let clean = self.scanner.clean() && !self.scanner.in_text();
        let here = if clean { Next::Lines } else { Next::SkipLine };
        let at = buffer.line;
        if self.skipping {
            return if self.one_line { Next::SkipLine } else { here };
        }
        if self.scanner.at_rest() && !self.scanner.begun() {
            // Not inside a value: the line itself is the bad document.
            if clean && !self.one_line {
                return Next::Lines;
            }
            let reason = format!("not JSON: text after the end of the value ({reason})");
            sink.refused.push_back(Refused::new(at, reason, b""));
            return Next::SkipLine;
        }
        let reason = if self.one_line {
            format!("not JSON: {reason}")
        } else {
            format!("not JSON: {reason} (line {at})")
        };
        if self.trailer || !self.scanner.begun() {
            // Between the elements of an array, or behind it.
            sink.refused
                .push_back(Refused::new(self.value_line, reason, b""));
            return if self.one_line { Next::SkipLine } else { here };
        }
        sink.refused
            .push_back(Refused::new(self.pending_line, reason, &self.pending));
        if self.one_line {
            return Next::SkipLine;
        }
        self.replay(here, buffer)
    }

    /// Puts the lines behind the failed document's first back to be read as
    /// lines, from the first that is a whole document. Lines before that are part
    /// of the failed one.
    fn replay<R: Read>(&mut self, here: Next, buffer: &mut Buffer<R>) -> Next {
        let pending = std::mem::take(&mut self.pending);
        let mut line = self.pending_line;
        let mut at = 0;
        while let Some(rest) = pending.get(at..).filter(|rest| !rest.is_empty()) {
            let length = memchr::memchr(b'\n', rest).map_or(rest.len(), |end| end + 1);
            let text = rest.get(..length).unwrap_or(rest);
            if line > self.pending_line && is_whole_container(text) {
                buffer.put_back(rest, line);
                return Next::Lines;
            }
            line += 1;
            at += length;
        }
        here
    }
}
