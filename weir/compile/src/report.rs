//! Reports of a compilation: as text, and as JSON.

use crate::{Compilation, Finding, Outcome, State};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Every reason with its line, as a compiler shows errors.
#[must_use]
pub fn findings(compilation: &Compilation) -> String {
    let left_out = { compilation.outcomes.iter() }.filter(|one| one.state == State::LeftOut);
    left_out.map(finding).collect()
}

/// The reasons for which a rule was left out, each with its line.
#[must_use]
pub fn finding(outcome: &Outcome) -> String {
    let mut text = String::new();
    for finding in &outcome.findings {
        let Finding {
            code,
            place,
            message,
            excerpt,
        } = finding;
        let file = &outcome.file;
        // Writing to a String cannot fail.
        let _ = writeln!(
            text,
            "{file}:{}:{}: {message} [{code}]",
            place.line, place.column
        );
        text.push_str(excerpt);
    }
    text
}

/// Every note on a compiled rule with its line.
#[must_use]
pub fn notes(compilation: &Compilation) -> String {
    let mut text = String::new();
    for outcome in &compilation.outcomes {
        for Finding {
            code,
            place,
            message,
            ..
        } in &outcome.notes
        {
            let (file, line, column) = (&outcome.file, place.line, place.column);
            // Writing to a String cannot fail.
            let _ = writeln!(text, "{file}:{line}:{column}: note: {message} [{code}]");
        }
    }
    text
}

/// The number of rules that were compiled, and of those left out, by reason. A rule with several
/// reasons is counted under each.
#[must_use]
pub fn table(compilation: &Compilation) -> String {
    let mut rows: Vec<(usize, String)> =
        vec![(compilation.count(State::Compiled), "compiled".to_owned())];
    for (code, count) in by_note(compilation) {
        rows.push((count, format!("  with a note: {code}")));
    }
    rows.push((compilation.count(State::LeftOut), "left out".to_owned()));
    for (code, count) in by_reason(compilation, State::LeftOut) {
        rows.push((count, format!("  {code}")));
    }
    let unwanted = compilation.count(State::Unwanted);
    if unwanted > 0 {
        rows.push((unwanted, "not wanted (--all)".to_owned()));
    }
    let width = { rows.iter().map(|(count, _)| count.to_string().len()) }
        .max()
        .unwrap_or(1);
    let mut text = String::new();
    for (count, what) in rows {
        let _ = writeln!(text, "{count:width$} {what}");
    }
    text
}

/// The number of rules by reason, the most first.
#[must_use]
pub fn by_reason(compilation: &Compilation, state: State) -> Vec<(&'static str, usize)> {
    let outcomes = compilation.outcomes.iter().filter(|one| one.state == state);
    counts(outcomes.map(|outcome| &outcome.findings))
}

/// The number of compiled rules by the code of their notes, the most first.
#[must_use]
pub fn by_note(compilation: &Compilation) -> Vec<(&'static str, usize)> {
    counts(compilation.outcomes.iter().map(|outcome| &outcome.notes))
}

/// The number of lists with a code, the most first.
fn counts<'o>(lists: impl Iterator<Item = &'o Vec<Finding>>) -> Vec<(&'static str, usize)> {
    let mut counts: BTreeMap<&'static str, usize> = BTreeMap::new();
    for list in lists {
        let mut codes: Vec<&'static str> = list.iter().map(|f| f.code).collect();
        codes.sort_unstable();
        codes.dedup();
        for code in codes {
            *counts.entry(code).or_default() += 1;
        }
    }
    let mut counts: Vec<(&'static str, usize)> = counts.into_iter().collect();
    counts.sort_by_key(|(code, count)| (std::cmp::Reverse(*count), *code));
    counts
}

/// Everything as one JSON object.
#[must_use]
pub fn json(compilation: &Compilation) -> Value {
    let finding = |finding: &Finding| {
        json!({
            "code": finding.code,
            "line": finding.place.line,
            "column": finding.place.column,
            "message": finding.message,
        })
    };
    let rule = |outcome: &Outcome| {
        json!({
            "file": outcome.file,
            "id": outcome.id,
            "name": outcome.name,
            "type": outcome.kind,
            "compiled": outcome.state == State::Compiled,
            "reasons": outcome.findings.iter().map(finding).collect::<Vec<Value>>(),
            "notes": outcome.notes.iter().map(finding).collect::<Vec<Value>>(),
        })
    };
    json!({ "rules": compilation.outcomes.iter().map(rule).collect::<Vec<Value>>() })
}
