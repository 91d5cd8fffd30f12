//! Structural reading: values that span lines, and lines too long to be one document.
//!
//! A value that is broken is refused, and the next one is looked for by how those before it
//! begin (`look.rs`): from its own second byte on, since a quote or a bracket that lacks lets
//! it reach into its neighbours. Going back costs reading again, so what is read again is
//! bounded by what was read.

mod broken;

use std::collections::VecDeque;
use std::io::Read;

use super::buffer::Buffer;
use super::list::{List, Table};
use super::look::Look;
use super::lost::Lost;
use super::scanner::{Event, Scanner};
use super::stable::Ends;
use super::{Refused, Sizes};

/// Longest text before a table's rows that is put before each of them.
const COLUMNS: usize = 64 << 10;
/// Times what was read, and bytes beside that, that rows may have with their columns before each.
const TIMES: usize = 64;
const BESIDE: usize = 1 << 20;
/// Text around one of several tables, and around one from its columns on, that makes it a value.
const TABLES: &[u8] = b"{\"tables\":[";
const TABLE: &[u8] = b"{\"tables\":[{\"columns\":";
/// Whole values of which it is looked whether they are lists.
const LOOKED: usize = 8;
/// Reason for a value that more input may still complete.
const CUT: &str = "the input ends inside a JSON value";

/// Where finished documents go.
pub(super) struct Sink<'a> {
    pub(super) documents: &'a mut Vec<u8>,
    pub(super) lines: &'a mut Vec<u64>,
    pub(super) refused: &'a mut VecDeque<Refused>,
    pub(super) sizes: Sizes,
    /// Whether a value that the input's end cuts is left for another reading.
    pub(super) leaves: bool,
    /// Where the last of them ends in the text.
    pub(super) ends: &'a mut Ends,
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
    /// How values begin, and how the elements of their arrays do.
    values: Look,
    elements: Look,
    /// The broken value whose end is looked for.
    lost: Option<Lost>,
    /// Whether nothing is wrong with it but that the input ends.
    cut: bool,
    /// The line on which a value that was left starts.
    left: Option<u64>,
    /// A text among an array's elements, until it is known to be no key.
    held: Option<(Vec<u8>, u64)>,
    /// Whether a value outside of all was found to span lines.
    spans: bool,
    /// Whether something was refused.
    lossy: bool,
    /// State of the lists of the outermost values.
    lists: Lists,
    /// The table whose rows were opened last in the value outside of all.
    table: Option<Table>,
    /// Text that makes a value of the text from a later table on.
    head: &'static [u8],
    /// Whether rows of the value outside of all were not opened: it is handed out as it is.
    whole: bool,
    /// Bytes of the longest whole value and element.
    longest: Longest,
    /// Bytes taken, and those of them that were put back.
    taken: usize,
    again: usize,
    /// Bytes of documents that rows of tables were made.
    made: usize,
}

/// Whether values outside of all are what stands around a list.
#[derive(Debug, Default)]
struct Lists {
    /// Values that were looked at.
    seen: usize,
    /// One of them was none.
    plain: bool,
}

/// Bytes.
#[derive(Debug, Default)]
struct Longest {
    value: usize,
    element: usize,
}

/// The documents of a line.
pub(super) struct Listed {
    pub(super) documents: u64,
    /// Byte of the line behind the last of them.
    pub(super) end: u64,
}

/// Contents of a line that is a list: an array, or an envelope around one.
pub(super) fn in_list(line: &[u8], sizes: Sizes) -> Option<Listed> {
    if !matches!(line.first(), Some(b'{' | b'[')) {
        return None;
    }
    let (mut documents, mut lines, mut refused) = (Vec::new(), Vec::new(), VecDeque::new());
    let mut ends = Ends::default();
    let mut buffer = Buffer::new(line, line.len(), true, 0, 1);
    let mut structural = Structural::new(true);
    let mut same = false;
    loop {
        let mut sink = Sink {
            documents: &mut documents,
            lines: &mut lines,
            refused: &mut refused,
            sizes,
            leaves: false,
            ends: &mut ends,
        };
        let next = structural.step(&mut buffer, &mut sink);
        same |= documents.trim_ascii_end() == line;
        // Rows with their columns may be many times the line.
        documents.clear();
        if next != Next::Again || !refused.is_empty() {
            break;
        }
    }
    let list = refused.is_empty() && !same;
    let count = lines.len() as u64;
    (list && count > 0).then_some(Listed {
        documents: count,
        end: ends.document,
    })
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
            values: Look::default(),
            elements: Look::default(),
            lost: None,
            cut: false,
            left: None,
            held: None,
            spans: false,
            lossy: false,
            lists: Lists::default(),
            table: None,
            head: b"",
            whole: false,
            longest: Longest::default(),
            taken: 0,
            again: 0,
            made: 0,
        }
    }

    /// Bytes of byte order marks and NULs between values, since this was asked last.
    pub(super) fn passed(&mut self) -> u64 {
        self.scanner.passed()
    }

    /// The line on which a value starts that was left at the end, if one was.
    pub(super) fn left(&self) -> Option<u64> {
        self.left
    }

    /// Follows the input to the next point of interest.
    pub(super) fn step<R: Read>(&mut self, buffer: &mut Buffer<R>, sink: &mut Sink<'_>) -> Next {
        if self.lost.is_some() {
            return self.look(buffer, sink);
        }
        if buffer.buffer().is_empty() {
            if !buffer.ended {
                buffer.fill();
                return Next::Again;
            }
            return self.end(buffer, sink);
        }
        let Some(event) = self.scan(buffer, sink) else {
            return Next::Again;
        };
        self.release(event, sink);
        match event {
            Event::More => Next::Again,
            Event::Begin => {
                self.begin(buffer);
                Next::Again
            }
            Event::End if self.is_many() => self.fail("`]` is wanted in here", buffer, sink),
            Event::End => {
                if !self.skipping && !self.trailer {
                    sink.ends.end(buffer.offset());
                }
                self.finish(sink);
                Next::Again
            }
            Event::Records => {
                if !self.skipping {
                    self.open();
                }
                Next::Again
            }
            Event::Table => {
                self.later_table(buffer.line);
                Next::Again
            }
            Event::Rows => {
                self.rows();
                Next::Again
            }
            Event::Close => {
                let envelope = !self.scanner.at_rest();
                self.scanner.watch_whole(envelope);
                self.trailer = envelope;
                sink.ends.close(buffer);
                Next::Again
            }
            Event::Newline if self.scanner.at_rest() => Next::SkipLine,
            Event::Newline => self.fail("the line ends inside a JSON value", buffer, sink),
            Event::Error(reason) => self.fail(reason, buffer, sink),
        }
    }

    /// Scans on, and keeps what is the open document's. Gives why it stopped; nothing where that
    /// document was too long, and is looked into from its start.
    fn scan<R: Read>(&mut self, buffer: &mut Buffer<R>, sink: &mut Sink<'_>) -> Option<Event> {
        let keeps = self.scanner.begun() && !self.trailer && !self.skipping;
        // Of a document, one byte more than it may have: what is done with one that is too long
        // follows from these bytes, and not from how many more are there.
        let most = match keeps {
            true => self.room(sink.sizes.record),
            false => usize::MAX,
        };
        let rest = buffer.buffer();
        let (consumed, event) = self.scanner.run(rest.get(..most).unwrap_or(rest));
        let (from, to) = buffer.consume(consumed);
        self.taken += consumed;
        if keeps {
            self.pending.extend_from_slice(buffer.slice(from, to));
            if self.room(sink.sizes.record) == 0 && self.is_too_long(buffer, sink) {
                return None;
            }
        }
        Some(event)
    }

    /// Bytes that the open document needs to be longer than `record`.
    fn room(&self, record: usize) -> usize {
        let most = record.saturating_add(1);
        most.saturating_sub(self.pending.len())
    }

    fn begin<R: Read>(&mut self, buffer: &mut Buffer<R>) {
        self.pending.clear();
        self.pending_line = buffer.line;
        self.skipping = false;
        let bracket = buffer.buffer().first().copied().unwrap_or_default();
        let indent = self.scanner.indent();
        if self.scanner.is_inside() {
            return self.elements.begin(bracket, indent);
        }
        self.value_line = buffer.line;
        (self.table, self.head, self.whole) = (None, b"", false);
        self.values.begin(bracket, indent);
        if bracket == b'[' {
            buffer.consume(1);
            self.taken += 1;
            self.elements.elsewhere();
            self.scanner.open_array();
        }
    }

    /// A table begins behind one whose rows were opened: it is followed from here.
    fn later_table(&mut self, line: u64) {
        if self.table.is_some() && !self.whole && !self.skipping {
            self.pending = vec![b'{'];
            self.pending_line = line;
            self.head = TABLES;
            self.trailer = false;
        }
    }

    /// The rows of a table begin: each is a document, together with the columns before them.
    fn rows(&mut self) {
        if self.trailer || self.skipping || self.whole {
            return;
        }
        self.whole = true;
        if self.pending.len() <= COLUMNS
            && let Some(table) = Table::new(self.head, &self.pending, &self.scanner)
        {
            self.whole = false;
            self.table = Some(table);
            self.open();
            self.elements.arrays();
        }
    }

    /// The elements of the array that was opened are documents.
    fn open(&mut self) {
        self.values.learn(&self.pending);
        self.pending.clear();
        self.trailer = false;
        self.elements.elsewhere();
        self.scanner.watch_inside();
    }

    /// Whether what has ended are several rows of a table, of which the first lacks its bracket.
    fn is_many(&self) -> bool {
        let table = self.table.as_ref().filter(|_| self.scanner.is_inside());
        table.is_some_and(|table| !self.skipping && table.is_many(&self.pending))
    }

    /// A value at the watched depth is whole.
    fn finish(&mut self, sink: &mut Sink<'_>) {
        if !self.skipping && !self.trailer {
            let inside = self.scanner.is_inside();
            self.learn(inside);
            // Behind a table, other tables without rows are none.
            let nothing = !inside && self.table.is_some() && !self.whole;
            if inside && self.pending.first() == Some(&b'"') {
                self.held = Some((std::mem::take(&mut self.pending), self.pending_line));
            } else if !nothing {
                let text = std::mem::take(&mut self.pending);
                self.hand_out(&text, self.pending_line, sink);
                self.pending = text;
            }
        }
        self.pending.clear();
        self.skipping = false;
        self.trailer = false;
    }

    /// Takes note of what the whole value is like.
    fn learn(&mut self, inside: bool) {
        let length = self.pending.len();
        if inside {
            self.elements.learn(&self.pending);
            self.longest.element = self.longest.element.max(length);
            return;
        }
        self.values.learn(&self.pending);
        self.longest.value = self.longest.value.max(length);
        self.spans |= memchr::memchr(b'\n', &self.pending).is_some();
        if !self.lists.plain && self.lists.seen < LOOKED && !self.whole {
            self.lists.seen += 1;
            let list = List::of(&self.pending);
            self.lists.plain = list.is_none_or(|list| list.is_small_in(&self.pending));
        }
    }

    /// Makes a text one line of the batch; a row that is none of its table is refused.
    fn hand_out(&mut self, text: &[u8], line: u64, sink: &mut Sink<'_>) {
        let from = sink.documents.len();
        match &self.table {
            Some(table) if self.scanner.is_inside() => {
                let once = self.taken.saturating_sub(self.again);
                let wide = self.made > once.saturating_mul(TIMES).saturating_add(BESIDE);
                if let Some(reason) = table.refuses(text).or_else(|| wide.then(too_wide)) {
                    sink.refused.push_back(Refused::new(line, reason, text));
                    return;
                }
                table.add(text, sink.documents);
                self.made += sink.documents.len() - from;
            }
            _ => {
                sink.documents.extend_from_slice(self.head);
                sink.documents.extend_from_slice(text);
            }
        }
        // Line breaks inside are between tokens: strings hold none.
        for byte in sink.documents.get_mut(from..).unwrap_or_default() {
            if matches!(byte, b'\n' | b'\r') {
                *byte = b' ';
            }
        }
        sink.documents.push(b'\n');
        sink.lines.push(line);
    }

    /// Hands out a text that was held, unless it belongs to something broken.
    fn release(&mut self, event: Event, sink: &mut Sink<'_>) {
        if !matches!(event, Event::More | Event::Error(_))
            && let Some((text, line)) = self.held.take()
        {
            self.hand_out(&text, line, sink);
        }
    }

    /// The input is at its end.
    fn end<R: Read>(&mut self, buffer: &mut Buffer<R>, sink: &mut Sink<'_>) -> Next {
        self.release(Event::Close, sink);
        if self.scanner.finish() == Event::End {
            self.finish(sink);
        }
        if self.scanner.at_rest() {
            return Next::Lines;
        }
        self.fail(CUT, buffer, sink)
    }
}

/// Why a row is refused that its table could have.
fn too_wide() -> String {
    format!(
        "a table's row: with the columns before each, the rows are more than {TIMES} times \
         what was read"
    )
}
