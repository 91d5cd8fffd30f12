//! Leads: queries in other logs that follow from the values of an alert's events.

use std::collections::HashSet;

use super::alerts::ShownQuery;
use super::summary::EventSummary;
use super::text::{Copyable, Short};

/// The list of the embedded component's log: column, language, name and query of each lead, with
/// tabs between them. In a query `{values}` stands for the values of the column, and `{either}` for
/// the values with and without the `=` that base64 ends with.
const LIST: &str = weir_shipped::LEADS;
/// Values in one query, the most frequent first.
const VALUES: usize = 20;
/// Longest value in bytes.
const LONGEST: usize = 64;

/// The queries that the events of an alert lead to.
pub(super) fn leads(events: &EventSummary) -> Vec<ShownQuery> {
    let lines = LIST.lines().skip(1);
    lines.filter_map(|line| lead(line, events)).collect()
}

/// The query of a line of the list; none where no event has a usable value.
fn lead(line: &str, events: &EventSummary) -> Option<ShownQuery> {
    let mut fields = line.split('\t');
    let (column, language) = (fields.next()?, fields.next()?);
    let (name, query) = (fields.next()?, fields.next()?);
    let (_, values) = events.columns.iter().find(|(known, _)| known == column)?;
    let ranked = values.inside.ranked();
    let all = ranked.iter().map(|((value, _), _)| value);
    let plain = all
        .filter(|value| is_plain(value))
        .map(Short::raw)
        .take(VALUES);
    let plain: Vec<&str> = plain.collect();
    if plain.is_empty() {
        return None;
    }
    let name = match ranked.len() - plain.len() {
        0 => name.to_owned(),
        _ => format!("{name} ({} of {} values)", plain.len(), ranked.len()),
    };
    Some(ShownQuery {
        language: language.to_owned(),
        name: Short::value(&name),
        query: Copyable::new(&filled(query, language, &plain)),
    })
}

/// A query with values in their places, quoted and separated in the manner of its language.
fn filled(query: &str, language: &str, values: &[&str]) -> String {
    let between = if language == "kql" { " or " } else { ", " };
    let list = |texts: &[&str]| {
        let quoted: Vec<String> = texts.iter().map(|text| format!("\"{text}\"")).collect();
        quoted.join(between)
    };
    let trimmed = values.iter().map(|value| value.trim_end_matches('='));
    let mut either: Vec<&str> = values.iter().copied().chain(trimmed).collect();
    // Each once, the first one stays.
    let mut known = HashSet::new();
    either.retain(|value| known.insert(*value));
    let query = query.replace("{values}", &list(values));
    query.replace("{either}", &list(&either))
}

/// Whether a value means the same inside the quotes of every language: ids do, and texts that
/// end the quotes do not.
fn is_plain(value: &Short) -> bool {
    let text = value.raw();
    let known = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.=".contains(&byte);
    value.is_whole()
        && (1..=LONGEST).contains(&text.len())
        && text.bytes().all(known)
        && !text.starts_with('=')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_a_query_of_a_language_that_the_page_names() {
        assert_eq!(LIST.lines().next(), Some("column\tlanguage\tname\tquery"));
        for line in LIST.lines().skip(1) {
            let fields: Vec<&str> = line.split('\t').collect();
            assert_eq!(fields.len(), 4, "{line}");
            let language = super::super::advice::language(fields[1]);
            assert_ne!(language, fields[1], "{line}");
            let query = filled(fields[3], fields[1], &["a==", "b"]);
            assert!(!query.contains(['{', '}']) && query != fields[3], "{query}");
        }
    }

    #[test]
    fn values_are_listed_as_the_language_lists_them() {
        let values = ["a==", "b"];
        assert_eq!(
            filled("x : ({values})", "kql", &values),
            "x : (\"a==\" or \"b\")"
        );
        assert_eq!(
            filled("x in ({either})", "kusto", &values),
            "x in (\"a==\", \"b\", \"a\")"
        );
    }

    #[test]
    fn a_value_that_could_end_its_quotes_is_in_no_query() {
        for text in [
            "f220ba03-4c7d-4e9d-9850-393b9336a27c",
            "acc1ea2f5b0d537dAAAAAA==",
            "a_B.9-",
        ] {
            assert!(is_plain(&Short::value(text)), "{text}");
        }
        let long = "x".repeat(LONGEST + 1);
        for text in [
            "", "==", "a\"b", "a'b", "a b", "a\\", "a`b`", "$a$", "a|b", "a\nb", "é", &long,
        ] {
            assert!(!is_plain(&Short::value(text)), "{text}");
        }
    }
}
