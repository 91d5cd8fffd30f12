//! The syntax tree of a query, with places. Names are as they were written, without quotes.

use crate::pattern::{GlobPart, glob};
use crate::span::Span;

/// A name and its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Name {
    /// The name, its parts joined with dots.
    pub text: String,
    /// Where it is.
    pub at: Span,
}

/// A name with wildcards: an asterisk stands for any characters.
#[derive(Clone, Debug, PartialEq)]
pub struct NamePattern {
    /// The name; in a part in back quotes an asterisk is itself.
    pub parts: Vec<PatternPart>,
    /// Where it is.
    pub at: Span,
}

/// A part of a name with wildcards.
#[derive(Clone, Debug, PartialEq)]
pub enum PatternPart {
    /// Characters.
    Text(String),
    /// Any characters, or none.
    Any,
}

impl NamePattern {
    /// The name, if it has no wildcard.
    #[must_use]
    pub fn exact(&self) -> Option<String> {
        let mut name = String::new();
        for part in &self.parts {
            match part {
                PatternPart::Text(text) => name.push_str(text),
                PatternPart::Any => return None,
            }
        }
        Some(name)
    }

    /// Whether it stands for every name.
    #[must_use]
    pub fn is_all(&self) -> bool {
        self.parts.iter().all(|part| *part == PatternPart::Any) && !self.parts.is_empty()
    }

    /// Whether it stands for a name.
    #[must_use]
    pub fn matches(&self, name: &str) -> bool {
        let parts: Vec<GlobPart> = self
            .parts
            .iter()
            .flat_map(|part| match part {
                PatternPart::Text(text) => text.chars().map(GlobPart::One).collect(),
                PatternPart::Any => vec![GlobPart::Any],
            })
            .collect();
        glob(&parts, name)
    }

    /// It as it may be written.
    #[must_use]
    pub fn text(&self) -> String {
        self.parts
            .iter()
            .map(|part| match part {
                PatternPart::Text(text) => text.as_str(),
                PatternPart::Any => "*",
            })
            .collect()
    }
}

/// A query.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Query {
    /// The index patterns of FROM.
    pub sources: Vec<Name>,
    /// The fields of METADATA.
    pub metadata: Vec<Name>,
    /// The commands after FROM.
    pub commands: Vec<Command>,
}

/// A command and its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Command {
    /// The command.
    pub kind: CommandKind,
    /// Where its name is.
    pub at: Span,
}

/// A command.
#[derive(Clone, Debug, PartialEq)]
pub enum CommandKind {
    /// WHERE condition.
    Where(Syntax),
    /// EVAL name = expression, ...
    Eval(Vec<Assignment>),
    /// STATS or INLINE STATS.
    Stats {
        /// Whether it is INLINE STATS.
        inline: bool,
        /// What is aggregated.
        aggregates: Vec<Aggregation>,
        /// What is grouped by.
        by: Vec<Assignment>,
    },
    /// KEEP patterns.
    Keep(Vec<NamePattern>),
    /// DROP patterns.
    Drop(Vec<NamePattern>),
    /// RENAME old AS new: pairs of the old and the new name.
    Rename(Vec<(Name, Name)>),
    /// SORT keys.
    Sort(Vec<SortKey>),
    /// LIMIT number.
    Limit(u64),
    /// `MV_EXPAND` name.
    MvExpand(Name),
    /// DISSECT input pattern.
    Dissect {
        /// What is cut.
        input: Syntax,
        /// The pattern.
        pattern: Name,
        /// The separator of appended parts.
        separator: String,
    },
    /// GROK input patterns.
    Grok {
        /// What is matched.
        input: Syntax,
        /// The patterns, of which the first that matches counts.
        patterns: Vec<Name>,
    },
    /// A command of the language that is not supported, by its name.
    Unsupported(String),
}

/// An expression with a name, or without one.
#[derive(Clone, Debug, PartialEq)]
pub struct Assignment {
    /// The name.
    pub name: Option<Name>,
    /// The expression.
    pub value: Syntax,
}

/// An aggregation of STATS.
#[derive(Clone, Debug, PartialEq)]
pub struct Aggregation {
    /// Its name.
    pub name: Option<Name>,
    /// An expression over aggregates.
    pub value: Syntax,
    /// The condition after WHERE.
    pub filter: Option<Syntax>,
}

/// A key of SORT.
#[derive(Clone, Debug, PartialEq)]
pub struct SortKey {
    /// What is sorted by.
    pub value: Syntax,
    /// Whether larger values come first.
    pub descending: bool,
    /// Whether nulls come first.
    pub nulls_first: bool,
}

/// An expression and its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Syntax {
    /// The expression.
    pub kind: SyntaxKind,
    /// Where it is.
    pub at: Span,
    /// How many expressions are on the longest way down, itself included.
    pub height: usize,
}

impl Syntax {
    /// An expression at a place.
    #[must_use]
    pub fn new(kind: SyntaxKind, at: Span) -> Syntax {
        let height = 1 + kind.parts().map(|part| part.height).max().unwrap_or(0);
        Syntax { kind, at, height }
    }

    /// Whether it is an asterisk.
    #[must_use]
    pub fn is_star(&self) -> bool {
        self.kind == SyntaxKind::Star
    }
}

impl SyntaxKind {
    /// The expressions that it is made of.
    pub fn parts(&self) -> impl Iterator<Item = &Syntax> {
        let (one, other, list): (Option<&Syntax>, Option<&Syntax>, &[Syntax]) = match self {
            SyntaxKind::Not(inner)
            | SyntaxKind::Negate(inner)
            | SyntaxKind::Like(inner, _)
            | SyntaxKind::RLike(inner, _)
            | SyntaxKind::IsNull(inner)
            | SyntaxKind::Cast(inner, _) => (Some(inner), None, &[]),
            SyntaxKind::Compare(_, left, right)
            | SyntaxKind::Arithmetic(_, left, right)
            | SyntaxKind::Match(left, right) => (Some(left), Some(right), &[]),
            SyntaxKind::In(value, list) => (Some(value), None, list),
            SyntaxKind::List(list)
            | SyntaxKind::Call(_, list)
            | SyntaxKind::And(list)
            | SyntaxKind::Or(list) => (None, None, list),
            _ => (None, None, &[]),
        };
        one.into_iter().chain(other).chain(list)
    }
}

/// An expression.
#[derive(Clone, Debug, PartialEq)]
pub enum SyntaxKind {
    /// null
    Null,
    /// true or false
    Boolean(bool),
    /// A whole number.
    Integer(i64),
    /// A number with a decimal point or exponent, or a whole one that is too large.
    Decimal(f64),
    /// A string.
    Text(String),
    /// A number and a unit of time.
    Span(i64, String),
    /// A list of literals in square brackets.
    List(Vec<Syntax>),
    /// A column.
    Column(String),
    /// An asterisk, as in `COUNT(*)`.
    Star,
    /// A call.
    Call(Name, Vec<Syntax>),
    /// A map of options, as the last argument of a call.
    Options,
    /// NOT
    Not(Box<Syntax>),
    /// AND, of two or more.
    And(Vec<Syntax>),
    /// OR, of two or more.
    Or(Vec<Syntax>),
    /// A comparison.
    Compare(Comparison, Box<Syntax>, Box<Syntax>),
    /// Arithmetic.
    Arithmetic(Operation, Box<Syntax>, Box<Syntax>),
    /// The negative of a number.
    Negate(Box<Syntax>),
    /// IN, with its list.
    In(Box<Syntax>, Vec<Syntax>),
    /// LIKE, with one or more patterns.
    Like(Box<Syntax>, Vec<Name>),
    /// RLIKE, with one or more patterns.
    RLike(Box<Syntax>, Vec<Name>),
    /// IS NULL
    IsNull(Box<Syntax>),
    /// column : literal
    Match(Box<Syntax>, Box<Syntax>),
    /// expression::type
    Cast(Box<Syntax>, Name),
}

/// A comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// `==`
    Equal,
    /// `!=`
    Unequal,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
}

impl Comparison {
    /// The comparison with its sides exchanged.
    #[must_use]
    pub fn flipped(self) -> Comparison {
        match self {
            Comparison::Less => Comparison::Greater,
            Comparison::LessOrEqual => Comparison::GreaterOrEqual,
            Comparison::Greater => Comparison::Less,
            Comparison::GreaterOrEqual => Comparison::LessOrEqual,
            same => same,
        }
    }

    /// It as it is written.
    #[must_use]
    pub fn sign(self) -> &'static str {
        match self {
            Comparison::Equal => "==",
            Comparison::Unequal => "!=",
            Comparison::Less => "<",
            Comparison::LessOrEqual => "<=",
            Comparison::Greater => ">",
            Comparison::GreaterOrEqual => ">=",
        }
    }
}

/// An operation of arithmetic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`
    Divide,
    /// `%`
    Remainder,
}

impl Operation {
    /// It as it is written.
    #[must_use]
    pub fn sign(self) -> &'static str {
        match self {
            Operation::Add => "+",
            Operation::Subtract => "-",
            Operation::Multiply => "*",
            Operation::Divide => "/",
            Operation::Remainder => "%",
        }
    }
}
