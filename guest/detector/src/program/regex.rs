//! Regular expressions of the language, in their three dialects, by simulation of an automaton:
//! the time of a search is at most the product of the lengths of program and text, and all searches
//! of a replacement together are bounded.

mod parse;
mod program;

pub(crate) use program::SEARCHES;
pub use program::{Places, Regex};

/// A dialect of regular expressions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// Lucene's, of RLIKE: always of the whole text; double quotes, `@`, `#`, `&`, `~` and `<`
    /// have meanings of their own, `^` and `$` none.
    Lucene,
    /// Java's, of REPLACE.
    Java,
    /// Oniguruma's, of GROK: `^` and `$` are the ends of lines.
    Oniguruma,
}

/// All dialects, by their numbers in an encoded program.
const DIALECTS: [Dialect; 3] = [Dialect::Lucene, Dialect::Java, Dialect::Oniguruma];

impl Dialect {
    pub(super) fn number(self) -> usize {
        { DIALECTS.iter() }
            .position(|known| *known == self)
            .unwrap_or_default()
    }

    pub(super) fn numbered(number: usize) -> Option<Dialect> {
        DIALECTS.get(number).copied()
    }
}

/// A set of characters.
#[derive(Clone, Debug, Default, PartialEq)]
struct Class {
    ranges: Vec<(char, char)>,
    negated: bool,
    /// Whether ASCII letters stand for both cases.
    folded: bool,
}

impl Class {
    fn has(&self, character: char) -> bool {
        let within = |c: char| {
            self.ranges
                .iter()
                .any(|&(from, to)| (from..=to).contains(&c))
        };
        let mut found = within(character);
        if self.folded && !found {
            found =
                within(character.to_ascii_lowercase()) || within(character.to_ascii_uppercase());
        }
        found != self.negated
    }
}

/// A part of a regular expression.
#[derive(Clone, Debug, PartialEq)]
enum Piece {
    Empty,
    Class(Class),
    /// Any character but the ends of lines of the dialect.
    Dot,
    /// Any character.
    Any,
    Assert(Assertion),
    /// A group that captures, by its number.
    Group(usize, Box<Piece>),
    Sequence(Vec<Piece>),
    Choice(Vec<Piece>),
    Repeat {
        piece: Box<Piece>,
        least: usize,
        most: Option<usize>,
        greedy: bool,
    },
}

/// A condition on a place in the text.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Assertion {
    TextStart,
    TextEnd,
    /// The end, or before a line feed at the end.
    LastLineEnd,
    LineStart,
    LineEnd,
    WordBoundary,
    NoWordBoundary,
}
