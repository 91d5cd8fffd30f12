//! Scanner for the beginnings and ends of JSON values, without parsing them.
//!
//! Strings, brackets, commas and colons are followed exactly, in any cut of the
//! input; numbers and words are only checked for their characters. What comes
//! out whole is still the detector's to judge.

/// Deepest nesting that is followed.
const MAX_DEPTH: usize = 1 << 16;

/// Why the scanner stopped where it stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Event {
    /// All bytes are consumed.
    More,
    /// A value at the watched depth begins at the next byte.
    Begin,
    /// A value at the watched depth has ended.
    End,
    /// The container around the watched depth has ended.
    Close,
    /// The array of an envelope's records has been opened.
    Records,
    /// One of several tables has been opened.
    Table,
    /// The rows of a table have been opened.
    Rows,
    /// A line break between tokens is the next byte, and lines are bounds.
    Newline,
    /// The next byte cannot stand there: why.
    Error(&'static str),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lex {
    Between,
    Text,
    Escape,
    Word,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Expect {
    Value,
    ValueOrEnd,
    Key,
    KeyOrEnd,
    Colon,
    CommaOrEnd,
}

/// The scanner's state between two pieces of input.
#[derive(Debug)]
pub(super) struct Scanner {
    /// Open brackets, outermost first.
    stack: Vec<u8>,
    lex: Lex,
    expect: Expect,
    /// Inside a string: whether it is a key.
    in_key: bool,
    /// The last key of each of the outermost objects, as far as it could be one of an envelope's.
    keys: Vec<Vec<u8>>,
    /// Values at this depth are reported.
    floor: usize,
    /// Inside a value at the watched depth.
    begun: bool,
    /// No token yet on this line, but for commas between values.
    clean: bool,
    /// Bytes before the first token of this line.
    indent: usize,
    /// Byte order marks and NULs between values that were passed over.
    passed: u64,
    /// Whether an envelope's records have been opened.
    listed: bool,
    /// Line breaks are reported.
    line_bound: bool,
}

/// Objects whose keys are looked at, and bytes of a key that are.
const KEYS: usize = 4;
const LONGEST_KEY: usize = 8;

impl Scanner {
    pub(super) fn new(line_bound: bool) -> Self {
        Self {
            stack: Vec::new(),
            lex: Lex::Between,
            expect: Expect::Value,
            in_key: false,
            keys: Vec::new(),
            floor: 0,
            begun: false,
            clean: true,
            indent: 0,
            passed: 0,
            listed: false,
            line_bound,
        }
    }

    /// Watches the values right inside the innermost container from now on.
    pub(super) fn watch_inside(&mut self) {
        self.floor = self.stack.len();
        self.begun = false;
    }

    /// Watches whole values again. `inside` tells whether one is still open.
    pub(super) fn watch_whole(&mut self, inside: bool) {
        self.floor = 0;
        self.begun = inside;
    }

    /// Goes on at the beginning of a line or value: inside the watched container, or outside of
    /// all.
    pub(super) fn go_on(&mut self, inside: bool) {
        self.stack.truncate(if inside { self.floor } else { 0 });
        self.floor = self.stack.len();
        self.lex = Lex::Between;
        self.expect = Expect::Value;
        self.begun = false;
    }

    /// Goes on right behind the last of these brackets, and watches what is inside it.
    pub(super) fn enter(&mut self, brackets: &[u8]) {
        self.stack = brackets.to_vec();
        self.lex = Lex::Between;
        self.expect = Expect::ValueOrEnd;
        self.clean = false;
        self.watch_inside();
    }

    /// Goes on inside one of several tables, where the value of one of its keys begins.
    pub(super) fn enter_table(&mut self) {
        self.enter(b"{[{");
        self.keys = vec![b"tables".to_vec()];
        self.expect = Expect::Value;
        self.watch_whole(true);
    }

    /// The brackets that are open, outermost first.
    pub(super) fn open_brackets(&self) -> &[u8] {
        &self.stack
    }

    /// Where on its line the next byte stands: behind this many blanks, or behind something.
    pub(super) fn indent(&self) -> Option<usize> {
        self.clean.then_some(self.indent)
    }

    /// Says where on its line the next byte stands.
    pub(super) fn set_indent(&mut self, indent: Option<usize>) {
        self.clean = indent.is_some();
        self.indent = indent.unwrap_or(0);
    }

    /// Whether what is open is an array, or has been found to be an envelope.
    pub(super) fn is_list(&self) -> bool {
        self.stack.first() == Some(&b'[') || self.listed
    }

    /// Whether the watched values are those inside a container.
    pub(super) fn is_inside(&self) -> bool {
        self.floor > 0
    }

    /// Bytes of byte order marks and NULs that were passed over since this was asked last.
    pub(super) fn passed(&mut self) -> u64 {
        std::mem::take(&mut self.passed)
    }

    /// Whether nothing is open: the input may end here.
    pub(super) fn at_rest(&self) -> bool {
        self.stack.is_empty() && self.lex == Lex::Between
    }

    /// Whether the input so far ends inside a string.
    pub(super) fn in_text(&self) -> bool {
        matches!(self.lex, Lex::Text | Lex::Escape)
    }

    /// Whether a value at the watched depth is open.
    pub(super) fn begun(&self) -> bool {
        self.begun
    }

    /// Ends a word that the end of the input ends.
    pub(super) fn finish(&mut self) -> Event {
        if self.lex == Lex::Word && self.stack.is_empty() {
            self.lex = Lex::Between;
            return self.value_done();
        }
        Event::More
    }

    /// Opens the container that begins at the next byte, which was reported by
    /// [`Event::Begin`], and watches what is inside it.
    pub(super) fn open_array(&mut self) {
        self.stack.push(b'[');
        self.expect = Expect::ValueOrEnd;
        self.clean = false;
        self.watch_inside();
    }

    /// Scans on. Returns how many bytes are consumed, and why it stopped.
    pub(super) fn run(&mut self, bytes: &[u8]) -> (usize, Event) {
        let mut at = 0;
        while let Some(&byte) = bytes.get(at) {
            let event = match self.lex {
                Lex::Text => {
                    let rest = bytes.get(at..).unwrap_or_default();
                    let (consumed, event) = self.text(rest);
                    at += consumed;
                    event
                }
                Lex::Escape if byte == b'\n' => Event::Error("a line ends inside a string"),
                Lex::Escape => {
                    at += 1;
                    self.lex = Lex::Text;
                    Event::More
                }
                Lex::Word if word(byte) => {
                    at += 1;
                    Event::More
                }
                Lex::Word => {
                    self.lex = Lex::Between;
                    self.value_done()
                }
                Lex::Between => {
                    let (consumed, event) = self.token(byte);
                    at += consumed;
                    event
                }
            };
            if event != Event::More {
                return (at, event);
            }
        }
        (at, Event::More)
    }

    /// On inside a string. A NUL in one is what a crash left behind, and ends its record.
    fn text(&mut self, rest: &[u8]) -> (usize, Event) {
        let end = memchr::memchr3(b'"', b'\\', b'\n', rest);
        let text = rest.get(..end.unwrap_or(rest.len())).unwrap_or_default();
        if let Some(nul) = memchr::memchr(0, text) {
            self.note_key(text.get(..nul).unwrap_or_default());
            return (nul, Event::Error("a NUL in a string"));
        }
        self.note_key(text);
        let Some(end) = end else {
            return (rest.len(), Event::More);
        };
        match rest.get(end) {
            Some(b'\n') => (end, Event::Error("a line ends inside a string")),
            Some(b'\\') => {
                self.note_key(b"\\");
                self.lex = Lex::Escape;
                (end + 1, Event::More)
            }
            _ => (end + 1, self.text_done()),
        }
    }

    /// One token's first byte, or the space between two.
    fn token(&mut self, byte: u8) -> (usize, Event) {
        match byte {
            b' ' | b'\t' | b'\r' => {
                self.indent += 1;
                return (1, Event::More);
            }
            b'\n' if self.line_bound => return (0, Event::Newline),
            b'\n' => {
                self.clean = true;
                self.indent = 0;
                return (1, Event::More);
            }
            _ => {}
        }
        if !self.begun && self.stack.len() == self.floor {
            return self.between(byte);
        }
        let event = match (self.expect, byte) {
            (Expect::Value | Expect::ValueOrEnd, b'{' | b'[') => return self.open(byte),
            (Expect::Value | Expect::ValueOrEnd, b'"') => {
                self.lex = Lex::Text;
                self.in_key = false;
                Event::More
            }
            (Expect::Key | Expect::KeyOrEnd, b'"') => {
                self.lex = Lex::Text;
                self.in_key = true;
                self.forget_keys();
                Event::More
            }
            (Expect::Value | Expect::ValueOrEnd, byte) if word(byte) => {
                self.lex = Lex::Word;
                Event::More
            }
            (Expect::Colon, b':') => {
                self.expect = Expect::Value;
                Event::More
            }
            (Expect::CommaOrEnd, b',') => {
                self.expect = match self.stack.last() {
                    Some(b'{') => Expect::Key,
                    _ => Expect::Value,
                };
                Event::More
            }
            (Expect::CommaOrEnd | Expect::ValueOrEnd, b']') if self.stack.last() == Some(&b'[') => {
                self.close()
            }
            (Expect::CommaOrEnd | Expect::KeyOrEnd, b'}') if self.stack.last() == Some(&b'{') => {
                self.close()
            }
            _ => Event::Error(self.wanted()),
        };
        if matches!(event, Event::Error(_)) {
            return (0, event);
        }
        self.clean = false;
        (1, event)
    }

    /// One byte between the watched values. Commas may lack there, or be too many.
    fn between(&mut self, byte: u8) -> (usize, Event) {
        let wants = matches!(self.expect, Expect::Value | Expect::ValueOrEnd);
        match byte {
            b',' => {
                self.expect = Expect::Value;
                return (1, Event::More);
            }
            // Of a byte order mark no byte is another's.
            0 | 0xef | 0xbb | 0xbf => self.passed += 1,
            b']' if self.floor > 0 => {
                self.clean = false;
                return (1, self.close());
            }
            b'{' | b'[' => return (0, self.begin()),
            b'"' | b'-' | b'0'..=b'9' | b't' | b'f' | b'n' if wants => {
                return (0, self.begin());
            }
            _ => return (0, Event::Error(self.wanted())),
        }
        self.indent += 1;
        (1, Event::More)
    }

    fn begin(&mut self) -> Event {
        self.begun = true;
        self.expect = Expect::Value;
        Event::Begin
    }

    fn open(&mut self, byte: u8) -> (usize, Event) {
        if self.stack.len() >= MAX_DEPTH {
            return (0, Event::Error("nested deeper than 65536 levels"));
        }
        let event = match self.floor {
            0 => self.opened(byte),
            _ => Event::More,
        };
        self.listed |= matches!(event, Event::Records | Event::Rows);
        self.clean = false;
        self.stack.push(byte);
        if byte == b'{' {
            self.expect = Expect::KeyOrEnd;
        } else {
            self.expect = Expect::ValueOrEnd;
        }
        (1, event)
    }

    /// Kind of container that opens at a bracket inside a whole value.
    fn opened(&self, bracket: u8) -> Event {
        match (bracket, self.stack.as_slice()) {
            (b'[', b"{") if self.is_at(&[b"records"]) || self.is_at(&[b"value"]) => Event::Records,
            (b'[', b"{{") if self.is_at(&[b"hits", b"hits"]) => Event::Records,
            (b'{', b"{[") if self.is_tables() => Event::Table,
            (b'[', b"{[{") if self.is_tables() && self.is_rows(2) => Event::Rows,
            (b'[', b"{") if self.is_rows(0) => Event::Rows,
            _ => Event::More,
        }
    }

    /// Whether the watched values are tables.
    pub(super) fn is_inside_tables(&self) -> bool {
        self.floor == 2 && self.stack.starts_with(b"{[") && self.is_tables()
    }

    fn is_tables(&self) -> bool {
        self.is_at(&[b"tables"]) || self.is_at(&[b"Tables"])
    }

    /// Whether the key of the open object at that depth is one of a table's rows.
    fn is_rows(&self, depth: usize) -> bool {
        let key = self.keys.get(depth).map_or(&b""[..], Vec::as_slice);
        matches!(key, b"rows" | b"Rows")
    }

    /// Whether these are the keys of the open objects; of an array it is none.
    fn is_at(&self, keys: &[&[u8]]) -> bool {
        let mut wanted = keys.iter().zip(0..);
        wanted.all(|(key, at)| {
            let found = self.keys.get(at).map_or(&b""[..], Vec::as_slice);
            self.stack.get(at) == Some(&b'[') || found == *key
        })
    }

    fn close(&mut self) -> Event {
        self.stack.pop();
        if self.stack.len() < self.floor {
            self.after_value();
            return Event::Close;
        }
        self.value_done()
    }

    fn text_done(&mut self) -> Event {
        self.lex = Lex::Between;
        if self.in_key {
            self.expect = Expect::Colon;
            return Event::More;
        }
        self.value_done()
    }

    fn value_done(&mut self) -> Event {
        self.after_value();
        if self.stack.len() == self.floor {
            self.begun = false;
            return Event::End;
        }
        Event::More
    }

    fn after_value(&mut self) {
        self.expect = if self.stack.is_empty() {
            Expect::Value
        } else {
            Expect::CommaOrEnd
        };
    }

    /// A key begins: it takes the place of the one before it, and of those inside that.
    fn forget_keys(&mut self) {
        let depth = self.stack.len();
        if depth <= KEYS {
            self.keys.truncate(depth.saturating_sub(1));
            self.keys.resize(depth, Vec::new());
        }
    }

    /// Keeps as much of an outer key as tells it from an envelope's.
    fn note_key(&mut self, bytes: &[u8]) {
        let depth = self.stack.len();
        if self.in_key
            && depth <= KEYS
            && let Some(key) = depth.checked_sub(1).and_then(|at| self.keys.get_mut(at))
        {
            let room = LONGEST_KEY.saturating_sub(key.len());
            key.extend(bytes.iter().take(room));
        }
    }

    fn wanted(&self) -> &'static str {
        match self.expect {
            Expect::Value => "a JSON value is wanted here",
            Expect::ValueOrEnd => "a JSON value or `]` is wanted here",
            Expect::Key => "a key in quotes is wanted here",
            Expect::KeyOrEnd => "a key in quotes or `}` is wanted here",
            Expect::Colon => "`:` is wanted here",
            Expect::CommaOrEnd => match self.stack.last() {
                Some(b'{') => "`,` or `}` is wanted here",
                _ => "`,` or `]` is wanted here",
            },
        }
    }
}

/// Whether a byte can be part of a number, `true`, `false` or `null`.
fn word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.')
}
