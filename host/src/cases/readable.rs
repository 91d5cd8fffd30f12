//! Differences in lines that are read one under the other.

use super::Difference;
use crate::escape::escape;

/// Widest that a key makes the others' values move to the right.
const WIDEST: usize = 32;

/// What a line shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// What the next ones are about.
    About,
    /// What was expected and not found.
    Expected,
    /// What was found and not expected.
    Found,
}

/// A line of a difference.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Line {
    /// The key or the space below it.
    pub lead: String,
    /// What it shows.
    pub mark: Mark,
    /// The rest, with `- ` or `+ ` in front of values.
    pub text: String,
}

/// Differences as lines, harmless to terminals.
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
