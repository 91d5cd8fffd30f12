//! Problems of a query: what is wrong or not supported, and where.

use crate::span::{Position, Span};

/// The kind of a problem.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ProblemKind {
    /// The text is not a query of the language.
    Syntax,
    /// A command that the language does not have.
    UnknownCommand,
    /// A function that the language does not have.
    UnknownFunction,
    /// A column that does not exist at this place of the pipe.
    UnknownColumn,
    /// A type that the language does not have.
    UnknownType,
    /// An operator or a function over values of a type that it does not take.
    Type,
    /// A wrong number of arguments.
    Arity,
    /// An argument or a pattern of a form that the language does not take.
    Value,
    /// A part of the language that is not supported.
    Unsupported,
}

impl ProblemKind {
    /// Its stable name.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            ProblemKind::Syntax => "syntax",
            ProblemKind::UnknownCommand => "unknown-command",
            ProblemKind::UnknownFunction => "unknown-function",
            ProblemKind::UnknownColumn => "unknown-column",
            ProblemKind::UnknownType => "unknown-type",
            ProblemKind::Type => "type",
            ProblemKind::Arity => "arity",
            ProblemKind::Value => "value",
            ProblemKind::Unsupported => "unsupported",
        }
    }
}

/// A problem of a query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// What kind it is of.
    pub kind: ProblemKind,
    /// Where it is.
    pub at: Span,
    /// A name that stands for the problem in counts: a command, function, type or token.
    pub subject: String,
    /// What is wrong, as one sentence.
    pub text: String,
    /// The nearest known name, where one is near.
    pub suggestion: Option<String>,
}

impl Problem {
    /// A problem without a suggestion.
    pub(crate) fn new(
        kind: ProblemKind,
        at: Span,
        subject: impl Into<String>,
        text: impl Into<String>,
    ) -> Problem {
        Problem {
            kind,
            at,
            subject: subject.into(),
            text: text.into(),
            suggestion: None,
        }
    }

    /// With the nearest of some names as its suggestion.
    pub(crate) fn near<'a>(mut self, names: impl Iterator<Item = &'a str>) -> Problem {
        self.suggestion = nearest(&self.subject, names);
        self
    }

    /// Where it begins.
    #[must_use]
    pub fn position(&self, source: &str) -> Position {
        self.at.position(source)
    }

    /// The line, the column, the text and the suggestion in one line.
    #[must_use]
    pub fn render(&self, source: &str) -> String {
        let Position { line, column } = self.position(source);
        let meant = self
            .suggestion
            .as_ref()
            .map(|name| format!("; did you mean `{name}`?"))
            .unwrap_or_default();
        format!("{line}:{column}: {}{meant}", self.text)
    }
}

/// Longest name that is compared with others.
const LONGEST: usize = 80;

/// The nearest of some names by edit distance, at most a third of the length away.
pub(crate) fn nearest<'a>(name: &str, names: impl Iterator<Item = &'a str>) -> Option<String> {
    let lower = name.to_lowercase();
    if lower.len() > LONGEST {
        return None;
    }
    let most = (lower.chars().count() / 3).max(1);
    names
        .filter(|other| other.len() <= LONGEST)
        .map(|other| (distance(&lower, &other.to_lowercase()), other))
        .filter(|&(distance, _)| distance > 0 && distance <= most)
        .min()
        .map(|(_, other)| other.to_owned())
}

/// The number of characters to insert, delete or replace to make one text of another.
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (at, character) in one.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = at + 1;
        for (column, candidate) in other.iter().enumerate() {
            let replaced = diagonal + usize::from(*candidate != character);
            diagonal = row[column + 1];
            row[column + 1] = replaced.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[other.len()]
}
