//! Finds where JSON values begin and end, without reading what is in them.
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
    /// The array of an envelope's `records` has been opened.
    Records,
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
    /// The last key at depth one, as far as it could be `records`.
    key: Vec<u8>,
    /// Values at this depth are reported.
    floor: usize,
    /// Inside a value at the watched depth.
    begun: bool,
    /// No token yet on this line.
    clean: bool,
    /// Line breaks are reported.
    line_bound: bool,
}

const ENVELOPE: &[u8] = b"records";

impl Scanner {
    pub(super) fn new(line_bound: bool) -> Self {
        Self {
            stack: Vec::new(),
            lex: Lex::Between,
            expect: Expect::Value,
            in_key: false,
            key: Vec::new(),
            floor: 0,
            begun: false,
            clean: true,
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

    /// Whether no token stands before the next byte on its line.
    pub(super) fn clean(&self) -> bool {
        self.clean
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
                    match memchr::memchr3(b'"', b'\\', b'\n', rest) {
                        None => {
                            self.note_key(rest);
                            return (bytes.len(), Event::More);
                        }
                        Some(length) => {
                            self.note_key(rest.get(..length).unwrap_or_default());
                            at += length;
                            match rest.get(length) {
                                Some(b'\n') => Event::Error("a line ends inside a string"),
                                Some(b'\\') => {
                                    self.note_key(b"\\");
                                    at += 1;
                                    self.lex = Lex::Escape;
                                    Event::More
                                }
                                _ => {
                                    at += 1;
                                    self.text_done()
                                }
                            }
                        }
                    }
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

    /// One token's first byte, or the space between two.
    fn token(&mut self, byte: u8) -> (usize, Event) {
        match byte {
            b' ' | b'\t' | b'\r' => return (1, Event::More),
            b'\n' if self.line_bound => return (0, Event::Newline),
            b'\n' => {
                self.clean = true;
                return (1, Event::More);
            }
            _ => {}
        }
        let value = matches!(self.expect, Expect::Value | Expect::ValueOrEnd);
        if value && !self.begun && self.stack.len() == self.floor && (begins(byte)) {
            self.begun = true;
            return (0, Event::Begin);
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
                self.key.clear();
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

    fn open(&mut self, byte: u8) -> (usize, Event) {
        if self.stack.len() >= MAX_DEPTH {
            return (0, Event::Error("nested deeper than 65536 levels"));
        }
        let records = byte == b'['
            && self.floor == 0
            && self.stack.as_slice() == b"{"
            && self.key == ENVELOPE;
        self.clean = false;
        self.stack.push(byte);
        if byte == b'{' {
            self.expect = Expect::KeyOrEnd;
        } else {
            self.expect = Expect::ValueOrEnd;
        }
        (1, if records { Event::Records } else { Event::More })
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

    /// Keeps as much of a key at depth one as tells it from `records`.
    fn note_key(&mut self, bytes: &[u8]) {
        if self.in_key && self.stack.len() == 1 {
            let room = (ENVELOPE.len() + 1).saturating_sub(self.key.len());
            self.key.extend(bytes.iter().take(room));
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

/// Whether a byte can begin a value.
fn begins(byte: u8) -> bool {
    matches!(byte, b'{' | b'[' | b'"') || word(byte)
}

/// Whether a byte can be part of a number, `true`, `false` or `null`.
fn word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.')
}

/// Whether a line holds one object or array, whole, and nothing else.
pub(super) fn is_whole_container(line: &[u8]) -> bool {
    let line = line.trim_ascii();
    if !matches!(line.first(), Some(b'{' | b'[')) {
        return false;
    }
    let mut scanner = Scanner::new(true);
    loop_to_end(&mut scanner, line) && scanner.at_rest()
}

/// Whether a line opens brackets that it does not close, and ends between two
/// tokens: the look of a value that spans several lines.
pub(super) fn opens_value(line: &[u8]) -> bool {
    let line = line.trim_ascii();
    if !matches!(line.first(), Some(b'{' | b'[')) {
        return false;
    }
    let mut scanner = Scanner::new(true);
    loop_to_end(&mut scanner, line) && !scanner.at_rest() && !scanner.in_text()
}

/// Scans all of a line's bytes as one value; false when that fails.
fn loop_to_end(scanner: &mut Scanner, line: &[u8]) -> bool {
    let mut at = 0;
    while let Some(rest) = line.get(at..).filter(|rest| !rest.is_empty()) {
        let (consumed, event) = scanner.run(rest);
        at += consumed;
        match event {
            Event::Error(_) | Event::Newline => return false,
            // Something after the end of the value.
            Event::End => return at == line.len(),
            _ => {}
        }
    }
    true
}
