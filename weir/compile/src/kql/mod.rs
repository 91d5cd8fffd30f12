//! Kibana's query language: from its text to an expression with positions.

mod lexer;
mod parser;

pub use parser::parse;

use std::ops::Range;

/// A part of the query's text, in bytes.
pub type Span = Range<usize>;

/// What keeps a text from being a query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntaxError {
    /// What the reader of a report can search by.
    pub code: &'static str,
    /// Where.
    pub span: Span,
    /// What is wrong, and what would be right.
    pub message: String,
}

/// An expression.
#[derive(Clone, Debug, PartialEq)]
pub enum Expression {
    /// Every document.
    All,
    /// All of two or more.
    And(Vec<Expression>),
    /// Any of two or more.
    Or(Vec<Expression>),
    /// Not this one.
    Not(Box<Expression>),
    /// A test of a field.
    Test(Field, Test),
}

/// The field of a test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Its name; with a wildcard, all fields that match.
    pub name: String,
    /// Whether the name has a wildcard.
    pub is_pattern: bool,
    /// Where it stands.
    pub span: Span,
}

/// A test of a field's values. It holds if it holds for any of them.
#[derive(Clone, Debug, PartialEq)]
pub enum Test {
    /// There is a value.
    Exists,
    /// The value is this one.
    Is(Literal),
    /// Any of several tests.
    Any(Vec<Test>),
    /// All of several tests.
    Every(Vec<Test>),
    /// Not this test.
    Not(Box<Test>),
    /// The value compares with this one.
    Compare(Comparison, Literal),
    /// An object of the field fulfils the expression.
    Nested(Box<Expression>),
    /// The value matches a pattern; the language has none, Kibana's filters do.
    Like(Wildcard),
    /// The value compares with both; the language has none, Kibana's filters do.
    Within([(Comparison, Literal); 2]),
}

/// A pattern: `*` for any characters, `?` for one, `\` before a literal character.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wildcard {
    /// Its text.
    pub pattern: String,
    /// Whether ASCII letters match in either case.
    pub caseless: bool,
    /// Where it stands.
    pub span: Span,
}

/// How a value compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// `<`
    Less,
    /// `<=`
    AtMost,
    /// `>`
    Greater,
    /// `>=`
    AtLeast,
}

/// A value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Literal {
    /// Its text, without escapes; a wildcard is `*`, as other stars are.
    pub text: String,
    /// Where wildcards are in the text, as offsets.
    pub wildcards: Vec<usize>,
    /// Whether it stands in quotes.
    pub quoted: bool,
    /// Where it stands.
    pub span: Span,
}

impl Literal {
    /// Whether it is a single wildcard.
    #[must_use]
    pub fn is_anything(&self) -> bool {
        !self.wildcards.is_empty() && self.text.bytes().all(|b| b == b'*')
    }
}
