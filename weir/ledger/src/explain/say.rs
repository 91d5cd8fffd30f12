//! A verdict in one sentence.

use crate::row::figure;
use crate::{Entry, Figure, Scheme};
use weir_common::escape::escape;
use weir_host::contract::{Comparison, Condition};

/// The clauses that kept a window from an alert, in one sentence.
#[must_use]
pub fn sentence(entry: &Entry, scheme: &Scheme) -> String {
    let failed: Vec<(&Condition, &Figure)> = scheme
        .conditions
        .iter()
        .zip(&entry.figures)
        .filter(|(_, figure)| !figure.holds())
        .collect();
    let mut words = match failed[..] {
        [] => "alert: every clause holds".to_owned(),
        [(condition, figure)] => format!(
            "no alert: only {} stood in the way: it is {}, and {} is {}{}",
            escape(&condition.column),
            value_text(figure, condition),
            escape(&condition.parameter),
            figure_text(figure.threshold, condition),
            match condition.comparison {
                Comparison::AtLeast => String::new(),
                other => format!(", and it has to be {} it", other.words()),
            },
        ),
        _ => {
            let all: Vec<String> = failed
                .iter()
                .map(|(one, figure)| short(one, figure))
                .collect();
            let (last, before) = all
                .split_last()
                .map_or(("", &[][..]), |(l, b)| (l.as_str(), b));
            format!(
                "no alert: {} and {last} stood in the way",
                before.join(", ")
            )
        }
    };
    if !entry.complete {
        words.push_str("; state was given up, so the figures may fall short");
    }
    words
}

fn short(condition: &Condition, figure: &Figure) -> String {
    format!(
        "{} ({}{} {})",
        escape(&condition.column),
        value_text(figure, condition),
        match condition.comparison {
            Comparison::AtLeast => " of".to_owned(),
            other => format!(", and not {}", other.words()),
        },
        figure_text(figure.threshold, condition)
    )
}

/// A clause's value for people, and that it is an estimate where it is one.
pub(super) fn value_text(figure: &Figure, condition: &Condition) -> String {
    let about = if figure.estimate { "about " } else { "" };
    about.to_owned() + &figure_text(figure.value, condition)
}

/// A figure for people.
pub(crate) fn figure_text(value: f64, condition: &Condition) -> String {
    // A sum of doubles has tails that say nothing.
    let value = (value * 1e6).round() / 1e6;
    figure(value, condition).json().to_string()
}
