//! Why a rule was left out: a code, a place in its file, a sentence.

use std::ops::Range;

/// Why a rule was left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// What it can be counted and searched by.
    pub code: &'static str,
    /// Where in the file, in bytes.
    pub span: Range<usize>,
    /// What was not understood, and what would be.
    pub message: String,
}

impl Reason {
    /// A reason at a place.
    pub(crate) fn new(
        code: &'static str,
        span: Range<usize>,
        message: impl Into<String>,
    ) -> Reason {
        Reason {
            code,
            span,
            message: message.into(),
        }
    }
}

/// A line and a column, from 1 on; columns count characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The line.
    pub line: usize,
    /// The column.
    pub column: usize,
}

/// The line of an offset of a text, with its start.
fn line(text: &str, at: usize) -> (usize, usize) {
    let before = text.as_bytes().get(..at).unwrap_or(text.as_bytes());
    let start = { before.iter() }
        .rposition(|b| *b == b'\n')
        .map_or(0, |at| at + 1);
    let number = 1 + before.iter().filter(|b| **b == b'\n').count();
    (number, start)
}

/// The place of an offset of a text.
#[must_use]
pub fn place(text: &str, at: usize) -> Place {
    let at = floor(text, at);
    let (line, start) = line(text, at);
    let column = 1 + text.get(start..at).unwrap_or_default().chars().count();
    Place { line, column }
}

/// The end of the character before an offset.
fn floor(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// Longest part of a line that is shown, in characters.
const SHOWN: usize = 100;

/// A part of a text as a compiler shows it: its line, and carets below.
#[must_use]
pub fn excerpt(text: &str, span: &Range<usize>) -> String {
    let at = floor(text, span.start);
    let (number, start) = line(text, at);
    let rest = text.get(start..).unwrap_or_default();
    let whole = rest.split(['\n', '\r']).next().unwrap_or_default();
    let before = text.get(start..at).unwrap_or_default().chars().count();
    let end = floor(text, span.end.max(at)).min(start + whole.len());
    let width = text.get(at..end).unwrap_or_default().chars().count().max(1);
    // A long line, as an export has, is cut around the place.
    let skipped = before.saturating_sub(SHOWN / 2);
    let shown: String = { whole.chars().skip(skipped).take(SHOWN) }
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    let margin = number.to_string().len();
    let before = " ".repeat(before - skipped);
    let carets = "^".repeat(width.min(SHOWN - before.len().min(SHOWN - 1)));
    format!(
        "{number} | {shown}\n{} | {before}{carets}\n",
        " ".repeat(margin)
    )
}
