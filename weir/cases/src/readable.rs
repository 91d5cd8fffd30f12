//! Differences as aligned lines of text.

use super::Difference;
use weir_common::escape::escape;

/// Widest that a key makes the others' values move to the right.
const WIDEST: usize = 32;

/// Kind of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// Heading of the lines that follow.
    About,
    /// Expected value that was not found.
    Expected,
    /// Found value that was not expected.
    Found,
}

/// A line of a difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The key, or padding of its width.
    pub lead: String,
    /// Kind of the line.
    pub mark: Mark,
    /// The rest, with `- ` or `+ ` in front of values.
    pub text: String,
}

/// Differences as lines, with control characters escaped.
#[must_use]
pub fn lines(differences: &[Difference]) -> Vec<Line> {
    let length = |difference: &Difference| difference.key.chars().count().min(WIDEST);
    let width = differences.iter().map(length).max().unwrap_or(0);
    let mut lines = Vec::new();
    let mut about = None;
    for difference in differences {
        if difference.alert != about {
            about.clone_from(&difference.alert);
            if let Some(alert) = &about {
                lines.push(line(String::new(), Mark::About, &format!("alert {alert}")));
            }
        }
        let indent = if about.is_some() { "  " } else { "" };
        let missing = difference
            .missing
            .iter()
            .map(|text| (Mark::Expected, '-', text));
        let extra = difference.extra.iter().map(|text| (Mark::Found, '+', text));
        let mut lead = format!("{indent}{:width$}  ", escape(&difference.key));
        let below = " ".repeat(lead.chars().count());
        let before = lines.len();
        for (mark, sign, text) in missing.chain(extra) {
            let lead = std::mem::replace(&mut lead, below.clone());
            lines.push(line(lead, mark, &format!("{sign} {text}")));
        }
        if lines.len() == before {
            lines.push(line(indent.to_owned(), Mark::About, &difference.key));
        }
    }
    lines
}

fn line(lead: String, mark: Mark, text: &str) -> Line {
    let text = escape(text);
    Line { lead, mark, text }
}
